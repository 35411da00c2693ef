//! The values of one combination: every axis at one index, derived values resolved.

use crate::config::interpolate::{Environment, interpolate_keys, references};
use crate::config::{Key, Value};
use crate::schema::parameters::ScalarKind;

use super::axis::{Axis, Slot};
use super::values::Cell;

/// Slots and axes, and which axis decides which slot.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    pub(super) slots: Vec<Slot>,
    pub(super) axes: Vec<Axis>,
    /// Per slot: the axis and its column, in the order of the axes; later ones win.
    pub(super) sources: Vec<Vec<(usize, usize)>>,
    /// Per slot: the slots that its derived values refer to.
    pub(super) needs: Vec<Vec<usize>>,
    /// The slot of the key `name`, which variations name.
    pub(super) name: Option<usize>,
}

impl Layout {
    pub(super) fn new(slots: Vec<Slot>, axes: Vec<Axis>) -> Self {
        let mut sources = vec![Vec::new(); slots.len()];
        for (at, axis) in axes.iter().enumerate() {
            for (column, of) in axis.columns.iter().enumerate() {
                if let Some(sources) = sources.get_mut(of.slot) {
                    sources.push((at, column));
                }
            }
        }
        let named = axes.iter().any(|axis| !axis.names.is_empty());
        let name = named
            .then(|| slots.iter().position(|slot| slot.key.as_str() == "name"))
            .flatten();
        let mut layout = Self {
            needs: Vec::new(),
            slots,
            axes,
            sources,
            name,
        };
        layout.needs = (0..layout.slots.len())
            .map(|slot| {
                let mut needed: Vec<usize> = layout
                    .derived_texts(slot)
                    .iter()
                    .flat_map(|text| references(text))
                    .flat_map(|key| layout.slots_of(&key))
                    .collect();
                needed.sort_unstable();
                needed.dedup();
                needed
            })
            .collect();
        layout
    }

    /// The slots that a reference means: the key itself, a value inside it, or everything under a section.
    pub(super) fn slots_of(&self, reference: &Key) -> Vec<usize> {
        let reference = reference.as_str();
        let meant = |key: &str| key == reference || under(key, reference) || under(reference, key);
        (0..self.slots.len())
            .filter(|slot| meant(self.slots[*slot].key.as_str()))
            .collect()
    }

    /// Every text of a slot that may refer to other keys.
    pub(super) fn derived_texts(&self, slot: usize) -> Vec<String> {
        let mut texts = Vec::new();
        let config = self.slots[slot].config;
        let mut add = |value: &Value| collect_texts(&interpolable(value, config), &mut texts);
        if let Some(Cell::Derived(value)) = &self.slots[slot].base {
            add(value);
        }
        for (axis, column) in &self.sources[slot] {
            for value in self.axes[*axis].columns[*column].source.derived() {
                add(value);
            }
        }
        texts
    }

    /// The axes that decide a slot, through the slots it refers to as well.
    pub(super) fn axes_of(&self, slot: usize) -> Vec<usize> {
        let mut seen = vec![false; self.slots.len()];
        let mut open = vec![slot];
        let mut axes = Vec::new();
        while let Some(slot) = open.pop() {
            if std::mem::replace(&mut seen[slot], true) {
                continue;
            }
            axes.extend(self.sources[slot].iter().map(|(axis, _)| *axis));
            if self.name == Some(slot) {
                axes.extend(self.naming_axes());
            }
            open.extend(self.needs[slot].iter().copied());
        }
        axes.sort_unstable();
        axes.dedup();
        axes
    }

    /// The axes whose indices have names.
    pub(super) fn naming_axes(&self) -> impl Iterator<Item = usize> {
        (0..self.axes.len()).filter(|axis| !self.axes[*axis].names.is_empty())
    }

    /// What a slot has, derived values not resolved. `digits` holds an index for every axis that decides it.
    pub(super) fn cell(&self, slot: usize, digits: &[u64]) -> Option<Cell> {
        if self.name == Some(slot)
            && let Some(name) = self.joined_name(digits)
        {
            return Some(Cell::Value(match name {
                Value::Null | Value::Text(_) => name,
                other => Value::Text(other.to_string()),
            }));
        }
        self.cell_below(slot, digits)
    }

    fn cell_below(&self, slot: usize, digits: &[u64]) -> Option<Cell> {
        let set = self.sources[slot].iter().rev().find_map(|(axis, column)| {
            self.axes[*axis].columns[*column]
                .source
                .cell(*digits.get(*axis)?)
        });
        set.or_else(|| self.slots[slot].base.clone())
            .filter(|cell| *cell != Cell::Unset)
    }

    /// The names of the variations joined with `_`, after the value of the key `name`; `None` if no variation has a name.
    ///
    /// A name that is null, empty or 0 takes the place of what stood before.
    pub(super) fn joined_name(&self, digits: &[u64]) -> Option<Value> {
        let mut joined: Option<Value> = None;
        let base = self
            .name
            .and_then(|slot| self.cell_below(slot, digits))
            .map(Cell::into_value);
        for axis in self.naming_axes() {
            let index = usize::try_from(*digits.get(axis)?).ok()?;
            let Some(Some(name)) = self.axes[axis].names.get(index) else {
                continue;
            };
            let before = joined.as_ref().or(base.as_ref());
            joined = Some(crate::config::joined(before, name));
        }
        joined
    }

