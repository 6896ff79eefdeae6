//! The defence in prose: what raises an alarm, what answers it, what holds calls up.

use crate::measure::{Value, counted, percent, thousands};
use crate::model::control::{About, Action, Approval, Counts, KeyKind, Limit, Trigger, Watches, Which};
use crate::model::{Plan, Share, Takes};
use crate::wire::{CollId, OpId};

use super::{line, section};

pub(super) fn defence(plan: &Plan, out: &mut String) {
    let controls = &plan.controls;
    section(out, "Defence");
    for detector in &controls.detectors {
        let what = match detector.watches {
            Watches::Requests { at_least, within } => {
                format!("{} within {within}", counted(at_least.into(), "request"))
            }
            Watches::FanOut { at_least, within } => {
                format!("{} of different kinds within {within}", counted(at_least.into(), "operation"))
            }
            Watches::RecordsRead { at_least, within } => {
                format!("{} read within {within}", counted(at_least.into(), "record"))
            }
            Watches::Destruction { at_least, within } => {
                format!("{} within {within}", counted(at_least.into(), "deletion"))
            }
            Watches::Denials { at_least, within } => {
                format!("{} within {within}", counted(at_least.into(), "refusal"))
            }
            Watches::Repeats { at_least, within } => {
                format!("the same message {} within {within}", counted(at_least.into(), "time"))
            }
            Watches::Spending { at_least, within } => {
                format!("{} spent within {within}", Value::Money(at_least))
            }
            Watches::NeverSeen => "an operation that is new to its caller".to_owned(),
            Watches::NotOwner(f) => format!("{} is used where its owner is not at home", plan.family(f).name),
            Watches::CanaryRecord => "a canary record is read".to_owned(),
            Watches::CanaryCredential(f) => format!("{} is used", plan.family(f).name),
            Watches::Flow => detector.follows.as_ref().map_or_else(String::new, |follows| {
                let (on, read) = (operations(plan, &follows.on), collections(plan, &follows.after_reading));
                format!("{on} by somebody who has read {read}")
            }),
            Watches::Report { at } => format!("somebody outside reports it at {at}"),
        };
        line(out, &format!("alarm {}: {what}", detector.name));
    }
    for response in &controls.responses {
        let on = match response.on {
            Trigger::At(at) => format!("at {at}"),
            Trigger::Alarm(rule) => {
                let takes =
                    if response.takes == Takes::NOTHING { "at once".to_owned() } else { response.takes.to_string() };
                format!("{takes} after {}", controls.detectors[rule.index()].name)
            }
        };
        for step in &response.steps {
            let step = &controls.steps[step.index()];
            line(out, &format!("{on}: {} ({})", step.name, action(plan, &step.action, step.which)));
        }
    }
    for limit in controls.limits.iter().filter(|l| l.armed) {
        line(out, &format!("limit {}: {}", limit.name, allowed(limit)));
    }
    for approval in controls.approvals.iter().filter(|a| a.armed) {
        line(out, &format!("approval {}: {}", approval.name, asked_of(approval)));
    }
    for flow in controls.flows.iter().filter(|f| f.armed) {
        let (read, on) = (collections(plan, &flow.after_reading), operations(plan, &flow.on));
        line(out, &format!("rule {}: who has read {read} is refused {on}", flow.name));
    }
    let preventive = controls.limits.iter().any(|l| l.armed)
        || controls.approvals.iter().any(|a| a.armed)
        || controls.flows.iter().any(|f| f.armed);
    if controls.responses.is_empty() && !preventive {
        line(out, if controls.detectors.is_empty() { "none" } else { "nobody answers" });
    }
}

/// How much a limit lets through.
fn allowed(limit: &Limit) -> String {
    let amount = match limit.counts {
        Counts::Requests => counted(limit.at_most, "request"),
        Counts::Records => counted(limit.at_most, "record"),
        Counts::Cost => format!("a cost of {}", Value::Money(limit.at_most)),
    };
    let whose = match limit.key {
        KeyKind::Credential => " for each credential",
        KeyKind::Principal => " for each principal",
        KeyKind::Owner => " for each owner",
        KeyKind::Conversation => " for each conversation",
        KeyKind::Global => "",
    };
    let per = limit.per.map_or(String::new(), |per| format!(" in each {per}"));
    format!("at most {amount}{whose}{per}")
}

fn operations(plan: &Plan, on: &[OpId]) -> String {
    on.iter().map(|op| plan.operation_name(*op)).collect::<Vec<_>>().join(", ")
}

fn collections(plan: &Plan, all: &[CollId]) -> String {
    all.iter().map(|coll| plan.collection(*coll).name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Who is asked, and what they say.
fn asked_of(approval: &Approval) -> String {
    let who = if approval.people == 1 { "one".to_owned() } else { thousands(approval.people.into()) };
    let says = match approval.says_yes {
        Share::WHOLE => "always says yes".to_owned(),
        Share::NONE => "never says yes".to_owned(),
        share => format!("says yes {} of the time", percent(share.share())),
    };
    let about = match approval.about {
        About::EachCall => "each call",
        About::Plan => "all that a caller does",
    };
    let takes = match approval.takes {
        Takes::NOTHING => String::new(),
        takes => format!(", after {takes}").trim_end_matches(',').to_owned(),
    };
    format!("{who} of {} is asked about {about} and {says}{takes}", approval.by)
}

fn action(plan: &Plan, action: &Action, which: Which) -> String {
    let which = match which {
        Which::Named => String::new(),
        Which::Alarmed => " what the alarm is about".to_owned(),
        Which::OfPrincipal => " everything of the principal".to_owned(),
        Which::OfOwner => " everything of the owner".to_owned(),
        Which::Descendants => " the credential and all that was minted from it".to_owned(),
        Which::Exposed => " every credential in the records that it read".to_owned(),
        Which::Every(f) => format!(" every {}", plan.family(f).name),
        Which::Identity(i) => format!(" {}", plan.identity_name(i)),
    };
    let verb = match action {
        Action::Revoke => "revokes",
        Action::Disable => "disables",
        Action::Rotate { .. } => "rotates",
        Action::Bind { .. } => "binds to one network",
        Action::Block { .. } => "blocks",
        Action::SetRule { .. } => "changes who may touch which records",
        Action::Throttle { .. } => "puts a limit on",
        Action::Require { .. } => "asks for an approval from now on",
        Action::Close { .. } => "closes operations",
    };
    format!("{verb}{which}")
}
