//! What to fix first: changes of a scenario that were tried, ranked by what they would have prevented.

use std::fmt::Write as _;

use serde::Serialize;

use super::summary::Style;
use super::text::{hung, left, right, wrapped};
use crate::measure::{Tally, counted, thousands};
use crate::planted::Mistake;
use crate::wire::Span;

/// The version of what `runaway fix --format json` prints. A field may be added under the same version, never changed.
pub const FIXES: &str = "runaway.fixes/1";

/// Every change that was tried on one scenario.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Fixes {
    pub schema: &'static str,
    pub scenario: String,
    pub variant: Option<String>,
    /// The first seed, and how many from there on: the same for every change.
    pub seed: u64,
    pub seeds: u32,
    /// What the scenario comes to as it is.
    pub before: After,
    /// Where it is within its limits as it is: that, as a sentence.
    pub already: Option<&'static str>,
    /// How many single changes were tried, and how many pairs where no single one contained.
    pub singles: usize,
    pub pairs: usize,
    /// The best first.
    pub fixes: Vec<Fix>,
    /// Changes that this scenario cannot say, with the reason.
    pub impossible: Vec<String>,
    /// The scenario's own variants by the same yardstick, in their order.
    pub own: Vec<Own>,
}

/// A variant of the scenario.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Own {
    pub name: String,
    pub effect: Effect,
    pub after: After,
}

/// One change and what came of it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Fix {
    /// Of one change or of two: `bind-credential`.
    pub kinds: Vec<&'static str>,
    pub told: String,
    pub effect: Effect,
    pub after: After,
    /// How many values somebody has to write.
    pub size: usize,
    /// The variant's name, and the variant as one pastes it under `variants:`.
    pub name: String,
    pub patch: String,
}

/// What a change is worth. Each is better than those after it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The limits on reach hold under every seed, or without any the run is prevented or contained; and harm was spared.
    Contains,
    /// The same, as long as somebody answers an alarm in time: no wall, and what it costs in false alarms shows only in
    /// more work than one run has.
    IfAnswered,
    /// Nothing is open at the end, and nearly all of the harm was done before.
    AfterTheFact,
    /// Less is reached, or less is left over.
    Helps,
    /// What it keeps away is as much within reach as before, only later.
    Delays,
    Nothing,
    /// More is reached, left over or spent than without it.
    Worse,
}

impl Effect {
    pub const fn told(self) -> &'static str {
        match self {
            Effect::Contains => "contains",
            Effect::IfAnswered => "contains, if answered",
            Effect::AfterTheFact => "stops after the fact",
            Effect::Helps => "helps, does not contain",
            Effect::Delays => "delays, does not contain",
            Effect::Nothing => "changes nothing",
            Effect::Worse => "makes it worse",
        }
    }
}

/// What a scenario comes to, over the seeds.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct After {
    /// Under how many seeds the limits on reach held, or without any the run was prevented or contained.
    pub contained: Share,
    /// Each outcome, and under how many seeds.
    pub outcomes: Vec<(&'static str, u32)>,
    pub leftover: Over,
    pub survivors: Over,
    /// Pairs and creations beyond the task.
    pub excess: Over,
    /// Millionths of the currency beyond the task.
    pub cost: Over,
    pub irreversible: Over,
    /// Honest requests refused or delayed while the agent was at work, and honest requests of a run in which nothing
    /// goes wrong that do not go through any more.
    pub collateral: Over,
    /// Microseconds from the start to observed containment.
    pub closed: Over,
}

/// So many of so many seeds, with the shares of all seeds that go with it: 95 %, exact.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Share {
    pub held: u32,
    pub of: u32,
    pub lo: f64,
    pub hi: f64,
}

impl Share {
    pub fn of(held: u32, of: u32) -> Share {
        let (lo, hi) = match Mistake::IntervalIsAPoint.here() {
            true => (f64::from(held) / f64::from(of), f64::from(held) / f64::from(of)),
            false => Tally { held, untold: 0, of }.interval(),
        };
        Share { held, of, lo, hi }
    }
}

/// A number over the seeds. What never came lies behind all others.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Over {
    pub least: Option<u64>,
    pub median: Option<u64>,
    pub most: Option<u64>,
    /// As people read it.
    pub text: String,
}

impl Over {
    /// Of one value for each seed.
    pub fn of(mut values: Vec<Option<u64>>, shown: impl Fn(u64) -> String) -> Over {
        values.sort_by_key(|value| value.map_or((1, 0), |value| (0, value)));
        let at = |at: usize| values.get(at).copied().flatten();
        let (least, median, most) = (at(0), at(values.len() / 2), at(values.len().saturating_sub(1)));
        let word = |value: Option<u64>| value.map_or_else(|| "never".to_owned(), &shown);
        let text = if least == most {
            word(most)
        } else {
            format!("{} to {}, mostly {}", word(least), word(most), word(median))
        };
        Over { least, median, most, text }
    }

    pub fn count(values: Vec<u64>) -> Over {
        Over::of(values.into_iter().map(Some).collect(), thousands)
    }

