//! Agents: who they are, what they are told, what goes wrong.

use crate::model::agent::{
    AfterRefusal, AgentPlan, Block, Fault, FaultKind, Forge, On, Pace, Program, Repeat, Step, Strategy, With,
};
use crate::model::service::{Act, Grant};
use crate::scenario::finding::{Code, Finding};
use crate::scenario::quantity;
use crate::scenario::shape::shortened;
use crate::scenario::tree::{Key, Node};
use crate::wire::{CollId, FamilyId, IdentityId, OpId, PlaceId, Res, RouteId, ServiceId, Span, Tick};

use super::crowd::starts_of;
use super::{Lowering, rows};

impl Lowering<'_> {
    pub(super) fn agents(&mut self, part: &str) -> Vec<AgentPlan> {
        let root = self.root;
        let mut all = Vec::new();
        for (key, node) in root.get(part).map_or(&[][..], Node::entries) {
            let first = all.len();
            match node.get("is").and_then(|is| Some((is, is.text()?.strip_prefix("every ")?))) {
                Some((is, group)) => all.extend(self.crowd(key, node, &Node::scalar(group.trim(), is.place))),
                None => all.push(self.agent(key, node)),
            }
            self.teach(&mut all[first..]);
            if let Some(starts) = node.get("starts") {
                starts_of(starts, &mut all[first..]);
            }
            let before = self.clients.last().map_or(0, |(_, range)| range.end);
            self.clients.push((key.name.clone(), before..before + (all.len() - first) as u32));
        }
        all
    }

    pub(super) fn agent(&mut self, key: &Key, node: &Node) -> AgentPlan {
        let identity = node.get("is").and_then(|is| self.who(is));
        let holds = self.credentials_of(node.get("holds"));
        let task = node.get("told").map(|steps| self.program(steps, false)).unwrap_or_default();
        let then = node.get("then").map(|steps| self.program(steps, false));
        let (fault, then_harvests) = self.faults(node, then);
        self.overlooks_something(node, &fault, &task);
        let network = node.get("from").map_or(PlaceId::new(0), |name| self.network(name));
        AgentPlan {
            name: key.name.clone(),
            identity,
            holds,
            knows: self.inventory(node.get("knows")),
            knows_records: node.get("knows_records").map_or(Vec::new(), |n| self.named_records(n)),
            task,
            obedience: self.obedience(key, node, &fault),
            fault,
            then_harvests,
            pace: self.pace(node.get("pace")),
            network,
            starts: Tick::ZERO,
            starts_within: None,
            may: self.operations_named(node.get("may")),
            guesses: node.get("guesses").and_then(Node::text).and_then(quantity::boolean).unwrap_or(false),
            insists: false,
        }
    }

    /// A stale plan goes on where its task would have stopped: without such a place, nothing goes wrong.
    fn overlooks_something(&mut self, node: &Node, fault: &Fault, task: &Program) {
        let mut stops = !matches!(fault, Fault::StalePlan);
        task.each_step(&mut |step| stops |= step.after_refusal == AfterRefusal::Stop);
        if let (false, Some(fault)) = (stops, node.get("fault")) {
            let finding =
                Finding::new(Code::Contradiction, fault.place, "this plan cannot go stale: no refusal ends the task");
            let help = "write `after_refusal: stop` on a step of `told`, or what the agent does under `then`";
            self.find(finding.help(help));
        }
    }

    fn who(&mut self, node: &Node) -> Option<IdentityId> {
        let member = self.identities.member(node);
        self.take(member).map(|(at, index)| IdentityId::new(self.identities.all[at].first + index))
    }

    /// Credentials by name, as (family, index).
    fn credentials_of(&mut self, node: Option<&Node>) -> Vec<(FamilyId, u32)> {
        let mut all = Vec::new();
        for item in node.map_or(&[][..], Node::each) {
            let member = self.credentials.member(item);
            all.extend(self.take(member).map(|(at, index)| (FamilyId::at(at), index)));
        }
        all
    }

    /// Operations by name; `service.*` stands for all that are documented.
    fn operations_named(&mut self, node: Option<&Node>) -> Vec<OpId> {
        let mut all = Vec::new();
        for item in node.map_or(&[][..], Node::each) {
            let whole = item.text().and_then(|t| t.strip_suffix(".*"));
            match whole.and_then(|name| self.services.iter().position(|s| s.name == name)).map(ServiceId::at) {
                Some(service) => {
                    let begin = |service| self.operations.partition_point(|o| o.service < service);
                    let of = begin(service)..begin(ServiceId::at(service.index() + 1));
                    all.extend(of.filter(|at| self.operations[*at].documented).map(OpId::at));
                }
                None => all.extend(self.operation(item).map(OpId::at)),
            }
        }
        all
    }

    fn inventory(&mut self, node: Option<&Node>) -> Vec<RouteId> {
        self.operations_named(node).into_iter().map(|op| RouteId::new(op.number())).collect()
    }

    pub(super) fn named_records(&mut self, node: &Node) -> Vec<Res> {
        let mut all = Vec::new();
        for item in node.each() {
            let members = self.records.members(item);
            let members = self.take(members).into_iter();
            all.extend(members.flat_map(|(at, rows)| rows.map(move |row| Res { coll: CollId::at(at), row })));
        }
        all
    }

    fn pace(&mut self, node: Option<&Node>) -> Pace {
        let Some(node) = node else { return Pace::Machine { connections: 1 } };
        if node.entries().len() != 1 {
            let message = "an agent has one pace";
            self.find(
                Finding::new(Code::Contradiction, node.place, message).help("keep one of `machine`, `rate`, `human`"),
            );
        }
        let connections = |work: &mut Self, node: &Node| {
            let n = rows(node, &mut work.findings).unwrap_or(1);
            if n == 0 || n > u32::from(u16::MAX) {
                let finding = Finding::new(Code::ImpossibleNumber, node.place, "connections go from 1 to 65,535");
                work.find(finding.help("`machine: 1` sends one request after the other"));
            }
            n.clamp(1, u32::from(u16::MAX)) as u16
        };
        if let Some(n) = node.get("machine") {
            return Pace::Machine { connections: connections(self, n) };
        }
        if let Some(rate) = node.get("rate") {
            let every = rate.get("of").unwrap_or(rate).text().and_then(quantity::rate).unwrap_or(Span::SECOND);
            let connections = rate.get("connections").map_or(1, |n| connections(self, n));
            return Pace::Rate { every, connections };
        }
        let every = node.get("human").and_then(Node::text).and_then(quantity::duration).unwrap_or(Span::SECOND);
        if every == Span::ZERO {
            let finding = Finding::new(Code::ImpossibleNumber, node.place, "nobody is that fast");
            self.find(finding.help("`human: 5s` is one request each five seconds"));
        }
        Pace::Human { every }
    }

    /// What goes wrong, and whether the agent harvests when that has run its course.
    fn faults(&mut self, node: &Node, then: Option<Program>) -> (Fault, Option<Strategy>) {
        let Some(fault) = node.get("fault") else {
            let scripted = |then| Fault::Scripted { kind: FaultKind::OverBroad, then };
            return (then.map_or(Fault::None, scripted), None);
        };
        let (first, last) = match fault.items() {
            [] => return (self.fault(node, fault, then), None),
            [first, last] => (first, last),
            _ => (fault, fault),
        };
        let endless = ["none", "harvest", "runaway-loop"].iter().any(|name| is_fault(first, name));
        if !is_fault(last, "harvest") || endless {
            let message = "this is no chain of faults";
            let help = "a chain is one fault that comes to an end, then `harvest`: `[injected, harvest]`";
            self.find(Finding::new(Code::Contradiction, fault.place, message).help(help));
            return (Fault::None, None);
        }
        (self.fault(node, first, then), Some(harvests(last)))
    }

    fn fault(&mut self, node: &Node, fault: &Node, then: Option<Program>) -> Fault {
        if fault.text().is_none() && fault.entries().len() != 1 {
            let message = "an agent has one fault";
            let help = "keep one of `harvest`, `wrong-target` and `spread`";
            self.find(Finding::new(Code::Contradiction, fault.place, message).help(help));
            return Fault::None;
        }
        let name = fault.text().or_else(|| fault.entries().first().map(|(k, _)| k.name.as_str())).unwrap_or_default();
        if then.is_some() {
            for (_, long) in fault.entries() {
                self.no_effect(long, &["strategy", "instead_of"], "the steps under `then` are done instead");
            }
        }
        let kind = match name {
            "none" => return Fault::None,
            "wrong-target" => FaultKind::WrongTarget,
            "over-broad" => FaultKind::OverBroad,
            "runaway-loop" => FaultKind::RunawayLoop,
            "wrong-credential" => FaultKind::WrongCredential,
            "harvest" => FaultKind::Harvest,
            "injected" => {
                self.no_effect(node, &["then"], "the instruction says what it does");
                return Fault::Injected;
            }
            "spread" => {
                self.no_effect(node, &["then"], "the instruction says what it does");
                return Fault::Spread;
            }
            _ => FaultKind::StalePlan,
        };
        match (kind, then) {
            (kind, Some(then)) => Fault::Scripted { kind, then },
            (FaultKind::Harvest, None) => Fault::Harvest { strategy: harvests(fault) },
            (FaultKind::RunawayLoop, None) => Fault::RunawayLoop,
            (FaultKind::OverBroad, None) => Fault::OverBroad,
            (FaultKind::StalePlan, None) => Fault::StalePlan,
            (FaultKind::WrongTarget, None) => self.wrong_target(fault),
            (_, None) => Fault::WrongCredential,
        }
    }

    fn wrong_target(&mut self, fault: &Node) -> Fault {
        let targets = fault.get("wrong-target");
        let (Some(meant), Some(called)) =
            (targets.and_then(|t| t.get("instead_of")), targets.and_then(|t| t.get("calls")))
        else {
            let message = "which target is taken for which?";
            let help =
                "say `{wrong-target: {instead_of: api.sandbox, calls: api.live}}`, or write the steps under `then`";
            self.find(Finding::new(Code::MissingKey, fault.place, message).help(help));
            return Fault::None;
        };
        match (self.operation(meant), self.operation(called)) {
            (Some(meant), Some(called)) => {
                Fault::WrongTarget { instead_of: RouteId::at(meant), calls: RouteId::at(called) }
            }
            _ => Fault::None,
        }
    }

    pub(super) fn program(&mut self, steps: &Node, enclosed: bool) -> Program {
        Program { blocks: steps.each().iter().filter_map(|step| self.block(step, enclosed)).collect() }
    }

    fn block(&mut self, node: &Node, enclosed: bool) -> Option<Block> {
        if let Some(lines) = node.get("together") {
            self.no_effect(node, &OF_A_STEP, "`together` holds whole steps");
            self.no_effect(node, &["each"], "`together` holds whole steps");
            return Some(Block::Together(lines.items().iter().map(|line| self.program(line, enclosed)).collect()));
        }
        if let Some(each) = node.get("each") {
            self.no_effect(node, &OF_A_STEP[1..], "`each` holds whole steps under `do`");
            let of = self.credentials_of(Some(each));
            let Some(steps) = node.get("do").filter(|d| d.text().is_none()) else {
                let message = "`each` needs a list of steps under `do`";
                let help = "write `{each: [CREDENTIAL], do: [service.operation]}`";
                self.find(Finding::new(Code::BadStep, node.place, message).help(help));
                return None;
            };
            return Some(Block::Each { of, body: self.program(steps, true) });
        }
        if let Some(forged) = node.get("forge") {
            return self.forge(node, forged);
        }
        self.no_effect(node, &["with", "for"], "it belongs to `forge`");
        if let Some(claims) = node.get("claims") {
            return self.claims(node, claims);
        }
        let Some(name) = node.get("do").or((node.text().is_some()).then_some(node)) else {
            let message = "this step does nothing";
            let help = "write `service.operation`, or a map with `do`, `together` or `each`";
            self.find(Finding::new(Code::BadStep, node.place, message).help(help));
            return None;
        };
        if name.text().is_none() {
            let message = "a list of steps under `do` needs `each`";
            let help = "write `{each: [CREDENTIAL], do: [steps]}`, or one operation: `do: service.operation`";
            self.find(Finding::new(Code::BadStep, name.place, message).help(help));
            return None;
        }
        let op = self.operation(name)?;
        let route = RouteId::at(op);
        let with = node.get("as").map(|n| self.with(n));
        Some(Block::Step(Step {
            route,
            with: with.unwrap_or(Some(if enclosed { With::Enclosing } else { With::Own }))?,
            subject: node.get("subject").and_then(|subject| self.exchanged(subject, op)),
            on: node.get("on").map_or(Some(On::Nothing), |n| self.on(n, op))?,
            all_pages: node.get("pages").and_then(Node::text) == Some("all"),
            repeat: self.repeat(node),
            after_refusal: match node.get("after_refusal").and_then(Node::text) {
                Some("drop credential") => AfterRefusal::DropCredential,
                Some("drop verb") => AfterRefusal::DropVerb,
                Some("stop") => AfterRefusal::Stop,
                Some("retry") => AfterRefusal::Retry,
                _ => AfterRefusal::GoOn,
            },
            carries: self.carrying(node.get("carrying"), op),
        }))
    }

    /// What a step has exchanged that presents something else.
    fn exchanged(&mut self, subject: &Node, op: usize) -> Option<FamilyId> {
        let spec = &self.operations[op];
        if !matches!(spec.act, Act::Mint { grant: Grant::TokenExchange, .. }) {
            let message = format!("`{}` exchanges no token", spec.name);
            let help = "`subject` goes with an operation of `grant: token-exchange`";
            self.find(Finding::new(Code::BadStep, subject.place, message).help(help));
            return None;
        }
        let group = self.credentials.group(subject);
        self.take(group).map(FamilyId::at)
    }

    /// The agent's own account: how often it says that it called each operation.
    fn claims(&mut self, step: &Node, claims: &Node) -> Option<Block> {
        let of_a_call = OF_A_STEP.iter().copied().filter(|key| *key != "claims").collect::<Vec<_>>();
        self.no_effect(step, &of_a_call, "an account is no request");
        let mut said = Vec::new();
        for (key, calls) in claims.entries() {
            let op = self.operation(&Node::scalar(key.name.as_str(), key.place));
            let calls = rows(calls, &mut self.findings);
            said.extend(op.map(OpId::at).zip(calls));
        }
        if claims.entries().is_empty() {
            let finding = Finding::new(Code::BadStep, claims.place, "this account says nothing");
            self.find(finding.help("write `claims: {service.operation: 0}`"));
        }
        Some(Block::Claims(said))
    }

    fn with(&mut self, node: &Node) -> Option<With> {
        let text = node.text().unwrap_or_default();
        match text {
            "nothing" => return Some(With::Nothing),
            "own" => return Some(With::Own),
            "last found" => return Some(With::LastFound),
            _ => {}
        }
        let in_turn = text.strip_prefix("each ").and_then(|t| t.strip_suffix(" in turn"));
        let name = in_turn.unwrap_or(text).trim().trim_start_matches("held ");
        let group = self.credentials.group(&Node::scalar(name, node.place));
        let usual = "a family of `credentials:`, `own`, `nothing`, `last found` or `each FAMILY in turn`";
        let family = FamilyId::at(self.take(group.map_err(|finding| with_usual(finding, usual)))?);
        Some(if in_turn.is_some() { With::EachInTurn(family) } else { With::Family(family) })
    }

    fn on(&mut self, node: &Node, op: usize) -> Option<On> {
        let text = node.text().unwrap_or_default();
        if let Some(name) = text.strip_prefix("each listed parent ") {
            let group = self.records.group(&Node::scalar(name.trim(), node.place));
            return self.take(group).map(|at| On::EachListedParent(CollId::at(at)));
        }
        if let Some(name) = text.strip_prefix("each listed ") {
            let group = self.records.group(&Node::scalar(name.trim(), node.place));
            return self.take(group).map(|at| On::EachListed(CollId::at(at)));
        }
        if text == "last created" {
            let spec = &self.operations[op];
            let taken = match spec.act {
                Act::One { .. } => spec.target,
                Act::List { inside, .. } | Act::Create { inside } => inside,
                _ => None,
            };
            if taken.is_none() {
                let message = format!("`{}` is about no record", spec.name);
                let help = "`on` goes with a path that names a record: `DELETE /messages/{id}`";
                self.find(Finding::new(Code::BadStep, node.place, message).help(help));
            }
            return taken.map(On::LastCreated);
        }
        if text.starts_with("each ") {
            let finding =
                Finding::new(Code::BadStep, node.place, format!("`{}` is no way to name records", shortened(text)));
            self.find(finding.help("write `each listed COLLECTION`, `each listed parent COLLECTION`, or records"));
            return None;
        }
        Some(On::Named(self.named_records(node)))
    }

    fn times(&mut self, node: &Node) -> u32 {
        let times = rows(node, &mut self.findings);
        if times == Some(0) {
            let finding = Finding::new(Code::ImpossibleNumber, node.place, "a step that is done 0 times is no step");
            self.find(finding.help("remove the step, or say how often"));
        }
        times.unwrap_or(1)
    }

    fn at_random(&mut self, node: &Node, n: u64, per: Span) -> Repeat {
        if n == 0 || n > MOST_MOMENTS || n > per.0 {
            let message = format!("a step cannot be done {} times in {per}, at random", quantity::shown(n));
            let help = format!("from 1 to {} times in each window", quantity::shown(MOST_MOMENTS));
            self.find(Finding::new(Code::ImpossibleNumber, node.place, message).help(help));
        }
        Repeat::AtRandom { times: n.min(MOST_MOMENTS) as u32, per }
    }

    pub(super) fn repeat(&mut self, node: &Node) -> Repeat {
        let span = |key: &str| node.get(key).and_then(Node::text).and_then(quantity::duration);
        if let Some((written, (n, per))) = node.get("times").and_then(|n| Some((n, quantity::windowed(n.text()?)?))) {
            self.no_effect(node, &["every", "first", "endless"], "`times: 5 per 4h` says when");
            return self.at_random(written, n, per);
        }
        let times = node.get("times").map(|n| self.times(n));
        let endless = node.get("endless").and_then(Node::text).and_then(quantity::boolean) == Some(true);
        if endless {
            self.no_effect(node, &["every", "times", "first"], "`endless` repeats at once and for ever");
        } else if times.is_some() && span("every").is_none() {
            self.no_effect(node, &["first"], "`times` alone repeats at once");
        }
        match (span("every"), times) {
            (Some(Span::ZERO), _) => {
                let place = node.get("every").map_or(node.place, |n| n.place);
                let finding = Finding::new(Code::ImpossibleNumber, place, "every 0 s is endless");
                self.find(finding.help("say `endless: yes`"));
                Repeat::Once
            }
            (Some(every), times) => Repeat::Every { every, first: span("first").unwrap_or_default(), times },
            (None, Some(times)) => Repeat::Times(times),
            (None, None) if endless => Repeat::Endless,
            (None, None) => match span("first") {
                Some(first) => Repeat::Every { every: Span::SECOND, first, times: Some(1) },
                None => Repeat::Once,
            },
        }
    }
}

