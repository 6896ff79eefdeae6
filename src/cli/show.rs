//! `runaway show`: a scenario in prose.

use std::fmt::Write as _;

use super::args;
use super::failure::Failure;
use super::open::open;
use super::output;
use crate::measure::thousands;
use crate::model::Plan;
use crate::model::agent::{Block, Fault, On, Pace, Program, Repeat, With};
use crate::model::control::{Action, Trigger, Watches, Which};
use crate::model::service::{Role, Validation};
use crate::report::{entry, fitted};
use crate::scenario::Overrides;
use crate::verdict::Exit;

/// Tells the story of a scenario or of one variant.
pub fn show(args: &args::Show) -> Result<Exit, Failure> {
    let named = open(&args.scenario)?;
    let resolved = named.document.resolve(named.variant.as_deref(), &Overrides::default())?;
    let mut text = fitted(&prose(&resolved.plan));
    if named.variant.is_none() {
        let variants = named.document.variants();
        if !variants.is_empty() {
            text.push_str("Variants\n");
        }
        for variant in variants {
            text.push_str(&entry(&format!("  @{}", variant.name), 27, &variant.story.unwrap_or_default()));
        }
    }
    output::text(&text)
}

fn prose(plan: &Plan) -> String {
    let mut out = String::new();
    let meta = &plan.meta;
    let title = meta.variant.as_ref().map_or(meta.name.clone(), |v| format!("{}@{v}", meta.name));
    let _ = writeln!(out, "{title}\n\n{}\n", meta.story.trim());
    if let Some(incident) = &meta.based_on {
        let _ = writeln!(out, "After {incident}.\n");
    }
    services(plan, &mut out);
    data(plan, &mut out);
    agents(plan, &mut out);
    defence(plan, &mut out);
    out
}

fn services(plan: &Plan, out: &mut String) {
    out.push_str("Services\n");
    for id in plan.service_ids().filter(|s| plan.service(*s).role != Role::Administration) {
        let service = plan.service(id);
        let operations: Vec<_> = plan.operations.iter().filter(|o| o.service == id).collect();
        let shadows = operations.iter().filter(|o| !o.documented).count();
        let hidden = if shadows > 0 { format!(" ({shadows} undocumented)") } else { String::new() };
        let _ = writeln!(
            out,
            "  {}: {} operations{hidden}; {}",
            service.name,
            operations.len(),
            validation(service.validation)
        );
    }
    out.push('\n');
}

fn validation(validation: Validation) -> String {
    match validation {
        Validation::None => "asks for no credential".into(),
        Validation::Jwt { leeway } => format!("trusts signed tokens until they expire, and {leeway} longer"),
        Validation::Introspect { cache, .. } => format!("asks the issuer, and trusts a yes for {cache}"),
        Validation::Push { delay } => format!("is told of revocations, {delay} later"),
        Validation::ApiKey { cache } => format!("keeps its own keys, cached for {cache}"),
        Validation::Gateway => "knows of a revocation at once".into(),
    }
}

fn data(plan: &Plan, out: &mut String) {
    out.push_str("Data\n");
    for coll in &plan.collections {
        let holds = if coll.holds.is_empty() { "" } else { ", with credentials in them" };
        let inside =
            coll.inside.as_ref().map_or(String::new(), |(p, _)| format!(", inside {}", plan.collection(*p).name));
        let class = &plan.classes[coll.class.index()];
        let _ = writeln!(out, "  {}: {} {class} records{holds}{inside}", coll.name, thousands(u64::from(coll.count)));
    }
    out.push('\n');
}

fn agents(plan: &Plan, out: &mut String) {
    for agent in &plan.agents {
        let who = agent.identity.map_or("nobody".to_owned(), |i| plan.identity_name(i));
        let holds: Vec<String> = agent.holds.iter().map(|(f, i)| plan.credential_name(*f, *i)).collect();
        let holds = if holds.is_empty() { "nothing".to_owned() } else { holds.join(", ") };
        let pace = match agent.pace {
            Pace::Machine { connections } => format!("as fast as {connections} connections let it"),
            Pace::Rate { every, .. } => format!("one request each {every}"),
            Pace::Human { every } => format!("by hand, one request each {every}"),
        };
        let _ = writeln!(out, "The agent {} acts as {who}, holds {holds}, and goes {pace}.", agent.name);
        out.push_str("  Its task:\n");
        program(plan, &agent.task, 4, out);
        match &agent.fault {
            Fault::None => out.push_str("  Nothing goes wrong.\n"),
            Fault::Scripted { then, .. } => {
                out.push_str("  What it does instead:\n");
                program(plan, then, 4, out);
            }
            Fault::Harvest { strategy } => {
                let _ = writeln!(out, "  It tries every secret that it finds everywhere ({strategy:?}).");
            }
            Fault::RunawayLoop => out.push_str("  It does this over and over.\n"),
            Fault::OverBroad => out.push_str("  It drops every filter.\n"),
            Fault::WrongTarget { instead_of, calls } => {
                let (meant, called) = (plan.route_name(*instead_of), plan.route_name(*calls));
                let _ = writeln!(out, "  It calls {called} where {meant} was meant.");
            }
            Fault::WrongCredential => out.push_str("  Refused once, it takes the strongest credential in sight.\n"),
        }
        out.push('\n');
    }
}

