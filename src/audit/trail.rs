//! Who did it, as far as the log tells. Nothing here has seen the journal.
//!
//! Each line has suspects: the workloads that could have written it, or nobody whom the registry knows. They are found
//! in this order, each step only among what the one before left:
//!
//! 1. *Who acts*, where the token names an actor: that workload.
//! 2. *The trace*: all requests with one trace id come from one running client. Which one, the credentials tell that
//!    were issued to it and used under that trace, the first of them first. A client that is known by its trace is
//!    nobody else's suspect: where several name it, those that used what was issued to others are a thief's.
//! 3. *The credential*: those to whom it was issued or who minted it, and who live at that address; where it was issued
//!    to no workload, those who are its principal.
//! 4. *Theft*: who was logged reading a record in which the credential lay had it in hands too. Where none of its
//!    holders lives at the address, they are no suspects, and those readers or whoever lives there are.
//! 5. *The principal*, where no credential is recorded: whoever can prove to be it.
//! 6. *The address* alone, and in the end everybody.
//!
//! The registry knows every workload to which something was issued: a line that fits none of them is an outsider's. Where
//! somebody without a credential called what nobody who lives at an address is there for, an outsider is about: from that
//! address, whatever names nobody may be the outsider's as well.

mod hands;
mod index;
mod rivals;

use std::collections::{BTreeMap, BTreeSet};

use crate::wire::{Effect, Tick};

use super::known::{Registry, Suspect};
use super::line::{Account, Deed, Field, Line, Run};
use super::sets::{Sets, Suspects};
use hands::Reading;
use rivals::Rivals;

/// Goes through a log twice: [`Trail::look`] at every line first, then [`Trail::follow`] each.
pub struct Trail<'r> {
    registry: &'r Registry,
    sets: Sets,
    everybody: Suspects,
    outsider: Suspects,
    /// Who holds each credential: by the registry, and by what was minted.
    holders: BTreeMap<u32, Suspects>,
    by_principal: BTreeMap<u32, Suspects>,
    by_identity: BTreeMap<u32, Suspects>,
    by_address: BTreeMap<u32, Suspects>,
    /// Where an outsider showed.
    strange: BTreeSet<Field>,
    /// Who is behind each trace.
    traces: BTreeMap<u32, Suspects>,
    /// Traces under which nothing was used that had been issued to anybody.
    nameless: BTreeMap<u32, Suspects>,
    /// Traces under which something was used that had been issued to others than whom it names.
    mixed: BTreeSet<u32>,
    rivals: Rivals,
    settled: bool,
    readings: BTreeMap<u32, Vec<Reading>>,
    weighed: BTreeMap<Account, Suspects>,
}

