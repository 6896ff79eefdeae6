//! `runaway show`: a scenario in prose, or an entry of a registry.

mod defence;

use std::fmt::Write as _;

use super::args;
use super::failure::Failure;
use super::list::variants;
use super::open::{is_scenario, open};
use super::output;
use super::pages::Kind;
use crate::measure::{counted, percent};
use crate::model::agent::{AgentPlan, Block, Fault, On, Pace, Program, Repeat, Strategy, With};
use crate::model::service::{Role, Service, Validation};
use crate::model::{Plan, Share};
use crate::report::text::{few, hung, paragraphs, shell_word, wrapped, wrapped_with};
use crate::scenario::Overrides;
use crate::verdict::{Exit, claimed, demanded};
use crate::wire::{Span, Tick};

/// Tells the story of a scenario or of one variant.
pub fn show(args: &args::Show) -> Result<Exit, Failure> {
    match Kind::named(&args.scenario) {
        Some((kind, name)) => output::text(&kind.shown(name)?),
        None if !is_scenario(&args.scenario) && Kind::with(&args.scenario).next().is_some() => {
            let pages: Result<Vec<String>, Failure> =
                Kind::with(&args.scenario).map(|kind| kind.shown(&args.scenario)).collect();
            output::text(&pages?.join("\n"))
        }
        None => story(args),
    }
}

fn story(args: &args::Show) -> Result<Exit, Failure> {
    let named = open(&args.scenario)?;
    let resolved = named.document.resolve(named.variant.as_deref(), &Overrides::default())?;
    let mut text = prose(&resolved.plan);
    if named.variant.is_none() && !named.document.variants().is_empty() {
        text.push_str("\nVariants (runaway show NAME@VARIANT)\n");
        text.push_str(&variants(&named.document));
    }
    let _ = writeln!(text, "\nrun it: runaway run {}", shell_word(&args.scenario));
    output::text(&text)
}

fn prose(plan: &Plan) -> String {
    let mut out = String::new();
    let meta = &plan.meta;
    let title = meta.variant.as_ref().map_or(meta.name.clone(), |v| format!("{}@{v}", meta.name));
    let _ = writeln!(out, "{}\n", output::style().bold(&title));
    out.push_str(&paragraphs(&meta.story, 0));
    if let Some(incident) = &meta.based_on {
        out.push('\n');
        out.push_str(&hung("After ", &format!("{incident}."), 0));
    }
    if let Some(scale) = meta.scaled() {
        out.push_str(&wrapped(&scale, 0));
    }
    services(plan, &mut out);
    data(plan, &mut out);
    agents(plan, &mut out);
    instructions(plan, &mut out);
    defence::defence(plan, &mut out);
    limits(plan, &mut out);
    out
}

fn section(out: &mut String, title: &str) {
    let _ = writeln!(out, "\n{}", output::style().bold(title));
}

/// One line of a section, in as many lines as it needs.
fn line(out: &mut String, text: &str) {
    out.push_str(&wrapped_with(text, 2, 4));
}

fn services(plan: &Plan, out: &mut String) {
    section(out, "Services");
    for id in plan.service_ids().filter(|s| plan.service(*s).role != Role::Administration) {
        let service = plan.service(id);
        let operations: Vec<_> = plan.operations.iter().filter(|o| o.service == id).collect();
        let shadows = operations.iter().filter(|o| !o.documented).count();
        let hidden = if shadows > 0 { format!(" ({shadows} undocumented)") } else { String::new() };
        let has = counted(operations.len() as u64, "operation");
        let fails = operations.iter().map(|o| o.fails).max().filter(|fails| *fails != Share::NONE);
        let fails =
            fails.map_or(String::new(), |share| format!("; up to {} of its calls fail", percent(share.share())));
        line(
            out,
            &format!(
                "{}: {has}{hidden}; {}{}{fails}",
                service.name,
                validation(service.validation),
                keys(plan, service)
            ),
        );
    }
}

/// Whose signatures it takes, where it says so.
fn keys(plan: &Plan, service: &Service) -> String {
    let Some(trusted) = &service.keys.trusted else { return String::new() };
    let names = few(trusted.iter().map(|key| plan.family(*key).name.clone()));
    match service.keys.fetched_every {
        Span::ZERO => format!("; keys: {names}"),
        every => format!("; keys: {names}, as they were when it fetched them, each {every}"),
    }
}

