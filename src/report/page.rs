//! Text for a page of eighty columns.

use textwrap::{Options, fill};

/// How wide a terminal is taken to be.
pub const COLUMNS: usize = 80;

/// Text in lines, the first indented by `first`, the others by `rest`. Blanks between words count as one.
pub fn wrapped(text: &str, first: usize, rest: usize) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (first, rest) = (" ".repeat(first), " ".repeat(rest));
    let options = Options::new(COLUMNS).initial_indent(&first).subsequent_indent(&rest).break_words(false);
    fill(&words, options) + "\n"
}

/// A label, and beside it, from `column` on, what it stands for.
pub fn entry(label: &str, column: usize, text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let head = format!("{label:<width$} ", width = column - 1);
    let rest = " ".repeat(column);
    let options = Options::new(COLUMNS).initial_indent(&head).subsequent_indent(&rest).break_words(false);
    fill(&words, options) + "\n"
}

/// Each line that is too long continues below, two columns further in.
pub fn fitted(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let bare = line.trim_start();
        let indent = line.len() - bare.len();
        let (first, rest) = (" ".repeat(indent), " ".repeat(indent + 2));
        let options = Options::new(COLUMNS).initial_indent(&first).subsequent_indent(&rest).break_words(false);
        out.push_str(&if bare.is_empty() { String::new() } else { fill(bare, options) });
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_continue_below() {
        let long = "word ".repeat(30);
        assert_eq!(wrapped(&long, 2, 4).lines().map(str::len).max(), Some(78));
        assert!(wrapped(&long, 2, 4).lines().nth(1).is_some_and(|line| line.starts_with("    word")));
        assert!(entry("  key", 20, &long).lines().nth(1).is_some_and(|line| line.starts_with(&" ".repeat(20))));
        assert_eq!(fitted("short\n\n  lines"), "short\n\n  lines\n");
    }
}
