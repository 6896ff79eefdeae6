//! A gate that asks for less than it did: limits that are looser or gone, expectations that were flipped, cases that are
//! not there any more, and scopes that open more.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::baseline::{Accepted, Baseline};
use crate::planted::Mistake;

/// Where something is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spot {
    pub file: String,
    /// From 1.
    pub line: usize,
}

/// What is known of the files behind a state.
pub trait Written {
    /// Where a setting of a scenario stands, by its path.
    fn setting(&self, scenario: &str, path: &str) -> Option<Spot>;
    /// Where a part of a case stands; where there is none, the nearest to it.
    fn part(&self, case: &str, path: &[&str]) -> Option<Spot>;
    /// Whether a case that was accepted, from that file, is not there any more. One that nobody asked for is not gone.
    fn is_gone(&self, case: &str, file: Option<&str>) -> bool;
}

/// Two states, and no file behind them: what the one has and the other has not is gone.
pub struct NoFiles;

impl Written for NoFiles {
    fn setting(&self, _: &str, _: &str) -> Option<Spot> {
        None
    }

    fn part(&self, _: &str, _: &[&str]) -> Option<Spot> {
        None
    }

    fn is_gone(&self, _: &str, _: Option<&str>) -> bool {
        true
    }
}

/// Something of which the gate asks less, or that opens more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Weakened {
    /// The case, or the scenario.
    pub of: String,
    pub told: String,
    pub file: Option<String>,
    /// From 1.
    pub line: Option<usize>,
}

impl Weakened {
    pub fn at(of: &str, told: String, spot: Option<Spot>) -> Weakened {
        let (file, line) = spot.map(|Spot { file, line }| (file, line)).unzip();
        Weakened { of: of.to_owned(), told, file, line }
    }

    /// `scenarios/shop.yaml:33: shop: …`, as far as it is known.
    pub fn line(&self) -> String {
        let Weakened { of, told, .. } = self;
        match (&self.file, self.line) {
            (Some(file), Some(line)) => format!("{file}:{line}: {of}: {told}"),
            (Some(file), None) => format!("{file}: {of}: {told}"),
            (None, _) => format!("{of}: {told}"),
        }
    }
}

/// The scenario of a case, `wiper` of `wiper@lag-60s`.
pub fn scenario_of(case: &str) -> &str {
    case.split_once('@').map_or(case, |(scenario, _)| scenario)
}

/// Where `now` asks for less than `before`.
pub fn weakened(before: &Baseline, now: &Baseline, written: &dyn Written) -> Vec<Weakened> {
    if Mistake::WeakerIsLetThrough.here() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (case, accepted) in &before.cases {
        match now.cases.get(case) {
            Some(now) => asks_for_less(case, accepted, now, written, &mut found),
            None => {
                let file = before.files.get(scenario_of(case));
                if written.is_gone(case, file.map(String::as_str)) {
                    let file = file.cloned();
                    let told = "the case is gone".to_owned();
                    found.push(Weakened { of: case.clone(), told, file, line: None });
                }
            }
        }
    }
    found
}

fn asks_for_less(case: &str, before: &Accepted, now: &Accepted, written: &dyn Written, found: &mut Vec<Weakened>) {
    if let (Some(before), Some(now)) = (&before.expected, &now.expected)
        && before != now
    {
        let told = format!("`{before}` was expected, and `{now}` is");
        found.push(Weakened::at(case, told, written.part(case, &["expect_verdict"])));
    }
    let (Some(before), Some(now)) = (&before.limits, &now.limits) else { return };
    for (measure, tolerated) in before {
        let told = match now.get(measure) {
            None => format!("the limit of {measure} is gone: {} was tolerated", tolerated.told),
            Some(now) if now.is_looser_than(tolerated) => {
                format!("the limit of {measure} is looser: {} was tolerated, and {} is", tolerated.told, now.told)
            }
            Some(_) => continue,
        };
        found.push(Weakened::at(case, told, written.part(case, &["limits", measure])));
    }
}

/// Settings that say what somebody may do: more of it is a wider grant.
const GRANTS: [&str; 3] = ["scopes", "grants", "may"];

/// Every setting of a scenario, by path.
type Settings = BTreeMap<String, String>;

