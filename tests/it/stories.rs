//! The fifteen stories: each in the library under its name, with all that a story has.

use std::collections::BTreeSet;

use jsonschema::validator_for;
use runaway::scenario::schema;
use serde_json::Value;

const STORIES: [&str; 15] = [
    "volume-delete",
    "wiper",
    "moltbook",
    "prod-freeze",
    "runaway-loop",
    "wrong-endpoint",
    "heartbeat-worm",
    "build-postinstall",
    "private-to-public",
    "ticket-service-role",
    "build-triage",
    "ticket-attachments",
    "saas-fanout",
    "deploy-recreate",
    "forged-issuer",
];

#[test]
fn there_are_fifteen_stories() {
    let embedded = runaway::library::SCENARIOS.iter().map(|scenario| scenario.name).collect::<Vec<_>>();
    assert_eq!(embedded.len(), STORIES.len());
    assert!(STORIES.iter().all(|name| embedded.contains(name)), "{embedded:?}");
}

#[test]
fn every_story_fits_the_schema_and_names_it_for_editors() {
    let validator = validator_for(&schema()).unwrap();
    for name in STORIES {
        let text = runaway::library::find(name).expect("a scenario of the library").text;
        let mut lines = text.lines();
        let line = "# yaml-language-server: $schema=../schemas/scenario.schema.json";
        assert_eq!(lines.next(), Some(line), "{name}");
        assert!(lines.next().is_some_and(|l| l.starts_with('#')), "{name}: the header tells the story");
        let value: Value = serde_saphyr::from_str(text).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        for key in ["story", "based_on", "sources", "place", "tags", "truth", "limits", "variants"] {
            assert!(value.get(key).is_some(), "{name} has no {key}");
        }
        assert!(value["variants"].get("hardened").is_some(), "{name} has no hardened twin");
    }
}

/// How each fact of a header is known, written by hand: [V] was read in a source, [R] recalled from one, and for [C] sources
/// conflict. The mark stands behind the fact, and another fact may stand between.
const FACTS: &[(&str, &[(&str, &str)])] = &[
    (
        "volume-delete",
        &[("in one call that took nine seconds", "V"), ("30 hours of outage", "V"), ("the founder's account", "V")],
    ),
    (
        "wiper",
        &[("It did not run, by a syntax error", "V"), ("released 17 July, pulled 25 July", "V"), ("AML.CS0047", "V")],
    ),
    (
        "moltbook",
        &[
            ("found 21:48 UTC, fixes at 23:29, 00:44 and 01:00 UTC", "V"),
            ("1.5 M API tokens, 4,060 private conversations, three rounds of fixes", "V"),
            ("trustwarden.ai, securie.ai, treblle.com on the same", "V"),
        ],
    ),
    (
        "prod-freeze",
        &[
            ("1,206 executives, 1,196 companies, about 4,000 invented rows", "V"),
            ("restored by a rollback that was denied", "V"),
            ("ai-entrepreneurship.wiki, vibegraveyard.ai", "V"),
        ],
    ),
    (
        "runaway-loop",
        &[
            ("eleven days, while every dashboard was green", "V, single author; C: one page tells it as one night"),
            ("$47,000 in eleven days, as one author tells it", "V, C"),
            ("dev.to/utibe_okodi", "V"),
        ],
    ),
    (
        "wrong-endpoint",
        &[("an old version of an API that nobody lists any more", "R"), ("API9:2023", "R"), ("leaddev.com", "V")],
    ),
    (
        "heartbeat-worm",
        &[
            ("read the same feed every four hours and do what it says", "V Knostic"),
            ("hidden instructions in about 2.6 % of the posts", "R"),
            ("a heartbeat of four hours", "V"),
            ("the mechanics behind Moltbook", "V"),
            ("AML.CS0048, AML.CS0051", "V"),
        ],
    ),
    (
        "build-postinstall",
        &[
            ("live for 5 h 20 min", "V"),
            ("about 200 packages in 24 h", "V"),
            ("GHSA-cxm3-wv7p-598c", "V"),
            ("go.sysdig.com on Shai-Hulud", "V"),
            ("incident report of 4 January 2023", "V"),
        ],
    ),
    (
        "private-to-public",
        &[
            ("No server had a bug", "V"),
            ("found early in 2025, mended in May, no abuse seen", "V"),
            ("research; no fault of the server", "V"),
            ("agntid.ai", "V"),
            ("on EchoLeak", "V"),
        ],
    ),
    (
        "ticket-service-role",
        &[
            ("no customer was harmed as far as is known", "V"),
            ("research, no customer case", "V"),
            ("Defense in Depth for MCP Servers", "V"),
            ("Living off AI", "V"),
        ],
    ),
    (
        "build-triage",
        &[
            ("An earlier rotation had missed the token in use", "R"),
            ("flagged after 14 min, live for 8 h, about 4,000 machines", "V"),
            ("superagent.sh on Clinejection", "V"),
        ],
    ),
    (
        "ticket-attachments",
        &[
            ("files of 134 customers, five sessions hijacked; noticed by customers after 19 days", "V"),
            ("28 September to 17 October 2023", "V"),
            ("valencesecurity.com", "V"),
        ],
    ),
    (
        "saas-fanout",
        &[
            ("700 and more organisations, 12 days", "V"),
            ("Okta was spared by an address restriction", "V"),
            ("104 tokens of Cloudflare in case texts", "V"),
        ],
    ),
    (
        "deploy-recreate",
        &[
            ("a role that needed no second approval", "V"),
            ("Amazon calls it misconfigured access, not AI", "V"),
            ("tectack.org, agentpostmortem.com, vibegraveyard.ai", "V"),
        ],
    ),
    ("forged-issuer", &[("found by a victim in a paid log", "R"), ("Cyber Safety Review Board", "V")]),
];

/// What a story says of its incident before it says what the world is: on one line, without the marks of comments.
fn header(text: &str) -> String {
    let lines = text.lines().take_while(|line| !line.starts_with("place:"));
    lines.flat_map(|line| line.trim_start_matches('#').split_whitespace()).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_fact_says_how_it_is_known() {
    assert_eq!(FACTS.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>(), BTreeSet::from(STORIES));
    for (name, facts) in FACTS {
        let header = header(runaway::library::find(name).expect("a scenario of the library").text)
            .replace("([V] read in a source, [R] recalled, [C] sources conflict)", "");
        for (fact, mark) in *facts {
            let (_, behind) =
                header.split_once(fact).unwrap_or_else(|| panic!("{name} does not say `{fact}`: {header}"));
            let known = behind.trim_start_matches(|c| c != '[').trim_start_matches('[').split(']').next();
            assert_eq!(known, Some(*mark), "{name}: {fact}");
        }
        assert_eq!(header.matches('[').count(), facts.len(), "{name}: a mark that is not listed here: {header}");
    }
}
