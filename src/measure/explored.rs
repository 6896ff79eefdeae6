//! What a run on a real system shows beside its events: there is no world that could be asked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An exploration of a real system, as its own client saw it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Explored {
    /// The id that every request carried.
    pub run: String,
    /// When it began, RFC 3339.
    pub started: String,
    /// Requests that were sent, those of checks among them.
    pub requests: u64,
    pub writes: u64,
    pub stages: Vec<Stage>,
    /// Why it ended before it was through.
    pub stopped: Option<String>,
    /// Whether anything told of their own detection.
    pub listens: bool,
    /// What answered and is not in the declared inventory.
    pub shadows: Vec<Shadow>,
    /// Links to places that no operation fits, and that were not followed.
    pub links_not_followed: u64,
    /// Operations that nobody tried, and why.
    pub not_tried: BTreeMap<String, String>,
    /// Lists that answered and in which no id was found: what lies behind them was never tried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_ids: Vec<NoIds>,
    /// Writes that a cap of the run kept back.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub withheld: u64,
    pub privileges: Vec<Privilege>,
    pub found: Vec<FoundSecret>,
    /// Requests that the guard did not let through, by why.
    pub not_sent: BTreeMap<String, u64>,
    /// Answers that were no plain yes or no, by what they were.
    pub oddities: BTreeMap<String, u64>,
    /// What was written, and undone; nothing where nothing could be.
    #[serde(default)]
    pub undo: Option<Undone>,
}

impl Explored {
    /// What was within reach, maybe, and was not tried.
    pub fn untried(&self) -> Vec<String> {
        let lists = self.no_ids.iter().map(ToString::to_string);
        let writes = (self.withheld > 0).then(|| format!("{} kept back by `caps: writes`", writes(self.withheld)));
        lists.chain(writes).collect()
    }
}

fn writes(n: u64) -> String {
    if n == 1 { "1 write was".to_owned() } else { format!("{n} writes were") }
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// What became of what a run wrote.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Undone {
    pub writes: u64,
    /// Of these, the writes of which nobody knows whether they happened.
    pub unanswered: u64,
    pub undone: u64,
    /// Of these, the writes that the target refused, and that were not there.
    #[serde(default)]
    pub refused: u64,
    pub left: Vec<LeftBehind>,
    /// What was not as at the beginning afterwards.
    pub unsteady: Vec<String>,
}

/// A write that could not be undone.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct LeftBehind {
    pub operation: String,
    /// What it is found by.
    pub marker: String,
    pub why: String,
    /// What a person does about it.
    pub by_hand: String,
}

/// Who explored together, and whether the target was fine afterwards.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Stage {
    pub identities: Vec<String>,
    /// What did not hold when it was over.
    pub failed: Vec<String>,
}

/// A list without ids, where nothing else showed any of its collection either.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NoIds {
    pub operation: String,
    pub collection: String,
    /// How often it was accepted.
    pub answers: u64,
    /// What needs such an id and was never tried.
    pub behind: Vec<String>,
}

impl std::fmt::Display for NoIds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let NoIds { operation, collection, answers, behind } = self;
        let times = super::counted(*answers, "answer");
        write!(f, "no ids of `{collection}` were found in what {operation} showed ({times})")?;
        if !behind.is_empty() {
            write!(f, ", so what needs one was never tried: {}", behind.join(", "))?;
        }
        f.write_str("; look at `ids`, and whether this identity has any there")
    }
}

/// An operation that is not in the declared inventory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Shadow {
    /// `api.debug`, or for a link its method and path with numbers left out.
    pub operation: String,
    pub accepted: u64,
}

/// What a credential opened, beside what it was meant for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Privilege {
    pub credential: String,
    pub opened: u64,
    /// Opened, and not meant.
    pub more: Vec<String>,
    /// Meant, and never accepted.
    pub unused: Vec<String>,
    /// Scopes that nothing was opened with.
    pub unused_scopes: Vec<String>,
}

/// A secret that lay in an answer. Its bytes are nowhere.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FoundSecret {
    /// `api-key #1`.
    pub name: String,
    /// What it was recognised by.
    pub looks: String,
    /// Where it lay first, and in which record.
    pub operation: String,
    pub record: Option<String>,
    pub times: u64,
    /// Whether it was presented to anybody.
    pub tried: bool,
    /// Where it was accepted.
    pub accepted_by: Vec<String>,
}

impl Explored {
    /// Of a run that was killed: what it saw beside its events, nobody wrote down.
    pub fn cut_off(listens: bool) -> Explored {
        Explored { listens, stopped: Some("its journal has no end".to_owned()), ..Explored::default() }
    }

    /// Whether nothing is known beside the events. A run that wrote its end has an id.
    pub fn is_cut_off(&self) -> bool {
        self.run.is_empty()
    }

    /// Found secrets, and how many of them opened something.
    pub fn secrets(&self) -> (u64, u64) {
        let opened = self.found.iter().filter(|found| !found.accepted_by.is_empty()).count();
        (self.found.len() as u64, opened as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_within_reach_and_not_tried_is_told() {
        let list = |behind: &[&str]| NoIds {
            operation: "api.list".into(),
            collection: "tickets".into(),
            answers: 2,
            behind: behind.iter().map(|name| (*name).to_owned()).collect(),
        };
        let of = |no_ids, withheld| Explored { no_ids, withheld, ..Explored::default() }.untried();
        assert_eq!(of(vec![], 0), [""; 0]);
        assert_eq!(of(vec![], 1), ["1 write was kept back by `caps: writes`"]);
        let told = of(vec![list(&[]), list(&["api.read", "api.drop"])], 2);
        let begins = "no ids of `tickets` were found in what api.list showed (2 answers)";
        let ends = "; look at `ids`, and whether this identity has any there";
        let behind = ", so what needs one was never tried: api.read, api.drop";
        assert_eq!(told[..2], [format!("{begins}{ends}"), format!("{begins}{behind}{ends}")]);
        assert_eq!(told[2..], ["2 writes were kept back by `caps: writes`"]);
    }

    #[test]
    fn a_run_that_was_killed_says_so_and_nothing_else() {
        for listens in [true, false] {
            let cut = Explored::cut_off(listens);
            assert_eq!((cut.listens, cut.stopped.as_deref()), (listens, Some("its journal has no end")));
            assert!(cut.is_cut_off() && cut.untried().is_empty());
        }
    }
}
