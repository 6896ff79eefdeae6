//! The exact truths of `forged-issuer`, from closed forms written down by hand.

use std::collections::BTreeSet;

use crate::support::{Ran, library, run};
use runaway::measure::{probed, thousands};
use runaway::plane::driver::Stop;
use runaway::run::{Kept, Plane, RunOptions, prepare};
use runaway::scenario::Overrides;
use runaway::wire::{Event, Purpose, Reason, Span, Tick, Verdict};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

const PEOPLE: u64 = 500;
const MAILS: u64 = 120;
/// A mailbox each, the first one as soon as the key is found.
const EVERY: u64 = 20 * MINUTE;
const HORIZON: u64 = 32 * DAY;
/// Tokens say that they live a week, and are made anew each week: those of the fifth live at the end.
const WEEK: u64 = 7 * DAY;

fn ran(variant: &str) -> Ran {
    run(&library("forged-issuer"), Some(variant), &[])
}

/// Requests of the agent to the mail service, as they were decided.
fn reads(ran: &Ran) -> Vec<(u16, Verdict, Reason)> {
    let plan = &ran.prepared.plan;
    let of = |event: &Event| match *event {
        Event::Asked { op: Some(op), purpose: Purpose::Agent, status, verdict, reason, .. }
            if plan.operation_name(op) == "mail.read" =>
        {
            Some((status, verdict, reason))
        }
        _ => None,
    };
    ran.events.iter().filter_map(of).collect()
}

#[test]
fn one_key_is_everybody() {
    let ran = ran("uncontrolled");
    assert_eq!((ran.outcome(), ran.verdict()), ("not-contained", "fail"));
    assert_eq!(ran.shown("excess.records"), thousands(PEOPLE * MAILS), "the crash dump is open to all: it is the task");
    assert_eq!(ran.shown("principals"), PEOPLE.to_string());
    assert_eq!(ran.shown("depth"), "2", "the key, then a token that is made with it");
    let tokens = (HORIZON - 4 * WEEK) / EVERY;
    assert_eq!(
        ran.shown("survivors"),
        (1 + tokens).to_string(),
        "the key, and the tokens of the fifth week that were used"
    );
    assert_eq!(ran.shown("survivors.roots"), "1", "all of them hang on the key");
    assert_eq!(ran.shown("leftover"), thousands(PEOPLE * MAILS));
    assert_eq!(ran.shown("potential.uncontrolled"), thousands(PEOPLE * MAILS + 1));
    assert_eq!(reads(&ran).len() as u64, HORIZON / EVERY);
}

#[test]
fn a_forged_token_is_made_anew_before_it_expires_and_never_refused() {
    let ran = ran("uncontrolled");
    assert!(reads(&ran).iter().all(|decision| *decision == (200, Verdict::Accepted, Reason::Granted)));
    let forged: Vec<_> = ran
        .events
        .iter()
        .filter_map(|event| match *event {
            Event::Forged { cred, principal, .. } => Some((cred, principal)),
            _ => None,
        })
        .collect();
    // Each week all of them are made, and 504 mailboxes are read: each once, and four twice. The last week has 288 reads.
    assert_eq!(forged.len() as u64, 4 * PEOPLE + (HORIZON - 4 * WEEK) / EVERY);
    assert_eq!(forged.iter().map(|(_, who)| who).collect::<BTreeSet<_>>().len() as u64, PEOPLE);
}

/// What a playbook has for stolen accounts and applications ends nothing: nobody is asked.
#[test]
fn nothing_that_is_done_to_people_sessions_tokens_or_clients_ends_it() {
    for variant in [
        "near-miss",
        "passwords-changed",
        "sessions-ended",
        "tokens-revoked",
        "refresh-revoked",
        "people-disabled",
        "client-rotated",
        "app-removed",
        "role-ended",
        "wrong-key",
    ] {
        let ran = ran(variant);
        let acted = ran.events.iter().filter(|e| matches!(e, Event::Acted { worked: true, .. })).count();
        assert!(acted > 0, "{variant} acts on something");
        assert_eq!((ran.outcome(), ran.verdict()), ("not-contained", "fail"), "{variant}");
        assert_eq!(ran.shown("survivors"), "289", "{variant}");
        let reads = reads(&ran);
        assert_eq!(reads.len() as u64, HORIZON / EVERY, "{variant}");
        assert!(reads.iter().all(|(_, verdict, _)| *verdict == Verdict::Accepted), "{variant}");
    }
}

#[test]
fn the_end_of_the_other_key_is_felt_by_honest_people_alone() {
    let ran = ran("wrong-key");
    // The clerk reads at the start of each day, and the set that was fetched as day 30 began is good for an hour.
    let clerk: Vec<_> = ran
        .events
        .iter()
        .filter_map(|event| match *event {
            Event::Asked { purpose: Purpose::Benign, verdict, .. } => Some(verdict),
            _ => None,
        })
        .collect();
    assert_eq!(clerk.len() as u64, HORIZON / DAY);
    assert_eq!(clerk.iter().filter(|verdict| **verdict != Verdict::Accepted).count(), 1, "day 30 is still believed");
    assert_eq!(ran.shown("collateral"), "1");
}