/// Whether a setting opens more than it did, be it changed, new or gone. A variant that is new opens nothing of what was
/// there, and one that is gone is told as that.
pub fn opens_more(path: &str, before: &Settings, now: &Settings) -> bool {
    let has = |settings: &Settings, variant: &str| settings.keys().any(|path| in_variant(path) == Some(variant));
    let stays = in_variant(path).is_none_or(|variant| has(before, variant) && has(now, variant));
    stays && is_wider(path, meant(path, before), meant(path, now))
}

/// The variant that a setting belongs to.
fn in_variant(path: &str) -> Option<&str> {
    path.strip_prefix("variants.")?.split('.').next()
}

/// What a setting comes to, written or not: a variant goes by the scenario, and a credential without scopes has the grants
/// of its owner.
fn meant<'s>(path: &str, settings: &'s Settings) -> &'s str {
    if let Some(written) = settings.get(path) {
        return written;
    }
    if let Some((_, part)) = path.strip_prefix("variants.").and_then(|path| path.split_once(".set.")) {
        return meant(part, settings);
    }
    let granted = |credential: &str| {
        let owner = ["of", "one_per"].iter().find_map(|key| settings.get(&format!("{credential}.{key}")))?;
        settings.get(&format!("identities.{owner}.grants"))
    };
    path.strip_suffix(".scopes").and_then(granted).map_or("", String::as_str)
}

/// Whether a list of scopes opens more than it did.
fn is_wider(path: &str, before: &str, now: &str) -> bool {
    let grants = path.rsplit('.').next().is_some_and(|last| GRANTS.contains(&last));
    let covers = |old: &str, new: &str| {
        let all = old.strip_suffix('*').filter(|service| service.is_empty() || service.ends_with([':', '.']));
        old == new || all.is_some_and(|service| new.starts_with(service))
    };
    grants && now.split(", ").any(|new| !before.split(", ").any(|old| covers(old, new)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_more_is_wider_and_a_scope_less_is_not() {
        let wider = |before: &str, now: &str| is_wider("credentials.token.scopes", before, now);
        assert!(wider("shop:list", "shop:*"));
        assert!(wider("shop:list", "shop:list, shop:erase"));
        assert!(wider("shop:list", "*"));
        assert!(wider("shop:list", "shop:erase"));
        assert!(!wider("shop:list, shop:erase", "shop:list"));
        assert!(!wider("shop:*", "shop:list"));
        assert!(!wider("*", "shop:list"));
        assert!(!is_wider("credentials.token.tags", "a", "b"));
    }

    fn settings(all: &[(&str, &str)]) -> Settings {
        all.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_scope_that_is_new_is_wider() {
        let opens = |path: &str, value: &str| opens_more(path, &settings(&[]), &settings(&[(path, value)]));
        assert!(opens("agents.clerk.may", "shop.erase"));
        assert!(opens("identities.clerk.grants", "shop:*"));
        assert!(opens("credentials.second.scopes", "shop:list"));
        assert!(!opens("credentials.second.scopes", ""));
        assert!(!opens("detect.burst.requests", "50"));
    }

    #[test]
    fn a_credential_without_scopes_has_the_grants_of_its_owner() {
        let (owned, granted) = (("credentials.key.of", "bot"), ("identities.bot.grants", "api:read, api:delete"));
        let (scopes, without) = ("credentials.key.scopes", settings(&[owned, granted]));
        let narrow = settings(&[owned, granted, (scopes, "api:read")]);
        assert!(opens_more(scopes, &narrow, &without));
        assert!(!opens_more(scopes, &without, &narrow));
    }

    #[test]
    fn a_variant_goes_by_the_scenario() {
        let (scopes, story) = (("credentials.key.scopes", "api:*"), ("variants.near.story", "Nearly."));
        let told = "variants.near.set.credentials.key.scopes";
        let before = settings(&[scopes, story]);
        assert!(!opens_more(told, &before, &settings(&[scopes, story, (told, "api:read")])));
        assert!(opens_more(told, &before, &settings(&[scopes, story, (told, "*")])));
        assert!(!opens_more(told, &settings(&[scopes]), &settings(&[scopes, (told, "*")])), "the variant is new");
    }
}
