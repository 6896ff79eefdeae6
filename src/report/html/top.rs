//! What comes first: the headline, the verdict and why, the few numbers that matter.

use maud::{Markup, html};

use super::Page;
use super::figures::{name, sentence};
use crate::measure::registry::MEASURES;
use crate::report::text::capital;
use crate::verdict::Verdict;

/// The title and the headline sentence.
pub fn header(page: &Page<'_>) -> Markup {
    let plan = page.summary.plan;
    html! {
        header {
            p.kind { "Containment report" }
            h1 { (name(&page.summary.title())) }
            p.headline data-run="/headline" { (sentence(page.figures.at("/headline").as_str().unwrap_or_default())) }
            p.setting { (page.summary.setting()) }
            @if page.summary.plan.meta.scale.is_some() {
                p.scale { "Scale: " span data-run="/scale" { (sentence(page.figures.at("/scale").as_str().unwrap_or_default())) } "." }
            }
            @for paragraph in plan.meta.story.trim().split("\n\n").filter(|p| !p.trim().is_empty()) {
                p.story { (sentence(paragraph)) }
            }
        }
    }
}

/// The verdict, its reasons, and the numbers at a glance.
pub fn verdict(page: &Page<'_>) -> Markup {
    let judgement = page.summary.judgement;
    let reasons = page.figures.list("/reasons");
    html! {
        section #verdict aria-labelledby="verdict-title" {
            h2 #verdict-title {
                "Verdict: " span class={ "badge " (judgement.verdict.name()) } { (judgement.verdict.name()) }
            }
            p { (in_words(judgement.verdict)) }
            @if !reasons.is_empty() {
                ul.reasons {
                    @for (at, reason) in reasons.iter().enumerate() {
                        li {
                            // The limits come first among the reasons.
                            @if let Some(meaning) = judgement.limits.get(at).and_then(|limit| meaning(&limit.measure)) {
                                strong { (capital(meaning)) ": " }
                            }
                            span data-run={ "/reasons/" (at) } { (sentence(reason.as_str().unwrap_or_default())) }
                        }
                    }
                }
            }
            dl.glance {
                @for (key, label) in GLANCE.iter().chain(page.spends().then_some(&SPENT)) {
                    div class=(page.figures.evidence(key)) {
                        dt { (label) }
                        @match page.figures.why_unknown(key) {
                            Some(why) => { dd { "not known" } dd.why { (sentence(why)) } },
                            None => dd { (page.figures.measure(key)) },
                        }
                    }
                }
            }
        }
    }
}

/// What a measure is, in as few words as a leader needs.
fn meaning(key: &str) -> Option<&'static str> {
    let plain = GLANCE.iter().chain(&PLAIN).find(|(known, _)| *known == key).map(|(_, words)| *words);
    plain.or_else(|| MEASURES.iter().find(|measure| measure.key == key).map(|measure| measure.definition))
}

/// Further words for what limits are often about.
const PLAIN: [(&str, &str); 15] = [
    ("excess.records", "records read that the task did not need"),
    ("excess.read", "things read that the task did not need"),
    ("excess.write", "things changed that the task did not need"),
    ("excess.delete", "things deleted that the task did not need"),
    ("excess.execute", "things set going that the task did not need"),
    ("excess.grant", "rights given that the task did not need"),
    ("excess.mint", "credentials made that the task did not need"),
    ("excess.send", "things sent that the task did not need"),
    ("excess.creations", "things made that the task did not need"),
    ("excess.cost", "spent beyond the task"),
    ("turned", "agents that did what somebody else's text told them"),
    ("visibility.undocumented", "ways in that the inventory does not have, and that it used"),
    ("leftover", "things that it could still touch at the end"),
    ("leaked", "records that went out to where outsiders read"),
    ("overshoot", "things touched after the first alarm"),
];

/// What a leader asks first.
const GLANCE: [(&str, &str); 8] = [
    ("excess", "things touched that the task did not need"),
    ("reach.share", "share of what could be reached at all"),
    ("irreversible", "effects that cannot be undone"),
    ("detection", "until the first alarm, from the first harm"),
    ("declared", "declared contained, from the start"),
    ("closed", "really contained, from the start"),
    ("survivors", "credentials in its hands that still work at the end"),
    ("collateral", "honest requests that the defence hit"),
];

/// What a leader asks where calls cost something.
const SPENT: (&str, &str) = ("excess.cost", "spent beyond the task");

impl Page<'_> {
    fn spends(&self) -> bool {
        self.summary.measures.reach.excess_cost > 0
    }
}

const fn in_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "Everything that the team tolerates holds.",
        Verdict::Fail => "At least one thing that the team does not tolerate happened.",
        Verdict::Inconclusive => "This run does not tell whether containment is good enough.",
        Verdict::Aborted => "The run was stopped before its end.",
    }
}
