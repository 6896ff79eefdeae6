//! Signing keys: whose signatures a service takes, what each key signs, and who makes tokens with one.

use crate::model::agent::{Block, Forge, Repeat};
use crate::model::service::KeySet;
use crate::scenario::finding::{Code, Finding};
use crate::scenario::quantity;
use crate::scenario::shape::shortened;
use crate::scenario::tree::Node;
use crate::wire::{FamilyId, IdentityId, SecretKind};

use super::Lowering;

/// The provider's own key has this id.
const OWN: &str = "k1";

impl Lowering<'_> {
    /// Whose signatures a service takes, and for how long it trusts a set of keys.
    pub(super) fn key_set(&mut self, accepts: Option<&Node>) -> KeySet {
        let Some(accepts) = accepts else { return KeySet::default() };
        let trusted = accepts.get("keys").map(|keys| keys.each().iter().filter_map(|key| self.key(key)).collect());
        let cache = accepts.get("jwks_cache").and_then(Node::text).and_then(quantity::duration);
        KeySet { trusted, fetched_every: cache.unwrap_or_default() }
    }

    /// A signing key by name.
    fn key(&mut self, node: &Node) -> Option<FamilyId> {
        let group = self.credentials.group(node);
        let key = FamilyId::at(self.take(group)?);
        let family = &self.families[key.index()];
        if family.kind == SecretKind::SigningKey && family.count == 1 {
            return Some(key);
        }
        let message = format!("`{}` is no signing key", family.name);
        let help = "name one of `kind: signing-key`, of which there is one";
        self.find(Finding::new(Code::Contradiction, node.place, message).help(help));
        None
    }

    /// After credentials, since they name one another.
    pub(super) fn credentials_are_signed(&mut self) {
        let root = self.root;
        let mut kids = vec![OWN.to_owned()];
        for (at, (_, node)) in root.get("credentials").map_or(&[][..], Node::entries).iter().enumerate() {
            let Some(kind) = self.families.get(at).map(|family| family.kind) else { continue };
            if let Some(kid) = node.get("kid") {
                self.kid(node, kid, kind, &mut kids);
            }
            let Some(key) = node.get("signed_by") else { continue };
            if kind != SecretKind::AccessToken {
                self.no_effect(node, &["signed_by"], "only an access token carries a signature");
            }
            self.families[at].signed_by = self.key(key);
        }
    }

    fn kid(&mut self, node: &Node, kid: &Node, kind: SecretKind, kids: &mut Vec<String>) {
        if kind != SecretKind::SigningKey {
            self.no_effect(node, &["kid"], "only a signing key stands in the key set");
        }
        let name = kid.text().unwrap_or_default().to_owned();
        if kids.contains(&name) {
            let message = format!("there are two keys `{}` in the key set", shortened(&name));
            self.find(Finding::new(Code::DuplicateName, kid.place, message).help("choose another id"));
        }
        kids.push(name);
    }

    /// A step that makes credentials.
    pub(super) fn forge(&mut self, step: &Node, forged: &Node) -> Option<Block> {
        if step.get("do").is_some() || step.get("claims").is_some() {
            let finding = Finding::new(Code::BadStep, step.place, "this step does two things");
            self.find(finding.help("keep one of `do`, `forge` and `claims`"));
            return None;
        }
        let of_a_call = ["as", "subject", "on", "pages", "endless", "after_refusal", "carrying"];
        self.no_effect(step, &of_a_call, "making a credential is no request");
        if step.get("every").is_none() && step.get("times").and_then(Node::text).is_some_and(|t| !t.contains("per")) {
            self.no_effect(step, &["times"], "several at once are the same one");
        }
        let group = self.credentials.group(forged);
        let family = FamilyId::at(self.take(group)?);
        let key = self.signer_of(family, forged)?;
        if let Some(with) = step.get("with")
            && self.key(with)? != key
        {
            let message = format!("`{}` is not made with this key", self.families[family.index()].name);
            let help = format!("it is `signed_by: {}`", self.families[key.index()].name);
            self.find(Finding::new(Code::Contradiction, with.place, message).help(help));
        }
        let Some(whose) = step.get("for") else {
            let finding = Finding::new(Code::MissingKey, step.place, "a forged credential says whose it is");
            self.find(finding.help("say `for: IDENTITY` or `for: every GROUP`"));
            return None;
        };
        let subjects = self.subjects(whose)?;
        let repeat = match self.repeat(step) {
            Repeat::Times(_) | Repeat::Endless => Repeat::Once,
            at_times => at_times,
        };
        Some(Block::Forge(Forge { family, key, subjects, repeat }))
    }

    /// The key that signs the tokens of a family which somebody forges.
    fn signer_of(&mut self, family: FamilyId, forged: &Node) -> Option<FamilyId> {
        let spec = &self.families[family.index()];
        let (message, help) = match (spec.signed_by, spec.lives) {
            (Some(key), Some(_)) => return Some(key),
            (None, _) => ("nobody can make this: no key signs it", "say `signed_by: KEY` where it is declared"),
            (_, None) => ("a forged token says when it expires (RFC 9068)", "say `lives: 1h` where it is declared"),
        };
        self.find(Finding::new(Code::BadStep, forged.place, message).help(help));
        None
    }

    /// `member-17`, or `every member`.
    fn subjects(&mut self, node: &Node) -> Option<Vec<IdentityId>> {
        let Some(name) = node.text().and_then(|text| text.strip_prefix("every ")) else {
            let member = self.identities.member(node);
            let (at, index) = self.take(member)?;
            return Some(vec![IdentityId::new(self.identities.all[at].first + index)]);
        };
        let group = self.identities.group(&Node::scalar(name.trim(), node.place));
        let group = self.take(group).map(|at| &self.identities.all[at])?;
        Some((group.first..group.first + group.count).map(IdentityId::new).collect())
    }
}