/// More random times in one window are a stream: `every` says that better.
const MOST_MOMENTS: u64 = 100_000;

/// The keys of a step that asks for something.
const OF_A_STEP: [&str; 15] = [
    "do",
    "as",
    "subject",
    "on",
    "pages",
    "every",
    "first",
    "times",
    "endless",
    "after_refusal",
    "carrying",
    "forge",
    "with",
    "for",
    "claims",
];

/// What may stand here, where nothing nearer was meant.
fn with_usual(finding: Finding, usual: &str) -> Finding {
    if finding.help.as_ref().is_some_and(|help| help.starts_with("did you mean")) {
        finding
    } else {
        finding.help(usual)
    }
}

fn is_fault(node: &Node, name: &str) -> bool {
    node.text() == Some(name) || node.get(name).is_some()
}

/// The order in which a fault `harvest` tries.
fn harvests(fault: &Node) -> Strategy {
    strategy_of(fault.get("harvest").and_then(|h| h.get("strategy")).and_then(Node::text))
}

fn strategy_of(word: Option<&str>) -> Strategy {
    match word {
        Some("depth") => Strategy::Depth,
        Some("greedy") => Strategy::Greedy,
        Some("random") => Strategy::Random,
        _ => Strategy::Breadth,
    }
}

/// Whether an agent, left alone, never comes to an end.
pub fn repeats(agent: &AgentPlan) -> bool {
    let scripted = match &agent.fault {
        Fault::Scripted { then, .. } => endless(then),
        Fault::RunawayLoop => true,
        Fault::Injected => agent.obedience.does.iter().any(|program| endless(program)),
        _ => false,
    };
    scripted || endless(&agent.task)
}

fn endless(program: &Program) -> bool {
    program.blocks.iter().any(|block| match block {
        Block::Claims(_) => false,
        Block::Step(Step { repeat, .. }) | Block::Forge(Forge { repeat, .. }) => {
            matches!(repeat, Repeat::Endless | Repeat::AtRandom { .. } | Repeat::Every { times: None, .. })
        }
        Block::Together(lines) => lines.iter().any(endless),
        Block::Each { body, .. } => endless(body),
    })
}
