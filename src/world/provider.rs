//! The identity provider's protocols: issuing, refreshing, exchanging, revoking, introspecting.

use crate::model::Access;
use crate::model::containment::Verb;
use crate::model::service::{Act, Grant};
use crate::planted::Mistake;
use crate::wire::{
    Arg, Body, CredId, Envelope, Event, FamilyId, Log, OpId, PlaceId, Reason, RequestId, Response, Span, Tick, Verdict,
};

use super::World;
use super::credentials::{Elsewhere, Issue};
use super::effects::Done;
use super::handle::{Admitted, Refusal};

/// A credential that is asked for.
#[derive(Clone, Copy)]
struct Order {
    op: OpId,
    family: FamilyId,
    refresh: Option<(FamilyId, Grant)>,
    /// What it is minted from.
    from: CredId,
    /// Who asks.
    admitted: Admitted,
}

impl World {
    /// RFC 6749, 7009, 7662 and 8693, in the order of the run.
    pub(super) fn protocol(
        &mut self,
        now: Tick,
        op: OpId,
        admitted: Admitted,
        envelope: &Envelope,
        log: &mut Log,
    ) -> Result<Done, Refusal> {
        let subject = match envelope.request.about {
            // What it did not issue, it does not know.
            Arg::Text(text) => self.credentials.find(text).filter(|cred| self.credentials.get(*cred).issued()),
            _ => None,
        };
        match self.plan.operation(op).act {
            Act::Mint { family, refresh, grant } => {
                if matches!(envelope.request.about, Arg::Text(_))
                    && subject.is_none()
                    && !Mistake::MadeUpIsExchanged.here()
                {
                    return Err(Refusal::new(Verdict::Unauthenticated, Reason::UnknownCredential, 400));
                }
                let from = self.parent_of_issue(now, op, grant, admitted, subject)?;
                let proven = envelope.request.presented.is_some_and(|p| p.proven);
                self.usable_there(from, op, envelope.request.from.network, proven)?;
                self.mint(
                    now,
                    envelope.id,
                    Order { op, family, refresh: refresh.zip(Some(grant)), from, admitted },
                    log,
                )
            }
            Act::RevokeToken => {
                // RFC 7009 section 2.2: an unknown token is no error. A renewed one stands for its line. A signing key is
                // no token.
                if let Some(cred) = subject.filter(|cred| !self.signs(*cred)) {
                    let line = self.credentials.line_of(cred);
                    let ended = self.credentials.end(line, now, Reason::RevokedByProtocol, Verb::Revoke);
                    self.changes.credentials.extend(ended);
                }
                Ok(Done::nothing(Response::bare(200)))
            }
            Act::IntrospectToken => {
                let active =
                    subject.is_some_and(|cred| self.active(cred, now)) || Mistake::EverythingIntrospectsActive.here();
                Ok(Done::nothing(Response::with(200, Body::Introspection { active })))
            }
            _ => Ok(Done::nothing(Response::bare(200))),
        }
    }

    fn active(&self, cred: CredId, now: Tick) -> bool {
        let row = self.credentials.get(cred);
        if self.signs(cred) {
            return false;
        }
        let signed = row.signed_by.is_none_or(|key| !self.credentials.get(key).ended(now));
        !row.ended(now) && !row.expired(now) && !row.spent && signed
    }

    /// What the new credential will be minted from. RFC 6749 section 5.2: `invalid_grant` is a 400.
    fn parent_of_issue(
        &mut self,
        now: Tick,
        op: OpId,
        grant: Grant,
        admitted: Admitted,
        subject: Option<CredId>,
    ) -> Result<CredId, Refusal> {
        let invalid = |reason| Refusal::new(Verdict::Unauthenticated, reason, 400);
        let from = match grant {
            Grant::ClientCredentials | Grant::Plain => admitted.cred,
            Grant::RefreshToken { .. } | Grant::TokenExchange => subject.or(admitted.cred),
        };
        let from = from.ok_or_else(|| invalid(Reason::NoCredential))?;
        let row = self.credentials.get(from);
        if !self.plan.issues_from(op, row.family) && !Mistake::AnyTokenRefreshes.here() {
            return Err(invalid(Reason::UnknownCredential));
        }
        if self.is_disabled(row.principal) || self.is_disabled(admitted.principal) {
            return Err(invalid(row.ended_by));
        }
        if row.expired(now) {
            return Err(invalid(Reason::Expired));
        }
        if row.spent && !Mistake::ReuseNotNoticed.here() {
            let ended = self.credentials.end_lineage(from, now);
            self.changes.credentials.extend(ended);
            return Err(invalid(Reason::RevokedByProtocol));
        }
        if row.signed_by.is_some_and(|key| self.credentials.get(key).ended(now)) {
            return Err(invalid(Reason::UntrustedKey));
        }
        if row.ended(now) && !Mistake::EndedCredentialMints.here() {
            return Err(invalid(row.ended_by));
        }
        Ok(from)
    }

