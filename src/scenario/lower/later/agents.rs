//! What agents cannot be told yet.

use super::{Lowering, Refused, credentials, identity};
use crate::scenario::finding::{Code, Finding};
use crate::scenario::tree::Node;

const FORGERY: &[Refused] = &[("forge", "an agent that makes credentials itself", credentials)];

impl Lowering<'_> {
    /// Whether a step is one that this version does not have, or none at all.
    pub(in super::super) fn step_not_yet(&mut self, step: &Node) -> bool {
        let forges = step.get("forge").is_some();
        if !forges {
            self.no_effect(step, &["with", "for"], "it belongs to `forge`");
        }
        let said = ["do", "forge", "claims"].iter().filter(|key| step.get(key).is_some()).count();
        if said > 1 {
            let finding = Finding::new(Code::BadStep, step.place, "this step does two things");
            self.find(finding.help("keep one of `do`, `forge` and `claims`"));
            return true;
        }
        if !forges {
            return false;
        }
        let before = self.findings.len();
        if let Some(key) = step.get("with") {
            credentials(self, key);
        }
        if let Some(whose) = step.get("for") {
            identity(self, whose);
        }
        if self.findings.len() == before {
            self.refuse(step, FORGERY);
        }
        true
    }
}
