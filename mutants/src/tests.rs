use std::collections::BTreeSet;

use crate::edit::render;
use crate::operators::{Mutant, mutate};

/// The mutants of a file, and the file with their switches, in which `N?` stands for the question for mutant `N`.
fn mutated(source: &str, dropped: &[u32]) -> (Vec<Mutant>, String) {
    let mut mutants = Vec::new();
    let mut edits = mutate("a.rs", source, &mut mutants).unwrap().edits;
    let text = render(source, &mut edits, &BTreeSet::from_iter(dropped.iter().copied())).text;
    let short = text.split("crate::mutants::is(").map(|part| part.replacen(')', "?", 1)).collect::<Vec<_>>();
    let first = text.split("crate::mutants::is(").next().unwrap_or_default();
    (mutants, format!("{first}{}", short[1..].concat()))
}

fn text(source: &str) -> String {
    mutated(source, &[]).1
}

#[test]
fn a_body_returns_early() {
    let early = "fn f() -> bool { if 1? { return true; } if 2? { return false; } g() }";
    assert_eq!(text("fn f() -> bool { g() }"), early);
    assert_eq!(text("fn f() -> bool { true }"), "fn f() -> bool { if 1? { return false; } true }");
}

#[test]
fn operands_of_a_mutant_are_as_they_were() {
    let (mutants, text) = mutated("fn new() { x = a == b && c; }", &[1]);
    assert_eq!(text, "fn new() { x = (if 2? { (a == b) || c } else { (if 3? { a != b } else { a == b }) && c }); }");
    let found: Vec<(usize, &str)> = mutants.iter().map(|mutant| (mutant.column, &mutant.what[..])).collect();
    assert_eq!(found, [(12, "body replaced by ()"), (23, "&& replaced by ||"), (18, "== replaced by !=")]);
}

#[test]
fn what_does_not_compile_leaves_no_trace() {
    assert_eq!(mutated("fn f() { x += -y; }", &[1, 2, 3, 4]).1, "fn f() { x += -y; }");
}

#[test]
fn chains_constants_and_tests_have_no_switch() {
    let chain = "fn f() { if let A = a && b {} }";
    let (mutants, text) = mutated(chain, &[1]);
    assert_eq!(text, chain);
    assert_eq!(mutants[1].without.as_deref(), Some("a chain of `let`"));
    for source in ["const A: u32 = 1 + 2;", "const fn f() -> u32 { 1 + 2 }", "fn f(a: [u8; 1 + 2]) {}"] {
        assert_eq!(self::text(source), source);
    }
    assert!(mutated("#[cfg(test)]\nmod tests { fn f() { g() } }\n#[test]\nfn t() { g() }", &[]).0.is_empty());
}

#[test]
fn arms_are_deleted_where_another_takes_all() {
    let arms = "fn f() { match x { A | B => a, C(d) if d => b, _ => c } }";
    let switched = "fn f() { match x { A | B if !2? => a, C(d) if 3? || !4? && (d) => b, _ => c } }";
    assert_eq!(mutated(arms, &[1]).1, switched);
}

#[test]
fn iterators_are_of_one_type() {
    let (mutants, text) = mutated("fn f() -> impl Iterator<Item = bool> { g() }", &[2, 3]);
    assert_eq!(mutants.len(), 3);
    assert!(text.contains("if 1? { crate::mutants::Either::A(::std::iter::empty()) } else {"), "{text}");
    assert!(text.contains("Either::<::std::iter::Empty<_>, ::std::iter::Once<_>, _>::C({ g()  }) }"), "{text}");
}
