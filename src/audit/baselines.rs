//! Three ways to guess without thinking, for comparison.

use crate::wire::Tick;

use super::known::{Registry, Suspect};
use super::line::Line;

/// A guess at who wrote each line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Baseline {
    /// Whoever a credential was first issued to does everything that is done with it.
    SameCredential,
    /// A line belongs to the line nearest in time whose credential was issued to one workload alone.
    NearestInTime,
    /// Whoever lives at an address, the first of them, does everything from there.
    SameAddress,
}

/// Whom a baseline names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Guess {
    Nobody,
    Who(Suspect),
    /// The owner of the credential, who runs no workload.
    Owner,
}

impl Baseline {
    pub const ALL: [Baseline; 3] = [Baseline::SameCredential, Baseline::NearestInTime, Baseline::SameAddress];

    pub const fn name(self) -> &'static str {
        match self {
            Baseline::SameCredential => "same credential",
            Baseline::NearestInTime => "nearest in time",
            Baseline::SameAddress => "same address",
        }
    }

    /// The guess for each line, in the order of the log.
    pub fn guesses(self, registry: &Registry, lines: &[Line]) -> Vec<Guess> {
        match self {
            Baseline::SameCredential => lines.iter().map(|line| by_credential(registry, line)).collect(),
            Baseline::NearestInTime => nearest(registry, lines),
            Baseline::SameAddress => lines.iter().map(|line| by_address(registry, line)).collect(),
        }
    }
}

fn by_credential(registry: &Registry, line: &Line) -> Guess {
    let Some(credential) = line.account.credential.known() else {
        return match line.account.credential {
            super::line::Field::Nothing => Guess::Who(Suspect::Outsider),
            _ => Guess::Nobody,
        };
    };
    let holder = registry.registered.get(&credential).and_then(|r| r.holders.first());
    holder.map_or(Guess::Owner, |holder| Guess::Who(Suspect::Workload(*holder)))
}

fn by_address(registry: &Registry, line: &Line) -> Guess {
    let Some(address) = line.account.address.known() else { return Guess::Nobody };
    let first = registry.workloads.iter().position(|w| w.addresses.contains(&address));
    Guess::Who(first.map_or(Suspect::Outsider, |first| Suspect::Workload(first as u32)))
}

/// The one workload that a line's credential was issued to.
fn alone(registry: &Registry, line: &Line) -> Option<u32> {
    let holders = &registry.registered.get(&line.account.credential.known()?)?.holders;
    holders.first().copied().filter(|_| holders.len() == 1)
}

fn nearest(registry: &Registry, lines: &[Line]) -> Vec<Guess> {
    let mut before: Option<(Tick, u32)> = None;
    let behind: Vec<Option<(Tick, u32)>> = lines
        .iter()
        .map(|line| {
            before = alone(registry, line).map(|who| (line.at, who)).or(before);
            before
        })
        .collect();
    let mut after: Option<(Tick, u32)> = None;
    let mut guesses: Vec<Guess> = lines
        .iter()
        .zip(&behind)
        .rev()
        .map(|(line, before)| {
            after = alone(registry, line).map(|who| (line.at, who)).or(after);
            let nearer = match (before, after) {
                (Some(before), Some(after)) if after.0.since(line.at) < line.at.since(before.0) => Some(after),
                (before, after) => before.or(after),
            };
            nearer.map_or(Guess::Nobody, |(_, who)| Guess::Who(Suspect::Workload(who)))
        })
        .collect();
    guesses.reverse();
    guesses
}
