use super::*;

#[test]
fn limits_hold_at_their_edge() {
    assert_eq!(Measured::count(5).within(&Expected::Count(5)), Some(true));
    assert_eq!(Measured::count(6).within(&Expected::Count(5)), Some(false));
    assert_eq!(Measured::Never.within(&Expected::Time(Span::SECOND)), Some(false));
    assert_eq!(Measured::unknown("x").within(&Expected::Count(5)), None);
    assert_eq!(Measured::Bounded { lo: 1, hi: 9 }.within(&Expected::Count(5)), None);
    assert_eq!(Measured::Bounded { lo: 6, hi: 9 }.within(&Expected::Count(5)), Some(false));
    assert_eq!(Measured::Bounded { lo: 1, hi: 5 }.within(&Expected::Count(5)), Some(true));
}

#[test]
fn a_range_holds_at_both_edges() {
    let five_to_nine = Demand::Between { least: Expected::Count(5), most: Expected::Count(9) };
    let met: Vec<u64> = (0..20).filter(|n| Measured::count(*n).meets(&five_to_nine) == Some(true)).collect();
    assert_eq!(met, [5, 6, 7, 8, 9]);
    assert_eq!(Measured::Bounded { lo: 6, hi: 8 }.meets(&five_to_nine), Some(true));
    assert_eq!(Measured::Bounded { lo: 6, hi: 10 }.meets(&five_to_nine), None);
    assert_eq!(Measured::Bounded { lo: 10, hi: 12 }.meets(&five_to_nine), Some(false));
}

#[test]
fn what_never_came_is_later_than_any_time() {
    let an_hour = Expected::Time(Span::from_secs(3_600));
    assert_eq!(Measured::Never.meets(&Demand::AtLeast(an_hour.clone())), Some(true));
    assert_eq!(Measured::Never.meets(&Demand::AtMost(an_hour)), Some(false));
}

#[test]
fn a_sample_says_no_more_than_its_interval() {
    let sample = Measured::Sampled { mean: 2.0, lo: 1.8, hi: 2.2 };
    assert_eq!(sample.equals(&Expected::Count(2)), Some(true));
    assert_eq!(sample.equals(&Expected::Number(2.5)), Some(false));
    assert_eq!(sample.within(&Expected::Number(2.3)), Some(true));
    assert_eq!(sample.within(&Expected::Count(2)), None);
    assert_eq!(sample.within(&Expected::Share(0.99)), Some(false));
}

#[test]
fn bounds_tell_what_lies_outside_them() {
    let bounds = Measured::Bounded { lo: 6, hi: 8 };
    let told = |n| (bounds.equals(&Expected::Count(n)), bounds.meets(&Demand::AtLeast(Expected::Count(n))));
    assert_eq!(told(5), (Some(false), Some(true)));
    assert_eq!(told(6), (None, Some(true)));
    assert_eq!(told(7), (None, None));
    assert_eq!(told(8), (None, None));
    assert_eq!(told(9), (Some(false), Some(false)));
    let one = Measured::Bounded { lo: 6, hi: 6 };
    assert_eq!([5, 6, 7].map(|n| one.equals(&Expected::Count(n))), [Some(false), Some(true), Some(false)]);
}

#[test]
fn never_is_never() {
    assert_eq!(Measured::Never.equals(&Expected::Never), Some(true));
    assert_eq!(Measured::Never.equals(&Expected::Time(Span::SECOND)), Some(false));
    assert_eq!(Measured::Never.within(&Expected::Never), Some(true));
    assert_eq!(Measured::Exact(Value::Time(Span::SECOND)).meets(&Demand::AtLeast(Expected::Never)), Some(false));
}

#[test]
fn a_sample_holds_limits_at_its_ends() {
    let sample = Measured::Sampled { mean: 2.0, lo: 1.8, hi: 2.2 };
    let least = |n| sample.meets(&Demand::AtLeast(Expected::Number(n)));
    assert_eq!([1.8, 2.0, 2.2, 2.3].map(least), [Some(true), None, None, Some(false)]);
    let most = |n| sample.meets(&Demand::AtMost(Expected::Number(n)));
    assert_eq!([1.7, 1.8, 2.0, 2.2].map(most), [Some(false), None, None, Some(true)]);
    let just_over = Measured::Sampled { mean: 2.0, lo: 1.0 + ROUNDING, hi: 3.0 };
    assert_eq!(just_over.within(&Expected::Count(1)), None);
    let just_under = Measured::Sampled { mean: 0.5, lo: 0.0, hi: 1.0 - ROUNDING };
    assert_eq!(just_under.meets(&Demand::AtLeast(Expected::Count(1))), None);
}

