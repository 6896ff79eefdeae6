//! The relaxed world: nothing expires after the start, is consumed or deleted; rates and detectors are off, and only a
//! limit of nothing closes; an approval that may be given is given; ids that can be guessed are known. An upper bound of
//! what a run can touch.

use crate::model::control::Asking;
use crate::model::identity::Binding;
use crate::model::service::{Act, ObjectRule, Validation};
use crate::model::{Access, Bits, Plan, Share};
use crate::wire::{CredId, IdentityId, OpId, PlaceId, Res, Span};

use super::{Caller, Credential, Doors, Minted};

/// The plan as an upper bound.
pub struct Relaxed<'a> {
    plan: &'a Plan,
    networks: Vec<PlaceId>,
    /// Whether undocumented operations count.
    shadows: bool,
    /// What the agents start with: with it they have the keys that it may be bound to.
    given: Bits,
    /// For each operation, the weakest rule that the runbook or the scenario ever gives it.
    rules: Vec<ObjectRule>,
    /// The operations that a limit of nothing closes.
    closed: Bits,
}

impl<'a> Relaxed<'a> {
    pub fn new(plan: &'a Plan) -> Relaxed<'a> {
        let mut rules: Vec<ObjectRule> = plan.operations.iter().map(|op| op.rule).collect();
        for step in &plan.controls.steps {
            if let crate::model::control::Action::SetRule { operations, rule: ObjectRule::Anyone } = &step.action {
                operations.iter().for_each(|op| rules[op.index()] = ObjectRule::Anyone);
            }
        }
        let given = Relaxed::start(plan).map(|cred| cred.number()).collect();
        let shut = plan.controls.limits.iter().filter(|limit| limit.armed && limit.at_most == 0);
        let closed = shut.flat_map(|limit| &limit.on).map(|op| op.number()).collect();
        Relaxed { plan, networks: plan.agent_networks(), shadows: true, given, rules, closed }
    }

    /// The same world as far as its inventory shows it.
    pub fn documented(plan: &'a Plan) -> Relaxed<'a> {
        Relaxed { shadows: false, ..Relaxed::new(plan) }
    }

    /// The credentials that the agents start with.
    pub fn start(plan: &Plan) -> impl Iterator<Item = CredId> + '_ {
        plan.agents.iter().flat_map(|a| &a.holds).map(|(family, index)| plan.row_of(*family, *index))
    }

    /// Whether somebody must say yes to this who never does.
    fn turned_down(&self, op: OpId, caller: Caller) -> bool {
        let of = match caller {
            Caller::Nobody => None,
            Caller::Holder(cred) => Some(self.credential(cred).of),
            Caller::Minted(minted) | Caller::Forged { of: minted, .. } => Some(minted),
        };
        let subject = of.and_then(|of| of.who);
        let who = Asking { subject, actor: of.and_then(|of| of.actor).or(subject) };
        let mut never = self.plan.controls.approvals.iter().filter(|a| a.armed && a.says_yes == Share::NONE);
        never.any(|approval| approval.concerns(op, who))
    }

    fn unlocks(&self, of: Minted, op: OpId, keyless: bool) -> bool {
        let spec = self.plan.family(of.family);
        let validation = self.plan.service(self.plan.operation(op).service).validation;
        let bound_elsewhere = matches!(spec.binding, Binding::Network(place) if !self.networks.contains(&place));
        let born_dead = spec.lives == Some(Span::ZERO) && !matches!(validation, Validation::Jwt { .. });
        self.plan.access.unlocks(of.rights, op) && !bound_elsewhere && !keyless && !born_dead
    }

    /// Whether an operation would be performed for a caller who presents this credential, or none.
    fn opens(&self, caller: Caller, op: OpId) -> bool {
        let spec = self.plan.operation(op);
        let closed = self.closed.contains(op.number()) || self.turned_down(op, caller);
        if !self.shadows && !spec.documented || self.plan.sends_on(op) || closed {
            return false;
        }
        let open = self.plan.access.open.contains(op.number());
        let mints = matches!(spec.act, Act::Mint { .. });
        let of = match caller {
            Caller::Nobody => return open && !mints,
            Caller::Holder(cred) => self.credential(cred).of,
            Caller::Minted(minted) => minted,
            Caller::Forged { of, .. } => {
                let service = self.plan.service(spec.service);
                return open && !mints || service.validation.believes_signatures() && self.unlocks(of, op, false);
            }
        };
        let bound = || matches!(self.plan.family(of.family).binding, Binding::Key(_));
        let keyless = matches!(caller, Caller::Holder(cred) if bound() && !self.given.contains(cred.number()));
        (open || self.unlocks(of, op, keyless)) && (!mints || !keyless && self.plan.issues_from(op, of.family))
    }
}

impl Doors for Relaxed<'_> {
    fn open_to(&self, caller: Caller) -> impl Iterator<Item = OpId> {
        self.plan.operation_ids().filter(move |op| self.opens(caller, *op))
    }

    fn exchanges(&self, subject: Caller, _: OpId) -> bool {
        match subject {
            Caller::Nobody | Caller::Forged { .. } => false,
            Caller::Minted(_) => true,
            Caller::Holder(cred) => {
                let of = self.credential(cred).of;
                let bound = matches!(self.plan.family(of.family).binding, Binding::Key(_));
                !bound || self.given.contains(cred.number())
            }
        }
    }

    fn rule(&self, op: OpId) -> ObjectRule {
        self.rules[op.index()]
    }

    fn credential(&self, cred: CredId) -> Credential {
        let (family, index) = self.plan.origin_of(cred);
        let who = self.plan.family(family).of.get(index).map(IdentityId::new);
        let actor = self.plan.family(family).act.get(index).map(IdentityId::new);
        Credential { of: Minted { family, rights: Access::of(family), who, actor }, index }
    }

    fn secrets_in(&self, res: Res) -> impl Iterator<Item = CredId> {
        self.plan.collection(res.coll).held_in(res.row).map(CredId::new)
    }
}
