//! The canonical binary form of events, and its SHA-256. Wall times, run ids and the plane stay outside.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::planted::Mistake;
use crate::wire::{CollId, Event, InstructionId, OpId, RuleId, StepId};

use super::fields::{Fields, tell};

/// The digest of a journal, taken as it grows.
pub struct Digest {
    hash: Sha256,
    buffer: Binary,
}

/// The binary form: a tag, then numbers as little-endian base-128 (LEB128), so that small ones stay small.
#[derive(Default)]
pub struct Binary(Vec<u8>);

impl Binary {
    /// Appends an event.
    pub fn event(&mut self, event: &Event) {
        tell(event, self);
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    #[inline]
    fn leb(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn shifted(&mut self, value: Option<u32>) {
        self.leb(value.map_or(0, |v| u64::from(v) + 1));
    }
}

impl Fields for Binary {
    fn kind(&mut self, tag: u8, _: &'static str) {
        self.0.push(tag);
    }

    fn number(&mut self, _: &'static str, value: u64) {
        self.leb(value);
    }

    fn maybe(&mut self, _: &'static str, value: Option<u32>) {
        self.shifted(value);
    }

    fn word(&mut self, _: &'static str, code: u8, _: &'static str) {
        self.0.push(code);
    }

    fn operation(&mut self, _: &'static str, op: Option<OpId>) {
        self.shifted(op.map(|o| o.number()));
    }

    fn collection(&mut self, _: &'static str, coll: Option<CollId>) {
        self.shifted(coll.map(|c| c.number()));
    }

    fn rule(&mut self, _: &'static str, rule: RuleId) {
        self.leb(u64::from(rule.number()));
    }

    fn step(&mut self, _: &'static str, step: StepId) {
        self.leb(u64::from(step.number()));
    }

    fn instruction(&mut self, _: &'static str, instruction: InstructionId) {
        self.leb(u64::from(instruction.number()));
    }
}

/// So many bytes gather before they are hashed.
const BLOCK: usize = 1 << 13;
/// No event is longer.
const LONGEST: usize = 128;

impl Digest {
    /// Begins with what heads the journal: the resolved scenario and the seed in it.
    pub fn new(scenario: &str, variant: Option<&str>, seed: u64, document: &serde_json::Value) -> Digest {
        let head = serde_json::json!({
            "format": super::FORMAT, "scenario": scenario, "variant": variant, "seed": seed, "document": document,
        });
        Digest {
            hash: Sha256::new().chain_update(head.to_string()),
            buffer: Binary(Vec::with_capacity(BLOCK + LONGEST)),
        }
    }

    pub fn events(&mut self, events: &[Event]) {
        for event in events {
            self.buffer.event(event);
            if self.buffer.0.len() >= BLOCK {
                self.hash.update(&self.buffer.0);
                self.buffer.0.clear();
            }
        }
    }

    /// The digest so far, in hexadecimal.
    pub fn finish(mut self) -> String {
        if !Mistake::DigestLeavesOutTheEnd.here() {
            self.hash.update(&self.buffer.0);
        }
        self.hash.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}
