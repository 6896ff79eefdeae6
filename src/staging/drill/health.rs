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
    last: Mutex<VecDeque<Look>>,
}

#[derive(Clone, Copy, Debug)]
struct Look {
    failed: bool,
    took: Duration,
}

impl Health {
    pub fn new(conditions: &[StopCondition]) -> Health {
        let of = |condition: &StopCondition| match condition {
            StopCondition::Errors { of, .. } | StopCondition::Slower { of, .. } => *of,
            StopCondition::Health { .. } => 0,
        };
        let most = conditions.iter().map(of).max().unwrap_or(0);
        Health { conditions: conditions.to_vec(), most, last: Mutex::default() }
    }

    /// Takes an answer in, and says which condition it fulfils.
    pub fn take(&self, seen: &Seen) -> Option<String> {
        if self.most == 0 {
            return None;
        }
        let failed = seen.broken.is_some() || seen.status.is_some_and(|status| status >= 500);
        let took = seen.back.saturating_duration_since(seen.sent);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.push_front(Look { failed, took });
        last.truncate(self.most);
        self.conditions.iter().find_map(|condition| fulfilled(condition, &last))
    }
}

fn fulfilled(condition: &StopCondition, last: &VecDeque<Look>) -> Option<String> {
    match condition {
        StopCondition::Errors { share, of } if last.len() >= *of => {
            let failed = last.iter().take(*of).filter(|look| look.failed).count();
            (failed as f64 > share * *of as f64).then(|| format!("{failed} of the last {of} requests failed"))
        }
        StopCondition::Slower { than, of } if last.len() >= *of => {
            let mut took: Vec<Duration> = last.iter().take(*of).map(|look| look.took).collect();
            took.sort_unstable();
            let median = Span(u64::try_from(took[*of / 2].as_micros()).unwrap_or(u64::MAX));
            (median > *than).then(|| format!("the median of the last {of} answers took {median}"))
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
