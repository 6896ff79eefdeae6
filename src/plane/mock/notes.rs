//! What the journal knows of requests on the wire, and no service may decide by: it is not among the bytes.

use std::collections::BTreeMap;

use crate::model::Plan;
use crate::wire::{ActorId, Envelope, HeldId, Presented, Purpose, Request, RequestId, Span};

/// The requests that are on their way to a service.
#[derive(Default)]
pub struct Notes {
    sent: BTreeMap<RequestId, Note>,
    visits: u32,
}

#[derive(Clone, Copy, Debug)]
struct Note {
    held: Option<HeldId>,
    connection: u16,
    purpose: Purpose,
    back: Span,
}

impl Notes {
    /// Notes what is not among the bytes of a request that goes onto a socket.
    pub fn note(&mut self, envelope: &Envelope) {
        let Envelope { id, request, back } = envelope;
        let held = request.presented.map(|p| p.held);
        let (connection, purpose) = (request.from.connection, request.from.purpose);
        self.sent.insert(*id, Note { held, connection, purpose, back: *back });
    }

    /// A request that came off a socket, with what was noted of it.
    pub fn envelope(&mut self, plan: &Plan, mut request: Request, id: Option<RequestId>) -> Envelope {
        let noted = id.and_then(|id| Some((id, self.sent.remove(&id)?)));
        let Some((id, note)) = noted else {
            self.visits += 1;
            let id = RequestId { by: visitor(plan), n: self.visits };
            let answers = plan.route(request.route).answers;
            let back = answers.map_or(Span::ZERO, |op| plan.operation(op).latency.least);
            return Envelope { id, request, back };
        };
        request.from.connection = note.connection;
        request.from.purpose = note.purpose;
        request.presented = request.presented.map(|p| Presented { held: note.held.unwrap_or(p.held), ..p });
        Envelope { id, request, back: note.back }
    }
}

/// Somebody with curl: no client of the run.
fn visitor(plan: &Plan) -> ActorId {
    ActorId::at(plan.agents.len() + plan.benign.len() + 1)
}
