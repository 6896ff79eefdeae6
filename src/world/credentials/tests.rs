//! Who acts with a credential, and from where it is accepted.

use super::*;
use crate::model::service::Validation;
use crate::world::tests::plan;

const TOKEN: CredId = CredId::new(0);

fn credentials() -> Credentials {
    Credentials::new(Arc::new(plan(Validation::Gateway, 1, None)))
}

#[test]
fn who_acts_twice_in_a_row_stands_in_the_chain_once() {
    let mut credentials = credentials();
    let [worker, helper] = [7, 8].map(IdentityId::new);
    let mut chain_of = |actors: &[Option<IdentityId>]| {
        let issued = actors.iter().fold(TOKEN, |parent, actor| {
            let (family, rights) = (FamilyId::new(0), Access::of(FamilyId::new(0)));
            let (actor, parent) = (*actor, Some(parent));
            credentials.issue(Issue { family, principal: None, actor, rights, parent, at: Tick::ZERO })
        });
        credentials.actors(issued)
    };
    assert_eq!(chain_of(&[]), []);
    assert_eq!(chain_of(&[Some(worker)]), [worker]);
    assert_eq!(chain_of(&[Some(worker), Some(worker)]), [worker]);
    assert_eq!(chain_of(&[Some(worker), Some(helper)]), [helper, worker], "who acts now stands first");
    assert_eq!(chain_of(&[Some(worker), Some(helper), Some(helper), Some(worker)]), [worker, helper, worker]);
    assert_eq!(chain_of(&[Some(worker), None, Some(helper)]), [helper, worker], "nobody acts in between");
}

#[test]
fn a_credential_that_is_bound_is_accepted_elsewhere_until_then() {
    let mut credentials = credentials();
    let [home, away] = [0, 1].map(PlaceId::new);
    assert_eq!([home, away].map(|from| credentials.from(TOKEN, from)), [Elsewhere::Accepted; 2]);
    credentials.bind(TOKEN, home, Tick(5));
    assert_eq!(credentials.from(TOKEN, home), Elsewhere::Accepted);
    assert_eq!(credentials.from(TOKEN, away), Elsewhere::Until(Tick(5)));
    assert_eq!(credentials.ends_from(TOKEN, home), (Tick::NEVER, Reason::Granted));
    assert_eq!(credentials.ends_from(TOKEN, away), (Tick(5), Reason::BoundElsewhere));
}

#[test]
fn a_credential_that_is_bound_anew_was_accepted_from_one_network_only() {
    let mut credentials = credentials();
    let [first, second, third] = [0, 1, 2].map(PlaceId::new);
    credentials.bind(TOKEN, first, Tick(5));
    credentials.bind(TOKEN, second, Tick(9));
    let from = |place| (credentials.from(TOKEN, place), credentials.ends_from(TOKEN, place));
    assert_eq!(from(first), (Elsewhere::Until(Tick(9)), (Tick(9), Reason::BoundElsewhere)));
    assert_eq!(from(second), (Elsewhere::Accepted, (Tick::NEVER, Reason::Granted)));
    assert_eq!(from(third), (Elsewhere::Never, (Tick::ZERO, Reason::BoundElsewhere)));
}

#[test]
fn what_ended_before_it_was_bound_ended_then() {
    let mut credentials = credentials();
    credentials.end(TOKEN, Tick(3), Reason::RevokedByProtocol, Verb::Revoke);
    credentials.bind(TOKEN, PlaceId::new(0), Tick(5));
    assert_eq!(credentials.ends_from(TOKEN, PlaceId::new(1)), (Tick(3), Reason::RevokedByProtocol));
}

#[test]
fn what_ended_in_the_instant_in_which_it_was_bound_ended_by_itself() {
    let mut credentials = credentials();
    credentials.end(TOKEN, Tick(5), Reason::RevokedByProtocol, Verb::Revoke);
    credentials.bind(TOKEN, PlaceId::new(0), Tick(5));
    assert_eq!(credentials.ends_from(TOKEN, PlaceId::new(1)), (Tick(5), Reason::RevokedByProtocol));
}
