//! A small curve of reach over time, with detection and containment marked.
//!
//! The picture shows the time in which something changes. Marks that lie far behind it stand after a break.

use crate::measure::{Measures, References, thousands};
use crate::wire::Tick;

/// Columns and rows of the plot.
const WIDTH: usize = 60;
const HEIGHT: usize = 6;
/// Marks that lie later than so many times the last change would squeeze the curve against its axis.
const FAR: u64 = 3;
/// The columns of the break, and of each mark behind it.
const BREAK: usize = 2;
const BEHIND: usize = 4;
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A mark under the curve.
pub struct Mark {
    pub at: Option<Tick>,
    pub sign: char,
    pub label: &'static str,
    /// What is said where it never came.
    pub never: &'static str,
}

/// Alarm, declared and observed containment. On a real system, only what was heard is known.
pub fn marks(references: &References, measures: &Measures) -> Vec<Mark> {
    let detected = measures.alarms.first.map(|(at, _)| at);
    let closed = measures.closed().filter(|_| !measures.doors.is_empty());
    let all = [
        Mark { at: detected, sign: 'A', label: "alarm", never: "no alarm" },
        Mark { at: measures.declared(), sign: 'D', label: "declared", never: "never declared" },
        Mark { at: closed, sign: 'C', label: "closed", never: "never closed" },
    ];
    let seen = |mark: &Mark| references.explored.is_none() || mark.at.is_some();
    all.into_iter().filter(seen).collect()
}

