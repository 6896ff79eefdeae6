//! Agents as state machines without I/O: a task, then what goes wrong with it. Benign clients are the same machine
//! without a fault. An agent sees what a client would see: its inventory, its credentials, and answers.

mod call;
mod fault;
mod frontier;
mod inventory;
mod listing;
mod mailbox;
mod memory;
mod observe;
mod pace;
mod program;
mod reading;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod texts;
mod turns;

use std::sync::Arc;

use crate::model::agent::{AgentPlan, Forge, Load};
use crate::model::{Draws, Plan, Stream};
use crate::planted::Mistake;
use crate::wire::{
    ActorId, Arg, Cargo, Client, Conversation, Event, FamilyId, Forgery, HeldId, Log, Next, Outcome, PlaceId, Purpose,
    Request, RequestId, Slot, Text, Tick, Turn, Vantage, Vocabulary,
};

pub use fault::{FaultPage, faults};
pub use inventory::Inventory;

use call::{Asker, Call, Flight, Flights};
pub use fault::{Conduct, Part};
use fault::{Instruction, Onset, Orders, Substitute};
use frontier::Frontier;
use inventory::Takes;
use mailbox::Mailbox;
use memory::Memory;
use observe::Heard;
use pace::{Gate, Pacer};
use program::{Code, Due, Runner};

/// A client with credentials and an instruction.
#[derive(Debug)]
pub struct Agent {
    plan: Arc<Plan>,
    inventory: Arc<Inventory>,
    who: ActorId,
    /// What it is given at the start.
    holds: Vec<(FamilyId, u32)>,
    starts: Tick,
    network: PlaceId,
    purpose: Purpose,
    conduct: Conduct,
    life: Life,
    memory: Memory,
    pacer: Pacer,
    flights: Flights,
    runner: Runner,
    /// What a harvesting agent goes through when it has been taken over.
    frontier: Option<Frontier>,
    /// Whether its programs are over, and the frontier decides.
    roams: bool,
    onset: Onset,
    substitute: Option<Substitute>,
    /// What an agent that obeys instructions has been told by what it read.
    orders: Option<Orders>,
    /// How many requests it has sent.
    sent: u32,
    mailbox: Mailbox,
    /// What it makes next.
    to_forge: Option<Forge>,
}

/// Where an agent stands in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Life {
    Unborn,
    AtTask,
    Taken,
    OutOfWork,
}

impl Agent {
    /// An agent that has not started. It draws from streams of its own.
    pub fn new(
        plan: &Arc<Plan>,
        inventory: &Arc<Inventory>,
        who: ActorId,
        spec: &AgentPlan,
        purpose: Purpose,
        conduct: Conduct,
    ) -> Agent {
        let faulty = conduct != Conduct::Sane;
        let instruction = if faulty { Instruction::faulty(spec, inventory) } else { Instruction::sane(spec) };
        let mut memory = Memory::new(plan.collections.len());
        memory.prepare_for(&instruction.code);
        let orders = orders(plan, who, spec, conduct);
        for program in orders.iter().flat_map(|_| spec.obedience.does.iter()) {
            memory.prepare_for(&Code::plain(program));
        }
        let roams = match instruction.onset {
            Onset::AfterTask(strategy) => Some(strategy),
            _ => spec.then_harvests.filter(|_| faulty),
        };
        let frontier = roams.map(|strategy| Frontier::new(plan, spec, inventory, strategy, who));
        let connections = spec.pace.connections();
        Agent {
            frontier,
            pacer: Pacer::new(spec.pace, spec.starts),
            flights: Flights::new(connections),
            runner: Runner::new(instruction.code, connections, || dice(plan, who)),
            onset: instruction.onset,
            substitute: None,
            roams: false,
            orders,
            life: Life::Unborn,
            sent: 0,
            mailbox: Mailbox::new(plan, who),
            to_forge: None,
            plan: plan.clone(),
            inventory: inventory.clone(),
            who,
            holds: spec.holds.clone(),
            starts: spec.starts,
            network: spec.network,
            purpose,
            conduct,
            memory,
        }
    }

