//! The end: what was noticed, what the response did and did not stop, and what is left.

use std::collections::BTreeMap;

use crate::measure::{Lag, Outcome, counted, thousands};
use crate::model::control::{Response, Trigger, Watches};
use crate::model::service::Role;
use crate::wire::{CredId, Event, Key, RuleId, ServiceId, Snapshot, Span, StepId, Tick};

use super::super::names::{credential_label, credential_of_run};
use super::super::text::few;
use super::{Evidence, Sentence, Teller};

/// What a step of the runbook did.
#[derive(Default)]
struct Acts {
    worked: u64,
    failed: u64,
    first: Option<Tick>,
    last: Tick,
    evidence: Evidence,
}

impl Teller<'_> {
    pub(super) fn noticed(&self) -> Vec<Sentence> {
        let mut raised: BTreeMap<RuleId, (Tick, Key, Tick, u64, Evidence)> = BTreeMap::new();
        for (place, event) in self.events.iter().enumerate() {
            let Event::Alarm { at, rule, key, since } = *event else { continue };
            let entry = raised.entry(rule).or_insert((at, key, since, 0, Evidence::default()));
            entry.3 += 1;
            entry.4.add(place);
        }
        let silent = (0..self.plan.controls.detectors.len()).map(RuleId::at).filter(|rule| !raised.contains_key(rule));
        let mut sentences: Vec<Sentence> =
            raised.iter().map(|(rule, alarm)| Sentence::new(self.alarm(*rule, alarm), alarm.4.clone())).collect();
        sentences.extend(silent.map(|rule| {
            let name = &self.plan.controls.detectors[rule.index()].name;
            if self.explored {
                return Sentence::new("Nothing told of an alarm of theirs.", self.nowhere());
            }
            Sentence::new(format!("The detector {name} saw nothing to tell."), self.nowhere())
        }));
        if sentences.is_empty() {
            let why = match self.explored {
                true => "Whether anybody noticed is not known: the targets file names no `alarm`.",
                false => "Nobody was watching: the scenario has no detector.",
            };
            sentences.push(Sentence::new(why, Evidence::header()));
        }
        sentences
    }

    fn alarm(&self, rule: RuleId, (at, key, since, times, _): &(Tick, Key, Tick, u64, Evidence)) -> String {
        let spec = &self.plan.controls.detectors[rule.index()];
        if matches!(spec.watches, Watches::Report { .. }) {
            return format!("At {at}, somebody outside told ({}).", spec.name);
        }
        let about = match key {
            Key::Credential(cred) => format!(" about {}", credential_label(self.plan, Some(*cred))),
            Key::Principal(who) | Key::Owner(who) => format!(" about {}", self.plan.identity_name(*who)),
            _ => String::new(),
        };
        let again = if *times > 1 { format!(", and {} more", counted(times - 1, "time")) } else { String::new() };
        let late = match self.measures.reach.t0 {
            Some(t0) if *at >= t0 => format!(", {} after the first effect beyond the task", at.since(t0)),
            _ => String::new(),
        };
        format!("At {at}, {} raised an alarm{about}{late}; what it counted began at {since}{again}.", spec.name)
    }

    pub(super) fn response(&self) -> Vec<Sentence> {
        let mut sentences = Vec::new();
        for (place, event) in self.events.iter().enumerate() {
            let Event::Responding { at, response, acts } = *event else { continue };
            let name = &self.plan.controls.response(response).name;
            let text = format!("The answer to {name} was set off at {at}, and began to act at {acts}.");
            sentences.push(Sentence::new(text, Evidence::event(place)));
        }
        let mut steps: BTreeMap<StepId, Acts> = BTreeMap::new();
        for (place, event) in self.events.iter().enumerate() {
            let Event::Acted { step, returned, worked, .. } = *event else { continue };
            let acts = steps.entry(step).or_default();
            *if worked { &mut acts.worked } else { &mut acts.failed } += 1;
            acts.first.get_or_insert(returned);
            acts.last = acts.last.max(returned);
            acts.evidence.add(place);
        }
        let idle = self.idle_steps(&steps);
        sentences.extend(steps.into_iter().map(|(step, acts)| self.step(step, acts)));
        sentences.extend(idle);
        if sentences.is_empty() {
            let why = if self.explored { "What anybody did about it is not known." } else { "Nobody acted." };
            sentences.push(Sentence::new(why, self.nowhere()));
        }
        sentences
    }

    /// Steps that were due, and acted on nothing.
    fn idle_steps(&self, acted: &BTreeMap<StepId, Acts>) -> Vec<Sentence> {
        let controls = &self.plan.controls;
        let mut idle: BTreeMap<StepId, Evidence> = BTreeMap::new();
        let mut begun = |response: &Response, acts: Tick, evidence: &Evidence| {
            let due = |step: &&StepId| acts + controls.steps[step.index()].first < self.measures.end;
            for step in response.steps.iter().filter(|step| !acted.contains_key(step)).filter(due) {
                let known = idle.remove(step).unwrap_or_default();
                idle.insert(*step, known.and(evidence));
            }
        };
        for (place, event) in self.events.iter().enumerate() {
            if let Event::Responding { response, acts, .. } = *event {
                begun(controls.response(response), acts, &Evidence::event(place));
            }
        }
        for response in &controls.responses {
            if let Trigger::At(at) = response.on {
                begun(response, at, &Evidence::header());
            }
        }
        let told = |(step, evidence): (StepId, Evidence)| {
            let name = &controls.steps[step.index()].name;
            Sentence::new(format!("The step {name} found nothing to act on."), evidence)
        };
        idle.into_iter().map(told).collect()
    }

    fn step(&self, step: StepId, acts: Acts) -> Sentence {
        let name = &self.plan.controls.steps[step.index()].name;
        let Acts { worked, failed, first, last, evidence } = acts;
        let times = match first {
            Some(first) if first < last => format!("from {first} to {last}"),
            _ => format!("at {last}"),
        };
        let fails = if failed > 0 { format!("; {} failed", thousands(failed)) } else { String::new() };
        let text = format!("The step {name} worked {} {times}{fails}.", counted(worked, "time"));
        Sentence::new(text, evidence)
    }

    pub(super) fn not_stopped(&self) -> Vec<Sentence> {
        let mut sentences = Vec::new();
        let Some(last) = self.causes.last else { return sentences };
        let mark = match (self.measures.declared(), self.measures.alarms.first) {
            (Some(declared), _) => Some((declared, format!("it was declared contained at {declared}"))),
            // What set the alarm off happened at the same instant, and before it.
            (None, Some((alarm, _))) => Some((alarm + Span(1), format!("the first alarm at {alarm}"))),
            (None, None) => None,
        };
        if let Some((from, what)) = mark {
            let (text, evidence) = match self.causes.from(from).count() as u64 {
                0 => (format!("After {what}, nothing beyond the task happened."), self.nowhere()),
                n => (
                    format!("{} with an effect beyond the task came after {what}.", counted(n, "call")),
                    self.causes.from(from).collect(),
                ),
            };
            sentences.push(Sentence::new(text, evidence));
        }
        let text = format!("The last effect beyond the task came at {}.", last.at);
        sentences.push(Sentence::new(text, Evidence::event(last.place)));
        sentences.extend(self.plan.service_ids().filter_map(|service| self.late(service)));
        sentences
    }

    /// A service that went on accepting after it was declared shut, or that never stopped.
    fn late(&self, service: ServiceId) -> Option<Sentence> {
        if self.plan.service(service).role == Role::Administration {
            return None;
        }
        let doors: Vec<_> = self.measures.doors.iter().filter(|door| door.service == service).collect();
        let name = &self.plan.service(service).name;
        let about: Vec<Option<CredId>> = doors.iter().map(|door| door.cred).collect();
        let census = self.places(|event| match event {
            Event::Census { cred, op, .. } => self.plan.operation(*op).service == service && about.contains(cred),
            _ => false,
        });
        let open = doors.iter().filter(|door| door.closed.is_none()).count() as u64;
        if open > 0 {
            let text = format!("{} at {name} never shut.", counted(open, "door"));
            return Some(Sentence::new(text, census));
        }
        let lag = |lag: Lag| if let Lag::After(span) = lag { Some(span) } else { None };
        let worst = doors.iter().filter_map(|door| Some((lag(door.lag())?, door.closed?))).max()?;
        let text = format!("{name} went on accepting for {} after it was told to stop, until {}.", worst.0, worst.1);
        Some(Sentence::new(text, census))
    }

    pub(super) fn left(&self) -> Vec<Sentence> {
        let leftover = &self.measures.leftover;
        let ended = self.places(|event| matches!(event, Event::Ended { .. }));
        let mut sentences = Vec::new();
        if !leftover.survivors.is_empty() {
            let survivors = self.places(|event| matches!(event, Event::Survivor { .. }));
            let name = |cred: &CredId| credential_of_run(self.plan, self.closure(), Some(*cred));
            let names: Vec<String> = leftover.survivors.keys().map(name).collect();
            let still = if names.len() == 1 { "still opens" } else { "still open" };
            let names = few(names.into_iter());
            sentences.push(Sentence::new(format!("{names} {still} something beyond the task."), survivors));
        }
        if !leftover.at_deadline.is_empty() {
            let left = self.places(|event| matches!(event, Event::Left { snapshot: Snapshot::Deadline, .. }));
            let fresh = leftover.fresh(&self.measures.reach.touched);
            let all = counted(leftover.at_deadline.len(), "effect");
            let text =
                format!("{all} beyond the task could still happen, {} of them for the first time.", thousands(fresh));
            sentences.push(Sentence::new(text, left));
        }
        let how = match self.measures.outcome {
            Outcome::Contained => "contained",
            Outcome::NotContained => "not contained",
            Outcome::Prevented => "prevented",
            Outcome::Benign => "over, and nothing was wrong",
            Outcome::Unknown => "not known",
        };
        let text = format!("The run ended at {}: {how}.", self.measures.end);
        sentences.push(Sentence::new(text, ended));
        sentences
    }
}
