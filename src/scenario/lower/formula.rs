//! Formulas over the number of a row: `member-{n}`, `member-{n mod 1_500}`, `buckets-{n div 240}`.

use crate::scenario::finding::{Code, Finding};
use crate::scenario::quantity;
use crate::scenario::shape::shortened;
use crate::scenario::tree::Node;

/// The name before a formula, without its dash, and the formula; nothing for a text without one.
pub fn read(node: &Node) -> Option<Result<(&str, Formula), Finding>> {
    let text = node.text().unwrap_or_default();
    let (name, formula) = text.split_once('{')?;
    let formula = formula.strip_suffix('}').and_then(Formula::parse);
    Some(name.strip_suffix('-').zip(formula).ok_or_else(|| {
        Finding::new(Code::BadFormula, node.place, format!("`{}` is no formula", shortened(text)))
            .help("write `{n}`, `{n mod 1_500}` or `{n div 240}` after a name and a dash, as in `member-{n}`")
    }))
}

#[derive(Clone, Copy)]
pub enum Formula {
    Each,
    Mod(u32),
    Div(u32),
}

impl Formula {
    fn parse(text: &str) -> Option<Formula> {
        let mut words = text.split_whitespace();
        let (n, operator, by) = (words.next()?, words.next(), words.next());
        let by = by.and_then(quantity::count).and_then(|by| u32::try_from(by).ok()).filter(|by| *by > 0);
        match (n, operator, by, words.next()) {
            ("n", None, None, None) => Some(Formula::Each),
            ("n", Some("mod"), Some(by), None) => Some(Formula::Mod(by)),
            ("n", Some("div"), Some(by), None) => Some(Formula::Div(by)),
            _ => None,
        }
    }

    pub fn of(self, row: u32) -> u32 {
        match self {
            Formula::Each => row,
            Formula::Mod(by) => row % by,
            Formula::Div(by) => row / by,
        }
    }

    /// The largest number that it gives, from 1.
    pub fn most(self, rows: u32) -> u64 {
        let rows = u64::from(rows);
        match self {
            _ if rows == 0 => 0,
            Formula::Each => rows,
            Formula::Mod(by) => rows.min(u64::from(by)),
            Formula::Div(by) => (rows - 1) / u64::from(by) + 1,
        }
    }
}