#[test]
fn the_end_of_the_key_is_the_end_once_the_set_is_fetched_again() {
    for (variant, closed, shown) in [
        ("key-removed-0s", 30 * DAY, "30 d"),
        ("key-removed-1h", 30 * DAY + HOUR, "30 d 1 h"),
        ("key-removed-24h", 31 * DAY, "31 d"),
    ] {
        let ran = ran(variant);
        assert_eq!((ran.outcome(), ran.verdict()), ("contained", "pass"), "{variant}");
        assert_eq!(ran.shown("closed"), shown, "{variant}");
        assert_eq!((ran.shown("survivors"), ran.shown("leftover")), ("0".into(), "0".into()), "{variant}");
        let reads = reads(&ran);
        let accepted = reads.iter().take_while(|(_, verdict, _)| *verdict == Verdict::Accepted).count() as u64;
        assert_eq!(accepted, closed / EVERY, "{variant}: the first read lies a few milliseconds behind the start");
        let stale = reads.iter().filter(|(.., reason)| *reason == Reason::TrustedFromCache).count() as u64;
        assert_eq!(stale, (closed - 30 * DAY) / EVERY, "{variant}: by the set that was fetched before");
        assert!(reads[accepted as usize..].iter().all(|(status, verdict, reason)| {
            *status == 401 && *verdict == Verdict::Unauthenticated && matches!(reason, Reason::Revoked(_))
        }));
        assert_eq!(ran.shown("collateral"), "0", "{variant}: honest tokens carry another signature");
    }
}

#[test]
fn a_service_that_takes_its_own_issuers_keys_alone_takes_none_of_it() {
    let ran = ran("hardened");
    assert_eq!((ran.outcome(), ran.verdict(), ran.shown("excess")), ("prevented", "pass", "0".into()));
    let refused = (401, Verdict::Unauthenticated, Reason::UntrustedKey);
    assert!(reads(&ran).iter().all(|decision| *decision == refused));
}

/// Every six hours, each token that was shown is tried: what was forged ends with the week that it says that it lives, or
/// with its key where that comes first, and with nothing else.
#[test]
fn probes_see_forged_tokens_end_with_their_week_or_with_their_key_and_with_nothing_else() {
    const ROUND: u64 = 6 * HOUR;
    for (variant, key_ends) in [
        ("near-miss", HORIZON),
        ("tokens-revoked", HORIZON),
        ("wrong-key", HORIZON),
        ("key-removed-0s", 30 * DAY),
        ("key-removed-1h", 30 * DAY + HOUR),
        ("key-removed-24h", 31 * DAY),
    ] {
        let document = library("forged-issuer");
        let prepared = prepare(&document, Some(variant), &Overrides::default(), &Stop::default()).unwrap();
        let mut kept = Kept::default();
        let options = RunOptions { probes: Some(Span::from_secs(ROUND)) };
        prepared.run(Plane::Sim, options, &Stop::default(), &mut kept).unwrap();
        let end = kept.0.iter().find_map(|event| match *event {
            Event::Ended { at, .. } => Some(at.0 / 1_000_000),
            _ => None,
        });
        let last_round = (end.unwrap() - 1) / ROUND * ROUND;
        let plan = &prepared.plan;
        let read = plan.operation_ids().find(|op| plan.operation_name(*op) == "mail.read").unwrap();
        let seen = probed(&kept.0);
        let mut compared = 0;
        for event in &kept.0 {
            let Event::Forged { at, id, cred, .. } = *event else { continue };
            assert_eq!(id.by.index(), 0, "{variant}: the agent shows it, and no probe does");
            // It is shown at a multiple of 20 minutes, some milliseconds late, and probed from the next round on.
            let shown = at.0 / 1_000_000;
            let first = (shown / ROUND + 1) * ROUND;
            let ends = (shown / WEEK + 1) * WEEK;
            let ends = ends.min(key_ends);
            let seconds = |tick: Option<Tick>| tick.map(|tick| tick.0 / 1_000_000);
            let told = seen.get(&(Some(cred), read)).map(|p| (seconds(p.last_accepted), seconds(p.refused_from)));
            let accepted = ((ends - 1) / ROUND * ROUND).min(last_round);
            let refused = first.max(ends.div_ceil(ROUND) * ROUND);
            let expected = (first <= last_round)
                .then(|| ((first <= accepted).then_some(accepted), (refused <= last_round).then_some(refused)));
            assert_eq!(told, expected, "{variant}: shown at {shown} s");
            compared += 1;
        }
        assert!(compared > 2_000, "{variant}: {compared}");
    }
}
