//! The grid itself: points by mixed-radix arithmetic over its axes.

use sha2::{Digest as _, Sha256};

use crate::config::{Key, Value};

use super::Point;
use super::axis::{Axis, AxisKind, Slot};
use super::conditions::Tests;
use super::filter::Filter;
use super::options::{Duplicates, SweepOptions};
use super::plan_error::PlanError;
use super::preview::{Mark, PreviewRow};
use super::resolve::Layout;
use super::values::{Cell, fingerprint, hex};

/// A set of points, expanded only where it is looked at.
///
/// Order: rows, variations, the product axes in key order, the zip groups in the order of their first keys, samples;
/// the first axis varies slowest. `count` and `point` speak of the points that run: what conditions, exclusions and equal
/// earlier points leave out has no number.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    layout: Layout,
    tests: Tests,
    filter: Filter,
    varied: Vec<Key>,
    raw_count: u128,
    /// Everything a large grid's digest is made of.
    options: SweepOptions,
}

/// One factor of the raw count: an axis with more than one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factor {
    /// Its keys.
    pub keys: Vec<Key>,
    /// How many values it takes.
    pub count: u64,
    /// What it was made from.
    pub kind: AxisKind,
}

/// Up to this many points a digest is made of the points themselves.
const DIGESTED: u128 = 10_000;

