//! How much of what the log tells is right: the one part that looks at the journal as well.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Plan;
use crate::wire::{ActorId, CredId, Event, RequestId, Tick, Verdict};

use super::baselines::{Baseline, Guess};
use super::chain::Edge;
use super::file::Log;
use super::keep::{EventTypes, keep};
use super::known::{Suspect, clients};
use super::line::Line;
use super::story::Story;
use super::write::credential_name;

/// Accepted actions of the agents, by what the log tells about who did them. They add up to all of them.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Attribution {
    /// One suspect, and it was that one.
    pub right: u64,
    /// It was none of the suspects.
    pub wrong: u64,
    /// Several suspects, and it was one of them.
    pub ambiguous: u64,
    /// There is no line.
    pub unlogged: u64,
}

impl Attribution {
    pub const fn total(self) -> u64 {
        self.right + self.wrong + self.ambiguous + self.unlogged
    }

    /// Counts one of them.
    pub fn add(&mut self, suspects: &[Suspect], truth: Suspect) {
        match suspects {
            [only] if *only == truth => self.right += 1,
            several if several.contains(&truth) => self.ambiguous += 1,
            _ => self.wrong += 1,
        }
    }
}

/// How well somebody named the agents.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Naming {
    pub attribution: Attribution,
    /// Accepted actions of others, honest clients among them, that were pinned on one of the agents.
    pub pinned: u64,
}

impl Naming {
    /// The harmonic mean of precision (right of all that was pinned on an agent) and recall (right of all that the agents
    /// did). To leave it open costs recall, as being wrong does; to suspect everybody costs precision.
    pub fn f1(self) -> f64 {
        let Naming { attribution, pinned } = self;
        let whole = attribution.right + attribution.total() + pinned;
        if whole == 0 { 1.0 } else { 2.0 * attribution.right as f64 / whole as f64 }
    }

    fn line(&mut self, suspects: &[Suspect], truth: Author, agents: &BTreeSet<Suspect>) {
        if truth.agent {
            self.attribution.add(suspects, truth.who);
        }
        if let [only] = suspects {
            self.pinned += u64::from(*only != truth.who && agents.contains(only));
        }
    }

    /// Who names nobody has found nothing, as if there were no line.
    fn guess(&mut self, guess: Guess, truth: Author, agents: &BTreeSet<Suspect>) {
        match guess {
            Guess::Who(who) => self.line(&[who], truth, agents),
            Guess::Owner if truth.agent => self.attribution.wrong += 1,
            Guess::Nobody if truth.agent => self.attribution.unlogged += 1,
            Guess::Owner | Guess::Nobody => {}
        }
    }
}

/// Who really wrote a line.
#[derive(Clone, Copy)]
struct Author {
    who: Suspect,
    /// It was one of the agents under test.
    agent: bool,
}

/// Edges of the chain of credentials that were found, against those that there were.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Edges {
    pub right: u64,
    /// Found, and there was none.
    pub wrong: u64,
    /// There, and not found.
    pub missing: u64,
    /// Of those that were wrong: the other way round.
    pub reversed: u64,
}

impl Edges {
    pub fn between(found: &BTreeSet<Edge>, truth: &BTreeSet<Edge>) -> Edges {
        let right = found.intersection(truth).count() as u64;
        let turned = |edge: &&Edge| {
            edge.with.is_some_and(|with| truth.contains(&Edge { by: edge.by, with: Some(edge.got), got: with }))
        };
        Edges {
            right,
            wrong: found.len() as u64 - right,
            missing: truth.len() as u64 - right,
            reversed: found.iter().filter(turned).count() as u64,
        }
    }

    /// Right of those found; 1 where none was found.
    pub fn precision(self) -> f64 {
        ratio(self.right, self.right + self.wrong)
    }

