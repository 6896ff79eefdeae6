//! How a targets file says that their detection is heard.

use std::net::{Ipv4Addr, SocketAddr};

use super::lower::{Lowering, duration, text};
use super::{Alarm, CredentialIx, Match, Signature, Webhook};
use crate::scenario::shape::shortened;
use crate::scenario::tree::Node;
use crate::scenario::{Code, Finding, quantity};
use crate::wire::Span;

impl Lowering<'_> {
    pub(super) fn alarm(&mut self, drilled: &[CredentialIx]) -> Option<Alarm> {
        let node = self.root.get("alarm")?;
        let every = node.get("every").and_then(duration).unwrap_or(Span::SECOND);
        let key = text(node, "key").as_deref().and_then(quantity::boolean);
        match (node.get("command"), text(node, "file"), key, node.get("webhook")) {
            (Some(command), None, None, None) => Some(Alarm::Command { program: self.command(command)?, every }),
            (None, Some(file), None, None) => Some(Alarm::File(self.path(&file))),
            (None, None, Some(true), None) => Some(Alarm::Key),
            (None, None, None, Some(webhook)) => self.webhook(webhook, drilled).map(Alarm::Webhook),
            _ => {
                self.say(
                    Finding::new(Code::Contradiction, node.place, "an alarm is heard in one way")
                        .help("write one of `command`, `file`, `key: yes` and `webhook`"),
                );
                None
            }
        }
    }

    fn webhook(&mut self, node: &Node, drilled: &[CredentialIx]) -> Option<Webhook> {
        let listen = node.get("listen")?;
        let with = node.get("with").and_then(|with| self.credential_named(with));
        if let (Some(said), true) = (node.get("with"), with.is_some_and(|ix| drilled.contains(&ix))) {
            self.say(
                Finding::new(Code::Contradiction, said.place, "what is contained cannot raise the alarm")
                    .help("name a credential that is not drilled"),
            );
        }
        let said = listen.text().unwrap_or_default();
        let port = said.parse().ok().map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let address = port.or_else(|| said.parse().ok()).filter(|address: &SocketAddr| address.port() > 0);
        let Some(address) = address else {
            let message = format!("`{}` is no address with a port", shortened(said));
            self.say(
                Finding::new(Code::BadOrigin, listen.place, message)
                    .help("write a port, such as `8099`; or `192.0.2.7:8099`, `[fd00::7]:8099`"),
            );
            return None;
        };
        if !address.ip().is_loopback() && node.get("with").is_none() {
            let message = format!("whoever reaches {address} could raise the alarm");
            self.say(
                Finding::new(Code::MissingKey, listen.place, message)
                    .help("name under `with` the credential that callers present; or listen on a port alone"),
            );
        }
        let path = node.get("path").and_then(Node::text).unwrap_or("/");
        let plain = path.starts_with('/') && path.bytes().all(|b| b.is_ascii_graphic() && !b"?#\\".contains(&b));
        if let (false, Some(said)) = (plain, node.get("path")) {
            let message = format!("`{}` is no path", shortened(path));
            self.say(Finding::new(Code::BadHttp, said.place, message).help("write it as `/alarm`, without a query"));
        }
        let matching = node.get("matching").map_or_else(Match::default, |node| self.matching(node));
        let signed = node.get("signed").and_then(|said| match said.text() {
            Some("x-hub-signature-256") => Some(Signature::Hub),
            Some("standard-webhooks") => Some(Signature::Standard),
            _ => None,
        });
        if let (Some(said), None) = (node.get("signed"), node.get("with")) {
            self.say(
                Finding::new(Code::MissingKey, said.place, "nothing says what a call is signed with")
                    .help("name the credential under `with` that holds the shared secret"),
            );
        }
        Some(Webhook { listen: address, path: path.to_owned(), with, signed, matching })
    }
}