#[test]
fn shares_are_compared_as_they_are_written() {
    let share = |share| Measured::Exact(Value::Share(share));
    let limit = Expected::Share(0.46);
    assert_eq!([0.4602, 0.46004, 0.46, 0.4598].map(|s| share(s).equals(&limit)), [false, true, true, false].map(Some));
    assert_eq!([0.4602, 0.46004, 0.46, 0.4598].map(|s| share(s).within(&limit)), [false, true, true, true].map(Some));
    let factor = Measured::Exact(Value::Factor(11.6));
    assert_eq!([11, 12].map(|n| factor.equals(&Expected::Count(n))), [Some(false), Some(true)]);
}

/// A person had done nothing yet, where a machine had done twelve: how many times that is, nobody can say.
#[test]
fn a_factor_without_an_end_is_within_no_limit() {
    let factor = Measured::Bounded { lo: 12, hi: NO_BOUND };
    let each = |tell: &dyn Fn(Expected) -> Option<bool>| [11, 12, 13].map(|n| tell(Expected::Count(n)));
    assert_eq!(each(&|n| factor.within(&n)), [Some(false), None, None]);
    assert_eq!(each(&|n| factor.equals(&n)), [Some(false), None, None]);
    assert_eq!(each(&|n| factor.meets(&Demand::AtLeast(n))), [Some(true), Some(true), None]);
    let fractions = [11.5, 12.5].map(Expected::Number);
    assert_eq!(fractions.each_ref().map(|n| factor.within(n)), [Some(false), None]);
    assert_eq!(fractions.each_ref().map(|n| factor.equals(n)), [Some(false), None]);
    assert_eq!(fractions.each_ref().map(|n| factor.meets(&Demand::AtLeast(n.clone()))), [Some(true), None]);
    assert_eq!((factor.evidence(), factor.to_string()), ("bounded", "at least 12".to_owned()));
}

#[test]
fn no_time_is_nought() {
    let nought = Expected::Count(0);
    assert_eq!(Measured::Exact(Value::Time(Span::ZERO)).equals(&nought), Some(true));
    assert_eq!(Measured::Exact(Value::Time(Span::SECOND)).within(&nought), Some(false));
}

#[test]
fn amounts_are_compared_with_their_fraction() {
    let half = Measured::Exact(Value::Money(500_000));
    assert_eq!(half.equals(&Expected::Money(500_000)), Some(true));
    assert_eq!(half.within(&Expected::Money(499_999)), Some(false));
}

#[test]
fn numbers_are_written_for_people() {
    assert_eq!(thousands(1_412), "1,412");
    assert_eq!(thousands(412), "412");
    assert_eq!(counted(1, "PII record"), "1 PII record");
    assert_eq!(counted(0, "effect"), "0 effects");
    assert_eq!(counted(1_500, "credential"), "1,500 credentials");
    assert_eq!(percent(0.46), "46 %");
    assert_eq!(percent(0.0), "0 %");
    assert_eq!(percent(0.0000001), "under 0.1 %");
    assert_eq!(percent(0.99999), "over 99.9 %");
    assert_eq!([0.001, 0.005, 0.0512, 0.123].map(percent), ["0.1 %", "0.5 %", "5.1 %", "12 %"]);
    assert_eq!([0.994, 0.996, 1.0].map(percent), ["99 %", "99.6 %", "100 %"]);
}

#[test]
fn a_word_is_the_one_that_was_expected_or_not() {
    let outcome = Measured::Exact(Value::Word("contained"));
    let within = |word: &str| outcome.within(&Expected::Word(word.into()));
    assert_eq!((within("contained"), within("prevented")), (Some(true), Some(false)));
    assert_eq!(outcome.within(&Expected::Count(1)), None, "no word is a number");
}

#[test]
fn what_may_go_on_growing_is_known_from_below() {
    for (known, least) in [(Measured::count(3), 3), (Measured::Bounded { lo: 2, hi: 9 }, 2)] {
        let mut open = known;
        open.open_ended();
        assert_eq!(open, Measured::Bounded { lo: least, hi: NO_BOUND });
    }
    let mut never = Measured::Never;
    never.open_ended();
    assert_eq!(never, Measured::Never);
}
