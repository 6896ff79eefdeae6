//! `summary.md`: the same in about thirty lines, for a pull request.
//!
//! Nothing from outside can become markup, a link, a mention or a picture: letters that Markdown reads are escaped, and
//! what a forge would turn into a link is cut by an empty comment.

use std::fmt::Write as _;

use serde_json::Value;

use super::clean::clean;
use super::explored::sections;
use super::summary::Summary;
use crate::measure::{Measured, thousands};
use crate::wire::Span;

const NAME: usize = 80;
const SENTENCE: usize = 700;
/// So many hops, rows and reasons.
const MOST_HOPS: usize = 6;
const MOST_ROWS: usize = 8;
const MOST_REASONS: usize = 5;
const MOST_FIXES: usize = 3;

/// The numbers that a reviewer asks for.
const NUMBERS: [(&str, &str); 7] = [
    ("excess", "effects beyond the task"),
    ("irreversible", "cannot be undone"),
    ("detection", "until the first alarm"),
    ("declared", "declared contained"),
    ("closed", "really contained"),
    ("survivors", "credentials that still work"),
    ("collateral", "honest requests hit"),
];

/// The summary of a run. `run` is what stands in its `run.json`.
pub fn markdown(summary: &Summary<'_>, run: &Value) -> String {
    let mut out = String::new();
    let verdict = summary.judgement.verdict.name();
    let _ = writeln!(out, "## {verdict}: {}\n", escaped(&summary.title(), NAME));
    let _ = writeln!(out, "**{}**\n", prose(text(&run["headline"])));
    let scale = summary.scale().map_or_else(String::new, |scale| format!("{} ", prose(&scale)));
    let _ = writeln!(out, "{scale}{}\n", prose(&summary.setting()));
    for reason in list(&run["reasons"]).iter().take(MOST_REASONS) {
        let _ = writeln!(out, "- {}", prose(text(reason)));
    }
    numbers(&mut out, run);
    path(&mut out, run);
    choke_points(&mut out, run);
    matrix(&mut out, run);
    first(&mut out, run);
    explored(&mut out, summary);
    let measure = |key: &str| escaped(text(&run["measures"][key]["text"]), SENTENCE);
    let _ = writeln!(
        out,
        "\nBy the audit log alone: {} pinned on the right agent, {} ambiguous, {} on somebody else, {} not logged.",
        measure("attribution.right"),
        measure("attribution.ambiguous"),
        measure("attribution.wrong"),
        measure("attribution.unlogged"),
    );
    unknown(&mut out, summary);
    let _ = writeln!(out, "\nRepeat: {}", code(text(&run["repeat"])));
    out
}

/// What a real system showed beside the events.
fn explored(out: &mut String, summary: &Summary<'_>) {
    for part in sections(summary) {
        let _ = writeln!(out, "\n{}:\n", prose(part.title));
        for line in part.lines.iter().take(MOST_ROWS) {
            let _ = writeln!(out, "- {}", prose(line));
        }
        more(out, part.lines.len(), MOST_ROWS);
    }
}

fn numbers(out: &mut String, run: &Value) {
    out.push_str("\n| what | how much |\n| --- | --- |\n");
    for (key, label) in NUMBERS {
        let how_much = if needless(run, key) { "no need" } else { text(&run["measures"][key]["text"]) };
        let _ = writeln!(out, "| {label} | {} |", escaped(how_much, NAME));
    }
}

/// Whether somebody had to contain what did no harm, and nobody did. Doors that never opened are told as that.
fn needless(run: &Value, key: &str) -> bool {
    let measure = &run["measures"][key];
    let never = measure["evidence"] == "censored" && (key == "declared" || measure["moot"].is_null());
    run["outcome"] == "prevented" && matches!(key, "declared" | "closed") && never
}

fn path(out: &mut String, run: &Value) {
    let hops = list(&run["chain"]);
    if hops.is_empty() {
        return;
    }
    out.push('\n');
    for (at, hop) in hops.iter().take(MOST_HOPS).enumerate() {
        let _ = writeln!(out, "{}. {}", at + 1, prose(text(hop)));
    }
    more(out, hops.len(), MOST_HOPS);
}

/// What every way went through.
fn choke_points(out: &mut String, run: &Value) {
    let names: Vec<String> = list(&run["choke_points"]).iter().map(|name| escaped(text(name), NAME)).collect();
    if !names.is_empty() {
        let _ = writeln!(out, "\nEvery way to data that is not public went through {}.", names.join(", then "));
    }
}

/// What to fix first, where it was tried.
fn first(out: &mut String, run: &Value) {
    let fixes = list(&run["fixes"]["fixes"]);
    if fixes.is_empty() {
        return;
    }
    if let Some(already) = run["fixes"]["already"].as_str() {
        let _ = writeln!(out, "\n{}", prose(already));
    }
    out.push_str("\n| what to fix first | effect | beyond the task | left over | honest requests hit |\n");
    out.push_str("| --- | --- | --- | --- | --- |\n");
    let mut row = |told: String, effect: String, after: &Value| {
        let number = |key: &str| escaped(text(&after[key]["text"]), NAME);
        let (excess, left, hit) = (number("excess"), number("leftover"), number("collateral"));
        let _ = writeln!(out, "| {told} | {effect} | {excess} | {left} | {hit} |");
    };
    row("as it is".to_owned(), String::new(), &run["fixes"]["before"]);
    for (at, fix) in fixes.iter().take(MOST_FIXES).enumerate() {
        let told = format!("{}: {}", at + 1, escaped(text(&fix["told"]), SENTENCE));
        row(told, text(&fix["effect"]).replace('-', " "), &fix["after"]);
    }
}