    /// Before its start, as new. What it made room for is kept.
    pub fn reset(&mut self) {
        let plan = self.plan.clone();
        let spec = plan.client(self.who);
        let Agent {
            plan: _,
            inventory,
            who,
            holds: _,
            starts,
            network: _,
            purpose: _,
            conduct,
            life,
            memory,
            pacer,
            flights,
            runner,
            frontier,
            roams,
            onset: _,
            substitute,
            orders,
            sent,
            mailbox,
            to_forge,
        } = self;
        *starts = spec.starts;
        *life = Life::Unborn;
        memory.clear();
        pacer.reset(spec.starts);
        flights.clear();
        runner.reset(|| dice(&plan, *who));
        if let Some(frontier) = frontier {
            frontier.reset(&plan, spec, inventory, *who);
        }
        *roams = false;
        *substitute = None;
        *orders = self::orders(&plan, *who, spec, *conduct);
        *sent = 0;
        mailbox.clear();
        *to_forge = None;
    }

    fn start(&mut self, now: Tick, log: &mut Log) {
        self.life = Life::AtTask;
        self.turn(now, Turn::Started, log);
        for &(family, index) in &self.holds {
            let text = Text::Generated { family, index, turn: 0 };
            let kind = self.plan.family(family).kind;
            if let Some(held) = self.memory.give(text, kind, (family, Some(index))) {
                log.push(Event::Got { at: now, by: self.who, held, kind, via: None, lay_in: None, cred: None });
            }
        }
        if let Some(frontier) = &mut self.frontier {
            frontier.begin(self.memory.holds());
        }
        if self.onset == Onset::AtOnce {
            self.take_over(now, log);
        }
    }

    fn take_over(&mut self, now: Tick, log: &mut Log) {
        if self.life == Life::AtTask {
            self.life = Life::Taken;
            self.turn(now, Turn::FaultTookOver, log);
        }
    }

    fn turn(&self, at: Tick, turn: Turn, log: &mut Log) {
        log.push(Event::Turned { at, by: self.who, turn });
    }

    #[inline]
    fn send(&mut self, now: Tick, mut call: Call) -> Next {
        let door = self.inventory.door(call.route);
        if let Some(substitute) = &self.substitute {
            call.with = substitute.instead(&call, door.service).or(call.with);
        }
        let late = self.pacer.sent(now);
        let id = RequestId { by: self.who, n: self.sent };
        let Some(connection) = self.flights.depart(id.n, Flight { call, late }) else { return Next::AwaitAnswer };
        self.sent += 1;
        let meant = |held| if Mistake::CredentialsMixedUp.here() { HeldId::new(0) } else { held };
        let presented = call.with.map(|held| self.memory.present(meant(held)));
        let about = match door.takes {
            Takes::Secret => {
                self.subject_of(&call).or(presented.map(|presented| presented.text)).map_or(Arg::None, Arg::Text)
            }
            Takes::Nothing | Takes::Record(_) => call.about.map_or(Arg::None, Arg::Id),
        };
        let request = Request {
            route: call.route,
            about,
            page: call.page.map_or(Arg::None, |at| Arg::Cursor(at.get())),
            presented,
            carries: call.carries,
            from: Vantage {
                network: self.network,
                connection,
                purpose: self.purpose,
                conversation: self.mailbox.conversation_of(call.task),
            },
        };
        Next::Send(id, request)
    }

    fn wait_until(&mut self, at: Tick) -> Next {
        self.pacer.promise(at);
        Next::WaitUntil(at)
    }

    /// Nothing is left to send: what is in flight may still bring something.
    fn rest(&mut self, now: Tick, log: &mut Log) -> Next {
        if self.flights.len() > 0 {
            return Next::AwaitAnswer;
        }
        if self.mailbox.listens {
            return Next::Done;
        }
        if self.life != Life::OutOfWork {
            self.life = Life::OutOfWork;
            self.turn(now, Turn::OutOfWork, log);
        }
        Next::Done
    }
}

/// What the random times of a program are drawn from.
fn dice(plan: &Plan, who: ActorId) -> Box<Stream> {
    Box::new(Stream::new(plan.seed, Draws::Moments, who.number()))
}

