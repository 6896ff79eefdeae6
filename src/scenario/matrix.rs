//! The matrix of a variant: values for each axis, one variant for each combination; or rows, one variant for each.

use super::finding::{Code, Finding};
use super::tree::{Key, Node, Value};

/// One variant of a matrix: what its name ends with, and what is filled in.
pub struct Cell {
    pub tail: String,
    pub values: Vec<(String, String)>,
}

/// Every combination, or every row; one without a matrix.
pub fn cells(variant: &Node) -> Vec<Cell> {
    let Some(matrix) = variant.get("matrix") else { return vec![Cell { tail: String::new(), values: Vec::new() }] };
    let text = |node: &Node| node.text().map(str::to_owned);
    if let Value::List(rows) = &matrix.value {
        // A row is named by its first value; the others follow from it.
        return rows
            .iter()
            .map(|row| {
                let values: Vec<_> =
                    row.entries().iter().filter_map(|(key, value)| Some((key.name.clone(), text(value)?))).collect();
                Cell { tail: values.first().map_or(String::new(), |(_, value)| format!("-{}", plain(value))), values }
            })
            .collect();
    }
    let mut combinations = vec![Vec::new()];
    for (axis, values) in matrix.entries() {
        combinations = combinations
            .iter()
            .flat_map(|known: &Vec<(String, String)>| {
                values.items().iter().filter_map(text).map(move |value| {
                    let mut longer = known.clone();
                    longer.push((axis.name.clone(), value));
                    longer
                })
            })
            .collect();
    }
    let tail = |values: &[(String, String)]| values.iter().map(|(_, value)| format!("-{}", plain(value))).collect();
    combinations.into_iter().map(|values| Cell { tail: tail(&values), values }).collect()
}

/// How many variants a matrix makes, without making them.
pub fn how_many(variant: &Node) -> usize {
    match variant.get("matrix").map(|matrix| &matrix.value) {
        Some(Value::List(rows)) => rows.len(),
        Some(Value::Map(axes)) => axes.iter().map(|(_, v)| v.items().len()).fold(1, usize::saturating_mul),
        _ => 1,
    }
}

/// What a matrix fills in: its axes, or what its first row names.
pub fn axes(variant: &Node) -> Vec<&Key> {
    let Some(matrix) = variant.get("matrix") else { return Vec::new() };
    let named = if let Value::List(rows) = &matrix.value { rows.first() } else { Some(matrix) };
    named.map_or(&[][..], Node::entries).iter().map(|(key, _)| key).collect()
}

/// Checks the matrix of a variant, which is laid over `line`: itself, and all that it is like.
pub fn check(variant: &Node, line: &[&Node], findings: &mut Vec<Finding>) {
    let Some(matrix) = variant.get("matrix") else { return };
    if let Value::List(rows) = &matrix.value {
        check_rows(rows, matrix, findings);
    }
    for (axis, values) in matrix.entries() {
        check_axis(axis, values, findings);
    }
    for axis in axes(variant) {
        check_use(axis, line, findings);
    }
}

fn check_rows(rows: &[Node], matrix: &Node, findings: &mut Vec<Finding>) {
    let Some((first, others)) = rows.split_first().filter(|(first, _)| !first.entries().is_empty()) else {
        let help = "write `- {lag: 7s, overshoot: 349}`, one row for each variant";
        findings.push(Finding::new(Code::MissingKey, matrix.place, "no rows, so no variants").help(help));
        return;
    };
    let names = |row: &Node| row.entries().iter().map(|(key, _)| key.name.clone()).collect::<Vec<_>>();
    let wanted = names(first);
    for row in others.iter().filter(|row| names(row) != wanted) {
        let message = format!("this row names {}, and the first one {}", names(row).join(", "), wanted.join(", "));
        let help = "give every row the same keys in the same order: the first names the variant";
        findings.push(Finding::new(Code::Contradiction, row.place, message).help(help));
    }
}

fn check_axis(axis: &Key, values: &Node, findings: &mut Vec<Finding>) {
    if values.items().is_empty() {
        let message = format!("`{}` has no values, so there would be no variant", axis.name);
        let help = format!("write `{}: [0s, 7s]`, one value for each variant", axis.name);
        findings.push(Finding::new(Code::MissingKey, axis.place, message).help(help));
    }
    for value in values.items().iter().filter(|v| v.text().is_none()) {
        let message = "an axis takes single values: each becomes part of a variant's name";
        let help = "for several values at once, write rows: `matrix: [{lag: 7s, overshoot: 349}]`";
        findings.push(Finding::new(Code::WrongType, value.place, message).help(help));
    }
}

fn check_use(axis: &Key, line: &[&Node], findings: &mut Vec<Finding>) {
    let mark = format!("{{{}}}", axis.name);
    if !line.iter().any(|variant| occurs(variant, &mark)) {
        let message = format!("nothing in the variant uses `{mark}`: all its runs would be the same");
        let help =
            format!("write `\"{mark}\"` where the value belongs, as in `set: {{services.db.latency: \"{mark}\"}}`");
        findings.push(Finding::new(Code::Unused, axis.place, message).help(help));
    }
}

fn occurs(node: &Node, mark: &str) -> bool {
    match &node.value {
        Value::Null => false,
        Value::Scalar(text) => text.contains(mark),
        Value::List(items) => items.iter().any(|item| occurs(item, mark)),
        Value::Map(entries) => entries.iter().any(|(_, value)| occurs(value, mark)),
    }
}

/// A value as part of a variant's name.
fn plain(value: &str) -> String {
    value.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect()
}
