//! `runaway mock`: a scenario's world over HTTP on loopback, for a person with curl.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use super::args::{self, Format};
use super::failure::Failure;
use super::interrupt::stop_on_interrupt;
use super::open::open;
use super::output;
use crate::model::Plan;
use crate::model::control::{Action, Step, Which};
use crate::model::service::{Act, Operation, Role};
use crate::plane::mock::Served;
use crate::report::{credential_label, forged_label, reason_in_words};
use crate::scenario::Overrides;
use crate::verdict::Exit;
use crate::wire::{CredId, Event, FamilyId, OpId, ServiceId, Verdict};

/// Serves until Ctrl-C.
pub fn mock(args: &args::Mock) -> Result<Exit, Failure> {
    let named = open(&args.scenario)?;
    let overrides = Overrides { sets: Vec::new(), seed: args.seed };
    let plan = Arc::new(named.document.resolve(named.variant.as_deref(), &overrides)?.plan);
    let stop = stop_on_interrupt()?;
    let served = Served::start(plan.clone(), args.port).map_err(|error| {
        let help = "choose another --port, or leave it out for ports that are free";
        Failure::input(format!("cannot listen on loopback: {error}"), Some(help.into()))
    })?;
    match args.format {
        Format::Text => output::text(&welcome(&plan, &served))?,
        Format::Json => output::text(&format!("{}\n", addresses(&plan, &served)))?,
    };
    let mut forged = BTreeSet::new();
    served.run(&stop, |events| {
        let lines: String = events.iter().filter_map(|event| line(&plan, &mut forged, event)).collect();
        if lines.is_empty() { Ok(()) } else { output::text(&lines).map(drop) }
    })?;
    output::text("stopped\n")
}

fn welcome(plan: &Plan, served: &Served) -> String {
    let mut out = format!("The world of {}, on loopback until Ctrl-C. Its secrets are synthetic.\n", plan.meta.name);
    for id in shown(plan) {
        let service = plan.service(id);
        let _ = writeln!(out, "\n{}  {}  validates by {}", service.name, served.url(id), service.validation.name());
        for (op, spec) in operations(plan, id) {
            let _ = writeln!(out, "  {}", operation_line(plan, op, spec));
        }
    }
    if let Some((family, index)) = first_credential(plan) {
        let name = plan.credential_name(family, index);
        let _ = writeln!(out, "\nA first credential, {name}:\n  export TOKEN='{}'", served.credential(family, index));
        out.push_str("\nTry\n");
        let header = header(plan, family);
        for (op, spec) in examples(plan, family) {
            let url = format!("{}{}", served.url(spec.service), served.path(op));
            let with = if plan.access.open.contains(op.number()) { String::new() } else { format!(" -H {header}") };
            let _ = writeln!(out, "  curl -s{with} {url}");
        }
        if let Some((_, spec)) = every(plan).find(|(_, spec)| spec.act == Act::IntrospectToken) {
            let url = format!("{}{}", served.url(spec.service), spec.path);
            let _ = writeln!(out, "  curl -s -d token=\"$TOKEN\" {url}");
        }
    }
    out.push_str(&by_hand(plan, served));
    out.push('\n');
    out
}

/// What the defenders of this world can do, for somebody who is all of them.
fn by_hand(plan: &Plan, served: &Served) -> String {
    let Some((door, (family, index))) = door(plan).filter(|_| !plan.controls.steps.is_empty()) else {
        return String::new();
    };
    let mut out = format!("\nThe runbook, by hand:\n  export OPERATOR='{}'\n", served.credential(family, index));
    let url = format!("{}{}", served.url(plan.operation(door).service), served.path(door));
    for step in &plan.controls.steps {
        let target = if says_itself(step) { "" } else { " -d credential=NAME" };
        let _ = writeln!(out, "  curl -s -H \"Authorization: Bearer $OPERATOR\" -d step={}{target} {url}", step.name);
    }
    out
}

/// Where steps are asked for, and with what.
fn door(plan: &Plan) -> Option<(OpId, (FamilyId, u32))> {
    let (door, _) = every(plan).find(|(_, spec)| spec.act == Act::Administer)?;
    Some((door, plan.operator?))
}

/// Whether nobody has to say what a step is about.
fn says_itself(step: &Step) -> bool {
    matches!(step.which, Which::Named | Which::Every(_) | Which::Identity(_))
        || matches!(step.action, Action::Delete { .. })
}

