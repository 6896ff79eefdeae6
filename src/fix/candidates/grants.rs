//! What credentials open, where, for whom and for how long.

use std::collections::BTreeSet;

use crate::model::service::{Act, Grant, MintedScopes};
use crate::model::{Access, grants};
use crate::scenario::{Node, count_shown};
use crate::wire::{CollId, FamilyId, OpId, Res, Span};

use super::super::edit::{Edit, list, map, text};
use super::super::facts::Facts;
use super::{Candidate, Kind, and};

/// A list of records that is longer is no list any more.
const MOST_RECORDS: usize = 8;

pub fn all(facts: &Facts<'_>) -> Vec<Candidate> {
    let families: BTreeSet<FamilyId> = facts.held.iter().copied().collect();
    let mut found = bindings(facts);
    for family in families {
        found.extend(narrowed(facts, family));
        found.extend(audience(facts, family));
        found.extend(records(facts, family));
        found.extend(lifetime(facts, family));
        found.extend(cascade(facts, family));
        found.extend(unused(facts, family));
    }
    found.extend(fewer(facts));
    found.extend(exchanges(facts));
    found.extend(keys(facts));
    found
}

fn path(facts: &Facts<'_>, family: FamilyId, part: &str) -> String {
    format!("credentials.{}.{part}", facts.plan.family(family).name)
}

/// What agents find works for its owner only: from a network where they are not, or with a key that they do not have.
fn bindings(facts: &Facts<'_>) -> Vec<Candidate> {
    let given = facts.given();
    let elsewhere = facts.plan.agent_networks();
    let mut ways: Vec<(Node, String)> = vec![(text("dpop"), "a key that its owner keeps".to_owned())];
    let networks = facts.tree.get("networks").map_or(&[][..], Node::items).iter().filter_map(Node::text);
    for network in networks {
        let agents = elsewhere.iter().any(|at| facts.plan.networks.get(at.index()).is_some_and(|n| n == network));
        if !agents {
            ways.push((map(vec![("network", text(network))]), format!("the network {network}")));
        }
    }
    let mut groups: Vec<(BTreeSet<FamilyId>, CollId)> = Vec::new();
    for (coll, families) in &facts.found {
        let theirs: BTreeSet<FamilyId> = families.difference(&given).copied().filter(|f| unbound(facts, *f)).collect();
        groups.extend(theirs.iter().map(|family| (BTreeSet::from([*family]), *coll)));
        if theirs.len() > 1 {
            groups.push((theirs, *coll));
        }
    }
    let mut found = Vec::new();
    for (families, coll) in groups {
        for (bound, to) in &ways {
            let edit = families.iter().try_fold(Edit::default(), |edit, family| {
                edit.and(Edit::set(path(facts, *family, "bound"), bound.clone()))
            });
            let names: Vec<String> = families.iter().map(|family| facts.plan.family(*family).name.clone()).collect();
            let place = &facts.plan.collection(coll).name;
            let told = format!("bind {}, found in {place}, to {to}", and(&names));
            found.extend(edit.map(|edit| Candidate::new(Kind::BindCredential, told, edit)));
        }
    }
    found
}

/// A key of which the finder is the owner keeps nobody out.
fn unbound(facts: &Facts<'_>, family: FamilyId) -> bool {
    let spec = facts.plan.family(family);
    let agents: BTreeSet<_> = facts.plan.agents.iter().filter_map(|agent| agent.identity).collect();
    let owner = spec.of.get(0).map(crate::wire::IdentityId::new);
    spec.binding == crate::model::identity::Binding::None && owner.is_none_or(|owner| !agents.contains(&owner))
}

/// The words by which an operation is unlocked.
fn scopes_for(facts: &Facts<'_>, op: OpId) -> Vec<String> {
    match facts.operation(op).and_then(|said| said.get("needs")) {
        Some(needs) => {
            let first = needs.items().first().filter(|item| item.text().is_none()).unwrap_or(needs);
            let words = first.each().iter().filter_map(Node::text).filter(|word| *word != "any credential");
            words.map(str::to_owned).collect()
        }
        None => {
            let spec = facts.plan.operation(op);
            vec![format!("{}:{}", facts.plan.service(spec.service).name, spec.name)]
        }
    }
}