    /// The values of `wanted` slots, derived ones resolved; `None` where a slot has none.
    pub(super) fn values(&self, wanted: &[usize], digits: &[u64]) -> Vec<Option<Value>> {
        let mut cells: Vec<Option<Cell>> =
            wanted.iter().map(|slot| self.cell(*slot, digits)).collect();
        let is_derived = |cell: &Option<Cell>| matches!(cell, Some(Cell::Derived(_)));
        if !cells.iter().any(is_derived) {
            return cells
                .into_iter()
                .map(|cell| cell.map(Cell::into_value))
                .collect();
        }
        // Everything they refer to takes part in the resolution.
        let mut all: Vec<usize> = wanted.to_vec();
        let mut next = 0;
        while next < all.len() {
            if is_derived(&cells[next]) {
                for needed in &self.needs[all[next]] {
                    if !all.contains(needed) {
                        all.push(*needed);
                        cells.push(self.cell(*needed, digits));
                    }
                }
            }
            next += 1;
        }
        let mut derived: Vec<Key> = Vec::new();
        let mut entries = Vec::new();
        for (slot, cell) in all.iter().zip(&cells) {
            let (key, config) = (&self.slots[*slot].key, self.slots[*slot].config);
            let value = match cell {
                None | Some(Cell::Unset) => continue,
                Some(Cell::Value(value)) => value.clone(),
                // What refers to nothing known waits for whoever knows it.
                Some(Cell::Derived(value)) if self.is_open(value, config) => value.clone(),
                Some(Cell::Derived(value)) => {
                    derived.push(key.clone());
                    interpolable(value, config)
                }
            };
            super::point::insert(&mut entries, key, value);
        }
        let chosen = |key: &Key| {
            derived
                .iter()
                .any(|derived| key == derived || under(key.as_str(), derived.as_str()))
        };
        let tree = interpolate_keys(&Value::Map(entries), Environment::Absent, &chosen)
            .map(|interpolated| interpolated.value);
        wanted
            .iter()
            .zip(cells)
            .map(|(slot, cell)| {
                let slot = &self.slots[*slot];
                match cell? {
                    Cell::Unset => None,
                    Cell::Value(value) => Some(value),
                    Cell::Derived(raw) if self.is_open(&raw, slot.config) => Some(raw),
                    Cell::Derived(raw) => {
                        let found = tree
                            .as_ref()
                            .ok()
                            .and_then(|tree| super::point::find(tree, &slot.key));
                        Some(match found {
                            None => raw,
                            // Values of a config keep their type; a command line has the field's own.
                            Some(value) if slot.config => value.clone(),
                            Some(value) => shaped(value.clone(), slot.scalar),
                        })
                    }
                }
            })
            .collect()
    }
}

impl Layout {
    /// True if a derived value refers to something that is no key here, such as `{__name__}`.
    fn is_open(&self, value: &Value, config: bool) -> bool {
        let mut texts = Vec::new();
        collect_texts(&interpolable(value, config), &mut texts);
        let mut all = texts.iter().flat_map(|text| references(text));
        all.any(|reference| self.slots_of(&reference).is_empty())
    }
}

/// True if `key` stands inside `section`.
pub(super) fn under(key: &str, section: &str) -> bool {
    key.strip_prefix(section)
        .is_some_and(|rest| rest.starts_with('.'))
}

/// A value taken over from another key in the form of its own: integers become decimals, and values become texts.
fn shaped(value: Value, scalar: ScalarKind) -> Value {
    match (scalar, value) {
        (ScalarKind::Float, Value::Int(int)) => Value::Float(int as f64),
        (
            ScalarKind::Text,
            value @ (Value::Int(_) | Value::BigInt(_) | Value::Float(_) | Value::Bool(_)),
        ) => Value::Text(crate::schema::parameters::python_str(&value)),
        (_, Value::List(items)) => {
            Value::List(items.into_iter().map(|item| shaped(item, scalar)).collect())
        }
        (_, value) => value,
    }
}

/// The texts as the interpolation reads them: outside config files a dollar sign is a dollar sign.
pub(super) fn interpolable(value: &Value, config: bool) -> Value {
    match value {
        Value::Text(text) if !config => Value::Text(text.replace('$', "$$")),
        Value::List(items) => Value::List(
            items
                .iter()
                .map(|item| interpolable(item, config))
                .collect(),
        ),
        Value::Map(entries) => Value::Map(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), interpolable(value, config)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// Every text inside a value.
pub(super) fn collect_texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Text(text) => into.push(text.clone()),
        Value::List(items) => items.iter().for_each(|item| collect_texts(item, into)),
        Value::Map(entries) => entries
            .iter()
            .for_each(|(_, value)| collect_texts(value, into)),
        _ => {}
    }
}
