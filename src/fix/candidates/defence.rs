//! What notices, and what answers.

use std::collections::BTreeSet;

use crate::model::control::{Action, Detector, Trigger, Watches, Which};
use crate::scenario::{Node, count_shown, duration, money_shown};
use crate::wire::{Effect, FamilyId, OpId};

use super::super::edit::{Edit, list, map, text};
use super::super::facts::Facts;
use super::operations::{each_and_all, names};
use super::{Candidate, Kind, and};

/// A machine answers within this …
const MACHINE: &str = "1s";
/// … and a person who was told within this.
const PERSON: &str = "20min";
/// What is held back takes effect so much later.
const HELD_BACK: &str = "24h";

pub fn all(facts: &Facts<'_>) -> Vec<Candidate> {
    let mut found = held_back(facts);
    let ended: Vec<FamilyId> = facts.held.iter().copied().filter(|family| can_be_ended(facts, *family)).collect();
    if !ended.is_empty() {
        found.extend(answers(facts, &ended));
        found.extend(alarms(facts, &ended));
    }
    found.extend(sooner(facts));
    found.extend(faster(facts));
    found.extend(tighter(facts));
    found
}

/// Alarms that nobody answers, and how soon they would be.
fn unanswered<'f>(facts: &'f Facts<'_>) -> impl Iterator<Item = (&'f Detector, &'static str)> {
    let answered = |name: &str| facts.tree.get("respond").is_some_and(|respond| respond.get(name).is_some());
    let detectors = facts.plan.controls.detectors.iter().filter(move |detector| !answered(&detector.name));
    detectors.map(|detector| {
        let told_from_outside = matches!(detector.watches, Watches::Report { .. });
        (detector, if told_from_outside { PERSON } else { MACHINE })
    })
}

/// What changes something waits for a day, and an alarm calls it back. What honest work is seen to call does not wait:
/// how many honest effects would come a day late is not measured.
fn held_back(facts: &Facts<'_>) -> Vec<Candidate> {
    let waits = |op: &OpId| {
        let spec = facts.plan.operation(*op);
        let lasts = matches!(spec.effect, Effect::Write | Effect::Delete | Effect::Send);
        lasts && facts.calls(*op) == 0 && spec.effect_after.is_none() && facts.operation(*op).is_some()
    };
    let ops: Vec<OpId> = facts.harmful.iter().copied().filter(waits).collect();
    let one = |ops: &[OpId], (detector, after): (&Detector, &'static str)| {
        let waiting = ops.iter().try_fold(Edit::default(), |edit, op| {
            let spec = facts.plan.operation(*op);
            let service = &facts.plan.service(spec.service).name;
            let path = format!("services.{service}.operations.{}.effect_after", spec.name);
            edit.and(Edit::set(path, text(HELD_BACK)))
        })?;
        let names = names(facts, ops);
        let step = map(vec![("cancel", list(names.clone()))]);
        let edit = waiting.and(Edit::add("steps.call-back", step))?;
        let edit = edit.and(Edit::respond(detector.name.clone(), response(after, &["call-back".to_owned()])))?;
        let (held, after) = (shown(HELD_BACK), shown(after));
        let told = format!(
            "hold {} back for {held}, and cancel what waits, {after} after {} tells",
            and(&names),
            detector.name
        );
        Some(Candidate::new(Kind::Cooldown, told, edit))
    };
    each_and_all(&ops)
        .iter()
        .filter(|ops| !ops.is_empty())
        .flat_map(|ops| unanswered(facts).filter_map(move |alarm| one(ops, alarm)).collect::<Vec<_>>())
        .collect()
}

/// Unless the runbook knows that its provider cannot end these.
fn can_be_ended(facts: &Facts<'_>, family: FamilyId) -> bool {
    let cannot = |step: &crate::model::control::Step| {
        !step.supported && step.which == Which::Every(family) && matches!(step.action, Action::Revoke)
    };
    !facts.plan.controls.steps.iter().any(cannot)
}

