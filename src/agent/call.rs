//! One request from its sender's side, and what the answer means to somebody who sees only the answer.

use std::num::NonZeroU32;

use crate::wire::{Body, HeldId, Outcome, Res, RouteId, Scheme, SecretKind, Span, Tick};

/// What a client wants done, through its pages, redirects and repeats: one request at a time.
///
/// Functions that a call passes through at each step are inlined: copied through memory on the way, it costs a quarter of
/// the step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub route: RouteId,
    /// The record that it is about.
    pub about: Option<Res>,
    /// Where the page begins, behind the first one.
    pub page: Option<NonZeroU32>,
    /// The credential that it presents.
    pub with: Option<HeldId>,
    pub asker: Asker,
    /// How often it was told to come back later.
    pub waits: u8,
    /// How often it was sent elsewhere.
    pub hops: u8,
    /// Whether it presents something else than its step says, since that was refused.
    pub substituted: bool,
    /// Whether it writes something down.
    pub carries: bool,
    /// Which task of its own it is part of: 0 for what it is at.
    pub task: u32,
}

impl Call {
    #[inline]
    pub fn new(route: RouteId, about: Option<Res>, with: Option<HeldId>, asker: Asker) -> Call {
        let (waits, hops) = (0, 0);
        Call { route, about, page: None, with, asker, waits, hops, substituted: false, carries: false, task: 0 }
    }
}

/// Which part of the client the answer goes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Asker {
    /// A line of the program.
    Line(Place),
    /// A line of an instruction that it obeys.
    Order(Place),
    /// A range of the frontier.
    Range(u32),
}

/// A step of a line of the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    pub line: u32,
    pub step: u32,
}

/// What an answer means to its receiver.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reply {
    Accepted,
    /// There is another page.
    More(NonZeroU32),
    /// It is answered elsewhere.
    Moved(RouteId),
    /// Come back later.
    Later(Span),
    Refused(Refusal),
    /// An error of the server, a limit without a hint, or no answer.
    Failed,
}

/// How a client is told no. `200` without rows is not one: nobody who only sees the answer can tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refusal {
    /// 401: the credential is no good here.
    Credential,
    /// 403: not with this credential.
    Operation,
    /// 404: not this record, or no such thing.
    Record,
}

impl Reply {
    #[inline]
    pub fn to(outcome: &Outcome) -> Reply {
        let Outcome::Answer(answer) = outcome else { return Reply::Failed };
        match (answer.status, answer.retry_after, answer.body) {
            (401, ..) => Reply::Refused(Refusal::Credential),
            (403, ..) => Reply::Refused(Refusal::Operation),
            (404, ..) => Reply::Refused(Refusal::Record),
            // `202` with a time is work that waits for somebody's word, and nothing yet.
            (202 | 429 | 503, Some(after), _) => Reply::Later(after),
            (400.., ..) => Reply::Failed,
            (_, _, Body::Link(route)) => Reply::Moved(route),
            (_, _, Body::Ids { next: Some(next), .. } | Body::Records { next: Some(next), .. }) => Reply::More(next),
            _ => Reply::Accepted,
        }
    }
}

/// Calls whose next request waits: for a connection, or for the time that `Retry-After` named.
#[derive(Default, Debug)]
pub(super) struct Pending {
    calls: Vec<(Tick, Call)>,
}

impl Pending {
    pub fn clear(&mut self) {
        self.calls.clear();
    }

    pub fn push(&mut self, due: Tick, call: Call) {
        self.calls.push((due, call));
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    #[inline]
    pub fn due(&self) -> Option<Tick> {
        self.calls.iter().map(|(due, _)| *due).min()
    }

    /// The call that is due first, if it is due by `now`; of two, the one that came first.
    #[inline]
    pub fn take(&mut self, now: Tick) -> Option<Call> {
        if self.calls.is_empty() { None } else { self.take_first(now) }
    }

    fn take_first(&mut self, now: Tick) -> Option<Call> {
        let (at, due) = self.calls.iter().map(|(due, _)| *due).enumerate().min_by_key(|(_, due)| *due)?;
        (due <= now).then(|| self.calls.remove(at).1)
    }
}

/// The requests on their way, by the connection that carries them.
#[derive(Debug)]
pub(super) struct Flights {
    /// The number of the request on each connection.
    numbers: Vec<u32>,
    calls: Vec<Option<Flight>>,
    free: Vec<u16>,
}

/// A call whose answer is awaited.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flight {
    pub call: Call,
    /// How much later than it was meant to it left.
    pub late: Span,
}

impl Flights {
    pub fn new(connections: u16) -> Flights {
        let connections = connections.max(1);
        Flights {
            numbers: vec![0; usize::from(connections)],
            calls: vec![None; usize::from(connections)],
            free: (0..connections).rev().collect(),
        }
    }

    /// Nothing is on its way.
    pub fn clear(&mut self) {
        let Flights { numbers, calls, free } = self;
        calls.fill(None);
        free.clear();
        free.extend((0..numbers.len() as u16).rev());
    }

    /// How many answers are awaited.
    pub fn len(&self) -> usize {
        self.numbers.len() - self.free.len()
    }

    pub fn any_free(&self) -> bool {
        !self.free.is_empty()
    }

    /// Puts a request on a free connection and returns its number.
    #[inline]
    pub fn depart(&mut self, number: u32, flight: Flight) -> Option<u16> {
        let connection = self.free.pop()?;
        self.numbers[usize::from(connection)] = number;
        self.calls[usize::from(connection)] = Some(flight);
        Some(connection)
    }

    /// The call behind a request that is on its way.
    pub fn call(&self, number: u32) -> Option<&Call> {
        let flights = self.numbers.iter().zip(&self.calls);
        flights.filter(|(n, _)| **n == number).find_map(|(_, flight)| flight.as_ref().map(|flight| &flight.call))
    }

    /// Takes the request that was answered off its connection.
    #[inline]
    pub fn land(&mut self, number: u32) -> Option<Flight> {
        let slots = self.numbers.iter().zip(&mut self.calls);
        let (connection, flight) = slots.enumerate().find_map(|(connection, (n, slot))| {
            if *n == number { slot.take().map(|flight| (connection, flight)) } else { None }
        })?;
        self.free.push(connection as u16);
        Some(flight)
    }
}

/// How a client puts a secret of this kind into a request: it goes by what the secret looks like.
pub(super) const fn scheme(kind: SecretKind) -> Scheme {
    match kind {
        SecretKind::ApiKey => Scheme::Key,
        SecretKind::Session => Scheme::Cookie,
        SecretKind::OauthClient | SecretKind::Password => Scheme::Basic,
        SecretKind::AccessToken
        | SecretKind::RefreshToken
        | SecretKind::ConnectedApp
        | SecretKind::PersonalToken
        | SecretKind::RoleSession
        | SecretKind::SigningKey => Scheme::Bearer,
    }
}