impl Grid {
    pub(super) fn new(
        slots: Vec<Slot>,
        axes: Vec<Axis>,
        options: &SweepOptions,
    ) -> Result<Self, Vec<PlanError>> {
        let raw_count = axes
            .iter()
            .try_fold(1u128, |count, axis| {
                count.checked_mul(u128::from(axis.count))
            })
            .ok_or_else(|| vec![PlanError::TooLarge])?;
        let layout = Layout::new(slots, axes);
        let mut errors = super::derive::check(&layout);
        let tests = Tests::new(&layout, options, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        let drop = options.duplicates == Duplicates::Drop;
        let filter = Filter::new(&layout, &tests, drop).map_err(|error| vec![error])?;
        // A condition on keys that do not vary holds everywhere or nowhere.
        let fixed: Vec<_> = tests
            .all
            .iter()
            .filter(|test| test.axes.is_empty())
            .collect();
        let everywhere = tests
            .scan(&layout, &fixed, &[])
            .passes(&vec![0; layout.axes.len()])
            .map_err(|error| vec![error])?;
        if filter.count == 0 || !everywhere {
            let all: Vec<_> = if everywhere {
                tests.all.iter().collect()
            } else {
                fixed
            };
            return Err(vec![PlanError::NothingLeft {
                expressions: tests.texts_of(&all),
            }]);
        }
        let mut varied: Vec<Key> = Vec::new();
        for column in layout
            .axes
            .iter()
            .filter(|axis| axis.count > 1)
            .flat_map(|axis| &axis.columns)
        {
            let key = &layout.slots[column.slot].key;
            if !varied.contains(key) {
                varied.push(key.clone());
            }
        }
        let many = |slot: usize| {
            let axes = layout.axes_of(slot);
            axes.iter().any(|axis| layout.axes[*axis].count > 1)
        };
        for slot in 0..layout.slots.len() {
            let key = &layout.slots[slot].key;
            let decided = !layout.needs[slot].is_empty() || layout.name == Some(slot);
            if decided && many(slot) && !varied.contains(key) {
                varied.push(key.clone());
            }
        }
        Ok(Self {
            layout,
            tests,
            filter,
            varied,
            raw_count,
            options: options.clone(),
        })
    }

    /// The number of points that run; at least 1.
    pub fn count(&self) -> u128 {
        self.filter.count
    }

    /// The number of raw points: what the count would be if nothing were left out.
    pub fn raw_count(&self) -> u128 {
        self.raw_count
    }

    /// How many raw points the conditions and exclusions leave out.
    pub fn dropped(&self) -> u128 {
        self.raw_count - self.filter.passing()
    }

    /// How many of the points that pass the conditions equal an earlier one.
    pub fn duplicates(&self) -> u128 {
        self.filter.passing() - self.filter.distinct()
    }

    /// The factors of the raw count with more than one value, slowest first.
    pub fn factors(&self) -> Vec<Factor> {
        let axes = self.layout.axes.iter().filter(|axis| axis.count > 1);
        axes.map(|axis| Factor {
            keys: axis
                .columns
                .iter()
                .map(|column| self.layout.slots[column.slot].key.clone())
                .collect(),
            count: axis.count,
            kind: axis.kind.clone(),
        })
        .collect()
    }

    /// The length of every axis, slowest first, those of length 1 included. Its product is the raw count.
    pub fn shape(&self) -> Vec<u64> {
        self.layout.axes.iter().map(|axis| axis.count).collect()
    }

    /// The keys that vary, in axis order, then the derived ones.
    pub fn varied(&self) -> &[Key] {
        &self.varied
    }

    /// The point at `index`, from 0; `None` past the end. Costs O(keys + axes), whatever the count.
    pub fn point(&self, index: u128) -> Option<Point> {
        Some(self.at(&self.filter.digits(index)?))
    }

    /// The raw point at `raw_index`, from 0, with what becomes of it; `None` past the end.
    pub fn preview(&self, raw_index: u128) -> Option<PreviewRow> {
        let digits = self.raw_digits(raw_index)?;
        let point = self.at(&digits);
        let first = self.filter.first_equal(&digits);
        let equals = first.and_then(|first| self.filter.number(&first));
        let mark = match (self.filter.number(&digits), equals) {
            (Some(number), _) => Mark::Kept { number },
            (None, Some(of)) => Mark::Duplicate { of },
            (None, None) => Mark::Dropped {
                by: self.tests.dropper(&self.layout, &digits)?,
            },
        };
        let repeats = equals.filter(|_| matches!(mark, Mark::Kept { .. }));
        Some(PreviewRow {
            point,
            mark,
            repeats,
        })
    }

    /// The raw index of the point at `index`: its place in the preview.
    pub fn raw_index(&self, index: u128) -> Option<u128> {
        let digits = self.filter.digits(index)?;
        let axes = self.layout.axes.iter().zip(digits);
        Some(axes.fold(0, |at, (axis, digit)| {
            at * u128::from(axis.count) + u128::from(digit)
        }))
    }

    fn raw_digits(&self, raw_index: u128) -> Option<Vec<u64>> {
        if raw_index >= self.raw_count {
            return None;
        }
        let mut rest = raw_index;
        let mut digits = vec![0; self.layout.axes.len()];
        for (axis, digit) in self.layout.axes.iter().zip(&mut digits).rev() {
            *digit = u64::try_from(rest % u128::from(axis.count)).ok()?;
            rest /= u128::from(axis.count);
        }
        Some(digits)
    }

    fn at(&self, digits: &[u64]) -> Point {
        let slots: Vec<usize> = (0..self.layout.slots.len()).collect();
        let values = self.layout.values(&slots, digits);
        let mut point = Point::default();
        for (slot, value) in self.layout.slots.iter().zip(values) {
            if let Some(value) = value {
                point.values.push((slot.key.clone(), value));
            }
        }
        for (at, slot) in self.layout.slots.iter().enumerate() {
            if let Some(Cell::Derived(raw)) = self.layout.cell(at, digits) {
                point.derived.push((slot.key.clone(), raw));
            }
        }
        point.name = self
            .layout
            .joined_name(digits)
            .filter(|name| *name != Value::Null)
            .map(|name| name.to_string())
            .filter(|name| !name.is_empty());
        point
    }

    /// Hex SHA-256. Grids of equal digest have the same points in the same order.
    ///
    /// Up to 10,000 points it is made of the points, so that the same points in the same order have the same digest,
    /// however they were written; beyond, of what was written, at a cost of O(values written out).
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        if self.count() <= DIGESTED {
            for point in (0..self.count()).filter_map(|index| self.point(index)) {
                for (key, value) in &point.values {
                    hash.update(format!("{:?}={}\n", key.as_str(), fingerprint(value)));
                }
                hash.update(format!("{:?}\n\n", point.name));
            }
            return hex(&hash.finalize());
        }
        let written = (&self.layout.slots, &self.layout.axes, &self.options);
        // Every part of it can be serialized; the other spelling is as exact, should that ever change.
        let canonical =
            serde_json::to_vec(&written).unwrap_or_else(|_| format!("{written:?}").into_bytes());
        hash.update(canonical);
        hex(&hash.finalize())
    }
}
