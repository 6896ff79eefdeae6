//! No secret appears in anything that the program writes: not plain, not encoded, not in pieces.

use std::process::Output;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rayon::prelude::*;

use crate::binary::{files, random_file, run_into, runaway};
use crate::support::{LONG, document, library};
use runaway::agent::{Agent, Conduct, Inventory, Part};
use runaway::generate::random_world;
use runaway::model::Plan;
use runaway::scenario::{Document, Overrides};
use runaway::vocabulary::{Scribe, SimVocabulary};
use runaway::wire::{ActorId, Client, Envelope, Log, Next, Outcome, Purpose, Slot, Span, Text};
use runaway::world::World;

/// So many letters and digits of a secret in a row are a leak.
const PIECE: usize = 12;
/// Rotated secrets and minted ones that a run may come to issue, beside those of the start.
const TURNS: u16 = 3;
const MINTED: u32 = 40;

/// Pieces of secrets in every form, by a hash that rolls over the text.
struct Needles {
    hashes: Vec<u64>,
    /// A bit for the low end of each hash: most windows are told apart by it.
    filter: Vec<u64>,
}

const FILTER_BITS: u64 = 1 << 26;
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// The hash of each window of letters and digits; everything else is left out, so that splitting hides nothing.
fn windows(text: &[u8]) -> impl Iterator<Item = u64> + '_ {
    let leaving = (0..PIECE).fold(1u64, |power, _| power.wrapping_mul(FACTOR));
    let mut last = [0u8; PIECE];
    let (mut hash, mut seen) = (0u64, 0usize);
    text.iter().filter(|byte| byte.is_ascii_alphanumeric()).filter_map(move |byte| {
        let gone = std::mem::replace(&mut last[seen % PIECE], *byte);
        hash = hash.wrapping_mul(FACTOR).wrapping_add(u64::from(*byte));
        hash = hash.wrapping_sub(leaving.wrapping_mul(u64::from(gone)));
        seen += 1;
        (seen >= PIECE).then_some(hash)
    })
}

fn mixed(hash: u64) -> u64 {
    (hash ^ (hash >> 32)) % FILTER_BITS
}

impl Needles {
    fn of(secrets: &[String]) -> Needles {
        let mut hashes: Vec<u64> = Vec::new();
        for secret in secrets {
            forms(secret).iter().for_each(|form| hashes.extend(windows(form)));
        }
        hashes.sort_unstable();
        hashes.dedup();
        let mut filter = vec![0u64; (FILTER_BITS / 64) as usize];
        for hash in hashes.iter().map(|hash| mixed(*hash)) {
            filter[(hash / 64) as usize] |= 1 << (hash % 64);
        }
        Needles { hashes, filter }
    }

    /// Whether a piece of a secret stands in the text, as it is or percent-encoded.
    fn found_in(&self, text: &[u8]) -> bool {
        self.stand_in(text) || text.contains(&b'%') && self.stand_in(&percent_decoded(text))
    }

    fn stand_in(&self, text: &[u8]) -> bool {
        windows(text).any(|hash| {
            let bit = mixed(hash);
            self.filter[(bit / 64) as usize] >> (bit % 64) & 1 == 1 && self.hashes.binary_search(&hash).is_ok()
        })
    }
}

fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let byte = after.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match byte.filter(|_| *first == b'%') {
            Some(byte) => {
                decoded.push(byte);
                rest = &after[2..];
            }
            None => {
                decoded.push(*first);
                rest = after;
            }
        }
    }
    decoded
}

/// A secret as it is, and in base64 at each of the three alignments.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let bytes = secret.as_bytes();
    let mut forms = vec![bytes.to_vec()];
    for shift in 0..3 {
        let shifted: Vec<u8> = std::iter::repeat_n(b' ', shift).chain(bytes.iter().copied()).collect();
        let encoded = STANDARD.encode(shifted).into_bytes();
        forms.push(encoded[4..encoded.len() - 4].to_vec());
    }
    forms
}

