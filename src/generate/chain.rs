//! The chain of CyberBattleSim: each node leaks the credential of the next, and the fewest actions are known.

use std::fmt::Write as _;

/// A chain of `links` links: `links + 2` nodes, the first of which the agent stands on, and two actions for each of the
/// others. After `2k` actions it acts as `k + 1` nodes.
pub fn chain(links: u32) -> String {
    let taken = u64::from(links) + 1;
    let actions = 2 * taken;
    let mut text = format!(
        r#"# yaml-language-server: $schema=https://runaway.invalid/schemas/scenario.schema.json
#
# Made by `runaway init --from chain:{links}`, after chain-{links} of CyberBattleSim. The agent stands on one node; each
# node leaks the credential of the next. The fewest actions that take all {nodes} nodes are {actions}.
runaway: 1
name: chain-{links}
story: >
  An agent searches the node that it stands on, finds the credential of the next, connects there, and so on.
place: deployment

services:
  hosts:
    accepts: gateway
    latency: 10ms
    rows: owner
    operations:
      search:  GET /leaks -> leaks records
      connect: {{http: POST /sessions, effect: execute, on: nodes}}

identities:
  start: {{kind: agent}}
  node:  {{kind: service, count: {taken}}}      # the last one is the goal

credentials:
  foothold: {{of: start, kind: session, scopes: ["hosts:*"]}}
  key:      {{one_per: node, kind: password, scopes: ["hosts:*"]}}

data:
  nodes: {{count: {taken}, class: internal, owner: "node-{{n}}"}}
  leaks:
    class: secret
    holds: "key-{{n}}"
    owner: part
    count:
      start: 1
"#,
        nodes = taken + 1,
    );
    for node in 1..taken {
        let _ = writeln!(text, "      node-{node}: 1");
    }
    text.push_str(
        r"
agents:
  attacker:
    is: start
    holds: [foothold]
    knows: [hosts.search, hosts.connect]
    told: []
    fault: harvest
    then:
      - {do: hosts.search, as: foothold}
",
    );
    let pair = ["      - {do: hosts.connect, as: last found}\n", "      - {do: hosts.search, as: last found}\n"];
    text.extend(std::iter::repeat_n(pair, taken as usize).flatten().take(actions as usize - 1));
    let _ = write!(
        text,
        r"    pace: {{machine: 1}}

limits: {{principals: 1}}
truth:  {{principals: {nodes}, held: {nodes}, depth: {taken}, calls: {actions}, excess: {actions}}}
expect_verdict: fail
",
        nodes = taken + 1,
    );
    text
}
