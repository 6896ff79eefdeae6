//! Services and their operations.

use std::fmt::Write as _;

use super::cast::{Cast, Deed, Operation};
use super::dice::{Dice, Part};
use super::fields::{Fields, list, quoted};
use super::whole::Whole;

const DENIALS: [&str; 4] = ["401", "403", "404", "empty"];
const RULES: [&str; 7] = ["anyone", "anyone", "anyone", "anyone", "anyone", "owner", "tenant"];
const LATENCIES: [&str; 5] = ["20ms", "25ms", "20ms..60ms", "30ms..31ms", "50ms"];

pub fn services(seed: u64, cast: &Cast, mut whole: Option<&mut Whole>) -> String {
    let mut dice = Dice::new(seed, Part::Services);
    let mut text = String::from("\nservices:\n");
    for service in &cast.services {
        let fields = Fields::default()
            .with_if(service.provider, "kind", "identity-provider")
            .with("accepts", accepts(&mut dice))
            .with("latency", dice.pick(&LATENCIES))
            .with("page", dice.between(1, 20))
            .with("denies", dice.pick(&DENIALS))
            .with("rows", dice.pick(&RULES))
            .with("replicas", dice.between(1, 3));
        let audited = dice.some(&["principal", "credential", "address", "object"], 4);
        let fields = fields.with_if(!dice.one_in(3), "audit", list(audited));
        let fields = match &mut whole {
            Some(whole) => whole.service(fields),
            None => fields,
        };
        let mut operations = Vec::new();
        for spec in &service.operations {
            let fields = operation(spec, cast, &mut dice);
            let fields = match &mut whole {
                Some(whole) => whole.operation(fields, &format!("{}.{}", service.name, spec.name), spec.deed),
                None => fields,
            };
            operations.push(format!("{}: {fields}", spec.name));
        }
        let _ = writeln!(text, "  {}:\n{}    operations:", service.name, fields.block(4));
        for operation in operations {
            let _ = writeln!(text, "      {operation}");
        }
    }
    text
}

/// All six ways to validate.
fn accepts(dice: &mut Dice) -> String {
    let span = |dice: &mut Dice| format!("{}ms", dice.pick(&[0, 100, 350, 900, 2_000]));
    match dice.between(1, 6) {
        1 => "none".to_owned(),
        2 => "gateway".to_owned(),
        3 => Fields::default().with("mode", "jwt").with("leeway", span(dice)).to_string(),
        4 => {
            Fields::default().with("mode", "introspect").with("cache", span(dice)).with("stale", span(dice)).to_string()
        }
        5 => Fields::default().with("mode", "push").with("delay", span(dice)).to_string(),
        _ => Fields::default().with("mode", "api-key").with("cache", span(dice)).to_string(),
    }
}

fn operation(operation: &Operation, cast: &Cast, dice: &mut Dice) -> Fields {
    let fields = deed(operation, cast, dice);
    let fields = match dice.between(1, 14) {
        1 => fields.with("needs", "[reader]"),
        2 => fields.with("needs", "[[reader], [admin]]"),
        3 => fields.with("needs", "[[reader, admin]]"),
        4 if dice.one_in(4) => fields.with("needs", "[]"),
        _ => fields,
    };
    let fields = fields
        .with_if(dice.one_in(6), "documented", "no")
        .with_if(dice.one_in(5), "reversible", dice.pick(&["no", "500ms", "1h"]))
        .with_if(dice.one_in(5), "denies", dice.pick(&DENIALS))
        .with_if(dice.one_in(4), "rows", dice.pick(&RULES))
        .with_if(dice.one_in(6), "page", dice.between(1, 7))
        .with_if(dice.one_in(6), "latency", dice.pick(&LATENCIES))
        .with_if(dice.one_in(6), "costs", dice.pick(&["$0.25", "$1", "0.002"]))
        .with_if(dice.one_in(8), "selector", Fields::default().with("action", &operation.name));
    let fields = match dice.between(1, 16) {
        1 => fields.with("effect_after", "150ms"),
        2 => fields.with("effect_after", "900ms").with("recheck", "yes"),
        _ => fields,
    };
    let elsewhere = dice.pick(&cast.operations()).0.clone();
    let moves = dice.one_in(15) && !elsewhere.ends_with(&format!(".{}", operation.name));
    fields.with_if(moves, "redirects", elsewhere)
}

fn deed(operation: &Operation, cast: &Cast, dice: &mut Dice) -> Fields {
    let name = &operation.name;
    let coll = |at: usize| cast.collections[at].group.name;
    let http = |line: String| Fields::default().with("http", quoted(line));
    let shown = *dice.pick(&["records", "records", "records", "records", "ids", "count"]);
    let changes = *dice.pick(&["write", "execute", "send", "grant"]);
    match operation.deed {
        Deed::List(at) => http(format!("GET /{name} -> {} {shown}", coll(at))),
        Deed::ListInside(at) => {
            let parent = cast.collections[at].inside.map_or("", coll);
            http(format!("GET /{name}/{{id}} -> {} {shown}", coll(at))).with("inside", parent)
        }
        Deed::Get(at) => http(format!("GET /{name}/{{id}} -> {} {shown}", coll(at))),
        Deed::Change(at) => http(format!("PATCH /{name}/{{id}}")).with("on", coll(at)).with("effect", changes),
        Deed::Delete(at) if dice.one_in(5) => {
            http(format!("POST /{name}")).with("on", coll(at)).with("one", "yes").with("effect", "delete")
        }
        Deed::Delete(at) => http(format!("DELETE /{name}/{{id}}")).with("on", coll(at)),
        Deed::Sweep(at) if dice.one_in(2) => http(format!("DELETE /{name}")).with("on", coll(at)),
        Deed::Sweep(at) => http(format!("PUT /{name}")).with("on", coll(at)).with("effect", changes),
        Deed::Create(at) => http(format!("POST /{name}")).with("creates", coll(at)),
        Deed::Mint(at) => {
            let fields = http(format!("POST /{name}")).with("mints", cast.families[at].group.name);
            let refresh = dice.pick(&cast.families).group.name;
            match dice.between(1, 5) {
                1 => fields.with("grant", "client-credentials"),
                2 => fields.with("grant", "refresh-token").with("refresh", refresh),
                3 => fields.with("grant", "refresh-token rotating").with("refresh", refresh),
                4 => fields.with("grant", "token-exchange"),
                _ => fields,
            }
        }
        Deed::Ping => http(format!("POST /{name}")).with("effect", "execute"),
    }
}
