//! Conditions over tasks: which words they may use, and where a word's value comes from.
//!
//! A word is a property of every task (`status`), else a parameter that varies in its sweep, else a value of its config, read
//! from its file only if a condition names it. `param.status` is the parameter of that name.

use std::collections::HashMap;

use domain::config::{Key, Value, yaml};
use domain::experiment::at;
use domain::expr::{ExprErrorKind, Expression};
use domain::time::Timestamp;

use super::ServiceError;
use super::select::Candidate;
use crate::storage::{Layout, tasks};

/// Properties that every task has.
const PROPERTIES: [&str; 18] = [
    "name",
    "experiment",
    "sweep",
    "index",
    "of",
    "status",
    "labels",
    "user",
    "priority",
    "pinned",
    "description",
    "runs",
    "reason",
    "elapsed",
    "age",
    "created",
    "started",
    "ended",
];

/// What stands before a parameter that has a property's name.
const PARAMETER: &str = "param.";

/// Expressions that must all hold.
#[derive(Debug)]
pub(super) struct Conditions {
    all: Vec<(String, Expression)>,
}

impl Conditions {
    pub(super) fn parse(texts: &[String]) -> Result<Self, ServiceError> {
        let parse = |text: &String| match Expression::parse(text) {
            Ok(expression) => Ok((text.clone(), expression)),
            Err(error) => Err(condition(text, error)),
        };
        let all = texts.iter().map(parse).collect::<Result<_, _>>()?;
        Ok(Self { all })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The candidates for which all hold.
    ///
    /// # Errors
    /// A word that no candidate knows, or an operation that cannot take what it gets.
    pub(super) fn keep(
        &self,
        layout: &Layout,
        candidates: Vec<Candidate>,
        now: Timestamp,
    ) -> Result<Vec<Candidate>, ServiceError> {
        let from_configs = self.beyond_properties(&candidates);
        let mut found: HashMap<&str, bool> = from_configs
            .iter()
            .map(|word| (word.as_str(), false))
            .collect();
        let mut kept = Vec::new();
        let mut known_keys: Vec<String> = Vec::new();
        for candidate in candidates {
            let config = if from_configs.is_empty() {
                None
            } else {
                // A config that cannot be read holds no values.
                let text = tasks::read_config(layout, &candidate.task.id).ok();
                text.and_then(|text| yaml::from_yaml(&text).ok())
            };
            for word in &from_configs {
                let is_there = value(&candidate, config.as_ref(), word, now).is_some();
                *found.entry(word).or_default() |= is_there;
            }
            if known_keys.is_empty()
                && let Some(Value::Map(entries)) = &config
            {
                known_keys = entries.iter().map(|(key, _)| key.clone()).collect();
            }
            let lookup = |word: &str| value(&candidate, config.as_ref(), word, now);
            if self.hold(lookup)? {
                kept.push(candidate);
            }
        }
        let unknown = from_configs
            .iter()
            .find(|word| found.get(word.as_str()) == Some(&false));
        match unknown {
            Some(_) if !known_keys.is_empty() => {
                let words = known_keys.iter().map(String::as_str);
                let known: Vec<&str> = PROPERTIES.into_iter().chain(words).collect();
                self.check(&known).map(|()| kept)
            }
            _ => Ok(kept),
        }
    }

    fn hold(&self, lookup: impl Fn(&str) -> Option<Value>) -> Result<bool, ServiceError> {
        for (text, expression) in &self.all {
            let holds = expression.holds(&lookup);
            if !holds.map_err(|error| condition(text, error))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn check(&self, known: &[&str]) -> Result<(), ServiceError> {
        for (text, expression) in &self.all {
            let checked = expression.check(known.iter().copied());
            checked.map_err(|error| condition(text, error))?;
        }
        Ok(())
    }

    /// Words that are neither properties nor varied by any candidate, and cannot be mere texts.
    fn beyond_properties(&self, candidates: &[Candidate]) -> Vec<String> {
        let mut words = Vec::new();
        for (_, expression) in &self.all {
            let mut known: Vec<String> = PROPERTIES.map(str::to_owned).to_vec();
            loop {
                let names = known.iter().map(String::as_str);
                let Err(error) = expression.check(names) else {
                    break;
                };
                let ExprErrorKind::UnknownName { name, .. } = error.kind else {
                    break;
                };
                let key = name.strip_prefix(PARAMETER).unwrap_or(&name);
                let varies = |candidate: &Candidate| {
                    let mut varied = candidate.task.varied.iter();
                    varied.any(|(varied, _)| varied.as_str() == key)
                };
                // One task may vary what is fixed in another.
                if !candidates.iter().all(varies) && !words.contains(&name) {
                    words.push(name.clone());
                }
                known.push(name);
            }
        }
        words
    }
}

fn condition(text: &str, error: domain::expr::ExprError) -> ServiceError {
    ServiceError::Condition {
        text: text.to_owned(),
        error: Box::new(error),
    }
}

fn value(
    candidate: &Candidate,
    config: Option<&Value>,
    word: &str,
    now: Timestamp,
) -> Option<Value> {
    if let Some(key) = word.strip_prefix(PARAMETER) {
        return parameter(candidate, config, key);
    }
    match property(candidate, word, now) {
        Property::Known(value) => value,
        Property::None => parameter(candidate, config, word),
    }
}

fn parameter(candidate: &Candidate, config: Option<&Value>, key: &str) -> Option<Value> {
    let mut varied = candidate.task.varied.iter();
    varied
        .find(|(varied, _)| varied.as_str() == key)
        .map(|(_, value)| value.clone())
        .or_else(|| at(config?, &Key::new(key)).cloned())
}

/// What a word is among the properties.
enum Property {
    /// A property, perhaps without a value.
    Known(Option<Value>),
    /// None of them.
    None,
}

fn property(candidate: &Candidate, word: &str, now: Timestamp) -> Property {
    let task = &candidate.task;
    let text = |text: &str| Value::Text(text.to_owned());
    let int = |number: u64| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
    let secs = |at: Timestamp| Value::Float(at.as_ms() as f64 / 1000.0);
    let span = |from: Timestamp, to: Timestamp| Value::Float(to.since_ms(from) as f64 / 1000.0);
    Property::Known(match word {
        "name" => Some(text(&task.id.task)),
        "experiment" => Some(text(&task.id.experiment)),
        "sweep" => Some(text(&task.sweep)),
        "index" => Some(int(task.index)),
        "of" => Some(int(task.of)),
        "status" => Some(text(candidate.status.as_str())),
        "labels" => Some(Value::List(
            task.labels.iter().cloned().map(Value::Text).collect(),
        )),
        "user" => Some(text(&task.user)),
        "priority" => Some(Value::Int(task.policy.priority.into())),
        "pinned" => Some(Value::Bool(task.is_pinned)),
        "description" => Some(text(&task.description)),
        "runs" => Some(int(candidate.runs.into())),
        "reason" => candidate.reason.clone().map(Value::Text),
        "elapsed" => candidate
            .started_at_ms
            .map(|started| span(started, candidate.ended_at_ms.unwrap_or(now))),
        "age" => Some(span(task.created_at_ms, now)),
        "created" => Some(secs(task.created_at_ms)),
        "started" => candidate.started_at_ms.map(secs),
        "ended" => candidate.ended_at_ms.map(secs),
        _ => return Property::None,
    })
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test may write where it likes")]
mod tests {
    use std::sync::Arc;

    use domain::run::ShownStatus;
    use domain::task::{Task, TaskId};

    use super::*;

    fn candidate(name: &str, lr: f64, status: ShownStatus) -> Candidate {
        let task = Task {
            id: TaskId {
                experiment: "e".to_owned(),
                task: name.to_owned(),
            },
            varied: vec![(Key::new("lr"), Value::Float(lr))],
            labels: vec!["good".to_owned()],
            ..Task::default()
        };
        Candidate {
            task: Arc::new(task),
            status,
            runs: 1,
            started_at_ms: Some(Timestamp(1_000)),
            ended_at_ms: Some(Timestamp(3_500)),
            reason: None,
        }
    }

    fn kept(condition: &str) -> Result<Vec<String>, ServiceError> {
        let dir = tempfile::tempdir().unwrap();
        let candidates = vec![
            candidate("a", 0.01, ShownStatus::Completed),
            candidate("b", 0.1, ShownStatus::Failed),
            candidate("c", 0.01, ShownStatus::Failed),
        ];
        let layout = Layout::new(dir.path());
        for one in &candidates {
            let file = layout.task_config(&one.task.id);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "lr: 0.5\nmodel: {size: 3}\nstatus: odd\n").unwrap();
        }
        let conditions = Conditions::parse(&[condition.to_owned()])?;
        let kept = conditions.keep(&layout, candidates, Timestamp(10_000))?;
        Ok(kept.iter().map(|one| one.task.id.task.clone()).collect())
    }

    #[test]
    fn a_word_is_a_property_else_what_varies_else_a_value_of_the_config() {
        for (condition, names) in [
            ("lr < 0.1 and status == failed", "c"),
            ("status == failed", "bc"),
            ("model.size == 3", "abc"),
            ("param.status == odd and lr == 0.1", "b"),
            ("elapsed == 2.5", "abc"),
            ("'good' in labels and name ~ '[ab]'", "ab"),
            ("runs > 1", ""),
        ] {
            assert_eq!(kept(condition).unwrap().concat(), names, "{condition}");
        }
    }

    #[test]
    fn a_word_that_nothing_knows_is_an_error_that_names_the_nearest() {
        let error = kept("statu == failed").unwrap_err();
        assert_eq!(
            error.to_string(),
            "in `statu == failed`: there is no `statu`"
        );
        assert!(error.hint().unwrap().contains("`status`"), "{error:?}");
    }
}