fn matrix(out: &mut String, run: &Value) {
    let rows = list(&run["revocation"]);
    if rows.is_empty() {
        return;
    }
    out.push_str("\n| credential | service | still open | late | longest lag |\n| --- | --- | --- | --- | --- |\n");
    for row in rows.iter().take(MOST_ROWS) {
        let count = |key: &str| thousands(row[key].as_u64().unwrap_or(0));
        let longest = row["longest"].as_u64().map_or_else(|| "none".to_owned(), |lag| Span(lag).to_string());
        let (family, service) = (escaped(text(&row["family"]), NAME), escaped(text(&row["service"]), NAME));
        let _ = writeln!(out, "| {family} | {service} | {} | {} | {longest} |", count("open"), count("late"));
    }
    more(out, rows.len(), MOST_ROWS);
}

fn more(out: &mut String, all: usize, most: usize) {
    if all > most {
        let _ = writeln!(out, "\nand {} more in run.json", all - most);
    }
}

fn unknown(out: &mut String, summary: &Summary<'_>) {
    let unknown = summary.measures.values().filter(|(_, value)| matches!(value, Measured::Unknown { .. }));
    let names: Vec<&str> = unknown.map(|(measure, _)| measure.name).collect();
    if !names.is_empty() {
        let _ = writeln!(out, "\nNot known: {}.", names.join(", "));
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Letters that Markdown or a forge reads anywhere in a line.
const MARKS: &str = r"\`*_{}[]|~#!$@";
/// What they read at its beginning.
const BEGINNINGS: &str = "-+=.)";

/// A text in one line that Markdown shows as it is.
fn escaped(text: &str, most: usize) -> String {
    let text = clean(text, most);
    let mut out = String::new();
    let mut before = None;
    for letter in text.trim().chars() {
        let begins = out.chars().all(|c| c.is_ascii_digit());
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // `https://` and what begins with `www.` would be a link.
            '/' if before == Some(':') => out.push_str("<!-- -->/"),
            'w' | 'W' if matches!(before, Some('w' | 'W')) => out.extend(["<!-- -->", letter.encode_utf8(&mut [0; 4])]),
            _ if MARKS.contains(letter) || begins && BEGINNINGS.contains(letter) => out.extend(['\\', letter]),
            _ => out.push(letter),
        }
        if matches!(letter, '@' | '#') {
            out.push_str("<!-- -->");
        }
        before = Some(letter);
    }
    out
}

/// A sentence of ours, with names from outside in it; what stands between backticks is code.
pub fn prose(text: &str) -> String {
    let text = clean(text, SENTENCE);
    let parts = text.split('`').enumerate();
    let set = |(at, part): (usize, &str)| match (at % 2, part) {
        (1, name) if is_plain(name) => code(name),
        (_, part) => spaced(part),
    };
    parts.map(set).collect()
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c))
}

/// Escaped, with the space at its ends.
fn spaced(part: &str) -> String {
    let space = |there: bool| if there && !part.trim().is_empty() { " " } else { "" };
    format!("{}{}{}", space(part.starts_with(' ')), escaped(part, SENTENCE), space(part.ends_with(' ')))
}

/// A command in one line, between more backticks than it has in a row.
pub fn code(text: &str) -> String {
    let text = clean(text, SENTENCE).trim().to_owned();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if longest == 0 { format!("{fence}{text}{fence}") } else { format!("{fence} {text} {fence}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_from_outside_is_markup() {
        assert_eq!(escaped("<img src=x> | *a* [b](c)", 99), r"&lt;img src=x&gt; \| \*a\* \[b\](c)");
        assert_eq!(escaped("@team #1\nhttp://a", 99), r"\@<!-- -->team \#<!-- -->1 http:<!-- -->//a");
        assert_eq!(escaped("www.a\u{202e}b", 99), "w<!-- -->w<!-- -->w.ab");
        assert_eq!(escaped("- a", 99), r"\- a");
        assert_eq!(escaped("12. a", 99), r"12\. a");
    }

    #[test]
    fn what_was_prevented_had_no_need_to_be_contained() {
        let run = |outcome: &str, measure: Value| json!({"outcome": outcome, "measures": {"declared": measure, "closed": measure}});
        let (never, moot) = (json!({"evidence": "censored"}), json!({"evidence": "censored", "moot": true}));
        let open = run("prevented", never.clone());
        assert!(needless(&open, "declared") && needless(&open, "closed"));
        let shut = run("prevented", moot);
        assert!(needless(&shut, "declared") && !needless(&shut, "closed"), "it never opened");
        assert!(!needless(&run("not-contained", never), "closed"));
        assert!(!needless(&run("prevented", json!({"evidence": "exact", "value": 5})), "closed"));
    }

    #[test]
    fn a_sentence_keeps_its_names_apart() {
        assert_eq!(prose("accepted by `a-b` until 2.5 s"), "accepted by `a-b` until 2.5 s");
        assert_eq!(prose("by `a*<b>` and"), r"by a\*&lt;b&gt; and", "what is no name is no code");
    }

    #[test]
    fn a_command_stays_a_command() {
        assert_eq!(code("runaway run a"), "`runaway run a`");
        assert_eq!(code("run 'a``b'"), "``` run 'a``b' ```");
    }
}
