//! What travels in the bytes of a request.

use std::sync::Arc;

use super::address::Addresses;
use super::ask::Asker;
use super::names::Names;
use crate::model::Trace;
use crate::vocabulary::{Phrasebook, Scribe};
use crate::wire::{ActorId, Arg, Cargo, Envelope, OpId, PlaceId, Purpose, Request, RequestId, RouteId, Span, Vantage};

#[test]
fn a_request_carries_the_trace_of_its_sender() {
    let text = crate::library::find("wiper").unwrap().text;
    let source = crate::scenario::Source { name: "wiper".into(), text: text.into() };
    let document = crate::scenario::parse(source, &crate::run::measurable()).unwrap();
    let plan = Arc::new(document.resolve(None, &crate::scenario::Overrides::default()).unwrap().plan);
    let asker = Asker::new(plan.clone(), Arc::new(Addresses::of(&plan)), Arc::new(Phrasebook::of(&plan)));
    let mut names = Names::new(Arc::new(Scribe::new(plan.clone())));
    let from = Vantage { network: PlaceId::new(0), connection: 0, purpose: Purpose::Agent, conversation: None };
    let (about, page) = (Arg::None, Arg::None);
    let request = Request { route: RouteId::new(0), about, page, presented: None, carries: false, from };
    let id = RequestId { by: ActorId::new(0), n: 3 };
    let asking = asker.write(OpId::new(0), &Envelope { id, request, back: Span(1) }, &Cargo::default(), &mut names);
    let sent = asking.headers["traceparent"].to_str().unwrap();
    assert_eq!(sent, Trace::of(plan.seed, id).traceparent());
}
