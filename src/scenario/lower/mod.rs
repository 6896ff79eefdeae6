//! From the checked tree to the plan: names become dense ids, formulas become columns, scopes become access.
//! Everything that is wrong is gathered; nothing stops at the first finding.

mod agents;
mod approval;
mod crowd;
mod data;
mod defence;
mod described;
mod detectors;
mod expect;
mod flow;
mod formula;
mod good_for;
mod holds;
mod inert;
mod instructions;
mod labels;
mod messages;
mod names;
mod people;
mod scopes;
mod services;
mod signing;

pub use expect::{Measurable, Unit};
pub use scopes::ANY_CREDENTIAL;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use crate::model::Access;
use crate::model::agent::{AgentPlan, draw_starts};
use crate::model::control::Controls;
use crate::model::expect::Expectations;
use crate::model::identity::{Collection, Family, Population};
use crate::model::instruction::Instruction;
use crate::model::service::{Operation, Role, Route, Service};
use crate::model::{Meta, Plan, Routine, Share, Time};
use crate::wire::{FamilyId, PlaceId, Span, Tick};

use super::finding::{Code, Finding, Severity};
use super::quantity;
use super::shape::shortened;
use super::tree::{Node, Place};
use labels::Labels;
use names::{Groups, MOST_ROWS};

/// What came of a tree.
pub struct Lowered {
    pub plan: Plan,
    pub findings: Vec<Finding>,
    /// What was taken over from descriptions, by service.
    pub taken: Vec<(String, String)>,
}

/// The work in progress.
struct Lowering<'a> {
    root: &'a Node,
    folder: Option<&'a Path>,
    findings: Vec<Finding>,
    services: Vec<Service>,
    operations: Vec<Operation>,
    /// Which scopes unlock each operation: OR of AND. Empty lists ask for nothing.
    needs: Vec<Vec<Vec<String>>>,
    routes: Vec<Route>,
    /// Redirects to resolve once every operation has a name.
    redirects: Vec<(usize, Node)>,
    operation_names: BTreeMap<String, usize>,
    /// Operations, and services, that could not be read: nothing more is said about them.
    unread: BTreeSet<String>,
    clashes: services::Clashes,
    taken: Vec<(String, String)>,
    identities: Groups,
    populations: Vec<Population>,
    credentials: Groups,
    families: Vec<Family>,
    records: Groups,
    collections: Vec<Collection>,
    classes: Vec<String>,
    tenants: Labels,
    instructions: Vec<Instruction>,
    networks: Vec<String>,
    operator: Option<(FamilyId, u32)>,
    /// Who is written under `agents` and `benign`, and which of the clients they are.
    clients: Vec<(String, Range<u32>)>,
}

/// Builds the plan of a tree that fits the grammar. Without a list of measures, every key of one is taken as it is.
pub fn lower(root: &Node, measures: Option<&[Measurable]>, folder: Option<&Path>) -> Lowered {
    let mut work = Lowering {
        root,
        folder,
        findings: Vec::new(),
        services: Vec::new(),
        operations: Vec::new(),
        needs: Vec::new(),
        routes: Vec::new(),
        redirects: Vec::new(),
        operation_names: BTreeMap::new(),
        unread: BTreeSet::new(),
        clashes: services::Clashes::default(),
        taken: Vec::new(),
        identities: Groups::new("identity", "identities"),
        populations: Vec::new(),
        credentials: Groups::new("credential", "credentials"),
        families: Vec::new(),
        records: Groups::new("collection", "data"),
        collections: Vec::new(),
        classes: Vec::new(),
        tenants: Labels::default(),
        instructions: Vec::new(),
        networks: networks(root),
        operator: None,
        clients: Vec::new(),
    };
    work.people();
    work.data();
    work.services();
    work.records_hold();
    work.credentials_are_good_for();
    work.credentials_are_signed();
    work.instructions();
    let (mut agents, mut benign) = (work.agents("agents"), work.agents("benign"));
    draw_starts(&mut agents, &mut benign, work.seed());
    work.messages();
    let controls = work.defence();
    let expectations = expect::expectations(root, measures, &mut work.findings);
    let time = work.time(&agents, &benign);
    work.unread_instructions();
    work.empty_world(&agents);
    let access = scopes::access(&work.families, &work.operations, &work.needs, &work.services);
    let access = access.unwrap_or_else(|| {
        let message = "these exchanges lead to more different rights than anybody could oversee";
        let place = work.root.key("credentials").map_or(work.root.place, |key| key.place);
        work.find(Finding::new(Code::ImpossibleNumber, place, message).help("give fewer families scopes of their own"));
        Access::default()
    });
    let needs = std::mem::take(&mut work.needs);
    let mut plan = work.plan(agents, benign, controls, expectations, time, access);
    plan.controls.responses.sort_by_key(|r| match r.on {
        crate::model::control::Trigger::At(at) => at,
        crate::model::control::Trigger::Alarm(_) => Tick::NEVER,
    });
    if work.findings.iter().all(|finding| finding.severity != Severity::Error) {
        work.findings.extend(inert::inert(root, &plan, &needs));
    }
    Lowered { plan, findings: work.findings, taken: work.taken }
}

