//! The readable form: one JSON object a line. It is a rendering; the digest is over the binary form.

use std::io::{self, Write};
use std::sync::Arc;

use crate::model::Plan;
use crate::wire::{CollId, Event, InstructionId, OpId, RuleId, StepId};

use super::digest::{Digest, of_json};
use super::fields::{Fields, tell};
use super::{Header, Trailer};

/// Writes a journal as it happens: a run that is killed leaves all but the last chunk, and no trailer.
pub struct Writer<W: Write> {
    out: W,
    lines: Lines,
    digest: Digest,
    events: u64,
}

impl<W: Write> Writer<W> {
    /// Writes the header at once.
    pub fn new(mut out: W, plan: Arc<Plan>, header: &Header) -> io::Result<Writer<W>> {
        serde_json::to_writer(&mut out, header)?;
        out.write_all(b"\n")?;
        out.flush()?;
        let digest = Digest::new(&header.scenario, header.variant.as_deref(), header.seed, &header.document);
        Ok(Writer { out, lines: Lines::new(plan), digest, events: 0 })
    }

    /// Appends events, and hands them to the operating system.
    pub fn events(&mut self, events: &[Event]) -> io::Result<()> {
        self.digest.events(events);
        self.events += events.len() as u64;
        for event in events {
            self.lines.event(event);
            if self.lines.text.len() >= CHUNK {
                self.out.write_all(&self.lines.text)?;
                self.lines.text.clear();
            }
        }
        self.out.write_all(&self.lines.text)?;
        self.lines.text.clear();
        self.out.flush()
    }

    /// Writes the trailer, which says that nothing is missing. Returns the digest.
    pub fn finish(mut self, references: serde_json::Value) -> io::Result<String> {
        let digest = self.digest.finish();
        let trailer = Trailer {
            complete: true,
            events: self.events,
            digest: digest.clone(),
            references_digest: Some(of_json(&references)),
            references,
        };
        serde_json::to_writer(&mut self.out, &trailer)?;
        self.out.write_all(b"\n")?;
        self.out.flush()?;
        Ok(digest)
    }
}

/// So many bytes gather before they are written.
const CHUNK: usize = 1 << 16;

/// Renders events with the names of a plan.
pub struct Lines {
    text: Vec<u8>,
    names: Names,
}

/// Names as JSON strings, rendered once.
struct Names {
    operations: Texts,
    collections: Texts,
    rules: Texts,
    steps: Texts,
    instructions: Texts,
}

/// Texts in one piece of memory: of ten thousand names that are written in turn, most are in the cache.
struct Texts {
    text: String,
    /// Where each begins, and where the last one ends.
    bounds: Vec<usize>,
}

impl<T: AsRef<str>> FromIterator<T> for Texts {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Texts {
        let (mut text, mut bounds) = (String::new(), vec![0]);
        for one in texts {
            text.push_str(one.as_ref());
            bounds.push(text.len());
        }
        Texts { text, bounds }
    }
}

impl Texts {
    #[inline]
    fn get(&self, at: usize) -> Option<&[u8]> {
        let (from, to) = (*self.bounds.get(at)?, *self.bounds.get(at + 1)?);
        Some(&self.text.as_bytes()[from..to])
    }
}

impl Lines {
    pub fn new(plan: Arc<Plan>) -> Lines {
        let quoted = |name: &str| serde_json::Value::from(name).to_string();
        let names = Names {
            operations: plan.operation_ids().map(|op| quoted(&plan.operation_name(op))).collect(),
            collections: plan.collections.iter().map(|c| quoted(&c.name)).collect(),
            rules: plan.controls.detectors.iter().map(|d| quoted(&d.name)).collect(),
            steps: plan.controls.steps.iter().map(|s| quoted(&s.name)).collect(),
            instructions: plan.instructions.iter().map(|i| quoted(&i.name)).collect(),
        };
        Lines { text: Vec::new(), names }
    }

    pub fn event(&mut self, event: &Event) {
        tell(event, self);
        self.text.extend_from_slice(b"}\n");
    }

    pub fn text(&self) -> &[u8] {
        &self.text
    }

    #[inline(always)]
    fn named(&mut self, key: &str, at: Option<usize>, table: fn(&Names) -> &Texts) {
        let Lines { text, names } = self;
        let Some(name) = at.and_then(|at| table(names).get(at)) else { return };
        text.extend_from_slice(key.as_bytes());
        text.extend_from_slice(name);
    }
}

impl Fields for Lines {
    #[inline(always)]
    fn kind(&mut self, _: u8, opening: &'static str) {
        self.text.extend_from_slice(opening.as_bytes());
    }

    #[inline(always)]
    fn number(&mut self, key: &'static str, value: u64) {
        self.text.extend_from_slice(key.as_bytes());
        self.text.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    #[inline(always)]
    fn maybe(&mut self, key: &'static str, value: Option<u32>) {
        if let Some(value) = value {
            self.number(key, u64::from(value));
        }
    }

    #[inline(always)]
    fn word(&mut self, key: &'static str, _: u8, word: &'static str) {
        self.text.extend_from_slice(key.as_bytes());
        self.text.push(b'"');
        self.text.extend_from_slice(word.as_bytes());
        self.text.push(b'"');
    }

    #[inline(always)]
    fn operation(&mut self, key: &'static str, op: Option<OpId>) {
        self.named(key, op.map(|o| o.index()), |names| &names.operations);
    }

    #[inline(always)]
    fn collection(&mut self, key: &'static str, coll: Option<CollId>) {
        self.named(key, coll.map(|c| c.index()), |names| &names.collections);
    }

    #[inline(always)]
    fn rule(&mut self, key: &'static str, rule: RuleId) {
        self.named(key, Some(rule.index()), |names| &names.rules);
    }

    #[inline(always)]
    fn step(&mut self, key: &'static str, step: StepId) {
        self.named(key, Some(step.index()), |names| &names.steps);
    }

    #[inline(always)]
    fn instruction(&mut self, key: &'static str, instruction: InstructionId) {
        self.named(key, Some(instruction.index()), |names| &names.instructions);
    }
}
