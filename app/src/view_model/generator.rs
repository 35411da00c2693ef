//! The form behind the Generator page: what was typed, what it expands to, and which fields are shown where.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::config::yaml::{YamlError, from_yaml, inputs_from_yaml, inputs_into_yaml};
use domain::config::{Key, Value};
use domain::grid::{FieldReport, Grid, Input, Plan, SweepOptions, SweepSpec, plan_sweep, text_of};
use domain::schema::parameters::{Control, Parameter, ScalarKind};

/// What was typed, and everything that follows from it.
#[derive(Clone, Debug)]
pub(crate) struct FormModel {
    parameters: Arc<Vec<Parameter>>,
    texts: BTreeMap<Key, String>,
    options: SweepOptions,
    /// Texts of alternatives that are not chosen now, to come back with them.
    set_aside: BTreeMap<Key, String>,
    /// The alternative that a person chose of each exclusive group, by its id.
    picked: BTreeMap<String, Key>,
    plan: Plan,
    good: Option<Arc<Grid>>,
}

/// What a field's value is, seen from its default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum FieldMark {
    /// The default.
    #[default]
    Inherited,
    /// Another value.
    Overridden,
    /// Several values.
    Swept,
    /// Worked out from other values, point by point.
    Derived,
    /// It cannot be read.
    Invalid,
}

impl FieldMark {
    /// The value of `data-mark`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Inherited => "inherited",
            Self::Overridden => "overridden",
            Self::Swept => "swept",
            Self::Derived => "derived",
            Self::Invalid => "invalid",
        }
    }
}

/// The preview: the last grid without an error, and whether it is still what the fields say.
#[derive(Clone, Debug)]
pub(crate) struct Preview {
    /// The last grid that could be made.
    pub(crate) grid: Option<Arc<Grid>>,
    /// True if the fields have an error now.
    pub(crate) is_stale: bool,
}

impl PartialEq for Preview {
    fn eq(&self, other: &Self) -> bool {
        self.is_stale == other.is_stale
            && match (&self.grid, &other.grid) {
                (Some(a), Some(b)) => Arc::ptr_eq(a, b),
                (None, None) => true,
                _ => false,
            }
    }
}

impl FormModel {
    /// The form of these parameters with what was typed before.
    pub(crate) fn new(
        parameters: Vec<Parameter>,
        inputs: Vec<Input>,
        options: SweepOptions,
    ) -> Self {
        let plan = Plan {
            fields: Vec::new(),
            grid: None,
            errors: Vec::new(),
        };
        let mut form = Self {
            parameters: Arc::new(parameters),
            texts: BTreeMap::new(),
            options,
            set_aside: BTreeMap::new(),
            picked: BTreeMap::new(),
            plan,
            good: None,
        };
        form.replace(inputs);
        form
    }

    /// The parameters, in the order of definition.
    pub(crate) fn parameters(&self) -> &Arc<Vec<Parameter>> {
        &self.parameters
    }

    /// The text of one field; empty means the default.
    pub(crate) fn text(&self, key: &Key) -> &str {
        self.texts.get(key).map_or("", String::as_str)
    }

    /// What became of the field at `index`.
    pub(crate) fn report(&self, index: usize) -> Option<&FieldReport> {
        self.plan.fields.get(index)
    }

    /// The plan of all fields.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The preview.
    pub(crate) fn preview(&self) -> Preview {
        Preview {
            grid: self.good.clone(),
            is_stale: self.plan.grid.is_none(),
        }
    }

    /// How many errors stand in the way of a grid.
    pub(crate) fn error_count(&self) -> usize {
        self.plan.errors.len()
            + self
                .plan
                .fields
                .iter()
                .filter(|field| field.error.is_some())
                .count()
    }

    /// What was typed, in the order of definition; keys that no parameter has come last.
    pub(crate) fn inputs(&self) -> Vec<Input> {
        let input = |key: &Key| {
            self.texts.get(key).map(|text| Input {
                key: key.clone(),
                text: text.clone(),
            })
        };
        let known = self
            .parameters
            .iter()
            .filter_map(|parameter| input(&parameter.key));
        let foreign = self.texts.keys().filter(|key| {
            !self
                .parameters
                .iter()
                .any(|parameter| parameter.key == **key)
        });
        known.chain(foreign.filter_map(input)).collect()
    }

    /// A person typed `text` into the field of `key`; an empty text brings the default back. Of an exclusive group, the
    /// field typed into last is the one that is given.
    pub(crate) fn set(&mut self, key: &Key, text: &str) {
        if text.is_empty() {
            self.texts.remove(key);
        } else {
            self.texts.insert(key.clone(), text.to_owned());
            let group = self
                .parameter(key)
                .and_then(|parameter| parameter.mx.clone());
            if let Some(group) = group {
                self.pick(&group, Some(key));
            }
        }
        self.update();
    }

