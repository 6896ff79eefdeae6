//! SARIF 2.1.0, as code scanners read it: one result for each broken limit, where the scenario made it possible, with
//! the way of the agent as its code flow.

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::report::tags::said;

use super::case::{Case, Limit, Standing};
use super::results::Results;
use super::rules::{INCOMPLETE, INEFFECTIVE, RULES, Rule, by_id, rule_of};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// A list of names that others keep for what can go wrong.
struct Taxonomy {
    name: &'static str,
    version: &'static str,
    organization: &'static str,
    uri: &'static str,
    of: fn(&Rule) -> &'static [&'static str],
}

const TAXONOMIES: [Taxonomy; 4] = [
    Taxonomy {
        name: "OWASP Agentic",
        version: "2026",
        organization: "OWASP",
        uri: "https://genai.owasp.org/resource/owasp-top-10-for-agentic-applications-for-2026/",
        of: |rule| rule.agentic,
    },
    Taxonomy {
        name: "OWASP NHI",
        version: "2025",
        organization: "OWASP",
        uri: "https://owasp.org/www-project-non-human-identities-top-10/2025/",
        of: |rule| rule.identities,
    },
    Taxonomy {
        name: "OWASP API",
        version: "2023",
        organization: "OWASP",
        uri: "https://owasp.org/API-Security/editions/2023/en/0x11-t10/",
        of: |rule| rule.api,
    },
    Taxonomy {
        name: "MITRE ATT&CK",
        version: "18.1",
        organization: "MITRE",
        uri: "https://attack.mitre.org/versions/v18/",
        of: |rule| rule.attack,
    },
];

/// Renders the results.
pub fn sarif(results: &Results) -> Value {
    let told: Vec<Value> = results.cases.iter().flat_map(of_case).collect();
    let incomplete: Vec<&Case> = results.cases.iter().filter(|case| case.standing >= Standing::Inconclusive).collect();
    let notification = |case: &&Case| {
        json!({
            "level": "error",
            "message": {"text": format!("{}: {}", case.name, case.complaint())},
            "locations": [location(case, case.line, None)],
            "descriptor": {"id": INCOMPLETE},
        })
    };
    let taxonomy = |taxonomy: &Taxonomy| {
        let mut ids: Vec<&str> = RULES.iter().flat_map(|rule| (taxonomy.of)(rule).iter().copied()).collect();
        ids.sort_unstable();
        ids.dedup();
        json!({
            "name": taxonomy.name, "version": taxonomy.version, "organization": taxonomy.organization,
            "informationUri": taxonomy.uri, "shortDescription": {"text": taxonomy.name},
            "taxa": ids.into_iter().map(taxon).collect::<Vec<_>>(),
        })
    };
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "runaway",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": "https://runaway.invalid/",
                "rules": RULES.iter().map(rule).collect::<Vec<_>>(),
                "supportedTaxonomies": TAXONOMIES.iter().map(|t| json!({"name": t.name})).collect::<Vec<_>>(),
            }},
            "taxonomies": TAXONOMIES.iter().map(taxonomy).collect::<Vec<_>>(),
            "automationDetails": {"id": "runaway/"},
            "invocations": [{
                "executionSuccessful": incomplete.is_empty(),
                "exitCode": results.exit() as u8,
                "toolExecutionNotifications":
                    incomplete.iter().map(notification).chain(compared(results)).collect::<Vec<_>>(),
            }],
            "results": told,
            "columnKind": "utf16CodeUnits",
        }],
    })
}

/// Notifications about what is different from the baseline.
const COMPARED: &str = "baseline";

/// What is different from the baseline.
fn compared(results: &Results) -> impl Iterator<Item = Value> {
    results.compared.iter().flat_map(|compared| {
        let level = if compared.closes { "error" } else { "note" };
        let notification = move |title: &str, line: &String| {
            json!({"level": level, "message": {"text": format!("{title}: {line}")}, "descriptor": {"id": COMPARED}})
        };
        let told = compared.delta.told().into_iter();
        told.flat_map(move |(title, lines)| lines.iter().map(|line| notification(title, line)).collect::<Vec<_>>())
    })
}

/// `NHI5:2025`, with what it stands for.
fn taxon(id: &str) -> Value {
    let number = id.split(':').next().unwrap_or(id);
    match said(number) {
        Some(said) => json!({"id": id, "shortDescription": {"text": said}}),
        None => json!({"id": id}),
    }
}

