//! From the checked tree to the plan: names become dense ids, formulas become columns, scopes become access.
//! Everything that is wrong is gathered; nothing stops at the first finding.

mod agents;
mod data;
mod defence;
mod described;
mod expect;
mod names;
mod people;
mod scopes;
mod services;

use std::collections::BTreeMap;
use std::path::Path;

use crate::model::agent::AgentPlan;
use crate::model::control::Controls;
use crate::model::expect::Expectations;
use crate::model::identity::{Collection, Family, Population};
use crate::model::service::{Access, Operation, Route, Service};
use crate::model::{Meta, Plan, Time};
use crate::wire::{FamilyId, PlaceId, Span, Tick};

use super::finding::{Code, Finding};
use super::quantity;
use super::tree::{Node, Place};
use names::Groups;

/// What came of a tree.
pub struct Lowered {
    pub plan: Plan,
    pub findings: Vec<Finding>,
    pub document: serde_json::Value,
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
    identities: Groups,
    populations: Vec<Population>,
    credentials: Groups,
    families: Vec<Family>,
    records: Groups,
    collections: Vec<Collection>,
    classes: Vec<String>,
    tenants: Vec<String>,
    networks: Vec<String>,
    operator: Option<(FamilyId, u32)>,
}

/// Builds the plan of a tree that fits the grammar. Without a list of measures, every key of one is taken as it is.
pub fn lower(root: &Node, measures: Option<&[&str]>, folder: Option<&Path>) -> Lowered {
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
        identities: Groups::new("identity"),
        populations: Vec::new(),
        credentials: Groups::new("credential"),
        families: Vec::new(),
        records: Groups::new("collection"),
        collections: Vec::new(),
        classes: Vec::new(),
        tenants: Vec::new(),
        networks: vec!["internet".to_owned()],
        operator: None,
    };
    work.people();
    work.data();
    work.services();
    work.records_hold();
    let (agents, benign) = (work.agents("agents"), work.agents("benign"));
    let controls = work.defence();
    let expectations = expect::expectations(root, measures, &mut work.findings);
    let time = work.time(&agents, &benign);
    work.not_yet();
    work.empty_world(&agents);
    let access = scopes::access(&work.families, &work.operations, &work.needs, &work.services);
    let mut plan = work.plan(agents, benign, controls, expectations, time, access);
    plan.controls.responses.sort_by_key(|r| match r.on {
        crate::model::control::Trigger::At(at) => at + r.takes,
        crate::model::control::Trigger::Alarm(_) => Tick::NEVER,
    });
    Lowered { plan, findings: work.findings, document: root.to_json() }
}

impl Lowering<'_> {
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
                sources: texts("sources"),
                tags: texts("tags"),
            },
            time,
            seed: root.get("seed").and_then(Node::text).and_then(quantity::count).unwrap_or(1),
            services: std::mem::take(&mut self.services),
            routes: std::mem::take(&mut self.routes),
            operations: std::mem::take(&mut self.operations),
            access,
            populations: std::mem::take(&mut self.populations),
            families: std::mem::take(&mut self.families),
            collections: std::mem::take(&mut self.collections),
            classes: std::mem::take(&mut self.classes),
            tenants: std::mem::take(&mut self.tenants),
            networks: std::mem::take(&mut self.networks),
            currency: text("currency").unwrap_or_else(|| "USD".to_owned()),
            agents,
            benign,
            controls,
            operator: self.operator,
            expectations,
        }
    }

    fn time(&mut self, agents: &[AgentPlan], benign: &[AgentPlan]) -> Time {
        let time = self.root.get("time");
        let duration = |key: &str| time?.get(key)?.text().and_then(quantity::duration);
        let horizon = duration("horizon").map(|span| Tick(span.0));
        if horizon == Some(Tick::ZERO) {
            let place = time.map_or(Place::default(), |t| t.place);
            self.find(Finding::new(Code::ImpossibleNumber, place, "the run would end before it begins"));
        }
        if let Some(who) = agents.iter().chain(benign).find(|a| agents::repeats(a)).filter(|_| horizon.is_none()) {
            let message = format!("`{}` does something again and again, and nothing says when the run ends", who.name);
            let help = "say `time: {horizon: 24h}`";
            self.find(Finding::new(Code::NoHorizon, self.root.place, message).help(help));
        }
        Time { horizon, settle: duration("settle").unwrap_or(Span::from_secs(60)) }
    }

    /// Parts of the format that are understood and not run yet: never ignored in silence.
    fn not_yet(&mut self) {
        if let Some(node) = self.root.get("instructions") {
            self.later("instructions that lie in records", node.place);
        }
        if let Some(seeds) = self.root.get("seeds").filter(|s| s.text() != Some("1")) {
            let message = "this version runs one seed at a time: `--seed N` chooses another";
            self.find(Finding::warning(Code::NotAvailable, seeds.place, message));
        }
    }

    fn later(&mut self, what: &str, place: Place) {
        let message = format!("{what}: the format can say it, this version does not run it yet");
        self.find(Finding::new(Code::NotAvailable, place, message));
    }

    fn empty_world(&mut self, agents: &[AgentPlan]) {
        let root = self.root.place;
        let visible = self.services.iter().filter(|s| s.role != crate::model::service::Role::Administration).count();
        if visible == 0 {
            self.find(Finding::new(Code::EmptyWorld, root, "there is no service: nothing can be reached"));
        } else if self.operations.is_empty() {
            self.find(Finding::new(Code::EmptyWorld, root, "no service has an operation: nothing can be reached"));
        }
        if agents.is_empty() {
            self.find(Finding::new(Code::EmptyWorld, root, "there is no agent: nobody runs away"));
        }
    }

    fn find(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// The value, or a finding and nothing.
    fn take<T>(&mut self, result: Result<T, Finding>) -> Option<T> {
        result.map_err(|finding| self.find(finding)).ok()
    }

    fn network(&mut self, name: &str) -> PlaceId {
        let at = self.networks.iter().position(|n| n == name).unwrap_or_else(|| {
            self.networks.push(name.to_owned());
            self.networks.len() - 1
        });
        PlaceId::at(at)
    }

    fn tenant(&mut self, name: &str) -> u32 {
        let at = self.tenants.iter().position(|t| t == name).unwrap_or_else(|| {
            self.tenants.push(name.to_owned());
            self.tenants.len() - 1
        });
        at as u32
    }

    /// The operation of `service.name`.
    fn operation(&mut self, node: &Node) -> Option<usize> {
        let name = node.text().unwrap_or_default();
        if let Some(at) = self.operation_names.get(name) {
            return Some(*at);
        }
        let message = format!("there is no operation `{}`", super::shape::shortened(name));
        let finding = Finding::new(Code::DanglingName, node.place, message);
        let finding = finding.suggest(name, self.operation_names.keys().map(String::as_str));
        self.find(finding);
        None
    }
}

/// A count that fits into a table. More than 50 million rows are a slip of the finger.
const MOST_ROWS: u64 = 50_000_000;

fn rows(node: &Node, findings: &mut Vec<Finding>) -> u32 {
    let count = node.text().and_then(quantity::count).unwrap_or(0);
    if count > MOST_ROWS {
        let message = format!("{count} are more than this program holds ({MOST_ROWS})");
        let help = "scale the story down: shares and times do not change with the size";
        findings.push(Finding::new(Code::ImpossibleNumber, node.place, message).help(help));
        return 0;
    }
    count as u32
}