impl<'r> Trail<'r> {
    pub fn new(registry: &'r Registry) -> Trail<'r> {
        let mut trail = Trail {
            registry,
            sets: Sets::default(),
            everybody: Suspects::default(),
            outsider: Suspects::default(),
            holders: BTreeMap::new(),
            by_principal: BTreeMap::new(),
            by_identity: BTreeMap::new(),
            by_address: BTreeMap::new(),
            strange: BTreeSet::new(),
            traces: BTreeMap::new(),
            nameless: BTreeMap::new(),
            mixed: BTreeSet::new(),
            rivals: Rivals::default(),
            settled: false,
            readings: BTreeMap::new(),
            weighed: BTreeMap::new(),
        };
        trail.index();
        trail
    }

    /// The suspects of a set, in the order of the registry.
    pub fn suspects(&self, set: Suspects) -> &[Suspect] {
        self.sets.get(set)
    }

    /// The first pass: what each trace used, in the order of the log.
    pub fn look(&mut self, line: &Line) {
        self.notice(line);
        let trace = line.account.trace.known();
        if trace.is_none() && !matches!(line.deed, Deed::Issue { .. }) {
            return;
        }
        let named = self.names(&line.account);
        if let Some(by) = trace.and_then(|trace| self.narrow(trace, named, &line.account)).or(named) {
            self.issued(line, by);
        }
    }

    /// Somebody without a credential, at something that nobody there is registered for.
    fn notice(&mut self, line: &Line) {
        let Account { credential: Field::Nothing, address, .. } = line.account else { return };
        if self.strange.contains(&address) {
            return;
        }
        let there = self.there(address);
        let expects = |suspect: &Suspect| match suspect {
            Suspect::Workload(number) => self.registry.workloads[*number as usize].registered_for.contains(&line.event),
            Suspect::Outsider => true,
        };
        if !self.sets.get(there).iter().any(expects) {
            self.strange.insert(address);
        }
    }

    /// Whoever was issued a credential holds it, and can prove to be whose it is.
    fn issued(&mut self, line: &Line, by: Suspects) {
        let Deed::Issue { credential, principal, to, .. } = line.deed else { return };
        let holders = to.map_or(by, |to| self.sets.of([Suspect::Workload(to)]));
        let before = credential.and_then(|credential| self.holders.insert(credential, holders));
        let mut changed = credential.is_some() && before != Some(holders);
        if let Some(principal) = principal {
            let before = self.by_principal.get(&principal).copied().unwrap_or(holders);
            let all = self.sets.either(before, holders);
            changed |= self.by_principal.insert(principal, all) != Some(all);
        }
        if changed {
            self.weighed.clear();
        }
    }

    /// What a line says about who is behind its trace.
    fn narrow(&mut self, trace: u32, named: Option<Suspects>, account: &Account) -> Option<Suspects> {
        let Some(named) = named else {
            if account.credential.known().is_some_and(|credential| self.registry.registered.contains_key(&credential)) {
                self.mixed.insert(trace);
            }
            if !self.nameless.contains_key(&trace) {
                let there = self.there(account.address);
                let set = self.sets.either(there, self.outsider);
                self.nameless.insert(trace, set);
            }
            return self.traces.get(&trace).copied();
        };
        let before = self.traces.get(&trace).copied().unwrap_or(named);
        let common = self.sets.common(before, named);
        // What came first was its own: what does not agree with that was stolen.
        let narrowed = if self.sets.is_empty(common) { before } else { common };
        if self.sets.is_empty(common) {
            self.mixed.insert(trace);
        }
        self.traces.insert(trace, narrowed);
        Some(narrowed)
    }

    /// Whom an account names by what was issued.
    fn names(&mut self, account: &Account) -> Option<Suspects> {
        let actor = account.act.known().and_then(|identity| self.by_identity.get(&identity)).copied();
        let holders = account.credential.known().and_then(|credential| self.holders.get(&credential)).copied();
        let proved = match account.credential {
            Field::Unrecorded => account.principal.known().and_then(|p| self.by_principal.get(&p)).copied(),
            Field::Nothing | Field::Is(_) => None,
        };
        let own = account.credential.known().and_then(|credential| self.principals_of(credential));
        let named = actor.or(holders).or(proved).or(own)?;
        let there = account.address.known().and_then(|address| self.by_address.get(&address)).copied();
        let at_home = there.map(|there| self.sets.common(named, there));
        match at_home {
            Some(at_home) if !self.sets.is_empty(at_home) => Some(at_home),
            Some(_) if actor.is_none() => None,
            _ => Some(named),
        }
    }

    /// The workloads that are the principal of a credential themselves.
    fn principals_of(&self, credential: u32) -> Option<Suspects> {
        let principal = self.registry.registered.get(&credential)?.principal?;
        self.by_identity.get(&principal).copied()
    }

    /// Who lives at an address; nobody whom the registry knows, where nobody does.
    fn there(&self, address: Field) -> Suspects {
        match address {
            Field::Is(address) => self.by_address.get(&address).copied().unwrap_or(self.outsider),
            Field::Unrecorded | Field::Nothing => self.everybody,
        }
    }

    /// A client that is known by its trace is behind no other one.
    fn settle(&mut self) {
        let nameless: Vec<(u32, Suspects)> = self.nameless.iter().map(|(trace, set)| (*trace, *set)).collect();
        for (trace, set) in nameless {
            self.traces.entry(trace).or_insert(set);
        }
        let mut known: BTreeSet<Suspect> = BTreeSet::new();
        loop {
            let alone = self.traces.values().filter_map(|set| match self.sets.get(*set) {
                [only @ Suspect::Workload(_)] => Some(*only),
                _ => None,
            });
            let alone: BTreeSet<Suspect> = alone.collect();
            if alone.len() == known.len() {
                break;
            }
            known = alone;
            let mut narrowed: BTreeMap<Suspects, Suspects> = BTreeMap::new();
            for set in self.traces.values_mut() {
                if self.sets.get(*set).len() < 2 {
                    continue;
                }
                let others = narrowed.entry(*set).or_insert_with(|| {
                    let others: Vec<Suspect> =
                        self.sets.get(*set).iter().filter(|s| !known.contains(s)).copied().collect();
                    if others.is_empty() { *set } else { self.sets.of(others) }
                });
                *set = *others;
            }
        }
        self.rivals = Rivals::of(&self.traces, &self.sets, &self.mixed);
        self.settled = true;
    }

    /// The second pass: the suspects of each line, in the order of the log.
    pub fn follow(&mut self, line: &Line, objects: &[Run]) -> Suspects {
        if !self.settled {
            self.settle();
        }
        let set = self.weigh(line);
        self.issued(line, set);
        if line.allowed && line.effect == Effect::Read {
            self.read(line.at, set, objects);
        }
        set
    }

    fn weigh(&mut self, line: &Line) -> Suspects {
        let account = &line.account;
        let read = account.credential.known().filter(|credential| self.readings.contains_key(credential));
        if let (None, Some(known)) = (read, self.weighed.get(account)) {
            return *known;
        }
        let set = self.weigh_anew(account, line.at);
        if read.is_none() {
            self.weighed.insert(*account, set);
        }
        set
    }

    fn weigh_anew(&mut self, account: &Account, at: Tick) -> Suspects {
        let trace = account.trace.known();
        let is_stolen = trace.is_some_and(|trace| self.rivals.is_stolen(trace));
        let traced = trace.filter(|_| !is_stolen).and_then(|trace| self.traces.get(&trace)).copied();
        if let Some(actor) = account.act.known().and_then(|identity| self.by_identity.get(&identity)).copied() {
            let both = traced.map(|traced| self.sets.common(actor, traced));
            return both.filter(|both| !self.sets.is_empty(*both)).unwrap_or(actor);
        }
        let is_disputed = trace.is_some_and(|trace| self.rivals.is_disputed(trace));
        if let Some(traced) = traced.filter(|_| !is_disputed) {
            return traced;
        }
        let readers = self.readers(account, at);
        if let Some(traced) = traced {
            let others = readers.unwrap_or_else(|| self.strangers(account.address));
            return self.sets.either(traced, others);
        }
        if is_stolen {
            return readers.unwrap_or_else(|| self.strangers(account.address));
        }
        match (self.names(account), readers) {
            (Some(named), Some(readers)) => self.sets.either(named, readers),
            (Some(named), None) => named,
            (None, Some(readers)) => readers,
            (None, None) => {
                let there = self.there(account.address);
                let strange = self.strange.contains(&account.address);
                if strange { self.sets.either(there, self.outsider) } else { there }
            }
        }
    }
}
