//! Which combinations run: conditions and duplicates, counted without looking at every point.
//!
//! Axes that no condition and no shared key connects are independent of each other. Each connected part is looked at
//! on its own, over the combinations of its axes alone; what it keeps is a sorted list of ranks. The points that run are
//! the product of the parts, and the `i`-th of them is found digit by digit: slowest axis first, the block of points
//! that begin with each digit is as large as the product of what every part has left.

use std::collections::HashMap;

use super::conditions::{Test, Tests};
use super::plan_error::PlanError;
use super::resolve::Layout;
use super::values::fingerprint;

/// The most combinations of one part that are looked at one by one.
pub(super) const MAX_SCANNED: u64 = 1 << 20;

/// Axes that belong together, and which of their combinations run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    /// Ascending.
    pub(super) axes: Vec<usize>,
    /// How many ranks one step of each axis is.
    strides: Vec<u64>,
    /// All if `None`; else ascending ranks.
    kept: Option<Vec<u32>>,
    /// Combinations that pass the conditions.
    passing: u64,
    /// Those of them that differ from each other.
    distinct: u64,
    /// For combinations that equal an earlier one: the first of them.
    first: HashMap<u32, u32>,
}

/// Which combinations run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Filter {
    pub(super) parts: Vec<Part>,
    /// Per axis: its part, and its place in the part.
    place: Vec<(usize, usize)>,
    counts: Vec<u64>,
    pub(super) count: u128,
}

impl Filter {
    /// Looks at every part. `drop` leaves duplicates out.
    pub(super) fn new(layout: &Layout, tests: &Tests, drop: bool) -> Result<Self, PlanError> {
        let groups = groups(layout, tests);
        let mut parts = Vec::with_capacity(groups.len());
        for axes in groups {
            parts.push(Part::new(layout, tests, axes, drop)?);
        }
        let mut place = vec![(0, 0); layout.axes.len()];
        for (at, part) in parts.iter().enumerate() {
            for (index, axis) in part.axes.iter().enumerate() {
                place[*axis] = (at, index);
            }
        }
        let count = parts
            .iter()
            .try_fold(1u128, |count, part| {
                count.checked_mul(u128::from(part.len()))
            })
            .ok_or(PlanError::TooLarge)?;
        Ok(Self {
            parts,
            place,
            counts: layout.axes.iter().map(|axis| axis.count).collect(),
            count,
        })
    }

    /// How many combinations pass the conditions.
    pub(super) fn passing(&self) -> u128 {
        self.parts
            .iter()
            .map(|part| u128::from(part.passing))
            .product()
    }

    /// How many of them differ from each other.
    pub(super) fn distinct(&self) -> u128 {
        self.parts
            .iter()
            .map(|part| u128::from(part.distinct))
            .product()
    }

    /// The digits of the `index`-th combination that runs.
    pub(super) fn digits(&self, index: u128) -> Option<Vec<u64>> {
        if index >= self.count {
            return None;
        }
        let mut rest = index;
        let mut left = self.count;
        let mut ranges: Vec<(usize, usize)> = self.parts.iter().map(Part::whole).collect();
        let mut digits = Vec::with_capacity(self.place.len());
        for (axis, (at, index)) in self.place.iter().enumerate() {
            let part = &self.parts[*at];
            let Some(kept) = &part.kept else {
                left /= u128::from(self.counts[axis]);
                digits.push(u64::try_from(rest / left).ok()?);
                rest %= left;
                continue;
            };
            let (low, high) = ranges[*at];
            let others = left / (high - low) as u128;
            let chosen = low + usize::try_from(rest / others).ok()?;
            let stride = part.strides[*index];
            let digit = u64::from(kept[chosen]) / stride % self.counts[axis];
            let block = u64::from(kept[chosen]) / stride * stride;
            let range = within(kept, (low, high), block, stride);
            rest -= (range.0 - low) as u128 * others;
            left = (range.1 - range.0) as u128 * others;
            ranges[*at] = range;
            digits.push(digit);
        }
        Some(digits)
    }

