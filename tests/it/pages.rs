//! What people read of a run besides the terminal: `report.html` and `summary.md`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use regex::Regex;
use runaway::model::Plan;
use runaway::report::{RunReport, Summary, markdown, page};
use runaway::wire::Event;
use serde_json::Value;

use crate::support::{Ran, library, run};

/// Runs that differ in what their pages have to show.
pub const SHOWN: &[(&str, Option<&str>)] = &[
    ("moltbook", Some("three-rounds")),
    ("moltbook", Some("hardened")),
    ("wiper", Some("lag-60s")),
    ("private-to-public", None),
    ("build-triage", None),
    ("saas-fanout", None),
    ("saas-fanout", Some("app-ended")),
    ("forged-issuer", Some("key-removed-24h")),
    ("volume-delete", None),
    ("ticket-service-role", None),
];

/// A run with what is written of it.
struct Written {
    run: Value,
    page: String,
    summary: String,
}

fn written(ran: &Ran) -> Written {
    let summary = Summary {
        fixes: None,
        plan: &ran.prepared.plan,
        references: &ran.prepared.references,
        measures: &ran.finished.measures,
        judgement: &ran.finished.judgement,
        events: &ran.events,
        plane: "sim",
    };
    let run = serde_json::to_value(RunReport::of(&summary, &"0".repeat(64))).expect("JSON");
    let page = page(&summary, &run, &ran.comparison.resolved.document);
    Written { page, summary: markdown(&summary, &run), run }
}

