//! Texts from outside, made harmless for a page: scenarios, names and stories may say anything.

use unicode_width::UnicodeWidthStr;

/// A text without control characters, without marks that turn the direction of what follows, without letters that
/// nobody sees, and of at most so many letters.
pub fn clean(text: &str, most: usize) -> String {
    let mut letters = text.chars().filter_map(shown);
    let mut out: String = letters.by_ref().take(most).collect();
    if letters.next().is_some() {
        out.push('…');
    }
    out
}

fn shown(letter: char) -> Option<char> {
    match letter {
        '\n' | '\t' | '\r' | '\u{2028}' | '\u{2029}' => Some(' '),
        _ if letter.is_control() || is_unseen(letter) => None,
        _ => Some(letter),
    }
}

/// Directional marks (UAX #9), joiners, byte order marks, tags, and what no XML document may hold.
pub const fn is_unseen(letter: char) -> bool {
    matches!(
        letter,
        '\u{00AD}'
            | '\u{061C}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{FFFE}'
            | '\u{FFFF}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// Lines of at most so many columns, broken at spaces, and inside names after a dot, a hyphen or a line where that is
/// needed. There are at most `most` of them.
pub fn lines(text: &str, columns: usize, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for piece in pieces(text, columns) {
        if width(line.trim_end()) + width(piece.trim_end()) > columns && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        line.push_str(&piece);
    }
    lines.push(line);
    lines.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
    lines.retain(|line| !line.is_empty());
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            last.push('…');
        }
    }
    lines
}

/// Words with the space behind them; long ones in parts.
fn pieces(text: &str, columns: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    for word in text.split_inclusive(' ') {
        if width(word) <= columns {
            pieces.push(word.to_owned());
            continue;
        }
        let mut part = String::new();
        for letter in word.chars() {
            part.push(letter);
            if matches!(letter, '-' | '.' | '_' | '/' | ':') || width(&part) >= columns {
                pieces.push(std::mem::take(&mut part));
            }
        }
        pieces.push(part);
    }
    pieces
}

/// The columns that a text takes in letters of different width: the broad ones take one and a half.
fn width(text: &str) -> usize {
    let broad = text.chars().filter(|c| c.is_uppercase() || matches!(c, 'm' | 'w' | '@' | '%')).count();
    UnicodeWidthStr::width(text) + broad.div_ceil(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_or_a_reader_is_gone() {
        assert_eq!(clean("a\u{1b}[31m\u{9b}b\u{0}\u{7}c", 99), "a[31mbc");
        assert_eq!(clean("a\u{202e}gpj\u{2066}.exe\u{200b}\u{e0041}", 99), "agpj.exe");
        assert_eq!(clean("a\nb\u{2028}c", 99), "a b c");
    }

    #[test]
    fn a_long_text_is_cut_between_letters() {
        assert_eq!(clean(&"é".repeat(1_000_000), 3), "ééé…");
        assert_eq!(clean("abc", 3), "abc");
    }

    #[test]
    fn lines_fit_and_lose_nothing() {
        let all = lines("api-key #2 (a-very-long-family-name-17) opened", 12, 99);
        assert!(all.iter().all(|line| width(line) <= 12), "{all:?}");
        assert_eq!(all.concat().replace(' ', ""), "api-key#2(a-very-long-family-name-17)opened");
        assert!(lines(&"日本語".repeat(9), 10, 99).iter().all(|line| width(line) <= 10));
    }

    #[test]
    fn more_lines_than_fit_end_with_a_sign() {
        assert_eq!(lines("one two three", 5, 2), ["one", "two…"]);
        assert!(lines("", 5, 2).is_empty());
    }
}
