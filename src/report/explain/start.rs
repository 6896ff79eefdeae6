//! The beginning: what an agent was told, where it left that, and what made it an incident.

use std::collections::BTreeSet;

use crate::measure::{Excess, Order, counted, thousands};
use crate::model::agent::{AgentPlan, Fault, FaultKind, Program};
use crate::wire::{ActorId, Event, HeldId, IdentityId, RouteId, Turn};

use super::super::names::reason_in_words;
use super::super::text::few;
use super::causes::Chief;
use super::{Evidence, Sentence, Teller};

impl Teller<'_> {
    pub(super) fn told(&self) -> Vec<Sentence> {
        let mut sentences = Vec::new();
        for (at, agent) in self.plan.agents.iter().enumerate().take(MOST_AGENTS) {
            let by = ActorId::at(at);
            let starts = self.places(|e| matches!(e, Event::Turned { by: who, turn: Turn::Started, .. } if *who == by));
            let text =
                format!("The agent {} {}, and was told {}.", agent.name, holding(agent), self.task(&agent.task),);
            sentences.push(Sentence::new(text, Evidence::header().and(&starts)));
        }
        if let Some(more) = self.plan.agents.len().checked_sub(MOST_AGENTS).filter(|more| *more > 0) {
            let others = self.places(|e| {
                matches!(e, Event::Turned { by, turn: Turn::Started, .. } if (MOST_AGENTS..self.plan.agents.len()).contains(&by.index()))
            });
            let text = format!("{} like these started beside them.", counted(more as u64, "more agent"));
            sentences.push(Sentence::new(text, Evidence::header().and(&others)));
        }
        sentences
    }

    pub(super) fn wrong(&self) -> Vec<Sentence> {
        let mut sentences = Vec::new();
        for (place, event) in self.events.iter().enumerate() {
            let Event::Turned { at, by, turn: Turn::FaultTookOver } = *event else { continue };
            let Some(agent) = self.plan.agents.get(by.index()) else { continue };
            let text = format!("At {at}, {} left its task: {}.", agent.name, mistake(&agent.fault));
            sentences.push(Sentence::new(text, Evidence::event(place).and(&Evidence::header())));
            if sentences.len() == MOST_AGENTS {
                break;
            }
        }
        sentences.extend(self.obeyed());
        match self.causes.first {
            Some(deed) => {
                let op = deed.asked.op.map_or_else(String::new, |op| format!(" by {}", self.plan.operation_name(op)));
                let with = self.held(deed.asked.with);
                let text = format!("The first effect beyond the task came at {}{op}, with {with}.", deed.at);
                sentences
                    .push(Sentence::new(text, Evidence::event(deed.asked.place).and(&Evidence::event(deed.place))));
            }
            None => {
                let text = "Nothing that happened exceeded the task.";
                sentences.push(Sentence::new(text, self.nowhere()));
            }
        }
        sentences
    }

    /// The instructions that agents read and obeyed: the reading, the order, and the writing where it happened in the run.
    fn obeyed(&self) -> Vec<Sentence> {
        let orders = &self.measures.orders;
        let told = |order: &Order| {
            let same = |event: &Event| matches!(*event, Event::Obeyed { by, via, instruction, .. } if (by, via, instruction) == (order.by, order.via, order.instruction));
            let written = order.written.and_then(|id| self.request(id)).map(Evidence::event).unwrap_or_default();
            let read = self.request(order.via).map(Evidence::event).unwrap_or_default();
            let evidence = written.and(&read).and(&self.places(same));
            Sentence::new(format!("At {}, {}.", order.at, order.told(self.plan)), evidence)
        };
        let mut sentences: Vec<Sentence> = orders.iter().take(MOST_AGENTS).map(told).collect();
        if let Some(more) = orders.len().checked_sub(MOST_AGENTS).filter(|more| *more > 0) {
            let text = format!("Agents obeyed {} more.", counted(more as u64, "time"));
            sentences.push(Sentence::new(text, self.places(|event| matches!(event, Event::Obeyed { .. }))));
        }
        sentences
    }

    pub(super) fn hop(&self) -> Vec<Sentence> {
        let Some((by, chief)) = self.causes.chief() else { return Vec::new() };
        let share = part(chief.brought, self.causes.all());
        let first = self.causes.first.map(|deed| Evidence::event(deed.place)).unwrap_or_default();
        let Some(held) = chief.with.first().copied() else {
            let text = format!("No credential was needed: what is open to everybody brought {share}.");
            return vec![Sentence::new(text, first)];
        };
        let label = self.held((by, Some(held))) + &self.others(&chief);
        let Some((_, via)) = self.found(by, held) else {
            let text =
                format!("No hop was needed: {label}, which {} had from the start, brought {share}.", self.agent(by));
            return vec![Sentence::new(text, first)];
        };
        let mut sentences = self.way(by, held);
        let found = |event: &Event| matches!(event, Event::Got { by: who, held, via: Some(_), .. } if *who == by && chief.with.contains(held));
        let evidence = via.map(Evidence::event).unwrap_or_default().and(&self.places(found));
        sentences.extend(self.forged(by));
        sentences.push(Sentence::new(format!("With {label} came {share}."), evidence));
        sentences
    }

    /// ` and 63 more of access`.
    fn others(&self, chief: &Chief) -> String {
        let others = chief.family.filter(|_| chief.with.len() > 1);
        others.map_or_else(String::new, |family| {
            format!(" and {} more of {}", thousands(chief.with.len() as u64 - 1), self.plan.family(family).name)
        })
    }

    /// `to call web.home and db.list`.
    fn task(&self, task: &Program) -> String {
        let mut routes: Vec<RouteId> = Vec::new();
        task.each_step(&mut |step| {
            if !routes.contains(&step.route) {
                routes.push(step.route);
            }
        });
        match routes.as_slice() {
            [] => "nothing".to_owned(),
            routes => format!("to call {}", few(routes.iter().map(|route| self.plan.route_name(*route)))),
        }
    }

    /// The acquisitions that led to a credential, in order.
    fn way(&self, by: ActorId, held: HeldId) -> Vec<Sentence> {
        let mut sentences = Vec::new();
        let mut next = Some(held);
        while let Some(held) = next.take() {
            let Some((got, Some(asked))) = self.found(by, held) else { break };
            let Event::Asked { at, op: Some(op), held: with, reason, .. } = self.events[asked] else { break };
            let Event::Got { lay_in, .. } = self.events[got] else { break };
            let place = lay_in.map_or_else(|| "the answer".to_owned(), |res| self.plan.record_name(res));
            let (name, found) = (self.plan.operation_name(op), self.held((by, Some(held))));
            let opened = match with {
                None => format!("{name} opened without a credential"),
                Some(_) => format!("{} opened {name}, {}", self.held((by, with)), reason_in_words(self.plan, reason)),
            };
            let text = format!("At {at}, {opened}, and {found} came out of {place}.");
            sentences.push(Sentence::new(text, Evidence::event(asked).and(&Evidence::event(got))));
            next = with;
        }
        sentences.reverse();
        sentences
    }

    /// What an actor made with a key.
    fn forged(&self, by: ActorId) -> Option<Sentence> {
        let theirs = |event: &Event| matches!(event, Event::Forged { id, .. } if id.by == by);
        let whose = |event: &Event| match event {
            Event::Forged { principal, .. } if theirs(event) => Some(*principal),
            _ => None,
        };
        let tokens = self.events.iter().filter(|event| theirs(event)).count() as u64;
        let people: BTreeSet<IdentityId> = self.events.iter().filter_map(whose).collect();
        let (made, people) = (counted(tokens, "token"), counted(people.len() as u64, "name"));
        let text = format!("{} made and used {made} that nobody issued, under {people}.", self.agent(by));
        (tokens > 0).then(|| Sentence::new(text, self.places(theirs)))
    }

    /// Where an actor came to hold a credential, and the request that brought it; nothing for what it started with.
    fn found(&self, by: ActorId, held: HeldId) -> Option<(usize, Option<usize>)> {
        let got = |event: &Event| matches!(event, Event::Got { by: who, held: what, via: Some(_), .. } if (*who, *what) == (by, held));
        let place = self.events.iter().position(got)?;
        let Event::Got { via, .. } = self.events[place] else { return None };
        Some((place, via.and_then(|id| self.request(id))))
    }
}