/// What an agent has been told that obeys what it reads: nothing yet.
fn orders(plan: &Plan, who: ActorId, spec: &AgentPlan, conduct: Conduct) -> Option<Orders> {
    match conduct {
        Conduct::Faulty(part) if spec.fault.does_what_it_reads() => Some(Orders::new(spec, part, plan.seed, who)),
        _ => None,
    }
}

impl Client for Agent {
    fn next(&mut self, now: Tick, log: &mut Log) -> Next {
        if now < self.starts {
            return if self.starts == Tick::NEVER { Next::AwaitAnswer } else { self.wait_until(self.starts) };
        }
        self.pacer.woken(now);
        if self.life == Life::Unborn {
            self.start(now, log);
        }
        if !self.flights.any_free() {
            return Next::AwaitAnswer;
        }
        let (mut whose, mut due) = self.poll(now, log);
        while due == Due::Over && self.mailbox.take() && self.runner.restart() {
            (whose, due) = self.poll(now, log);
        }
        match due {
            Due::Of(line) => match self.pacer.gate(now, true) {
                Gate::Open => self.advance(now, (whose, line), log),
                Gate::Until(at) => self.wait_until(at),
                Gate::Shut => Next::AwaitAnswer,
            },
            Due::At(due) => self.wait_until(due),
            Due::Answer => Next::AwaitAnswer,
            Due::Over => self.rest(now, log),
        }
    }

    fn observe(
        &mut self,
        now: Tick,
        id: RequestId,
        outcome: &Outcome,
        slot: &Slot,
        vocabulary: &mut dyn Vocabulary,
        log: &mut Log,
    ) {
        let Some(flight) = self.flights.land(id.n) else { return };
        self.pacer.landed(now, flight.late);
        let heard = Heard { now, id, call: &flight.call, outcome, slot };
        self.learn(&heard, vocabulary, log);
        self.react(&heard, log);
    }

    fn forge(&mut self, now: Tick, vocabulary: &mut dyn Vocabulary) {
        let Some(Forge { family, key, subjects, .. }) = self.to_forge.take() else { return };
        let Some(key) = self.memory.first_of(key).and_then(|held| self.memory.text(held)) else { return };
        for subject in subjects {
            let made = vocabulary.forge(key, Forgery { family, subject, at: now });
            if let Some(made) = made {
                self.memory.forge(made, self.plan.family(family).kind, (family, subject.number()));
            }
        }
        if let Some(frontier) = &mut self.frontier {
            frontier.note_credentials(self.memory.holds());
        }
    }

    fn woken(&mut self, now: Tick, conversation: Option<Conversation>) {
        self.mailbox.put(conversation);
        if self.starts == Tick::NEVER {
            self.starts = now;
            self.mailbox.take();
            self.pacer.begin(now);
        } else {
            self.pacer.knocked(now);
        }
    }

    fn handed(&mut self, now: Tick, old: Text, new: Text, log: &mut Log) {
        let Some((held, kind)) = self.memory.replace(old, new) else { return };
        log.push(Event::Got { at: now, by: self.who, held, kind, via: None, lay_in: None, cred: None });
        if let Some(frontier) = &mut self.frontier {
            frontier.note_credentials(self.memory.holds());
        }
    }

    fn pack(&self, id: RequestId, cargo: &mut Cargo) {
        let Some(call) = self.flights.call(id.n) else { return };
        let loads = match call.asker {
            Asker::Line(place) => self.runner.carries(place),
            Asker::Order(place) => self.orders.as_ref().map_or(&[][..], |orders| orders.carries(place)),
            Asker::Range(_) => &[],
        };
        for load in loads {
            match *load {
                Load::Instruction(instruction) => cargo.instruction = Some(instruction),
                Load::Records(coll) => self.memory.copy_read(coll, cargo),
                Load::FoundSecrets => self.memory.copy_found(cargo),
            }
        }
    }

    fn text_of(&self, held: HeldId) -> Option<Text> {
        self.memory.text(held)
    }

    fn has_key(&self, held: HeldId) -> bool {
        self.memory.has_key(held)
    }
}
