//! What the matrix means: which promises hold, what outlived the drill, and whether it says anything at all.

use std::collections::{BTreeMap, BTreeSet};

use super::event::{Came, Event, Header, Micros, Reading, Stepped};
use super::honest::{Honest, honest_work};
use super::matrix::{Ended, Row, Unsure, rows, steps};
use super::reminted::reminted;
use super::silence;
use super::steps::Turn;
use crate::planted::Mistake;
use crate::verdict::Exit;
use crate::wire::Span;

/// The result of a drill.
#[derive(Clone, PartialEq, Debug)]
pub struct Result {
    pub rows: Vec<Row>,
    /// Promises that do not hold.
    pub broken: Vec<String>,
    /// Why the drill was stopped.
    pub stopped: Option<String>,
    /// Why it says less than it should.
    pub unsure: Vec<String>,
    /// What was still accepted, or could be had again.
    pub survivors: Vec<String>,
    /// The steps that were not done as they are written.
    pub failed: Vec<String>,
    /// Honest work from the first step on.
    pub honest: Vec<Honest>,
    /// Nothing was done to the identity.
    pub not_begun: bool,
}

impl Result {
    pub fn verdict(&self) -> &'static str {
        match self.exit() {
            Exit::Broken => "fail",
            Exit::Stopped => "aborted",
            Exit::Holds => "pass",
            Exit::Inconclusive | Exit::WrongInput => "inconclusive",
        }
    }

    /// A promise that was seen to be broken stays broken, also where the drill was stopped later.
    pub fn exit(&self) -> Exit {
        if !self.broken.is_empty() {
            Exit::Broken
        } else if self.stopped.is_some() {
            Exit::Stopped
        } else if !self.unsure.is_empty() {
            Exit::Inconclusive
        } else {
            Exit::Holds
        }
    }
}

/// Folds the journal of a drill.
pub fn judge(header: &Header, events: &[Event]) -> Result {
    let mut rows = rows(header, events);
    for row in rows.iter_mut().filter(|row| row.ended != Ended::NotAllowed && anybody_passes(events, row.service)) {
        row.ended = Ended::Worthless;
    }
    let stopped = events.iter().find_map(|event| match event {
        Event::Stopped { why, .. } => Some(why.clone()),
        _ => None,
    });
    let complete = stopped.is_none() && events.iter().any(|event| matches!(event, Event::Ended { .. }));
    let mut result = Result {
        rows,
        broken: Vec::new(),
        stopped,
        unsure: Vec::new(),
        survivors: Vec::new(),
        failed: Vec::new(),
        honest: honest_work(header, events),
        not_begun: false,
    };
    let not_begun = events.iter().find_map(|event| match event {
        Event::NotBegun { why, .. } => Some(format!("nothing was done: {why}")),
        _ => None,
    });
    if let Some(why) = not_begun {
        result.not_begun = true;
        result.unsure.push(why);
        silence::worthless_probes(header, events, &mut result.unsure);
        return result;
    }
    silence::worthless_probes(header, events, &mut result.unsure);
    promises(header, events, complete, &mut result);
    collateral(&mut result);
    reminted(header, events, &mut result);
    put_back(header, events, &mut result.unsure);
    unmet(header, &mut result);
    if !complete && result.stopped.is_none() {
        result.unsure.push("the journal ends before the drill does".to_owned());
    }
    if header.services.iter().all(|service| service.promised.is_none()) {
        result.unsure.push("nothing was promised: say `promised` in the targets file".to_owned());
    }
    result
}

/// What was promised of each door, then the steps that failed and that no door has told of.
fn promises(header: &Header, events: &[Event], complete: bool, result: &mut Result) {
    let mut told = BTreeSet::new();
    for row in result.rows.clone() {
        told.extend(promise(header, events, &row, complete, result));
    }
    if complete && !Mistake::FailedStepsPass.here() {
        not_done(events, told, result);
    }
}

/// `agent-token #2 at search`.
pub fn label(header: &Header, credential: usize, instance: usize, service: usize) -> String {
    let name = &header.credentials[credential].name;
    let number = if header.phases > 1 { format!(" #{}", instance + 1) } else { String::new() };
    format!("{name}{number} at {}", header.services[service].name)
}

