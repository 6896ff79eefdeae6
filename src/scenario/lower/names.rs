//! Names and formulas: `member-17`, `member-{n}`, `member-{n mod 1_500}`, `buckets-{n div 240}`.

use crate::model::Column;
use crate::scenario::finding::{Code, Finding};
use crate::scenario::quantity;
use crate::scenario::tree::{Node, Place};

/// A numbered group: identities of a population, credentials of a family, records of a collection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    pub name: String,
    /// The row of its first member.
    pub first: u32,
    pub count: u32,
}

/// All groups of one kind.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    /// `identity`, `credential`, `collection`: for messages.
    pub noun: &'static str,
    pub all: Vec<Group>,
}

impl Groups {
    pub fn new(noun: &'static str) -> Groups {
        Groups { noun, all: Vec::new() }
    }

    pub fn add(&mut self, name: &str, count: u32) -> u32 {
        let first = self.total();
        self.all.push(Group { name: name.to_owned(), first, count });
        first
    }

    pub fn total(&self) -> u32 {
        self.all.last().map_or(0, |g| g.first + g.count)
    }

    pub fn position(&self, name: &str) -> Option<usize> {
        self.all.iter().position(|g| g.name == name)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|g| g.name.as_str())
    }

    /// The group of a plain name.
    pub fn group(&self, node: &Node) -> Result<usize, Finding> {
        let name = node.text().unwrap_or_default();
        self.position(name).ok_or_else(|| self.dangling(name, node.place))
    }

    fn dangling(&self, name: &str, place: Place) -> Finding {
        let message = format!("there is no {} `{}`", self.noun, crate::scenario::shape::shortened(name));
        Finding::new(Code::DanglingName, place, message).suggest(name, self.names())
    }

    /// The group that a text begins with, and what follows its name and a dash.
    fn split<'t>(&self, text: &'t str) -> Option<(usize, &'t str)> {
        let begins = |g: &Group| text.strip_prefix(g.name.as_str()).and_then(|tail| tail.strip_prefix('-'));
        let longest = |(_, g): &(usize, &Group)| g.name.len();
        let at = self.all.iter().enumerate().filter(|(_, g)| begins(g).is_some()).max_by_key(longest)?.0;
        begins(&self.all[at]).map(|tail| (at, tail))
    }

    /// One member: `member-17`, or the bare name where there is one only.
    pub fn member(&self, node: &Node) -> Result<(usize, u32), Finding> {
        let text = node.text().unwrap_or_default();
        if let Some(at) = self.position(text) {
            let group = &self.all[at];
            if group.count == 1 {
                return Ok((at, 0));
            }
            let message = format!("`{text}` stands for {}: which one?", group.count);
            return Err(Finding::new(Code::BadFormula, node.place, message).help(format!("`{text}-1` is the first")));
        }
        let (at, tail) = self.split(text).ok_or_else(|| self.dangling(text, node.place))?;
        let number = quantity::count(tail).ok_or_else(|| self.dangling(text, node.place))?;
        let group = &self.all[at];
        if number == 0 || number > u64::from(group.count) {
            let message = format!("there is no `{text}`: `{}` has {}", group.name, group.count);
            let help = format!("they are numbered from 1: `{0}-1` to `{0}-{1}`", group.name, group.count);
            return Err(Finding::new(Code::OutOfRange, node.place, message).help(help));
        }
        Ok((at, number as u32 - 1))
    }

    /// A member for each of `rows` rows, by formula. Values are rows of the kind's whole table.
    pub fn column(&self, node: &Node, rows: u32) -> Result<Column, Finding> {
        let text = node.text().unwrap_or_default();
        let Some((name, formula)) = text.split_once('{') else {
            return self.member(node).map(|(at, index)| Column::Same(self.all[at].first + index));
        };
        let group = name
            .strip_suffix('-')
            .and_then(|name| self.position(name))
            .ok_or_else(|| self.dangling(name.trim_end_matches('-'), node.place))?;
        let group = &self.all[group];
        let formula = formula.strip_suffix('}').and_then(Formula::parse).ok_or_else(|| {
            let message = format!("`{}` is no formula", crate::scenario::shape::shortened(text));
            Finding::new(Code::BadFormula, node.place, message)
                .help("write `{n}`, `{n mod 1_500}` or `{n div 240}` after the name and a dash")
        })?;
        let reached = formula.most(rows);
        if reached > u64::from(group.count) {
            let message = format!("this reaches `{}-{reached}`, and `{}` has {}", group.name, group.name, group.count);
            let help = format!("`{}-{{n mod {}}}` goes round and round", group.name, group.count.max(1));
            return Err(Finding::new(Code::OutOfRange, node.place, message).help(help));
        }
        Ok(match formula {
            Formula::Each => Column::Counting { base: group.first, n: rows },
            formula => Column::Table((0..rows).map(|row| group.first + formula.of(row)).collect()),
        })
    }
}

#[derive(Clone, Copy)]
enum Formula {
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

    fn of(self, row: u32) -> u32 {
        match self {
            Formula::Each => row,
            Formula::Mod(by) => row % by,
            Formula::Div(by) => row / by,
        }
    }

    /// The largest number that it gives, from 1.
    fn most(self, rows: u32) -> u64 {
        let rows = u64::from(rows);
        match self {
            _ if rows == 0 => 0,
            Formula::Each => rows,
            Formula::Mod(by) => rows.min(u64::from(by)),
            Formula::Div(by) => (rows - 1) / u64::from(by) + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups() -> Groups {
        let mut groups = Groups::new("identity");
        groups.add("visitors", 1);
        groups.add("member", 3);
        groups.add("member-token", 3);
        groups
    }

    fn column(text: &str, rows: u32) -> Result<Column, Code> {
        groups().column(&Node::scalar(text, Place::default()), rows).map_err(|f| f.code)
    }

    #[test]
    fn formulas_count_from_one() {
        assert_eq!(column("member-{n}", 3), Ok(Column::Counting { base: 1, n: 3 }));
        assert_eq!(column("member-{n mod 2}", 5), Ok(Column::Table([1, 2, 1, 2, 1].into())));
        assert_eq!(column("member-{n div 2}", 5), Ok(Column::Table([1, 1, 2, 2, 3].into())));
        assert_eq!(column("visitors", 9), Ok(Column::Same(0)));
        assert_eq!(column("member-token-2", 9), Ok(Column::Same(5)));
    }

    #[test]
    fn wrong_formulas_say_what_is_wrong() {
        assert_eq!(column("member-{n}", 4), Err(Code::OutOfRange));
        assert_eq!(column("member-{n plus 2}", 1), Err(Code::BadFormula));
        assert_eq!(column("member-{n mod 0}", 1), Err(Code::BadFormula));
        assert_eq!(column("membre-{n}", 1), Err(Code::DanglingName));
        assert_eq!(column("member-4", 1), Err(Code::OutOfRange));
        assert_eq!(column("member-0", 1), Err(Code::OutOfRange));
        assert_eq!(column("member", 1), Err(Code::BadFormula));
    }
}