fn program(plan: &Plan, program: &Program, indent: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    for block in &program.blocks {
        match block {
            Block::Step(step) => {
                let with = match step.with {
                    With::Nothing => " without a credential".to_owned(),
                    With::Own | With::Enclosing => String::new(),
                    With::Family(f) => format!(" as {}", plan.family(f).name),
                    With::EachInTurn(f) => format!(" as each {} in turn", plan.family(f).name),
                    With::LastFound => " with the credential it found last".to_owned(),
                };
                let on = match &step.on {
                    On::Nothing => String::new(),
                    On::Named(records) => {
                        format!(" on {}", records.iter().map(|r| plan.record_name(*r)).collect::<Vec<_>>().join(", "))
                    }
                    On::EachListed(c) | On::EachListedParent(c) => {
                        format!(" on each listed {}", plan.collection(*c).name)
                    }
                };
                let often = match step.repeat {
                    Repeat::Once => String::new(),
                    Repeat::Times(n) => format!(", {n} times"),
                    Repeat::Every { every, .. } => format!(", every {every}"),
                    Repeat::Endless => ", without end".to_owned(),
                };
                let pages = if step.all_pages { ", all pages" } else { "" };
                let _ = writeln!(out, "{pad}{}{with}{on}{pages}{often}", plan.route_name(step.route));
            }
            Block::Together(lines) => {
                let _ = writeln!(out, "{pad}side by side:");
                lines.iter().for_each(|line| self::program(plan, line, indent + 2, out));
            }
            Block::Each { of, body } => {
                let names: Vec<String> = of.iter().map(|(f, i)| plan.credential_name(*f, *i)).collect();
                let _ = writeln!(out, "{pad}with each of {}:", names.join(", "));
                self::program(plan, body, indent + 2, out);
            }
        }
    }
}

fn defence(plan: &Plan, out: &mut String) {
    let controls = &plan.controls;
    out.push_str("Defence\n");
    for detector in &controls.detectors {
        let what = match detector.watches {
            Watches::Requests { at_least, within } => format!("{at_least} requests within {within}"),
            Watches::FanOut { at_least, within } => format!("{at_least} different operations within {within}"),
            Watches::RecordsRead { at_least, within } => format!("{at_least} records read within {within}"),
            Watches::Destruction { at_least, within } => format!("{at_least} deletions within {within}"),
            Watches::CanaryRecord => "a canary record is read".to_owned(),
            Watches::CanaryCredential(f) => format!("{} is used", plan.family(f).name),
            Watches::Report { at } => format!("somebody outside reports it at {at}"),
        };
        let _ = writeln!(out, "  {} watches: {what}", detector.name);
    }
    for response in &controls.responses {
        let on = match response.on {
            Trigger::At(at) => format!("at {at}"),
            Trigger::Alarm(rule) => format!("{} after {}", response.takes, controls.detectors[rule.index()].name),
        };
        for step in &response.steps {
            let step = &controls.steps[step.index()];
            let _ = writeln!(out, "  {on}: {} ({})", step.name, action(plan, &step.action, step.which));
        }
    }
    for limit in controls.limits.iter().filter(|l| l.armed) {
        let _ = writeln!(out, "  {} holds at most {}", limit.name, thousands(limit.at_most));
    }
    if controls.responses.is_empty() && controls.limits.is_empty() {
        out.push_str("  nobody answers\n");
    }
    out.push('\n');
}

fn action(plan: &Plan, action: &Action, which: Which) -> String {
    let which = match which {
        Which::Named => String::new(),
        Which::Alarmed => " what the alarm is about".to_owned(),
        Which::OfPrincipal => " everything of the principal".to_owned(),
        Which::OfOwner => " everything of the owner".to_owned(),
        Which::Descendants => " the credential and all that was minted from it".to_owned(),
        Which::Exposed => " every credential in the records that it read".to_owned(),
        Which::Every(f) => format!(" every {}", plan.family(f).name),
        Which::Identity(i) => format!(" {}", plan.identity_name(i)),
    };
    let verb = match action {
        Action::Revoke => "revokes",
        Action::Disable => "disables",
        Action::Rotate { .. } => "rotates",
        Action::Bind { .. } => "binds to one network",
        Action::Block { .. } => "blocks",
        Action::SetRule { .. } => "changes who may touch which records",
        Action::Throttle { .. } => "puts a limit on",
        Action::Close { .. } => "closes operations",
    };
    format!("{verb}{which}")
}
