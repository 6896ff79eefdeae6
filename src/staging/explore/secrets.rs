//! Secrets by their bytes: what the run was given, and what lay in answers. Agents and journal know them by number.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use regex::Captures;

use super::Terrain;
use super::model::{Modelled, found_name};
use crate::planted::Mistake;
use crate::staging::formats::{is_published, published};
use crate::staging::secret::Secret;
use crate::staging::targets::{CredentialIx, Looks, Mint, Present, SecretRule, UseFound};
use crate::wire::{CredId, InstructionId, SecretKind, Text, Vocabulary};

/// What is shorter could stand somewhere by chance.
const SHORTEST: usize = 6;
/// More secrets than these are counted, and not kept.
const MOST_KEPT: usize = 1_000;

/// Every secret that is known.
#[derive(Debug, Default)]
pub struct Secrets {
    /// What the file's credentials are, as far as they were fetched; also those that nobody explores with.
    known: Vec<(CredentialIx, Bytes)>,
    found: Vec<Found>,
    /// Tokens that found clients were changed for: nobody may read them either.
    minted: Vec<Secret>,
    /// How many of each kind were found.
    counts: BTreeMap<SecretKind, u32>,
}

/// A credential by its bytes.
#[derive(Clone, Debug)]
struct Bytes {
    /// As it is presented: of HTTP Basic, `user:password` (RFC 7617 section 2).
    whole: Secret,
    /// What of it nobody may read: the password.
    bare: Secret,
}

impl Bytes {
    fn of(secret: &Secret, present: &Present) -> Bytes {
        let password = secret.expose().split_once(':').filter(|_| *present == Present::Basic);
        let bare = password.and_then(|(_, password)| Secret::new(password.to_owned()));
        Bytes { whole: secret.clone(), bare: bare.unwrap_or_else(|| secret.clone()) }
    }

    /// What a shape fits: all of it, or what it names `secret`, with the `user` before it.
    fn shaped(found: &Captures<'_>) -> Option<Bytes> {
        let named = |name: &str| found.name(name).map(|part| part.as_str());
        let bare = named("secret").unwrap_or(&found[0]);
        let user = named("user").filter(|_| !Mistake::PairsLoseTheirUser.here());
        let whole = user.map_or_else(|| bare.to_owned(), |user| format!("{user}:{bare}"));
        Some(Bytes { whole: Secret::new(whole)?, bare: Secret::new(bare.to_owned())? })
    }

    /// Whether it stands in a text.
    fn is_in(&self, text: &str) -> bool {
        let bare = self.bare.expose();
        bare.len() >= SHORTEST && text.contains(bare)
    }
}

/// A secret that lay in an answer.
#[derive(Debug)]
pub struct Found {
    pub secret: Secret,
    bare: Secret,
    pub kind: SecretKind,
    /// Of its kind, counted from 0.
    pub index: u32,
    pub name: Arc<str>,
    /// What it was recognised by.
    pub looks: String,
    pub present: Present,
    /// What it has to be changed for before it opens anything.
    pub mint: Option<Arc<Mint>>,
    pub tried: bool,
}

/// What is done with a secret that was found.
#[derive(Clone, Copy)]
struct Rule<'r> {
    kind: SecretKind,
    /// What it was recognised by.
    looks: &'r str,
    present: &'r Present,
    mint: Option<&'r Arc<Mint>>,
    tried: bool,
}

impl<'r> Rule<'r> {
    fn of(rule: &'r SecretRule, tried: bool) -> Rule<'r> {
        let SecretRule { name, looks: _, kind, present, mint } = rule;
        Rule { kind: *kind, looks: name, present, mint: mint.as_ref(), tried }
    }

    /// It is told, and not tried.
    fn told(kind: SecretKind, looks: &'r str, present: &'r Present) -> Rule<'r> {
        Rule { kind, looks, present, mint: None, tried: false }
    }
}

impl Secrets {
    /// A credential of the file, by its bytes.
    pub fn know(&mut self, ix: CredentialIx, secret: &Secret, present: &Present) {
        if self.known.iter().all(|(known, bytes)| *known != ix || bytes.whole.expose() != secret.expose()) {
            self.known.push((ix, Bytes::of(secret, present)));
        }
    }

    pub fn of(&self, text: Text) -> Option<&Found> {
        match text {
            Text::Seen(number) => self.found.get(number as usize),
            _ => None,
        }
    }

    /// A token that a found client was changed for.
    pub fn know_minted(&mut self, token: Secret) {
        let is_new = self.minted.iter().all(|known| known.expose() != token.expose());
        if is_new && !Mistake::MintedTokensAreWritten.here() {
            self.minted.push(token);
        }
    }

    /// The row of a secret in the plan, where it has one.
    pub fn row(&self, modelled: &Modelled, text: Text) -> Option<CredId> {
        match text {
            Text::Generated { family, index, .. } => Some(modelled.plan.row_of(family, index)),
            Text::Seen(number) => {
                let found = self.found.get(number as usize)?;
                let family = modelled.found(found.kind)?;
                let exists = found.index < modelled.plan.family(family).count;
                exists.then(|| modelled.plan.row_of(family, found.index))
            }
            Text::Forged { .. } => None,
        }
    }

