//! The revocation matrix: a pure fold over the journal of a drill.

use std::fmt;

use super::event::{Event, Header, Micros, Probed, Reading, Stepped, Who};
use crate::planted::Mistake;

/// A life is told in whole seconds: its end may be off by so much.
pub(super) const WHOLE_SECOND: Micros = 1_000_000;

/// One credential at one service.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    pub credential: usize,
    pub instance: usize,
    pub service: usize,
    pub ended: Ended,
    /// When the last successful step that covers it had returned.
    pub declared: Option<Micros>,
    /// What was accepted that was sent after that.
    pub accepted_after: usize,
    /// It was refused, and then accepted again.
    pub flapping: bool,
    /// Requests that say nothing.
    pub unknown: usize,
    /// The longest time between two requests that say something.
    pub widest: Micros,
    /// From the first refusal after it was last accepted to the last one.
    pub refused_for: Micros,
    /// How it was refused at the end.
    pub status: Option<u16>,
    pub challenge: Option<String>,
    /// When the credential ends by itself, where that is known.
    pub expires: Option<Micros>,
    /// How long the service trusts what it has checked, where that is known.
    pub cached: Option<Micros>,
}

/// How its acceptance ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// After the last request that was accepted had left, and before the first refusal came back: a server that takes its
    /// time may have looked at the credential as late as that.
    Between(Micros, Micros),
    /// It was accepted as long as anybody looked.
    Never { still: Micros },
    /// It was refused before anything was done, so it never was allowed here.
    NotAllowed,
    /// Nothing that was seen says when.
    Unsure(Unsure),
    /// Anybody passes its probe: what was accepted says nothing.
    Worthless,
}

/// Why nobody knows when it ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unsure {
    /// No step was begun.
    NothingDone,
    NeverAccepted,
    Silence,
}

impl fmt::Display for Unsure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unsure::NothingDone => "no step was begun",
            Unsure::NeverAccepted => "it was never seen to be accepted",
            Unsure::Silence => "after it was last accepted, no answer told anything",
        })
    }
}

impl Row {
    /// How long after it was declared it ends in any case: by itself, or when the service checks it again.
    pub fn bound(&self) -> Option<Micros> {
        let expires = self.declared.zip(self.expires).map(|(declared, expires)| expires.saturating_sub(declared));
        let checked = self.declared.and(self.cached);
        expires.into_iter().chain(checked).min()
    }

    /// Whether it was accepted until about its own end: then nothing shows that any step did anything.
    pub fn lived_out(&self) -> bool {
        match (self.ended, self.declared, self.expires) {
            (Ended::Between(last, first), Some(declared), Some(expires)) => {
                last > declared && (last..=first.saturating_add(WHOLE_SECOND)).contains(&expires)
            }
            _ => false,
        }
    }

    /// How long after it was declared the credential was still accepted: at least, and at most.
    pub fn lag(&self) -> Option<(Micros, Micros)> {
        let declared = self.declared?;
        match self.ended {
            Ended::Between(last, first) => Some((last.saturating_sub(declared), first.saturating_sub(declared))),
            Ended::Never { still } => Some((still.saturating_sub(declared), Micros::MAX)),
            Ended::NotAllowed | Ended::Unsure(_) | Ended::Worthless => None,
        }
    }
}

/// When the first step was begun, where one was.
pub fn first_step(events: &[Event]) -> Option<Micros> {
    events.iter().find_map(|event| match event {
        Event::Began { at, restoring: false, .. } => Some(*at),
        _ => None,
    })
}

/// The rows of a drill, by credential, instance and service.
pub fn rows(header: &Header, events: &[Event]) -> Vec<Row> {
    let first_step = first_step(events);
    let mut found = Vec::new();
    for credential in drilled(events) {
        for instance in 0..header.phases {
            for service in 0..header.services.len() {
                let probes = probes(events, Who::Drilled { credential, instance }, service);
                if !probes.is_empty() {
                    let controls = self::probes(events, Who::Control, service);
                    let seen: Vec<Reading> = probes.iter().map(|probed| beside(probed, &controls)).collect();
                    found.push(row(
                        (header, events),
                        (credential, instance, service),
                        first_step.unwrap_or(Micros::MAX),
                        &probes,
                        &seen,
                    ));
                }
            }
        }
    }
    found
}

