//! Quantities as people write them: `250ms`, `194min 30s`, `1_500`, `46%`, `$5`, `50/s`.

use crate::wire::Span;

/// A duration. Several parts add up: `1h 30min`.
pub fn duration(text: &str) -> Option<Span> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let mut total = 0u64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '_' && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let tail = tail.trim_start();
        let letters = tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let scale: u64 = match unit {
            "us" | "µs" => 1,
            "ms" => 1_000,
            "s" => 1_000_000,
            "min" | "m" => 60_000_000,
            "h" => 3_600_000_000,
            "d" => 86_400_000_000,
            _ => return None,
        };
        total = total.checked_add(scaled(number, scale)?)?;
        rest = tail.trim_start();
    }
    Some(Span(total))
}

/// A date and time (RFC 3339), in whole seconds since 1970.
pub fn instant(text: &str) -> Option<u64> {
    let at: jiff::Timestamp = text.trim().parse().ok()?;
    u64::try_from(at.as_second()).ok().filter(|_| at.subsec_nanosecond() == 0)
}

/// A duration whose unit is missing or written in a way that is not read: `5`, `5 seconds`.
pub fn duration_meant(text: &str) -> Option<String> {
    let text = text.trim();
    let letters = text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(letters);
    let number = number.trim();
    let unit = match unit.trim().to_lowercase().as_str() {
        "" | "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "min" | "mins" | "minute" | "minutes" => "min",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        "ms" | "msec" | "millis" | "millisecond" | "milliseconds" => "ms",
        _ => return None,
    };
    let meant = format!("{number}{unit}");
    duration(&meant).map(|_| meant)
}

/// A range whose ends are the wrong way round: `90ms..10ms`.
pub fn range_meant(text: &str) -> Option<String> {
    let (most, least) = text.split_once("..")?;
    let meant = format!("{}..{}", least.trim(), most.trim());
    range(&meant).map(|_| meant)
}

/// A whole number that is written in a way that is not read: `1,500`, `1500.0`.
pub fn count_meant(text: &str) -> Option<String> {
    let plain: String = text.trim().chars().filter(|c| !matches!(c, ',' | ' ' | '\'')).collect();
    let plain = plain.trim_end_matches(".0");
    (plain != text.trim() && count(plain).is_some()).then(|| plain.to_owned())
}

/// `number * scale`, exactly, where the number may have a fraction.
fn scaled(number: &str, scale: u64) -> Option<u64> {
    let number: String = number.chars().filter(|c| *c != '_').collect();
    let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
    let whole: u64 = whole.parse().ok()?;
    let mut total = whole.checked_mul(scale)?;
    if !fraction.is_empty() {
        let digits = fraction.get(..fraction.len().min(9))?;
        let part: u64 = digits.parse().ok()?;
        total = total.checked_add((u128::from(part) * u128::from(scale) / 10u128.pow(digits.len() as u32)) as u64)?;
    }
    Some(total)
}

/// A whole number, with `_` between digits where wanted.
pub fn count(text: &str) -> Option<u64> {
    let text = text.trim();
    let shaped = text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_digit() || c == '_');
    shaped.then(|| text.replace('_', "").parse().ok()).flatten()
}

/// A whole number as it is written in a scenario: `1_500`.
pub fn shown(n: u64) -> String {
    let digits = n.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group).into_owned());
    groups.collect::<Vec<_>>().join("_")
}

/// A share of a whole: `46%` or `0.46`.
pub fn share(text: &str) -> Option<f64> {
    let text = text.trim();
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().ok()? / 100.0,
        None => text.parse::<f64>().ok()?,
    };
    (0.0..=1.0).contains(&share).then_some(share)
}

/// `5 per 4h`: so many in each window.
pub fn windowed(text: &str) -> Option<(u64, Span)> {
    let (n, per) = quota(text)?;
    Some((count(n)?, per.filter(|per| *per > Span::ZERO)?))
}

