//! How an agent meets bytes. Secrets are named inside the program; here names become bytes, and bytes are recognised.

mod instructions;
mod keys;
mod proof;
mod recogniser;
mod scribe;
mod token;

use std::sync::Arc;

use crate::model::Plan;
use crate::wire::{Claims, FamilyId, Forgery, InstructionId, SecretKind, Text, Vocabulary};

pub use instructions::{Phrasebook, Understood};
pub use keys::PublishedKey;
pub use recogniser::{Recogniser, Spotted};
pub use scribe::Scribe;
pub use token::ISSUER;

/// The vocabulary of the simulator: what the recogniser says about the bytes of a family is remembered, so that a step
/// renders nothing.
pub struct SimVocabulary {
    scribe: Scribe,
    recogniser: Recogniser,
    known: Vec<Option<Option<SecretKind>>>,
    phrasebook: Phrasebook,
    /// What a reader makes of the text of each instruction, once somebody has read it.
    read: Vec<Option<Option<Understood>>>,
    plan: Arc<Plan>,
}

impl SimVocabulary {
    pub fn new(plan: Arc<Plan>) -> SimVocabulary {
        SimVocabulary {
            known: vec![None; plan.families.len()],
            phrasebook: Phrasebook::of(&plan),
            read: vec![None; plan.instructions.len()],
            scribe: Scribe::new(plan.clone()),
            plan,
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
            Text::Forged { .. } => self.look(text),
            Text::Seen(_) => None,
        }
    }

    fn forge(&mut self, key: Text, forgery: Forgery) -> Option<Text> {
        let Text::Generated { family, turn, .. } = key else { return None };
        Text::forged(forgery, turn).filter(|_| self.plan.family(forgery.family).signed_by == Some(family))
    }

    fn signed(&mut self, instruction: InstructionId) -> Option<bool> {
        let known = *self.read.get(instruction.index())?;
        let understood = known.unwrap_or_else(|| {
            let mut text = String::new();
            self.phrasebook.render(&self.plan, instruction, &self.scribe, &mut text);
            self.phrasebook.spot(&text, &self.scribe)
        });
        self.read[instruction.index()] = Some(understood);
        understood.filter(|understood| understood.instruction == instruction).map(|understood| understood.signed)
    }
}
