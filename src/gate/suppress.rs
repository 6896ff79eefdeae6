//! Broken limits that a team tolerates for now: each with a reason, and a day after which it is not tolerated any more.

use std::path::Path;

use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::measure::registry;
use crate::planted::Mistake;
use crate::scenario::finding::nearest;
use crate::scenario::opened;

/// A calendar day.
pub type Date = jiff::civil::Date;

/// A broken limit that is tolerated.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suppression {
    /// `wiper@lag-60s`, or `wiper` for its base.
    pub case: String,
    /// The measure of the limit.
    pub limit: String,
    pub reason: String,
    /// The last day on which it is tolerated, `2027-01-31`.
    pub until: String,
}

/// What a file tolerates, on a day.
#[derive(Clone, Debug, Default)]
pub struct Suppressions {
    all: Vec<Dated>,
    today: Option<Date>,
}

#[derive(Clone, Debug)]
struct Dated {
    suppression: Suppression,
    until: Date,
    /// `runaway.suppressions.yaml:2`.
    place: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    suppress: Vec<Spanned<Suppression>>,
}

impl Suppressions {
    /// Reads a file. Errors say where, and what to write instead.
    pub fn read(path: &Path, today: Date) -> Result<Suppressions, String> {
        let name = path.display();
        let text = opened(path)
            .and_then(std::io::read_to_string)
            .map_err(|error| format!("{name} cannot be read: {error}"))?;
        Suppressions::parse(&name.to_string(), &text, today).map_err(|error| format!("{name}: {error}"))
    }

    fn parse(name: &str, text: &str, today: Date) -> Result<Suppressions, String> {
        let File { suppress } = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        let mut all = Vec::new();
        for written in suppress {
            let place = format!("{name}:{}", written.referenced.line());
            let suppression = written.value;
            let Suppression { case, limit, reason, until } = &suppression;
            let day = until.parse::<Date>();
            let day = day.map_err(|_| format!("`{until}` is no day: write `until: 2027-01-31` for {case}"))?;
            if registry::find(limit).is_none() {
                let near = nearest(limit, registry::MEASURES.iter().map(|measure| measure.key));
                let hint = near.map_or(String::new(), |near| format!(": did you mean `{near}`?"));
                return Err(format!("there is no measure `{limit}`{hint}"));
            }
            if reason.trim().is_empty() {
                return Err(format!("the suppression of {limit} in {case} needs a reason"));
            }
            all.push(Dated { until: day, suppression, place });
        }
        Ok(Suppressions { all, today: Some(today) })
    }

    /// Why a broken limit of a case is tolerated, if it is today.
    pub fn cover(&self, case: &str, limit: &str) -> Option<String> {
        let fits = |dated: &&Dated| dated.suppression.case == case && dated.suppression.limit == limit;
        let mut covering = self.all.iter().filter(fits).filter(|dated| !self.is_over(dated.until));
        covering.next().map(|dated| format!("{} (until {})", dated.suppression.reason.trim(), dated.until))
    }

    fn is_over(&self, until: Date) -> bool {
        self.today.is_some_and(|today| today > until) && !Mistake::SuppressionsNeverExpire.here()
    }

    /// What is wrong with them, each with its place: one about a case that was run has expired, or is about what that case
    /// does not limit; one about a case that should have been among them and is not there. Of others nothing can be said.
    /// `limits` are those of a case that was run.
    pub fn complaints(
        &self,
        limits: &dyn Fn(&str) -> Option<Vec<String>>,
        should_be: &dyn Fn(&str) -> bool,
    ) -> Vec<String> {
        let complaint = |dated: &Dated| {
            let Dated { suppression: Suppression { case, limit, reason, .. }, until, place } = dated;
            let reason = reason.trim();
            match limits(case) {
                Some(_) if self.is_over(*until) => Some(format!(
                    "{place}: the suppression of {limit} in {case} expired on {until}: {reason}; mend the case, or \
                     give the suppression another day"
                )),
                Some(limits) if !limits.contains(limit) => Some(format!(
                    "{place}: a suppression is about {limit} in {case}, which has no such limit: remove it"
                )),
                None if should_be(case) => Some(format!("{place}: a suppression is about {case}, which is not there")),
                _ => None,
            }
        };
        self.all.iter().filter_map(complaint).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "suppress:\n  - {case: wiper, limit: survivors, reason: ticket 12, until: 2027-01-31}\n";

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn a_suppression_holds_on_its_last_day_and_not_after() {
        let on = Suppressions::parse("s.yaml", FILE, day("2027-01-31")).unwrap();
        assert_eq!(on.cover("wiper", "survivors").as_deref(), Some("ticket 12 (until 2027-01-31)"));
        assert_eq!(on.cover("wiper@lag-60s", "survivors"), None);
        assert_eq!(on.cover("wiper", "excess"), None);
        let after = Suppressions::parse("s.yaml", FILE, day("2027-02-01")).unwrap();
        assert_eq!(after.cover("wiper", "survivors"), None);
        let complaints = |suppressions: &Suppressions, was_run: bool, should_be: bool| {
            suppressions.complaints(&|_| was_run.then(|| vec!["survivors".to_owned()]), &|_| should_be)
        };
        assert!(
            complaints(&after, true, true)[0].starts_with("s.yaml:2: the suppression of survivors in wiper expired on")
        );
        assert!(complaints(&after, false, true)[0].contains("which is not there"));
        assert_eq!(complaints(&after, false, false), Vec::<String>::new());
        assert_eq!(complaints(&on, true, true), Vec::<String>::new());
        let unlimited = on.complaints(&|_| Some(vec!["excess".to_owned()]), &|_| true);
        assert!(
            unlimited[0].starts_with("s.yaml:2: a suppression is about survivors in wiper, which has no such limit")
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        let bad = |from: &str, to: &str| {
            Suppressions::parse("s.yaml", &FILE.replace(from, to), day("2026-01-01")).unwrap_err()
        };
        assert!(bad("survivors", "survivers").contains("did you mean `survivors`?"));
        assert!(bad("2027-01-31", "soon").contains("no day"));
        assert!(bad("ticket 12", "' '").contains("needs a reason"));
        assert!(bad("reason", "because").contains("because"));
    }
}