fn rule(rule: &Rule) -> Value {
    let relations = TAXONOMIES.iter().flat_map(|taxonomy| {
        (taxonomy.of)(rule)
            .iter()
            .map(|id| json!({"target": {"id": id, "toolComponent": {"name": taxonomy.name}}, "kinds": ["relevant"]}))
    });
    let tags = TAXONOMIES.iter().flat_map(|taxonomy| (taxonomy.of)(rule)).copied().chain(["security"]);
    json!({
        "id": rule.id, "name": rule.name,
        "shortDescription": {"text": rule.short},
        "fullDescription": {"text": rule.short},
        "help": {"text": rule.help, "markdown": rule.help},
        "defaultConfiguration": {"level": "error"},
        "relationships": relations.collect::<Vec<_>>(),
        "properties": {"security-severity": rule.severity, "tags": tags.collect::<Vec<_>>()},
    })
}

/// The results of a case: its broken limits; or that it should have broken some, or says nothing.
fn of_case(case: &Case) -> Vec<Value> {
    let broken: Vec<&Limit> = case.limits.iter().filter(|limit| limit.holds == Some(false)).collect();
    if broken.is_empty() {
        return match case.standing {
            Standing::AsExpected | Standing::Suppressed => Vec::new(),
            Standing::Unexpected => vec![result(case, by_id(INEFFECTIVE), "verdict", &case.complaint(), case.line)],
            Standing::Inconclusive | Standing::Aborted => {
                vec![result(case, by_id(INCOMPLETE), "verdict", &case.complaint(), case.line)]
            }
        };
    }
    broken.into_iter().map(|limit| of_limit(case, limit)).collect()
}

fn of_limit(case: &Case, limit: &Limit) -> Value {
    let line = case.causes.first().map_or(limit.line, |cause| cause.line);
    let mut value = result(case, rule_of(&limit.measure), &limit.measure, &limit.told, line);
    let related = case.causes.iter().skip(1).map(|cause| location(case, cause.line, Some(&cause.told)));
    let written = location(case, limit.line, Some("the limit"));
    value["relatedLocations"] = related.chain([written]).collect();
    if !case.hops.is_empty() {
        value["codeFlows"] = json!([{"threadFlows": [{"locations": case.hops.iter().enumerate().map(|(at, hop)| json!({
            "location": location(case, hop.line, Some(&hop.told)),
            "executionOrder": at + 1,
            "nestingLevel": at,
            "importance": "essential",
        })).collect::<Vec<_>>()}]}]);
    }
    let excuse = match &limit.suppressed {
        Some(reason) => Some(("external", reason.clone())),
        None if case.is_to_fail() => Some(("inSource", "expect_verdict: fail".to_owned())),
        None => None,
    };
    if let Some((kind, justification)) = excuse {
        value["level"] = json!("note");
        value["suppressions"] = json!([{"kind": kind, "status": "accepted", "justification": justification}]);
    }
    value
}

fn result(case: &Case, rule: &Rule, about: &str, told: &str, line: usize) -> Value {
    let causes: Vec<String> =
        case.causes.iter().take(3).map(|cause| format!("line {}: {}", cause.line, cause.told)).collect();
    let because = if causes.is_empty() { String::new() } else { format!(". {}", causes.join("; ")) };
    json!({
        "ruleId": rule.id,
        "ruleIndex": RULES.iter().position(|other| other.id == rule.id),
        "level": "error",
        "kind": "fail",
        "message": {"text": format!("{}: {told}{because}", case.name)},
        "locations": [location(case, line, None)],
        "partialFingerprints": {"runaway/v1": fingerprint(&[&case.scenario, case.variant.as_deref().unwrap_or(""), rule.id, about])},
        "properties": {"headline": case.headline},
    })
}

fn location(case: &Case, line: usize, message: Option<&str>) -> Value {
    let mut location = json!({"physicalLocation": {
        "artifactLocation": {"uri": uri(&case.file), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": line},
    }});
    if let Some(message) = message {
        location["message"] = json!({"text": message});
    }
    location
}

/// What may stand in a path as it is, RFC 3986 section 2.3.
const UNRESERVED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path as a reference that is relative to the root of the sources.
fn uri(file: &str) -> String {
    let path = file.replace(std::path::MAIN_SEPARATOR, "/");
    percent_encoding::utf8_percent_encode(path.trim_start_matches("./"), UNRESERVED).to_string()
}

/// The same for the same finding, whatever else changed: no numbers, no times, no lines.
fn fingerprint(parts: &[&str]) -> String {
    let digest = Sha256::digest(parts.join("\u{1f}"));
    HEXLOWER.encode(&digest[..16])
}