fn validation(validation: Validation) -> String {
    let then = |delay: Span, at_once: &str, later: &str| match delay {
        Span::ZERO => at_once.to_owned(),
        delay => later.replace("{}", &delay.to_string()),
    };
    match validation {
        Validation::None => "asks for no credential".into(),
        Validation::Jwt { leeway } => then(
            leeway,
            "trusts signed tokens until they expire",
            "trusts signed tokens until they expire, and {} longer",
        ),
        Validation::Introspect { cache, .. } => {
            then(cache, "asks the issuer each time", "asks the issuer, and trusts a yes for {}")
        }
        Validation::Push { delay } => then(delay, "is told of revocations at once", "is told of revocations, {} later"),
        Validation::ApiKey { cache } => {
            then(cache, "looks keys up each time", "looks keys up, and trusts a yes for {}")
        }
        Validation::Gateway => "knows of a revocation at once".into(),
    }
}

fn data(plan: &Plan, out: &mut String) {
    section(out, "Data");
    for coll in &plan.collections {
        let holds = if coll.holds.is_empty() { "" } else { ", with credentials in them" };
        let holds = if coll.count == 1 { holds.replace("them", "it") } else { holds.to_owned() };
        let inside =
            coll.inside.as_ref().map_or(String::new(), |(p, _)| format!(", inside {}", plan.collection(*p).name));
        let class = match coll.classes.is_empty() {
            true => plan.classes[coll.class.index()].as_str(),
            false => "mixed",
        };
        let records = match coll.count {
            0 => format!("no {class} records yet"),
            n => counted(u64::from(n), &format!("{class} record")),
        };
        line(out, &format!("{}: {records}{holds}{inside}", coll.name));
    }
}

fn agents(plan: &Plan, out: &mut String) {
    let mut at = 0;
    while let Some(agent) = plan.agents.get(at) {
        let does = deeds(plan, at, agent);
        let alike = |(behind, other): &(usize, &AgentPlan)| {
            let (ours, theirs) = (group(&agent.name), group(&other.name));
            ours == theirs && other.pace == agent.pace && deeds(plan, at + 1 + behind, other) == does
        };
        let others = plan.agents[at + 1..].iter().enumerate().take_while(alike).count();
        let who = format!("{}, {}, and {}", identity(plan, agent), holdings(plan, agent), pace(agent.pace));
        if others == 0 {
            section(out, &format!("The agent {}", agent.name));
            line(out, &who);
        } else {
            section(out, &format!("The agents {} to {}", agent.name, plan.agents[at + others].name));
            line(out, &format!("{} of one kind: the first {who}", counted(others as u64 + 1, "agent")));
        }
        out.push_str(&does);
        at += 1 + others;
    }
}

/// `members` of `members-17`.
fn group(name: &str) -> &str {
    let numbered = name.rsplit_once('-').filter(|(_, number)| number.parse::<u32>().is_ok());
    numbered.map_or(name, |(group, _)| group)
}

/// What an agent is told, and what it does.
fn deeds(plan: &Plan, at: usize, agent: &AgentPlan) -> String {
    let mut out = String::new();
    woken(plan, at, agent, &mut out);
    out.push_str("  its task:\n");
    program(plan, &agent.task, 4, &mut out);
    match &agent.fault {
        Fault::None => out.push_str("  nothing goes wrong\n"),
        Fault::Scripted { then, .. } => {
            out.push_str("  what it does instead:\n");
            program(plan, then, 4, &mut out);
        }
        fault => line(&mut out, &format!("what goes wrong: {}", mistake(plan, fault))),
    }
    if agent.then_harvests.is_some() {
        line(&mut out, "then it tries every secret that it finds everywhere");
    }
    out
}

/// What the texts tell whoever obeys them.
fn instructions(plan: &Plan, out: &mut String) {
    for instruction in &plan.instructions {
        let signed = if instruction.signed { ", signed by the team" } else { "" };
        section(out, &format!("The instruction {}{signed}", instruction.name));
        program(plan, &instruction.says, 2, out);
    }
}

fn identity(plan: &Plan, agent: &AgentPlan) -> String {
    agent.identity.map_or_else(|| "acts as nobody".to_owned(), |i| format!("acts as {}", plan.identity_name(i)))
}

/// Whose messages it works on.
fn woken(plan: &Plan, at: usize, agent: &AgentPlan, out: &mut String) {
    let wakes = plan.operation_ids().filter(|op| plan.operation(*op).wakes.contains(&(at as u32)));
    let wakes: Vec<String> = wakes.map(|op| plan.operation_name(op)).collect();
    if !wakes.is_empty() {
        let first = if agent.starts == Tick::NEVER { "begins" } else { "begins anew" };
        line(out, &format!("{first} with each message by {}", few(wakes.into_iter())));
    }
}

