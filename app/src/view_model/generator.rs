//! The form behind the Generator page: what was typed, what it expands to, and which fields are shown where.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::config::Key;
use domain::grid::{FieldReport, Grid, Input, Plan, plan};
use domain::schema::ParserSchema;
use domain::schema::parameters::{Control, Parameter, ScalarKind, parameters};

/// What was typed, and everything that follows from it.
#[derive(Clone, Debug)]
pub(crate) struct FormModel {
    parameters: Arc<Vec<Parameter>>,
    texts: BTreeMap<Key, String>,
    plan: Plan,
    good: Option<Arc<Grid>>,
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
    /// The form of a parser with what was typed before.
    pub(crate) fn new(parser: &ParserSchema, inputs: Vec<Input>) -> Self {
        let plan = Plan {
            fields: Vec::new(),
            grid: None,
            errors: Vec::new(),
        };
        let mut form = Self {
            parameters: Arc::new(parameters(parser)),
            texts: BTreeMap::new(),
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

    /// A person typed `text` into the field of `key`; an empty text brings the default back.
    pub(crate) fn set(&mut self, key: &Key, text: &str) {
        if text.is_empty() {
            self.texts.remove(key);
        } else {
            self.texts.insert(key.clone(), text.to_owned());
        }
        self.update();
    }

    /// Brings every default back.
    pub(crate) fn reset_all(&mut self) {
        self.texts.clear();
        self.update();
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
        self.plan = plan(&self.parameters, &self.inputs());
        if let Some(grid) = &self.plan.grid {
            self.good = Some(Arc::new(grid.clone()));
        }
    }

    /// How many fields differ from their default.
    pub(crate) fn changed_count(&self) -> usize {
        self.texts.len()
    }

    /// The sections to show, fields by their index. Fields of sub-commands that are not chosen are left out.
    pub(crate) fn sections(&self, filter: &Filter, pinned: &[Key]) -> Vec<Section> {
        let mut sections: Vec<Section> = Vec::new();
        let mut add = |title: SectionTitle, index: usize| match sections
            .iter_mut()
            .find(|section| section.title == title)
        {
            Some(section) => section.fields.push(index),
            None => sections.push(Section {
                title,
                fields: vec![index],
            }),
        };
        let shown: Vec<usize> = (0..self.parameters.len())
            .filter(|index| self.is_shown(*index, filter))
            .collect();
        for index in &shown {
            if pinned.contains(&self.parameters[*index].key) {
                add(SectionTitle::Pinned, *index);
            }
        }
        for index in shown {
            let parameter = &self.parameters[index];
            if !pinned.contains(&parameter.key) {
                add(SectionTitle::of(parameter), index);
            }
        }
        sections
    }

    fn is_shown(&self, index: usize, filter: &Filter) -> bool {
        let parameter = &self.parameters[index];
        let is_active = self.report(index).is_some_and(|report| report.active);
        let is_changed = self.texts.contains_key(&parameter.key);
        is_active && (is_changed || !filter.only_changed) && filter.matches(parameter)
    }
}

/// Which fields a person wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Words that must all occur in the key, the flags, the group or the help.
    pub(crate) search: String,
    /// Leave out fields at their default.
    pub(crate) only_changed: bool,
}

impl Filter {
    fn matches(&self, parameter: &Parameter) -> bool {
        if self.search.trim().is_empty() {
            return true;
        }
        let parts = [
            Some(parameter.key.as_str()),
            parameter.help.as_deref(),
            parameter.group.as_deref(),
        ];
        let mut text: String = parts
            .into_iter()
            .flatten()
            .chain(parameter.flags.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(" ");
        text = text.to_lowercase();
        self.search
            .to_lowercase()
            .split_whitespace()
            .all(|word| text.contains(word))
    }
}

/// The title of a section.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SectionTitle {
    /// Fields that a person pinned.
    Pinned,
    /// Fields without a group of their own.
    General,
    /// A group of the script.
    Group(String),
    /// The arguments of a sub-command: its path, and the group if they have one.
    Subcommand(String, Option<String>),
}

impl SectionTitle {
    fn of(parameter: &Parameter) -> Self {
        if !parameter.subcommand.is_empty() && parameter.control != Control::Subcommand {
            return Self::Subcommand(parameter.subcommand.join(" "), parameter.group.clone());
        }
        parameter.group.clone().map_or(Self::General, Self::Group)
    }

    /// A word that is the same as long as the section is.
    pub(crate) fn id(&self) -> String {
        match self {
            Self::Pinned => "pinned".to_owned(),
            Self::General => "general".to_owned(),
            Self::Group(title) => format!("group {title}"),
            Self::Subcommand(path, group) => {
                format!("sub {path} {}", group.as_deref().unwrap_or_default())
            }
        }
    }
}

/// Fields under one title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    /// The title.
    pub(crate) title: SectionTitle,
    /// Indices of parameters.
    pub(crate) fields: Vec<usize>,
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
