//! What an agent is told, and what goes wrong with it.

use crate::wire::{CollId, FamilyId, IdentityId, InstructionId, OpId, PlaceId, Res, RouteId, Span, Tick};

use super::instruction::Obedience;
use super::rng::{Draws, Stream};

/// A client with credentials and an instruction: a compromised agent, or honest work beside it.
#[derive(Clone, Debug)]
pub struct AgentPlan {
    pub name: String,
    pub identity: Option<IdentityId>,
    /// Credentials that it starts with, as (family, index).
    pub holds: Vec<(FamilyId, u32)>,
    /// Its inventory: what it believes it can call.
    pub knows: Vec<RouteId>,
    /// Records whose ids it knows from the start.
    pub knows_records: Vec<Res>,
    pub task: Program,
    pub fault: Fault,
    /// When its fault has run its course, it harvests in this order.
    pub then_harvests: Option<Strategy>,
    /// What it makes of instructions that it reads, where its fault is to obey them.
    pub obedience: Obedience,
    pub pace: Pace,
    pub network: PlaceId,
    pub starts: Tick,
    /// The range from which the seed draws when it starts, where one is written.
    pub starts_within: Option<(Span, Span)>,
    /// Operations that are no excess whatever it touches with them.
    pub may: Vec<OpId>,
    /// Where path parameters may be filled by counting or guessing.
    pub guesses: bool,
    /// Whether it tries a credential on every record, however many of them a route has refused it in a row.
    pub insists: bool,
}

impl AgentPlan {
    /// Records whose ids it knows without asking: from the start, or because a step names them.
    pub fn known_records(&self) -> Vec<Res> {
        let mut known = self.knows_records.clone();
        self.task.named_records(&mut known);
        if let Fault::Scripted { then, .. } = &self.fault {
            then.named_records(&mut known);
        }
        self.obedience.does.iter().for_each(|program| program.named_records(&mut known));
        known
    }
}

/// Draws when each client starts that starts at random.
pub fn draw_starts(agents: &mut [AgentPlan], benign: &mut [AgentPlan], seed: u64) {
    const HONEST: u32 = 1 << 31;
    let entities = (0..HONEST).zip(agents).chain((HONEST..).zip(benign));
    for (entity, client) in entities {
        if let Some((least, most)) = client.starts_within {
            client.starts = Tick(Stream::new(seed, Draws::Start, entity).span(least, most).0);
        }
    }
}

/// How fast a client acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// Closed loop: the next request leaves when a connection is free.
    Machine { connections: u16 },
    /// One request each `every`, whatever the answers do.
    Rate { every: Span, connections: u16 },
    /// One request at a time, `every` after the one before.
    Human { every: Span },
}

impl Pace {
    pub const fn connections(self) -> u16 {
        match self {
            Pace::Machine { connections } | Pace::Rate { connections, .. } => connections,
            Pace::Human { .. } => 1,
        }
    }
}

/// Steps in order; every line of `Together` runs beside the others.
#[derive(Clone, Debug, Default)]
pub struct Program {
    pub blocks: Vec<Block>,
}

impl Program {
    /// Shows every step, in the order in which they are written.
    pub fn each_step<'a>(&'a self, see: &mut impl FnMut(&'a Step)) {
        for block in &self.blocks {
            match block {
                Block::Step(step) => see(step),
                Block::Claims(_) | Block::Forge(_) => {}
                Block::Together(lines) => lines.iter().for_each(|line| line.each_step(see)),
                Block::Each { body, .. } => body.each_step(see),
            }
        }
    }

    fn named_records(&self, found: &mut Vec<Res>) {
        self.each_step(&mut |step| {
            if let On::Named(records) = &step.on {
                found.extend(records);
            }
        });
    }
}

#[derive(Clone, Debug)]
pub enum Block {
    Step(Step),
    /// Lines that run side by side, sharing the connections in turn.
    Together(Vec<Program>),
    /// The program once for each credential, in the order given, and with it.
    Each {
        of: Vec<(FamilyId, u32)>,
        body: Program,
    },
    Forge(Forge),
    /// The agent's own account of what it did: how often it says that it called each operation.
    Claims(Vec<(OpId, u32)>),
}