/// The bytes of every secret that a run of this plan may come to see.
fn secrets(plan: &Plan) -> Vec<String> {
    let scribe = Scribe::new(Arc::new(plan.clone()));
    let mut all = Vec::new();
    for family in plan.family_ids() {
        for index in 0..plan.family(family).count + MINTED {
            for turn in 0..TURNS {
                let mut secret = String::new();
                let text = Text::Generated { family, index, turn };
                scribe.render(text, scribe.claims_at_start(text), &mut secret);
                all.extend(token_id(&secret));
                all.push(secret);
            }
        }
    }
    all
}

/// What a signed token carries as its own id: who knows it knows half of the token.
fn token_id(token: &str) -> Option<String> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&payload).ok()?;
    claims.get("jti")?.as_str().map(str::to_owned)
}

fn needles(document: &Document) -> Needles {
    Needles::of(&secrets(&document.resolve(None, &Overrides::default()).unwrap().plan))
}

#[test]
fn a_leak_would_be_found() {
    let all = secrets(&document(&random_world(3)).resolve(None, &Overrides::default()).unwrap().plan);
    let needles = Needles::of(&all);
    assert!(!needles.found_in(b"{\"event\":\"got\",\"at\":402914,\"by\":1,\"kind\":\"access-token\",\"cred\":12}"));
    for secret in &all {
        let middle = &secret[secret.len() / 2 - PIECE / 2..];
        let wrapped: Vec<String> = secret.as_bytes().chunks(5).map(|c| String::from_utf8_lossy(c).into()).collect();
        let leaks = [
            format!("key={secret};"),
            format!("\"…{}…\"", &middle[..PIECE + 1]),
            wrapped.join("\n  "),
            STANDARD.encode(format!("user:{secret}")),
            URL_SAFE_NO_PAD.encode(format!("ab{secret}cd")),
            secret.bytes().map(|b| format!("%{b:02X}")).collect(),
            secret.bytes().map(|b| format!("%{b:02x}")).collect(),
        ];
        for leak in leaks {
            assert!(needles.found_in(leak.as_bytes()), "{leak}");
        }
    }
}

/// Runs a scenario in one of the ways there are, has its journal told in every way, and looks through all that was written.
fn run_and_search(scenario: &str, how: &[&str], needles: &Needles) {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().to_str().unwrap();
    let ran = runaway([&["run", scenario, "--out", into], how].concat());
    let journal = folder.path().join("journal.ndjson");
    assert!(journal.is_file(), "{scenario}: {}", String::from_utf8_lossy(&ran.stderr));
    let told = ["replay", "explain", "reconstruct"].map(|command| runaway([command, journal.to_str().unwrap()]));
    let shown = runaway(["show", scenario]);
    for output in told.iter().chain([&ran, &shown]) {
        search(output, scenario, needles);
    }
    for (name, bytes) in files(folder.path()) {
        assert!(!needles.found_in(&bytes), "{scenario} {how:?}: a secret stands in {name}");
    }
}

