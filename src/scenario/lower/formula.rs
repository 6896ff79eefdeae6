//! Formulas over the number of a row: `member-{n}`, `member-{n mod 1_500}`, `buckets-{n div 240}`, `job-{n - 1 mod 12}`.

use crate::scenario::finding::{Code, Finding};
use crate::scenario::quantity;
use crate::scenario::shape::shortened;
use crate::scenario::tree::{Key, Node, Value};

/// The name before a formula, without its dash, and the formula; nothing for a text without one.
pub fn read(node: &Node) -> Option<Result<(&str, Formula), Finding>> {
    let text = node.text().unwrap_or_default();
    let (name, formula) = text.split_once('{')?;
    let formula = formula.strip_suffix('}').and_then(Formula::parse);
    Some(name.strip_suffix('-').zip(formula).ok_or_else(|| {
        Finding::new(Code::BadFormula, node.place, format!("`{}` is no formula", shortened(text))).help(
            "write `{n}`, `{n + 1}`, `{n mod 1_500}` or `{n div 240}` after a name and a dash, as in `member-{n}`",
        )
    }))
}

/// A value with every formula in it replaced by what it gives for one row.
pub fn filled(node: &Node, row: u32) -> Result<Node, Finding> {
    let value = match &node.value {
        Value::Scalar(_) => match read(node) {
            Some(read) => {
                let (name, formula) = read?;
                let number = formula.of(row) + 1;
                if number < 1 {
                    return Err(below(node, name));
                }
                Value::Scalar(format!("{name}-{number}"))
            }
            None => return Ok(node.clone()),
        },
        Value::List(items) => Value::List(items.iter().map(|item| filled(item, row)).collect::<Result<_, _>>()?),
        Value::Map(entries) => {
            let entry = |(key, value): &(Key, Node)| Ok((key.clone(), filled(value, row)?));
            Value::Map(entries.iter().map(entry).collect::<Result<_, Finding>>()?)
        }
        Value::Null => Value::Null,
    };
    Ok(Node { value, place: node.place })
}

/// The finding about a formula that counts down too far.
pub fn below(node: &Node, name: &str) -> Finding {
    let message = "this counts down below 1, and members are numbered from 1";
    let help = format!("`{name}-{{n - 1 mod 12}}` goes round and round");
    Finding::new(Code::OutOfRange, node.place, message).help(help)
}

/// What a formula makes of the number of a row: shifted first, then counted round and round, or in steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Formula {
    shift: i64,
    then: Then,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Then {
    Nothing,
    Mod(u32),
    Div(u32),
}

impl Formula {
    pub const EACH: Formula = Formula { shift: 0, then: Then::Nothing };

    fn parse(text: &str) -> Option<Formula> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let number = |text: &str| quantity::count(text).and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
        let (shift, rest) = match words[..] {
            ["n", "+", by, ref rest @ ..] => (i64::from(number(by)?), rest),
            ["n", "-", by, ref rest @ ..] => (-i64::from(number(by)?), rest),
            ["n", ref rest @ ..] => (0, rest),
            _ => return None,
        };
        let then = match rest {
            [] => Then::Nothing,
            ["mod", by] => Then::Mod(number(by)?),
            ["div", by] => Then::Div(number(by)?),
            _ => return None,
        };
        Some(Formula { shift, then })
    }

    /// The number that it gives for a row, both from 0; below 0 there is no such row.
    pub fn of(self, row: u32) -> i64 {
        let row = i64::from(row) + self.shift;
        match self.then {
            Then::Nothing => row,
            Then::Mod(by) => row.rem_euclid(i64::from(by)),
            Then::Div(by) => row.div_euclid(i64::from(by)),
        }
    }

    /// The least and the largest number that it gives for so many rows, from 1.
    pub fn reach(self, rows: u32) -> Option<(i64, i64)> {
        let last = rows.checked_sub(1)?;
        let (first, last) = (self.shift, i64::from(last) + self.shift);
        Some(match self.then {
            Then::Mod(by) => {
                let by = i64::from(by);
                let whole = first.div_euclid(by) == last.div_euclid(by);
                if whole { (first.rem_euclid(by) + 1, last.rem_euclid(by) + 1) } else { (1, by) }
            }
            Then::Nothing => (first + 1, last + 1),
            Then::Div(by) => (first.div_euclid(i64::from(by)) + 1, last.div_euclid(i64::from(by)) + 1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str, rows: u32) -> Vec<i64> {
        let formula = Formula::parse(text).unwrap();
        let all: Vec<i64> = (0..rows).map(|row| formula.of(row) + 1).collect();
        assert_eq!(formula.reach(rows), all.iter().min().copied().zip(all.iter().max().copied()), "{text}");
        all
    }

    #[test]
    fn formulas_shift_first() {
        assert_eq!(numbers("n", 3), [1, 2, 3]);
        assert_eq!(numbers("n + 4", 3), [5, 6, 7]);
        assert_eq!(numbers("n - 1 mod 3", 4), [3, 1, 2, 3]);
        assert_eq!(numbers("n + 1 mod 12", 4), [2, 3, 4, 5]);
        assert_eq!(numbers("n div 2", 5), [1, 1, 2, 2, 3]);
        assert_eq!(numbers("n - 1", 2), [0, 1]);
        assert!(numbers("n", 0).is_empty());
        for wrong in ["", "m", "n n", "n + 0", "n mod", "n mod 0", "n div 2 mod 3", "n+1"] {
            assert_eq!(Formula::parse(wrong), None, "{wrong}");
        }
    }
}
