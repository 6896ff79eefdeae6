//! Whom each line points at most, where several may have written it: a guess that weighs what the log shows, and no more
//! than a guess. Nothing here has seen the journal.
//!
//! - *Purpose*. The registry says what each workload is there to call. A call is more likely by one that is there for it,
//!   the more so the fewer calls that one is there for. Nobody says what an outsider is there for.
//! - *One hand*. What a program does in one go stands close together in the log: a line shortly after or before one of
//!   somebody's is likely by the same hand, between two of them still more. Lines of one instant are by different hands.
//! - *Whose it is*. A credential that was issued on the way is used by whomever the line points at that got it.
//!
//! Whoever is at least as likely as all the others together is named. Lines with one suspect and lines whose purpose is
//! plain are what the others are weighed by, and so is each guess that was made before.

use std::collections::BTreeMap;

use crate::wire::{Span, Tick};

use super::known::{Registry, Suspect};
use super::line::{Deed, Line};

/// What one program does in one go follows within this time.
const ONE_GO: Span = Span::SECOND;
/// How much likelier a line is by a hand that was at work right then.
const AT_WORK: f64 = 100.0;
/// How much likelier by whoever got the credential.
const ITS_OWN: f64 = 100.0;
/// How much less likely by a hand that wrote another line at the same instant.
const BUSY: f64 = 0.01;
/// Workloads seldom do what they are not there for.
const ASTRAY: f64 = 1e-4;
/// An outsider does anything, and is seldom about.
const OUTSIDE: f64 = 1e-3;
/// A share from which purpose alone decides.
const PLAIN: f64 = 0.95;
/// Among more suspects than these nobody stands out.
const MOST: usize = 256;

/// Guesses line by line, in the order of the log.
pub struct Likely<'r> {
    registry: &'r Registry,
    /// When each suspect was at work beyond much doubt, in the order of time.
    known: BTreeMap<Suspect, Vec<Tick>>,
    /// When each was last at work by a guess.
    guessed: BTreeMap<Suspect, Tick>,
    /// Who got each credential that was issued on the way.
    got: BTreeMap<u32, Suspect>,
}

impl<'r> Likely<'r> {
    pub fn new(registry: &'r Registry) -> Likely<'r> {
        Likely { registry, known: BTreeMap::new(), guessed: BTreeMap::new(), got: BTreeMap::new() }
    }

    /// The first pass: whom a line points at beyond much doubt.
    pub fn look(&mut self, line: &Line, suspects: &[Suspect]) -> Option<Suspect> {
        let who = self.choose(suspects, PLAIN, |who| self.purpose(who, line))?;
        let known = self.known.entry(who).or_default();
        let place = known.partition_point(|at| *at <= line.at);
        known.insert(place, line.at);
        Some(who)
    }

    /// The second pass: whom a line points at that the first one left open.
    pub fn name(&mut self, line: &Line, suspects: &[Suspect]) -> Option<Suspect> {
        let weight = |who| self.purpose(who, line) * self.hand(who, line.at) * self.own(who, line);
        let named = self.choose(suspects, 0.5, weight)?;
        self.guessed.insert(named, line.at);
        Some(named)
    }

    /// Once it stands whom a line points at.
    pub fn settle(&mut self, line: &Line, who: Suspect) {
        if let Deed::Issue { credential: Some(credential), to, .. } = line.deed {
            self.got.insert(credential, to.map_or(who, Suspect::Workload));
        }
    }

    /// The first of those who have this share of all weight, if anybody has.
    fn choose(&self, suspects: &[Suspect], share: f64, weight: impl Fn(Suspect) -> f64) -> Option<Suspect> {
        if let [only] = suspects {
            return Some(*only);
        }
        if suspects.len() > MOST {
            return None;
        }
        let weights: Vec<(Suspect, f64)> = suspects.iter().map(|who| (*who, weight(*who))).collect();
        let all: f64 = weights.iter().map(|(_, weight)| weight).sum();
        weights.into_iter().find(|(_, weight)| *weight >= share * all).map(|(who, _)| who)
    }

    fn purpose(&self, who: Suspect, line: &Line) -> f64 {
        let Suspect::Workload(number) = who else { return OUTSIDE };
        let there_for = self.registry.workloads.get(number as usize).map(|workload| &workload.registered_for);
        match there_for {
            Some(events) if events.contains(&line.event) => 1.0 / events.len() as f64,
            _ => ASTRAY,
        }
    }

    fn hand(&self, who: Suspect, at: Tick) -> f64 {
        let known = self.known.get(&who).map_or(&[][..], Vec::as_slice);
        let place = known.partition_point(|known| *known < at);
        let next = known.get(place).copied();
        let before = place.checked_sub(1).map(|place| known[place]).max(self.guessed.get(&who).copied());
        if next == Some(at) || before == Some(at) {
            return BUSY;
        }
        let close = |gap: Option<Span>| gap.is_some_and(|gap| gap <= ONE_GO);
        let likelier = |close: bool| if close { AT_WORK } else { 1.0 };
        likelier(close(before.map(|before| at.since(before)))) * likelier(close(next.map(|next| next.since(at))))
    }

    fn own(&self, who: Suspect, line: &Line) -> f64 {
        let got = line.account.credential.known().and_then(|credential| self.got.get(&credential));
        if got == Some(&who) { ITS_OWN } else { 1.0 }
    }
}
