//! Axes: what varies together.

use std::collections::HashMap;

use serde::Serialize;

use crate::config::{Key, Value};
use crate::schema::parameters::ScalarKind;

use super::sample::Sampler;
use super::values::{Cell, Values, fingerprint};

/// One key of the grid.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Slot {
    pub(super) key: Key,
    /// Its value where no axis sets it.
    pub(super) base: Option<Cell>,
    /// True if it is a leaf of a config file: its texts may name variables, too.
    pub(super) config: bool,
    /// What a derived value is made into.
    #[serde(skip)]
    pub(super) scalar: ScalarKind,
}

/// What an axis was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AxisKind {
    /// The rows of a table.
    Rows,
    /// Variations.
    Variations,
    /// The alternatives or the range of one field.
    Product,
    /// Fields that walk in step; the group's name, if it has one.
    Zip(Option<String>),
    /// The sampled fields.
    Sample,
}

/// Keys that vary together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Axis {
    pub(super) kind: AxisKind,
    /// At least 1.
    pub(super) count: u64,
    pub(super) columns: Vec<Column>,
    /// The names of variations, one per index: `None` for one that leaves the name as it is. Empty for other axes.
    pub(super) names: Vec<Option<Value>>,
}

/// One key's values along an axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Column {
    /// An index into the slots.
    pub(super) slot: usize,
    pub(super) source: Source,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Source {
    Values(Values),
    /// `None` leaves the key as it is.
    Sparse(Vec<Option<Cell>>),
    Sampled(Sampler),
}

impl Source {
    /// What it sets at `index`, if anything.
    pub(super) fn cell(&self, index: u64) -> Option<Cell> {
        match self {
            Self::Values(values) => values.cell(index),
            Self::Sparse(cells) => cells.get(usize::try_from(index).ok()?)?.clone(),
            Self::Sampled(sampler) => Some(Cell::Value(sampler.get(index))),
        }
    }

    /// The derived values in it.
    pub(super) fn derived(&self) -> Vec<&Value> {
        match self {
            Self::Values(values) => values.derived().collect(),
            Self::Sparse(cells) => cells
                .iter()
                .filter_map(|cell| match cell {
                    Some(Cell::Derived(value)) => Some(value),
                    _ => None,
                })
                .collect(),
            Self::Sampled(_) => Vec::new(),
        }
    }

    /// True if it sets the key at every index.
    pub(super) fn is_dense(&self) -> bool {
        match self {
            Self::Sparse(cells) => cells
                .iter()
                .all(|cell| cell.as_ref().is_some_and(|cell| *cell != Cell::Unset)),
            _ => true,
        }
    }
}

/// The longest axis whose values are compared with each other.
const COMPARED: u64 = 1 << 16;

impl Axis {
    /// For each index the first one with the same effect; `None` if all differ, or there are too many to compare.
    pub(super) fn first_equals(&self, slots: &[Slot]) -> Option<Vec<u32>> {
        let computed = |column: &Column| matches!(&column.source, Source::Values(values) if values.is_lone_range());
        if self.count < 2 || self.count > COMPARED || self.columns.iter().any(computed) {
            return None;
        }
        let mut seen: HashMap<String, u32> = HashMap::new();
        let count = u32::try_from(self.count).ok()?;
        let first: Vec<u32> = (0..count)
            .map(|index| *seen.entry(self.effect(slots, index)).or_insert(index))
            .collect();
        (seen.len() < first.len()).then_some(first)
    }

    /// Equal for indices that set the same values.
    fn effect(&self, slots: &[Slot], index: u32) -> String {
        let mut effect = String::new();
        for column in &self.columns {
            let cell = column.source.cell(u64::from(index));
            let cell = cell.or_else(|| slots.get(column.slot)?.base.clone());
            effect.push_str(&cell_fingerprint(cell.as_ref()));
            effect.push(';');
        }
        if let Some(Some(name)) = self.names.get(index as usize) {
            effect.push_str(&fingerprint(name));
        }
        effect
    }
}

/// Equal for equal cells.
pub(super) fn cell_fingerprint(cell: Option<&Cell>) -> String {
    match cell {
        None | Some(Cell::Unset) => "-".to_owned(),
        Some(Cell::Value(value)) => fingerprint(value),
        Some(Cell::Derived(value)) => format!("~{}", fingerprint(value)),
    }
}
