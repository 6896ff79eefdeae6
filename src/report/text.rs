//! Text for people: lines of at most eighty columns, cells of a width, and no control characters.

use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm, fill};
use unicode_width::UnicodeWidthStr as _;

/// Lines are wrapped here.
pub const COLUMNS: usize = 80;

/// The columns that a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Text in lines of at most [`COLUMNS`], each indented.
pub fn wrapped(text: &str, indent: usize) -> String {
    wrapped_with(text, indent, indent)
}

/// The same, the first line indented by `first`, the others by `rest`.
pub fn wrapped_with(text: &str, first: usize, rest: usize) -> String {
    hung(&" ".repeat(first), text, rest)
}

/// The same behind a `head` on the first line, which is left as it is. Names are never broken.
pub fn hung(head: &str, text: &str, rest: usize) -> String {
    let text = harmless(text);
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let rest = " ".repeat(rest);
    let options = Options::new(COLUMNS)
        .initial_indent(head)
        .subsequent_indent(&rest)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    let filled = if words.is_empty() { head.trim_end().to_owned() } else { fill(&words, options) };
    filled + "\n"
}

/// Paragraphs, each wrapped, with a blank line between them.
pub fn paragraphs(text: &str, indent: usize) -> String {
    let each: Vec<String> = text.trim().split("\n\n").map(|paragraph| wrapped(paragraph, indent)).collect();
    each.join("\n")
}

/// A cell with its text at the left, cut where it is too long.
pub fn left(text: &str, cell: usize) -> String {
    let text = clipped(&harmless(text), cell);
    let gap = cell.saturating_sub(width(&text));
    text + &" ".repeat(gap)
}

/// A cell with its text at the right.
pub fn right(text: &str, cell: usize) -> String {
    " ".repeat(cell.saturating_sub(width(text))) + text
}

fn clipped(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let mut out = String::new();
    for letter in text.chars() {
        if width(&out) + width(letter.encode_utf8(&mut [0; 4])) + 1 > most {
            break;
        }
        out.push(letter);
    }
    out.push('…');
    out
}

/// A text from outside, with its control characters written out: none of them reaches a terminal.
pub fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\t' => out.push(letter),
            _ if letter.is_control() => out.extend(letter.escape_default()),
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_wrapped_by_their_width() {
        let wide = wrapped_with(&"日本語 ".repeat(20), 2, 4);
        assert!(wide.lines().all(|l| width(l) <= COLUMNS), "{wide}");
        assert!(wide.lines().nth(1).is_some_and(|l| l.starts_with("    日")), "{wide}");
        let long = "x".repeat(100);
        assert_eq!(wrapped(&format!("a {long} b"), 1), format!(" a\n {long}\n b\n"));
        assert_eq!(wrapped("", 2), "\n");
        assert_eq!(hung("head  ", "a b", 6), "head  a b\n");
    }

    #[test]
    fn cells_have_their_width() {
        assert_eq!(left("db", 4), "db  ");
        assert_eq!(left("日本語", 5), "日本…");
        assert_eq!(width(&left("日本語", 4)), 4);
        assert_eq!(right("1,234", 7), "  1,234");
    }

    #[test]
    fn control_characters_are_written_out() {
        assert_eq!(harmless("a\u{1b}[31mb\r\n"), "a\\u{1b}[31mb\\r\n");
    }
}
