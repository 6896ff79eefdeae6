//! The bytes that clients saw on a socket, and the names that they go by inside the program.
//!
//! A client never learns who issued a secret: bytes that it was given at the start keep the name that it was given
//! them by, all others are numbered as they are seen. The numbers go nowhere: the journal counts by acquisition.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::Plan;
use crate::vocabulary::{Phrasebook, Recogniser, Scribe, Understood};
use crate::wire::{Claims, Forgery, InstructionId, SecretKind, Text, Vocabulary};

/// Bytes and their names. Holds secrets: it has no `Debug`.
pub struct Names {
    scribe: Arc<Scribe>,
    recogniser: Recogniser,
    by_bytes: BTreeMap<Arc<str>, Text>,
    seen: Vec<Seen>,
    /// The bytes of secrets that clients were given.
    given: BTreeMap<Text, Arc<str>>,
    /// The instructions that clients read and understood, and whether the signature was good.
    understood: BTreeMap<InstructionId, bool>,
}

struct Seen {
    bytes: Arc<str>,
    kind: Option<SecretKind>,
}

impl Names {
    pub fn new(scribe: Arc<Scribe>) -> Names {
        Names {
            scribe,
            recogniser: Recogniser::default(),
            by_bytes: BTreeMap::new(),
            seen: Vec::new(),
            given: BTreeMap::new(),
            understood: BTreeMap::new(),
        }
    }

    pub fn scribe(&self) -> &Scribe {
        &self.scribe
    }

    /// The bytes behind a name that a client uses.
    pub fn bytes(&mut self, text: Text) -> Arc<str> {
        match text {
            Text::Seen(number) => self.seen.get(number as usize).map_or_else(|| "".into(), |s| s.bytes.clone()),
            Text::Generated { .. } | Text::Forged { .. } => self.bytes_saying(text, self.scribe.claims_at_start(text)),
        }
    }

    /// The bytes of a secret that says this of itself.
    fn bytes_saying(&mut self, text: Text, claims: Claims) -> Arc<str> {
        if let Text::Seen(_) = text {
            return self.bytes(text);
        }
        if let Some(bytes) = self.given.get(&text) {
            return bytes.clone();
        }
        let mut bytes = String::new();
        self.scribe.render(text, claims, &mut bytes);
        let bytes: Arc<str> = bytes.into();
        self.given.insert(text, bytes.clone());
        self.by_bytes.entry(bytes.clone()).or_insert(text);
        bytes
    }

    /// The name of bytes that came over a socket.
    pub fn name(&mut self, bytes: &str) -> Text {
        if let Some(text) = self.by_bytes.get(bytes) {
            return *text;
        }
        let text = Text::Seen(self.seen.len() as u32);
        let bytes: Arc<str> = bytes.into();
        let whole = self.recogniser.spot(bytes.as_bytes()).find(|s| s.start == 0 && s.end == bytes.len());
        self.seen.push(Seen { bytes: bytes.clone(), kind: whole.map(|s| s.kind) });
        self.by_bytes.insert(bytes, text);
        text
    }

    /// The name by which a client knows a secret that the world speaks of.
    pub fn as_client_knows(&mut self, text: Text, claims: Claims) -> Text {
        let bytes = self.bytes_saying(text, claims);
        self.by_bytes.get(&bytes).copied().unwrap_or(text)
    }

    /// The instruction in some text, if a reader understands one.
    pub fn instruction(&mut self, text: &str, phrasebook: &Phrasebook) -> Option<InstructionId> {
        let Understood { instruction, signed } = phrasebook.spot(text, &self.scribe)?;
        self.understood.insert(instruction, signed);
        Some(instruction)
    }

    /// Whether a secret stands in some bytes.
    pub fn are_in(&self, bytes: &str) -> bool {
        self.recogniser.is_in(bytes.as_bytes())
    }

    /// Every secret in some bytes, by name.
    pub fn spot<'a>(&'a mut self, bytes: &'a str) -> impl Iterator<Item = Text> + 'a {
        let spotted: Vec<_> = self.recogniser.spot(bytes.as_bytes()).collect();
        spotted.into_iter().filter_map(|s| Some(self.name(bytes.get(s.start..s.end)?)))
    }
}

/// The names of one run, shared by its connections.
#[derive(Clone)]
pub struct SharedNames(Arc<Mutex<Names>>);

impl SharedNames {
    /// The names of what every client was given before the run.
    pub fn new(plan: &Plan, scribe: Arc<Scribe>) -> SharedNames {
        let mut names = Names::new(scribe);
        let given = plan.agents.iter().chain(&plan.benign).flat_map(|client| &client.holds).chain(&plan.operator);
        for &(family, index) in given {
            names.bytes(Text::Generated { family, index, turn: 0 });
        }
        SharedNames(Arc::new(Mutex::new(names)))
    }

    pub fn lock(&self) -> MutexGuard<'_, Names> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vocabulary for SharedNames {
    fn kind(&mut self, text: Text) -> Option<SecretKind> {
        let mut names = self.lock();
        let text = match text {
            Text::Generated { .. } | Text::Forged { .. } => {
                let bytes = names.bytes(text);
                return names.recogniser.spot(bytes.as_bytes()).find(|s| s.end == bytes.len()).map(|s| s.kind);
            }
            Text::Seen(number) => number as usize,
        };
        names.seen.get(text).and_then(|s| s.kind)
    }

    fn signed(&mut self, instruction: InstructionId) -> Option<bool> {
        self.lock().understood.get(&instruction).copied()
    }

    fn forge(&mut self, key: Text, forgery: Forgery) -> Option<Text> {
        let mut names = self.lock();
        let private_key = names.bytes(key);
        let token = names.scribe.forge(&private_key, forgery)?;
        Some(names.name(&token))
    }
}