/// Gives the failed step because of which nothing was declared.
fn promise(header: &Header, events: &[Event], row: &Row, complete: bool, result: &mut Result) -> Option<usize> {
    let name = label(header, row.credential, row.instance, row.service);
    match row.ended {
        Ended::Unsure(why) => {
            let control = silence::of_the_control(header, events, row);
            result.unsure.push(format!("{name}: {why}{control}"));
        }
        Ended::Worthless => result.unsure.push(format!("{name}: anybody passes its probe")),
        Ended::Never { .. } if complete => result.survivors.push(name.clone()),
        Ended::Never { still } => {
            result.unsure.push(format!("{name}: {}", silence::before_the_stop(header, events, row, still)));
        }
        Ended::Between(..) if complete && !has_settled(header, row) => result.unsure.push(format!(
            "{name}: seen to be refused for {} only: `settle` asks for {}{}",
            Span(row.refused_for),
            Span(header.settle),
            silence::of_the_control(header, events, row)
        )),
        Ended::Between(..) | Ended::NotAllowed => {}
    }
    if row.ended == Ended::NotAllowed {
        return None;
    }
    let promised = header.services[row.service].promised?;
    match (row.declared, row.lag()) {
        (Some(_), Some((at_least, _))) if at_least > promised => {
            let still = if matches!(row.ended, Ended::Never { .. }) { "and to the end" } else { "and no longer" };
            result.broken.push(format!(
                "{name}: still accepted {} after it was declared, {still}; promised {}",
                Span(at_least),
                Span(promised)
            ));
        }
        (Some(_), Some((at_least, Micros::MAX))) if complete => {
            result.unsure.push(format!(
                "{name}: still accepted {} after it was declared, when nobody looked any more; promised {}",
                Span(at_least),
                Span(promised)
            ));
        }
        // Nobody looked any more.
        (Some(_), Some((_, Micros::MAX))) => {}
        // Between the two requests that say something lies the end of what was promised.
        (Some(_), Some((at_least, at_most))) if at_most > promised && !Mistake::GapsKeepPromises.here() => {
            result.unsure.push(format!(
                "{name}: it ended between {} and {} after it was declared, and {} were promised: no request in between says \
                 which",
                Span(at_least),
                Span(at_most),
                Span(promised)
            ));
        }
        (None, _) if complete => {
            let failed: Vec<&Stepped> =
                steps(events, row.credential, row.instance, row.service).filter(|step| !step.done()).collect();
            let why = failed.first().map_or("no step covers it".to_owned(), |step| failure(step));
            let said = format!("{name}: nothing was declared, since {why}");
            // Where nobody knows whether it happened, nobody knows whether the promise holds.
            let untold = failed.iter().any(|step| step.came == Came::Untold) && !Mistake::SilenceIsARefusal.here();
            if untold {
                result.unsure.push(said)
            } else {
                result.broken.push(said)
            }
            return failed.first().map(|step| step.step);
        }
        _ => {}
    }
    None
}

/// Whether it was refused for as long as was asked for, as far as probes so far apart show it.
fn has_settled(header: &Header, row: &Row) -> bool {
    row.refused_for.saturating_add(2 * header.every(row.instance)) >= header.settle || Mistake::SilenceSettles.here()
}

/// `revoke token` failed, and how.
fn failure(step: &Stepped) -> String {
    let with = step.status.map_or(String::new(), |status| format!(" with {status}"));
    let between = if with.is_empty() { ": " } else { " " };
    let error = step.error.as_deref().map_or(String::new(), |error| format!("{between}{error}"));
    format!("`{}` failed{with}{error}", step.name)
}

/// Steps that were not done as they are written: a runbook that fails in a drill fails on the day. Those of a drill that was
/// stopped may have been stopped with it.
fn not_done(events: &[Event], mut told: BTreeSet<usize>, result: &mut Result) {
    let failed = events.iter().filter_map(|event| match event {
        Event::Stepped(step) if !step.done() && !step.restoring => Some(step),
        _ => None,
    });
    let mut last = None;
    for step in failed {
        if last.replace(step.step) != Some(step.step) {
            result.failed.push(step.name.clone());
        }
        let said = failure(step);
        match step.came {
            _ if !told.insert(step.step) => {}
            Came::NoAlarm => result.broken.push(format!("{said}: their detection did not see it")),
            _ => result.unsure.push(format!("{said}, so the runbook was not done as it is written")),
        }
    }
}

/// Honest work must go on.
fn collateral(result: &mut Result) {
    for Honest { name, asked, refused, unknown, .. } in
        result.honest.iter().filter(|_| !Mistake::CollateralPasses.here())
    {
        if *refused > 0 {
            result.broken.push(format!("honest work `{name}` must go on: refused {refused} of {asked} times"));
        } else if unknown == asked {
            result
                .unsure
                .push(format!("honest work `{name}`: no answer after the first step tells whether it went on"));
        }
    }
}

/// What is not as it was before.
fn put_back(header: &Header, events: &[Event], unsure: &mut Vec<String>) {
    let restoring = events.iter().filter_map(|event| match event {
        Event::Stepped(step) if step.restoring => Some(((step.step, step.instance), step)),
        _ => None,
    });
    // What failed may have been done later.
    let last: BTreeMap<Turn, &Stepped> = restoring.collect();
    for step in last.values().filter(|step| !step.done()) {
        unsure.push(format!("not put back: {}; `runaway undo` with the journal tries again", failure(step)));
    }
    let shown = events.iter().filter_map(|event| match event {
        Event::Restored { credential, service, reading, .. } => Some(((*credential, *service), *reading)),
        _ => None,
    });
    let works: BTreeMap<(usize, usize), Reading> = shown.collect();
    for ((credential, service), _) in works.into_iter().filter(|(_, reading)| *reading != Reading::Accepted) {
        let (name, at) = (&header.credentials[credential].name, &header.services[service].name);
        unsure.push(format!("{name} was not seen to work again at {at} after everything was put back"));
    }
}

/// Whether a probe was passed without a credential, or with a made-up one.
pub fn anybody_passes(events: &[Event], at: usize) -> bool {
    let passes =
        |event: &Event| matches!(event, Event::Negative { service, reading: Reading::Accepted, .. } if *service == at);
    events.iter().any(passes) && !Mistake::WorthlessProbesCount.here()
}

/// What a service had to accept before anything was done.
fn unmet(header: &Header, result: &mut Result) {
    for (service, line) in header.services.iter().enumerate() {
        for credential in line.must_accept.iter().flatten() {
            let refused = result
                .rows
                .iter()
                .any(|row| (row.credential, row.service, row.ended) == (*credential, service, Ended::NotAllowed));
            if refused {
                let name = &header.credentials[*credential].name;
                result.unsure.push(format!("{name} was refused by {} before anything was done", line.name));
            }
        }
    }
    if result.rows.iter().all(|row| matches!(row.ended, Ended::NotAllowed | Ended::Unsure(Unsure::NeverAccepted))) {
        result.unsure.push("no credential was accepted anywhere: nothing was there to be contained".to_owned());
    }
}
