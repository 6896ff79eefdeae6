//! A small curve of reach over time, with detection and containment marked.

use crate::wire::Tick;

/// Columns and rows of the plot.
const WIDTH: usize = 60;
const HEIGHT: usize = 6;

/// A mark under the curve.
pub struct Mark {
    pub at: Option<Tick>,
    pub sign: char,
    pub label: &'static str,
}

/// The curve as lines of text. Time is stretched so that the part in which something happens fills the picture.
pub fn curve(points: &[(Tick, u64)], end: Tick, marks: &[Mark]) -> Vec<String> {
    let Some((_, top)) = points.last().copied().filter(|(_, top)| *top > 0) else { return Vec::new() };
    let last_change = points.last().map_or(end, |(at, _)| *at);
    let last_mark = marks.iter().filter_map(|m| m.at).max().unwrap_or(Tick::ZERO);
    let until = Tick((last_change.max(last_mark).0 + last_change.max(last_mark).0 / 10).max(1)).min(end.max(Tick(1)));
    let at_column = |column: usize| Tick(until.0 / WIDTH as u64 * (column as u64 + 1));
    let value = |at: Tick| {
        let after = points.partition_point(|(t, _)| *t <= at);
        after.checked_sub(1).map_or(0, |i| points[i].1)
    };
    let heights: Vec<usize> =
        (0..WIDTH).map(|c| (value(at_column(c)) as usize * HEIGHT * 8).div_ceil(top as usize)).collect();
    let blocks = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let label = crate::measure::thousands(top);
    let gutter = label.len().max(1);
    let mut lines = Vec::new();
    for row in (0..HEIGHT).rev() {
        let cells: String = heights.iter().map(|h| blocks[h.saturating_sub(row * 8).min(8)]).collect();
        let left = if row == HEIGHT - 1 {
            label.as_str()
        } else if row == 0 {
            "0"
        } else {
            ""
        };
        lines.push(format!("{left:>gutter$} │{}", cells.trim_end()));
    }
    let mut axis: Vec<char> = std::iter::repeat_n('─', WIDTH).collect();
    for mark in marks {
        if let Some(at) = mark.at {
            let column = ((at.0 as u128 * WIDTH as u128) / u128::from(until.0.max(1))) as usize;
            axis[column.min(WIDTH - 1)] = mark.sign;
        }
    }
    lines.push(format!("{:>gutter$} └{}", "", axis.into_iter().collect::<String>()));
    let right = until.to_string();
    lines.push(format!("{:>gutter$}  0{right:>width$}", "", width = WIDTH - 1));
    let shown: Vec<String> =
        marks.iter().filter_map(|m| m.at.map(|at| format!("{} {} {at}", m.sign, m.label))).collect();
    if !shown.is_empty() {
        lines.push(format!("{:>gutter$}  {}", "", shown.join("   ")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_ends_at_its_top_and_fits_eighty_columns() {
        let points = [(Tick(1_000_000), 5), (Tick(2_000_000), 10)];
        let marks = [Mark { at: Some(Tick(1_500_000)), sign: 'A', label: "alarm" }];
        let lines = curve(&points, Tick(10_000_000), &marks);
        assert!(lines.iter().all(|l| l.chars().count() <= 80));
        assert!(lines[0].starts_with("10 │") && lines[0].ends_with('█'), "{lines:#?}");
        assert!(lines.iter().any(|l| l.contains('A')));
        assert!(curve(&[], Tick(5), &[]).is_empty());
    }
}
