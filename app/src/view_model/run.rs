//! The life of one run as its page tells it.

use domain::run::RunRecord;
use domain::time::Timestamp;

/// One step of a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It waits for a slot.
    Queued,
    /// Its process runs.
    Started,
    /// It has ended.
    Ended,
}

/// A step with its moment; `None` if it has not come yet or was never recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Which step.
    pub(crate) stage: Stage,
    /// When it came.
    pub(crate) at: Option<Timestamp>,
    /// Milliseconds since the step before it, if both are known.
    pub(crate) after_ms: Option<u64>,
}

/// The steps of a run, in order; steps that never came in a finished run are left out.
pub(crate) fn lifecycle(run: &RunRecord) -> Vec<Step> {
    let steps = [
        (Stage::Queued, run.queued_at_ms),
        (Stage::Started, run.started_at_ms),
        (Stage::Ended, run.ended_at_ms),
    ];
    let mut before: Option<Timestamp> = None;
    let mut life = Vec::new();
    for (stage, at) in steps {
        if at.is_none() && run.status.is_terminal() && stage != Stage::Ended {
            continue;
        }
        let after_ms = at.zip(before).map(|(at, before)| at.since_ms(before));
        life.push(Step {
            stage,
            at,
            after_ms,
        });
        before = at.or(before);
    }
    life
}

#[cfg(test)]
mod tests {
    use domain::run::RunStatus;

    use super::*;

    #[test]
    fn a_run_that_never_started_has_no_start() {
        let mut run = RunRecord::queued(1, Timestamp(1_000), Vec::new());
        assert_eq!(lifecycle(&run).len(), 3, "what is to come is shown");
        run.status = RunStatus::Finished;
        run.ended_at_ms = Some(Timestamp(4_000));
        let life = lifecycle(&run);
        assert_eq!(
            life.iter().map(|step| step.stage).collect::<Vec<_>>(),
            [Stage::Queued, Stage::Ended]
        );
        assert_eq!(life[1].after_ms, Some(3_000));
    }
}