/// One step for each family, and their names.
fn steps(facts: &Facts<'_>, ended: &[FamilyId]) -> (Option<Edit>, Vec<String>) {
    let names: Vec<String> =
        ended.iter().map(|family| format!("end-every-{}", facts.plan.family(*family).name)).collect();
    let step = |family: &FamilyId| map(vec![("revoke", text(format!("every {}", facts.plan.family(*family).name)))]);
    let edit = ended
        .iter()
        .zip(&names)
        .try_fold(Edit::default(), |edit, (family, name)| edit.and(Edit::add(format!("steps.{name}"), step(family))));
    (edit, names)
}

/// A time of the scenario as people read it.
fn shown(time: &str) -> String {
    duration(time).map_or_else(|| time.to_owned(), |span| span.to_string())
}

/// What is revoked, in words.
fn ends(facts: &Facts<'_>, ended: &[FamilyId]) -> String {
    const FEW: usize = 3;
    let names: Vec<String> = ended.iter().map(|family| facts.plan.family(*family).name.clone()).collect();
    match names.len() {
        0..=FEW => format!("revoke every {}", and(&names)),
        many => format!("revoke all {many} kinds of credential that the agent comes to hold"),
    }
}

fn response(after: &str, steps: &[String]) -> Node {
    map(vec![("after", text(after)), ("do", list(steps.iter().cloned()))])
}

/// An alarm that is there already ends everything that the agent came to hold.
fn answers(facts: &Facts<'_>, ended: &[FamilyId]) -> Vec<Candidate> {
    let (Some(edit), names) = steps(facts, ended) else { return Vec::new() };
    let ends = ends(facts, ended);
    let candidate = |(detector, after): (&Detector, &'static str)| {
        let told = format!("{ends}, {} after {} tells", shown(after), detector.name);
        let edit = edit.clone().and(Edit::respond(detector.name.clone(), response(after, &names)))?;
        Some(Candidate::new(Kind::Respond, told, edit))
    };
    unanswered(facts).filter_map(candidate).collect()
}