/// The same for programs.
fn addresses(plan: &Plan, served: &Served) -> serde_json::Value {
    let services: serde_json::Map<_, _> =
        shown(plan).map(|id| (plan.service(id).name.clone(), serde_json::Value::from(served.url(id)))).collect();
    let first = first_credential(plan);
    let name = first.map(|(family, index)| plan.credential_name(family, index));
    let secret = first.map(|(family, index)| served.credential(family, index));
    let mut addresses = serde_json::json!({ "services": services, "credential": { "name": name, "secret": secret } });
    if let Some((door, (family, index))) = door(plan).filter(|_| !plan.controls.steps.is_empty()) {
        let steps: Vec<&str> = plan.controls.steps.iter().map(|step| step.name.as_str()).collect();
        addresses["runbook"] = serde_json::json!({
            "url": format!("{}{}", served.url(plan.operation(door).service), served.path(door)),
            "secret": served.credential(family, index),
            "steps": steps,
        });
    }
    addresses
}

fn shown(plan: &Plan) -> impl Iterator<Item = ServiceId> + '_ {
    plan.service_ids().filter(|id| plan.service(*id).role != Role::Administration)
}

fn every(plan: &Plan) -> impl Iterator<Item = (OpId, &Operation)> {
    plan.operation_ids().map(|op| (op, plan.operation(op)))
}

fn operations(plan: &Plan, service: ServiceId) -> impl Iterator<Item = (OpId, &Operation)> {
    every(plan).filter(move |(_, spec)| spec.service == service)
}

fn operation_line(plan: &Plan, op: OpId, spec: &Operation) -> String {
    let selected = spec.selector.as_ref().map_or(String::new(), |(field, value)| format!("  {field}={value}"));
    let about = spec.target.map_or(String::new(), |coll| format!(" {}", plan.collection(coll).name));
    let open = if plan.access.open.contains(op.number()) { ", open to anybody" } else { "" };
    let hidden = if spec.documented { "" } else { ", undocumented" };
    let does = spec.effect.name();
    format!("{:<6} {}{selected}  {} ({does}{about}{open}{hidden})", spec.method.name(), spec.path, spec.name)
}

/// What the compromised agent holds, or else the first credential that there is.
fn first_credential(plan: &Plan) -> Option<(FamilyId, u32)> {
    let held = plan.agents.iter().flat_map(|agent| agent.holds.iter().copied()).next();
    held.or_else(|| plan.family_ids().find(|family| plan.family(*family).count > 0).map(|family| (family, 0)))
}

/// Two operations that this credential unlocks, lists first: they need no id.
fn examples(plan: &Plan, family: FamilyId) -> Vec<(OpId, &Operation)> {
    let get = |spec: &Operation| spec.method.name() == "GET" && spec.act != Act::Metadata && spec.selector.is_none();
    let may =
        |op: OpId| plan.access.open.contains(op.number()) || plan.access.unlocks(crate::model::Access::of(family), op);
    let mut found: Vec<_> = every(plan).filter(|(op, spec)| may(*op) && get(spec)).collect();
    found.sort_by_key(|(_, spec)| !matches!(spec.act, Act::List { .. }));
    found.truncate(2);
    found
}

fn header(plan: &Plan, family: FamilyId) -> &'static str {
    use crate::wire::SecretKind;
    match plan.family(family).kind {
        SecretKind::ApiKey => "\"X-Api-Key: $TOKEN\"",
        SecretKind::Session => "\"Cookie: session=$TOKEN\"",
        _ => "\"Authorization: Bearer $TOKEN\"",
    }
}

/// One line of the access log, with the reason for each decision.
fn line(plan: &Plan, forged: &mut BTreeSet<CredId>, event: &Event) -> Option<String> {
    match *event {
        Event::Forged { cred, .. } => {
            forged.insert(cred);
            None
        }
        Event::Asked { at, route, cred, verdict, reason, status, .. } => {
            let made = cred.filter(|cred| forged.contains(cred));
            let who = made.map_or_else(|| credential_label(plan, cred), |made| forged_label(plan, made));
            let accepted = if verdict == Verdict::Accepted { "accepted, " } else { "" };
            let why = reason_in_words(plan, reason);
            Some(format!("{:>10}  {status}  {}  {who}: {accepted}{why}\n", at.to_string(), plan.route_name(route)))
        }
        Event::Alarm { at, rule, .. } => {
            Some(format!("{:>10}  ALARM {}\n", at.to_string(), plan.controls.detectors[rule.index()].name))
        }
        _ => None,
    }
}
