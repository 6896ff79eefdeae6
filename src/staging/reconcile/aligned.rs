//! Two rows of times put beside each other: requests as they were sent, lines as they were logged.

/// Those of the lines, in the order of their times, that lie so near.
pub fn near(lines: &[(i64, usize)], at: i64, window: i64) -> &[(i64, usize)] {
    let (from, to) = around(lines, at, window);
    &lines[from..to]
}

fn around(lines: &[(i64, usize)], at: i64, window: i64) -> (usize, usize) {
    (lines.partition_point(|(time, _)| *time < at - window), lines.partition_point(|(time, _)| *time <= at + window))
}

/// How good a beginning is: pairs, then how far they are apart in all, less being better.
type Score = (i64, i64);

/// Pairs requests with lines, both in the order of their times, so that the order stays, most are paired, and then the
/// nearest. A dynamic program over beginnings of both, no wider than the window.
pub fn aligned(
    requests: &[(i64, usize)],
    lines: &[(i64, usize)],
    window: i64,
    may: impl Fn(usize, usize) -> bool,
) -> Vec<(usize, usize)> {
    #[derive(Clone, Copy)]
    enum Last {
        Paired,
        LineLeft,
        RequestLeft,
    }
    let mut rows: Vec<(usize, Vec<Last>)> = Vec::with_capacity(requests.len());
    let (mut begins, mut scores): (usize, Vec<Score>) = (0, vec![(0, 0)]);
    for (at, request) in requests {
        let (from, to) = around(lines, *at, window);
        // The beginnings before it reach no further than its own window: behind that nothing changes.
        let before = |line: usize| scores[(line - begins).min(scores.len() - 1)];
        let (mut row, mut now) = (Vec::with_capacity(to - from + 1), Vec::with_capacity(to - from + 1));
        row.push(Last::RequestLeft);
        now.push(before(from));
        for end in from + 1..=to {
            let (time, line) = lines[end - 1];
            let (pairs, apart) = before(end - 1);
            let paired =
                may(*request, line).then_some(((pairs + 1, apart.saturating_sub((time - at).abs())), Last::Paired));
            let line_left = (now[end - 1 - from], Last::LineLeft);
            let request_left = (before(end), Last::RequestLeft);
            let mut best = paired.unwrap_or(line_left);
            for other in [line_left, request_left] {
                if other.0 > best.0 {
                    best = other;
                }
            }
            now.push(best.0);
            row.push(best.1);
        }
        rows.push((from, row));
        (begins, scores) = (from, now);
    }
    let mut pairs = Vec::new();
    let mut end = lines.len();
    for ((_, request), (from, row)) in requests.iter().zip(&rows).rev() {
        end = end.min(from + row.len() - 1);
        loop {
            match row[end - from] {
                Last::Paired => {
                    end -= 1;
                    pairs.push((*request, lines[end].1));
                    break;
                }
                Last::LineLeft => end -= 1,
                Last::RequestLeft => break,
            }
        }
    }
    pairs.reverse();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many as can be, found by trying all; the order of times stays.
    #[test]
    fn as_many_are_paired_as_can_be() {
        let mut state = 7_u64;
        let mut draw = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for _ in 0..2_000 {
            let mut times = |n: u64| {
                let mut all: Vec<(i64, usize)> = (0..n).map(|at| (draw(12) as i64, at as usize)).collect();
                all.sort_unstable();
                all
            };
            let (requests, lines) = (times(5), times(5));
            let paired = aligned(&requests, &lines, 2, |request, line| (request + line) % 3 != 0);
            assert_eq!(paired.len(), most(&requests, &lines), "{requests:?} {lines:?}");
            let time = |all: &[(i64, usize)], of: usize| all.iter().position(|(_, at)| *at == of);
            let places = paired.iter().map(|(r, l)| (time(&requests, *r), time(&lines, *l))).collect::<Vec<_>>();
            assert!(places.is_sorted_by(|one, next| one.0 < next.0 && one.1 < next.1));
        }
        fn most(requests: &[(i64, usize)], lines: &[(i64, usize)]) -> usize {
            let Some(((at, request), rest)) = requests.split_first() else { return 0 };
            let with = lines
                .iter()
                .enumerate()
                .filter(|(_, (time, line))| (time - at).abs() <= 2 && (request + line) % 3 != 0);
            let with = with.map(|(n, _)| 1 + most(rest, &lines[n + 1..])).max().unwrap_or(0);
            with.max(most(rest, lines))
        }
    }
}
