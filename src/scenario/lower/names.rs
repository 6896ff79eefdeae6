//! Groups and their members: `member-17`, or by formula `member-{n mod 1_500}`.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::model::Column;
use crate::scenario::finding::{Code, Finding};
use crate::scenario::quantity;
use crate::scenario::shape::shortened;
use crate::scenario::tree::{Node, Place};

use super::Lowering;
use super::formula::{self, Formula};

/// A numbered group: identities of a population, credentials of a family, records of a collection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    pub name: String,
    /// The row of its first member.
    pub first: u32,
    pub count: u32,
    /// Not when its count is wrong: then nothing more is said about who is in it.
    pub sure: bool,
}

/// More rows of one kind are a slip of the finger.
pub const MOST_ROWS: u32 = 20_000_000;

/// All groups of one kind.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    /// `identity`, `credential`, `collection`: for messages.
    noun: &'static str,
    /// The part of the scenario that names them.
    part: &'static str,
    pub all: Vec<Group>,
    by_name: BTreeMap<String, usize>,
}

impl Groups {
    pub fn new(noun: &'static str, part: &'static str) -> Groups {
        Groups { noun, part, all: Vec::new(), by_name: BTreeMap::new() }
    }

    /// Adds a group; one whose count is not known has none, and takes every number. Says where there are too many.
    pub fn add(&mut self, name: &str, count: Option<u32>, place: Place) -> Result<u32, Finding> {
        let first = self.total();
        let fitting = count.filter(|n| *n <= MOST_ROWS - first);
        self.by_name.entry(name.to_owned()).or_insert(self.all.len());
        let (count, sure) = (fitting.or(count.map(|_| 0)), fitting.is_some());
        self.all.push(Group { name: name.to_owned(), first, count: count.unwrap_or(0), sure });
        if count.is_none() || sure {
            return Ok(first);
        }
        let message =
            format!("with `{name}` there are more than {} in `{}:`", quantity::shown(MOST_ROWS.into()), self.part);
        Err(Finding::new(Code::ImpossibleNumber, place, message).help(super::SCALE_DOWN))
    }

    pub fn total(&self) -> u32 {
        self.all.last().map_or(0, |g| g.first + g.count)
    }

    pub fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
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
        let message = format!("there is no {} `{}`", self.noun, shortened(name));
        let plain = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-');
        let help = match self.all.len() {
            0 => format!("name one under `{}:`", self.part),
            _ => format!("one of those under `{}:`", self.part),
        };
        Finding::new(Code::DanglingName, place, message).help(help).suggest(plain, self.names())
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
            if group.count == 1 || !group.sure {
                return Ok((at, 0));
            }
            let (message, help) = match group.count {
                0 => (format!("`{text}` has no members to start with"), format!("give `{text}` a `count`")),
                n => (format!("`{text}` stands for {n}: which one?"), format!("`{text}-1` is the first")),
            };
            return Err(Finding::new(Code::BadFormula, node.place, message).help(help));
        }
        let (at, tail) = self.split(text).ok_or_else(|| self.dangling(text, node.place))?;
        let number = quantity::count(tail).ok_or_else(|| self.dangling(text, node.place))?;
        let group = &self.all[at];
        if !group.sure {
            return Ok((at, 0));
        }
        if number == 0 || number > u64::from(group.count) {
            let message = format!("there is no `{}`: `{}` has {}", shortened(text), group.name, group.count);
            let help = match group.count {
                0 => format!("give `{}` a `count`", group.name),
                1 => format!("there is one, and its name is `{}`", group.name),
                n => format!("they are numbered from 1: `{0}-1` to `{0}-{n}`", group.name),
            };
            return Err(Finding::new(Code::OutOfRange, node.place, message).help(help));
        }
        Ok((at, number as u32 - 1))
    }

    /// One member, or a range of them: `prices-1..1_000`.
    pub fn members(&self, node: &Node) -> Result<(usize, Range<u32>), Finding> {
        let text = node.text().unwrap_or_default();
        let Some((first, last)) = text.split_once("..") else {
            return self.member(node).map(|(at, row)| (at, row..row + 1));
        };
        let (at, row) = self.member(&Node::scalar(first, node.place))?;
        let to = self.member(&Node::scalar(format!("{}-{last}", self.all[at].name), node.place))?.1;
        if to < row {
            let message = format!("`{}` ends before it begins", shortened(text));
            let help = format!("write `{0}-{1}..{2}`", self.all[at].name, to + 1, row + 1);
            return Err(Finding::new(Code::OutOfRange, node.place, message).help(help));
        }
        Ok((at, row..to + 1))
    }

    /// A member for each of `rows` rows, by formula. Values are rows of the kind's whole table.
    pub fn column(&self, node: &Node, rows: u32) -> Result<Column, Finding> {
        let Some(read) = formula::read(node) else {
            return self.member(node).map(|(at, index)| Column::Same(self.all[at].first + index));
        };
        let (name, formula) = read?;
        let group = &self.all[self.position(name).ok_or_else(|| self.dangling(name, node.place))?];
        if !group.sure {
            return Ok(Column::Empty);
        }
        let Some((least, reached)) = formula.reach(rows) else {
            return Ok(Column::Counting { base: group.first, n: 0 });
        };
        if least < 1 {
            return Err(formula::below(node, name));
        }
        if reached > i64::from(group.count) {
            let message = format!("this reaches `{}-{reached}`, and `{}` has {}", group.name, group.name, group.count);
            let help = match group.count {
                0 | 1 => format!("`{}` stands for the same one in every row", group.name),
                n => format!("`{}-{{n mod {n}}}` goes round and round", group.name),
            };
            return Err(Finding::new(Code::OutOfRange, node.place, message).help(help));
        }
        Ok(match formula {
            Formula::EACH => Column::Counting { base: group.first, n: rows },
            formula => Column::Table((0..rows).map(|row| group.first + formula.of(row) as u32).collect()),
        })
    }
}

/// One of the names under a part of the scenario.
pub(super) fn known(work: &mut Lowering<'_>, node: &Node, name: &str, what: &str, parts: &[&str]) {
    let root = work.root;
    let names: Vec<&str> =
        parts.iter().filter_map(|part| root.get(part)).flat_map(Node::entries).map(|(key, _)| &key.name[..]).collect();
    if names.contains(&name) {
        return;
    }
    let message = format!("there is no {what} `{}`", shortened(name));
    let help = format!("name one under `{}:`", parts.join(":` or `"));
    work.find(Finding::new(Code::DanglingName, node.place, message).help(help).suggest(name, names));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups() -> Groups {
        let mut groups = Groups::new("identity", "identities");
        for (name, count) in [("visitors", 1), ("member", 3), ("member-token", 3)] {
            groups.add(name, Some(count), Place::default()).unwrap();
        }
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
        assert_eq!(column("{n}", 1), Err(Code::BadFormula));
        assert_eq!(column("member-{é", 1), Err(Code::BadFormula));
    }

    #[test]
    fn rows_do_not_run_over() {
        let mut groups = groups();
        assert!(groups.add("most", Some(MOST_ROWS - 7), Place::default()).is_ok());
        let over = groups.add("over", Some(MOST_ROWS), Place::default());
        assert_eq!(over.map_err(|f| f.code), Err(Code::ImpossibleNumber));
        assert_eq!(groups.total(), MOST_ROWS);
        let unsure = groups.member(&Node::scalar("over-17", Place::default()));
        assert_eq!(unsure.map_err(|f| f.code), Ok((4, 0)), "one mistake is said once");
    }
}