fn drilled(events: &[Event]) -> Vec<usize> {
    let mut found: Vec<usize> = events
        .iter()
        .filter_map(|event| match event {
            Event::Probed(Probed { who: Who::Drilled { credential, .. }, .. }) => Some(*credential),
            _ => None,
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// In the order in which they were sent.
fn probes(events: &[Event], who: Who, service: usize) -> Vec<&Probed> {
    shown_by(events, who, Some(service))
}

/// In the order in which they were sent; those of honest work are at no service.
pub fn shown_by(events: &[Event], who: Who, service: Option<usize>) -> Vec<&Probed> {
    let mut found: Vec<&Probed> = events
        .iter()
        .filter_map(|event| match event {
            Event::Probed(probed) if probed.who == who && probed.service == service => Some(probed),
            _ => None,
        })
        .collect();
    found.sort_by_key(|probed| probed.sent);
    found
}

/// What a probe says. While the control is refused too, a refusal says nothing about the credential.
pub fn beside(probed: &Probed, controls: &[&Probed]) -> Reading {
    if probed.reading != Reading::Refused {
        return probed.reading;
    }
    let fine = |control: Option<&&Probed>| control.is_none_or(|control| control.reading == Reading::Accepted);
    let next = controls.partition_point(|control| control.sent <= probed.sent);
    let before = next.checked_sub(1).and_then(|at| controls.get(at));
    let after = controls.get(next);
    let known = before.is_some() || after.is_some();
    if known && fine(before) && fine(after) || Mistake::ControlIgnored.here() {
        Reading::Refused
    } else {
        Reading::Unknown
    }
}

fn row(
    (header, events): (&Header, &[Event]),
    (credential, instance, service): (usize, usize, usize),
    first_step: Micros,
    probes: &[&Probed],
    seen: &[Reading],
) -> Row {
    let last_accepted = seen.iter().rposition(|reading| *reading == Reading::Accepted);
    let first_refused = seen.iter().position(|reading| *reading == Reading::Refused);
    let refused_after = last_accepted.and_then(|last| (last + 1..seen.len()).find(|at| seen[*at] == Reading::Refused));
    let steady = probes.iter().zip(seen).take_while(|(probed, _)| probed.sent < first_step);
    let ended = match (last_accepted, refused_after) {
        (Some(_), _) if first_step == Micros::MAX => Ended::Unsure(Unsure::NothingDone),
        (Some(last), Some(first)) => {
            let refused = if Mistake::SlowRefusalsAreSooner.here() { probes[first].sent } else { probes[first].back };
            Ended::Between(probes[last].sent, refused)
        }
        (Some(last), None) if last + 1 == seen.len() => Ended::Never { still: probes[last].sent },
        (Some(_), None) => Ended::Unsure(Unsure::Silence),
        (None, _) if steady.clone().any(|(_, reading)| *reading == Reading::Refused) => Ended::NotAllowed,
        (None, _) => Ended::Unsure(Unsure::NeverAccepted),
    };
    let declared = steps(events, credential, instance, service)
        .filter(|step| step.done() || Mistake::FailedStepDeclares.here())
        .map(|step| step.at)
        .max();
    let accepted = probes.iter().zip(seen).filter(|(_, reading)| **reading == Reading::Accepted);
    let telling: Vec<Micros> = probes
        .iter()
        .zip(seen)
        .filter(|(_, reading)| **reading != Reading::Unknown)
        .map(|(probed, _)| probed.sent)
        .collect();
    let end = refused_after.map(|at| probes[at]);
    let last_refused = seen.iter().rposition(|reading| *reading == Reading::Refused).map(|at| probes[at]);
    Row {
        credential,
        instance,
        service,
        ended,
        declared,
        accepted_after: declared.map_or(0, |declared| accepted.filter(|(probed, _)| probed.sent >= declared).count()),
        flapping: first_refused.zip(last_accepted).is_some_and(|(refused, accepted)| refused < accepted),
        unknown: seen.iter().filter(|reading| **reading == Reading::Unknown).count(),
        widest: telling.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0),
        refused_for: end.zip(last_refused).map_or(0, |(first, last)| last.sent - first.sent),
        status: end.and_then(|probed| probed.status),
        challenge: end.and_then(|probed| probed.challenge.clone()),
        cached: header.services[service].cached,
        expires: events.iter().find_map(|event| match event {
            Event::Issued { at, credential: c, instance: i, lives } if (*c, *i) == (credential, instance) => {
                lives.map(|lives| at + lives)
            }
            _ => None,
        }),
    }
}

/// The steps that were to end a credential at a service.
pub fn steps(events: &[Event], credential: usize, instance: usize, service: usize) -> impl Iterator<Item = &Stepped> {
    events.iter().filter_map(move |event| match event {
        Event::Stepped(step) if !step.restoring => Some(step).filter(|step| {
            let of_this_one = step.instance.is_none_or(|of| of == instance);
            of_this_one && step.covers.contains(&credential) && step.services.contains(&service)
        }),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::event::Came;
    use super::*;

    const DRILLED: Who = Who::Drilled { credential: 0, instance: 0 };

    fn probe(who: Who, sent: Micros, reading: Reading) -> Event {
        let back = sent + 5;
        Event::Probed(Probed {
            sent,
            back,
            who,
            service: Some(0),
            reading,
            status: None,
            challenge: None,
            broken: None,
        })
    }

    fn step(at: Micros, ok: bool) -> [Event; 2] {
        let name = "revoke".to_owned();
        let began = Event::Began { at: at - 10, step: 0, restoring: false, name: name.clone() };
        let done = Stepped {
            at,
            step: 0,
            restoring: false,
            name,
            instance: None,
            came: if ok { Came::Done } else { Came::Failed },
            status: None,
            error: None,
            covers: vec![0],
            services: vec![0],
        };
        [began, Event::Stepped(done)]
    }

    fn header() -> Header {
        Header {
            format: String::new(),
            written_by: String::new(),
            plane: String::new(),
            targets: String::new(),
            document: String::new(),
            folder: String::new(),
            endpoints: None,
            identity: String::new(),
            run: String::new(),
            started: String::new(),
            origins: Vec::new(),
            services: vec![super::super::event::ServiceLine {
                name: "api".into(),
                promised: None,
                cached: None,
                must_accept: None,
            }],
            credentials: Vec::new(),
            sentinels: Vec::new(),
            cadence: 100,
            sparse: None,
            phases: 1,
            settle: 300,
            deadline: 1_000,
            may_remint: false,
        }
    }

    /// One letter for each 100: accepted, refused, unknown. A step at 350 unless it says otherwise.
    fn of(drilled: &str, control: &str, ok: bool) -> Row {
        let reading = |c| match c {
            'a' => Reading::Accepted,
            'r' => Reading::Refused,
            _ => Reading::Unknown,
        };
        let all = |who, text: &str, offset| {
            text.chars().enumerate().map(|(n, c)| probe(who, 100 * n as u64 + offset, reading(c))).collect::<Vec<_>>()
        };
        let events = [all(DRILLED, drilled, 10), all(Who::Control, control, 0), step(350, ok).to_vec()].concat();
        let mut found = rows(&header(), &events);
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    #[test]
    fn acceptance_ends_between_two_requests() {
        let row = of("aaaaaarrr", "aaaaaaaaa", true);
        assert_eq!(row.ended, Ended::Between(510, 615));
        assert_eq!((row.declared, row.lag(), row.accepted_after), (Some(350), Some((160, 265)), 2));
        assert!(!row.flapping);
        let early = of("aarrrr", "aaaaaa", true);
        assert_eq!((early.ended, early.lag()), (Ended::Between(110, 215), Some((0, 0))));
    }

    /// A server that takes its time looks at the credential some time between the request and the answer.
    #[test]
    fn a_refusal_counts_from_when_it_came_back() {
        let slow = |mut events: Vec<Event>| {
            for event in &mut events {
                if let Event::Probed(Probed { reading: Reading::Refused, back, sent, .. }) = event {
                    *back = *sent + 90;
                }
            }
            events
        };
        let probes = |drilled: &str| {
            let reading = |c| if c == 'a' { Reading::Accepted } else { Reading::Refused };
            let mut events: Vec<Event> =
                drilled.chars().enumerate().map(|(n, c)| probe(DRILLED, 100 * n as u64 + 10, reading(c))).collect();
            events.extend((0..drilled.len()).map(|n| probe(Who::Control, 100 * n as u64, Reading::Accepted)));
            events.extend(step(250, true));
            rows(&header(), &slow(events)).remove(0)
        };
        let row = probes("aaarrr");
        assert_eq!((row.ended, row.lag()), (Ended::Between(210, 400), Some((0, 150))), "not `early`: nobody saw that");
        assert_eq!(probes("aarrrr").lag(), Some((0, 50)), "asked before it was declared, and refused behind it");
    }

    #[test]
    fn what_ends_with_its_life_shows_no_revocation() {
        const LATER: Micros = 10_000_000;
        let row = |drilled, expires| Row { expires: Some(expires), ..of(drilled, "aaaaaaaaa", true) };
        let ends = [509, 510, 615, 615 + WHOLE_SECOND, 616 + WHOLE_SECOND, LATER];
        assert_eq!(ends.map(|at| row("aaaaaarrr", at).lived_out()), [false, true, true, true, false, false]);
        assert!(!row("aarrrrrrr", 210).lived_out(), "it had ended before anything was done");
        assert!(!Row { expires: Some(600), ..of("aaaaaarrr", "aaaaaaaaa", false) }.lived_out(), "nothing was done");
        assert!(!of("aaaaaarrr", "aaaaaaaaa", true).lived_out(), "nobody knows how long it lives");
    }

    #[test]
    fn what_never_stops_is_an_answer_of_its_own() {
        let row = of("aaaaaaaa", "aaaaaaaa", true);
        assert_eq!((row.ended, row.lag()), (Ended::Never { still: 710 }, Some((360, Micros::MAX))));
    }

    #[test]
    fn a_failed_step_declares_nothing() {
        let row = of("aaaaaarr", "aaaaaaaa", false);
        assert_eq!((row.declared, row.lag(), row.accepted_after), (None, None, 0));
    }

    #[test]
    fn a_refusal_counts_only_beside_an_accepted_control() {
        let banned = of("aaaarrrr", "aaaarrrr", true);
        assert!(matches!(banned.ended, Ended::Unsure(_)), "{:?}", banned.ended);
        assert_eq!(banned.unknown, 4);
        let again = of("aaaarrrrr", "aaaauuaaa", true);
        assert_eq!(again.ended, Ended::Between(310, 615), "the first refusals stand beside controls that say nothing");
        assert_eq!(again.widest, 300);
    }

    #[test]
    fn acceptance_that_comes_back_is_seen() {
        let row = of("aaaarararr", "aaaaaaaaaa", true);
        assert_eq!((row.flapping, row.ended), (true, Ended::Between(710, 815)));
        assert_eq!(row.accepted_after, 2);
    }

    #[test]
    fn unknown_ends_nothing() {
        assert_eq!(of("aaaauuar", "aaaaaaaa", true).ended, Ended::Between(610, 715));
        assert!(matches!(of("aaaauuuu", "aaaaaaaa", true).ended, Ended::Unsure(_)));
    }

    #[test]
    fn never_allowed_is_not_revoked() {
        assert_eq!(of("rrrrrr", "aaaaaa", true).ended, Ended::NotAllowed);
        assert!(matches!(of("uuuurr", "aaaaaa", true).ended, Ended::Unsure(_)));
    }
}
