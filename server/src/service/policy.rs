//! What may be asked of the queue: checked before anything is written.

use domain::expr::Expression;
use domain::queue::{GpuRequest, Policy, SweepPolicy};

use super::ServiceError;

/// Refuses a policy that could never mean anything.
pub(crate) fn check(policy: &Policy) -> Result<(), ServiceError> {
    let wrong = |message: String| Err(ServiceError::OutOfRange(message));
    let Policy {
        priority,
        resources,
        retry,
        time_limits,
        ..
    } = policy;
    if !(-1000..=1000).contains(priority) {
        return wrong(format!(
            "`priority` is {priority}, and must be -1000 to 1000"
        ));
    }
    if !(1..=1024).contains(&resources.slots) {
        let slots = resources.slots;
        return wrong(format!(
            "`resources.slots` is {slots}, and must be 1 to 1024"
        ));
    }
    let cpus = resources.cpus;
    if !cpus.is_finite() || !(0.0..=100_000.0).contains(&cpus) {
        return wrong(format!(
            "`resources.cpus` is {cpus}, and must be 0 to 100000"
        ));
    }
    let no_gpus = match &resources.gpus {
        GpuRequest::None => false,
        GpuRequest::Count { count } | GpuRequest::Memory { count, .. } => *count == 0,
        GpuRequest::Pinned { ids } => ids.is_empty(),
    };
    if no_gpus {
        return wrong("`resources.gpus` names no device, and must name at least 1".to_owned());
    }
    let factor = retry.backoff.factor;
    if !factor.is_finite() || factor < 1.0 {
        return wrong(format!(
            "`retry.backoff.factor` is {factor}, and must be at least 1"
        ));
    }
    if [time_limits.soft_ms, time_limits.hard_ms].contains(&Some(0)) {
        return wrong("`time_limits` must be more than 0 milliseconds".to_owned());
    }
    for text in &policy.stop_when {
        if let Err(error) = Expression::parse(text) {
            return wrong(format!("`{text}`: {error}"));
        }
    }
    Ok(())
}

/// [`check`] for a sweep as a whole.
pub(crate) fn check_sweep(policy: SweepPolicy) -> Result<(), ServiceError> {
    if policy.limit == Some(0) {
        let message = "`sweep_policy.limit` is 0, and must be at least 1".to_owned();
        return Err(ServiceError::OutOfRange(message));
    }
    Ok(())
}

/// Whose a submission is: who says nothing works under the account of this process.
pub(crate) fn user(said: String) -> String {
    if said.is_empty() {
        crate::cli::environment::user()
    } else {
        said
    }
}

#[cfg(test)]
mod tests {
    use domain::queue::{Resources, TimeLimits};

    use super::*;

    #[test]
    fn what_could_never_mean_anything_is_refused() {
        let resources = |resources| Policy {
            resources,
            ..Policy::default()
        };
        let gpus = |gpus| {
            resources(Resources {
                gpus,
                ..Resources::default()
            })
        };
        let mut shrinking = Policy::default();
        shrinking.retry.backoff.factor = 0.5;
        let bad = [
            Policy {
                priority: 1001,
                ..Policy::default()
            },
            resources(Resources {
                slots: 0,
                ..Resources::default()
            }),
            resources(Resources {
                cpus: f64::NAN,
                ..Resources::default()
            }),
            gpus(GpuRequest::Count { count: 0 }),
            gpus(GpuRequest::Pinned { ids: vec![] }),
            shrinking,
            Policy {
                time_limits: TimeLimits {
                    soft_ms: Some(0),
                    hard_ms: None,
                },
                ..Policy::default()
            },
            Policy {
                stop_when: vec!["loss >".to_owned()],
                ..Policy::default()
            },
        ];
        for policy in bad {
            assert!(check(&policy).is_err(), "{policy:?}");
        }
        assert!(check(&Policy::default()).is_ok());
        let none = SweepPolicy {
            limit: Some(0),
            fail_fast: false,
        };
        assert!(check_sweep(none).is_err());
    }
}
