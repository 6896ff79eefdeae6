//! Where a request comes from, and by what the defenders can follow it: the network (RFC 7239, with an obfuscated
//! identifier after section 6.3), `traceparent` of W3C Trace Context, and the conversation in W3C Baggage.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::model::Trace;
use crate::planted::Mistake;
use crate::wire::{ActorId, Conversation, Envelope};

const FORWARDED: HeaderName = HeaderName::from_static("forwarded");
const NETWORK: &str = "for=_net";
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const BAGGAGE: HeaderName = HeaderName::from_static("baggage");
const MEMBER: &str = "conversation=";

/// Writes all three.
pub fn put(seed: u64, envelope: &Envelope, headers: &mut HeaderMap) {
    if !Mistake::NetworkDropped.here() {
        let mut number = itoa::Buffer::new();
        let network = [NETWORK, number.format(envelope.request.from.network.number())].concat();
        say(FORWARDED, network, headers);
    }
    say(TRACEPARENT, Trace::of(seed, envelope.id).traceparent(), headers);
    let conversation = envelope.request.from.conversation.filter(|_| !Mistake::ConversationDropped.here());
    if let Some(conversation) = conversation {
        say(BAGGAGE, member(conversation), headers);
    }
}

fn say(name: HeaderName, text: String, headers: &mut HeaderMap) {
    if let Ok(value) = HeaderValue::try_from(text) {
        headers.insert(name, value);
    }
}

fn member(conversation: Conversation) -> String {
    let (mut by, mut n) = (itoa::Buffer::new(), itoa::Buffer::new());
    [MEMBER, by.format(conversation.by.number()), ".", n.format(conversation.n)].concat()
}

/// The number of the network that the sender says it is in.
pub fn network(headers: &HeaderMap) -> Option<u32> {
    headers.get(FORWARDED)?.to_str().ok()?.strip_prefix(NETWORK)?.parse().ok()
}

/// Of which conversation the sender says that it is part.
pub fn conversation(headers: &HeaderMap) -> Option<Conversation> {
    let members = headers.get(BAGGAGE)?.to_str().ok()?.split(',');
    let (by, n) = members.filter_map(|member| member.trim().strip_prefix(MEMBER)).next()?.split_once('.')?;
    Some(Conversation { by: ActorId::new(by.parse().ok()?), n: n.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_found_among_other_members() {
        let said = Conversation { by: ActorId::new(3), n: 7 };
        let of = |text: &str| conversation(&HeaderMap::from_iter([(BAGGAGE, HeaderValue::try_from(text).unwrap())]));
        assert_eq!(of(&member(said)), Some(said));
        assert_eq!(of("user=4, conversation=3.7 ,x=1"), Some(said));
        assert_eq!(of("conversation=x"), None);
    }
}
