//! How an agent meets bytes. Secrets are named inside the program; here names become bytes, and bytes are recognised.

mod proof;
mod recogniser;
mod scribe;

use std::sync::Arc;

use crate::model::Plan;
use crate::wire::{Claims, FamilyId, SecretKind, Text, Vocabulary};

pub use recogniser::{Recogniser, Spotted};
pub use scribe::{ISSUER, Scribe};

/// The vocabulary of the simulator: what the recogniser says about the bytes of a family is remembered, so that a step
/// renders nothing.
pub struct SimVocabulary {
    scribe: Scribe,
    recogniser: Recogniser,
    known: Vec<Option<Option<SecretKind>>>,
}

impl SimVocabulary {
    pub fn new(plan: Arc<Plan>) -> SimVocabulary {
        SimVocabulary {
            known: vec![None; plan.families.len()],
            scribe: Scribe::new(plan),
            recogniser: Recogniser::default(),
        }
    }

    /// What the recogniser makes of a record in which a secret of this family lies.
    fn look(&self, text: Text) -> Option<SecretKind> {
        let mut record = String::from("{\"note\":\"");
        let start = record.len();
        self.scribe.render(text, Claims::default(), &mut record);
        let end = record.len();
        record.push_str("\"}");
        let spotted = self.recogniser.spot(record.as_bytes()).find(|s| s.start == start && s.end == end);
        spotted.map(|s| s.kind)
    }

    fn family(&mut self, family: FamilyId, text: Text) -> Option<SecretKind> {
        if let Some(known) = self.known[family.index()] {
            return known;
        }
        let kind = self.look(text);
        self.known[family.index()] = Some(kind);
        kind
    }
}

impl Vocabulary for SimVocabulary {
    fn kind(&mut self, text: Text) -> Option<SecretKind> {
        match text {
            Text::Generated { family, .. } => self.family(family, text),
            Text::Seen(_) => None,
        }
    }
}