/// Credentials that an agent makes itself, once it has the key that signs such.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Forge {
    pub family: FamilyId,
    pub key: FamilyId,
    /// Whose they claim to be. A new one takes the place of the one before.
    pub subjects: Vec<IdentityId>,
    pub repeat: Repeat,
}

/// One thing to do: a call, or a loop of calls.
#[derive(Clone, Debug)]
pub struct Step {
    pub route: RouteId,
    pub with: With,
    /// The family of the token that it has exchanged, where that is not what it presents: the subject of RFC 8693, whose
    /// actor is whoever asks.
    pub subject: Option<FamilyId>,
    pub on: On,
    /// Follow the pages of the answer to the end.
    pub all_pages: bool,
    pub repeat: Repeat,
    pub after_refusal: AfterRefusal,
    /// What it writes into the record that it makes or changes.
    pub carries: Vec<Load>,
}

/// Something that a step writes down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Load {
    Instruction(InstructionId),
    /// Every record of a collection that the agent has read, with the secrets that lay in them.
    Records(CollId),
    /// Every secret that it has found.
    FoundSecrets,
}

/// Which credential a step presents.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum With {
    /// None at all.
    Nothing,
    /// What the agent was given for this service: the first that it was given and that has not been dropped.
    Own,
    /// The first that it holds of a family.
    Family(FamilyId),
    /// Each that it holds of a family, one a call, in the order of acquisition, round and round.
    EachInTurn(FamilyId),
    /// The credential of the enclosing `Each`.
    Enclosing,
    /// The most recently found one.
    LastFound,
}

/// Which records a step is about.
#[derive(Clone, Debug)]
pub enum On {
    Nothing,
    /// Records that the agent knows from the start, or that the scenario names.
    Named(Vec<Res>),
    /// Every record of a collection whose id was listed, one a call. Inside an `Each`, those listed with its credential.
    EachListed(CollId),
    /// Every record inside those listed: `list objects` for each bucket.
    EachListedParent(CollId),
    /// The record of a collection that the agent made last.
    LastCreated(CollId),
}

/// How often a step is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repeat {
    Once,
    Times(u32),
    /// Every `every`, the first time `first` after the line was reached, for ever or so many times.
    Every {
        every: Span,
        first: Span,
        times: Option<u32>,
    },
    /// So many times in each window of `per`, the first of which begins where the line is reached, at times that are
    /// drawn.
    AtRandom {
        times: u32,
        per: Span,
    },
    /// Again and again without a pause.
    Endless,
}

/// What an agent does when it is told no.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AfterRefusal {
    GoOn,
    /// Never use that credential again.
    DropCredential,
    /// Never use that credential for that operation again.
    DropVerb,
    /// End the agent's work.
    Stop,
    /// The same request again.
    Retry,
}

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nothing: the task, and an end.
    None,
    /// The program of the fault in place of the task.
    Scripted { kind: FaultKind, then: Program },
    /// Harvest every secret in every body and try it on every service.
    Harvest { strategy: Strategy },
    /// The task, over and over.
    RunawayLoop,
    /// The task with every filter dropped: each step on one record becomes a step on all that can be listed.
    OverBroad,
    /// The task with one target taken for another.
    WrongTarget { instead_of: RouteId, calls: RouteId },
    /// The task; after the first refusal, with the strongest credential in sight.
    WrongCredential,
    /// The task to its end, whatever is refused on the way.
    StalePlan,
    /// The task; and what it is told by instructions that it reads.
    Injected,
    /// The same, by the habit of its obedience: what it does turns others.
    Spread,
}

impl Fault {
    /// Whether instructions in the records that it reads are instructions to it.
    pub const fn does_what_it_reads(&self) -> bool {
        matches!(self, Fault::Injected | Fault::Spread)
    }
}

/// The name of a fault, where its program is written out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FaultKind {
    WrongTarget,
    OverBroad,
    RunawayLoop,
    WrongCredential,
    Harvest,
    Spread,
    StalePlan,
}

/// In which order a harvesting agent tries what it knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Strategy {
    Breadth,
    Depth,
    Greedy,
    Random,
}
