//! The canonical binary form of events, and its SHA-256. Wall times, run ids and the plane stay outside.

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::planted::Mistake;
use crate::wire::{CollId, Event, InstructionId, OpId, RuleId, StepId};

use super::fields::{Fields, tell};

/// The digest of a journal, taken as it grows.
pub struct Digest {
    hash: Sha256,
    binary: Binary,
}

/// What heads a journal, as far as its digest goes. Keys stand in the order of the alphabet, as in every object.
#[derive(serde::Serialize)]
struct Head<'a> {
    document: &'a serde_json::Value,
    format: u32,
    scenario: &'a str,
    seed: u64,
    variant: Option<&'a str>,
}

/// The binary form of events that wait to be hashed: a tag, then numbers as little-endian base-128 (LEB128), so that
/// small ones stay small.
struct Binary {
    bytes: Box<[u8; ROOM]>,
    len: usize,
}

/// So many bytes gather before they are hashed. No event is as long as the room behind them.
const BLOCK: usize = 1 << 11;
const ROOM: usize = 1 << 12;

impl Binary {
    #[inline(always)]
    fn byte(&mut self, byte: u8) {
        self.bytes[self.len % ROOM] = byte;
        self.len += 1;
    }

    fn hand_over(&mut self, hash: &mut Sha256) {
        hash.update(&self.bytes[..self.len]);
        self.len = 0;
    }

    #[inline(always)]
    fn leb(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.byte(value as u8 | 0x80);
            value >>= 7;
        }
        self.byte(value as u8);
    }

    #[inline(always)]
    fn shifted(&mut self, value: Option<u32>) {
        self.leb(value.map_or(0, |v| u64::from(v) + 1));
    }
}

impl Fields for Binary {
    #[inline(always)]
    fn kind(&mut self, tag: u8, _: &'static str) {
        self.byte(tag);
    }

    #[inline(always)]
    fn number(&mut self, _: &'static str, value: u64) {
        self.leb(value);
    }

    #[inline(always)]
    fn maybe(&mut self, _: &'static str, value: Option<u32>) {
        self.shifted(value);
    }

    #[inline(always)]
    fn word(&mut self, _: &'static str, code: u8, _: &'static str) {
        self.byte(code);
    }

    #[inline(always)]
    fn operation(&mut self, _: &'static str, op: Option<OpId>) {
        self.shifted(op.map(|o| o.number()));
    }

    #[inline(always)]
    fn collection(&mut self, _: &'static str, coll: Option<CollId>) {
        self.shifted(coll.map(|c| c.number()));
    }

    #[inline(always)]
    fn rule(&mut self, _: &'static str, rule: RuleId) {
        self.leb(u64::from(rule.number()));
    }

    #[inline(always)]
    fn step(&mut self, _: &'static str, step: StepId) {
        self.leb(u64::from(step.number()));
    }

    #[inline(always)]
    fn instruction(&mut self, _: &'static str, instruction: InstructionId) {
        self.leb(u64::from(instruction.number()));
    }
}

impl Digest {
    /// Begins with what heads the journal: the resolved scenario and the seed in it.
    pub fn new(scenario: &str, variant: Option<&str>, seed: u64, document: &serde_json::Value) -> Digest {
        let head = Head { document, format: super::FORMAT, scenario, seed, variant };
        let head = serde_json::to_vec(&head).unwrap_or_default();
        Digest { hash: Sha256::new().chain_update(head), binary: Binary { bytes: Box::new([0; ROOM]), len: 0 } }
    }

    pub fn events(&mut self, events: &[Event]) {
        for event in events {
            tell(event, &mut self.binary);
            if self.binary.len >= BLOCK {
                self.binary.hand_over(&mut self.hash);
            }
        }
    }

    /// The digest so far, in hexadecimal.
    pub fn finish(mut self) -> String {
        if !Mistake::DigestLeavesOutTheEnd.here() {
            self.binary.hand_over(&mut self.hash);
        }
        HEXLOWER.encode(&self.hash.finalize())
    }
}

/// The SHA-256 of a value as JSON without spaces, in hexadecimal.
pub fn of_json(value: &serde_json::Value) -> String {
    HEXLOWER.encode(&Sha256::digest(value.to_string()))
}
