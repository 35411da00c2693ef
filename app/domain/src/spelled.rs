//! A submission in the words of `runyard run`: so that what a form asks for can be asked for again from a terminal.

use crate::grid::{Duplicates, Exclusion, Input, SampleMethod, SweepOptions};
use crate::protocol::http::PostSweepRequest;
use crate::quantity::duration_text;
use crate::queue::{
    Backoff, Execution, ExecutorName, GpuRequest, OnFailure, Policy, Resources, Retry, RetryOn,
    SweepPolicy,
};

/// A command line that asks for the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spelled {
    /// Its words; the script's path counts from the project's folder.
    pub words: Vec<String>,
    /// What no word of the command line says: with any of these the line asks for something else.
    pub unsaid: Vec<Unsaid>,
}

/// What can be asked for by a form and not by a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsaid {
    /// A table of rows.
    Rows,
    /// Named variations.
    Variations,
    /// Another way of drawing samples.
    SampleMethod,
    /// Points that equal an earlier one and run all the same.
    Duplicates,
    /// Details of retries or of execution.
    Details,
}

/// The command line of a submission: `script` as its experiment names it, `experiment` for what has its name by default.
///
/// Its digest and whether it starts at once are no part of it: a command line starts what it makes.
pub fn run_words(script: &str, experiment: &str, request: &PostSweepRequest) -> Spelled {
    let mut spelled = Spelled::default();
    let line = &mut spelled;
    line.words.extend(["runyard", "run"].map(str::to_owned));
    if request.prefix != experiment {
        line.say("--prefix", &request.prefix);
    }
    if request.rerun {
        line.flag("--rerun");
    }
    if request.from_snapshot {
        line.flag("--from-snapshot");
    }
    line.options(&request.options);
    line.policy(&request.policy);
    line.sweep_policy(request.sweep_policy);
    line.execution(&request.execution);
    for label in &request.labels {
        line.say("--label", label);
    }
    line.words.push(script.to_owned());
    let word = |Input { key, text }: &Input| format!("{key}={text}");
    line.words.extend(request.inputs.iter().map(word));
    spelled
}

impl Spelled {
    fn flag(&mut self, name: &str) {
        self.words.push(name.to_owned());
    }

    /// In one word: a text that begins with a dash would be taken for an option.
    fn say(&mut self, name: &str, value: impl std::fmt::Display) {
        self.words.push(format!("{name}={value}"));
    }

    fn leave(&mut self, what: Unsaid, is_left: bool) {
        if is_left && !self.unsaid.contains(&what) {
            self.unsaid.push(what);
        }
    }

    fn options(&mut self, options: &SweepOptions) {
        let default = SweepOptions::default();
        for condition in &options.conditions {
            self.say("--where", condition);
        }
        for exclusion in &options.exclude {
            match exclusion {
                Exclusion::Expression(text) => self.say("--exclude", text),
                // JSON is YAML, and quotes what needs it.
                Exclusion::Values(values) => self.say(
                    "--exclude",
                    serde_json::to_string(values).unwrap_or_default(),
                ),
            }
        }
        if options.sample.count != default.sample.count {
            self.say("--sample", options.sample.count);
        }
        if options.sample.seed != default.sample.seed {
            self.say("--sample-seed", options.sample.seed);
        }
        self.leave(Unsaid::Rows, !options.rows.is_empty());
        self.leave(Unsaid::Variations, !options.variations.is_empty());
        self.leave(
            Unsaid::SampleMethod,
            options.sample.method != SampleMethod::default(),
        );
        self.leave(
            Unsaid::Duplicates,
            options.duplicates != Duplicates::default(),
        );
    }

    fn policy(&mut self, policy: &Policy) {
        let Policy {
            priority,
            resources,
            after,
            not_before_ms,
            delay_ms,
            retry,
            time_limits,
            stop_when,
        } = policy;
        if *priority != 0 {
            self.say("--priority", priority);
        }
        self.resources(resources);
        for task in &after.tasks {
            self.say("--after", task);
        }
        let word = match after.on_failure {
            OnFailure::Cancel => None,
            OnFailure::Wait => Some("wait"),
            OnFailure::Run => Some("run"),
        };
        if let Some(word) = word.filter(|_| !after.tasks.is_empty()) {
            self.say("--on-failure", word);
        }
        if *delay_ms > 0 {
            self.say("--delay", duration_text(*delay_ms));
        }
        self.leave(Unsaid::Details, not_before_ms.is_some());
        self.retry(retry);
        if let Some(ms) = time_limits.soft_ms {
            self.say("--timeout", duration_text(ms));
        }
        if let Some(ms) = time_limits.hard_ms {
            self.say("--hard-timeout", duration_text(ms));
        }
        for condition in stop_when {
            self.say("--stop-when", condition);
        }
    }

