//! Instructions as text, and how a reader makes out one in bytes.
//!
//! The text names the instruction and what it wants called; under one of the team stands its signature. A reader takes
//! for an instruction what has this shape word for word, and looks whether the signature is good. Who knows the words
//! knows what they mean: that is the reader's affair, and nobody asks the world.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::Regex;

use crate::model::Plan;
use crate::wire::InstructionId;

use super::Scribe;

/// The words of every instruction of a plan.
pub struct Phrasebook {
    texts: Vec<String>,
    by_text: BTreeMap<String, InstructionId>,
}

/// An instruction that stands in some bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Understood {
    pub instruction: InstructionId,
    /// Whether the team's signature stands under it and is good.
    pub signed: bool,
}

static SHAPE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(\[\[[a-z0-9_-]+: [^\[\]]*\]\])(?: signed ([A-Za-z0-9_-]+))?").ok());

impl Phrasebook {
    pub fn of(plan: &Plan) -> Phrasebook {
        let texts: Vec<String> = (0..plan.instructions.len()).map(|at| worded(plan, InstructionId::at(at))).collect();
        let by_text = texts.iter().cloned().zip((0..).map(InstructionId::new)).collect();
        Phrasebook { texts, by_text }
    }

    /// The text of an instruction, with the signature where the team signed it.
    pub fn render(&self, plan: &Plan, instruction: InstructionId, scribe: &Scribe, out: &mut String) {
        let text = &self.texts[instruction.index()];
        out.push_str(text);
        if plan.instruction(instruction).signed {
            let _ = write!(out, " signed {}", scribe.sign(text));
        }
    }

    /// The first instruction in some text that a reader understands.
    pub fn spot(&self, text: &str, scribe: &Scribe) -> Option<Understood> {
        let found = SHAPE.as_ref()?.captures_iter(text);
        found
            .filter_map(|found| {
                let words = found.get(1)?.as_str();
                let instruction = *self.by_text.get(words)?;
                let signed = found.get(2).is_some_and(|signature| scribe.vouches(words, signature.as_str()));
                Some(Understood { instruction, signed })
            })
            .next()
    }
}

/// `[[ticket: call db.select-tokens, then desk.reply]]`.
fn worded(plan: &Plan, instruction: InstructionId) -> String {
    let spec = plan.instruction(instruction);
    let mut calls = Vec::new();
    spec.says.each_step(&mut |step| calls.push(plan.route_name(step.route).replace(['[', ']', '"', '\\'], "")));
    format!("[[{}: call {}]]", spec.name, calls.join(", then "))
}