/// The numbers of records: `3`, or `1..64` with both ends.
pub fn numbers(text: &str) -> Option<(u64, u64)> {
    match text.split_once("..") {
        Some((first, last)) => Some((count(first)?, count(last)?)).filter(|(first, last)| first <= last),
        None => count(text).map(|n| (n, n)),
    }
}

/// Money, in millionths.
pub fn money(text: &str) -> Option<u64> {
    scaled(text.trim().trim_start_matches('$').trim(), 1_000_000)
}

/// Money as it is written in a scenario: `$5`, `$0.002`.
pub fn money_shown(millionths: u64) -> String {
    let text = format!("${}.{:06}", millionths / 1_000_000, millionths % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `50/s`, `10/min`: the time between two.
pub fn rate(text: &str) -> Option<Span> {
    let (n, unit) = text.split_once('/')?;
    let n = count(n)?;
    let per = duration(&format!("1{}", unit.trim())).or_else(|| duration(unit))?;
    (n > 0 && per.0 / n > 0).then(|| Span(per.0 / n))
}

/// `10ms..90ms`, or one value for both.
pub fn range(text: &str) -> Option<(Span, Span)> {
    match text.split_once("..") {
        Some((least, most)) => Some((duration(least)?, duration(most)?)).filter(|(a, b)| a <= b),
        None => duration(text).map(|d| (d, d)),
    }
}

/// `1 per 4h`: how many, and in which window.
pub fn quota(text: &str) -> Option<(&str, Option<Span>)> {
    match text.split_once(" per ") {
        Some((n, per)) => duration(per).map(|per| (n.trim(), Some(per))),
        None => Some((text.trim(), None)),
    }
}

/// `yes` and `no`; `true` and `false` too, as YAML 1.2 writes them (section 10.3.2).
pub fn boolean(text: &str) -> Option<bool> {
    match text {
        "yes" | "true" | "True" | "TRUE" => Some(true),
        "no" | "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_add_up() {
        assert_eq!(duration("250ms"), Some(Span(250_000)));
        assert_eq!(duration("194min 30s"), Some(Span(11_670_000_000)));
        assert_eq!(duration("1.5h"), Some(Span(5_400_000_000)));
        assert_eq!(duration("0s"), Some(Span(0)));
        for wrong in ["", "5", "ms", "5 parsecs", "-5s", "5s-", "99999999999999999999d", "."] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn numbers_are_what_they_look_like() {
        assert_eq!(count("1_500"), Some(1_500));
        assert_eq!(count("1.5"), None);
        assert_eq!(count("-1"), None);
        assert_eq!([5_000_000, 2_000, 500_000, 0].map(money_shown), ["$5", "$0.002", "$0.5", "$0"]);
        assert_eq!(share("46%"), Some(0.46));
        assert_eq!(share("1.5"), None);
        assert_eq!(money("$5"), Some(5_000_000));
        assert_eq!(money("0.002"), Some(2_000));
        assert_eq!(rate("50/s"), Some(Span(20_000)));
        assert_eq!(rate("0/s"), None);
        assert_eq!(range("10ms..90ms"), Some((Span(10_000), Span(90_000))));
        assert_eq!(range("90ms..10ms"), None);
        assert_eq!(range_meant("90ms..10ms").as_deref(), Some("10ms..90ms"));
        assert_eq!(duration_meant("5 minutes").as_deref(), Some("5min"));
        assert_eq!(duration_meant("-5"), None);
        assert_eq!(count_meant("1,500").as_deref(), Some("1500"));
        assert_eq!((shown(7), shown(1_500), shown(1_000_000)), ("7".into(), "1_500".into(), "1_000_000".into()));
        assert_eq!(windowed("5 per 4h"), Some((5, Span(14_400_000_000))));
        assert_eq!((windowed("5"), windowed("5 per 0s")), (None, None));
        assert_eq!((numbers("1..64"), numbers("7"), numbers("9..1")), (Some((1, 64)), Some((7, 7)), None));
        assert_eq!(quota("1 per 4h"), Some(("1", Some(Span(14_400_000_000)))));
    }
}
