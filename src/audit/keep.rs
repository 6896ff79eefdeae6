//! Keeps the audit log: a fold over the plan and the journal that leaves out all that no service wrote down.

use crate::model::control::Action;
use crate::model::service::AuditFields;
use crate::model::{Plan, Trace};
use crate::wire::{CredId, Event, IdentityId, OpId, Purpose, RequestId, Target, Tick, Verdict};

use super::delegation::Delegation;
use super::known::clients;
use super::line::{Account, Change, Deed, Field, Line, Run};

/// A line as it is kept.
#[derive(Clone, Copy, Debug)]
pub struct Kept<'a> {
    pub line: Line,
    /// The records that it names, where the service logs objects.
    pub objects: &'a [Run],
    /// Who acts for whom, the current actor first, where the service logs that.
    pub actors: &'a [u32],
    /// The request behind it. The log does not have it: it is what attribution is scored against.
    pub of: Option<RequestId>,
}

/// Tells every line of the log in its order.
pub fn keep(plan: &Plan, events: &[Event], tell: impl FnMut(Kept<'_>)) {
    let mut keeper = Keeper {
        plan,
        types: EventTypes::of(plan),
        networks: clients(plan).map(|client| client.network.map(|network| network.number())).collect(),
        delegates: plan.families.iter().any(|family| family.delegated),
        delegation: Delegation::new(plan, events),
        tell,
        told: 0,
        open: None,
        objects: Vec::new(),
        actors: Vec::new(),
    };
    for event in events {
        keeper.event(event);
    }
    keeper.close();
}

/// The number of each operation's event type: operations of a service that are logged under one name share it.
#[derive(Clone, Debug)]
pub struct EventTypes {
    numbers: Vec<u32>,
    pub names: Vec<String>,
}

impl EventTypes {
    pub fn of(plan: &Plan) -> EventTypes {
        let mut known = super::known::Names::default();
        let mut names = Vec::new();
        let numbers = plan
            .operations
            .iter()
            .map(|op| {
                let name = format!("{}.{}", plan.service(op.service).name, op.logged_as);
                let number = known.number(&name);
                if names.len() <= number as usize {
                    names.push(name);
                }
                number
            })
            .collect();
        EventTypes { numbers, names }
    }

    pub fn number(&self, op: OpId) -> u32 {
        self.numbers[op.index()]
    }

    /// Whether no other operation is logged under the same name.
    pub fn is_alone(&self, op: OpId) -> bool {
        self.numbers.iter().filter(|number| **number == self.number(op)).count() == 1
    }
}

struct Keeper<'p, F> {
    plan: &'p Plan,
    types: EventTypes,
    /// Where each client's requests come from.
    networks: Vec<Option<u32>>,
    /// Whether anybody acts for anybody in this plan.
    delegates: bool,
    delegation: Delegation<'p>,
    tell: F,
    told: u64,
    /// A request whose effects are still being read.
    open: Option<Open>,
    objects: Vec<Run>,
    actors: Vec<u32>,
}

/// A line that is not complete yet.
#[derive(Clone, Copy)]
struct Open {
    id: RequestId,
    logs: AuditFields,
    line: Line,
    /// Whether another line about the same request stands before it.
    again: bool,
}

