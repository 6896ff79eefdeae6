//! What a client sees of an answer.

use std::num::NonZeroU32;

use super::cargo::{Cargo, Planted};
use super::ids::{CollId, JobId, Res, RouteId};
use super::request::Text;
use super::tick::Span;

/// Which rows of a collection an answer speaks of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rows {
    /// Contiguous rows, ascending.
    Span { first: u32, n: u32 },
    /// Rows listed in [`Slot::ids`], from `offset`.
    Pick { offset: u32, n: u32 },
}

impl Rows {
    pub const NONE: Rows = Rows::Span { first: 0, n: 0 };

    pub fn len(self) -> u32 {
        match self {
            Rows::Span { n, .. } | Rows::Pick { n, .. } => n,
        }
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Visits the rows in order.
    #[inline]
    pub fn for_each(self, slot: &Slot, mut visit: impl FnMut(u32)) {
        match self {
            Rows::Span { first, n } => (first..first + n).for_each(visit),
            Rows::Pick { offset, n } => {
                let from = offset as usize;
                slot.ids.get(from..from + n as usize).unwrap_or(&[]).iter().for_each(|row| visit(*row));
            }
        }
    }

    /// The rows in order.
    pub fn iter(self, slot: &Slot) -> impl Iterator<Item = u32> + '_ {
        let (span, picked) = match self {
            Rows::Span { first, n } => (first..first + n, &[][..]),
            Rows::Pick { offset, n } => {
                let from = offset as usize;
                (0..0, slot.ids.get(from..from + n as usize).unwrap_or(&[]))
            }
        };
        span.chain(picked.iter().copied())
    }
}

/// A body by its meaning. It is rendered to JSON at the HTTP edge only, and parsed back there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Body {
    Empty,
    /// Ids of records, not their content: listing is not reading.
    Ids {
        coll: CollId,
        rows: Rows,
        next: Option<NonZeroU32>,
    },
    /// Records with their content. The secrets that lie in them stand in [`Slot::texts`], the instructions in
    /// [`Slot::planted`].
    Records {
        coll: CollId,
        rows: Rows,
        next: Option<NonZeroU32>,
    },
    /// How many there are, and nothing of them.
    Count(u32),
    Created(Res),
    /// Accepted for later, RFC 9110 section 15.3.3.
    Job(JobId),
    /// RFC 6749 section 5.1.
    Token {
        access: Text,
        refresh: Option<Text>,
        lives: Option<Span>,
    },
    /// RFC 7662 section 2.2.
    Introspection {
        active: bool,
    },
    /// A redirect or a link to another route.
    Link(RouteId),
}

/// An answer as a client sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Response {
    pub status: u16,
    pub retry_after: Option<Span>,
    pub body: Body,
}

impl Response {
    pub fn bare(status: u16) -> Response {
        Response { status, retry_after: None, body: Body::Empty }
    }

    pub fn with(status: u16, body: Body) -> Response {
        Response { status, retry_after: None, body }
    }
}

/// What became of a request, as its sender sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    Answer(Response),
    /// A reset or a time-out: the effect may or may not have happened.
    NoAnswer,
}

/// A secret that lies in an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    pub text: Text,
    /// The record it lay in.
    pub lay_in: Option<Res>,
}

/// The variable parts of one exchange, one slot per connection: of its answer a snapshot taken at the effect.
///
/// Slots keep their capacity, so that a step allocates nothing.
#[derive(Default, Debug)]
pub struct Slot {
    pub ids: Vec<u32>,
    pub texts: Vec<Found>,
    pub planted: Vec<Planted>,
    /// Records of any collection that the answer links to.
    pub links: Vec<Res>,
    /// What the request writes, where it [carries](super::Request::carries) something.
    pub cargo: Cargo,
}

impl Slot {
    /// Forgets the answer.
    pub fn clear(&mut self) {
        self.ids.clear();
        self.texts.clear();
        self.planted.clear();
        self.links.clear();
    }
}
