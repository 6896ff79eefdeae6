//! Text for people: lines of at most eighty columns, cells of a width, and no control characters.

use super::clean::is_unseen;
use unicode_width::UnicodeWidthStr as _;

use crate::measure::thousands;

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

/// Text in lines of at most [`COLUMNS`], the first indented by `first`, the others by `rest`. A word that is longer
/// has a line of its own.
pub fn wrapped_with(text: &str, first: usize, rest: usize) -> String {
    let indent = " ".repeat(first);
    hung(&indent, text, rest)
}

/// The same behind a `head` on the first line, which is left as it is.
pub fn hung(head: &str, text: &str, rest: usize) -> String {
    let mut out = head.to_owned();
    let mut used = width(head);
    let mut empty = true;
    for word in harmless(text).split_whitespace() {
        if !empty && used + 1 + width(word) > COLUMNS {
            out.push('\n');
            out.push_str(&" ".repeat(rest));
            (used, empty) = (rest, true);
        }
        if !empty {
            out.push(' ');
        }
        out.push_str(word);
        used += usize::from(!empty) + width(word);
        empty = false;
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
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

/// A text from outside, with its control characters written out, and those that turn the direction of what follows or
/// that nobody sees: none of them reaches a terminal.
pub fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\t' => out.push(letter),
            _ if letter.is_control() || is_unseen(letter) => out.extend(letter.escape_default()),
            _ => out.push(letter),
        }
    }
    out
}

/// A name as a shell takes it for one word, in one line.
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./@:%+=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    if text.chars().any(char::is_control) {
        let escaped: String =
            text.chars().map(|c| if c == '\'' { "\\'".to_owned() } else { control_escaped(c) }).collect();
        return format!("$'{escaped}'");
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn control_escaped(letter: char) -> String {
    match letter {
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        letter if letter.is_control() => format!("\\u{:04x}", u32::from(letter)),
        letter => letter.to_string(),
    }
}

/// The first names, and how many more there are.
pub fn few(names: impl ExactSizeIterator<Item = String>) -> String {
    const MOST: usize = 10;
    let more = names.len().saturating_sub(MOST);
    let shown = names.take(MOST).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {} more", thousands(more as u64)) } else { shown }
}

/// With a capital letter and a full stop.
pub fn sentence(text: &str) -> String {
    if text.is_empty() { String::new() } else { capital(text) + "." }
}

/// With a capital letter.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
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
    fn a_shell_reads_a_name_as_one_word() {
        assert_eq!(shell_word("mine.yaml@a-b"), "mine.yaml@a-b");
        assert_eq!(shell_word("my file.yaml"), "'my file.yaml'");
        assert_eq!(shell_word("it's"), "'it'\\''s'");
        assert_eq!(shell_word("a\n'b\u{1b}"), "$'a\\n\\'b\\u001b'");
    }

    #[test]
    fn control_characters_are_written_out() {
        assert_eq!(harmless("a\u{1b}[31mb\r\n"), "a\\u{1b}[31mb\\r\n");
    }
}
