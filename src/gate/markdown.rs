//! The results as a comment under a pull request.

use std::fmt::Write as _;

use super::case::{Case, Standing};
use super::results::Results;

/// So many red cases are told in full.
const MOST: usize = 20;

/// Renders the results, the red ones first.
pub fn markdown(results: &Results) -> String {
    let green = results.cases.iter().filter(|case| case.is_green()).count();
    let all = results.cases.len();
    let mut text = format!("## runaway: {green} of {all} as expected\n\n");
    let red: Vec<&Case> = results.cases.iter().filter(|case| !case.is_green()).collect();
    for case in red.iter().take(MOST) {
        tell(&mut text, case);
    }
    if red.len() > MOST {
        let _ = writeln!(text, "…and {} more.\n", red.len() - MOST);
    }
    let suppressed: Vec<&Case> = results.cases.iter().filter(|case| case.standing == Standing::Suppressed).collect();
    if !suppressed.is_empty() {
        text.push_str("### Suppressed\n\n");
        for case in suppressed {
            for limit in case.limits.iter().filter(|limit| limit.holds == Some(false)) {
                let why = limit.suppressed.as_deref().unwrap_or_default();
                let _ = writeln!(text, "- {}: {}: {}", code(&case.name), plain(&limit.told), plain(why));
            }
        }
        text.push('\n');
    }
    for complaint in &results.suppressions {
        let _ = writeln!(text, "> {}\n", plain(complaint));
    }
    let never = results.coverage.scenarios.iter().chain(&results.coverage.inventory).filter(|of| !of.never.is_empty());
    let lines: Vec<String> =
        never.map(|of| format!("| {} | {} of {} |", plain(&of.of), of.reached(), of.operations)).collect();
    if !lines.is_empty() {
        let _ = writeln!(text, "| operations exercised | |\n| --- | --- |\n{}", lines.join("\n"));
    }
    text
}

fn tell(text: &mut String, case: &Case) {
    let _ = writeln!(text, "### {} {}\n", case.standing.word(), code(&case.name));
    let _ = writeln!(text, "{}\n", plain(&case.headline));
    let _ = writeln!(text, "{}.\n", plain(&case.complaint()));
    for reason in &case.reasons {
        let _ = writeln!(text, "- {}", plain(reason));
    }
    for cause in &case.causes {
        let _ = writeln!(
            text,
            "- {}: {}",
            code(&format!("{}:{} {}", case.file, cause.line, cause.path)),
            plain(&cause.told)
        );
    }
    text.push('\n');
}

/// Text that Markdown and HTML leave as it is, on one line.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '!' | '~' | '@' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c if is_hidden(c) => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Text between backticks.
fn code(text: &str) -> String {
    let shown: String = text.chars().map(|c| if c == '`' || is_hidden(c) { ' ' } else { c }).collect();
    format!("`{shown}`")
}

/// What a reader would not see, or would see elsewhere: control characters, and those that turn the direction round.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_scenario_says_is_text_and_nothing_else() {
        let hostile = "<script>x</script> [a](javascript:b) `c` \u{1b}[31m \u{202e}d\n# e @team";
        let shown = plain(hostile);
        assert!(
            !shown.contains('<') && !shown.contains('\u{1b}') && !shown.contains('\n') && !shown.contains('\u{202e}')
        );
        assert!(shown.contains("\\[a\\](javascript:b)") && shown.contains("\\@team"));
        assert_eq!(code("a`b\u{7}c"), "`a b c`");
    }
}