/// To what it is meant for; else to what honest work does with it, where there is any.
fn narrowed(facts: &Facts<'_>, family: FamilyId) -> Option<Candidate> {
    let spec = facts.plan.family(family);
    let open = facts.plan.access.unlocked(Access::of(family));
    let (words, to) = match &spec.meant {
        Some(meant) => (meant.clone(), "what it is meant for"),
        None => {
            let used: BTreeSet<OpId> = facts.uses_of(family).map(|(op, _)| op).collect();
            let lost = |op: &OpId| !used.contains(op);
            if used.is_empty() || open.iter().map(OpId::new).filter(lost).any(|op| facts.is_meant(op)) {
                return None;
            }
            let words: BTreeSet<String> = used.iter().flat_map(|op| scopes_for(facts, *op)).collect();
            (words.into_iter().collect(), "what honest work does with it")
        }
    };
    let same = spec.scopes.iter().all(|held| words.iter().any(|word| grants(word, held)));
    if spec.scopes.is_empty() || same {
        return None;
    }
    let told = format!("narrow {} to {to}: {}", spec.name, words.join(", "));
    Some(Candidate::new(Kind::NarrowGrant, told, Edit::set(path(facts, family, "scopes"), list(words))))
}

/// Good for the services where honest work shows it, and for no others.
fn audience(facts: &Facts<'_>, family: FamilyId) -> Option<Candidate> {
    let (plan, spec) = (facts.plan, facts.plan.family(family));
    let services: BTreeSet<_> = facts.uses_of(family).map(|(op, _)| plan.operation(op).service).collect();
    let open = plan.access.unlocked(Access::of(family)).iter().map(OpId::new);
    let elsewhere: Vec<OpId> = open.filter(|op| !services.contains(&plan.operation(*op).service)).collect();
    let meant = elsewhere.iter().any(|op| facts.is_meant(*op));
    if services.is_empty() || spec.audience.is_some() || elsewhere.is_empty() || meant {
        return None;
    }
    let names: Vec<String> = services.iter().map(|service| plan.service(*service).name.clone()).collect();
    let told = format!("issue {} for {} only", spec.name, and(&names));
    Some(Candidate::new(Kind::LimitAudience, told, Edit::set(path(facts, family, "audience"), list(names))))
}

/// For the records that honest work touches with it, where those are few.
fn records(facts: &Facts<'_>, family: FamilyId) -> Option<Candidate> {
    let (plan, spec) = (facts.plan, facts.plan.family(family));
    if spec.opens.is_some() || spec.count != 1 {
        return None;
    }
    let mut few: BTreeSet<Res> = BTreeSet::new();
    for (coll, rows) in facts.touched.get(&family)? {
        let mut outer: BTreeSet<Res> = BTreeSet::new();
        for row in rows.iter().filter(|row| *row < plan.collection(*coll).count) {
            let inside = plan.collection(*coll).inside.as_ref();
            let holder = inside.and_then(|(outer, column)| Some(Res { coll: *outer, row: column.get(row)? }));
            outer.insert(holder.unwrap_or(Res { coll: *coll, row }));
            if outer.len() > MOST_RECORDS {
                break;
            }
        }
        let all = outer.first().map_or(0, |res| plan.collection(res.coll).count as usize);
        if outer.len() <= MOST_RECORDS && outer.len() < all {
            few.extend(outer);
        }
    }
    if few.is_empty() || few.len() > MOST_RECORDS {
        return None;
    }
    let names: Vec<String> = few.iter().map(|res| plan.record_name(*res)).collect();
    let told = format!("let {} open {} only, with what lies in there", spec.name, and(&names));
    Some(Candidate::new(Kind::LimitRecords, told, Edit::set(path(facts, family, "records"), list(names))))
}

/// As long as honest work needs it; a found one that none is seen to use, ten minutes.
fn lifetime(facts: &Facts<'_>, family: FamilyId) -> Option<Candidate> {
    const STEPS: [u64; 6] = [60, 600, 3_600, 28_800, 86_400, 604_800];
    let spec = facts.plan.family(family);
    let lies_about = facts.found.values().any(|families| families.contains(&family));
    let needed = match facts.uses_of(family).map(|(_, used)| used.last.0).max() {
        Some(last) => last,
        None if lies_about => 600_000_000,
        None => return None,
    };
    let seconds = STEPS.into_iter().find(|seconds| seconds * 1_000_000 >= needed)?;
    if spec.lives.is_some_and(|lives| lives <= Span::from_secs(seconds)) {
        return None;
    }
    let lives = format!("{}min", seconds / 60);
    let told = format!("let {} live for {} instead of {}", spec.name, Span::from_secs(seconds), lasts(spec.lives));
    Some(Candidate::new(Kind::ShortenLifetime, told, Edit::set(path(facts, family, "lives"), text(lives))))
}

fn lasts(lives: Option<Span>) -> String {
    lives.map_or("for ever".to_owned(), |span| span.to_string())
}

