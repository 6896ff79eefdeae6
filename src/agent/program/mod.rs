//! A task as an agent carries it out: lines of steps, compiled from the scenario's program.

mod line;
mod run;
mod target;

use crate::model::agent::{AfterRefusal, Block, Forge, Load, On, Program, Repeat, Step, With};
use crate::wire::{FamilyId, OpId, RouteId};

pub(super) use run::{Due, Runner};

/// A program as lines. The first is the main one; the others run where it forks.
#[derive(Debug)]
pub(super) struct Code {
    lines: Vec<Vec<Op>>,
    /// Whether the main line begins again when it is over.
    again: bool,
}

/// What a line does next.
#[derive(Debug)]
enum Op {
    Do(Deed),
    /// Starts these lines and waits until they are over.
    Fork(Vec<usize>),
    /// Makes credentials.
    Forge(Forge),
    /// Says something about what it did.
    Claim(Vec<(OpId, u32)>),
}

/// A step with what surrounds it.
#[derive(Clone, Debug)]
pub(super) struct Deed {
    pub route: RouteId,
    pub with: With,
    pub subject: Option<FamilyId>,
    pub on: On,
    pub all_pages: bool,
    pub repeat: Repeat,
    pub after_refusal: AfterRefusal,
    pub carries: Vec<Load>,
    /// The credential of the enclosing `Each`.
    within: Option<(FamilyId, u32)>,
    /// Whether a fault put it here.
    deviates: bool,
    /// Whose turn it is, where credentials take turns.
    turn: usize,
}

/// A step as a fault leaves it.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub step: Step,
    /// Whether a sane agent would do something else here.
    pub deviates: bool,
}

/// Says what becomes of a step.
pub(super) type Rewrite<'a> = &'a mut dyn FnMut(&Step, &mut dyn FnMut(Told));

impl Told {
    pub fn as_is(step: &Step) -> Told {
        Told { step: step.clone(), deviates: false }
    }
}

impl Code {
    /// Compiles a program. `rewrite` says what becomes of each step.
    pub fn of(program: &Program, again: bool, rewrite: Rewrite<'_>) -> Code {
        let mut code = Code { lines: vec![Vec::new()], again };
        code.compile(program, 0, None, rewrite);
        code
    }

    /// The program as it stands.
    pub fn plain(program: &Program) -> Code {
        Code::of(program, false, &mut |step, tell| tell(Told::as_is(step)))
    }

    fn compile(&mut self, program: &Program, line: usize, within: Option<(FamilyId, u32)>, rewrite: Rewrite<'_>) {
        self.lines[line].reserve(program.blocks.len());
        for block in &program.blocks {
            match block {
                Block::Step(step) => {
                    let line = &mut self.lines[line];
                    rewrite(step, &mut |told| line.push(Op::Do(Deed::of(told, within))));
                }
                Block::Together(side_by_side) => {
                    let mut fork = Vec::with_capacity(side_by_side.len());
                    for program in side_by_side {
                        let child = self.lines.len();
                        self.lines.push(Vec::new());
                        self.compile(program, child, within, rewrite);
                        fork.push(child);
                    }
                    self.lines[line].push(Op::Fork(fork));
                }
                Block::Forge(forge) => self.lines[line].push(Op::Forge(forge.clone())),
                Block::Claims(said) => self.lines[line].push(Op::Claim(said.clone())),
                Block::Each { of, body } => {
                    for credential in of {
                        self.compile(body, line, Some(*credential), rewrite);
                    }
                }
            }
        }
    }

    /// Whether something of it is done at times that are drawn.
    fn is_at_random(&self) -> bool {
        self.lines.iter().flatten().any(|op| matches!(op.repeat(), Some(Repeat::AtRandom { .. })))
    }

    /// At its start, nobody has had a turn.
    fn reset(&mut self) {
        for op in self.lines.iter_mut().flatten() {
            if let Op::Do(deed) = op {
                deed.turn = 0;
            }
        }
    }

    /// Every step of it.
    pub fn deeds(&self) -> impl Iterator<Item = &Deed> {
        self.lines.iter().flatten().filter_map(|op| match op {
            Op::Do(deed) => Some(deed),
            Op::Fork(_) | Op::Forge(_) | Op::Claim(_) => None,
        })
    }
}

impl Op {
    /// How often it is done, where it is something that is done at times.
    fn repeat(&self) -> Option<Repeat> {
        match self {
            Op::Do(deed) => Some(deed.repeat),
            Op::Forge(forge) => Some(forge.repeat),
            Op::Fork(_) | Op::Claim(_) => None,
        }
    }

    /// Whether the latest time makes up for those before.
    fn is_done_by_the_latest(&self) -> bool {
        matches!(self, Op::Do(Deed { all_pages: true, .. }) | Op::Forge(_))
    }
}

impl Deed {
    fn of(told: Told, within: Option<(FamilyId, u32)>) -> Deed {
        let Told { step, deviates } = told;
        let Step { route, with, subject, on, all_pages, repeat, after_refusal, carries } = step;
        let within = within.filter(|_| matches!(with, With::Own | With::Enclosing));
        Deed { route, with, subject, on, all_pages, repeat, after_refusal, carries, within, deviates, turn: 0 }
    }

    /// The collection whose listed ids it goes through, and whether only those listed with its own credential. A step on
    /// what lies inside listed records names the record that it looks into, and so does one on the records themselves.
    pub fn goes_through(&self) -> Option<(crate::wire::CollId, bool)> {
        match self.on {
            On::EachListed(coll) | On::EachListedParent(coll) => Some((coll, self.within.is_some())),
            On::Nothing | On::Named(_) | On::LastCreated(_) => None,
        }
    }
}
