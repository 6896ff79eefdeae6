//! The lines of a log by the method and path that they are about.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::read::LogLine;

/// Lines that have a time and a path, by what they are about.
pub(super) struct Lines(BTreeMap<About, Vec<(i64, usize)>>);

/// A method and the parts of a path.
type About = (String, Vec<String>);

impl Lines {
    pub(super) fn of(log: &[LogLine], may: impl Fn(usize) -> bool) -> Lines {
        let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (at, line) in log.iter().enumerate().filter(|(at, _)| may(*at)) {
            let LogLine { method, path: Some(path), time: Some(time), .. } = line else { continue };
            let method = method.as_deref().unwrap_or_default().to_ascii_uppercase();
            all.entry((method, segments(path))).or_default().push((*time, at));
        }
        Lines(all)
    }

    /// Those that may be about such a request, in the order of their times.
    pub(super) fn about(&self, method: &str, path: &str) -> Vec<(i64, usize)> {
        let sent = segments(path);
        let mut lines: Vec<(i64, usize)> = if sent.iter().any(|part| is_filled_in(part)) {
            let is_about = |(theirs, path): &About| (theirs.is_empty() || theirs == method) && fits(&sent, path);
            self.0.iter().filter(|(of, _)| is_about(of)).flat_map(|(_, lines)| lines.iter().copied()).collect()
        } else {
            let of = |method: &str| self.0.get(&(method.to_owned(), sent.clone()));
            [of(method), of("")].into_iter().flatten().flatten().copied().collect()
        };
        lines.sort_unstable();
        lines
    }
}

/// The parts of a path: a log may have it with or without percent-encoding.
fn segments(path: &str) -> Vec<String> {
    percent_decode_str(path).decode_utf8_lossy().split('/').map(str::to_owned).collect()
}

/// Whether a part of what was sent is told by its name in braces.
fn is_filled_in(part: &str) -> bool {
    part.contains('{')
}

/// Whether a path is the one that was sent. What stands in braces may be anything.
fn fits(sent: &[String], path: &[String]) -> bool {
    let fits = |(ours, theirs): (&String, &String)| ours == theirs || is_filled_in(ours) && !theirs.is_empty();
    sent.len() == path.len() && sent.iter().zip(path).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_braces_may_be_anything() {
        let fits = |sent: &str, path: &str| fits(&segments(sent), &segments(path));
        assert!(fits("/t/{tickets}/x", "/t/7/x") && !fits("/t/{tickets}", "/t/7/x") && !fits("/t/{a}", "/t/"));
        assert!(fits("/t/a%20b", "/t/a b") && fits("/t/a-b", "/t/a%2Db"));
    }
}