impl<F: FnMut(Kept<'_>)> Keeper<'_, F> {
    fn event(&mut self, event: &Event) {
        match *event {
            Event::Asked { purpose, .. } => {
                self.close();
                if purpose != Purpose::Probe {
                    self.open(event);
                }
            }
            // What queued work does leaves no line: it was logged when it was asked for.
            Event::Fired { .. } => self.close(),
            Event::Touched { id, coll, first, n, .. } => self.touched(id, (coll.number(), first, n)),
            Event::Created { id, coll, row, .. } => self.touched(id, (coll.number(), row, 1)),
            Event::Minted { id, cred, parent, principal, actor, .. } => {
                if self.delegates {
                    self.delegation.issue(cred, actor, parent);
                }
                self.minted(id, cred, parent, principal);
            }
            Event::Acted { id, step, target, worked: true, .. } => {
                let how = change(&self.plan.controls.steps[step.index()].action);
                if let (Some(how), Some(open)) = (how, &mut self.open)
                    && open.id == id
                    && let Some((principal, credential)) = changed(self.plan, target)
                {
                    open.line.deed = Deed::Change { how, principal, credential };
                }
            }
            Event::Got { at, by, via: None, cred: Some(cred), .. } if cred.number() >= self.plan.credentials() => {
                self.close();
                self.handed(at, by.number(), cred);
            }
            _ => {}
        }
    }

    fn open(&mut self, asked: &Event) {
        let Event::Asked { at, id, op: Some(op), cred, principal, verdict, status, .. } = *asked else { return };
        let spec = self.plan.operation(op);
        let Some(logs) = spec.audit else { return };
        let network = self.networks.get(id.by.index()).copied().flatten();
        if let Some(cred) = cred.filter(|_| logs.act && self.delegates) {
            self.actors = self.delegation.actors(cred);
        }
        let account = Account {
            principal: Field::of(logs.principal, principal.map(|p| p.number())),
            credential: Field::of(logs.credential, cred.map(|c| c.number())),
            act: Field::of(logs.act, self.actors.first().copied()),
            address: Field::of(logs.address && network.is_some(), network),
            trace: Field::of(logs.trace, Some(id.by.number())),
        };
        let line = Line {
            sequence: 0,
            at,
            account,
            deed: Deed::Call,
            event: self.types.number(op),
            effect: spec.effect,
            allowed: verdict == Verdict::Accepted,
            status,
            rows: 0,
            span: logs.trace.then(|| Trace::of(self.plan.seed, id).span),
        };
        self.open = Some(Open { id, logs, line, again: false });
    }

    fn touched(&mut self, id: RequestId, run: Run) {
        let Some(open) = self.open.as_mut().filter(|open| open.id == id) else { return };
        open.line.rows += run.2;
        if open.logs.object {
            self.objects.push(run);
        }
    }

    fn minted(&mut self, id: RequestId, cred: CredId, parent: Option<CredId>, principal: Option<IdentityId>) {
        let Some(mut open) = self.open.filter(|open| open.id == id) else { return };
        let recorded = |cred: CredId| open.logs.credential.then_some(cred.number());
        let principal = principal.filter(|_| open.logs.principal).map(|p| p.number());
        let (credential, from) = (recorded(cred), parent.and_then(recorded));
        let deed = Deed::Issue { credential, principal, from, to: None };
        // A refresh token beside the token: a line of its own.
        if open.line.deed != Deed::Call {
            let actors = self.actors.clone();
            self.close();
            (self.actors, open.again) = (actors, true);
        }
        open.line.deed = deed;
        self.open = Some(open);
    }

    /// The provider hands the successor of a rotated credential to whoever held the old one by right.
    fn handed(&mut self, at: Tick, to: u32, cred: CredId) {
        let Some(op) = self.plan.operation_ids().find(|op| self.plan.operation_name(*op) == ADMINISTER) else { return };
        let deed = Deed::Issue { credential: Some(cred.number()), principal: None, from: None, to: Some(to) };
        let spec = self.plan.operation(op);
        let line = Line {
            sequence: 0,
            at,
            account: Account::UNRECORDED,
            deed,
            event: self.types.number(op),
            effect: spec.effect,
            allowed: true,
            status: 200,
            rows: 0,
            span: None,
        };
        self.say(line, None);
    }

    fn close(&mut self) {
        if let Some(open) = self.open.take() {
            self.say(open.line, Some(open.id).filter(|_| !open.again));
        }
    }

    fn say(&mut self, line: Line, of: Option<RequestId>) {
        let line = Line { sequence: self.told, ..line };
        (self.tell)(Kept { line, objects: &self.objects, actors: &self.actors, of });
        self.told += 1;
        self.objects.clear();
        self.actors.clear();
    }
}

/// The operation by which the defence acts.
const ADMINISTER: &str = "control-plane.administer";

/// Whose account an action changes, and by which credential.
fn changed(plan: &Plan, target: Target) -> Option<(Option<u32>, Option<u32>)> {
    match target {
        Target::Identity(identity) => Some((Some(identity.number()), None)),
        Target::Credential(cred) => {
            let at_start = cred.number() < plan.credentials();
            let principal = at_start.then(|| plan.origin_of(cred)).and_then(|(f, index)| plan.family(f).of.get(index));
            Some((principal, Some(cred.number())))
        }
        Target::Named | Target::Record(_) => None,
    }
}

/// What an action does to an account, if it is about one.
const fn change(action: &Action) -> Option<Change> {
    match action {
        Action::Revoke => Some(Change::Revoked),
        Action::Disable => Some(Change::Disabled),
        Action::Rotate { .. } => Some(Change::Rotated),
        Action::Bind { .. } => Some(Change::Bound),
        Action::Block { .. } => Some(Change::Blocked),
        _ => None,
    }
}
