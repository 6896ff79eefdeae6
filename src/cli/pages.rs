//! The registries as pages: what goes wrong, what sees it, what answers it, what is measured.

use std::fmt::Write as _;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::failure::Failure;
use super::output;
use crate::agent::faults;
use crate::measure::registry::MEASURES;
use crate::model::catalogue::{DETECTIONS, PREVENTIONS, REMEDIES};
use crate::report::text::{hung, left, paragraphs, wrapped};
use crate::scenario::nearest;

/// Of what there are pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Kind {
    /// What goes wrong with an agent
    Faults,
    /// What raises an alarm
    Detectors,
    /// What answers an alarm, and what prevents
    Responses,
    /// What is measured
    Measures,
}

/// One entry of a registry.
pub struct Page {
    pub name: String,
    pub summary: String,
    /// Further parts, each with its title.
    pub parts: Vec<(&'static str, String)>,
    /// How it is written in a scenario, where it can be.
    pub example: Option<String>,
}

impl Kind {
    const ALL: [Kind; 4] = [Kind::Faults, Kind::Detectors, Kind::Responses, Kind::Measures];

    /// One of them, as it stands before a name: `fault:harvest`.
    const fn one(self) -> &'static str {
        match self {
            Kind::Faults => "fault",
            Kind::Detectors => "detector",
            Kind::Responses => "response",
            Kind::Measures => "measure",
        }
    }

    const fn all(self) -> &'static str {
        match self {
            Kind::Faults => "faults",
            Kind::Detectors => "detectors",
            Kind::Responses => "responses",
            Kind::Measures => "measures",
        }
    }

    /// Every page of this kind.
    pub fn pages(self) -> Vec<Page> {
        match self {
            Kind::Faults => faults()
                .into_iter()
                .map(|fault| Page {
                    name: fault.name,
                    summary: fault.summary,
                    parts: vec![
                        ("What it models", fault.models),
                        ("The incident", fault.incident),
                        ("Its limits", fault.limits),
                    ],
                    example: None,
                })
                .collect(),
            Kind::Detectors => DETECTIONS
                .iter()
                .map(|kind| {
                    let errors = [("False alarms", kind.false_alarms), ("What it misses", kind.misses)];
                    Page::of(kind.key, kind.sees, &errors).written("detect", kind.example)
                })
                .collect(),
            Kind::Responses => {
                let remedies = REMEDIES.iter().map(|kind| {
                    Page::of(kind.key, kind.does, &[("What it leaves", kind.leaves)]).written("steps", kind.example)
                });
                let preventions = PREVENTIONS.iter().map(|kind| {
                    let prevents = format!("Prevents: {}", lower(kind.prevents));
                    Page::of(kind.key, &prevents, &[("What it lets through", kind.lets_through)])
                        .written("controls", kind.example)
                });
                remedies.chain(preventions).collect()
            }
            Kind::Measures => MEASURES
                .iter()
                .map(|measure| {
                    let definition = format!("{} ({})", measure.definition, measure.unit.name());
                    Page::of(measure.key, &definition, &[("Called", measure.name)])
                })
                .collect(),
        }
    }

    /// All of them, a line or two each.
    pub fn listed(self) -> String {
        let pages = self.pages();
        let width = pages.iter().map(|page| page.name.len()).max().unwrap_or(0) + 2;
        let mut text: String = pages.iter().map(|page| hung(&left(&page.name, width), &page.summary, width)).collect();
        if let Some(first) = pages.first() {
            let _ = writeln!(text, "\nread one:  runaway show {}:{}", self.one(), first.name);
        }
        text
    }

    pub fn as_json(self) -> Value {
        let row = |page: &Page| {
            let mut row = json!({"name": page.name, "summary": page.summary});
            if let Some(example) = &page.example {
                row["example"] = json!(example);
            }
            for (title, text) in &page.parts {
                row[title.to_lowercase().replace(' ', "_")] = json!(text);
            }
            row
        };
        json!({ (self.all()): self.pages().iter().map(row).collect::<Vec<_>>() })
    }

    /// The kind and the name of `fault:harvest`.
    pub fn named(text: &str) -> Option<(Kind, &str)> {
        let (kind, name) = text.split_once(':')?;
        Some((Kind::ALL.into_iter().find(|known| known.one() == kind)?, name))
    }

    /// One page as text.
    pub fn shown(self, name: &str) -> Result<String, Failure> {
        let pages = self.pages();
        let Some(page) = pages.iter().find(|page| page.name == name) else {
            let near = nearest(name, pages.iter().map(|page| page.name.as_str()));
            let near = near.map_or(String::new(), |near| format!("did you mean `{}:{near}`? ", self.one()));
            let help = format!("{near}`runaway list {}` lists them", self.all());
            return Err(Failure::input(format!("there is no {} `{name}`", self.one()), Some(help)));
        };
        let mut text = format!("{}\n\n{}", output::style().bold(&page.name), paragraphs(&page.summary, 0));
        for (title, part) in &page.parts {
            let _ = write!(text, "\n{}\n{}", output::style().bold(title), wrapped(part, 2));
        }
        if let Some(example) = &page.example {
            let _ = writeln!(text, "\n{}\n  {example}", output::style().bold("How it is written"));
        }
        Ok(text)
    }

    /// The kinds that have a page of this name.
    pub fn with(name: &str) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(move |kind| kind.pages().iter().any(|page| page.name == name))
    }
}

impl Page {
    fn of(name: &str, summary: &str, parts: &[(&'static str, &str)]) -> Page {
        let parts = parts.iter().map(|(title, text)| (*title, (*text).to_owned())).collect();
        Page { name: name.to_owned(), summary: summary.to_owned(), parts, example: None }
    }

    /// With how it is written, under a key of the scenario and by a name that its author gives.
    fn written(self, under: &str, example: &str) -> Page {
        Page { example: Some(format!("{under}: {{NAME: {example}}}")), ..self }
    }

    /// As a part of a page of `docs/reference`.
    pub fn markdown(&self) -> String {
        let mut out = format!("\n## {}\n\n{}\n", self.name, self.summary);
        for (title, part) in &self.parts {
            let _ = writeln!(out, "\n*{title}:* {part}");
        }
        if let Some(example) = &self.example {
            let _ = writeln!(out, "\n```yaml\n{example}\n```");
        }
        out
    }
}

/// In the middle of a sentence.
fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