    /// Chooses one alternative of an exclusive group, or none of them. What was typed for the others comes back with them.
    pub(crate) fn choose(&mut self, group: &str, key: Option<&Key>) {
        self.pick(group, key);
        if let Some(key) = key.filter(|key| !self.texts.contains_key(key)) {
            let text = self.set_aside.remove(key).or_else(|| self.only_text(key));
            if let Some(text) = text {
                self.texts.insert(key.clone(), text);
            }
        }
        self.update();
    }

    fn pick(&mut self, group: &str, key: Option<&Key>) {
        for other in self.members(group) {
            if Some(&other) == key {
                continue;
            }
            if let Some(text) = self.texts.remove(&other) {
                self.set_aside.insert(other, text);
            }
        }
        match key {
            Some(key) => self.picked.insert(group.to_owned(), key.clone()),
            None => self.picked.remove(group),
        };
    }

    /// The alternative of an exclusive group that is given, or that a person chose to give.
    pub(crate) fn chosen(&self, group: &str) -> Option<Key> {
        let given = self
            .members(group)
            .into_iter()
            .find(|key| self.texts.contains_key(key));
        given.or_else(|| self.picked.get(group).cloned())
    }

    fn members(&self, group: &str) -> Vec<Key> {
        let is_member = |parameter: &&Parameter| parameter.mx.as_deref() == Some(group);
        let members = self.parameters.iter().filter(is_member);
        members.map(|parameter| parameter.key.clone()).collect()
    }

    /// The one text that makes sense for a switch that was chosen.
    fn only_text(&self, key: &Key) -> Option<String> {
        let parameter = self.parameter(key)?;
        if parameter.kind.scalar != ScalarKind::Bool || parameter.kind.list {
            return None;
        }
        let is_on = parameter.default == Some(Value::Bool(true));
        Some((!is_on).to_string())
    }

    fn parameter(&self, key: &Key) -> Option<&Parameter> {
        self.parameters
            .iter()
            .find(|parameter| parameter.key == *key)
    }

    /// Brings every default back.
    pub(crate) fn reset_all(&mut self) {
        self.texts.clear();
        self.picked.clear();
        self.update();
    }

    /// What was set beside the fields.
    pub(crate) fn options(&self) -> &SweepOptions {
        &self.options
    }

    /// Sets something beside the fields.
    pub(crate) fn set_options(&mut self, options: SweepOptions) {
        self.options = options;
        self.update();
    }

    /// Takes `inputs` beside those that are there; an empty text brings a default back.
    pub(crate) fn merge(&mut self, inputs: Vec<Input>) {
        for Input { key, text } in inputs {
            if text.is_empty() {
                self.texts.remove(&key);
            } else {
                self.texts.insert(key, text);
            }
        }
        self.update();
    }

    /// What the value of the field at `index` is, seen from its default.
    pub(crate) fn mark(&self, index: usize) -> FieldMark {
        let (Some(parameter), Some(report)) = (self.parameters.get(index), self.report(index))
        else {
            return FieldMark::Inherited;
        };
        let text = self.text(&parameter.key);
        let expansion = report.expansion.as_ref();
        if report.error.is_some() {
            FieldMark::Invalid
        } else if expansion.is_some_and(|expansion| expansion.count > 1) {
            FieldMark::Swept
        } else if expansion.is_some_and(|expansion| expansion.derived) {
            FieldMark::Derived
        } else if report.changed || !text.is_empty() {
            FieldMark::Overridden
        } else {
            FieldMark::Inherited
        }
    }

    /// Takes other inputs instead of all present ones.
    pub(crate) fn replace(&mut self, inputs: Vec<Input>) {
        self.texts = inputs
            .into_iter()
            .filter(|input| !input.text.is_empty())
            .map(|input| (input.key, input.text))
            .collect();
        self.update();
    }

    fn update(&mut self) {
        let spec = SweepSpec {
            inputs: self.inputs(),
            options: self.options.clone(),
        };
        self.plan = plan_sweep(&self.parameters, &spec);
        if let Some(grid) = &self.plan.grid {
            self.good = Some(Arc::new(grid.clone()));
        }
    }

    /// How many fields differ from their default.
    pub(crate) fn changed_count(&self) -> usize {
        self.texts.len()
    }
}

/// The inputs that give exactly the values of a resolved config, whatever the batch syntax would make of their text; values
/// at their default are left out, and keys that no parameter has come last.
pub(crate) fn literal_inputs(
    parameters: &[Parameter],
    config: &str,
) -> Result<Vec<Input>, YamlError> {
    let config = from_yaml(config)?;
    let mut inputs = Vec::new();
    let mut known = Vec::new();
    for parameter in parameters {
        let Some(value) = at(&config, parameter.key.as_str()) else {
            continue;
        };
        known.push(parameter.key.as_str());
        if parameter.default.as_ref() != Some(value) {
            inputs.push(Input {
                key: parameter.key.clone(),
                text: text_of(parameter, value),
            });
        }
    }
    foreign(&config, "", &known, &mut inputs);
    Ok(inputs)
}

