//! How an instruction spread: who was turned, when, and by whose words.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::Plan;
use crate::wire::{ActorId, Event, Res, Tick, Turn, Written};

use super::value::Measured;

/// Who did what records told them, over a run. Whoever has an identity is counted by it, however many agents work in
/// its name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Contagion {
    /// How many have ever been turned: a point for each instant at which the number grew.
    pub curve: Vec<(Tick, u64)>,
    /// How many could be.
    pub susceptible: u64,
    /// The most that were under an instruction at one time.
    pub peak: u64,
    /// How many each generation has: the first was turned by what lay in records at the start, the next by what those
    /// had written.
    pub generations: Vec<u64>,
}

/// A person or a client, as far as this counts them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Who {
    Identity(u32),
    Actor(u32),
}

fn who(plan: &Plan, by: ActorId) -> Option<Who> {
    let agent = plan.agents.get(by.index())?;
    Some(agent.identity.map_or(Who::Actor(by.number()), |identity| Who::Identity(identity.number())))
}

/// Folds the events of a run.
struct Fold<'p> {
    plan: &'p Plan,
    generation_of: BTreeMap<Who, usize>,
    /// Who wrote the instruction that lies in a record.
    writers: BTreeMap<Res, ActorId>,
    /// By how many instructions each agent goes.
    under: BTreeMap<Who, u32>,
    contagion: Contagion,
}

impl Contagion {
    pub fn of(plan: &Plan, events: &[Event]) -> Contagion {
        let mut susceptible: Vec<Who> = (0..plan.agents.len())
            .filter(|at| plan.agents[*at].fault.does_what_it_reads())
            .filter_map(|at| who(plan, ActorId::at(at)))
            .collect();
        susceptible.sort_unstable();
        susceptible.dedup();
        let contagion = Contagion { susceptible: susceptible.len() as u64, ..Contagion::default() };
        if contagion.susceptible == 0 {
            return contagion;
        }
        let (generation_of, writers, under) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut fold = Fold { plan, generation_of, writers, under, contagion };
        events.iter().for_each(|event| fold.event(event));
        fold.contagion
    }

    pub fn turned(&self) -> u64 {
        self.curve.last().map_or(0, |(_, n)| *n)
    }

    /// When half of those who could be had been turned.
    pub fn half(&self) -> Option<Tick> {
        self.curve.iter().find(|(_, n)| *n > 0 && 2 * n >= self.susceptible).map(|(at, _)| *at)
    }

    /// Those of each generation for one of the generation before. Over all together it would be below one in every run
    /// that ends, and would say nothing.
    pub fn ratios(&self) -> Vec<f64> {
        self.generations.windows(2).map(|pair| pair[1] as f64 / pair[0] as f64).collect()
    }
}

impl Fold<'_> {
    fn event(&mut self, event: &Event) {
        match *event {
            Event::Wrote { id, into, what: Written::Instruction(_), .. } => {
                self.writers.insert(into, id.by);
            }
            Event::Obeyed { at, by, lay_in, .. } => {
                let Some(who) = who(self.plan, by) else { return };
                *self.under.entry(who).or_default() += 1;
                self.contagion.peak = self.contagion.peak.max(self.under.len() as u64);
                if !self.generation_of.contains_key(&who) {
                    self.turn(at, who, lay_in);
                }
            }
            Event::Turned { by, turn: Turn::Forgot, .. } => {
                if let Some(who) = who(self.plan, by) {
                    self.under.remove(&who);
                }
            }
            _ => {}
        }
    }

    fn turn(&mut self, at: Tick, turned: Who, lay_in: Res) {
        let parent = self.writers.get(&lay_in).and_then(|by| who(self.plan, *by));
        let generation = parent.and_then(|parent| self.generation_of.get(&parent)).map_or(0, |parent| parent + 1);
        self.generation_of.insert(turned, generation);
        let Contagion { curve, generations, .. } = &mut self.contagion;
        if generations.len() <= generation {
            generations.resize(generation + 1, 0);
        }
        generations[generation] += 1;
        let total = curve.last().map_or(0, |(_, n)| *n) + 1;
        match curve.last_mut() {
            Some((last, n)) if *last == at => *n = total,
            _ => curve.push((at, total)),
        }
    }
}

/// How many others were turned while one agent alone did what it was told.
pub fn turned_beside(plan: &Plan, events: &[Event], agent: ActorId) -> u32 {
    let own = who(plan, agent);
    let turned = events.iter().filter_map(|event| match event {
        Event::Obeyed { by, .. } => who(plan, *by).filter(|who| Some(*who) != own),
        _ => None,
    });
    turned.collect::<BTreeSet<Who>>().len() as u32
}

/// How many one agent turns when those do nothing, agent by agent: a sample of R0.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Offspring(pub Vec<u32>);

/// The 97.5 % quantile of the standard normal distribution.
const Z: f64 = 1.959_963_985;

impl Offspring {
    /// The mean, with the interval that holds the true one in 95 of 100 cases, by the normal approximation.
    pub fn r0(&self) -> Measured {
        let n = self.0.len() as f64;
        if self.0.len() < 2 {
            return Measured::unknown("nobody was let begin alone");
        }
        let mean = self.0.iter().map(|count| f64::from(*count)).sum::<f64>() / n;
        let squares: f64 = self.0.iter().map(|count| (f64::from(*count) - mean).powi(2)).sum();
        let half = Z * (squares / (n - 1.0) / n).sqrt();
        Measured::Sampled { mean, lo: (mean - half).max(0.0), hi: mean + half }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_number_has_no_interval() {
        let r0 = Offspring(vec![2; 40]).r0();
        assert_eq!(r0, Measured::Sampled { mean: 2.0, lo: 2.0, hi: 2.0 });
        assert!(matches!(Offspring(vec![2]).r0(), Measured::Unknown { .. }));
    }

    /// 0 and 2 as often: mean 1, variance 100/99, so 1.96 * sqrt(100/99 / 100) = 0.197.
    #[test]
    fn the_interval_of_a_mean_follows_from_its_spread() {
        let sample = Offspring((0..100).map(|n| n % 2 * 2).collect());
        let Measured::Sampled { mean, lo, hi } = sample.r0() else { panic!("a sample") };
        assert!((mean - 1.0).abs() < 1e-12 && (lo - 0.803).abs() < 1e-3 && (hi - 1.197).abs() < 1e-3);
    }
}