/// Ends with what it was minted from.
fn cascade(facts: &Facts<'_>, family: FamilyId) -> Option<Candidate> {
    let spec = facts.plan.family(family);
    spec.parent?;
    let said = facts.credential(family)?.get("cascade").and_then(Node::text);
    if said == Some("yes") {
        return None;
    }
    let told = format!("end {} with what it was minted from", spec.name);
    Some(Candidate::new(Kind::CascadeRevocation, told, Edit::set(path(facts, family, "cascade"), text("yes"))))
}

/// What nobody works with ends before somebody finds it: the token of a customer who has left.
fn unused(facts: &Facts<'_>, family: FamilyId) -> Option<Candidate> {
    let (plan, spec) = (facts.plan, facts.plan.family(family));
    let lies_about = facts.found.values().any(|families| families.contains(&family));
    let opens: BTreeSet<_> =
        plan.access.unlocked(Access::of(family)).iter().map(|op| plan.operation(OpId::new(op)).service).collect();
    let is_seen = !opens.is_empty() && opens.iter().all(|service| facts.seen(*service));
    if !lies_about || !is_seen || facts.uses_of(family).next().is_some() || spec.lives == Some(Span::ZERO) {
        return None;
    }
    let told = format!("end {}, which nobody works with", spec.name);
    Some(Candidate::new(Kind::EndUnused, told, Edit::set(path(facts, family, "lives"), text("0s"))))
}

/// Of several credentials for one service, an agent starts with those that its task uses.
fn fewer(facts: &Facts<'_>) -> Vec<Candidate> {
    let plan = facts.plan;
    let mut found = Vec::new();
    for agent in &plan.agents {
        let held: BTreeSet<FamilyId> = agent.holds.iter().map(|(family, _)| *family).collect();
        let services = |family: FamilyId| -> BTreeSet<_> {
            plan.access.unlocked(Access::of(family)).iter().map(|op| plan.operation(OpId::new(op)).service).collect()
        };
        let used = |family: &FamilyId| facts.uses_of(*family).next().is_some();
        let spare = |family: &FamilyId| {
            let theirs = services(*family);
            !used(family) && held.iter().any(|other| used(other) && !services(*other).is_disjoint(&theirs))
        };
        let kept: Vec<String> =
            held.iter().filter(|family| !spare(family)).map(|family| plan.family(*family).name.clone()).collect();
        if kept.len() == held.len() || agent.holds.len() != held.len() {
            continue;
        }
        let spared = count_shown((held.len() - kept.len()) as u64);
        let told =
            format!("start {} with {} and leave out {spared} that its task does not use", agent.name, and(&kept));
        let edit = Edit::set(format!("agents.{}.holds", agent.name), list(kept));
        found.push(Candidate::new(Kind::FewerCredentials, told, edit));
    }
    found
}

/// What is exchanged unlocks what subject and actor both may.
fn exchanges(facts: &Facts<'_>) -> Vec<Candidate> {
    let wide = |op: &OpId| {
        let spec = facts.plan.operation(*op);
        matches!(spec.act, Act::Mint { grant: Grant::TokenExchange, .. }) && spec.minting.scopes != MintedScopes::Both
    };
    let narrow = |op: OpId| {
        let told = format!("let {} give what subject and actor both may", facts.plan.operation_name(op));
        let spec = facts.plan.operation(op);
        let path = format!("services.{}.operations.{}.scopes", facts.plan.service(spec.service).name, spec.name);
        Candidate::new(Kind::IntersectExchange, told, Edit::set(path, text("both")))
    };
    facts.plan.operation_ids().filter(wide).map(narrow).collect()
}

/// A service that does not trust the key with which things were forged.
fn keys(facts: &Facts<'_>) -> Vec<Candidate> {
    let plan = facts.plan;
    let all = plan.family_ids().filter(|family| plan.family(*family).kind == crate::wire::SecretKind::SigningKey);
    let all: Vec<FamilyId> = all.collect();
    let mut found = Vec::new();
    for service in plan.services.iter().filter(|service| service.validation.believes_signatures()) {
        let trusted = service.keys.trusted.clone().unwrap_or_else(|| all.clone());
        let kept: Vec<String> = trusted
            .iter()
            .filter(|key| !facts.forged_with.contains(key))
            .map(|key| plan.family(*key).name.clone())
            .collect();
        if kept.is_empty() || kept.len() == trusted.len() {
            continue;
        }
        let told = format!("let {} trust {} and no other key", service.name, and(&kept));
        let edit = Edit::set(format!("services.{}.accepts.keys", service.name), list(kept));
        found.push(Candidate::new(Kind::TrustFewerKeys, told, edit));
    }
    found
}
