//! Data: instructions in records, and who reads and writes them.

use super::super::formula;
use super::{Lowering, Refused, identities, instruction, no_names};
use crate::scenario::finding::{Code, Finding};
use crate::scenario::tree::Node;

const DATA: &[Refused] = &[
    ("keeps", "a collection that forgets its oldest records", no_names),
    ("readers", "records that somebody outside reads", identities),
    ("writers", "records that somebody outside writes", identities),
];

impl Lowering<'_> {
    pub(super) fn data_not_yet(&mut self) {
        let root = self.root;
        for (key, data) in root.get("data").map_or(&[][..], Node::entries) {
            self.refuse(data, DATA);
            let Some(plants) = data.get("plants") else { continue };
            let count = self.records.position(&key.name).map_or(0, |at| self.records.all[at].count);
            let before = self.findings.len();
            for (name, places) in plants.entries() {
                instruction(self, &Node::scalar(name.name.as_str(), name.place));
                let numbers = super::super::holds::numbers(places, count);
                self.take(numbers);
            }
            if plants.entries().is_empty() {
                let finding = Finding::new(Code::MissingKey, plants.place, "which instruction lies in which records?");
                self.find(finding.help("write `plants: {INSTRUCTION: 3}`"));
            }
            if self.findings.len() == before {
                self.later("`plants`, instructions in records", plants.place);
            }
        }
    }

    pub(super) fn instructions_not_yet(&mut self) {
        let root = self.root;
        for (key, instruction) in root.get("instructions").map_or(&[][..], Node::entries) {
            // A formula stands for the number of whoever obeys.
            let before = self.findings.len();
            let steps = instruction.get("says").map(|steps| formula::filled(steps, 0));
            if let Some(steps) = steps.and_then(|steps| self.take(steps)) {
                self.program(&steps, false);
            }
            // Where it lies in records or is written down, that is refused.
            if self.findings.len() == before && !is_used(root, &key.name) {
                self.later("`instructions`, what agents read and obey", key.place);
            }
        }
    }
}

fn is_used(node: &Node, instruction: &str) -> bool {
    let names = |node: &Node| node.each().iter().filter_map(Node::text).any(|text| text.ends_with(instruction));
    node.items().iter().any(|item| is_used(item, instruction))
        || node.entries().iter().any(|(key, value)| match key.name.as_str() {
            "plants" => value.get(instruction).is_some(),
            "carrying" | "delete" => names(value),
            _ => is_used(value, instruction),
        })
}
