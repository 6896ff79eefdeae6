//! Identities, credentials and the data that they guard.

use std::ops::Range;

use crate::wire::{ClassId, CollId, FamilyId, IdentityId, PlaceId, Res, SecretKind, ServiceId, Span};

use super::column::Column;
use super::containment::Cascade;
use super::holdings::Holdings;
use super::instruction::Crowd;

/// A named group of principals of one kind.
#[derive(Clone, Debug)]
pub struct Population {
    pub name: String,
    pub kind: IdentityKind,
    /// The first of its rows in the identity table.
    pub first: IdentityId,
    pub count: u32,
    /// The identity that answers for each: rows of the identity table.
    pub owner: Column,
    /// Tenant numbers.
    pub tenant: Column,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IdentityKind {
    Agent,
    Service,
    Human,
    Outsider,
}

/// Credentials of one kind with the same rights: one secret for each index, and a new turn at each rotation.
#[derive(Clone, Debug)]
pub struct Family {
    pub name: String,
    pub kind: SecretKind,
    /// How many exist at the start. More may be minted.
    pub count: u32,
    /// The identity that each one proves: rows of the identity table.
    pub of: Column,
    /// Who acts with it on its owner's behalf (RFC 8693 section 4.1): rows of the identity table.
    pub act: Column,
    /// Whether new ones name whoever asked for them as the actor. Impersonation names nobody.
    pub delegated: bool,
    pub scopes: Vec<String>,
    /// The services that take it (RFC 9068, `aud`), where not all do.
    pub audience: Option<Vec<ServiceId>>,
    /// The records that it opens, where it does not open all.
    pub opens: Option<Opens>,
    /// What it was meant for, where that is less.
    pub meant: Option<Vec<String>>,
    /// From its issue, or from the start of the run.
    pub lives: Option<Span>,
    /// The family that each one was minted from.
    pub parent: Option<FamilyId>,
    /// What each of those at the start was minted from: rows of the credential table.
    pub parents: Column,
    /// Whether the end of the parent ends it.
    pub cascade: Cascade,
    pub binding: Binding,
    /// The signing key that makes it (RFC 7515): whoever has the key can forge it.
    pub signed_by: Option<FamilyId>,
    /// Under which id a signing key stands in the key set (RFC 7517 section 4.5).
    pub kid: Option<String>,
    /// The first of the rows that exist at the start, in the credential table.
    pub first_row: u32,
}

/// The records that a credential opens, with what lies in them. It opens all of a collection that is not named and
/// does not lie in one that is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Opens {
    /// For every credential of the family.
    pub all: Vec<(CollId, Range<u32>)>,
    /// For each credential one, by its index in the family.
    pub each: Vec<(CollId, Column)>,
}

impl Opens {
    /// Whether it is about records of this collection.
    pub fn names(&self, coll: CollId) -> bool {
        self.all.iter().any(|(named, _)| *named == coll) || self.each.iter().any(|(named, _)| *named == coll)
    }

    /// Whether a record is among those that the credential of this index opens; without an index, any of the family's.
    pub fn contains(&self, index: Option<u32>, res: Res) -> bool {
        let same = |column: &Column| match index {
            Some(index) => column.get(index) == Some(res.row),
            None => column.contains(res.row),
        };
        self.all.iter().any(|(coll, rows)| *coll == res.coll && rows.contains(&res.row))
            || self.each.iter().any(|(coll, column)| *coll == res.coll && same(column))
    }
}

/// What makes a stolen credential useless elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Binding {
    None,
    /// Accepted from one network only.
    Network(PlaceId),
    /// Accepted only from whoever proves to have a key (RFC 9449, RFC 8705): who was given it, or had it minted. Who
    /// found it has the token and not the key.
    Key(ProofKind),
}

/// How the holder of a key shows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProofKind {
    /// A signed proof in a header of the request (RFC 9449).
    Dpop,
    /// The certificate of the connection (RFC 8705).
    MutualTls,
}

/// Records of one data class.
#[derive(Clone, Debug)]
pub struct Collection {
    pub name: String,
    pub class: ClassId,
    /// The class of each record, where they are of several.
    pub classes: Column,
    /// How many exist at the start.
    pub count: u32,
    /// Rows of the identity table.
    pub owner: Column,
    pub tenant: Column,
    /// Credentials that lie in the records: rows of the credential table as it is at the start. The record shows
    /// the current turn.
    pub holds: Holdings,
    pub ids: Ids,
    /// The collection whose records these lie in, and in which one each.
    pub inside: Option<(CollId, Column)>,
    /// Records that nobody has a reason to read, as rows from `first`.
    pub canaries: Option<(u32, u32)>,
    /// Who owns what is created during the run.
    pub created_owner: CreatedOwner,
    /// The instruction that lies in each record at the start.
    pub plants: Column,
    /// Whose words the records of the start are, beside their owners'.
    pub writers: Vec<Crowd>,
    /// Who reads the records beside those who may by their credentials.
    pub readers: Vec<Crowd>,
    /// At most so many, for each owner or tenant where the rule is about such: the oldest gives way.
    pub keeps: Option<u32>,
}

impl Collection {
    /// The data class of a record.
    pub fn class_of(&self, row: u32) -> ClassId {
        self.classes.get(row).map_or(self.class, ClassId::new)
    }

    /// The credentials that have lain in a record from the start: in what is made later lies what is written there.
    pub fn held_in(&self, row: u32) -> impl Iterator<Item = u32> + '_ {
        self.holds.of(row).filter(move |_| row < self.count)
    }

    /// The record that one of the start lies in: what is made later lies where it is made.
    pub fn around(&self, row: u32) -> Option<Res> {
        let (coll, column) = self.inside.as_ref().filter(|_| row < self.count)?;
        Some(Res { coll: *coll, row: column.get(row)? })
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CreatedOwner {
    Caller,
    Nobody,
}

/// How a client comes to know the ids of records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ids {
    /// From a list only.
    Listed,
    /// By counting.
    Sequential,
    /// By trying likely names.
    Guessable,
    /// From a list only, and no amount of trying helps.
    Unguessable,
}

impl Ids {
    pub const fn can_be_guessed(self) -> bool {
        matches!(self, Ids::Sequential | Ids::Guessable)
    }
}