    /// Whether any could lie in a body. Texts of JSON without an escape stand in it as they are, and where a published
    /// format fits one of them, it fits the body. A shape of somebody else's may ask for the beginning of a text.
    pub fn may_lie_in(&self, body: &str, terrain: &Terrain) -> bool {
        let has_shapes = terrain.explore.secrets.iter().any(|rule| matches!(rule.looks, Looks::Like(_)));
        let is_known = || self.known.iter().any(|(_, bytes)| bytes.is_in(body));
        has_shapes || body.contains('\\') || is_known() || is_published(body)
    }

    /// Every secret in a text, each once.
    pub fn seen_in(&mut self, text: &str, terrain: &Terrain) -> Vec<Text> {
        let mut all = Vec::new();
        for at in 0..self.known.len() {
            if self.known[at].1.is_in(text) {
                let (ix, bytes) = self.known[at].clone();
                all.extend(self.given(ix, bytes, terrain));
            }
        }
        for rule in &terrain.explore.secrets {
            let Looks::Like(shape) = &rule.looks else { continue };
            let tried = terrain.explore.use_found == UseFound::Listed;
            for bytes in shape.captures_iter(text).filter_map(|found| Bytes::shaped(&found)) {
                all.extend(self.fresh(bytes, Rule::of(rule, tried)));
            }
        }
        for (format, found) in published(text) {
            let bytes = Secret::new(found.to_owned()).map(|secret| Bytes::of(&secret, &Present::Bearer));
            let rule = Rule::told(format.kind, format.name, &Present::Bearer);
            all.extend(bytes.and_then(|bytes| self.fresh(bytes, rule)));
        }
        all.dedup();
        all
    }

    /// A credential of the file that lies in an answer. It has its own name where somebody explores with it; else it was
    /// found, and is tried only where a rule says that it was laid out.
    fn given(&mut self, ix: CredentialIx, bytes: Bytes, terrain: &Terrain) -> Option<Text> {
        if let Some(family) = terrain.modelled.family(ix) {
            return Some(Text::Generated { family, index: 0, turn: 0 });
        }
        let names_it = |looks: &Looks| matches!(looks, Looks::Exactly(named) if *named == ix);
        let credential = terrain.targets.credential(ix);
        match terrain.explore.secrets.iter().find(|rule| names_it(&rule.looks)) {
            Some(rule) => {
                let tried = terrain.explore.use_found != UseFound::None;
                self.keep(bytes, Rule::of(rule, tried))
            }
            None => {
                let kind = SecretKind::parse(&credential.kind).unwrap_or(SecretKind::ApiKey);
                self.keep(bytes, Rule::told(kind, &credential.name, &credential.present))
            }
        }
    }

    fn fresh(&mut self, bytes: Bytes, rule: Rule<'_>) -> Option<Text> {
        let is_known = self.known.iter().any(|(_, known)| known.whole.expose() == bytes.whole.expose());
        if is_known { None } else { self.keep(bytes, rule) }
    }

    fn keep(&mut self, bytes: Bytes, rule: Rule<'_>) -> Option<Text> {
        let Bytes { whole: secret, bare } = bytes;
        if let Some(number) = self.found.iter().position(|found| found.secret.expose() == secret.expose()) {
            return Some(Text::Seen(number as u32));
        }
        if self.found.len() >= MOST_KEPT {
            return None;
        }
        let Rule { kind, looks, present, mint, tried } = rule;
        let tried = tried || Mistake::EveryFoundSecretIsTried.here();
        let count = self.counts.entry(kind).or_default();
        let (number, index) = (self.found.len(), *count);
        *count += 1;
        let (looks, present, mint) = (looks.to_owned(), present.clone(), mint.cloned());
        let name = found_name(kind, index).into();
        self.found.push(Found { secret, bare, kind, index, name, looks, present, mint, tried });
        Some(Text::Seen(number as u32))
    }

    /// A text in which every secret is replaced by what it is.
    pub fn without_secrets<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut clean = Cow::Borrowed(text);
        let known = self.known.iter().map(|(_, bytes)| &bytes.bare);
        for secret in known.chain(self.found.iter().map(|found| &found.bare)).chain(&self.minted) {
            if secret.expose().len() >= SHORTEST && clean.contains(secret.expose()) {
                clean = clean.replace(secret.expose(), "{secret}").into();
            }
        }
        if !is_published(text) {
            return clean;
        }
        let published: Vec<_> =
            published(text).into_iter().map(|(format, found)| (format.name, found.to_owned())).collect();
        for (name, found) in published {
            clean = clean.replace(&found, &format!("{{{name}}}")).into();
        }
        clean
    }
}

/// What an agent may recognise: secrets that it may try. What is only reported means nothing to it.
pub struct Usable<'s>(pub &'s Secrets);

impl Vocabulary for Usable<'_> {
    fn kind(&mut self, text: Text) -> Option<SecretKind> {
        self.0.of(text).filter(|found| found.tried).map(|found| found.kind)
    }

    fn signed(&mut self, _instruction: InstructionId) -> Option<bool> {
        None
    }
}
