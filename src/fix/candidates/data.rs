//! What lies in records, who may touch which, and whose words agents obey.

use std::collections::BTreeSet;

use crate::model::service::ObjectRule;
use crate::scenario::{Node, Value};
use crate::wire::{CollId, Effect, IdentityId};

use super::super::edit::{Edit, list, text};
use super::super::facts::Facts;
use super::{Candidate, Kind, and};

pub fn all(facts: &Facts<'_>) -> Vec<Candidate> {
    let mut found = rules(facts);
    facts.found.keys().for_each(|coll| found.extend(without_secrets(facts, *coll)));
    found.extend(signed(facts));
    found.extend(apart(facts));
    found
}

/// A service whose callers touch their own records, or their tenant's.
fn rules(facts: &Facts<'_>) -> Vec<Candidate> {
    let plan = facts.plan;
    let mut wanted: BTreeSet<(String, &str, &str)> = BTreeSet::new();
    for op in &facts.harmful {
        let spec = plan.operation(*op);
        let Some(coll) = spec.target.filter(|_| spec.rule == ObjectRule::Anyone) else { continue };
        let collection = plan.collection(coll);
        let service = &plan.service(spec.service).name;
        let said = |part: &str| facts.tree.get("data").and_then(|data| data.get(&collection.name)?.get(part)).is_some();
        let rules =
            [("owner", said("owner") || said("per")), ("tenant", said("tenant") && callers_have_tenants(facts))];
        for (rule, _) in rules.into_iter().filter(|(_, there)| *there) {
            let whose = if rule == "owner" { "their own records" } else { "the records of their tenant" };
            wanted.insert((format!("services.{service}.rows"), rule, whose));
            wanted.insert((format!("services.{service}.operations.{}.rows", spec.name), rule, whose));
        }
    }
    let candidate = |(path, rule, whose): (String, &'static str, &str)| {
        let names: Vec<&str> =
            path.split('.').filter(|part| !matches!(*part, "services" | "operations" | "rows")).collect();
        let told = format!("let callers of {} touch {whose} only", names.join("."));
        Candidate::new(Kind::RowRule, told, Edit::set(path, text(rule)))
    };
    wanted.into_iter().map(candidate).collect()
}

/// Whether those whom the agents' credentials prove are of any tenant: else the rule would let nobody in.
fn callers_have_tenants(facts: &Facts<'_>) -> bool {
    let given = facts.given();
    let mut owners = given.iter().filter_map(|family| facts.plan.family(*family).of.get(0)).map(IdentityId::new);
    owners.any(|owner| facts.plan.tenant_of(owner).is_some())
}

/// Records without the secrets that lie in them: without all, and without each kind of them.
fn without_secrets(facts: &Facts<'_>, coll: CollId) -> Vec<Candidate> {
    let name = &facts.plan.collection(coll).name;
    let Some(holds) = facts.tree.get("data").and_then(|data| data.get(name)?.get("holds")) else { return Vec::new() };
    let path = format!("data.{name}.holds");
    let told = format!("keep secrets out of {name}");
    let mut found = vec![Candidate::new(Kind::RemoveSecret, told, Edit::set(path.clone(), list([])))];
    let written = |item: &Node| item.text().or_else(|| item.get("credential")?.text()).unwrap_or_default().to_owned();
    for (at, item) in holds.items().iter().enumerate().filter(|_| holds.items().len() > 1) {
        let mut rest = holds.clone();
        if let Value::List(items) = &mut rest.value {
            items.remove(at);
        }
        let told = format!("keep {} out of {name}", written(item));
        found.push(Candidate::new(Kind::RemoveSecret, told, Edit::set(path.clone(), rest)));
    }
    found
}

/// A backup that lies in what it is a backup of goes with it.
fn apart(facts: &Facts<'_>) -> Vec<Candidate> {
    let plan = facts.plan;
    let deletions = facts.harmful.iter().map(|op| plan.operation(*op)).filter(|spec| spec.effect == Effect::Delete);
    let deleted: BTreeSet<CollId> = deletions.filter_map(|spec| spec.target).collect();
    let candidate = |coll: CollId| {
        let collection = plan.collection(coll);
        let (outer, _) = collection.inside.as_ref().filter(|(outer, _)| deleted.contains(outer))?;
        let mut said = facts.tree.get("data")?.get(&collection.name)?.clone();
        if let Value::Map(parts) = &mut said.value {
            parts.retain(|(key, _)| key.name != "inside");
        }
        let outer = &plan.collection(*outer).name;
        let told = format!("keep {} elsewhere than in {outer}, whose end takes them along", collection.name);
        Some(Candidate::new(Kind::KeepApart, told, Edit::set(format!("data.{}", collection.name), said)))
    };
    plan.collection_ids().filter_map(candidate).collect()
}

/// Agents that obey what the team has signed. Whom else an agent obeys is what a run puts to the test, and no control:
/// this is one where the scenario says of an instruction whether it is signed.
fn signed(facts: &Facts<'_>) -> Option<Candidate> {
    let instructions = facts.tree.get("instructions").map_or(&[][..], Node::entries);
    if !instructions.iter().any(|(_, said)| said.get("signed").is_some()) {
        return None;
    }
    let credulous =
        |agent: &Node| agent.get("obeys").and_then(Node::text).is_some_and(|whom| !matches!(whom, "signed" | "nobody"));
    let agents = facts.tree.get("agents").map_or(&[][..], Node::entries).iter().filter(|(_, agent)| credulous(agent));
    let names: Vec<String> = agents.map(|(key, _)| key.name.clone()).collect();
    let edit = names
        .iter()
        .try_fold(Edit::default(), |edit, name| edit.and(Edit::set(format!("agents.{name}.obeys"), text("signed"))))?;
    let told = format!("let {} obey what the team has signed, and nothing else", and(&names));
    (!names.is_empty()).then(|| Candidate::new(Kind::DemandSignature, told, edit))
}
