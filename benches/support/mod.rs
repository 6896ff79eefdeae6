//! What the benches share: worlds, time that only this thread used, counted allocations, and how a table is filled.
#![allow(dead_code, reason = "each bench uses a part of it")]

pub mod allocations;
pub mod clock;
pub mod median;
pub mod rounds;

use std::fs::File;
use std::io::BufWriter;
use std::sync::Arc;

use runaway::journal::{FORMAT, Header, Writer};
use runaway::model::Plan;
use runaway::run::measurable;
use runaway::scenario::{Overrides, Source, parse};

/// The plan of a scenario, with some of its values set.
pub fn plan(text: String, sets: &[(&str, &str)]) -> Arc<Plan> {
    let document = parse(Source { name: "bench.yaml".into(), text: text.into() }, &measurable());
    let sets = sets.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
    let resolved = document.expect("a scenario").resolve(None, &Overrides { sets, seed: None });
    Arc::new(resolved.unwrap_or_else(|e| panic!("{e}")).plan)
}

/// A shop whose clerk's agent asks for the same orders again and again over so many connections, until the horizon. An
/// answer has about 300 bytes.
pub fn orders(connections: u32, horizon: &str) -> Arc<Plan> {
    let line = "[{do: shop.list, endless: yes}]";
    let lines = vec![line; connections as usize].join(", ");
    let text = format!(
        "
runaway: 1
name: orders
story: A clerk's agent asks for the same orders again and again.
time: {{horizon: {horizon}}}
services:
  shop: {{accepts: gateway, latency: 0ms, page: 12, operations: {{list: GET /orders -> orders records}}}}
identities:
  clerk: {{kind: agent}}
credentials:
  clerk-key: {{of: clerk, kind: api-key, scopes: ['shop:*']}}
data:
  orders: {{count: 12, class: pii, owner: clerk}}
agents:
  clerk:
    is: clerk
    holds: [clerk-key]
    knows: [shop.list]
    told: []
    fault: harvest
    then: [{{together: [{lines}]}}]
    pace: {{machine: {connections}}}
limits: {{principals: 1}}
"
    );
    plan(text, &[])
}

/// A journal on disk.
pub fn writer(plan: &Arc<Plan>) -> Writer<BufWriter<File>> {
    let file = tempfile::tempfile_in(env!("CARGO_TARGET_TMPDIR")).expect("a file");
    let header = Header {
        format: FORMAT,
        written_by: "bench".into(),
        scenario: "bench".into(),
        variant: None,
        seed: 1,
        plane: "sim".into(),
        truth_applies: false,
        document: serde_json::Value::Null,
        references: serde_json::Value::Null,
    };
    Writer::new(BufWriter::new(file), plan.clone(), &header).expect("a header")
}
