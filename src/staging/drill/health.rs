//! Stop conditions: what ends a drill because the target suffers.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::interval;

use super::event::Reading;
use super::probe::{Seen, look};
use crate::staging::client::Client;
use crate::staging::guard::Stopped;
use crate::staging::targets::{StopCondition, Targets};
use crate::wire::Span;

/// The last answers, against the conditions that look at them.
#[derive(Debug)]
pub struct Health {
    conditions: Vec<StopCondition>,
    most: usize,
    window: Mutex<Window>,
}

#[derive(Debug)]
struct Window {
    /// The latest first.
    last: VecDeque<Look>,
    /// How many of those that each condition looks at are as it forbids.
    bad: Vec<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Look {
    failed: bool,
    took: Span,
}

impl Health {
    pub fn new(conditions: &[StopCondition]) -> Health {
        let most = conditions.iter().map(looks_at).max().unwrap_or(0);
        let window = Window { last: VecDeque::new(), bad: vec![0; conditions.len()] };
        Health { conditions: conditions.to_vec(), most, window: Mutex::new(window) }
    }

    /// Takes an answer in, and says which condition it fulfils.
    pub fn take(&self, seen: &Seen) -> Option<String> {
        if self.most == 0 {
            return None;
        }
        let failed = seen.broken.is_some() || seen.status.is_some_and(|status| status >= 500);
        let took = seen.back.saturating_duration_since(seen.sent);
        let look = Look { failed, took: Span(u64::try_from(took.as_micros()).unwrap_or(u64::MAX)) };
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let Window { last, bad } = &mut *window;
        last.push_front(look);
        for (condition, bad) in self.conditions.iter().zip(&mut *bad) {
            *bad += usize::from(look.is_bad(condition));
            if let Some(gone) = last.get(looks_at(condition)) {
                *bad -= usize::from(gone.is_bad(condition));
            }
        }
        last.truncate(self.most);
        self.conditions.iter().zip(&*bad).find_map(|(condition, bad)| fulfilled(condition, *bad, last))
    }
}

/// How many answers a condition looks at.
fn looks_at(condition: &StopCondition) -> usize {
    match condition {
        StopCondition::Errors { of, .. } | StopCondition::Slower { of, .. } => *of,
        StopCondition::Health { .. } => 0,
    }
}

impl Look {
    fn is_bad(self, condition: &StopCondition) -> bool {
        match condition {
            StopCondition::Errors { .. } => self.failed,
            StopCondition::Slower { than, .. } => self.took > *than,
            StopCondition::Health { .. } => false,
        }
    }
}

fn fulfilled(condition: &StopCondition, bad: usize, last: &VecDeque<Look>) -> Option<String> {
    match condition {
        StopCondition::Errors { share, of } if last.len() >= *of => {
            (bad as f64 > share * *of as f64).then(|| format!("{bad} of the last {of} requests failed"))
        }
        // The median is too long where it and all behind it are.
        StopCondition::Slower { of, .. } if last.len() >= *of && bad >= of - of / 2 => {
            let mut took: Vec<Span> = last.iter().take(*of).map(|look| look.took).collect();
            took.sort_unstable();
            Some(format!("the median of the last {of} answers took {}", took[of / 2]))
        }
        _ => None,
    }
}

/// Asks for the target's health until it is gone.
pub async fn keep_asking(targets: Arc<Targets>, client: Arc<Client>, at: usize) {
    let StopCondition::Health { probe, every, fails } = &targets.stops[at] else { return };
    let mut next = interval(Duration::from_micros(every.0));
    let mut in_a_row = 0;
    loop {
        next.tick().await;
        match look(&targets, &client, probe, None, &[]).await {
            Ok(seen) if seen.reading == Reading::Accepted => in_a_row = 0,
            Ok(_) => in_a_row += 1,
            Err(refused) => return client.give_up(&refused),
        }
        if in_a_row >= *fails {
            client.kill().throw(Stopped::Condition(format!("the health check failed {fails} times in a row")));
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    fn seen(status: u16, millis: u64) -> Seen {
        let sent = Instant::now();
        let back = sent + Duration::from_millis(millis);
        Seen { sent, back, reading: Reading::Refused, status: Some(status), challenge: None, broken: None }
    }

    #[test]
    fn errors_are_counted_over_the_last_so_many() {
        let health = Health::new(&[StopCondition::Errors { share: 0.5, of: 4 }]);
        let told: Vec<bool> = [500, 500, 500, 401, 401, 503, 503, 502]
            .iter()
            .map(|status| health.take(&seen(*status, 1)).is_some())
            .collect();
        assert_eq!(told, [false, false, false, true, false, false, false, true]);
    }

    #[test]
    fn slowness_is_the_median() {
        let health = Health::new(&[StopCondition::Slower { than: Span::from_millis(100), of: 3 }]);
        let told: Vec<bool> =
            [500, 10, 500, 500, 10, 10].iter().map(|ms| health.take(&seen(200, *ms)).is_some()).collect();
        assert_eq!(told, [false, false, true, true, true, false]);
    }
}
