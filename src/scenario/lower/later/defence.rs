//! What the defence cannot do yet.

use super::{Lowering, Refused, instruction, operations};
use crate::scenario::tree::Node;

const STEP: &[Refused] =
    &[("cancel", "a step that cancels queued work", operations), ("delete", "a step that deletes records", deleted)];

impl Lowering<'_> {
    pub(in super::super) fn runbook_not_yet(&mut self, step: &Node) {
        self.refuse(step, STEP);
    }
}

/// Records by name, or those with an instruction in them.
fn deleted(work: &mut Lowering<'_>, node: &Node) {
    for item in node.each() {
        match item.text().and_then(|text| text.strip_prefix("records with ")) {
            Some(name) => instruction(work, &Node::scalar(name.trim(), item.place)),
            None => {
                let member = work.records.member(item);
                work.take(member);
            }
        }
    }
}
