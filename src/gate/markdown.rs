//! The results as a comment under a pull request.

use std::fmt::Write as _;

use crate::report::markdown::{code, prose};

use super::case::{Case, Standing};
use super::results::Results;

/// So many red cases are told in full.
const MOST: usize = 20;

/// Renders the results, the red ones first.
pub fn markdown(results: &Results) -> String {
    let green = results.cases.iter().filter(|case| case.is_green()).count();
    let all = results.cases.len();
    let closed = if results.is_closed() { ", and the gate is closed" } else { "" };
    let mut text = format!("## runaway: {green} of {all} as expected{closed}\n\n");
    for (title, lines) in results.compared.iter().flat_map(|compared| compared.delta.told()) {
        let _ = writeln!(text, "### Beside the baseline: {title}\n");
        for line in lines.iter().take(MOST) {
            let _ = writeln!(text, "- {}", prose(line));
        }
        if lines.len() > MOST {
            let _ = writeln!(text, "- …and {} more", lines.len() - MOST);
        }
        text.push('\n');
    }
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
                let _ = writeln!(text, "- {}: {}: {}", code(&case.name), prose(&limit.told), prose(why));
            }
        }
        text.push('\n');
    }
    for complaint in &results.suppressions {
        let _ = writeln!(text, "> {}\n", prose(complaint));
    }
    let never = results.coverage.scenarios.iter().chain(&results.coverage.inventory).filter(|of| !of.never.is_empty());
    let lines: Vec<String> =
        never.map(|of| format!("| {} | {} of {} |", prose(&of.of), of.reached(), of.operations)).collect();
    if !lines.is_empty() {
        let _ = writeln!(text, "| operations exercised | |\n| --- | --- |\n{}", lines.join("\n"));
    }
    text
}

fn tell(text: &mut String, case: &Case) {
    let _ = writeln!(text, "### {} {}\n", case.standing.word(), code(&case.name));
    let _ = writeln!(text, "{}\n", prose(&case.headline));
    let _ = writeln!(text, "{}.\n", prose(&case.complaint()));
    for reason in &case.reasons {
        let _ = writeln!(text, "- {}", prose(reason));
    }
    for cause in &case.causes {
        let _ = writeln!(
            text,
            "- {}: {}",
            code(&format!("{}:{} {}", case.file, cause.line, cause.path)),
            prose(&cause.told)
        );
    }
    text.push('\n');
}