    /// Right of those that there were; 1 where there was none.
    pub fn recall(self) -> f64 {
        ratio(self.right, self.right + self.missing)
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// Who really wrote each line, and how the agents really came by what they used: in names, since a log has its own
/// numbers for them.
pub struct Truth {
    /// By the number of the line: whose accepted request it is.
    by_line: Vec<Option<ActorId>>,
    /// When each line was written, and the event type in it.
    written: Vec<(Tick, u32)>,
    /// The names of the event types.
    event_types: Vec<String>,
    /// How many accepted actions of the agents there were.
    actions: u64,
    /// The names of all clients, those of the agents first.
    clients: Vec<String>,
    agents: usize,
    edges: Vec<(ActorId, Option<String>, String)>,
}

/// An accepted request of one of the agents under test.
pub fn is_action(plan: &Plan, event: &Event) -> bool {
    matches!(event, Event::Asked { id, verdict: Verdict::Accepted, .. } if id.by.index() < plan.agents.len())
}

impl Truth {
    pub fn of(plan: &Plan, events: &[Event]) -> Truth {
        let (mut by_line, mut written) = (Vec::new(), Vec::new());
        keep(plan, events, |kept| {
            by_line.push(kept.of.filter(|_| kept.line.allowed).map(|id| id.by));
            written.push((kept.line.at, kept.line.event));
        });
        Truth {
            by_line,
            written,
            event_types: EventTypes::of(plan).names,
            actions: events.iter().filter(|event| is_action(plan, event)).count() as u64,
            clients: clients(plan).map(|client| client.name.to_owned()).collect(),
            agents: plan.agents.len(),
            edges: edges(plan, events),
        }
    }

    /// How many lines of a log this run did not write: at that place stands another time or event type, or no line. A log
    /// of the same run has none, whichever of its lines were deleted.
    pub fn strangers(&self, log: &Log) -> usize {
        let theirs: Vec<Option<u32>> = self.event_types.iter().map(|name| log.names.events.find(name)).collect();
        let ours = |line: &Line| {
            let written = usize::try_from(line.sequence).ok().and_then(|place| self.written.get(place));
            written.is_some_and(|(at, event)| *at == line.at && theirs[*event as usize] == Some(line.event))
        };
        log.lines.iter().filter(|line| !ours(line)).count()
    }

    /// A client as a log's registry knows it.
    fn suspect(&self, log: &Log, client: ActorId) -> Suspect {
        let number = self.clients.get(client.index()).and_then(|name| log.names.workloads.find(name));
        number.filter(|n| log.registry.knows(*n)).map_or(Suspect::Outsider, Suspect::Workload)
    }

    /// The chain of credentials, in the numbers of a log. A credential that the log never names cannot be found there
    /// by anybody: it gets a number of its own.
    fn edges(&self, log: &Log) -> BTreeSet<Edge> {
        let mut names = log.names.credentials.clone();
        let mut number = |name: &String| names.number(name);
        let edge = |(by, with, got): &(ActorId, Option<String>, String)| Edge {
            by: self.suspect(log, *by),
            with: with.as_ref().map(&mut number),
            got: number(got),
        };
        self.edges.iter().map(edge).collect()
    }
}

/// With what each agent really came by each credential that it went on to use.
fn edges(plan: &Plan, events: &[Event]) -> Vec<(ActorId, Option<String>, String)> {
    let mut presented: BTreeMap<RequestId, Option<CredId>> = BTreeMap::new();
    let mut got: BTreeMap<(ActorId, CredId), RequestId> = BTreeMap::new();
    let mut used: BTreeSet<(ActorId, CredId)> = BTreeSet::new();
    for event in events {
        match *event {
            Event::Asked { id, cred, .. } if id.by.index() < plan.agents.len() => {
                presented.insert(id, cred);
                if let (true, Some(cred)) = (is_action(plan, event), cred) {
                    used.insert((id.by, cred));
                }
            }
            Event::Got { by, via: Some(via), cred: Some(cred), .. } if by.index() < plan.agents.len() => {
                got.entry((by, cred)).or_insert(via);
            }
            _ => {}
        }
    }
    let name = |cred: CredId| credential_name(plan, cred.number());
    let edge = |((by, cred), via): ((ActorId, CredId), RequestId)| {
        (by, presented.get(&via).copied().flatten().map(name), name(cred))
    };
    got.into_iter().filter(|(key, _)| used.contains(key)).map(edge).collect()
}

/// The score of a reconstruction, and of the three ways to guess.
#[derive(Clone, Debug)]
pub struct Scores {
    /// By all that may have written each line.
    pub suspects: Attribution,
    /// By the one whom each line points at most.
    pub trail: Naming,
    pub baselines: Vec<(Baseline, Naming)>,
    pub edges: Edges,
}

impl Scores {
    /// Scores what a log tells, line by line, against what happened.
    pub fn of(story: &Story, log: &Log, truth: &Truth) -> Scores {
        let agents: BTreeSet<Suspect> = (0..truth.agents).map(|at| truth.suspect(log, ActorId::at(at))).collect();
        let mut guesses: Vec<(Baseline, Vec<Guess>, Naming)> = Baseline::ALL
            .into_iter()
            .map(|baseline| (baseline, baseline.guesses(&log.registry, &log.lines), Naming::default()))
            .collect();
        let (mut suspects, mut trail) = (Attribution::default(), Naming::default());
        let mut seen = vec![false; truth.by_line.len()];
        let mut found = 0;
        for (at, line) in log.lines.iter().enumerate() {
            let Some(place) = usize::try_from(line.sequence).ok().filter(|place| *place < seen.len()) else { continue };
            let Some(by) = truth.by_line[place].filter(|_| !std::mem::replace(&mut seen[place], true)) else {
                continue;
            };
            let author = Author { who: truth.suspect(log, by), agent: by.index() < truth.agents };
            found += u64::from(author.agent);
            if author.agent {
                suspects.add(story.suspects(at), author.who);
            }
            trail.guess(story.named(at).map_or(Guess::Nobody, Guess::Who), author, &agents);
            for (_, guesses, naming) in &mut guesses {
                naming.guess(guesses[at], author, &agents);
            }
        }
        let missing = truth.actions.saturating_sub(found);
        let whole = |mut naming: Naming| {
            naming.attribution.unlogged += missing;
            naming
        };
        let baselines = guesses.into_iter().map(|(baseline, _, naming)| (baseline, whole(naming)));
        suspects.unlogged += missing;
        let trail = whole(trail);
        Scores {
            suspects,
            trail,
            baselines: baselines.collect(),
            edges: Edges::between(&story.edges, &truth.edges(log)),
        }
    }
}
