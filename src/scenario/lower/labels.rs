//! Labels that nobody declares, such as tenants.

use std::collections::BTreeMap;

use crate::model::Column;
use crate::scenario::finding::{Code, Finding};
use crate::scenario::quantity;
use crate::scenario::tree::Node;

use super::formula;

/// Labels by name: `acme` for all rows, or by formula `acme-{n mod 3}`.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    all: Vec<String>,
    by_name: BTreeMap<String, u32>,
}

/// More labels than anybody tells apart.
const MOST_LABELS: u64 = 1_000_000;

impl Labels {
    pub fn number(&mut self, name: &str) -> u32 {
        if let Some(at) = self.by_name.get(name) {
            return *at;
        }
        let at = self.all.len() as u32;
        self.all.push(name.to_owned());
        self.by_name.insert(name.to_owned(), at);
        at
    }

    pub fn column(&mut self, node: &Node, rows: u32) -> Result<Column, Finding> {
        let Some(read) = formula::read(node) else {
            return Ok(Column::Same(self.number(node.text().unwrap_or_default())));
        };
        let (name, formula) = read?;
        let Some((least, most)) = formula.reach(rows) else { return Ok(Column::Empty) };
        if least < 1 {
            return Err(formula::below(node, name));
        }
        let most = most.unsigned_abs();
        if most > MOST_LABELS {
            let (most, limit) = (quantity::shown(most), quantity::shown(MOST_LABELS));
            let message = format!("this makes {most} labels, and {limit} are the most");
            let help = format!("`{name}-{{n mod 1_000}}` makes 1,000");
            return Err(Finding::new(Code::ImpossibleNumber, node.place, message).help(help));
        }
        let numbers: Vec<u32> = (1..=most).map(|n| self.number(&format!("{name}-{n}"))).collect();
        Ok(Column::Table(
            (0..rows).filter_map(|row| numbers.get(usize::try_from(formula.of(row)).ok()?)).copied().collect(),
        ))
    }

    pub fn into_names(self) -> Vec<String> {
        self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::tree::Place;

    #[test]
    fn labels_follow_formulas() {
        let mut labels = Labels::default();
        let mut column = |text: &str| labels.column(&Node::scalar(text, Place::default()), 4).map_err(|f| f.code);
        assert_eq!(column("acme"), Ok(Column::Same(0)));
        assert_eq!(column("org-{n mod 2}"), Ok(Column::Table([1, 2, 1, 2].into())));
        assert_eq!(column("org-{n}"), Ok(Column::Table([1, 2, 3, 4].into())));
        assert_eq!(column("org{n}"), Err(Code::BadFormula));
    }
}
