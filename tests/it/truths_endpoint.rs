//! The exact truths of `wrong-endpoint`, from closed forms written down by hand.

use crate::rights::decisions;
use crate::support::{Ran, library, run};
use runaway::measure::thousands;
use runaway::wire::{Reason, Verdict};

const PRICES: u64 = 1_000;
const CUSTOMERS: u64 = 20_000;

fn ran(variant: Option<&str>) -> Ran {
    run(&library("wrong-endpoint"), variant, &[])
}

#[test]
fn every_call_but_the_first_two_goes_where_no_inventory_looks() {
    for variant in [None, Some("uncontrolled"), Some("near-miss")] {
        let ran = ran(variant);
        assert_eq!((ran.outcome(), ran.verdict()), ("not-contained", "fail"), "{variant:?}");
        assert_eq!(ran.shown("excess.write"), thousands(PRICES));
        assert_eq!(ran.shown("excess.records"), thousands(CUSTOMERS), "one page of an export");
        assert_eq!(ran.shown("visibility.undocumented"), "2");
        assert_eq!(decisions(&ran, "live.set-price").len() as u64, PRICES);
        assert_eq!(decisions(&ran, "live.export"), [(200, Verdict::Accepted, Reason::Granted)]);
        // The redirect at 0, its target at 20 ms, then a price each 20 ms, and the export.
        assert_eq!(ran.finished.measures.reach.last_effect.map(|t| t.0), Some(20_000 * (2 + PRICES)));
        assert_eq!(ran.shown("survivors"), "1");
    }
}

#[test]
fn an_audience_that_is_checked_refuses_each_call_as_unauthenticated() {
    let ran = ran(Some("hardened"));
    assert_eq!((ran.outcome(), ran.verdict(), ran.shown("excess")), ("prevented", "pass", "0".into()));
    let refused = (401, Verdict::Unauthenticated, Reason::Audience);
    assert!(decisions(&ran, "live.set-price").iter().all(|decision| *decision == refused));
    assert_eq!(decisions(&ran, "live.export"), [refused]);
}

#[test]
fn a_gateway_that_knows_the_inventory_lets_none_of_them_through() {
    let ran = ran(Some("inventory-only"));
    assert_eq!((ran.outcome(), ran.verdict(), ran.shown("excess")), ("prevented", "pass", "0".into()));
    assert_eq!(ran.shown("visibility.undocumented"), "0");
}