/// So many agents are told of one by one.
const MOST_AGENTS: usize = 4;

fn holding(agent: &AgentPlan) -> String {
    match agent.holds.len() {
        0 => "held nothing".to_owned(),
        n => format!("held {}", counted(n as u64, "credential")),
    }
}

fn mistake(fault: &Fault) -> &'static str {
    match fault {
        Fault::None => "it had none",
        Fault::Scripted { kind, .. } => scripted(*kind),
        Fault::Harvest { .. } => "it tried every secret that it found everywhere",
        Fault::RunawayLoop => "it did the same over and over",
        Fault::OverBroad => "it dropped every filter",
        Fault::WrongTarget { .. } => "it called one thing where another was meant",
        Fault::Spread => "it obeyed instructions that it read, and wrote them down for others",
        Fault::StalePlan => "it went on with its plan where a refusal should have ended it",
        Fault::Injected => "it obeyed instructions that it read",
        Fault::WrongCredential => "refused once, it took the strongest credential in sight",
    }
}

fn scripted(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::WrongTarget => "it took one target for another",
        FaultKind::OverBroad => "it did more than was asked, to more than was meant",
        FaultKind::RunawayLoop => "it went round without an end",
        FaultKind::WrongCredential => "it took a credential that was not meant for this",
        FaultKind::Harvest => "it gathered what secrets it could find, and used them",
        FaultKind::Spread => "it passed on what had turned it",
        FaultKind::StalePlan => "it acted on a state that had changed",
    }
}

/// `5,560 of 5,560 effects beyond the task`.
fn part(brought: Excess, all: Excess) -> String {
    let of = |n: u64, all: u64, what: &str| format!("{} of {} beyond the task", thousands(n), counted(all, what));
    match () {
        _ if all.pairs > 0 => of(brought.pairs, all.pairs, "effect"),
        _ if all.creations > 0 => of(brought.creations, all.creations, "new record"),
        _ => of(brought.effects, all.effects, "paid call"),
    }
}