    /// A credential in the body is bound and blocked like one in the header.
    fn usable_there(&self, from: CredId, op: OpId, network: PlaceId, proven: bool) -> Result<(), Refusal> {
        let spec = self.plan.operation(op);
        if self.credentials.from(from, network) != Elsewhere::Accepted {
            return Err(Refusal::new(Verdict::Unauthenticated, Reason::BoundElsewhere, 400));
        }
        if self.is_bound_to_key(from) && !proven {
            return Err(Refusal::new(Verdict::Unauthenticated, Reason::NoProof, 400));
        }
        match self.blocked_by.filter(|_| self.blocked.contains(&(from, spec.service))) {
            Some(step) => Err(Refusal::denied(spec.denies, Reason::Blocked(step))),
            None => Ok(()),
        }
    }

    fn mint(&mut self, now: Tick, id: RequestId, order: Order, log: &mut Log) -> Result<Done, Refusal> {
        let Order { op, family, refresh, from, admitted } = order;
        let plan = self.plan.clone();
        let minting = &plan.operation(op).minting;
        let (row, caller) = (self.credentials.get(from), admitted.cred.map(|cred| self.credentials.get(cred)));
        let owner = minting.owner(self.credentials.issued(family));
        let principal = owner.filter(|_| !Mistake::MintedForWhoAsks.here()).or(row.principal);
        let asking = caller.and_then(|caller| caller.actor.or(caller.principal)).filter(|by| Some(*by) != principal);
        let (inherited, subject) = (row.actor, row.rights);
        let by = caller.map_or(subject, |caller| caller.rights);
        let mut issue = |family: FamilyId, rights| {
            let delegated = plan.family(family).delegated;
            let actor = asking.filter(|_| delegated && !Mistake::ActorForgotten.here()).or(inherited);
            let issue = Issue { family, principal, actor, rights, parent: Some(from), at: now };
            let cred = self.credentials.issue(issue);
            if id.by.index() < plan.agents.len() {
                self.keys.insert(cred.number());
            }
            log.push(Event::Minted { at: now, id, cred, family, parent: Some(from), principal, actor });
            cred
        };
        let narrowed = plan.access.minted(family, minting.scopes, subject, by);
        let access = issue(family, if Mistake::RightsWidenOnExchange.here() { Access::of(family) } else { narrowed });
        let (rotated, renewed) = match refresh {
            None | Some((_, Grant::RefreshToken { rotates: false })) => (false, None),
            Some((family, grant)) => {
                (matches!(grant, Grant::RefreshToken { .. }), Some(issue(family, Access::of(family))))
            }
        };
        if let Some(renewed) = renewed {
            self.credentials.issued_beside(renewed, access);
        }
        if rotated && !Mistake::RefreshTokenNotSpent.here() {
            self.credentials.spend(from);
            self.changes.credentials.push(from);
        }
        let body = Body::Token {
            access: self.credentials.text(access),
            refresh: renewed.map(|cred| self.credentials.text(cred)),
            // RFC 6749 section 5.1 counts in whole seconds.
            lives: self.plan.family(family).lives.map(|lives| Span::from_secs(lives.whole_seconds())),
        };
        Ok(Done { response: Response::with(200, body), rows: 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::service::Validation;
    use crate::world::tests::signed_plan;

    #[test]
    fn a_token_is_active_until_it_or_the_key_that_signed_it_ends() {
        let [token, key] = [0, 1].map(CredId::new);
        let world = || World::new(signed_plan(Validation::Gateway).into());
        let ended = |cred| {
            let mut world = world();
            world.credentials.end(cred, Tick(5), Reason::RevokedByProtocol, Verb::Revoke);
            [4, 5].map(|at| world.active(token, Tick(at)))
        };
        assert_eq!(ended(token), [true, false]);
        assert_eq!(ended(key), [true, false]);
        assert!(!world().active(key, Tick(0)), "a key is no token");
    }
}
