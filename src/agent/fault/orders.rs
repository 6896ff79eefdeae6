//! What an agent was told by what it read, and how far it has come with it.

use std::collections::VecDeque;

use crate::agent::call::Place;
use crate::agent::memory::Memory;
use crate::agent::program::{Code, Due, Runner};
use crate::model::agent::AgentPlan;
use crate::model::instruction::{Obedience, Obeys};
use crate::model::{Draws, Stream};
use crate::wire::{ActorId, CollId, FamilyId, InstructionId, OpId, Planted, RouteId, Tick};

/// How an agent is taken in, where it is measured how far one alone spreads what it was told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// It does what it is told.
    Acts,
    /// It is told, and does nothing: what one agent spreads is counted without what others would add.
    Listens,
    /// The one from whom an instruction spreads: it is told when it first reads records of this collection.
    Begins(InstructionId, CollId),
}

/// The instructions that an agent obeys.
#[derive(Debug)]
pub(in crate::agent) struct Orders {
    obedience: Obedience,
    part: Part,
    seed: u64,
    who: ActorId,
    /// Whether it does what it reads, where that is left to chance.
    mood: Option<Box<Stream>>,
    /// What the random times of its steps are drawn from, while no runner has it.
    dice: Option<Box<Stream>>,
    told: Vec<Told>,
    waiting: VecDeque<InstructionId>,
    current: Option<(InstructionId, Runner)>,
    connections: u16,
    /// What the instructions make it say of itself.
    pub said: Vec<(OpId, u32)>,
}

/// An instruction that it was told, when, and by which route it had read it.
#[derive(Clone, Copy, Debug)]
struct Told {
    instruction: InstructionId,
    at: Tick,
    on: RouteId,
}

impl Orders {
    pub fn new(spec: &AgentPlan, part: Part, seed: u64, who: ActorId) -> Orders {
        Orders {
            obedience: spec.obedience.clone(),
            part,
            seed,
            who,
            mood: None,
            dice: None,
            told: Vec::new(),
            waiting: VecDeque::new(),
            current: None,
            connections: spec.pace.connections(),
            said: Vec::new(),
        }
    }

    /// It reads with a new round of its task: what it was told there it does again, if that is its habit. True where it
    /// has forgotten something by now.
    pub fn reads_again(&mut self, now: Tick, route: RouteId) -> bool {
        let habit = self.obedience.habit;
        let before = self.told.len();
        if let Some(after) = habit.forgets {
            self.told.retain(|told| now.since(told.at) < after);
        }
        if habit.again {
            for at in 0..self.told.len() {
                let Told { instruction, on, .. } = self.told[at];
                if on == route {
                    self.schedule(instruction);
                }
            }
        }
        self.told.len() < before
    }

    /// Whether it is the one that begins, and has just read where the instruction would lie.
    pub fn begins(&mut self, now: Tick, route: RouteId, coll: CollId) -> bool {
        let Part::Begins(instruction, place) = self.part else { return false };
        let begins = coll == place;
        if begins {
            self.part = Part::Acts;
            self.told.push(Told { instruction, at: now, on: route });
            self.schedule(instruction);
        }
        begins
    }

    /// Whether it does what it has read from now on: `signed` says whether the team's signature is good.
    pub fn take(&mut self, now: Tick, read: &Planted, signed: bool, route: RouteId) -> bool {
        let obeys = match self.obedience.whom {
            Obeys::Nobody => false,
            Obeys::Everybody => true,
            Obeys::Signed => signed,
            Obeys::Written(by) => read.author.is_some_and(|author| by.contains(author)),
        };
        let fresh = obeys && !self.told.iter().any(|told| told.instruction == read.instruction) && self.is_persuaded();
        if fresh {
            self.told.push(Told { instruction: read.instruction, at: now, on: route });
            self.schedule(read.instruction);
        }
        fresh
    }

    fn is_persuaded(&mut self) -> bool {
        let (seed, who) = (self.seed, self.who);
        let mood = || Box::new(Stream::new(seed, Draws::Obedience, who.number()));
        self.obedience.habit.likely.happens(self.mood.get_or_insert_with(mood))
    }

    /// Puts it behind what else is to be done, unless it is on its way already.
    fn schedule(&mut self, instruction: InstructionId) {
        let under_way = self.current.as_ref().is_some_and(|(current, _)| *current == instruction);
        if self.part != Part::Listens && !under_way && !self.waiting.contains(&instruction) {
            self.waiting.push_back(instruction);
        }
    }

    /// Whether one of its steps may be sent.
    pub fn poll(&mut self, now: Tick, memory: &Memory) -> Due {
        loop {
            if let Some((_, runner)) = &mut self.current {
                let due = runner.poll(now, memory);
                self.said.append(&mut runner.said);
                match due {
                    Due::Over => self.dice = self.current.take().and_then(|(_, runner)| runner.dice),
                    due => return due,
                }
            }
            let Some(next) = self.waiting.pop_front() else { return Due::Over };
            let (seed, who, dice) = (self.seed, self.who, &mut self.dice);
            let dice = || {
                let own = || Box::new(Stream::new(seed, Draws::Moments, who.number() | OF_ORDERS));
                dice.take().unwrap_or_else(own)
            };
            let program = self.obedience.program(next);
            self.current = program.map(|program| (next, Runner::new(Code::plain(program), self.connections, dice)));
        }
    }

    /// What is being carried out.
    pub fn runner(&mut self) -> Option<&mut Runner> {
        self.current.as_mut().map(|(_, runner)| runner)
    }

    /// What the step at a place has exchanged, where it presents something else.
    pub fn subject(&self, place: Place) -> Option<FamilyId> {
        self.current.as_ref().and_then(|(_, runner)| runner.subject(place))
    }

    /// What the step at a place writes down.
    pub fn carries(&self, place: Place) -> &[crate::model::agent::Load] {
        self.current.as_ref().map_or(&[], |(_, runner)| runner.carries(place))
    }
}

/// Sets the random times of what an agent was told apart from those of its task.
const OF_ORDERS: u32 = 1 << 31;
