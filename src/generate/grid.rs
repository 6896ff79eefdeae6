//! Many credentials and many operations: a harvesting agent tries each of the one on each of the other.

use std::fmt::Write as _;

/// So many operations to a service.
const PER_SERVICE: u32 = 100;
/// As many departments: a key opens the operations of its own, and everybody has a key of each.
const DEPARTMENTS: u32 = 10;
const CONNECTIONS: u32 = 16;
const LATENCY_MS: u32 = 10;

/// A company of `credentials` keys, all of which lie in one vault, and `operations` operations, of which each key opens
/// a tenth. The keys are rounded up to a multiple of ten, twenty at the least; there are ten operations at the least.
pub fn grid(credentials: u32, operations: u32) -> String {
    let (credentials, operations) = rounded_up(credentials, operations);
    let staff = credentials / DEPARTMENTS;
    let mut text = head(credentials, operations);
    services(&mut text, operations);
    people(&mut text, staff);
    data(&mut text, staff, operations);
    clients(&mut text, operations);
    text
}

/// The keys and operations that such a company has at least.
pub fn rounded_up(credentials: u32, operations: u32) -> (u32, u32) {
    (credentials.div_ceil(DEPARTMENTS).max(2) * DEPARTMENTS, operations.max(DEPARTMENTS))
}

/// So many records such a company has.
pub fn records(credentials: u32, operations: u32) -> u64 {
    let (credentials, operations) = rounded_up(credentials, operations);
    u64::from(credentials / DEPARTMENTS) * u64::from(DEPARTMENTS + operations.div_ceil(PER_SERVICE))
}

fn head(credentials: u32, operations: u32) -> String {
    let tries = (u64::from(credentials) + 2) * u64::from(operations + DEPARTMENTS);
    let seconds = tries * u64::from(LATENCY_MS) / u64::from(1_000 * CONNECTIONS) + 120;
    format!(
        r"# yaml-language-server: $schema=https://runaway.invalid/schemas/scenario.schema.json
#
# Made by `runaway init --from grid:{credentials}x{operations}`: what a run costs with many credentials and operations.
runaway: 1
name: grid-{credentials}x{operations}
story: >
  An agent reads the vault in which the keys of ten departments lie, and tries each key on each operation.
place: production-data
time: {{horizon: {seconds}s}}
"
    )
}

fn services(text: &mut String, operations: u32) {
    let _ = write!(
        text,
        "\nservices:\n  vault:\n    accepts: gateway\n    latency: {LATENCY_MS}ms\n    page: 1_000\n    operations:\n"
    );
    for department in 0..DEPARTMENTS {
        let _ = writeln!(
            text,
            "      list-{department}: {{http: GET /keys-{department} -> keys-{department} records, needs: [vault]}}"
        );
    }
    for service in 0..operations.div_ceil(PER_SERVICE) {
        let accepts = ["gateway", "{mode: jwt, leeway: 30s}", "{mode: introspect, cache: 30s}"][service as usize % 3];
        let _ = write!(
            text,
            "  s{service}:\n    accepts: {accepts}\n    latency: {LATENCY_MS}ms\n    rows: owner\n    operations:\n"
        );
        for op in service * PER_SERVICE..operations.min((service + 1) * PER_SERVICE) {
            let _ = writeln!(text, "      o{op}: {{{}, needs: [d{}]}}", deed(service, op), op % DEPARTMENTS);
        }
    }
}

/// Each department has every kind of operation.
fn deed(service: u32, op: u32) -> String {
    match op / DEPARTMENTS % 4 {
        0 => format!("http: GET /o{op} -> files-{service} records"),
        1 => format!("http: GET /o{op} -> files-{service} ids"),
        2 => format!("http: POST /o{op}, effect: execute, on: files-{service}"),
        _ => format!("http: GET /o{op} -> files-{service} count"),
    }
}

fn people(text: &mut String, staff: u32) {
    let _ = write!(text, "\nidentities:\n  intern: {{kind: agent}}\n  staff: {{kind: agent, count: {staff}}}\n");
    text.push_str("\ncredentials:\n  badge: {of: intern, kind: api-key, scopes: [vault]}\n");
    for department in 0..DEPARTMENTS {
        let _ = writeln!(text, "  key-{department}: {{one_per: staff, kind: api-key, scopes: [d{department}]}}");
    }
}

fn data(text: &mut String, staff: u32, operations: u32) {
    text.push_str("\ndata:\n");
    for department in 0..DEPARTMENTS {
        let _ =
            writeln!(text, "  keys-{department}: {{count: {staff}, class: secret, holds: \"key-{department}-{{n}}\"}}");
    }
    for service in 0..operations.div_ceil(PER_SERVICE) {
        let _ = writeln!(text, "  files-{service}: {{count: {staff}, class: internal, owner: \"staff-{{n}}\"}}");
    }
}

fn clients(text: &mut String, operations: u32) {
    let all: Vec<String> = (0..operations.div_ceil(PER_SERVICE)).map(|service| format!("s{service}.*")).collect();
    let _ = write!(
        text,
        r"
agents:
  attacker:
    is: intern
    holds: [badge]
    knows: [vault.*, {all}]
    told: []
    fault: {{harvest: {{strategy: breadth}}}}
    pace: {{machine: {CONNECTIONS}}}

benign:
  clerk:
    is: staff-1
    holds: [key-0-1]
    knows: [s0.o0]
    told: [{{do: s0.o0, endless: yes}}]
    pace: {{human: 5s}}
  job:
    is: staff-1
    holds: [key-0-1]
    knows: [s0.o0]
    told: [{{do: s0.o0, endless: yes}}]
    pace: {{rate: 10/s}}

detect:                                  # nobody answers: what counts here is what watching costs
  burst:     {{requests: 1_000, within: 1s, by: principal}}
  fan-out:   {{operations: 50, within: 1min, by: principal}}
  bulk:      {{records: 5_000, within: 1min, by: credential}}
  deletions: {{deletes: 5, within: 10s, by: everyone}}
  decoy:     {{canary: badge, by: credential}}

limits: {{principals: 1}}
expect_verdict: fail
",
        all = all.join(", "),
    );
}
