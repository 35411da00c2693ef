//! A small line chart: scales, ticks and the path of a series, without a browser.

/// The drawing's size in its own units; the page stretches it.
pub(crate) const WIDTH: f64 = 600.0;
/// See [`WIDTH`].
pub(crate) const HEIGHT: f64 = 120.0;

/// A series over time, ready to be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Chart {
    /// Time in milliseconds and value; at least one.
    points: Vec<(f64, f64)>,
    top: f64,
}

impl Chart {
    /// The chart of these points, in the order of time; `None` if there is nothing to draw. The axis begins at 0.
    pub(crate) fn new(points: Vec<(f64, f64)>) -> Option<Self> {
        let most = points.iter().map(|(_, value)| *value).fold(0.0, f64::max);
        (!points.is_empty()).then(|| Self {
            points,
            top: round_up(most),
        })
    }

    /// The value at the top of the axis.
    pub(crate) fn top(&self) -> f64 {
        self.top
    }

    /// Milliseconds from the first point to the last.
    pub(crate) fn span_ms(&self) -> f64 {
        match (self.points.first(), self.points.last()) {
            (Some((from, _)), Some((to, _))) => (to - from).max(0.0),
            _ => 0.0,
        }
    }

    fn x(&self, time: f64) -> f64 {
        let from = self.points.first().map_or(0.0, |(from, _)| *from);
        let span = self.span_ms();
        if span > 0.0 {
            (time - from) / span * WIDTH
        } else {
            0.0
        }
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - (value / self.top).clamp(0.0, 1.0) * HEIGHT
    }

    /// The line.
    pub(crate) fn path(&self) -> String {
        let mut path = String::new();
        for (index, (time, value)) in self.points.iter().enumerate() {
            let command = if index == 0 { 'M' } else { 'L' };
            path.push_str(&format!(
                "{command}{:.1} {:.1}",
                self.x(*time),
                self.y(*value)
            ));
        }
        if self.points.len() == 1 {
            path.push_str(&format!("h{WIDTH}"));
        }
        path
    }

    /// The point nearest to a place between 0 and 1 of the width: where it is drawn, milliseconds after the first, and its value.
    pub(crate) fn nearest(&self, part: f64) -> Option<(f64, f64, f64)> {
        let wanted = part.clamp(0.0, 1.0) * WIDTH;
        let distance = |time: f64| (self.x(time) - wanted).abs();
        let (time, value) = self
            .points
            .iter()
            .min_by(|a, b| distance(a.0).total_cmp(&distance(b.0)))?;
        let first = self.points.first().map_or(0.0, |(first, _)| *first);
        Some((self.x(*time), time - first, *value))
    }

    /// At most `count` points for a table, the last included.
    pub(crate) fn rows(&self, count: usize) -> Vec<(f64, f64)> {
        let first = self.points.first().map_or(0.0, |(first, _)| *first);
        let step = self.points.len().div_ceil(count.max(1)).max(1);
        let mut rows: Vec<(f64, f64)> = self.points.iter().step_by(step).copied().collect();
        if let (Some(last), Some(kept)) = (self.points.last(), rows.last())
            && last != kept
        {
            rows.push(*last);
        }
        rows.into_iter()
            .map(|(time, value)| (time - first, value))
            .collect()
    }
}

/// 1, 2 or 5 times a power of ten, at least `value`.
fn round_up(value: f64) -> f64 {
    if value <= 0.0 || !value.is_finite() {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    steps
        .into_iter()
        .find(|step| *step >= value)
        .unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_from_edge_to_edge_and_from_zero_to_a_round_top() {
        let chart = Chart::new(vec![(1000.0, 0.0), (2000.0, 3.2), (3000.0, 1.0)]).unwrap();
        assert!((chart.top() - 5.0).abs() < f64::EPSILON);
        assert_eq!(chart.path(), "M0.0 120.0L300.0 43.2L600.0 96.0");
        assert_eq!(chart.nearest(0.6), Some((300.0, 1000.0, 3.2)));
        assert_eq!(chart.nearest(9.0), Some((600.0, 2000.0, 1.0)));
    }

    #[test]
    fn nothing_one_point_and_zeros_can_be_drawn() {
        assert_eq!(Chart::new(Vec::new()), None);
        let one = Chart::new(vec![(5.0, 0.0)]).unwrap();
        assert!((one.top() - 1.0).abs() < f64::EPSILON);
        assert_eq!(one.path(), "M0.0 120.0h600");
    }

    #[test]
    fn a_table_has_a_bounded_number_of_rows_and_the_last_point() {
        let chart = Chart::new((0..1000).map(|i| (f64::from(i), f64::from(i))).collect()).unwrap();
        let rows = chart.rows(20);
        assert!(rows.len() <= 21, "{}", rows.len());
        assert_eq!(rows.last(), Some(&(999.0, 999.0)));
    }
}