    pub fn time(values: Vec<Option<u64>>) -> Over {
        Over::of(values, |at| Span(at).to_string())
    }

    /// The worst that came: what never came is worse than anything.
    pub fn worst(&self) -> u64 {
        self.most.unwrap_or(u64::MAX)
    }
}

impl After {
    /// Whether nothing is open at the end, under any seed.
    fn is_shut(&self) -> bool {
        self.outcomes.iter().all(|(word, _)| matches!(*word, "prevented" | "contained"))
    }

    /// That the limits hold under every seed, where they do.
    pub fn already(&self) -> Option<&'static str> {
        let holds = self.contained.held == self.contained.of;
        holds.then_some(match self.is_shut() {
            true => "As it is, it is contained, and no limit is broken. Each change is told by what it makes better or worse.",
            false => "As it is, no limit is broken. Each change is told by what it makes better or worse.",
        })
    }
}

/// So many rows are printed.
const MOST_ROWS: usize = 12;

impl Fixes {
    /// The change that comes first, if it brings anything.
    pub fn first(&self) -> Option<&Fix> {
        self.fixes.first().filter(|fix| fix.effect < Effect::Nothing)
    }

    /// `moltbook@three-rounds`.
    pub fn title(&self) -> String {
        self.variant.as_ref().map_or_else(|| self.scenario.clone(), |variant| format!("{}@{variant}", self.scenario))
    }

    /// What a change is worth, in words: limits can hold where a door stays open, and can have held before.
    fn told(&self, effect: Effect, after: &After) -> &'static str {
        match effect {
            Effect::Contains if !after.is_shut() => "within the limits",
            Effect::Helps if self.already.is_some() => "helps",
            Effect::Delays if self.already.is_some() => "delays",
            effect => effect.told(),
        }
    }

    /// What was tried, in words.
    pub fn tried(&self) -> String {
        let singles = counted(self.singles as u64, "change");
        let pairs = match self.pairs {
            0 => String::new(),
            pairs => format!(" and {}", counted(pairs as u64, "pair")),
        };
        let seeds = counted(self.seeds.into(), "seed");
        format!("{singles}{pairs} tried, each applied to the scenario and run under {seeds} from {}", self.seed)
    }

    /// For a terminal.
    pub fn render(&self, style: Style) -> String {
        let mut out = format!("{}\n", style.bold(&format!("{}: what to fix first", self.title())));
        out.push_str(&wrapped(&self.tried(), 2));
        if let Some(already) = self.already {
            out.push_str(&wrapped(already, 2));
        }
        let _ = writeln!(
            out,
            "\n    {}{}{}{}{}{}",
            left("", 26),
            right("left over", 10),
            right("beyond", 9),
            right("contained at", 15),
            right("final", 8),
            right("hit", 6)
        );
        out.push_str(&row("  ", "as it is", &self.before));
        for (at, fix) in self.fixes.iter().take(MOST_ROWS).enumerate() {
            out.push_str(&row(&format!("{:>2}", at + 1), self.told(fix.effect, &fix.after), &fix.after));
            out.push_str(&hung("      ", &fix.told, 6));
        }
        if self.fixes.len() > MOST_ROWS {
            let _ = writeln!(out, "    and {} more with --format json", self.fixes.len() - MOST_ROWS);
        }
        if !self.own.is_empty() {
            let _ = writeln!(out, "\n    {}", style.bold("its own variants, by the same yardstick"));
            for own in &self.own {
                let _ = writeln!(out, "    {}{}", left(&own.name, 26), self.told(own.effect, &own.after));
            }
        }
        match self.first() {
            Some(fix) => {
                let _ = writeln!(out, "\n{}\n", style.bold("the first, as a variant of the scenario:"));
                out.push_str("variants:\n");
                fix.patch.lines().for_each(|line| _ = writeln!(out, "  {line}"));
                let _ = writeln!(out, "\nonce it is pasted into the file: runaway run FILE@{}", fix.name);
            }
            None => out.push_str("\nno change that the model knows makes a difference\n"),
        }
        out
    }
}

fn row(rank: &str, told: &str, after: &After) -> String {
    let short = |over: &Over| match (over.least, over.most) {
        (least, most) if least == most => over.text.clone(),
        (_, Some(most)) => format!("<= {}", thousands(most)),
        _ => "varies".to_owned(),
    };
    let closed = match (after.closed.least, after.closed.most) {
        _ if after.outcomes.iter().all(|(word, _)| *word == "prevented") => "prevented".to_owned(),
        (least, most) if least == most => after.closed.text.clone(),
        (Some(_), None) => "not always".to_owned(),
        (_, most) => most.map_or_else(String::new, |most| format!("<= {}", Span(most))),
    };
    let share = if after.contained.of > 1 {
        format!(" {}/{}", after.contained.held, after.contained.of)
    } else {
        String::new()
    };
    format!(
        "{rank}  {}{}{}{}{}{}\n",
        left(&format!("{told}{share}"), 26),
        right(&short(&after.leftover), 10),
        right(&short(&after.excess), 9),
        right(&closed, 15),
        right(&short(&after.irreversible), 8),
        right(&short(&after.collateral), 6),
    )
}