    fn retry(&mut self, retry: &Retry) {
        let default = Retry::default();
        if *retry == default {
            return;
        }
        self.say("--retries", retry.max);
        if retry.on != default.on {
            let ends: Vec<&str> = retry.on.iter().copied().map(RetryOn::as_str).collect();
            self.say("--retry-on", ends.join(","));
        }
        if retry.backoff.first_ms > 0 {
            self.say("--backoff", duration_text(retry.backoff.first_ms));
        }
        let sayable = Backoff {
            first_ms: retry.backoff.first_ms,
            ..default.backoff
        };
        self.leave(Unsaid::Details, retry.backoff != sayable);
    }

    fn resources(&mut self, resources: &Resources) {
        let Resources {
            slots,
            cpus,
            memory_mb,
            gpus,
        } = resources;
        if *slots != 1 {
            self.say("--task-slots", slots);
        }
        match gpus {
            GpuRequest::None => {}
            GpuRequest::Count { count } => self.say("--gpus", count),
            GpuRequest::Memory { count, memory_mb } => {
                self.say("--gpus", count);
                self.say("--gpu-memory", format!("{memory_mb}M"));
            }
            GpuRequest::Pinned { ids } => self.say("--gpu-ids", ids.join(",")),
        }
        if *cpus > 0.0 {
            self.say("--cpus", cpus);
        }
        if *memory_mb > 0 {
            self.say("--memory", format!("{memory_mb}M"));
        }
    }

    fn sweep_policy(&mut self, policy: SweepPolicy) {
        if let Some(limit) = policy.limit {
            self.say("--sweep-limit", limit);
        }
        if policy.fail_fast {
            self.flag("--fail-fast");
        }
    }

    fn execution(&mut self, execution: &Execution) {
        match &execution.executor {
            None => {}
            Some(ExecutorName::Subprocess) => self.say("--executor", "subprocess"),
            Some(ExecutorName::Inline) => self.flag("--inline"),
            Some(ExecutorName::Fork { modules }) if modules.is_empty() => {
                self.say("--executor", "fork");
            }
            Some(ExecutorName::Fork { modules }) => self.say("--warm", modules.join(",")),
        }
        if let Some(capture) = execution.capture {
            self.say("--capture", capture.word());
        }
        let sayable = Execution {
            executor: execution.executor.clone(),
            capture: execution.capture,
            ..Execution::default()
        };
        self.leave(Unsaid::Details, *execution != sayable);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Key;
    use crate::grid::Assignments;

    fn request() -> PostSweepRequest {
        PostSweepRequest {
            prefix: "digits".to_owned(),
            ..PostSweepRequest::default()
        }
    }

    fn line(request: &PostSweepRequest) -> String {
        run_words("train.py", "digits", request).words.join(" ")
    }

    #[test]
    fn a_form_with_nothing_set_needs_no_options() {
        assert_eq!(line(&request()), "runyard run train.py");
    }

    #[test]
    fn what_is_typed_stands_behind_the_script_and_the_plan_before_it() {
        let mut request = request();
        request.inputs = vec![Input {
            key: Key::new("lr"),
            text: "0.1 | 0.2".to_owned(),
        }];
        request.policy.priority = -5;
        request.policy.retry.max = 2;
        request.policy.time_limits.soft_ms = Some(5_400_000);
        request.sweep_policy.limit = Some(4);
        request.execution.executor = Some(ExecutorName::Fork {
            modules: vec!["numpy".to_owned(), "sklearn".to_owned()],
        });
        assert_eq!(
            line(&request),
            "runyard run --priority=-5 --retries=2 --timeout=1h30m --sweep-limit=4 --warm=numpy,sklearn \
             train.py lr=0.1 | 0.2"
        );
    }

    #[test]
    fn what_no_word_says_is_named() {
        let mut request = request();
        request.options.rows = vec![Assignments::default()];
        request.policy.retry.backoff.factor = 3.0;
        request.execution.nice = Some(5);
        let spelled = run_words("train.py", "digits", &request);
        assert_eq!(spelled.unsaid, [Unsaid::Rows, Unsaid::Details]);
    }
}