fn search(output: &Output, of: &str, needles: &Needles) {
    for bytes in [&output.stdout, &output.stderr] {
        assert!(!needles.found_in(bytes), "{of}: {}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn the_library_leaks_nothing() {
    for scenario in runaway::library::SCENARIOS {
        let document = library(scenario.name);
        let needles = needles(&document);
        let variants = document.variants().into_iter().map(|v| format!("{}@{}", scenario.name, v.name));
        let all: Vec<String> = std::iter::once(scenario.name.to_owned()).chain(variants).collect();
        let all = all.par_iter().filter(|named| !LONG.contains(&named.as_str()));
        all.for_each(|named| run_and_search(named, &[], &needles));
    }
}

/// On the wire secrets are real bytes: in headers, bodies and paths, and in what servers and clients say of each other.
#[test]
fn the_library_leaks_nothing_over_http() {
    let all: Vec<&str> = runaway::library::SCENARIOS.iter().map(|scenario| scenario.name).collect();
    let all = all.into_par_iter().filter(|name| !LONG.contains(name));
    all.for_each(|name| run_and_search(name, &["--plane", "mock"], &needles(&library(name))));
    let hastily = ["--plane", "mock", "--clock", "wall", "--time-scale", "600"];
    for name in ["wiper", "saas-fanout"] {
        run_and_search(name, &hastily, &needles(&library(name)));
    }
}

#[test]
fn what_is_concluded_from_runs_leaks_nothing() {
    for name in ["wiper", "saas-fanout", "ticket-service-role", "build-postinstall"] {
        let (folder, needles) = (tempfile::tempdir().unwrap(), needles(&library(name)));
        let out = folder.path().join("out");
        for args in [
            &["fix", name][..],
            &["graph", name],
            &["graph", name, "--format", "dot"],
            &["test", name, "--out", out.to_str().unwrap()],
        ] {
            let output = runaway(args.iter().copied());
            assert!(output.status.code().is_some_and(|code| code < 2), "{args:?}: {output:?}");
            search(&output, name, &needles);
        }
        for (file, bytes) in files(&out) {
            assert!(!needles.found_in(&bytes), "{name}: a secret stands in {file}");
        }
    }
}

#[test]
fn random_worlds_leak_nothing() {
    let folder = tempfile::tempdir().unwrap();
    (0..50u64).into_par_iter().for_each(|seed| {
        let path = random_file(seed, folder.path());
        let how: &[&str] = if seed % 2 == 0 { &[] } else { &["--plane", "mock"] };
        run_and_search(path.to_str().unwrap(), how, &needles(&document(&random_world(seed))));
    });
}

#[test]
fn a_message_about_a_broken_journal_leaks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let needles = needles(&library("volume-delete"));
    run_into("volume-delete", folder.path());
    let path = folder.path().join("journal.ndjson");
    let whole = std::fs::read(&path).unwrap();
    for cut in [0, whole.len() / 3, whole.len() / 2, whole.len() - 2] {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let output = runaway(["replay", path.to_str().unwrap()]);
        assert!(!needles.found_in(&output.stdout) && !needles.found_in(&output.stderr), "cut at {cut}");
    }
}

/// One agent alone in a world, for so many requests; everything that can be printed is, at every step.
fn printed(plan: &Arc<Plan>, steps: usize) -> String {
    let mut world = World::new(plan.clone());
    let mut vocabulary = SimVocabulary::new(plan.clone());
    let (mut log, mut slot) = (Log::default(), Slot::default());
    let spec = plan.agents[0].clone();
    let mut now = spec.starts;
    let inventory = Arc::new(Inventory::of(plan));
    let mut agent = Agent::new(plan, &inventory, ActorId::new(0), &spec, Purpose::Agent, Conduct::Faulty(Part::Acts));
    let mut text = format!("{plan:?}");
    for _ in 0..steps {
        let next = agent.next(now, &mut log);
        text.push_str(&format!("{next:?}"));
        match next {
            Next::Send(id, request) => {
                let envelope = Envelope { id, request, back: Span::from_millis(1) };
                let outcome = Outcome::Answer(world.handle(now, &envelope, &mut slot, &mut log));
                text.push_str(&format!("{envelope:?}{outcome:?}{slot:?}"));
                now = now + envelope.back;
                agent.observe(now, id, &outcome, &slot, &mut vocabulary, &mut log);
            }
            Next::WaitUntil(at) => now = at,
            Next::Forge => agent.forge(now, &mut vocabulary),
            Next::AwaitAnswer | Next::Done => break,
        }
        world.advance(now, &mut log);
        text.push_str(&format!("{:?}{:?}{:?}", world.tail(), world.take_changes(), world.take_handed_over()));
    }
    text + &format!("{agent:?}{log:?}{now:?}")
}

#[test]
fn nothing_that_can_be_printed_prints_a_secret() {
    let variants = [("moltbook", Some("rotated-first")), ("wiper", None), ("volume-delete", None)];
    let of_library = variants.map(|(name, variant)| (library(name), variant));
    let random = (0..50).map(|seed| (document(&random_world(seed)), None));
    for (document, variant) in of_library.into_iter().chain(random) {
        let plan = document.resolve(variant, &Overrides::default()).unwrap().plan;
        let needles = Needles::of(&secrets(&plan));
        let text = printed(&Arc::new(plan), 80);
        assert!(text.contains("HeldId"), "{}: nothing was printed", document.name());
        assert!(!needles.found_in(text.as_bytes()), "{}", document.name());
    }
}
