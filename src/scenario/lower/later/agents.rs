//! What agents cannot be told yet.

use super::{Lowering, Refused, collections, credentials, identity, known};
use crate::scenario::finding::{Code, Finding, nearest};
use crate::scenario::shape::shortened;
use crate::scenario::tree::Node;

const AGENT: &[Refused] = &[("obeys", "an agent that obeys what it reads", obeys)];
const STEP: &[Refused] = &[("carrying", "a step that writes something down", carried)];
const FORGERY: &[Refused] = &[("forge", "an agent that makes credentials itself", credentials)];

impl Lowering<'_> {
    pub(in super::super) fn agent_not_yet(&mut self, agent: &Node) {
        if agent.get("obeys").is_some_and(|o| o.text() != Some("nobody")) {
            self.refuse(agent, AGENT);
        }
    }

    /// Whether a step is one that this version does not have, or none at all.
    pub(in super::super) fn step_not_yet(&mut self, step: &Node) -> bool {
        self.refuse(step, STEP);
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

fn obeys(work: &mut Lowering<'_>, node: &Node) {
    let name = node.text().unwrap_or_default();
    let words = ["nobody", "everybody", "signed"];
    if words.contains(&name) || work.identities.position(name).is_some() {
        return;
    }
    let message = format!("there is no identity `{}`", shortened(name));
    let help = "`nobody`, `everybody`, `signed`, or one of those under `identities:`";
    let names = work.identities.all.iter().map(|group| group.name.as_str());
    let finding = Finding::new(Code::DanglingName, node.place, message).help(help);
    let meant = nearest(name, words.into_iter().chain(names));
    let finding = match meant {
        Some(meant) => finding.help(format!("did you mean `{meant}`?")),
        None => finding,
    };
    work.find(finding);
}

/// An instruction, a collection, or the secrets that were found.
fn carried(work: &mut Lowering<'_>, node: &Node) {
    for item in node.each() {
        let name = item.text().unwrap_or_default();
        if name == "found secrets" {
            continue;
        }
        match work.records.position(name) {
            Some(_) => collections(work, item),
            None => known(work, item, name, "instruction or collection", &["instructions", "data"]),
        }
    }
}
