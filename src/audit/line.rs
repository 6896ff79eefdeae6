//! One line of an audit log, by numbers: names stand in [`Known`](super::Known).

use crate::wire::{Effect, Tick};

/// A field of a line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Field {
    /// The service does not record it.
    Unrecorded,
    /// Recorded, and there was none: nobody was proved, nothing was presented.
    Nothing,
    /// By its number among the names of its kind.
    Is(u32),
}

impl Field {
    /// What a service records of a value.
    pub fn of(recorded: bool, value: Option<u32>) -> Field {
        match (recorded, value) {
            (false, _) => Field::Unrecorded,
            (true, None) => Field::Nothing,
            (true, Some(value)) => Field::Is(value),
        }
    }

    pub const fn known(self) -> Option<u32> {
        match self {
            Field::Is(value) => Some(value),
            Field::Unrecorded | Field::Nothing => None,
        }
    }
}

/// Who and from where, as a line says it: lines that say the same cannot be told apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Account {
    pub principal: Field,
    pub credential: Field,
    /// Who acts for the principal.
    pub act: Field,
    pub address: Field,
    /// The trace id alone: which running client it was, without a name.
    pub trace: Field,
}

impl Account {
    pub const UNRECORDED: Account = Account {
        principal: Field::Unrecorded,
        credential: Field::Unrecorded,
        act: Field::Unrecorded,
        address: Field::Unrecorded,
        trace: Field::Unrecorded,
    };
}

/// What a line is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deed {
    /// A call, as API Activity.
    Call,
    /// A credential was issued, as Authentication: which one, whose, and from which, where that is recorded, and the
    /// workload that the provider handed it to by itself.
    Issue { credential: Option<u32>, principal: Option<u32>, from: Option<u32>, to: Option<u32> },
    /// The defence changed an account, as Account Change: that of a principal, by one of its credentials or as a whole.
    Change { how: Change, principal: Option<u32>, credential: Option<u32> },
}

/// How an account was changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    Disabled,
    Revoked,
    Rotated,
    Bound,
    Blocked,
}

/// One line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line {
    /// Its place in the log, from 0. A number that is missing was deleted.
    pub sequence: u64,
    pub at: Tick,
    pub account: Account,
    pub deed: Deed,
    /// The event type, by number.
    pub event: u32,
    pub effect: Effect,
    pub allowed: bool,
    pub status: u16,
    /// How many records were read or changed.
    pub rows: u32,
    /// The span of the trace, where that is recorded.
    pub span: Option<u64>,
}

/// Records of one collection side by side: the collection's number, the first row, how many.
pub type Run = (u32, u32, u32);
