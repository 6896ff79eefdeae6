//! What is hardly meant as it is written, such as defences that can do nothing: warnings, since a run with them is a run
//! all the same.

use crate::model::control::{Response, Trigger, Watches, Which};
use crate::model::service::Act;
use crate::model::{Plan, Takes, grants};
use crate::scenario::finding::{Code, Finding, nearest};
use crate::scenario::tree::{Key, Node};
use crate::wire::Tick;

/// `needs` is what each operation asks for: a list of scopes of which one list is enough.
pub(super) fn inert(root: &Node, plan: &Plan, needs: &[Vec<Vec<String>>]) -> Vec<Finding> {
    let mut found = canaries(root, plan);
    found.extend(exposed(root, plan));
    found.extend(late(root, plan));
    found.extend(endless(root, plan));
    found.extend(misspelt(root, plan, needs));
    found
}

fn key<'r>(root: &'r Node, part: &str, name: &str) -> Option<&'r Key> {
    root.get(part)?.key(name)
}

fn warning(key: &Key, message: String, help: &str) -> Finding {
    Finding::warning(Code::Unused, key.place, message).help(help)
}

/// Whether any log names the records that a request was about.
fn logs_objects(plan: &Plan) -> bool {
    let mut served = plan.operations.iter().filter(|op| !matches!(op.act, Act::Administer));
    served.any(|op| op.audit.is_some_and(|fields| fields.object))
}

const LOG_OBJECTS: &str = "say `audit: all` at the service that shows them";

/// Alarms about canary records that nobody could read, or that no log would name.
fn canaries(root: &Node, plan: &Plan) -> Vec<Finding> {
    let watching = plan.controls.detectors.iter().filter(|detector| matches!(detector.watches, Watches::CanaryRecord));
    let written = watching.filter_map(|detector| key(root, "detect", &detector.name));
    let says = |key: &Key| {
        if plan.collections.iter().all(|coll| coll.canaries.is_none()) {
            let message = format!("`{}` watches canary records, and there are none", key.name);
            return Some(warning(key, message, "say how many of a collection are canaries: `canary: 3`"));
        }
        let message = format!("`{}` watches what no log tells: which records were read", key.name);
        (!logs_objects(plan)).then(|| warning(key, message, LOG_OBJECTS))
    };
    written.filter_map(says).collect()
}

/// Steps about the records that somebody read, which no log names.
fn exposed(root: &Node, plan: &Plan) -> Vec<Finding> {
    let steps = plan.controls.steps.iter().filter(|step| step.which == Which::Exposed && !logs_objects(plan));
    let written = steps.filter_map(|step| key(root, "steps", &step.name));
    written
        .map(|key| {
            let message = format!("`{}` goes by what no log tells: which records were read", key.name);
            warning(key, message, LOG_OBJECTS)
        })
        .collect()
}

/// Longer than this, a horizon is more likely a slip than meant.
const YEAR: Tick = Tick(365 * 86_400 * 1_000_000);

/// A run that goes on for years, and may never come to its end.
fn endless(root: &Node, plan: &Plan) -> Option<Finding> {
    let horizon = plan.time.horizon.filter(|horizon| *horizon > YEAR)?;
    let key = root.get("time")?.key("horizon")?;
    let message =
        format!("the run goes on for up to {horizon}: what repeats each second is asked 31 million times a year");
    let finding = Finding::warning(Code::ImpossibleNumber, key.place, message);
    Some(finding.help("end it when what matters is over, such as `time: {horizon: 30d}`"))
}

/// Responses that come when the run is over.
fn late(root: &Node, plan: &Plan) -> Vec<Finding> {
    let Some(horizon) = plan.time.horizon else { return Vec::new() };
    let earliest = |response: &Response| match response.on {
        Trigger::At(at) => at,
        Trigger::Alarm(_) => match response.takes {
            Takes::Always(span) => Tick::ZERO + span,
            Takes::LogNormal { .. } => Tick::ZERO,
        },
    };
    let late = plan.controls.responses.iter().filter(|response| earliest(response) >= horizon);
    let written = late.filter_map(|response| key(root, "respond", &response.name));
    written
        .map(|key| {
            let message = format!("the answer to `{}` comes when the run is over, at {horizon}", key.name);
            warning(key, message, "let it act sooner, or the run last longer: `time: {horizon: …}`")
        })
        .collect()
}

/// Scopes of a service that is not there, and is written nearly like one that is.
fn misspelt(root: &Node, plan: &Plan, needs: &[Vec<Vec<String>>]) -> Vec<Finding> {
    let unlocks = |scope: &str| needs.iter().flatten().flatten().any(|need| grants(scope, need));
    let services: Vec<&str> = plan.services.iter().map(|service| service.name.as_str()).collect();
    let credentials = root.get("credentials").map_or(&[][..], Node::entries);
    let scopes = credentials.iter().filter_map(|(_, credential)| credential.get("scopes")).flat_map(Node::each);
    let says = |scope: &Node| {
        let text = scope.text()?;
        let (service, _) = text.split_once(':')?;
        let is_known = services.contains(&service) || unlocks(text);
        let meant = nearest(service, services.iter().copied()).filter(|_| !is_known)?;
        let message = format!("`{text}` unlocks nothing: there is no service `{service}`");
        Some(Finding::warning(Code::Unused, scope.place, message).help(format!("did you mean `{meant}`?")))
    };
    scopes.filter_map(says).collect()
}
