//! Which line of their log is about which request of ours.

use std::collections::{BTreeMap, BTreeSet};

use super::aligned::{aligned, near};
use super::lines::Lines;
use super::read::{LogLine, instant};
use crate::staging::client::SentLine;

/// By what a request was found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum By {
    /// Its own `traceparent` stands in the line.
    Trace,
    /// The run's id stands in it, and method, path and time agree.
    Run,
    /// Method, path and time agree: a line that says nothing of the run.
    TimeAndPath,
}

/// A request, and the line that is about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shown {
    pub line: usize,
    pub by: By,
    /// Other lines would do as well.
    pub ambiguous: bool,
}

/// What became of each request, in their order, and how far the two clocks are apart.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Matched {
    pub shown: Vec<Option<Shown>>,
    /// Microseconds that their clock is ahead of ours, where traces tell.
    pub ahead: Option<i64>,
}

/// Puts requests beside lines. A line is about one request only. `window` is how far they may be apart, in microseconds.
pub fn matched(run: &str, sent: &[SentLine<'_>], log: &[LogLine], window: i64) -> Matched {
    let mut matching = Matching { sent, log, taken: vec![false; log.len()], shown: vec![None; sent.len()] };
    matching.by_trace();
    let ahead = matching.ahead();
    let marked: Vec<bool> = log.iter().map(|line| says(line, run)).collect();
    matching.by_time(By::Run, ahead.unwrap_or(0), window, |line| marked[line]);
    matching.by_time(By::TimeAndPath, ahead.unwrap_or(0), window, |line| !marked[line] && !is_of_others(&log[line]));
    Matched { shown: matching.shown, ahead }
}

fn says(line: &LogLine, run: &str) -> bool {
    [&line.trace, &line.user_agent].into_iter().flatten().any(|text| text.contains(run))
}

/// Whether a line that does not name the run has marks of somebody else: each request of a run has a trace and a user agent.
fn is_of_others(line: &LogLine) -> bool {
    let is_trace = |text: &str| text.split(|c: char| !c.is_ascii_hexdigit()).any(|word| word.len() == 32);
    let says_who = |text: &str| !matches!(text.trim(), "" | "-");
    line.trace.as_deref().is_some_and(is_trace) || line.user_agent.as_deref().is_some_and(says_who)
}

struct Matching<'a> {
    sent: &'a [SentLine<'a>],
    log: &'a [LogLine],
    taken: Vec<bool>,
    shown: Vec<Option<Shown>>,
}

