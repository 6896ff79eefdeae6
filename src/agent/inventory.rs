//! What an API's description tells a client before it has sent anything, and where the scenario says that secrets
//! lie. Never who may call what: an agent finds that out by asking.

use crate::model::Plan;
use crate::model::service::{Act, Answer, Grant, Operation};
use crate::wire::{CollId, CredId, Effect, FamilyId, Res, RouteId, ServiceId};

/// Routes as their description shows them, by route.
#[derive(Debug)]
pub struct Inventory {
    doors: Vec<Door>,
    /// The family of secrets that lies in each collection.
    lies: Vec<Option<FamilyId>>,
}

/// One route as its description shows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Door {
    pub service: ServiceId,
    pub takes: Takes,
    /// The collection that it lists as a whole.
    pub lists: Option<CollId>,
    /// What it mints: the family of the token, and that of the refresh token.
    pub mints: Option<(FamilyId, Option<FamilyId>)>,
    /// How much a harvesting client would like to call it.
    pub lure: u8,
    /// Whether calling it can only help: nobody explores by revoking what they hold.
    pub explored: bool,
}

/// What has to stand in the request beside the credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Takes {
    Nothing,
    Record(CollId),
    /// The credential itself, in the body: RFC 6749 section 6, RFC 7009, RFC 7662, RFC 8693.
    Secret,
}

impl Inventory {
    pub fn of(plan: &Plan) -> Inventory {
        let doors = plan.routes.iter().map(|route| match route.answers {
            Some(op) => Door::of(plan.operation(op), route.service),
            None => Door::unknown(route.service),
        });
        let lies = plan.collections.iter().map(|coll| {
            let rows = if coll.holds.is_empty() { 0..0 } else { 0..coll.count };
            rows.flat_map(|row| coll.holds.of(row)).next().map(|row| plan.origin_of(CredId::new(row)).0)
        });
        Inventory { doors: doors.collect(), lies: lies.collect() }
    }

    #[inline]
    pub(super) fn door(&self, route: RouteId) -> &Door {
        &self.doors[route.index()]
    }

    /// Which credential of the scenario a secret found in this record is, as far as its place tells: the record's own
    /// where the scenario put one there, by their order where it put several, else one of those that lie in this
    /// collection. The bytes say nothing about that.
    pub(super) fn secret_of(&self, plan: &Plan, record: Res, nth: usize) -> Option<(FamilyId, Option<u32>)> {
        match plan.collection(record.coll).held_in(record.row).nth(nth) {
            Some(row) => {
                let (family, index) = plan.origin_of(CredId::new(row));
                Some((family, Some(index)))
            }
            None => self.lies[record.coll.index()].map(|family| (family, None)),
        }
    }
}

impl Door {
    fn unknown(service: ServiceId) -> Door {
        Door { service, takes: Takes::Nothing, lists: None, mints: None, lure: 0, explored: true }
    }

    fn of(op: &Operation, service: ServiceId) -> Door {
        let door = Door { lure: lure(op), ..Door::unknown(service) };
        match op.act {
            Act::List { inside: Some(parent), .. } => Door { takes: Takes::Record(parent), ..door },
            Act::List { inside: None, .. } => Door { lists: op.target, ..door },
            Act::One { .. } => Door { takes: op.target.map_or(Takes::Nothing, Takes::Record), ..door },
            Act::Mint { family, refresh, grant } => {
                let takes = match grant {
                    Grant::RefreshToken { .. } | Grant::TokenExchange => Takes::Secret,
                    Grant::ClientCredentials | Grant::Plain => Takes::Nothing,
                };
                Door { takes, mints: Some((family, refresh)), ..door }
            }
            Act::IntrospectToken => Door { takes: Takes::Secret, ..door },
            Act::RevokeToken => Door { takes: Takes::Secret, explored: false, ..door },
            Act::Administer => Door { explored: false, ..door },
            Act::Create { inside: Some(parent) } => Door { takes: Takes::Record(parent), ..door },
            Act::All | Act::Create { inside: None } | Act::Metadata | Act::Nothing => door,
        }
    }
}

/// The order in which a greedy client would try doors: what mints, then what shows records, where secrets lie, then
/// what does lasting damage, then the rest.
fn lure(op: &Operation) -> u8 {
    let shows = match op.act {
        Act::List { answer, .. } | Act::One { answer } => answer,
        _ => Answer::Nothing,
    };
    match (op.effect, shows) {
        (Effect::Mint, _) => 6,
        (Effect::Read, Answer::Records | Answer::Ids) => 5,
        (Effect::Grant, _) => 4,
        (Effect::Delete, _) => 3,
        (Effect::Execute, _) => 2,
        (Effect::Write | Effect::Send, _) => 1,
        (Effect::Read, Answer::Count | Answer::Nothing) => 0,
    }
}
