//! Windows that lend each other memory, and count what they would count alone.

use super::super::windows::Said;
use super::*;
use crate::model::{Draws, Stream};
use crate::wire::{Key, OpId};

fn audit(at: u64, op: u32) -> Audit {
    let (at, op) = (Tick(at), OpId::new(op));
    Audit { at, op, principal: None, cred: None, from: None, allowed: true, status: 200, rows: 0, objects: None }
}

fn place(at: usize) -> Place {
    Place { at, said: Said { key: Key::Global, what: None } }
}

/// Adds a record of a caller at each time, and gives what came of them.
fn added(counters: &mut Counters, threshold: u64, records: &[(usize, u64)]) -> Vec<Option<u64>> {
    let add = |(caller, at): &(usize, u64)| {
        counters.add(&audit(*at, *at as u32), place(*caller), 1, (threshold, Span(100))).map(|since| since.0)
    };
    records.iter().map(add).collect()
}

#[test]
fn a_window_that_still_counts_lends_no_memory() {
    let mut sliding = Counters::sliding(false);
    let seen = added(&mut sliding, 4, &[(0, 0), (0, 1), (0, 2), (1, 3), (1, 4), (0, 5)]);
    assert_eq!(seen, [None, None, None, None, None, Some(0)], "the fourth of the first caller, since its first");
    let mut tumbling = Counters::distinct(false);
    let seen = added(&mut tumbling, 4, &[(0, 0), (0, 1), (0, 2), (1, 3), (1, 4), (0, 5)]);
    assert_eq!(seen, [None, None, None, None, None, Some(0)]);
}

#[test]
fn a_window_counts_late_in_a_run_as_it_does_at_its_start() {
    for counters in [&mut Counters::sliding(false), &mut Counters::distinct(false)] {
        let late = [(0, 1_000), (0, 1_001), (0, 1_002), (1, 1_003), (1, 1_004), (0, 1_005)];
        assert_eq!(added(counters, 4, &late), [None, None, None, None, None, Some(1_000)]);
    }
}

#[test]
fn a_window_that_is_over_begins_anew_whoever_has_its_memory() {
    let mut sliding = Counters::sliding(false);
    let seen = added(&mut sliding, 3, &[(0, 0), (0, 1), (1, 200), (1, 201), (0, 202), (0, 203), (1, 204), (0, 205)]);
    assert_eq!(seen, [None, None, None, None, None, None, Some(200), Some(202)]);
}

#[test]
fn a_window_that_is_seldom_used_tells_what_any_other_tells() {
    let mut draws = Stream::new(1, Draws::Generation, 0);
    let mut told = 0;
    for threshold in 0..6 {
        for within in [0, 1, 20, 200].map(Span) {
            let (mut window, mut seldom) = (Sliding::default(), Seldom::default());
            let mut now = Tick::ZERO;
            for _ in 0..500 {
                now = now + Span(draws.below(60));
                let weight = draws.below(4);
                let since = window.add(now, weight, threshold, within);
                assert_eq!(seldom.add(now, weight, threshold, within), since, "{threshold} within {within:?}");
                assert!(!seldom.is_over(now, within) || window.is_over(now, within));
                told += usize::from(since.is_some());
            }
        }
    }
    assert!(told > 1_000, "{told} alarms");
}

#[test]
fn what_is_forgotten_when_it_is_over_counts_as_if_it_were_kept() {
    let mut draws = Stream::new(2, Draws::Generation, 0);
    let (mut forgotten, mut told) = (0, 0);
    for threshold in 0..6 {
        for within in [0, 1, 20, 200].map(Span) {
            let (mut kept, mut seldom) = (Seldom::default(), Seldom::default());
            let mut now = Tick::ZERO;
            for _ in 0..500 {
                now = now + Span(draws.below(60));
                let weight = draws.below(4);
                if seldom.is_over(now, within) {
                    seldom = Seldom::default();
                    forgotten += 1;
                }
                let since = kept.add(now, weight, threshold, within);
                assert_eq!(seldom.add(now, weight, threshold, within), since, "{threshold} within {within:?}");
                told += usize::from(since.is_some());
            }
        }
    }
    assert!(forgotten > 1_000 && told > 1_000, "{forgotten} forgotten, {told} alarms");
}

#[test]
fn a_window_that_is_seldom_used_is_over_when_its_time_has_passed() {
    let (within, long) = (Span(100), Span::ZERO);
    let over = |records: &[u64], now: u64, within: Span| {
        let mut seldom = Seldom::default();
        records.iter().for_each(|at| {
            seldom.add(Tick(*at), 1, 9, within);
        });
        seldom.is_over(Tick(now), within)
    };
    for records in [&[][..], &[7], &[6, 7]] {
        assert!(over(records, 107, within), "{records:?}");
        assert_eq!(over(records, 106, within), records.is_empty(), "{records:?}");
        assert!(!over(records, 107, long), "without a window, everything counts for ever: {records:?}");
    }
}