impl Matching<'_> {
    fn take(&mut self, request: usize, shown: Shown) {
        self.taken[shown.line] = true;
        self.shown[request] = Some(shown);
    }

    fn by_trace(&mut self) {
        let mut spans: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, request) in self.sent.iter().enumerate() {
            if let Some((_, span)) = ids(&request.traceparent) {
                spans.insert(span, at);
            }
        }
        for line in 0..self.log.len() {
            let Some(text) = self.log[line].trace.as_deref() else { continue };
            // The header as it is, or the two ids of it in whichever form.
            let of = self.sent.first().and_then(|request| ids(&request.traceparent)).map(|(trace, _)| trace);
            let span = text.split(|c: char| !c.is_ascii_hexdigit()).find_map(|word| spans.get(word));
            let Some(request) = span.copied().filter(|_| of.is_some_and(|trace| text.contains(trace))) else {
                continue;
            };
            // Of a gateway's line and an application's about one request, the one that says who it was counts.
            self.taken[line] = true;
            let names = |line: usize| self.log[line].identity.is_some();
            if self.shown[request].is_none_or(|shown| !names(shown.line) && names(line)) {
                self.take(request, Shown { line, by: By::Trace, ambiguous: false });
            }
        }
    }

    /// The median difference of those that are certain.
    fn ahead(&self) -> Option<i64> {
        let certain = self
            .shown
            .iter()
            .enumerate()
            .filter_map(|(at, shown)| Some(self.log[shown.as_ref()?.line].time? - instant(&self.sent[at].time)?));
        let mut all: Vec<i64> = certain.collect();
        all.sort_unstable();
        all.get(all.len() / 2).copied()
    }

    /// Among lines with the same method and path, those of the same status first: as many requests as can be, in the order
    /// of their times, and then the nearest.
    fn by_time(&mut self, by: By, ahead: i64, window: i64, may: impl Fn(usize) -> bool) {
        let open = Lines::of(self.log, |line| !self.taken[line] && may(line));
        let mut about: BTreeMap<(&str, &str), Vec<(i64, usize)>> = BTreeMap::new();
        for (request, sent) in self.sent.iter().enumerate().filter(|(at, _)| self.shown[*at].is_none()) {
            let Some(at) = instant(&sent.time) else { continue };
            about.entry((&sent.method, &sent.path)).or_default().push((at + ahead, request));
        }
        for ((method, path), mut requests) in about {
            requests.sort_unstable();
            let mut lines = open.about(method, path);
            lines.retain(|(_, line)| !self.taken[*line]);
            let mut pairs = Vec::new();
            let statuses: BTreeSet<u16> = requests.iter().filter_map(|(_, at)| self.sent[*at].status).collect();
            let of_status = |status: u16| {
                let mine = requests.iter().filter(|(_, at)| self.sent[*at].status == Some(status)).copied();
                let theirs = lines.iter().filter(|(_, at)| self.log[*at].status == Some(status)).copied();
                (mine.collect::<Vec<_>>(), theirs.collect::<Vec<_>>())
            };
            for (mine, theirs) in statuses.into_iter().map(of_status) {
                pairs.extend(aligned(&mine, &theirs, window, |_, _| true));
            }
            let rest = |all: &[(i64, usize)], used: BTreeSet<usize>| -> Vec<(i64, usize)> {
                all.iter().filter(|(_, at)| !used.contains(at)).copied().collect()
            };
            let mine = rest(&requests, pairs.iter().map(|(request, _)| *request).collect());
            let theirs = rest(&lines, pairs.iter().map(|(_, line)| *line).collect());
            pairs.extend(aligned(&mine, &theirs, window, |request, line| self.agrees(request, line)));
            let asked: BTreeMap<usize, usize> = pairs.iter().map(|(request, line)| (*line, *request)).collect();
            let sent_at: BTreeMap<usize, i64> = requests.iter().map(|(at, request)| (*request, *at)).collect();
            for (request, line) in pairs {
                let at = sent_at[&request];
                let ambiguous = near(&lines, at, window).iter().any(|(_, other)| {
                    self.agrees(request, *other) && self.tells_of_another(request, line, *other, &asked)
                });
                self.take(request, Shown { line, by, ambiguous });
            }
        }
    }

    /// Whether another line would name somebody else for a request. One that is about a request with the same credential
    /// tells of the same, whichever is whose.
    fn tells_of_another(&self, request: usize, line: usize, other: usize, asked: &BTreeMap<usize, usize>) -> bool {
        let is_alike = |asker: &usize| self.sent[*asker].credential == self.sent[request].credential;
        self.log[other].identity != self.log[line].identity && !asked.get(&other).is_some_and(is_alike)
    }

    /// A status that both know is the same.
    fn agrees(&self, request: usize, line: usize) -> bool {
        self.sent[request].status.zip(self.log[line].status).is_none_or(|(ours, theirs)| ours == theirs)
    }
}