/// Its name, when it is raised, and how that is written.
type Alarm = (&'static str, &'static str, Vec<(&'static str, Node)>);

/// Detectors that the scenario does not have, each with a threshold above what honest work does.
fn alarms(facts: &Facts<'_>, ended: &[FamilyId]) -> Vec<Candidate> {
    let honest = |effect: Effect| {
        let calls = |(_, op): &&(Option<FamilyId>, crate::wire::OpId)| facts.plan.operation(*op).effect == effect;
        facts.used.keys().filter(calls).map(|(_, op)| facts.calls(*op)).sum::<u64>()
    };
    let does = |effect: Effect| facts.harmful.iter().any(|op| facts.plan.operation(*op).effect == effect);
    let spent: u64 = facts.used.iter().map(|((_, op), used)| used.calls * facts.plan.operation(*op).cost).sum();
    let mut watched: Vec<Alarm> =
        vec![("new-operation", "somebody calls what they never called", vec![("never_seen", text("yes"))])];
    let within = || ("within", text("1min"));
    if does(Effect::Delete) {
        let amount = count_shown((2 * honest(Effect::Delete)).max(5));
        watched.push(("burst-of-deletes", "deletions come in a burst", vec![("deletes", text(amount)), within()]));
    }
    if does(Effect::Read) {
        let rows: u64 = facts.touched.values().flat_map(|by| by.values()).map(crate::model::Bits::len).sum();
        let amount = count_shown((2 * rows).max(50));
        watched.push(("mass-reading", "records are read by the dozen", vec![("records", text(amount)), within()]));
    }
    if facts.harmful.iter().any(|op| facts.plan.operation(*op).cost > 0) {
        let amount = money_shown((10 * spent).max(1));
        watched.push(("spending", "more is spent than usual", vec![("cost", text(amount)), ("within", text("1h"))]));
    }
    if facts.plan.operations.iter().any(|op| !op.wakes.is_empty()) {
        let said = vec![("repeats", text("5")), within(), ("by", text("conversation"))];
        watched.push(("same-again", "the same is asked again and again", said));
    }
    let (Some(edit), steps) = steps(facts, ended) else { return Vec::new() };
    let ends = ends(facts, ended);
    let taken = |name: &str| facts.tree.get("detect").is_some_and(|detect| detect.get(name).is_some());
    let candidate = |(name, when, said): Alarm| {
        let edit = edit.clone().and(Edit::add(format!("detect.{name}"), map(said)))?;
        let edit = edit.and(Edit::respond(name, response(MACHINE, &steps)))?;
        let told = format!("raise an alarm when {when}, and {ends}, {} later", shown(MACHINE));
        Some(Candidate::new(Kind::AddDetector, told, edit))
    };
    watched.into_iter().filter(|(name, ..)| !taken(name)).filter_map(candidate).collect()
}

/// The same answer without waiting.
fn sooner(facts: &Facts<'_>) -> Vec<Candidate> {
    let respond = facts.tree.get("respond").map_or(&[][..], Node::entries);
    let slow = |said: &Node| said.get("do").is_some() && said.get("after").and_then(Node::text) != Some(MACHINE);
    let candidate = |name: &str| {
        let told = format!("answer {name} after {}", shown(MACHINE));
        Candidate::new(Kind::RespondSooner, told, Edit::set(format!("respond.{name}.after"), text(MACHINE)))
    };
    respond.iter().filter(|(_, said)| slow(said)).map(|(key, _)| candidate(&key.name)).collect()
}

/// What makes a step slow, and what it is where it is not.
const UNHURRIED: [(&str, &str); 4] = [("first", "0s"), ("every", "0s"), ("pace", "1_000/s"), ("grace", "0s")];

/// The same step, on all that it is about at once.
fn faster(facts: &Facts<'_>) -> Vec<Candidate> {
    let controls = &facts.plan.controls;
    let done = controls.responses.iter().flat_map(|response| &response.steps).map(|step| &controls.steps[step.index()]);
    let done: BTreeSet<&str> = done.map(|step| step.name.as_str()).collect();
    let candidate = |name: &&str| {
        let said = facts.tree.get("steps")?.get(name)?;
        let is_slow = |key: &str, at_once: &str| said.get(key).and_then(Node::text).is_some_and(|text| text != at_once);
        let slow = UNHURRIED.iter().filter(|(key, at_once)| is_slow(key, at_once));
        let edits = slow.map(|(key, at_once)| Edit::set(format!("steps.{name}.{key}"), text(*at_once)));
        let edit = edits.map(Some).reduce(|all, one| all?.and(one?))??;
        Some(Candidate::new(Kind::FasterStep, format!("let {name} act on everything at once"), edit))
    };
    done.iter().filter_map(candidate).collect()
}

/// Detectors that somebody answers, at half of their threshold.
fn tighter(facts: &Facts<'_>) -> Vec<Candidate> {
    let controls = &facts.plan.controls;
    let answered = |at: usize| controls.responses.iter().any(|r| r.on == Trigger::Alarm(crate::wire::RuleId::at(at)));
    let candidate = |(_, detector): (usize, &Detector)| {
        let (amount, _) = detector.watches.threshold().filter(|(amount, _)| *amount > 1)?;
        let half = amount.div_ceil(2);
        let shown =
            if matches!(detector.watches, Watches::Spending { .. }) { money_shown(half) } else { count_shown(half) };
        let told = format!("let {} tell from {shown} on", detector.name);
        let path = format!("detect.{}.{}", detector.name, detector.watches.kind().key());
        Some(Candidate::new(Kind::TightenDetector, told, Edit::set(path, text(shown))))
    };
    controls.detectors.iter().enumerate().filter(|(at, _)| answered(*at)).filter_map(candidate).collect()
}
