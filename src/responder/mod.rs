//! The defence: a third state machine that is told of alarms and of what the services logged, looks things up in the
//! identity registry, takes its time, and acts by requests that can fail. It is no oracle.

mod select;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::control::{Order, Trigger, Which};
use crate::model::service::Act;
use crate::model::{Draws, Plan, Stream};
use crate::planted::Mistake;
use crate::wire::{
    ActorId, Alarm, Arg, Audit, Client, Event, HeldId, Key, Log, Next, Outcome, PlaceId, Presented, Purpose, Registry,
    Request, RequestId, ResponseId, RouteId, Scheme, Slot, StepId, Target, Text, Tick, Vantage, Vocabulary, Watcher,
};

/// The responder of a run.
pub struct Responder {
    plan: Arc<Plan>,
    who: ActorId,
    door: Option<RouteId>,
    sent: u32,
    /// How many of its requests have no answer yet.
    awaited: u32,
    /// Steps whose targets are not looked up yet, by the instant at which they start.
    planned: BTreeMap<(Tick, u32), (StepId, Option<Key>)>,
    /// Actions in the order in which they will be taken.
    actions: BTreeMap<(Tick, u32), (StepId, Target)>,
    order: u32,
    /// How long people take to answer, by detector.
    times: Vec<Stream>,
    /// In which order targets come where that is left to chance, by step.
    orders: Vec<Stream>,
    /// Responses that are under way, and about what.
    answered: Vec<(ResponseId, Key)>,
    /// What was logged, kept only where a step asks what somebody read.
    logged: Vec<Audit>,
    keeps_log: bool,
}

impl Responder {
    pub fn new(plan: Arc<Plan>, who: ActorId) -> Responder {
        let door = plan.operations.iter().position(|op| matches!(op.act, Act::Administer));
        let mut responder = Responder {
            who,
            door: door
                .and_then(|op| plan.routes.iter().position(|r| r.answers.is_some_and(|a| a.index() == op)))
                .map(RouteId::at),
            sent: 0,
            awaited: 0,
            planned: BTreeMap::new(),
            actions: BTreeMap::new(),
            order: 0,
            times: streams(&plan, Draws::Response, plan.controls.detectors.len()),
            orders: streams(&plan, Draws::Order, plan.controls.steps.len()),
            answered: Vec::new(),
            logged: Vec::new(),
            keeps_log: plan.controls.steps.iter().any(|s| s.which == Which::Exposed),
            plan: plan.clone(),
        };
        for response in &plan.controls.responses {
            if let Trigger::At(at) = response.on {
                responder.plan_steps(at, &response.steps, None);
            }
        }
        responder
    }

    /// Whether no action is left of what is under way, and each has been answered. What is planned for later is not under
    /// way yet.
    pub fn idle(&self) -> bool {
        self.actions.is_empty() && (self.awaited == 0 || Mistake::DeclaredBeforeTheAnswer.here())
    }

    fn plan_steps(&mut self, at: Tick, steps: &[StepId], key: Option<Key>) {
        for step in steps {
            self.order += 1;
            self.planned.insert((at, self.order), (*step, key));
        }
    }

    fn hear(&mut self, alarm: &Alarm, log: &mut Log) {
        let plan = self.plan.clone();
        for (at, response) in plan.controls.responses.iter().enumerate() {
            let id = ResponseId::at(at);
            let meant = response.on == Trigger::Alarm(alarm.rule) || Mistake::ResponderHearsEveryAlarm.here();
            if !meant || self.answered.contains(&(id, alarm.key)) && !Mistake::RunbookStartsOver.here() {
                continue;
            }
            self.answered.push((id, alarm.key));
            let takes = response.takes.drawn(&mut self.times[alarm.rule.index()]).unless(Mistake::ResponderIsTooFast);
            let acts = alarm.at + takes;
            log.push(Event::Responding { at: alarm.at, response: id, acts });
            self.plan_steps(acts, &response.steps, Some(alarm.key));
        }
    }

    /// Looks the targets of due steps up, as the registry is now.
    fn look_up(&mut self, now: Tick, registry: &dyn Registry) {
        while let Some(entry) = self.planned.first_entry().filter(|e| e.key().0 <= now) {
            let ((start, _), (step, key)) = entry.remove_entry();
            let spec = &self.plan.controls.steps[step.index()];
            let mut targets = select::targets(spec, key, &self.logged, registry, now);
            if let Some(layer) = spec.only.filter(|_| !Mistake::LayerIsIgnored.here()) {
                let is_of = |cred| self.plan.family(registry.family(cred)).kind == layer;
                targets.retain(|target| matches!(target, Target::Credential(cred) if is_of(*cred)));
            }
            match spec.order {
                _ if Mistake::OrderIsIgnored.here() => {}
                Order::ByNumber => {}
                Order::NewestFirst => targets.reverse(),
                Order::Random => self.orders[step.index()].shuffle(&mut targets),
            }
            for (k, target) in targets.into_iter().enumerate() {
                self.order += 1;
                let at = start + spec.first + spec.every.times(k as u64).unless(Mistake::ResponderWithoutPace);
                self.actions.insert((at.max(now), self.order), (step, target));
            }
        }
    }

    fn request(&mut self, door: RouteId, step: StepId, target: Target) -> Option<(RequestId, Request)> {
        let (family, index) = self.plan.operator?;
        let id = RequestId { by: self.who, n: self.sent };
        self.sent += 1;
        self.awaited += 1;
        let presented = Presented {
            scheme: Scheme::Bearer,
            text: Text::Generated { family, index, turn: 0 },
            held: HeldId::new(0),
            proven: true,
        };
        let from = Vantage { network: PlaceId::new(0), connection: 0, purpose: Purpose::Response, conversation: None };
        let about = Arg::Act { step, target };
        Some((id, Request { route: door, about, page: Arg::None, presented: Some(presented), carries: false, from }))
    }
}

fn streams(plan: &Plan, draws: Draws, n: usize) -> Vec<Stream> {
    (0..n as u32).map(|entity| Stream::new(plan.seed, draws, entity)).collect()
}

impl Client for Responder {
    fn next(&mut self, now: Tick, _log: &mut Log) -> Next {
        let planned = self.planned.first_key_value().map(|(key, _)| key.0);
        let Some(entry) = self.actions.first_entry() else {
            return planned.map_or(Next::Done, Next::WaitUntil);
        };
        let at = entry.key().0;
        if at > now {
            return Next::WaitUntil(planned.map_or(at, |p| p.min(at)));
        }
        let (step, target) = entry.remove();
        match self.door.and_then(|door| self.request(door, step, target)) {
            Some((id, request)) => Next::Send(id, request),
            None => Next::Done,
        }
    }

    fn observe(&mut self, _: Tick, _: RequestId, _: &Outcome, _: &Slot, _: &mut dyn Vocabulary, _: &mut Log) {
        self.awaited = self.awaited.saturating_sub(1);
    }
}

impl Watcher for Responder {
    fn feed(&mut self, now: Tick, audit: &[Audit], alarms: &[Alarm], registry: &dyn Registry, log: &mut Log) {
        if self.keeps_log {
            self.logged.extend_from_slice(audit);
        }
        for alarm in alarms {
            self.hear(alarm, log);
        }
        self.look_up(now, registry);
    }
}