fn holdings(plan: &Plan, agent: &AgentPlan) -> String {
    match agent.holds.as_slice() {
        [] => "holds no credential".to_owned(),
        holds => format!("holds {}", few(holds.iter().map(|(family, i)| plan.credential_name(*family, *i)))),
    }
}

fn pace(pace: Pace) -> String {
    match pace {
        Pace::Machine { connections: 1 } => "goes as fast as one connection lets it".to_owned(),
        Pace::Machine { connections } => format!("goes as fast as {connections} connections let it"),
        Pace::Rate { every, .. } => format!("sends one request each {every}"),
        Pace::Human { every } => format!("goes by hand, one request each {every}"),
    }
}

fn mistake(plan: &Plan, fault: &Fault) -> String {
    match fault {
        Fault::None | Fault::Scripted { .. } => String::new(),
        Fault::Harvest { strategy } => {
            let order = match strategy {
                Strategy::Breadth => "breadth first",
                Strategy::Depth => "depth first",
                Strategy::Greedy => "where most is found first",
                Strategy::Random => "in random order",
            };
            format!("it tries every secret that it finds everywhere, {order}")
        }
        Fault::RunawayLoop => "it does this over and over".to_owned(),
        Fault::OverBroad => "it drops every filter".to_owned(),
        Fault::WrongTarget { instead_of, calls } => {
            format!("it calls {} where {} was meant", plan.route_name(*calls), plan.route_name(*instead_of))
        }
        Fault::Spread => "it does what it reads, and so do those who read what it writes".to_owned(),
        Fault::StalePlan => "it goes on with its plan, whatever is refused on the way".to_owned(),
        Fault::Injected => "it does what the records that it reads tell it to do".to_owned(),
        Fault::WrongCredential => "refused once, it takes the strongest credential in sight".to_owned(),
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
                    On::Named(records) => format!(" on {}", few(records.iter().map(|r| plan.record_name(*r)))),
                    On::EachListed(c) | On::EachListedParent(c) => {
                        format!(" on each of the listed {}", plan.collection(*c).name)
                    }
                    On::LastCreated(_) => " on what it made last".to_owned(),
                };
                let often = often(step.repeat);
                let pages = if step.all_pages { ", all pages" } else { "" };
                let text = format!("{}{with}{on}{pages}{often}", plan.route_name(step.route));
                out.push_str(&wrapped_with(&text, indent, indent + 2));
            }
            Block::Together(lines) => {
                let _ = writeln!(out, "{pad}side by side:");
                lines.iter().for_each(|line| self::program(plan, line, indent + 2, out));
            }
            Block::Forge(forge) => {
                let (key, family) = (&plan.family(forge.key).name, &plan.family(forge.family).name);
                let whose = few(forge.subjects.iter().map(|who| plan.identity_name(*who)));
                let text = format!("makes a {family} with {key} for {whose}{}", often(forge.repeat));
                out.push_str(&wrapped_with(&text, indent, indent + 2));
            }
            Block::Claims(said) => {
                let said = said.iter().map(|(op, n)| format!("{} {n} times", plan.operation_name(*op)));
                out.push_str(&wrapped_with(&format!("says that it called {}", few(said)), indent, indent + 2));
            }
            Block::Each { of, body } => {
                let names = few(of.iter().map(|(f, i)| plan.credential_name(*f, *i)));
                out.push_str(&wrapped_with(&format!("with each of {names}:"), indent, indent + 2));
                self::program(plan, body, indent + 2, out);
            }
        }
    }
}

fn often(repeat: Repeat) -> String {
    match repeat {
        Repeat::Once => String::new(),
        Repeat::Times(n) => format!(", {n} times"),
        Repeat::Every { first, times: Some(1), .. } => format!(", once, after {first}"),
        Repeat::Every { every, first, times } => {
            let from = if first == Span::ZERO { String::new() } else { format!(", the first after {first}") };
            let times = times.map_or_else(String::new, |times| format!(", {times} times"));
            format!(", every {every}{from}{times}")
        }
        Repeat::AtRandom { times, per } => format!(", {times} times in each {per}, at random"),
        Repeat::Endless => ", without end".to_owned(),
    }
}

/// What the team tolerates.
fn limits(plan: &Plan, out: &mut String) {
    if plan.expectations.limits.is_empty() {
        return;
    }
    section(out, "Tolerated");
    for bound in &plan.expectations.limits {
        let share = bound.over.map_or_else(String::new, |over| format!(", in {}", claimed(over)));
        line(out, &format!("{}: {}{share}", bound.measure, demanded(&bound.demand)));
    }
}
