//! The secrets of a targets file: what they look like, and what is done with those that are found.

use std::sync::Arc;

use super::lower::{Lowering, text};
use super::lower_text::path_alone;
use super::{Looks, Mint, Present, SecretRule};
use crate::scenario::shape::shortened;
use crate::scenario::tree::Node;
use crate::scenario::{Code, Finding};
use crate::wire::SecretKind;

impl Lowering<'_> {
    pub(super) fn secret_rules(&mut self, node: Option<&Node>) -> Vec<SecretRule> {
        let mut all = Vec::new();
        for (key, said) in node.map_or(&[][..], Node::entries) {
            let exactly = said.get("credential").and_then(|node| self.credential_named(node));
            let like = said.get("like").and_then(|node| self.credential_named(node)).or(exactly);
            let looks = match (exactly, said.get("credential"), said.get("shape")) {
                (Some(ix), _, None) => Looks::Exactly(ix),
                (None, None, Some(shape)) => match self.regex(shape) {
                    Some(shape) => Looks::Like(shape),
                    None => continue,
                },
                (None, Some(_), None) => continue,
                _ => {
                    self.say(
                        Finding::new(Code::Contradiction, said.place, "a secret is recognised in one way")
                            .help("write one of `credential` and `shape`"),
                    );
                    continue;
                }
            };
            let is_pair = matches!(&looks, Looks::Like(shape) if names(shape).any(|name| name == "user"));
            let mint = said.get("mints").and_then(|node| self.mint(node, is_pair)).map(Arc::new);
            let (usually, usual_kind) = match (is_pair, &mint) {
                (_, Some(_)) => (Present::Bearer, SecretKind::OauthClient),
                (true, None) => (Present::Basic, SecretKind::Password),
                (false, None) => (Present::Bearer, SecretKind::ApiKey),
            };
            let kind = text(said, "kind").as_deref().and_then(SecretKind::parse).unwrap_or(usual_kind);
            let present = like.map_or(usually, |ix| self.credentials[ix.0].present.clone());
            all.push(SecretRule { name: key.name.clone(), looks, kind, present, mint });
        }
        all
    }

    /// What a found client is changed for a token by.
    fn mint(&mut self, node: &Node, is_pair: bool) -> Option<Mint> {
        let request = self.request(node, &[])?;
        let take = match node.get("take") {
            Some(take) => self.pointer(take)?,
            None => "/access_token".to_owned(),
        };
        let wrong = if !is_pair {
            Some(("only a pair can be changed for a token", "name `(?<user>…)` and `(?<secret>…)` in its `shape`"))
        } else if !self.rules.allows(&request.method, request.origin, &path_alone(&request.path)) {
            Some(("this counts as a write, and `writes` does not list it", "list it under `writes`"))
        } else {
            None
        };
        match wrong {
            None => Some(Mint { request, take }),
            Some((message, help)) => {
                self.say(Finding::new(Code::Contradiction, node.place, message).help(help));
                None
            }
        }
    }

    fn regex(&mut self, node: &Node) -> Option<regex::Regex> {
        let text = node.text()?;
        match regex::RegexBuilder::new(text).size_limit(1 << 20).build() {
            Ok(shape) if shape.is_match("") => {
                let message = format!("`{}` fits everything", shortened(text));
                self.say(Finding::new(Code::Contradiction, node.place, message).help("say what it begins with"));
                None
            }
            Ok(shape) => self.with_known_names(shape, node),
            Err(error) => {
                let why = error.to_string();
                let why = why.lines().last().unwrap_or_default();
                let message = format!("`{}` is no regular expression: {}", shortened(text), shortened(why));
                self.say(Finding::new(Code::BadHttp, node.place, message).help("write it as `'tk_[0-9a-f]{20}'`"));
                None
            }
        }
    }

    /// A shape may say what of it is the user, and what the secret.
    fn with_known_names(&mut self, shape: regex::Regex, node: &Node) -> Option<regex::Regex> {
        let unknown = names(&shape).find(|name| !matches!(*name, "user" | "secret"));
        let message = match unknown {
            Some(unknown) => format!("`{}` is no part of a credential", shortened(unknown)),
            None if names(&shape).eq(["user"]) => "this shape names a user without a secret".to_owned(),
            None => return Some(shape),
        };
        let help = "name `(?<user>…)` and `(?<secret>…)`: together they are the credential `user:secret`";
        self.say(Finding::new(Code::Contradiction, node.place, message).help(help));
        None
    }
}

/// The names that a shape gives to parts of what it fits.
fn names(shape: &regex::Regex) -> impl Iterator<Item = &str> {
    shape.capture_names().flatten()
}
