//! Identities and their credentials.

use crate::model::Column;
use crate::model::containment::Cascade;
use crate::model::identity::{Binding, Family, IdentityKind, Population, ProofKind};
use crate::scenario::finding::{Code, Finding};
use crate::scenario::quantity;
use crate::scenario::tree::{Key, Node};
use crate::wire::{FamilyId, IdentityId, SecretKind};

use super::formula;
use super::{Lowering, rows};

/// The identity and the credential of the defence, and the service that it acts through.
pub const RESPONDER: &str = "responder";
pub const OPERATOR: &str = "operator";
pub const CONTROL_PLANE: &str = "control-plane";

impl Lowering<'_> {
    pub(super) fn people(&mut self) {
        let root = self.root;
        let identities = root.get("identities").map_or(&[][..], Node::entries);
        let credentials = root.get("credentials").map_or(&[][..], Node::entries);
        for (key, node) in identities {
            self.reserved(key, RESPONDER, "the identity that the defence acts as");
            let count = node.get("count").map_or(Some(1), |n| rows(n, &mut self.findings));
            let added = self.identities.add(&key.name, count, node.get("count").map_or(key.place, |n| n.place));
            self.take(added);
        }
        for (key, node) in identities {
            self.population(key, node);
        }
        self.owner_cycles(identities);
        for (key, node) in credentials {
            self.reserved(key, OPERATOR, "the credential that the defence acts with");
            let count = self.how_many(node);
            let added = self.credentials.add(&key.name, count, node.get("count").map_or(key.place, |n| n.place));
            self.take(added);
        }
        for (key, node) in credentials {
            self.family(key, node);
        }
        self.parent_cycles(credentials);
        if root.get("steps").is_some() {
            self.defender();
        }
    }

    fn reserved(&mut self, key: &Key, name: &str, what: &str) {
        if key.name == name {
            let message = format!("`{name}` is {what}");
            self.find(Finding::new(Code::DuplicateName, key.place, message).help("choose another name"));
        }
    }

    fn population(&mut self, key: &Key, node: &Node) {
        let Some(group) = self.identities.position(&key.name).map(|at| self.identities.all[at].clone()) else { return };
        let kind = match node.get("kind").and_then(Node::text) {
            Some("service") => IdentityKind::Service,
            Some("human") => IdentityKind::Human,
            Some("outsider") => IdentityKind::Outsider,
            _ => IdentityKind::Agent,
        };
        let owner = node.get("of").map(|of| self.identities.column(of, group.count));
        let owner = owner.and_then(|o| self.take(o)).unwrap_or_default();
        let tenant = node.get("tenant").map(|label| self.tenants.column(label, group.count));
        let tenant = tenant.and_then(|t| self.take(t)).unwrap_or_default();
        let first = IdentityId::new(group.first);
        self.populations.push(Population { name: group.name, kind, first, count: group.count, owner, tenant });
    }

    fn owner_cycles(&mut self, identities: &[(Key, Node)]) {
        let group_of = |node: &Node| self.identities.column(node.get("of")?, 1).ok()?.get(0);
        let next: Vec<Option<u32>> = identities.iter().map(|(_, node)| group_of(node)).collect();
        let population = |row: u32| self.identities.all.iter().position(|g| row >= g.first && row < g.first + g.count);
        for (at, (key, _)) in identities.iter().enumerate() {
            let mut seen = at;
            for _ in 0..=identities.len() {
                match next[seen].and_then(population) {
                    Some(owner) if owner == at => {
                        let message = format!("`{}` is owned by itself, in the end", key.name);
                        let help = "leave `of` out for whoever answers for themselves";
                        return self.find(Finding::new(Code::Cycle, key.place, message).help(help));
                    }
                    Some(owner) => seen = owner,
                    None => break,
                }
            }
        }
    }

    fn how_many(&mut self, node: &Node) -> Option<u32> {
        if let Some(count) = node.get("count") {
            if node.get("one_per").is_some() {
                self.no_effect(node, &["count"], "`one_per` says how many there are");
            }
            return rows(count, &mut self.findings);
        }
        let Some(per) = node.get("one_per") else { return Some(1) };
        let group = self.identities.group(per.get("of").unwrap_or(per));
        let group = self.take(group).map(|at| self.identities.all[at].clone())?;
        let Some(first) = per.get("first") else { return Some(group.count) };
        let wanted = rows(first, &mut self.findings)?;
        if wanted > group.count {
            let message = format!("these are the first {wanted}, and `{}` has {}", group.name, group.count);
            let help = format!("`first` goes from 1 to {}; leave it out for all", group.count);
            self.find(Finding::new(Code::OutOfRange, first.place, message).help(help));
        }
        Some(wanted.min(group.count))
    }

    fn family(&mut self, key: &Key, node: &Node) {
        let Some(group) = self.credentials.position(&key.name).map(|at| self.credentials.all[at].clone()) else {
            return;
        };
        let of = match (node.get("of"), node.get("one_per")) {
            (Some(of), None) => {
                let column = self.identities.column(of, group.count);
                self.take(column).unwrap_or_default()
            }
            (None, Some(per)) => {
                let first =
                    self.identities.group(per.get("of").unwrap_or(per)).map_or(0, |at| self.identities.all[at].first);
                Column::Counting { base: first, n: group.count }
            }
            (None, None) if group.count == 0 => Column::Empty,
            (None, None) => {
                let message = format!("whose is `{}`?", key.name);
                let help = "say `of: IDENTITY` or `one_per: GROUP`";
                self.find(Finding::new(Code::MissingKey, key.place, message).help(help));
                Column::Empty
            }
            (Some(_), Some(per)) => {
                let message = "`of` and `one_per` both say whose it is";
                let help = "`of` names one owner, or one for each by formula; `one_per` makes one for each of a group";
                self.find(Finding::new(Code::Contradiction, per.place, message).help(help));
                Column::Empty
            }
        };
        if node.get("parent").is_none() {
            self.no_effect(node, &["cascade"], "without a `parent` nothing can end it");
        }
        let texts =
            |key: &str| node.get(key).map(|n| n.each().iter().filter_map(Node::text).map(str::to_owned).collect());
        let parent = node.get("parent").and_then(|parent| self.parent(parent, group.count));
        let (parent, parents) = parent.map_or((None, Column::Empty), |(family, rows)| (Some(family), rows));
        let binding = match node.get("bound").map(|bound| (bound.text(), bound.get("network"))) {
            Some((_, Some(network))) => Binding::Network(self.network(network)),
            Some((Some("dpop"), _)) => Binding::Key(ProofKind::Dpop),
            Some((Some("mtls"), _)) => Binding::Key(ProofKind::MutualTls),
            _ => Binding::None,
        };
        self.families.push(Family {
            name: group.name,
            kind: node.get("kind").and_then(Node::text).and_then(SecretKind::parse).unwrap_or(SecretKind::ApiKey),
            count: group.count,
            of,
            act: Column::Empty,
            delegated: false,
            audience: None,
            opens: None,
            scopes: texts("scopes").or_else(|| self.granted(node)).unwrap_or_default(),
            meant: texts("meant"),
            lives: node.get("lives").and_then(Node::text).and_then(quantity::duration),
            parent,
            parents,
            cascade: match node.get("cascade").and_then(Node::text).and_then(quantity::boolean) {
                Some(true) => Cascade::Always,
                Some(false) => Cascade::Never,
                None => Cascade::Usual,
            },
            binding,
            signed_by: None,
            kid: node.get("kid").and_then(Node::text).map(str::to_owned),
            first_row: group.first,
        });
    }

    /// The scopes that the owners of a credential were granted.
    fn granted(&self, credential: &Node) -> Option<Vec<String>> {
        let owner = credential.get("one_per").map(|per| per.get("of").unwrap_or(per)).or(credential.get("of"))?;
        let text = owner.text()?;
        let group = match formula::read(owner) {
            Some(read) => self.identities.position(read.ok()?.0)?,
            None => self.identities.position(text).or_else(|| Some(self.identities.member(owner).ok()?.0))?,
        };
        let identity = self.root.get("identities")?.get(&self.identities.all[group].name)?;
        Some(identity.get("grants")?.each().iter().filter_map(Node::text).map(str::to_owned).collect())
    }

    /// The family that credentials were minted from, and which of it each of those at the start: `refresh-{n}`, one for
    /// all, or index by index.
    fn parent(&mut self, parent: &Node, count: u32) -> Option<(FamilyId, Column)> {
        if let Some(read) = formula::read(parent) {
            let (name, _) = self.take(read)?;
            let column = self.credentials.column(parent, count);
            return Some((FamilyId::at(self.credentials.position(name)?), self.take(column)?));
        }
        let Some(at) = self.credentials.position(parent.text().unwrap_or_default()) else {
            let member = self.credentials.member(parent);
            let (at, index) = self.take(member)?;
            return Some((FamilyId::at(at), Column::Same(self.credentials.all[at].first + index)));
        };
        let group = &self.credentials.all[at];
        let rows = match group.count {
            1 => Column::Same(group.first),
            n => Column::Counting { base: group.first, n },
        };
        Some((FamilyId::at(at), rows))
    }

    fn parent_cycles(&mut self, credentials: &[(Key, Node)]) {
        for (at, (key, _)) in credentials.iter().enumerate() {
            let mut up = self.families.get(at).and_then(|f| f.parent);
            for _ in 0..=credentials.len() {
                match up {
                    Some(parent) if parent.index() == at => {
                        let message = format!("`{}` is minted from itself, in the end", key.name);
                        let help = "leave `parent` out for what is minted from nothing";
                        return self.find(Finding::new(Code::Cycle, key.place, message).help(help));
                    }
                    Some(parent) => up = self.families.get(parent.index()).and_then(|f| f.parent),
                    None => break,
                }
            }
        }
    }

    /// The defence is an identity like any other, with a credential of its own.
    fn defender(&mut self) {
        let added = self.identities.add(RESPONDER, Some(1), self.root.place);
        let Some(first) = self.take(added).map(IdentityId::new) else { return };
        self.populations.push(Population {
            name: RESPONDER.into(),
            kind: IdentityKind::Service,
            first,
            count: 1,
            owner: Column::Empty,
            tenant: Column::Empty,
        });
        let added = self.credentials.add(OPERATOR, Some(1), self.root.place);
        let Some(first_row) = self.take(added) else { return };
        self.operator = Some((FamilyId::at(self.families.len()), 0));
        self.families.push(Family {
            name: OPERATOR.into(),
            kind: SecretKind::PersonalToken,
            count: 1,
            of: Column::Same(first.number()),
            act: Column::Empty,
            delegated: false,
            audience: None,
            opens: None,
            scopes: vec![format!("{CONTROL_PLANE}:*")],
            meant: None,
            lives: None,
            parent: None,
            parents: Column::Empty,
            cascade: Cascade::Usual,
            binding: Binding::None,
            signed_by: None,
            kid: None,
            first_row,
        });
    }
}
