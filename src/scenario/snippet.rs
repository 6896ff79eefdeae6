//! Findings as a terminal shows them: the code, the place, the line with a caret under what is meant, the fix.

use std::fmt;

use unicode_width::UnicodeWidthChar;

use super::finding::{Code, Finding, Rejected, Severity};
use super::tree::Place;

/// So many findings are printed; a reader mends these first.
const MOST_FINDINGS: usize = 100;
/// A line wider than this is cut around the finding.
const WIDTH: usize = 100;
/// A tab is drawn as so many spaces.
const TAB: &str = "    ";

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = Lines::of(&self.source.text);
        for finding in self.findings.iter().take(MOST_FINDINGS) {
            write_finding(f, &self.source.name, &lines, finding)?;
        }
        match self.findings.len().checked_sub(MOST_FINDINGS).filter(|n| *n > 0) {
            Some(more) => writeln!(f, "and {more} more findings: mend these first"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Rejected {}

fn write_finding(f: &mut fmt::Formatter<'_>, name: &str, lines: &Lines<'_>, finding: &Finding) -> fmt::Result {
    let kind = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    writeln!(f, "{kind}[{}]: {}", finding.code.name(), finding.message)?;
    if finding.place == Place::OUTSIDE {
        writeln!(f, "  --> {name}, with --set")?;
    } else {
        let (line, column) = lines.position(finding.place.start);
        writeln!(f, "  --> {name}:{line}:{column}")?;
        if let Some(text) = lines.line(line).filter(|t| !t.trim().is_empty()) {
            let marked = lines.marked(finding.place);
            match finding.code {
                Code::SecretInFile => write_snippet(f, line, &masked(text, column - 1, marked), column - 1, marked)?,
                _ => write_snippet(f, line, text, column - 1, marked)?,
            }
        }
    }
    if let Some(variant) = &finding.variant {
        writeln!(f, "   = note: in the variant `{variant}`")?;
    }
    if let Some(help) = &finding.help {
        writeln!(f, "   = help: {help}")?;
    }
    Ok(())
}

/// A line in which what is meant cannot be read.
fn masked(text: &str, before: usize, marked: usize) -> String {
    let hidden = |at: usize| (before..before + marked).contains(&at);
    text.chars().enumerate().map(|(at, c)| if hidden(at) { '*' } else { c }).collect()
}

/// One line, from which `marked` characters behind the first `before` are underlined.
fn write_snippet(f: &mut fmt::Formatter<'_>, line: usize, text: &str, before: usize, marked: usize) -> fmt::Result {
    let (mut shown, mut pad, mut under) = (String::new(), 0, 0);
    let cut = first_shown(text, before);
    if cut > 0 {
        shown.push('…');
        pad += 1;
    }
    let mut width = pad;
    for (at, c) in text.chars().enumerate().skip(cut) {
        let drawn = drawn(c);
        let wide = drawn.chars().map(width_of).sum::<usize>();
        if width + wide > WIDTH {
            shown.push('…');
            break;
        }
        width += wide;
        match at {
            at if at < before => pad += wide,
            at if at < before + marked => under += wide,
            _ => {}
        }
        shown.push_str(&drawn);
    }
    let gutter = line.to_string().len();
    writeln!(f, "{:gutter$} |", "")?;
    writeln!(f, "{line} | {}", shown.trim_end())?;
    writeln!(f, "{:gutter$} | {:pad$}{}", "", "", "^".repeat(under.max(1)))
}

/// How many characters are left out so that the one behind `before` stands in the middle of a wide line.
fn first_shown(text: &str, before: usize) -> usize {
    let ahead: Vec<usize> = text.chars().take(before).map(|c| drawn(c).chars().map(width_of).sum()).collect();
    let mut width: usize = ahead.iter().sum();
    if width < WIDTH * 3 / 4 {
        return 0;
    }
    ahead
        .iter()
        .position(|wide| {
            let fits = width <= WIDTH / 2;
            width -= wide;
            fits
        })
        .unwrap_or(before)
}

/// A character as it is printed: nothing can move the cursor or turn the direction of writing.
fn drawn(c: char) -> String {
    match c {
        '\t' => TAB.to_owned(),
        c if c.is_control() || is_invisible(c) => "\u{b7}".to_owned(),
        c => c.to_string(),
    }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn width_of(c: char) -> usize {
    c.width().unwrap_or(1)
}

/// Where the lines of a text begin.
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub fn of(text: &'t str) -> Lines<'t> {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Lines { text, starts }
    }

    /// A line, from 1, without its end.
    fn line(&self, number: usize) -> Option<&'t str> {
        let from = *self.starts.get(number.checked_sub(1)?)?;
        self.text.get(from..)?.lines().next()
    }

    /// Line and column of a byte, both from 1; columns in characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let at = floor(self.text, offset);
        let line = self.starts.partition_point(|start| *start <= at);
        let start = self.starts[line - 1];
        (line, self.text[start..at].chars().count() + 1)
    }

    /// How many characters of its first line a place covers.
    fn marked(&self, place: Place) -> usize {
        let (from, to) = (floor(self.text, place.start), floor(self.text, place.start.saturating_add(place.len)));
        self.text[from..to].lines().next().map_or(0, |line| line.trim_end().chars().count())
    }
}

/// The nearest boundary of a character at or before `offset`.
fn floor(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Both from 1; columns in characters.
pub fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    Lines::of(text).position(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(text: &str, before: usize, marked: usize) -> Vec<String> {
        struct One<'t>(&'t str, usize, usize);
        impl fmt::Display for One<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_snippet(f, 7, self.0, self.1, self.2)
            }
        }
        One(text, before, marked).to_string().lines().map(str::to_owned).collect()
    }

    #[test]
    fn the_caret_stands_under_wide_characters() {
        assert_eq!(drawn("日本: foo", 4, 3)[1..], ["7 | 日本: foo", "  |       ^^^"]);
        assert_eq!(drawn("日本: foo", 0, 2)[2], "  | ^^^^");
        assert_eq!(drawn("e\u{301}: x", 4, 1)[2], "  |    ^");
    }

    #[test]
    fn long_lines_are_cut_on_both_sides() {
        let line = "x".repeat(5_000);
        let shown = drawn(&line, 2_500, 4);
        assert!(shown[1].chars().count() <= WIDTH + 6, "{}", shown[1].len());
        assert!(shown[1].starts_with("7 | …x") && shown[1].ends_with("x…"));
        assert_eq!(shown[2].trim_start_matches([' ', '|']), "^^^^");
    }

    #[test]
    fn nothing_in_a_line_moves_the_cursor() {
        assert_eq!(drawn("\u{1b}[2J\tx\u{202e}", 5, 1)[1..], ["7 | ·[2J    x·", "  |         ^"]);
    }

    #[test]
    fn positions_count_characters() {
        assert_eq!(line_and_column("é\nab", 4), (2, 2));
        assert_eq!(line_and_column("é", 1), (1, 1));
        assert_eq!(line_and_column("", 9), (1, 1));
        assert_eq!(line_and_column("a\n", 2), (2, 1));
    }
}
