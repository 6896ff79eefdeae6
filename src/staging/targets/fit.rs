//! Whether a drill fits under its own caps and rules. This can be seen only in the whole.

use std::collections::BTreeSet;

use super::lower_provider::is_unknown;
use super::lower_text::{path_alone, path_as_pattern};
use super::{Act, CredentialIx, Reference, Request, Targets};
use crate::scenario::tree::Node;
use crate::scenario::{Code, Finding, quantity};
use crate::wire::Span;

/// Whether the caps let the drill happen at all.
pub(super) fn check_fit(targets: &Targets, root: &Node, findings: &mut Vec<Finding>) {
    if root.get("drill").is_some() {
        check_drill(targets, root, findings);
    }
    check_writes(targets, root, findings);
}

fn check_drill(targets: &Targets, root: &Node, findings: &mut Vec<Finding>) {
    let drill = root.get("drill").map_or(root.place, |drill| drill.place);
    let place = |key: &str| root.get("caps").and_then(|caps| caps.get(key)).map_or(drill, |node| node.place);
    let allowed = targets.caps.rate.between().map_or(0.0, |between| 1.0 / between.as_secs_f64());
    let asked = targets.probes_per_second();
    if asked > allowed {
        let message = format!("the probes come to {asked:.1} requests a second, and the cap is {allowed:.1}");
        findings.push(
            Finding::new(Code::ImpossibleNumber, place("rate"), message)
                .help("raise `caps: rate`, lengthen `cadence`, or lower `phases`"),
        );
    }
    let longest = targets.drill.steady + targets.drill.over + targets.drill.deadline;
    let needed = asked * longest.as_secs_f64();
    if needed > targets.caps.requests as f64 {
        let message = format!(
            "up to the deadline the probes come to {needed:.0} requests, and the cap is {}",
            quantity::shown(targets.caps.requests)
        );
        findings.push(
            Finding::warning(Code::ImpossibleNumber, place("requests"), message)
                .help("raise `caps: requests`, or the drill may stop before its deadline"),
        );
    }
    check_deadline(targets, root, findings);
    check_settle(targets, root, findings);
    if longest > targets.caps.duration {
        let message = format!("the drill may take {longest}, and everything stops after {}", targets.caps.duration);
        findings
            .push(Finding::warning(Code::ImpossibleNumber, place("duration"), message).help("raise `caps: duration`"));
    }
}

/// Whether there is time to see that what was promised does not hold.
fn check_deadline(targets: &Targets, root: &Node, findings: &mut Vec<Finding>) {
    let deadline = targets.drill.deadline;
    let longest = targets.service_ids().filter_map(|service| targets.promised(service)).max();
    if deadline == Span::ZERO {
        let place = root.get("drill").and_then(|drill| drill.key("deadline")).map_or(root.place, |key| key.place);
        let finding = Finding::new(Code::ImpossibleNumber, place, "nobody would look after the last step");
        return findings.push(finding.help("say how long it may take to stop: `deadline: 5min`"));
    }
    if targets.drill.steps.is_empty() || longest.is_none_or(|longest| deadline > longest) {
        return;
    }
    let drill = root.get("drill");
    let place = drill.and_then(|drill| drill.key("deadline").or(drill.key("promised")));
    let place = place.or(root.key("drill")).map_or(root.place, |key| key.place);
    let promised = longest.unwrap_or_default();
    let message = format!("{promised} are promised, and nobody looks for longer than {deadline}");
    findings.push(
        Finding::warning(Code::Contradiction, place, message)
            .help("raise `drill: deadline`: what is still accepted then would break no promise"),
    );
}

/// Whether anything can be refused for as long as is asked for before nobody looks any more.
fn check_settle(targets: &Targets, root: &Node, findings: &mut Vec<Finding>) {
    let (settle, deadline) = (targets.drill.settle, targets.drill.deadline);
    if targets.drill.steps.is_empty() || deadline == Span::ZERO || deadline >= settle {
        return;
    }
    let drill = root.get("drill");
    let written = drill.and_then(|drill| drill.get("settle")).is_some();
    let place = drill.and_then(|drill| drill.key("deadline")).or(root.key("drill")).map_or(root.place, |key| key.place);
    let usual = if written { "" } else { ", since nothing else is said" };
    let message = format!(
        "all must have been refused for {settle} (`settle`{usual}), and nobody looks for longer than {deadline}: this drill \
         could never pass"
    );
    let help = if written {
        "raise `drill: deadline`, or lower `settle`"
    } else {
        "raise `drill: deadline`; or say `settle`, or how long each service trusts what it has checked (`cached`)"
    };
    findings.push(Finding::new(Code::Contradiction, place, message).help(help));
}