impl Lowering<'_> {
    fn seed(&self) -> u64 {
        self.root.get("seed").and_then(Node::text).and_then(quantity::count).unwrap_or(1)
    }

    fn plan(
        &mut self,
        agents: Vec<AgentPlan>,
        benign: Vec<AgentPlan>,
        controls: Controls,
        expectations: Expectations,
        time: Time,
        access: Access,
    ) -> Plan {
        let root = self.root;
        let text = |key: &str| root.get(key).and_then(Node::text).map(|t| t.trim().to_owned());
        let texts = |key: &str| -> Vec<String> {
            root.get(key).map_or(&[][..], Node::each).iter().filter_map(Node::text).map(str::to_owned).collect()
        };
        Plan {
            meta: Meta {
                name: text("name").unwrap_or_default(),
                variant: None,
                story: text("story").unwrap_or_default(),
                based_on: text("based_on"),
                scale: text("scale"),
                sources: texts("sources"),
                tags: texts("tags"),
                sizes_unknown: false,
            },
            time,
            seed: self.seed(),
            services: std::mem::take(&mut self.services),
            routes: std::mem::take(&mut self.routes),
            operations: std::mem::take(&mut self.operations),
            access,
            populations: std::mem::take(&mut self.populations),
            families: std::mem::take(&mut self.families),
            collections: std::mem::take(&mut self.collections),
            classes: std::mem::take(&mut self.classes),
            instructions: std::mem::take(&mut self.instructions),
            tenants: std::mem::take(&mut self.tenants).into_names(),
            networks: std::mem::take(&mut self.networks),
            currency: text("currency").unwrap_or_else(|| "USD".to_owned()),
            agents,
            benign,
            controls,
            routine: Routine::default(),
            operator: self.operator,
            expectations,
        }
    }

    fn time(&mut self, agents: &[AgentPlan], benign: &[AgentPlan]) -> Time {
        let time = self.root.get("time");
        let duration = |key: &str| time?.get(key)?.text().and_then(quantity::duration);
        let horizon = duration("horizon").map(|span| Tick(span.0));
        if horizon == Some(Tick::ZERO) {
            let place = time.and_then(|t| t.get("horizon")).map_or(Place::default(), |n| n.place);
            let finding = Finding::new(Code::ImpossibleNumber, place, "the run would end before it begins");
            self.find(finding.help("say how long it may take at most: `horizon: 24h`"));
        }
        if let Some(who) = agents.iter().chain(benign).find(|a| agents::repeats(a)).filter(|_| horizon.is_none()) {
            let message = format!("`{}` does something again and again, and nothing says when the run ends", who.name);
            let group = who.name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-');
            let names = [&who.name[..], group];
            let written = names
                .iter()
                .find_map(|name| ["agents", "benign"].iter().find_map(|part| self.root.get(part)?.key(name)));
            let place = written.map_or(self.root.place, |key| key.place);
            self.find(Finding::new(Code::NoHorizon, place, message).help("say `time: {horizon: 24h}`"));
        }
        let zero = time.and_then(|time| quantity::instant(time.get("zero")?.text()?)).unwrap_or(Time::YEAR_2026);
        Time { zero, horizon, settle: duration("settle").unwrap_or(Span::from_secs(60)) }
    }

    fn empty_world(&mut self, agents: &[AgentPlan]) {
        let place = |part: &str| self.root.key(part).map_or(self.root.place, |key| key.place);
        let (services, someone) = (place("services"), place("agents"));
        let said = self.findings.iter().any(|f| f.severity == Severity::Error);
        let nothing = if self.services.iter().all(|s| s.role == Role::Administration) {
            Some("there is no service: nothing can be reached")
        } else {
            Some("no service has an operation: nothing can be reached").filter(|_| self.operations.is_empty() && !said)
        };
        if let Some(message) = nothing {
            let help = "write `NAME: {accepts: gateway, operations: {list: GET /things -> things records}}`";
            self.find(Finding::new(Code::EmptyWorld, services, message).help(help));
        }
        if agents.is_empty() && self.root.get("agents").is_none_or(|a| a.entries().is_empty()) {
            let finding = Finding::new(Code::EmptyWorld, someone, "there is no agent: nobody runs away");
            self.find(finding.help("write `NAME: {is: IDENTITY, holds: [CREDENTIAL], fault: harvest}`"));
        }
    }

    fn find(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// The value, or a finding and nothing.
    fn take<T>(&mut self, result: Result<T, Finding>) -> Option<T> {
        result.map_err(|finding| self.find(finding)).ok()
    }

    /// A network by name. Where the scenario declares its networks, no other is known.
    fn network(&mut self, node: &Node) -> PlaceId {
        let name = node.text().unwrap_or_default();
        let known = self.networks.iter().position(|n| n == name);
        if known.is_none() && self.root.get("networks").is_some() {
            let message = format!("there is no network `{}`", shortened(name));
            let finding = Finding::new(Code::DanglingName, node.place, message).help("name it under `networks:`");
            let finding = finding.suggest(name, self.networks.iter().map(String::as_str));
            self.find(finding);
        }
        let at = known.unwrap_or_else(|| {
            self.networks.push(name.to_owned());
            self.networks.len() - 1
        });
        PlaceId::at(at)
    }

    /// The operation of `service.name`.
    fn operation(&mut self, node: &Node) -> Option<usize> {
        let name = node.text().unwrap_or_default();
        if let Some(at) = self.operation_names.get(name) {
            return Some(*at);
        }
        let service = name.split_once('.').map(|(service, _)| service).unwrap_or_default();
        if self.unread.contains(name) || self.unread.contains(service) {
            return None;
        }
        let finding =
            Finding::new(Code::DanglingName, node.place, format!("there is no operation `{}`", shortened(name)))
                .help("an operation is named `SERVICE.OPERATION`, both as under `services:`");
        let within = format!("{service}.");
        let known = self.operation_names.keys().map(String::as_str);
        let finding = match self.services.iter().any(|s| s.name == service) {
            true => finding.suggest(name, known.filter(|known| known.starts_with(&within))),
            false => finding.suggest(name, known),
        };
        self.find(finding);
        None
    }

    /// Says that keys which are written have no effect beside another.
    fn no_effect(&mut self, node: &Node, keys: &[&str], why: &str) {
        for key in keys.iter().filter_map(|key| node.key(key)) {
            let message = format!("`{}` has no effect here: {why}", key.name);
            let help = format!("remove `{}`", key.name);
            self.findings.push(Finding::new(Code::Contradiction, key.place, message).help(help));
        }
    }
}

fn networks(root: &Node) -> Vec<String> {
    let declared = root.get("networks").map_or(&[][..], Node::items).iter().filter_map(Node::text);
    let mut all = vec!["internet".to_owned()];
    all.extend(declared.filter(|name| *name != "internet").map(str::to_owned));
    all
}

/// A share that fits the grammar.
fn share(node: &Node) -> Share {
    node.text().and_then(quantity::share).map_or(Share::NONE, Share::of)
}

const SCALE_DOWN: &str = "scale the story down: shares and times do not change with the size";

/// A count that fits into a table.
fn rows(node: &Node, findings: &mut Vec<Finding>) -> Option<u32> {
    let count = node.text().and_then(quantity::count).unwrap_or(0);
    let fitting = u32::try_from(count).ok().filter(|n| *n <= MOST_ROWS);
    if fitting.is_none() {
        let (count, most) = (quantity::shown(count), quantity::shown(u64::from(MOST_ROWS)));
        let message = format!("{count} are more than the {most} that this program holds");
        findings.push(Finding::new(Code::ImpossibleNumber, node.place, message).help(SCALE_DOWN));
    }
    fitting
}