fn all() -> impl Iterator<Item = (String, Written)> {
    SHOWN.iter().map(|(name, variant)| (format!("{name}@{variant:?}"), written(&run(&library(name), *variant, &[]))))
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[test]
fn every_number_is_that_of_run_json() {
    let measures = Regex::new(r#"data-measure="([^"]+)">([^<]*)<"#).unwrap();
    let others = Regex::new(r#"data-run="([^"]+)" (?:data-)?value="(\d+)">"#).unwrap();
    for (name, Written { run, page, .. }) in all() {
        let mut seen = 0;
        for found in measures.captures_iter(&page) {
            let said = run["measures"][&found[1]]["text"].as_str().expect("a measure");
            assert_eq!(unescaped(&found[2]), said, "{name}: {}", &found[1]);
            seen += 1;
        }
        for found in others.captures_iter(&page) {
            let said = run.pointer(&found[1]).unwrap_or_else(|| panic!("{name}: nothing at {}", &found[1]));
            assert_eq!(said.to_string(), found[2], "{name}: {}", &found[1]);
            seen += 1;
        }
        assert!(seen > 80, "{name}: only {seen} numbers");
    }
}

fn without_tags(page: &str) -> String {
    let plain = Regex::new(r"(?s)<style>.*?</style>|<[^>]*>").unwrap().replace_all(page, " ").into_owned();
    unescaped(&plain).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_summary_of_what_was_prevented_says_so() {
    let Written { summary, .. } = written(&run(&library("moltbook"), Some("hardened"), &[]));
    let row = |row: &str| assert!(summary.contains(row), "no {row} in {summary}");
    row("| declared contained | no need |");
    row("| really contained | never open |");
}

/// A number is read with what it stands for, and nobody takes a model for the real system.
#[test]
fn the_scale_and_the_setting_stand_beside_the_numbers() {
    let ran = run(&library("moltbook"), Some("three-rounds"), &[]);
    let scale = "one agent, and one agent's token, stands for a thousand of the incident's 1.5 million";
    let Written { run: json, page, summary } = written(&ran);
    assert!(json["scale"].as_str().is_some_and(|said| said.starts_with(scale)), "{}", json["scale"]);
    let page = without_tags(&page);
    let (at, numbers) = (page.find(scale).expect("the scale"), page.find("Verdict:").expect("the numbers"));
    assert!(at < numbers);
    assert!(page[..numbers].contains("This is a simulation: no real system was touched."), "{page}");
    let head: String = summary.lines().take(6).collect::<Vec<_>>().join(" ");
    assert!(head.contains(scale) && head.contains("no real system was touched"), "{head}");
    let desk = crate::cli::Desk::new();
    for args in [
        &["run", "moltbook@hardened", "--quiet"][..],
        &["run", "moltbook"],
        &["show", "moltbook"],
        &["demo", "--sim-only"],
    ] {
        let told = String::from_utf8_lossy(&desk.run(args).stdout).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(&format!("Scale: {scale}")), "{args:?}: {told}");
    }
    let Written { run: json, page, summary } = written(&run(&library("wiper"), None, &[]));
    assert!(json.get("scale").is_none() && !page.contains("Scale:") && !summary.contains("Scale:"));
}

/// A reader without the vocabulary reads what a limit is about before its key.
#[test]
fn a_limit_is_told_by_what_it_means() {
    for (name, key) in [("wiper", "excess.delete"), ("heartbeat-worm", "turned"), ("volume-delete", "excess.delete")] {
        let page = without_tags(&written(&run(&library(name), None, &[])).page);
        let limit = page.find(&format!(" {key} is ")).unwrap_or_else(|| panic!("{name}: no limit on {key}"));
        let meaning = page[..limit].rsplit_once("happened.").expect("the verdict").1.trim();
        assert!(meaning.ends_with(':') && meaning.contains("that") && !meaning.contains("pair"), "{name}: {meaning}");
    }
}

/// Things that are made while a worm spreads are read too: more than there was to reach, and nothing of it left over.
#[test]
fn what_is_made_on_the_way_contradicts_nothing() {
    let ran = run(&library("heartbeat-worm"), None, &[]);
    let Written { run: json, page, .. } = written(&ran);
    let value = |key: &str| json["measures"][key]["value"].as_u64().expect("a count");
    assert!(value("reach") > value("potential.uncontrolled") && value("survivors") > 0 && value("leftover") == 0);
    let page = without_tags(&page);
    assert!(page.contains("Of what there was at the start, this identity could touch"), "{page}");
    assert!(page.contains("something new could still be made") && !page.contains("0 things could still be touched"));
    assert!(!page.contains("the harm went on until"), "the curve goes as far: {page}");
}

#[test]
fn what_to_fix_first_stands_on_the_page_where_it_was_tried() {
    let desk = crate::cli::Desk::new();
    let ran = desk.run(&["run", "saas-fanout", "--fix", "--quiet", "--out", "out"]);
    assert_eq!(ran.status.code(), Some(1), "{}", String::from_utf8_lossy(&ran.stderr));
    let read = |name: &str| std::fs::read_to_string(desk.path().join("out").join(name)).unwrap();
    let (page, summary) = (read("report.html"), read("summary.md"));
    let run: Value = serde_json::from_str(&read("run.json")).unwrap();
    let schema = jsonschema::validator_for(&runaway::report::run_schema()).unwrap();
    assert!(schema.is_valid(&run), "{:?}", schema.iter_errors(&run).map(|e| e.to_string()).collect::<Vec<_>>());
    let first = run["fixes"]["fixes"][0]["told"].as_str().unwrap();
    assert!(
        page.contains("id=\"first\"") && page.contains(first) && summary.contains("what to fix first"),
        "{summary}"
    );
    let texts = Regex::new(r#"data-run="([^"]+/text)">([^<]*)<"#).unwrap();
    let mut seen = 0;
    for found in texts.captures_iter(&page) {
        assert_eq!(run.pointer(&found[1]).and_then(Value::as_str), Some(&*unescaped(&found[2])), "{}", &found[1]);
        seen += 1;
    }
    assert_eq!(seen, 4 + 7 * 5, "four in the sentence, five in each row");
    assert!(summary.lines().count() <= 45, "{summary}");
}

#[test]
fn the_parts_stand_in_the_order_of_a_reader_with_three_minutes() {
    let written = written(&run(&library("moltbook"), Some("three-rounds"), &[]));
    let order = [
        "data-run=\"/headline\"",
        "id=\"verdict\"",
        "id=\"over-time\"",
        "id=\"path\"",
        "id=\"revocation\"",
        "id=\"left\"",
        "id=\"ways\"",
        "id=\"reach\"",
        "id=\"blame\"",
        "id=\"unknown\"",
        "id=\"measures\"",
        "id=\"repeat\"",
        "id=\"tags\"",
        "id=\"scenario\"",
    ];
    let places: Vec<usize> =
        order.iter().map(|part| written.page.find(part).unwrap_or_else(|| panic!("{part}"))).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(written.page.contains("runaway run moltbook@three-rounds --plane sim --seed 1"));
}

#[test]
fn a_page_needs_nothing_but_itself_and_a_summary_is_short() {
    let asks =
        Regex::new(r#"(?i)<(script|link|img|iframe|object|embed|base)|\ssrc=|\son[a-z]+=|url\((?:[^#]|$)|@import"#)
            .unwrap();
    for (name, Written { page, summary, .. }) in all() {
        assert_eq!(asks.find(&page).map(|found| found.as_str()), None, "{name}");
        assert!(page.len() < 1_000_000, "{name}: {}", page.len());
        assert!(summary.lines().count() <= 45, "{name}:\n{summary}");
    }
}

const HOSTILE: &str = "\"'></title></style><script>alert(1)</script><img src=x onerror=alert(1)>\u{1b}[31m\u{9b}2J\u{0}\u{202e}gpj\u{2066} [a](javascript:alert(1)) ![i](http://x/i.png) @team #1 `|* www.x.y";

/// Says hostile things wherever a plan has a name.
fn poison(plan: &mut Plan) {
    let hostile = || HOSTILE.to_owned();
    plan.meta.name = hostile();
    plan.meta.story = format!("{HOSTILE}\n\n{}", "x".repeat(1 << 20));
    (plan.meta.based_on, plan.meta.sources, plan.meta.tags) = (Some(hostile()), vec![hostile()], vec![hostile()]);
    plan.services.iter_mut().for_each(|service| service.name = hostile());
    plan.operations.iter_mut().for_each(|operation| operation.name = hostile());
    plan.families.iter_mut().for_each(|family| family.name = hostile() + &"\u{5d0}".repeat(1 << 20));
    plan.collections.iter_mut().for_each(|collection| collection.name = hostile());
    plan.populations.iter_mut().for_each(|population| population.name = hostile());
    plan.classes.iter_mut().for_each(|class| *class = hostile());
    plan.agents.iter_mut().for_each(|agent| agent.name = hostile());
    plan.instructions.iter_mut().for_each(|instruction| instruction.name = hostile());
    plan.controls.steps.iter_mut().for_each(|step| step.name = hostile());
    plan.controls.limits.iter_mut().for_each(|limit| limit.name = hostile());
}

/// A page and a summary in which everything that can have a name has a hostile one.
pub fn hostile() -> (String, String, String) {
    let mut ran = run(&library("build-triage"), None, &[]);
    poison(Arc::make_mut(&mut ran.prepared.plan));
    ran.comparison.resolved.document = serde_json::json!({ HOSTILE: [HOSTILE, "x".repeat(1 << 20)] });
    let Written { run, page, summary } = written(&ran);
    (page, summary, run.to_string())
}

#[test]
fn hostile_names_are_harmless() {
    let (page, summary, _) = hostile();
    let unseen =
        |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let tags = Regex::new(r"(?i)</?(script|img|iframe|object|base|link|a\s+href=.javascript)").unwrap();
    let summary = without_code(&summary);
    for (what, text) in [("the page", &page), ("the summary", &summary)] {
        assert_eq!(text.find(unseen), None, "{what} has control characters");
        assert!(tags.find(text).is_none(), "{what}: {:?}", tags.find(text));
        assert!(text.len() < 1_000_000, "{what}: {}", text.len());
    }
    assert!(page.contains("&lt;script&gt;"), "it is shown as text");
    assert_eq!(page.matches("</style>").count(), 1);
    let live = Regex::new(r"[^\\](\[|\]|\*\*alert|@team|!\[)|://|www\.").unwrap();
    assert!(live.find(&summary).is_none(), "{:?} in {summary}", live.find(&summary));
}

/// Markdown without its code spans: what stands between two runs of as many backticks (CommonMark 0.31, section 6.1).
fn without_code(text: &str) -> String {
    let ticks = |text: &str| text.chars().take_while(|c| *c == '`').count();
    let mut out = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let n = ticks(rest);
        if letter == '\\' {
            let two: usize = rest.chars().take(2).map(char::len_utf8).sum();
            out.push_str(&rest[..two]);
            rest = &rest[two..];
        } else if n == 0 {
            out.push(letter);
            rest = &rest[letter.len_utf8()..];
        } else {
            let inside = &rest[n..];
            let closes = |at: &usize| ticks(&inside[*at..]) == n && !inside[..*at].ends_with('`');
            let end = inside.match_indices('`').map(|(at, _)| at).find(closes).expect("a span that ends");
            rest = &inside[end + n..];
        }
    }
    out
}

#[test]
fn a_million_actions_make_a_small_page_soon() {
    let mut ran = run(&library("moltbook"), Some("uncontrolled"), &[]);
    let asked =
        ran.events.iter().copied().find(|event| matches!(event, Event::Asked { op: Some(_), .. })).expect("a request");
    ran.events.extend(std::iter::repeat_n(asked, 1_000_000));
    #[expect(clippy::disallowed_methods, reason = "the page of a million actions has a bound in time")]
    let begun = Instant::now();
    let written = written(&ran);
    let took = begun.elapsed();
    assert!(written.page.len() < 1_000_000, "{}", written.page.len());
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(written.page.contains("1,0"), "they are counted");
}

/// The relative luminance of `#rrggbb` (WCAG 2.2).
fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

#[test]
fn colours_have_contrast_in_both_schemes() {
    let css = include_str!("../../src/report/html/style.css");
    let blocks: Vec<&str> = css.split(":root {").skip(1).map(|block| block.split('}').next().unwrap()).collect();
    assert_eq!(blocks.len(), 3, "light, dark, paper");
    for block in blocks {
        let colour = |name: &str| {
            let (_, rest) = block.split_once(&format!("--{name}: ")).unwrap_or_else(|| panic!("{name}"));
            luminance(&rest[..7])
        };
        let ratio = |a: &str, b: &str| {
            let (a, b) = (colour(a), colour(b));
            (a.max(b) + 0.05) / (a.min(b) + 0.05)
        };
        for (ink, paper) in [
            ("ink", "paper"),
            ("soft", "paper"),
            ("soft", "wash"),
            ("ink", "wash"),
            ("link", "paper"),
            ("badge-ink", "fail-bg"),
            ("badge-ink", "pass-bg"),
            ("badge-ink", "other-bg"),
            ("ink", "open-bg"),
            ("ink", "late-bg"),
            ("ink", "none-bg"),
            ("ink", "early-bg"),
        ] {
            assert!(ratio(ink, paper) >= 4.5, "{ink} on {paper}: {:.2}", ratio(ink, paper));
        }
        for line in ["blue", "green", "red", "faint"] {
            assert!(ratio(line, "paper") >= 3.0, "{line}: {:.2}", ratio(line, "paper"));
        }
    }
}