    /// The number of a combination among those that run; `None` if it does not.
    pub(super) fn number(&self, digits: &[u64]) -> Option<u128> {
        let mut number = 0u128;
        let mut left = self.count;
        let mut ranges: Vec<(usize, usize)> = self.parts.iter().map(Part::whole).collect();
        for (axis, (at, index)) in self.place.iter().enumerate() {
            let part = &self.parts[*at];
            let Some(kept) = &part.kept else {
                left /= u128::from(self.counts[axis]);
                number += u128::from(digits[axis]) * left;
                continue;
            };
            let (low, high) = ranges[*at];
            if low == high {
                return None;
            }
            let others = left / (high - low) as u128;
            let stride = part.strides[*index];
            let block = part.rank(digits) / stride * stride;
            let range = within(kept, (low, high), block, stride);
            if range.0 == range.1 {
                return None;
            }
            number += (range.0 - low) as u128 * others;
            left = (range.1 - range.0) as u128 * others;
            ranges[*at] = range;
        }
        Some(number)
    }

    /// The first combination that equals this one, if it is not the first itself.
    pub(super) fn first_equal(&self, digits: &[u64]) -> Option<Vec<u64>> {
        let mut first = digits.to_vec();
        for part in &self.parts {
            if part.first.is_empty() {
                continue;
            }
            let rank = u32::try_from(part.rank(digits)).ok()?;
            if let Some(equal) = part.first.get(&rank) {
                for (axis, stride) in part.axes.iter().zip(&part.strides) {
                    first[*axis] = u64::from(*equal) / stride % self.counts[*axis];
                }
            }
        }
        (first != digits).then_some(first)
    }
}

/// True if a key has derived values along an axis.
fn is_derived_axis(layout: &Layout, slot: usize) -> bool {
    !layout.sources[slot].is_empty() && !layout.needs[slot].is_empty()
}

/// The ranks of `block..block + width` in a range of the sorted list.
fn within(kept: &[u32], (low, high): (usize, usize), block: u64, width: u64) -> (usize, usize) {
    let slice = &kept[low..high];
    let start = slice.partition_point(|rank| u64::from(*rank) < block);
    let end = slice.partition_point(|rank| u64::from(*rank) < block + width);
    (low + start, low + end)
}

fn root(parent: &[usize], mut at: usize) -> usize {
    while parent[at] != at {
        at = parent[at];
    }
    at
}

/// The connected parts, each ascending, in the order of their first axes.
fn groups(layout: &Layout, tests: &Tests) -> Vec<Vec<usize>> {
    let mut parent: Vec<usize> = (0..layout.axes.len()).collect();
    let mut join = |axes: &[usize]| {
        for pair in axes.windows(2) {
            let (a, b) = (root(&parent, pair[0]), root(&parent, pair[1]));
            parent[a.max(b)] = a.min(b);
        }
    };
    for sources in &layout.sources {
        let axes: Vec<usize> = sources.iter().map(|(axis, _)| *axis).collect();
        join(&axes);
    }
    // A derived alternative may come out equal to another one, depending on what it refers to.
    for slot in 0..layout.slots.len() {
        if is_derived_axis(layout, slot) {
            join(&layout.axes_of(slot));
        }
    }
    // A joined name that replaces the name before it ties its axes together; so does a name that is a key's value.
    if layout.naming_axes().count() > 1 && layout.name.is_some() {
        join(&layout.naming_axes().collect::<Vec<_>>());
    }
    for test in &tests.all {
        join(&test.axes);
    }
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut of_root: HashMap<usize, usize> = HashMap::new();
    for axis in 0..layout.axes.len() {
        let root = root(&parent, axis);
        let group = *of_root.entry(root).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[group].push(axis);
    }
    groups
}

