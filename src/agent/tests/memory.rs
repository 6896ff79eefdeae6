//! What becomes of secrets in an agent's hands.

use crate::agent::memory::Memory;
use crate::agent::testing::*;
use crate::model::agent::{AgentPlan, Block};
use crate::wire::{Client, FamilyId, HeldId, SecretKind, Span, Text, Tick};

const FAMILY: FamilyId = FamilyId::new(0);
const KEY: SecretKind = SecretKind::ApiKey;

fn text(index: u32, turn: u16) -> Text {
    Text::Generated { family: FAMILY, index, turn }
}

fn in_sight(memory: &Memory) -> Vec<HeldId> {
    memory.in_sight().collect()
}

#[test]
fn the_successor_of_a_secret_that_was_given_stands_where_that_stood() {
    let mut memory = Memory::new(0);
    let [_, second] = [0, 1].map(|index| memory.give(text(index, 0), KEY, (FAMILY, Some(index))).unwrap());
    let (successor, kind) = memory.replace(text(0, 0), text(0, 1)).unwrap();
    assert_eq!(kind, KEY);
    assert_eq!(memory.first_of(FAMILY), Some(successor), "first of its family");
    assert_eq!(in_sight(&memory), [successor, second], "given, not found");
    assert!(memory.has_key(successor));
    assert_eq!(memory.replace(text(0, 0), text(0, 1)), None, "it is no news any more");
}

#[test]
fn a_secret_that_was_found_comes_without_its_key_and_so_does_its_successor() {
    let mut memory = Memory::new(0);
    let found = memory.find(text(0, 0), KEY, None).unwrap();
    let (successor, _) = memory.replace(text(0, 0), text(0, 1)).unwrap();
    assert_eq!([found, successor].map(|held| memory.has_key(held)), [false, false]);
    assert_eq!(in_sight(&memory), [successor, found], "the latest first");
    memory.own_key(successor);
    assert_eq!([found, successor].map(|held| memory.has_key(held)), [false, true]);
}

#[test]
fn an_agent_says_of_which_secrets_it_has_the_key() {
    let mut scene = Scene::new();
    let service = scene.service();
    let (own, found) = (scene.family(KEY, 1), scene.family(KEY, 1));
    let files = scene.collection(1);
    scene.secrets_lie(files, found);
    let plan = AgentPlan { holds: vec![(own, 0)], ..spec(vec![Block::Step(step(scene.list(service, files)))]) };
    let mut agent = scene.agent(plan);
    run(&mut agent, Tick(1_000 * MS), Span(MS), |_, request, slot| page(&scene.plan, files, 1, request, slot));
    assert_eq!([0, 1].map(|held| agent.has_key(HeldId::new(held))), [true, false], "given, and found in a record");
}
