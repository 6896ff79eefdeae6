//! Names and formulas: `member-17`, `member-{n}`, `member-{n mod 1_500}`, `buckets-{n div 240}`.

use std::collections::BTreeMap;

use crate::model::Column;
use crate::scenario::finding::{Code, Finding};
use crate::scenario::quantity;
use crate::scenario::shape::shortened;
use crate::scenario::tree::{Node, Place};

/// A numbered group: identities of a population, credentials of a family, records of a collection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    pub name: String,
    /// The row of its first member.
    pub first: u32,
    pub count: u32,
    /// Not when its count is wrong: then nothing more is said about who is in it.
    sure: bool,
}

/// More rows of one kind are a slip of the finger.
pub const MOST_ROWS: u32 = 50_000_000;

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
            if group.count == 1 {
                return Ok((at, 0));
            }
            if !group.sure {
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

    /// A member for each of `rows` rows, by formula. Values are rows of the kind's whole table.
    pub fn column(&self, node: &Node, rows: u32) -> Result<Column, Finding> {
        let text = node.text().unwrap_or_default();
        let Some((name, formula)) = text.split_once('{') else {
            return self.member(node).map(|(at, index)| Column::Same(self.all[at].first + index));
        };
        let formula = formula.strip_suffix('}').and_then(Formula::parse).filter(|_| name.ends_with('-'));
        let formula = formula.ok_or_else(|| bad_formula(text, node.place))?;
        let name = &name[..name.len() - 1];
        let group = &self.all[self.position(name).ok_or_else(|| self.dangling(name, node.place))?];
        if !group.sure {
            return Ok(Column::Empty);
        }
        let reached = formula.most(rows);
        if reached > u64::from(group.count) {
            let message = format!("this reaches `{}-{reached}`, and `{}` has {}", group.name, group.name, group.count);
            let help = match group.count {
                0 | 1 => format!("`{}` stands for the same one in every row", group.name),
                n => format!("`{}-{{n mod {n}}}` goes round and round", group.name),
            };
            return Err(Finding::new(Code::OutOfRange, node.place, message).help(help));
        }
        Ok(match formula {
            Formula::Each => Column::Counting { base: group.first, n: rows },
            formula => Column::Table((0..rows).map(|row| group.first + formula.of(row)).collect()),
        })
    }
}

fn bad_formula(text: &str, place: Place) -> Finding {
    Finding::new(Code::BadFormula, place, format!("`{}` is no formula", shortened(text)))
        .help("write `{n}`, `{n mod 1_500}` or `{n div 240}` after a name and a dash, as in `member-{n}`")
}

/// Labels that nobody declares: `acme` for all rows, or by formula `acme-{n mod 3}`.
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
        let text = node.text().unwrap_or_default();
        let Some((name, formula)) = text.split_once('{') else { return Ok(Column::Same(self.number(text))) };
        let formula = formula.strip_suffix('}').and_then(Formula::parse).filter(|_| name.ends_with('-'));
        let formula = formula.ok_or_else(|| bad_formula(text, node.place))?;
        let most = formula.most(rows);
        if most > MOST_LABELS {
            let (most, limit) = (quantity::shown(most), quantity::shown(MOST_LABELS));
            let message = format!("this makes {most} labels, and {limit} are the most");
            let help = format!("`{name}{{n mod 1_000}}` makes 1,000");
            return Err(Finding::new(Code::ImpossibleNumber, node.place, message).help(help));
        }
        let numbers: Vec<u32> = (1..=most).map(|n| self.number(&format!("{name}{n}"))).collect();
        Ok(Column::Table((0..rows).filter_map(|row| numbers.get(formula.of(row) as usize)).copied().collect()))
    }

    pub fn into_names(self) -> Vec<String> {
        self.all
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
