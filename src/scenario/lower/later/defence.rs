//! What the defence cannot do yet.

use super::{Lowering, Refused, credentials, instruction, no_names, operations};
use crate::scenario::tree::Node;

const DETECTOR: &[Refused] = &[
    ("denials", "a detector of refusals in a burst", no_names),
    ("repeats", "a detector of repeated messages", no_names),
    ("never_seen", "a detector of operations that are new to their caller", no_names),
    ("not_owner", "a detector of credentials in other hands", credentials),
    ("events", "a detector that watches some event types", no_names),
];
const STEP: &[Refused] = &[
    ("cancel", "a step that cancels queued work", operations),
    ("delete", "a step that deletes records", deleted),
    ("fails", "an action that may fail", no_names),
];
const RESPONSE: &[Refused] = &[("median", "a response time that is drawn", no_names)];

impl Lowering<'_> {
    pub(in super::super) fn detector_not_yet(&mut self, detector: &Node) {
        self.refuse(detector, DETECTOR);
        self.by_conversation(detector);
    }

    pub(in super::super) fn runbook_not_yet(&mut self, step: &Node) {
        self.refuse(step, STEP);
        if let Some(order) = step.get("order").filter(|o| o.text() != Some("by number")) {
            self.later("`order`, actions in an order other than by number", order.place);
        }
    }

    pub(in super::super) fn response_not_yet(&mut self, response: &Node) {
        if let Some(after) = response.get("after") {
            self.refuse(after, RESPONSE);
        }
    }

    pub(in super::super) fn control_not_yet(&mut self, control: &Node) {
        self.by_conversation(control);
    }

    fn by_conversation(&mut self, node: &Node) {
        if let Some(by) = node.get("by").filter(|by| by.text() == Some("conversation")) {
            self.later("`by`, counting by conversation", by.place);
        }
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
