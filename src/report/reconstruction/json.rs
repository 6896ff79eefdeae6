//! The form for machines.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Reconstruction;
use crate::audit::{Naming, Suspect};

/// The version of the JSON form.
const SCHEMA: &str = "runaway.reconstruct/1";
impl Reconstruction<'_> {
    /// The form for machines.
    pub fn json(&self) -> Value {
        let who = |suspects: &[Suspect]| suspects.iter().map(|s| self.name(*s)).collect::<Vec<_>>();
        let shares = self.shares();
        let shares: Vec<Value> = shares
            .iter()
            .map(|(suspects, share)| {
                let credentials: Vec<&str> = share.credentials.iter().map(|c| self.credential(Some(*c))).collect();
                let principals: Vec<&str> =
                    share.principals.iter().map(|p| self.log.names.principals.name(*p)).collect();
                let named: BTreeMap<&str, u64> = share.named.iter().map(|(who, n)| (self.name(*who), *n)).collect();
                let instances: Vec<&str> = share.traces.iter().map(|t| self.log.names.traces.name(*t)).collect();
                json!({
                    "candidates": who(suspects), "likeliest": named, "lines": share.lines, "first": share.first.map(|t| t.0),
                    "last": share.last.0, "principals": principals, "delegators": self.delegators(share),
                    "credentials": credentials, "instances": instances,
                })
            })
            .collect();
        let edges: Vec<Value> = self
            .story
            .edges
            .iter()
            .map(|edge| {
                let with = edge.with.map(|c| self.credential(Some(c)));
                json!({"by": self.name(edge.by), "with": with, "got": self.credential(Some(edge.got))})
            })
            .collect();
        let refuted: Vec<Value> = self
            .refuted
            .iter()
            .map(|r| {
                let (least, most) = r.logged;
                json!({"agent": r.agent, "at": r.at.0, "operation": r.operation, "says": r.says, "at_least": least, "at_most": most})
            })
            .collect();
        let scored = self.scores.as_ref().map(|scores| {
            let baselines: BTreeMap<&str, Value> =
                scores.baselines.iter().map(|(baseline, a)| (baseline.name(), naming(*a))).collect();
            let edges = scores.edges;
            let a = scores.suspects;
            json!({
                "suspects": {"right": a.right, "wrong": a.wrong, "ambiguous": a.ambiguous, "unlogged": a.unlogged},
                "trail": naming(scores.trail), "baselines": baselines,
                "edges": {
                    "right": edges.right, "wrong": edges.wrong, "reversed": edges.reversed, "missing": edges.missing,
                    "precision": edges.precision(), "recall": edges.recall(),
                },
            })
        });
        json!({
            "schema": SCHEMA, "lines": self.log.lines.len(), "gaps": self.gaps(), "who": shares, "chain": edges,
            "refuted": refuted, "scored": scored,
        })
    }
}

fn naming(naming: Naming) -> Value {
    let a = naming.attribution;
    json!({"right": a.right, "wrong": a.wrong, "ambiguous": a.ambiguous, "unlogged": a.unlogged, "pinned": naming.pinned, "f1": naming.f1()})
}
