//! Which rows of a long list are drawn: fixed heights, and lists longer than any element may be high.

use std::ops::Range;

/// The rows to draw for a list that fits into an element: the visible ones and `overscan` on each side.
pub(crate) fn window(
    scroll_top: f64,
    viewport: f64,
    row_height: f64,
    len: usize,
    overscan: usize,
) -> Range<usize> {
    let first = to_index(scroll_top / row_height).min(len);
    let visible = to_index((viewport / row_height).ceil()) + 1;
    first.saturating_sub(overscan)..(first + visible + overscan).min(len)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "negative and NaN become 0, as wanted"
)]
fn to_index(value: f64) -> usize {
    value as usize
}

/// The tallest element that every browser scrolls without losing pixels.
const MAX_HEIGHT: f64 = 8_000_000.0;
/// Rows that are always drawn.
const MIN_ROWS: u128 = 18;

/// The scroll state of a list of up to 2^128 rows.
///
/// A list that fits is scrolled pixel by pixel. In a longer one the scroll bar points at a fraction of the list while
/// small steps (wheel, keys, touch) move by rows, so that every row can be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct HugeList {
    /// How many rows there are.
    pub(crate) count: u128,
    /// The height of one row in pixels.
    pub(crate) row_height: f64,
    /// The height of the visible part in pixels.
    pub(crate) viewport: f64,
    first: u128,
    top: f64,
}

impl HugeList {
    /// A list at its beginning.
    pub(crate) fn new(count: u128, row_height: f64, viewport: f64) -> Self {
        Self {
            count,
            row_height,
            viewport,
            first: 0,
            top: 0.0,
        }
    }

    /// The rows to draw: the visible ones, few. At least [`MIN_ROWS`], since a list that just grew is measured later.
    pub(crate) fn rows(&self) -> Range<u128> {
        let drawn = (self.visible() + 2).max(MIN_ROWS);
        self.first..self.first.saturating_add(drawn).min(self.count)
    }

    /// Where the drawn rows stand, in pixels from the top of the scrolled element.
    pub(crate) fn offset(&self) -> f64 {
        if self.is_true_to_scale() {
            self.first as f64 * self.row_height
        } else {
            self.top
        }
    }

    /// The height of the scrolled element.
    pub(crate) fn height(&self) -> f64 {
        if self.is_true_to_scale() {
            self.count as f64 * self.row_height
        } else {
            MAX_HEIGHT
        }
    }

    fn is_true_to_scale(&self) -> bool {
        self.count as f64 * self.row_height <= MAX_HEIGHT
    }

    fn visible(&self) -> u128 {
        to_index((self.viewport / self.row_height).floor()).max(1) as u128
    }

    /// The last row that may stand at the top.
    fn max_first(&self) -> u128 {
        self.count.saturating_sub(self.visible())
    }

    /// The person scrolled to `top`.
    pub(crate) fn scrolled(&mut self, top: f64) {
        let moved = top - self.top;
        self.top = top;
        let max_top = (self.height() - self.viewport).max(1.0);
        self.first = if self.is_true_to_scale() {
            (to_index(top / self.row_height) as u128).min(self.count.saturating_sub(1))
        } else if top < 1.0 {
            0
        } else if top > max_top - 1.0 {
            self.max_first()
        } else if moved.abs() < self.viewport * 2.0 {
            let rows = to_index((moved.abs() / self.row_height).round()) as u128;
            if moved < 0.0 {
                self.first.saturating_sub(rows)
            } else {
                (self.first + rows).min(self.max_first())
            }
        } else {
            // Parts per 2^20 of the list: exact enough for a scroll bar of 8,000,000 pixels.
            let part = to_index(top / max_top * 1_048_576.0) as u128;
            let max = self.max_first();
            ((max >> 20) * part + (((max & 0xF_FFFF) * part) >> 20)).min(max)
        };
    }

    /// Puts the row `index` at the top; returns the scroll position to set.
    pub(crate) fn go_to(&mut self, index: u128) -> f64 {
        self.first = index.min(self.max_first());
        self.top = if self.is_true_to_scale() {
            self.first as f64 * self.row_height
        } else {
            let max_top = self.height() - self.viewport;
            (self.first as f64 / self.max_first().max(1) as f64 * max_top)
                .clamp(2.0, max_top - 2.0)
                .round()
        };
        self.top
    }

    /// Takes another number of rows; the position stays where it still exists.
    pub(crate) fn resized(&mut self, count: u128, viewport: f64) {
        let changed = count != self.count;
        self.count = count;
        self.viewport = viewport;
        if changed {
            self.first = self.first.min(self.max_first());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_clipped_to_the_list() {
        assert_eq!(window(0.0, 100.0, 10.0, 5, 3), 0..5);
        assert_eq!(window(500.0, 100.0, 10.0, 1000, 5), 45..66);
        assert_eq!(window(-5.0, 100.0, 10.0, 1000, 0), 0..11);
        assert_eq!(window(1e9, 100.0, 10.0, 1000, 0), 1000..1000);
    }

    #[test]
    fn a_short_list_scrolls_by_pixels() {
        let mut list = HugeList::new(1000, 28.0, 280.0);
        list.scrolled(285.0);
        assert_eq!(list.first, 10);
        assert!((list.offset() - 280.0).abs() < 1e-9);
        assert_eq!(list.rows(), 10..28);
    }

    #[test]
    fn both_ends_of_an_enormous_list_can_be_reached() {
        for count in [1_000_000_000, 10_u128.pow(30), u128::MAX] {
            let mut list = HugeList::new(count, 28.0, 280.0);
            list.scrolled(list.height() - list.viewport);
            assert_eq!(list.rows().end, count);
            list.scrolled(0.0);
            assert_eq!(list.first, 0);
        }
    }

    #[test]
    fn a_small_step_moves_by_rows_and_a_jump_by_a_fraction() {
        let mut list = HugeList::new(1_000_000_000, 28.0, 280.0);
        list.scrolled(56.0);
        assert_eq!(list.first, 2);
        list.scrolled((list.height() - list.viewport) / 2.0);
        let middle = list.first;
        assert!(middle.abs_diff(500_000_000) < 1000, "{middle}");
        list.scrolled(list.top - 28.0);
        assert_eq!(list.first, middle - 1);
    }

    #[test]
    fn going_to_a_point_shows_it_first() {
        let mut list = HugeList::new(1_000_000_000, 28.0, 280.0);
        let top = list.go_to(123_456_789);
        assert_eq!(list.first, 123_456_789);
        list.scrolled(top);
        assert_eq!(
            list.first, 123_456_789,
            "the echo of our own scrolling moves nothing"
        );
        list.go_to(u128::MAX);
        assert_eq!(list.rows().end, 1_000_000_000);
    }
}
