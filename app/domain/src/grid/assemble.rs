//! From fields and options to slots and axes.

use crate::config::{Key, Value};
use crate::schema::parameters::Parameter;

use super::assign;
use super::axis::{Axis, AxisKind, Column, Slot, Source};
use super::derive;
use super::expand::AxisForm;
use super::field::Field;
use super::lazy::Grid;
use super::options::{Assignments, Exclusion, MAX_SAMPLES, SweepOptions};
use super::plan::Input;
use super::plan_error::{Place, PlanError};
use super::section::Section;
use super::syntax::Join;
use super::typing;
use super::values::Cell;

/// One axis before it has its place: where it stands among the fields, and what it sets.
struct Draft {
    place: usize,
    axis: Axis,
}

/// Slots and axes in the making. Slots are the active parameters, in order.
pub(super) struct Assembly<'a> {
    parameters: Vec<&'a Parameter>,
    slots: Vec<Slot>,
    /// Per slot: where options and sections set it.
    set: Vec<Option<Place>>,
    axes: Vec<Axis>,
    options: SweepOptions,
}

impl<'a> Assembly<'a> {
    pub(super) fn new(
        active: &[&Field<'a>],
        inputs: &[Input],
        options: &SweepOptions,
        errors: &mut Vec<PlanError>,
    ) -> Self {
        let mut assembly = Self {
            parameters: active.iter().map(|field| field.parameter).collect(),
            slots: active.iter().map(|field| slot(field)).collect(),
            set: vec![None; active.len()],
            axes: Vec::new(),
            options: options.clone(),
        };
        assembly.rows(errors);
        assembly.variations(errors);
        let (mut products, mut zips) = (Vec::new(), Vec::new());
        Self::fields(active, &mut products, &mut zips);
        assembly.sections(active, inputs, &mut products, &mut zips, errors);
        products.sort_by_key(|draft: &Draft| draft.place);
        zips.sort_by_key(|draft: &Draft| draft.place);
        assembly
            .axes
            .extend(products.into_iter().map(|draft| draft.axis));
        assembly.zips(zips, errors);
        assembly.samples(active, errors);
        assembly.check_fields(active, errors);
        assembly.exclusions(errors);
        assembly
    }

    /// True if a row, a variation or a section sets the key.
    pub(super) fn sets(&self, key: &Key) -> bool {
        let slot = self.slots.iter().position(|slot| slot.key == *key);
        slot.is_some_and(|slot| self.set[slot].is_some())
    }

    pub(super) fn grid(self) -> Result<Grid, Vec<PlanError>> {
        Grid::new(self.slots, self.axes, &self.options)
    }

    /// The leaves that one entry sets.
    fn leaves(
        &mut self,
        place: &Place,
        values: &Assignments,
        errors: &mut Vec<PlanError>,
    ) -> Vec<(usize, Cell)> {
        let mut found = Vec::new();
        for (key, value) in &values.0 {
            assign::leaves(&self.parameters, key, value, &mut found);
        }
        let mut leaves: Vec<(usize, Cell)> = Vec::new();
        for leaf in found {
            match leaf {
                Ok((slot, cell)) => {
                    // What is said later in a map wins, as it does in a config file.
                    leaves.retain(|(known, _)| *known != slot);
                    leaves.push((slot, cell));
                    self.set[slot].get_or_insert_with(|| place.clone());
                }
                Err((key, error)) => errors.push(PlanError::Assigned {
                    place: place.clone(),
                    key,
                    error: Box::new(error),
                }),
            }
        }
        leaves
    }

    fn rows(&mut self, errors: &mut Vec<PlanError>) {
        let rows = std::mem::take(&mut self.options.rows);
        if !rows.is_empty() {
            let entries = rows
                .iter()
                .enumerate()
                .map(|(row, values)| self.leaves(&Place::Row(row), values, errors))
                .collect();
            self.axes.push(sparse(AxisKind::Rows, entries, Vec::new()));
        }
        self.options.rows = rows;
    }

    fn variations(&mut self, errors: &mut Vec<PlanError>) {
        let variations = std::mem::take(&mut self.options.variations);
        for (at, axis) in variations.iter().enumerate() {
            if axis.is_empty() {
                errors.push(PlanError::EmptyAxis {
                    place: Place::Axis(at),
                });
                continue;
            }
            let entries = axis
                .iter()
                .enumerate()
                .map(|(index, variation)| {
                    self.leaves(&Place::Variation(at, index), &variation.values, errors)
                })
                .collect();
            let named = axis.iter().any(|variation| variation.name.is_some());
            let names = if named {
                axis.iter()
                    .map(|variation| variation.name.clone())
                    .collect()
            } else {
                Vec::new()
            };
            self.axes.push(sparse(AxisKind::Variations, entries, names));
        }
        self.options.variations = variations;
    }

    fn fields(active: &[&Field<'a>], products: &mut Vec<Draft>, zips: &mut Vec<Draft>) {
        for (slot, field) in active.iter().enumerate() {
            let Some(expanded) = field.values() else {
                continue;
            };
            let (kind, into) = match expanded.form {
                AxisForm::Single | AxisForm::Sampled => continue,
                AxisForm::Product | AxisForm::Range => (AxisKind::Product, &mut *products),
                AxisForm::Zip => (AxisKind::Zip(expanded.group.clone()), &mut *zips),
            };
            let column = Column {
                slot,
                source: Source::Values(expanded.values.clone()),
            };
            into.push(Draft {
                place: slot,
                axis: Axis {
                    kind,
                    count: expanded.count(),
                    columns: vec![column],
                    names: Vec::new(),
                },
            });
        }
    }

    fn sections(
        &mut self,
        active: &[&Field<'a>],
        inputs: &[Input],
        products: &mut Vec<Draft>,
        zips: &mut Vec<Draft>,
        errors: &mut Vec<PlanError>,
    ) {
        let is_parameter = |key: &Key| {
            self.parameters
                .iter()
                .any(|parameter| parameter.key == *key)
        };
        let typed: Vec<&Input> = inputs
            .iter()
            .filter(|input| !input.text.trim().is_empty() && !is_parameter(&input.key))
            .filter(|input| assign::is_section(&self.parameters, &input.key))
            .collect();
        for input in typed {
            let section = match Section::read(&self.parameters, &input.key, &input.text) {
                Ok(section) => section,
                Err(error) => {
                    errors.push(PlanError::Section {
                        key: input.key.clone(),
                        error: Box::new(error),
                    });
                    continue;
                }
            };
            let place = Place::Section(section.key.clone());
            for (slot, _) in section.alternatives.iter().flatten() {
                let first = match &self.set[*slot] {
                    Some(first) if *first != place => Some(first.clone()),
                    _ => (!active[*slot].text.is_empty()).then_some(Place::Field),
                };
                if let Some(first) = first {
                    errors.push(PlanError::SetTwice {
                        key: self.slots[*slot].key.clone(),
                        first,
                        second: place.clone(),
                    });
                    break;
                }
                self.set[*slot] = Some(place.clone());
            }
            let mut alternatives = section.alternatives;
            let (kind, into) = match (section.join, alternatives.as_mut_slice()) {
                (Join::Lone, [only]) => {
                    for (slot, cell) in std::mem::take(only) {
                        self.slots[slot].base = Some(cell);
                    }
                    continue;
                }
                (Join::Zip, _) => (AxisKind::Zip(section.group), &mut *zips),
                _ => (AxisKind::Product, &mut *products),
            };
            into.push(Draft {
                place: section.place,
                axis: sparse(kind, alternatives, Vec::new()),
            });
        }
    }

    /// Joins the members of each group; groups come in the order of their first members.
    fn zips(&mut self, members: Vec<Draft>, errors: &mut Vec<PlanError>) {
        let mut groups: Vec<Vec<Axis>> = Vec::new();
        for Draft { axis, .. } in members {
            match groups.iter_mut().find(|group| group[0].kind == axis.kind) {
                Some(group) => group.push(axis),
                None => groups.push(vec![axis]),
            }
        }
        for group in groups {
            let lengths: Vec<(Key, u64)> = group
                .iter()
                .map(|axis| {
                    let key = axis
                        .columns
                        .first()
                        .map(|column| self.slots[column.slot].key.clone());
                    (key.unwrap_or_else(|| Key::new("")), axis.count)
                })
                .collect();
            let (kind, count) = (group[0].kind.clone(), group[0].count);
            if lengths.iter().any(|(_, length)| *length != count) {
                let group = match kind {
                    AxisKind::Zip(group) => group,
                    _ => None,
                };
                errors.push(PlanError::ZipLengths { group, lengths });
                continue;
            }
            self.axes.push(Axis {
                kind,
                count,
                columns: group.into_iter().flat_map(|axis| axis.columns).collect(),
                names: Vec::new(),
            });
        }
    }

    fn samples(&mut self, active: &[&Field<'a>], errors: &mut Vec<PlanError>) {
        let sample = self.options.sample;
        let columns: Vec<Column> = active
            .iter()
            .enumerate()
            .filter_map(|(slot, field)| {
                let source = Source::Sampled(field.sampler(sample)?);
                Some(Column { slot, source })
            })
            .collect();
        if columns.is_empty() {
            return;
        }
        if sample.count == 0 || sample.count > MAX_SAMPLES {
            errors.push(PlanError::SampleCount {
                count: sample.count,
            });
            return;
        }
        self.axes.push(Axis {
            kind: AxisKind::Sample,
            count: sample.count,
            columns,
            names: Vec::new(),
        });
    }

    /// A field that varies is not set by anything else.
    fn check_fields(&self, active: &[&Field<'a>], errors: &mut Vec<PlanError>) {
        for (slot, field) in active.iter().enumerate() {
            let varies = field
                .values()
                .is_some_and(|expanded| expanded.form != AxisForm::Single);
            let second = self.set[slot]
                .clone()
                .filter(|place| varies && !matches!(place, Place::Section(_)));
            if let Some(second) = second {
                errors.push(PlanError::SetTwice {
                    key: self.slots[slot].key.clone(),
                    first: Place::Field,
                    second,
                });
            }
        }
    }

    /// Values of exclusions are compared as the keys' own values are.
    fn exclusions(&mut self, errors: &mut Vec<PlanError>) {
        for (index, exclusion) in self.options.exclude.iter_mut().enumerate() {
            let Exclusion::Values(values) = exclusion else {
                continue;
            };
            if values.0.is_empty() {
                errors.push(PlanError::EmptyAxis {
                    place: Place::Exclusion(index),
                });
            }
            let mut found = Vec::new();
            for (key, value) in &values.0 {
                assign::leaves(&self.parameters, key, value, &mut found);
            }
            values.0.clear();
            for leaf in found {
                match leaf {
                    Ok((slot, cell)) => values
                        .0
                        .push((self.slots[slot].key.clone(), cell.into_value())),
                    Err((key, error)) => errors.push(PlanError::Assigned {
                        place: Place::Exclusion(index),
                        key,
                        error: Box::new(error),
                    }),
                }
            }
        }
    }
}

/// A key with the value that was typed, or its default.
fn slot(field: &Field<'_>) -> Slot {
    let parameter = field.parameter;
    let config = typing::from_config(parameter);
    let typed = field
        .values()
        .filter(|expanded| expanded.form == AxisForm::Single)
        .and_then(|expanded| expanded.values.cell(0));
    let default = || {
        let default = parameter.default.clone()?;
        let mut texts = Vec::new();
        super::resolve::collect_texts(&default, &mut texts);
        let derived = config && texts.iter().any(|text| derive::is_derived(text, true));
        Some(if derived {
            Cell::Derived(default)
        } else {
            Cell::Value(default)
        })
    };
    Slot {
        key: parameter.key.clone(),
        base: typed.or_else(default),
        config,
        scalar: parameter.kind.scalar,
    }
}

/// An axis whose every entry sets some keys.
fn sparse(kind: AxisKind, entries: Vec<Vec<(usize, Cell)>>, names: Vec<Option<Value>>) -> Axis {
    let count = entries.len();
    let mut columns: Vec<(usize, Vec<Option<Cell>>)> = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        for (slot, cell) in entry {
            let at = columns
                .iter()
                .position(|(known, _)| *known == slot)
                .unwrap_or_else(|| {
                    columns.push((slot, vec![None; count]));
                    columns.len() - 1
                });
            columns[at].1[index] = Some(cell);
        }
    }
    Axis {
        kind,
        count: count as u64,
        columns: columns
            .into_iter()
            .map(|(slot, cells)| Column {
                slot,
                source: Source::Sparse(cells),
            })
            .collect(),
        names,
    }
}
