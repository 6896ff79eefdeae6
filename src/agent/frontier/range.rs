//! A block of combinations that have not been tried: some credentials by some routes by the records that were known
//! when it was made. It takes the same room whether it stands for one try or for a million.

use crate::agent::inventory::Takes;
use crate::agent::listing::Spot;
use crate::wire::{CollId, HeldId, Res, RouteId};

use super::ground::{Ground, Known};

/// How many records in a row a credential may be refused at one route before the agent takes that for a refusal of the
/// route: a 403 does not say whether it is about the operation or about the record.
const FORBIDDEN_IN_A_ROW: u32 = 8;

/// Credentials by routes by records, and how far it has been tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    /// The first credential, and how many there are from there on; the try without any comes last.
    first: u32,
    credentials: u32,
    doors: Doors,
    /// How many doors.
    width: u32,
    walk: Walk,
    pairs: u64,
    visited: u64,
    /// The pair that is being tried.
    credential: u32,
    door: u32,
    /// The first run of ids that belongs to it.
    from_run: u32,
    /// Ids that became known in this epoch or later do not belong to it.
    before: u32,
    spot: Spot,
    forbidden: u32,
}

/// In which order the pairs of a range are tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Walk {
    /// One credential at every door, then the next.
    ByCredential,
    /// Every credential at one door, then the next.
    ByDoor,
    /// From a pair on, in steps of about so many.
    Strides { start: u64, stride: u64 },
}

/// The routes of a range.
#[derive(Clone, Copy, Debug)]
pub(super) enum Doors {
    /// All from the first on.
    All,
    One(u32),
    /// Those that take a record of this collection.
    Taking(CollId),
}

/// The credentials of a range: `count` from `first` on, and none at all where `bare`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Credentials {
    pub first: u32,
    pub count: u32,
    pub bare: bool,
}

/// One try.
#[derive(Clone, Copy, Debug)]
pub(super) struct Try {
    pub door: Known,
    pub with: Option<HeldId>,
    pub about: Option<Res>,
}

impl Range {
    /// These credentials at these doors, with every record that is known.
    pub fn new(credentials: Credentials, doors: Doors, ground: &Ground) -> Range {
        let width = match doors {
            Doors::All => ground.doors(),
            Doors::One(_) => 1,
            Doors::Taking(coll) => ground.taking(coll).len() as u32,
        };
        let Credentials { first, count, bare } = credentials;
        Range {
            first,
            credentials: count,
            doors,
            width,
            walk: Walk::ByCredential,
            pairs: u64::from(width) * (u64::from(count) + u64::from(bare)),
            visited: 0,
            credential: 0,
            door: 0,
            from_run: 0,
            before: ground.epoch(),
            spot: Spot::default(),
            forbidden: 0,
        }
    }

    /// The same without the ids that lie before a run.
    pub fn beginning_at(self, from_run: u32) -> Range {
        Range { from_run, spot: Spot { run: from_run, offset: 0 }, ..self }
    }

    /// The same in another order.
    pub fn walked(mut self, walk: Walk) -> Range {
        self.walk = walk;
        if let Walk::Strides { start, stride } = walk
            && self.pairs > 1
        {
            let stride = coprime(stride % self.pairs, self.pairs);
            self.walk = Walk::Strides { start, stride };
            self.locate(start % self.pairs);
        }
        self
    }

    pub fn pairs(&self) -> u64 {
        self.pairs
    }

    /// The next try, or nothing when all is tried. It stays the next until [`Range::taken`].
    #[inline]
    pub fn next(&mut self, ground: &Ground) -> Option<Try> {
        while self.visited < self.pairs {
            let at = self.place(ground);
            let door = *ground.door(at);
            let with = self.with();
            if with.is_some_and(|held| ground.is_shut(held.number(), door.service)) {
                self.skip_service(at, ground);
                continue;
            }
            match door.takes {
                Takes::Nothing => return Some(Try { door, with, about: None }),
                Takes::Secret if with.is_some() => return Some(Try { door, with, about: None }),
                Takes::Secret => {}
                Takes::Record(coll) => {
                    if let Some(row) = ground.record(coll, self.spot, self.before) {
                        return Some(Try { door, with, about: Some(Res { coll, row }) });
                    }
                }
            }
            self.next_pair();
        }
        None
    }

    /// The try was made.
    pub fn taken(&mut self, tried: &Try, ground: &Ground) {
        match tried.door.takes {
            Takes::Record(coll) => self.spot = ground.after(coll, self.spot),
            Takes::Nothing | Takes::Secret => self.next_pair(),
        }
    }

    /// A try of this range was refused by 403, or was accepted. Only the pair that is still being tried learns from it.
    pub fn answered(&mut self, with: Option<HeldId>, route: RouteId, forbidden: bool, ground: &Ground) {
        let current = self.visited < self.pairs && self.with() == with;
        if !current || ground.door(self.place(ground)).route != route {
            return;
        }
        self.forbidden = if forbidden { self.forbidden + 1 } else { 0 };
        if self.forbidden >= FORBIDDEN_IN_A_ROW {
            self.next_pair();
        }
    }

    fn place(&self, ground: &Ground) -> u32 {
        match self.doors {
            Doors::All => self.door,
            Doors::One(at) => at,
            Doors::Taking(coll) => ground.taking(coll)[self.door as usize],
        }
    }

    fn with(&self) -> Option<HeldId> {
        (self.credential < self.credentials).then(|| HeldId::new(self.first + self.credential))
    }

    fn next_pair(&mut self) {
        self.visited += 1;
        self.begin_pair();
        match self.walk {
            Walk::ByCredential => (self.door, self.credential) = carry(self.door, self.width, self.credential),
            Walk::ByDoor => {
                let tries = (self.pairs / u64::from(self.width)) as u32;
                (self.credential, self.door) = carry(self.credential, tries, self.door);
            }
            Walk::Strides { stride, .. } => {
                let index = u64::from(self.credential) * u64::from(self.width) + u64::from(self.door);
                self.locate((index + stride) % self.pairs);
            }
        }
    }

    /// Passes over the doors of a service that come next, where they come one after the other.
    fn skip_service(&mut self, at: u32, ground: &Ground) {
        let side_by_side =
            self.walk == Walk::ByCredential || self.walk == Walk::ByDoor && self.pairs == u64::from(self.width);
        if !side_by_side || !matches!(self.doors, Doors::All) {
            return self.next_pair();
        }
        let end = ground.group_end(at).min(self.width);
        self.visited += u64::from(end - self.door - 1);
        self.door = end - 1;
        self.next_pair();
    }

    fn begin_pair(&mut self) {
        self.forbidden = 0;
        self.spot = Spot { run: self.from_run, offset: 0 };
    }

    fn locate(&mut self, index: u64) {
        self.credential = (index / u64::from(self.width)) as u32;
        self.door = (index % u64::from(self.width)) as u32;
    }
}

/// The next of `within`, and the next `of` them when one is through.
const fn carry(at: u32, within: u32, of: u32) -> (u32, u32) {
    if at + 1 < within { (at + 1, of) } else { (0, of + 1) }
}

/// The first number from `near` on that shares no divisor with `n`: steps of it come by every place of `n` once.
fn coprime(near: u64, n: u64) -> u64 {
    (near.max(1)..).find(|stride| gcd(*stride, n) == 1).unwrap_or(1)
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