impl Part {
    fn new(
        layout: &Layout,
        tests: &Tests,
        axes: Vec<usize>,
        drop: bool,
    ) -> Result<Self, PlanError> {
        let counts: Vec<u64> = axes.iter().map(|axis| layout.axes[*axis].count).collect();
        let own: Vec<&Test> = tests
            .all
            .iter()
            .filter(|test| test.axes.first().is_some_and(|axis| axes.contains(axis)))
            .collect();
        let equals: Vec<Option<Vec<u32>>> = axes
            .iter()
            .map(|axis| layout.axes[*axis].first_equals(&layout.slots))
            .collect();
        let size = counts
            .iter()
            .try_fold(1u64, |size, count| size.checked_mul(*count));
        let mut strides = vec![1u64; axes.len()];
        for index in (1..axes.len()).rev() {
            strides[index - 1] = strides[index].saturating_mul(counts[index]);
        }
        let all = |size| Self {
            axes: axes.clone(),
            strides: strides.clone(),
            kept: None,
            passing: size,
            distinct: size,
            first: HashMap::new(),
        };
        let named = layout.name.is_some() && layout.naming_axes().any(|axis| axes.contains(&axis));
        let is_shared = |slot: usize| {
            let own = layout.sources[slot]
                .iter()
                .any(|(axis, _)| axes.contains(axis));
            own && (layout.sources[slot].len() > 1 || is_derived_axis(layout, slot))
        };
        let shared = axes.len() > 1 && named || (0..layout.slots.len()).any(is_shared);
        if own.is_empty() && !shared && axes.len() == 1 && equals.iter().all(Option::is_none) {
            return Ok(all(counts[0]));
        }
        let size = size.filter(|size| *size <= MAX_SCANNED).ok_or_else(|| {
            let keys = |axis: &usize| {
                let columns = layout.axes[*axis].columns.iter();
                columns.map(|column| layout.slots[column.slot].key.clone())
            };
            PlanError::TooManyToCheck {
                expressions: tests.texts_of(&own),
                keys: axes.iter().flat_map(keys).collect(),
                combinations: counts
                    .iter()
                    .fold(1u128, |all, count| all.saturating_mul(u128::from(*count)))
                    .to_string(),
                limit: MAX_SCANNED,
            }
        })?;
        let mut scan = tests.scan(layout, &own, &axes);
        let mut part = all(0);
        let mut kept = Vec::new();
        let mut seen: HashMap<String, u32> = HashMap::new();
        let mut digits = vec![0u64; layout.axes.len()];
        for rank in 0..u32::try_from(size).unwrap_or(u32::MAX) {
            for (index, axis) in axes.iter().enumerate() {
                digits[*axis] = u64::from(rank) / strides[index] % counts[index];
            }
            if !scan.passes(&digits)? {
                continue;
            }
            part.passing += 1;
            let equal = if shared {
                let first = *seen.entry(effect(layout, &axes, &digits)).or_insert(rank);
                (first != rank).then_some(first)
            } else {
                first_digits(&equals, &axes, &digits, &strides)
            };
            if let Some(first) = equal {
                part.first.insert(rank, first);
                if !drop {
                    kept.push(rank);
                }
            } else {
                part.distinct += 1;
                kept.push(rank);
            }
        }
        if kept.len() as u64 != size || axes.len() > 1 {
            part.kept = Some(kept);
        }
        Ok(part)
    }

    fn len(&self) -> u64 {
        self.kept
            .as_ref()
            .map_or(self.passing, |kept| kept.len() as u64)
    }

    fn whole(&self) -> (usize, usize) {
        (0, self.kept.as_ref().map_or(0, Vec::len))
    }

    fn rank(&self, digits: &[u64]) -> u64 {
        self.axes
            .iter()
            .zip(&self.strides)
            .map(|(axis, stride)| digits[*axis] * stride)
            .sum()
    }
}

/// The rank of the first equal combination where every axis decides its keys alone; `None` if it is this one.
fn first_digits(
    equals: &[Option<Vec<u32>>],
    axes: &[usize],
    digits: &[u64],
    strides: &[u64],
) -> Option<u32> {
    if equals.iter().all(Option::is_none) {
        return None;
    }
    let (mut own, mut first) = (0, 0);
    for (index, axis) in axes.iter().enumerate() {
        let digit = digits[*axis];
        own += digit * strides[index];
        let equal = equals[index]
            .as_ref()
            .and_then(|equal| equal.get(usize::try_from(digit).ok()?))
            .map_or(digit, |equal| u64::from(*equal));
        first += equal * strides[index];
    }
    (first != own).then(|| u32::try_from(first).ok()).flatten()
}

/// Equal for combinations that give all keys of these axes the same values.
fn effect(layout: &Layout, axes: &[usize], digits: &[u64]) -> String {
    let mut slots: Vec<usize> = axes
        .iter()
        .flat_map(|axis| layout.axes[*axis].columns.iter().map(|column| column.slot))
        .chain(
            layout
                .name
                .filter(|_| layout.naming_axes().any(|axis| axes.contains(&axis))),
        )
        .collect();
    slots.sort_unstable();
    slots.dedup();
    let values = layout.values(&slots, digits);
    let mut effect: String = values
        .iter()
        .map(|value| value.as_ref().map_or("-".to_owned(), fingerprint) + ";")
        .collect();
    if layout.name.is_none() {
        for axis in axes {
            if let Some(Some(name)) = usize::try_from(digits[*axis])
                .ok()
                .and_then(|digit| layout.axes[*axis].names.get(digit))
            {
                effect.push_str(&fingerprint(name));
                effect.push('_');
            }
        }
    }
    effect
}
