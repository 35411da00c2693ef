//! Which fields are shown, in which order, and what holds them together.

use domain::config::Key;
use domain::schema::parameters::{Control, Parameter};

use super::generator::FormModel;

impl FormModel {
    /// The sections to show. Fields of sub-commands that are not chosen are left out.
    pub(crate) fn sections(&self, filter: &Filter, pinned: &[Key]) -> Vec<Section> {
        let mut sections: Vec<Section> = Vec::new();
        for index in self.shown(filter) {
            let parameter = &self.parameters()[index];
            let title = if pinned.contains(&parameter.key) {
                SectionTitle::Pinned
            } else {
                SectionTitle::of(parameter)
            };
            let at = sections.iter().position(|section| section.title == title);
            let at = at.unwrap_or_else(|| {
                sections.push(Section {
                    title,
                    items: Vec::new(),
                });
                sections.len() - 1
            });
            sections[at].add(index, parameter);
        }
        // Sub-commands below what stands beside them, each choice above what it brings.
        sections.sort_by_key(|section| section.title.rank());
        sections
    }

    /// The same fields by the segments of their keys.
    pub(crate) fn tree(&self, filter: &Filter) -> Vec<Node> {
        let mut roots = Vec::new();
        for index in self.shown(filter) {
            let key = self.parameters()[index].key.as_str();
            insert(&mut roots, "", key, index);
        }
        roots
    }

    fn shown(&self, filter: &Filter) -> Vec<usize> {
        let is_shown = |index: &usize| {
            let parameter = &self.parameters()[*index];
            let is_active = self.report(*index).is_some_and(|report| report.active);
            let is_changed = !self.text(&parameter.key).is_empty();
            is_active && (is_changed || !filter.only_changed) && filter.matches(parameter)
        };
        (0..self.parameters().len()).filter(is_shown).collect()
    }
}

fn insert(nodes: &mut Vec<Node>, path: &str, rest: &str, index: usize) {
    let Some((head, rest)) = rest.split_once('.') else {
        nodes.push(Node::Leaf(index));
        return;
    };
    let path = if path.is_empty() {
        head.to_owned()
    } else {
        format!("{path}.{head}")
    };
    for node in nodes.iter_mut() {
        if let Node::Branch { path: known, nodes } = node
            && *known == path
        {
            insert(nodes, &path, rest, index);
            return;
        }
    }
    let mut below = Vec::new();
    insert(&mut below, &path, rest, index);
    nodes.push(Node::Branch { path, nodes: below });
}

/// A place in the tree of a config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// A parameter, by its index.
    Leaf(usize),
    /// A section.
    Branch {
        /// Its dotted key.
        path: String,
        /// What stands in it.
        nodes: Vec<Node>,
    },
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
    /// The choice of a sub-command under this path.
    Choice(String),
    /// A group of the script.
    Group(String),
    /// The arguments of a sub-command: its path, and the group if they have one.
    Subcommand(String, Option<String>),
}

impl SectionTitle {
    fn of(parameter: &Parameter) -> Self {
        let path = parameter.subcommand.join(" ");
        if parameter.control == Control::Subcommand {
            return Self::Choice(path);
        }
        if !parameter.subcommand.is_empty() {
            return Self::Subcommand(path, parameter.group.clone());
        }
        let section = parameter.key.as_str().split_once('.');
        let group = parameter.group.clone();
        group
            .or_else(|| section.map(|(head, _)| head.to_owned()))
            .map_or(Self::General, Self::Group)
    }

    fn rank(&self) -> usize {
        let depth = |path: &str| path.split_whitespace().count();
        match self {
            Self::Pinned => 0,
            Self::General | Self::Group(_) => 1,
            Self::Choice(path) => 2 + 2 * depth(path),
            Self::Subcommand(path, _) => 1 + 2 * depth(path),
        }
    }

    /// A word that is the same as long as the section is.
    pub(crate) fn id(&self) -> String {
        match self {
            Self::Pinned => "pinned".to_owned(),
            Self::General => "general".to_owned(),
            Self::Choice(path) => format!("choice {path}"),
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
    /// What stands under it.
    pub(crate) items: Vec<Item>,
}

impl Section {
    fn add(&mut self, index: usize, parameter: &Parameter) {
        let Some(group) = &parameter.mx else {
            self.items.push(Item::Field(index));
            return;
        };
        let known = self.items.iter_mut().find_map(|item| match item {
            Item::Either {
                group: known,
                members,
            } if known == group => Some(members),
            _ => None,
        });
        match known {
            Some(members) => members.push(index),
            None => self.items.push(Item::Either {
                group: group.clone(),
                members: vec![index],
            }),
        }
    }
}

/// One thing in a section.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Item {
    /// A field by the index of its parameter.
    Field(usize),
    /// Alternatives, of which one may be given.
    Either {
        /// The id of the group.
        group: String,
        /// The indices of its parameters.
        members: Vec<usize>,
    },
}
