//! The grid itself: slots in key order, points by mixed-radix arithmetic.

use sha2::{Digest as _, Sha256};

use crate::config::{Key, Value};

use super::Point;
use super::preview::{Mark, PreviewRow};
use super::values::{Values, fingerprint, hex};

/// How a key's values take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    /// One value everywhere.
    Fixed,
    /// An axis of its own.
    Product,
    /// A member of the zip group.
    Zip,
}

/// One key of the grid.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub(super) struct Slot {
    pub(super) key: Key,
    pub(super) role: Role,
    pub(super) values: Values,
}

/// A set of points, expanded only where it is looked at.
///
/// Order: the product axes slowest first in key order, the zip group innermost.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    slots: Vec<Slot>,
    varied: Vec<Key>,
    count: u128,
    zip: u64,
}

/// One factor of the count: an axis, or the zip group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factor {
    /// Its keys; more than one only for the zip group.
    pub keys: Vec<Key>,
    /// How many values it takes.
    pub count: u64,
}

impl Grid {
    /// `None` if there are more points than 2^128 - 1. Zips must have equal lengths.
    pub(super) fn new(slots: Vec<Slot>) -> Option<Self> {
        let zip = slots
            .iter()
            .find(|slot| slot.role == Role::Zip)
            .map_or(1, |slot| slot.values.len());
        let count = slots
            .iter()
            .filter(|slot| slot.role == Role::Product)
            .try_fold(u128::from(zip), |count, slot| {
                count.checked_mul(u128::from(slot.values.len()))
            })?;
        let of_role = |role| {
            slots
                .iter()
                .filter(move |slot| slot.role == role && slot.values.len() > 1)
        };
        let varied = of_role(Role::Product)
            .chain(of_role(Role::Zip))
            .map(|slot| slot.key.clone())
            .collect();
        Some(Self {
            slots,
            varied,
            count,
            zip,
        })
    }

    /// The number of points; at least 1.
    pub fn count(&self) -> u128 {
        self.count
    }

    /// The factors of the count with more than one value, slowest first; the zip group is one factor, the last.
    pub fn factors(&self) -> Vec<Factor> {
        let mut factors: Vec<Factor> = self
            .slots
            .iter()
            .filter(|slot| slot.role == Role::Product && slot.values.len() > 1)
            .map(|slot| Factor {
                keys: vec![slot.key.clone()],
                count: slot.values.len(),
            })
            .collect();
        if self.zip > 1 {
            let zipped = self.slots.iter().filter(|slot| slot.role == Role::Zip);
            factors.push(Factor {
                keys: zipped.map(|slot| slot.key.clone()).collect(),
                count: self.zip,
            });
        }
        factors
    }

    /// The keys with more than one value, in axis order.
    pub fn varied(&self) -> &[Key] {
        &self.varied
    }

    /// The point at `index`, from 0; `None` past the end. Costs O(axes).
    pub fn point(&self, index: u128) -> Option<Point> {
        if index >= self.count {
            return None;
        }
        let zip_index = u64::try_from(index % u128::from(self.zip)).ok()?;
        let mut rest = index / u128::from(self.zip);
        let mut values: Vec<(Key, Value)> = Vec::with_capacity(self.slots.len());
        for slot in self.slots.iter().rev() {
            let at = match slot.role {
                Role::Fixed => 0,
                Role::Zip => zip_index,
                Role::Product => {
                    let len = u128::from(slot.values.len());
                    let at = rest % len;
                    rest /= len;
                    u64::try_from(at).ok()?
                }
            };
            values.push((slot.key.clone(), slot.values.get(at)?));
        }
        values.reverse();
        Some(Point { values })
    }

    /// The number of raw points: what [`Grid::count`] would be if nothing were left out.
    pub fn raw_count(&self) -> u128 {
        self.count
    }

    /// The raw point at `raw_index`, from 0, with what becomes of it; `None` past the end.
    pub fn preview(&self, raw_index: u128) -> Option<PreviewRow> {
        let point = self.point(raw_index)?;
        Some(PreviewRow {
            point,
            mark: Mark::Kept { number: raw_index },
        })
    }

    /// Hex SHA-256 over the keys with their values. Grids of equal digest have the same points in the same order.
    ///
    /// Costs O(values written out), not O(points): ranges are hashed as ranges.
    pub fn digest(&self) -> String {
        // Every part of it can be serialized; the other spelling is as exact, should that ever change.
        let canonical = serde_json::to_vec(&self.slots)
            .unwrap_or_else(|_| format!("{:?}", self.slots).into_bytes());
        hex(&Sha256::digest(canonical))
    }

    /// How many points equal an earlier one.
    pub fn duplicates(&self) -> u128 {
        let products = self.slots.iter().filter(|slot| slot.role == Role::Product);
        let distinct: u128 = products
            .map(|slot| u128::from(slot.values.len() - slot.values.duplicates()))
            .product::<u128>()
            * u128::from(self.zip - self.duplicate_rows());
        self.count - distinct
    }

    /// Rows of the zip group that equal an earlier row.
    fn duplicate_rows(&self) -> u64 {
        let zipped: Vec<&Slot> = self
            .slots
            .iter()
            .filter(|slot| slot.role == Role::Zip)
            .collect();
        if zipped.iter().any(|slot| slot.values.duplicates() == 0) {
            return 0;
        }
        let mut seen = std::collections::HashSet::new();
        let row = |index: u64| -> Vec<String> {
            zipped
                .iter()
                .filter_map(|slot| slot.values.get(index))
                .map(|value| fingerprint(&value))
                .collect()
        };
        if zipped.is_empty() || self.zip > 1 << 16 {
            return 0;
        }
        (0..self.zip)
            .filter(|index| !seen.insert(row(*index)))
            .count() as u64
    }
}
