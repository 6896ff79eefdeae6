//! Instructions: what they say, where they lie, who obeys them, and what steps write down.

use std::sync::Arc;

use crate::model::Column;
use crate::model::agent::{AgentPlan, Fault, Load, Program};
use crate::model::instruction::{Crowd, Instruction, Obedience, Obeys};
use crate::model::service::{Act, Method};
use crate::scenario::finding::{Code, Finding, nearest};
use crate::scenario::quantity;
use crate::scenario::shape::shortened;
use crate::scenario::tree::{Key, Node};
use crate::wire::{CollId, Effect, IdentityId, InstructionId};

use super::{Lowering, formula, holds};

impl Lowering<'_> {
    /// Reads every instruction, once the names in its steps are known.
    pub(super) fn instructions(&mut self) {
        let root = self.root;
        for (key, node) in root.get("instructions").map_or(&[][..], Node::entries) {
            let says = node.get("says").and_then(|steps| self.said(steps, 0)).unwrap_or_default();
            let signed = node.get("signed").and_then(Node::text).and_then(quantity::boolean).unwrap_or(false);
            self.instructions.push(Instruction { name: key.name.clone(), says: Arc::new(says), signed });
        }
    }

    /// Says of which instructions nobody can read the text, where nothing else is wrong that would explain it.
    pub(super) fn unread_instructions(&mut self) {
        let root = self.root;
        if !self.findings.is_empty() {
            return;
        }
        for (key, _) in root.get("instructions").map_or(&[][..], Node::entries) {
            if !is_used(root, &key.name) {
                let message = format!("`{}` lies nowhere: nobody can read it", key.name);
                let help = "put it into records with `plants`, or into a step with `carrying`";
                self.find(Finding::warning(Code::Unused, key.place, message).help(help));
            }
        }
    }

    /// The steps as one of those who obey does them: a formula stands for its number.
    fn said(&mut self, steps: &Node, index: u32) -> Option<Program> {
        let steps = self.take(formula::filled(steps, index))?;
        Some(self.program(&steps, false))
    }

    /// What each instruction tells the agents of a group.
    pub(super) fn teach(&mut self, agents: &mut [AgentPlan]) {
        let plain: Arc<[Arc<Program>]> = self.instructions.iter().map(|i| i.says.clone()).collect();
        let root = self.root;
        let written = root.get("instructions").map_or(&[][..], Node::entries);
        let by_number = written.iter().any(|(_, node)| has_formula(node));
        let obeys = |agent: &AgentPlan| matches!(agent.fault, Fault::Injected);
        for (agent, index) in agents.iter_mut().zip(0..).filter(|(agent, _)| obeys(agent)) {
            if !by_number || index == 0 {
                agent.obedience.does = plain.clone();
                continue;
            }
            let before = self.findings.len();
            let own = written.iter().zip(plain.iter()).map(|((_, node), plain)| match node.get("says") {
                Some(steps) if has_formula(steps) => self.said(steps, index).map(Arc::new).unwrap_or_default(),
                _ => plain.clone(),
            });
            agent.obedience.does = own.collect();
            // What one of them cannot do, most cannot: it is said once.
            if self.findings.len() > before {
                return;
            }
        }
    }

    /// Whose instructions an agent does.
    pub(super) fn obedience(&mut self, key: &Key, agent: &Node, fault: &Fault) -> Obedience {
        let whom = agent.get("obeys").and_then(|node| self.obeys(node));
        match (fault, agent.get("obeys")) {
            (Fault::Injected, None) => {
                let message = format!("whose instructions does `{}` do?", key.name);
                let help = "write `obeys: everybody`, `signed`, or who wrote them";
                self.find(Finding::new(Code::MissingKey, key.place, message).help(help));
            }
            (Fault::Injected, Some(_)) => {}
            // A fault that is refused, or taken away for once: nothing more is said.
            (Fault::None, Some(_)) if agent.get("fault").is_some() => {}
            _ => self.no_effect(agent, &["obeys"], "only the fault `injected` does what it reads"),
        }
        Obedience { whom: whom.unwrap_or_default(), does: Arc::default() }
    }

    fn obeys(&mut self, node: &Node) -> Option<Obeys> {
        let name = node.text().unwrap_or_default();
        match name {
            "nobody" => return Some(Obeys::Nobody),
            "everybody" => return Some(Obeys::Everybody),
            "signed" => return Some(Obeys::Signed),
            _ => {}
        }
        if let Some(at) = self.identities.position(name) {
            return Some(Obeys::Written(self.everyone(at)));
        }
        let message = format!("there is no identity `{}`", shortened(name));
        let help = "`nobody`, `everybody`, `signed`, or one of those under `identities:`";
        let finding = Finding::new(Code::DanglingName, node.place, message).help(help);
        let names = self.identities.all.iter().map(|group| group.name.as_str());
        let meant = nearest(name, ["nobody", "everybody", "signed"].into_iter().chain(names));
        let finding = match meant {
            Some(meant) => finding.help(format!("did you mean `{meant}`?")),
            None => finding,
        };
        self.find(finding);
        None
    }

    fn everyone(&self, group: usize) -> Crowd {
        let group = &self.identities.all[group];
        Crowd { first: IdentityId::new(group.first), count: group.count }
    }

    /// Groups of identities by name.
    pub(super) fn crowds(&mut self, node: Option<&Node>) -> Vec<Crowd> {
        let mut all = Vec::new();
        for item in node.map_or(&[][..], Node::each) {
            let group = self.identities.group(item);
            all.extend(self.take(group).map(|at| self.everyone(at)));
        }
        all
    }

    /// Which instruction lies in each record at the start.
    pub(super) fn plants(&mut self, node: Option<&Node>, count: u32) -> Column {
        let Some(plants) = node else { return Column::Empty };
        if plants.entries().is_empty() {
            let finding = Finding::new(Code::MissingKey, plants.place, "which instruction lies in which records?");
            self.find(finding.help("write `plants: {INSTRUCTION: 3}`"));
        }
        let mut table = vec![Column::NOTHING; count as usize];
        for (name, places) in plants.entries() {
            let found = self.instruction(&Node::scalar(name.name.as_str(), name.place));
            let numbers = self.take(holds::numbers(places, count)).unwrap_or_default();
            let Some(instruction) = found else { continue };
            for row in numbers {
                let lies = &mut table[row as usize];
                if *lies != Column::NOTHING {
                    let message = format!("two instructions lie in record {}", row + 1);
                    let finding = Finding::new(Code::Contradiction, places.place, message);
                    self.find(finding.help("one record says one thing: put them into different records"));
                    break;
                }
                *lies = instruction.number();
            }
        }
        Column::Table(table.into())
    }

    fn instruction(&mut self, node: &Node) -> Option<InstructionId> {
        let name = node.text().unwrap_or_default();
        let names = self.instruction_names();
        if let Some(at) = names.iter().position(|known| *known == name) {
            return Some(InstructionId::at(at));
        }
        let finding =
            Finding::new(Code::DanglingName, node.place, format!("there is no instruction `{}`", shortened(name)))
                .help("name one under `instructions:`")
                .suggest(name, names);
        self.find(finding);
        None
    }

    fn instruction_names(&self) -> Vec<&str> {
        let written = self.root.get("instructions").map_or(&[][..], Node::entries);
        written.iter().map(|(key, _)| key.name.as_str()).collect()
    }

    /// What a step writes into the record that it makes or changes.
    pub(super) fn carrying(&mut self, node: Option<&Node>, op: usize) -> Vec<Load> {
        let Some(node) = node else { return Vec::new() };
        let spec = &self.operations[op];
        let changes = !matches!(spec.effect, Effect::Read | Effect::Delete);
        let writes = matches!(spec.act, Act::Create { .. }) || matches!(spec.act, Act::One { .. }) && changes;
        let bodiless = matches!(spec.method, Method::Get | Method::Delete);
        if !writes || bodiless {
            let why = if writes { "has no body to write in" } else { "makes and changes no record" };
            let message = format!("`{}` {why}", spec.name);
            let help = "`carrying` goes with an operation that `creates` a record or changes one";
            self.find(Finding::new(Code::BadStep, node.place, message).help(help));
            return Vec::new();
        }
        let mut loads = Vec::new();
        for item in node.each() {
            loads.extend(self.load(item));
        }
        if loads.iter().filter(|load| matches!(load, Load::Instruction(_))).count() > 1 {
            let finding = Finding::new(Code::Contradiction, node.place, "a record says one thing");
            self.find(finding.help("keep one instruction, and write the other with another step"));
        }
        loads
    }

    fn load(&mut self, item: &Node) -> Option<Load> {
        let name = item.text().unwrap_or_default();
        if name == "found secrets" {
            return Some(Load::FoundSecrets);
        }
        if let Some(at) = self.records.position(name) {
            return Some(Load::Records(CollId::at(at)));
        }
        let instructions = self.instruction_names();
        if let Some(at) = instructions.iter().position(|known| *known == name) {
            return Some(Load::Instruction(InstructionId::at(at)));
        }
        let collections = self.records.all.iter().map(|group| group.name.as_str());
        let message = format!("there is no instruction or collection `{}`", shortened(name));
        let finding = Finding::new(Code::DanglingName, item.place, message)
            .help("name one under `instructions:` or `data:`, or write `found secrets`")
            .suggest(name, instructions.into_iter().chain(collections));
        self.find(finding);
        None
    }
}

fn has_formula(node: &Node) -> bool {
    node.text().is_some_and(|text| text.contains("-{"))
        || node.items().iter().any(has_formula)
        || node.entries().iter().any(|(_, value)| has_formula(value))
}

/// Whether an instruction lies in a record, or a step writes it down.
fn is_used(node: &Node, instruction: &str) -> bool {
    let names = |node: &Node| node.each().iter().filter_map(Node::text).any(|text| text == instruction);
    node.items().iter().any(|item| is_used(item, instruction))
        || node.entries().iter().any(|(key, value)| match key.name.as_str() {
            "plants" => value.get(instruction).is_some(),
            "carrying" => names(value),
            _ => is_used(value, instruction),
        })
}