/// A YAML text with what was typed in its place: comments, order and what is no parameter stay. `None` if that cannot be
/// done.
pub(crate) fn edited_yaml(
    text: &str,
    parameters: &[Parameter],
    inputs: &[Input],
) -> Option<String> {
    let is_foreign = |input: &Input| {
        let key = &input.key;
        !parameters.iter().any(|known| known.key == *key)
            && !inputs.iter().any(|known| known.key == *key)
    };
    let own = inputs_from_yaml(parameters, text).ok()?;
    let mut all = inputs.to_vec();
    all.extend(own.into_iter().filter(is_foreign));
    inputs_into_yaml(parameters, &all, text).ok()
}

/// The inputs of an edited template: what stands in it beside its parameters (`imports:`, `__run__:`) is no input as long
/// as it is as it was.
pub(crate) fn inputs_of_template(
    template: &str,
    parameters: &[Parameter],
    text: &str,
) -> Result<Vec<Input>, YamlError> {
    let own = inputs_from_yaml(parameters, template).unwrap_or_default();
    let is_known = |input: &Input| parameters.iter().any(|known| known.key == input.key);
    let inputs = inputs_from_yaml(parameters, text)?.into_iter();
    Ok(inputs
        .filter(|input| is_known(input) || !own.contains(input))
        .collect())
}

/// The value under a dotted key, whether it is nested or written as one.
fn at<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    let Value::Map(entries) = value else {
        return None;
    };
    entries.iter().find_map(|(name, below)| {
        if name == key {
            return Some(below);
        }
        at(below, key.strip_prefix(name.as_str())?.strip_prefix('.')?)
    })
}

fn foreign(value: &Value, path: &str, known: &[&str], inputs: &mut Vec<Input>) {
    if known.contains(&path) || path.starts_with("__") {
        return;
    }
    match value {
        Value::Map(entries) if !entries.is_empty() || path.is_empty() => {
            for (name, below) in entries {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                foreign(below, &path, known, inputs);
            }
        }
        value => inputs.push(Input {
            key: Key::new(path),
            text: value.to_string(),
        }),
    }
}

/// The word for what a field takes, as a script's author would say it.
pub(crate) fn type_word(parameter: &Parameter) -> String {
    if parameter.control == Control::Subcommand {
        return "command".to_owned();
    }
    let scalar = match parameter.kind.scalar {
        ScalarKind::Bool => "flag",
        ScalarKind::Int => "int",
        ScalarKind::Float => "float",
        ScalarKind::Text if !parameter.choices.is_empty() => "choice",
        ScalarKind::Text => "text",
        ScalarKind::Count => "count",
        ScalarKind::Any => "any",
    };
    if parameter.kind.list {
        format!("list of {scalar}")
    } else {
        scalar.to_owned()
    }
}

/// What stands in an empty field.
pub(crate) fn ghost(parameter: &Parameter) -> String {
    match (&parameter.default, &parameter.default_expr) {
        (Some(domain::config::Value::Text(text)), _) if text.is_empty() => "\"\"".to_owned(),
        (Some(value), _) => value.to_string(),
        (None, Some(source)) => source.clone(),
        (None, None) => String::new(),
    }
}

/// The text that joins one more alternative to what is typed: `adam` and `sgd` give `adam | sgd`.
pub(crate) fn with_alternative(text: &str, alternative: &str) -> String {
    let text = text.trim();
    if text.is_empty() {
        return alternative.to_owned();
    }
    if text.split('|').any(|part| part.trim() == alternative) {
        return text.to_owned();
    }
    match text.strip_suffix(')') {
        Some(zipped) if text.starts_with('(') => format!("{} | {alternative})", zipped.trim_end()),
        _ => format!("{text} | {alternative}"),
    }
}

/// A choice as it must be typed: quoted where the batch syntax would read something else.
pub(crate) fn choice_text(choice: &str) -> String {
    let is_plain = !choice.is_empty()
        && choice.trim() == choice
        && !choice.contains(['|', '\'', '"', '\\', ':', ',', '(', ')', '[', ']']);
    if is_plain {
        choice.to_owned()
    } else {
        format!("\"{}\"", choice.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// The line under a text that points at `start..end`, counted in characters: spaces and carets.
pub(crate) fn caret_line(start: usize, end: usize) -> String {
    format!(
        "{}{}",
        " ".repeat(start),
        "^".repeat(end.saturating_sub(start).max(1))
    )
}

#[cfg(test)]
#[path = "generator_tests.rs"]
mod tests;