/// The time that a picture shows, and the marks that lie too far behind it.
pub struct Shown<'m> {
    pub until: Tick,
    pub near: Vec<(Tick, &'m Mark)>,
    pub behind: Vec<(Tick, &'m Mark)>,
}

impl<'m> Shown<'m> {
    pub fn of(last_change: Tick, end: Tick, marks: &'m [Mark]) -> Shown<'m> {
        let timed = |mark: &'m Mark| mark.at.map(|at| (at, mark));
        let far = |(at, _): &(Tick, &Mark)| at.0 > last_change.0.saturating_mul(FAR);
        let (mut behind, near): (Vec<_>, Vec<_>) = marks.iter().filter_map(timed).partition(far);
        behind.sort_by_key(|(at, _)| *at);
        let last = near.iter().map(|(at, _)| *at).fold(last_change, Tick::max);
        let until = Tick((last.0 + last.0 / 10).clamp(1, end.0.max(1)));
        Shown { until, near, behind }
    }
}

/// The line of letters that shows it.
struct Axis<'m> {
    /// The columns before the break.
    width: usize,
    shown: Shown<'m>,
}

impl<'m> Axis<'m> {
    fn of(last_change: Tick, end: Tick, marks: &'m [Mark]) -> Axis<'m> {
        let shown = Shown::of(last_change, end, marks);
        let taken = if shown.behind.is_empty() { 0 } else { BREAK + BEHIND * shown.behind.len() };
        Axis { width: WIDTH - taken.min(WIDTH / 2), shown }
    }

    /// The line under the plot.
    fn line(&self) -> String {
        let mut line: Vec<char> = std::iter::repeat_n('─', self.width).collect();
        for (at, mark) in &self.shown.near {
            let column = (u128::from(at.0) * self.width as u128 / u128::from(self.shown.until.0)) as usize;
            let free = (column.min(self.width - 1)..self.width).find(|c| line[*c] == '─');
            line[free.unwrap_or(self.width - 1)] = mark.sign;
        }
        if !self.shown.behind.is_empty() {
            line.extend(std::iter::repeat_n('╌', BREAK));
        }
        for (_, mark) in &self.shown.behind {
            line.extend(['─', mark.sign, '─', '─']);
        }
        line.into_iter().collect()
    }
}

/// The curve as lines of text.
pub fn curve(points: &[(Tick, u64)], end: Tick, marks: &[Mark]) -> Vec<String> {
    let Some((last_change, top)) = points.last().copied().filter(|(_, top)| *top > 0) else { return Vec::new() };
    let axis = Axis::of(last_change, end, marks);
    let at_column =
        |column: usize| Tick((axis.shown.until.0 as u128 * (column as u128 + 1) / axis.width as u128) as u64);
    let value = |at: Tick| {
        let after = points.partition_point(|(t, _)| *t <= at);
        after.checked_sub(1).map_or(0, |i| points[i].1)
    };
    let height = |at: Tick| (value(at) as usize * HEIGHT * BLOCKS.len().saturating_sub(1)).div_ceil(top as usize);
    let mut heights: Vec<usize> = (0..axis.width).map(|c| height(at_column(c))).collect();
    if !axis.shown.behind.is_empty() {
        heights.extend(std::iter::repeat_n(0, BREAK));
        heights.extend(std::iter::repeat_n(height(Tick::NEVER), BEHIND * axis.shown.behind.len()));
    }
    let label = thousands(top);
    let gutter = label.len();
    let mut lines = Vec::new();
    for row in (0..HEIGHT).rev() {
        let cells: String = heights.iter().map(|h| BLOCKS[h.saturating_sub(row * 8).min(8)]).collect();
        let left = match row {
            0 => "0",
            _ if row == HEIGHT - 1 => label.as_str(),
            _ => "",
        };
        lines.push(format!("{left:>gutter$} │{}", cells.trim_end()));
    }
    lines.push(format!("{:>gutter$} └{}", "", axis.line()));
    lines.push(format!("{:>gutter$}  0{:>width$}", "", axis.shown.until.to_string(), width = axis.width - 1));
    let told = |m: &Mark| m.at.map_or_else(|| m.never.to_owned(), |at| format!("{} {} {at}", m.sign, m.label));
    if !marks.is_empty() {
        let told: Vec<String> = marks.iter().map(told).collect();
        lines.push(format!("{:>gutter$}  {}", "", told.join("   ")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    fn mark(at: u64, sign: char) -> Mark {
        Mark { at: Some(Tick(at)), sign, label: "mark", never: "no mark" }
    }

    #[test]
    fn a_curve_ends_at_its_top_and_fits_eighty_columns() {
        let points = [(Tick(SECOND), 5), (Tick(2 * SECOND), 10)];
        let lines = curve(&points, Tick(10 * SECOND), &[mark(1_500_000, 'A')]);
        assert!(lines.iter().all(|l| l.chars().count() <= 80));
        assert!(lines[0].starts_with("10 │") && lines[0].ends_with('█'), "{lines:#?}");
        assert!(lines.iter().any(|l| l.contains('A')));
        assert!(curve(&[], Tick(5), &[]).is_empty());
    }

    #[test]
    fn a_late_end_does_not_flatten_the_curve() {
        let points: Vec<(Tick, u64)> = (1..=10).map(|k| (Tick(k * SECOND), k)).collect();
        let marks = [mark(0, 'A'), mark(192 * 60 * SECOND, 'D'), mark(194 * 60 * SECOND, 'C')];
        let lines = curve(&points, Tick(200 * 60 * SECOND), &marks);
        assert!(lines.iter().all(|l| l.chars().count() <= 78), "{lines:#?}");
        assert_eq!(lines[6], format!("   └A{}╌╌─D───C──", "─".repeat(49)));
        let widths: Vec<usize> =
            lines[..6].iter().map(|l| l.chars().filter(|c| BLOCKS[1..].contains(c)).count()).collect();
        assert!(widths.is_sorted() && widths[0] < widths[5] / 2, "it rises: {lines:#?}");
        assert!(lines[7].trim_end().ends_with("11 s"), "{}", lines[7]);
    }

    #[test]
    fn marks_of_one_instant_stand_side_by_side() {
        let points = [(Tick(SECOND), 5)];
        let lines = curve(&points, Tick(10 * SECOND), &[mark(SECOND, 'D'), mark(SECOND, 'C')]);
        assert!(lines[6].contains("DC"), "{}", lines[6]);
    }
}