/// The ids of a `traceparent`.
fn ids(traceparent: &str) -> Option<(&str, &str)> {
    let mut parts = traceparent.split('-').skip(1);
    Some((parts.next()?, parts.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_lines_with_one_trace_the_one_with_an_identity_counts() {
        let requests = [sent(1, 0, "/x", "a")];
        let trace = || Some(format!("00-{RUN}-{:016x}-01", 1));
        let gateway = LogLine { identity: None, ..line(1, 0, "/x", trace()) };
        let application = line(2, 0, "/x", trace());
        for log in [[gateway.clone(), application.clone()], [application, gateway]] {
            let shown = matched(RUN, &requests, &log, 1_000_000).shown[0].unwrap();
            assert_eq!((log[shown.line].number, shown.by), (2, By::Trace));
        }
    }

    const RUN: &str = "0af7651916cd43dd8448eb211c80319c";

    fn sent(n: u64, second: u32, path: &str, credential: &str) -> SentLine<'static> {
        SentLine {
            time: format!("2026-01-31T12:00:{second:02}Z").into(),
            traceparent: format!("00-{RUN}-{n:016x}-01").into(),
            method: "GET".into(),
            origin: "http://h".into(),
            path: path.to_owned().into(),
            purpose: "explore".into(),
            credential: Some(credential.to_owned().into()),
            status: Some(200),
            broken: None,
        }
    }

    fn line(number: usize, second: u32, path: &str, trace: Option<String>) -> LogLine {
        let time = instant(&format!("2026-01-31T12:00:{second:02}Z"));
        let (path, method) = (Some(path.to_owned()), Some("GET".to_owned()));
        LogLine { number, time, path, method, trace, identity: Some("bot".into()), ..LogLine::default() }
    }

    #[test]
    fn a_trace_is_certain_and_sets_the_clock() {
        let sent = [sent(1, 0, "/a", "t"), sent(2, 1, "/b", "t"), sent(3, 2, "/c", "t")];
        // Their clock is 30 s ahead; the second line has no trace, the third request is missing.
        let log = [
            line(1, 30, "/a", Some(format!("00-{RUN}-{:016x}-01", 1))),
            line(2, 31, "/b", None),
            line(3, 31, "/other", None),
        ];
        let matched = matched(RUN, &sent, &log, 2_000_000);
        assert_eq!(matched.ahead, Some(30_000_000));
        let by: Vec<Option<By>> = matched.shown.iter().map(|shown| shown.map(|shown| shown.by)).collect();
        assert_eq!(by, [Some(By::Trace), Some(By::TimeAndPath), None]);
    }

    #[test]
    fn a_line_with_marks_of_somebody_else_is_not_ours() {
        let sent = [sent(1, 0, "/a", "t"), sent(2, 1, "/b", "t"), sent(3, 2, "/c", "t"), sent(4, 3, "/d", "t")];
        let theirs = line(1, 0, "/a", Some(format!("00-{}-{:016x}-01", "1".repeat(32), 1)));
        let helpdesk = LogLine { user_agent: Some("helpdesk/2.1".into()), ..line(2, 1, "/b", None) };
        let bare = LogLine { user_agent: Some("-".into()), ..line(3, 2, "/c", Some(String::new())) };
        let matched = matched(RUN, &sent, &[theirs, helpdesk, bare, line(4, 3, "/d", None)], 2_000_000);
        let by: Vec<Option<By>> = matched.shown.iter().map(|shown| shown.map(|shown| shown.by)).collect();
        assert_eq!(by, [None, None, Some(By::TimeAndPath), Some(By::TimeAndPath)]);
    }

    #[test]
    fn each_line_is_about_one_request() {
        let sent = [sent(1, 0, "/a", "t"), sent(2, 1, "/a", "t"), sent(3, 2, "/a", "t")];
        let log = [line(1, 1, "/a", None), line(2, 2, "/a", Some(format!("x {RUN}")))];
        let matched = matched(RUN, &sent, &log, 5_000_000);
        assert_eq!(matched.shown.iter().flatten().count(), 2);
        let mut lines: Vec<usize> = matched.shown.iter().flatten().map(|shown| shown.line).collect();
        lines.sort_unstable();
        assert_eq!(lines, [0, 1]);
    }

    #[test]
    fn what_differs_is_not_the_same_request() {
        let mut other = line(1, 0, "/a", None);
        other.status = Some(403);
        let mut post = line(2, 0, "/a", None);
        post.method = Some("POST".into());
        let matched = matched(RUN, &[sent(1, 0, "/a", "t")], &[other, post, line(3, 50, "/a", None)], 2_000_000);
        assert_eq!(matched.shown, [None]);
    }
}