/// Whether everything that will be sent may be sent.
fn check_writes(targets: &Targets, root: &Node, findings: &mut Vec<Finding>) {
    let caps = root.get("caps").and_then(|caps| caps.get("writes")).or(root.get("drill"));
    let place = caps.map_or(root.place, |node| node.place);
    let writes = least_writes(targets);
    if writes > targets.caps.writes {
        let message =
            format!("{writes} writes are needed at least, and the cap is {}", quantity::shown(targets.caps.writes));
        findings.push(
            Finding::new(Code::ImpossibleNumber, place, message)
                .help("token requests and revocations count: raise `caps: writes`"),
        );
    }
    let mints = targets.explore.iter().any(|explore| explore.minting().next().is_some());
    if mints && targets.caps.writes == 0 {
        findings.push(
            Finding::new(
                Code::ImpossibleNumber,
                place,
                "found clients are changed for tokens, and none may be asked for",
            )
            .help("each token counts as a write: raise `caps: writes`, or leave `mints` out"),
        );
    }
    for request in requests(targets) {
        let path = path_alone(&request.path);
        if is_unknown(&path) {
            continue;
        }
        if targets.rules.is_write(&request.method, request.origin, &path)
            && !targets.rules.allows(&request.method, request.origin, &path)
        {
            let line = format!(
                "{} {}:{}",
                request.method,
                targets.origin(request.origin).name,
                path_as_pattern(&request.path)
            );
            let at = root.key("writes").or(root.key("drill")).map_or(root.place, |key| key.place);
            let finding = Finding::new(Code::Contradiction, at, format!("`{line}` would be refused: it is a write"))
                .help(format!("list it: `writes: [\"{line}\"]`"));
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
}

/// The writes of a drill in which everything goes well: each credential is fetched, each step done, each way back tried.
fn least_writes(targets: &Targets) -> u64 {
    let counts = |request: &Request| {
        let path = path_alone(&request.path);
        u64::from(targets.rules.is_write(&request.method, request.origin, &path))
    };
    let fetched = |ix: &CredentialIx| match &targets.credential(*ix).from {
        Reference::Request { request, .. } => counts(request),
        _ => 0,
    };
    let phases = targets.drill.phases as u64;
    let minted: u64 = targets.drilled.iter().map(|ix| fetched(ix) * (phases + 1)).sum();
    let done = targets.drill.steps.iter().chain(&targets.drill.restore).map(|step| match &step.act {
        Act::Http(request) => counts(request) * if step.drilled(targets).is_some() { phases } else { 1 },
        _ => 0,
    });
    let again = targets.drill.remint.iter().map(|remint| counts(&remint.request));
    // A control that ends is fetched again when half of its life is over.
    let watched = targets.drill.steady + targets.drill.over + targets.drill.deadline;
    let times = |ix: &CredentialIx| {
        targets.credential(*ix).lives.map_or(1, |lives| 1 + watched.0.div_ceil((lives.0 / 2).max(1)))
    };
    let controls: BTreeSet<CredentialIx> = targets.service_ids().map(|service| targets.control_at(service)).collect();
    let controls: u64 = controls.iter().map(|ix| fetched(ix) * times(ix)).sum();
    minted + controls + done.chain(again).sum::<u64>()
}

/// Every request that is written in the file, but for probes.
fn requests(targets: &Targets) -> impl Iterator<Item = &Request> {
    let minted = targets.credentials.iter().filter_map(|credential| match &credential.from {
        Reference::Request { request, .. } => Some(&**request),
        _ => None,
    });
    let steps = targets.drill.steps.iter().chain(&targets.drill.restore).filter_map(|step| match &step.act {
        Act::Http(request) => Some(&**request),
        _ => None,
    });
    minted.chain(steps).chain(targets.drill.remint.iter().map(|remint| &remint.request))
}
