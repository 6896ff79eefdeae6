//! Spots secrets in bytes: the same recogniser on every plane. It knows published shapes, never who owns what.

use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::wire::SecretKind;

/// Finds secrets in bodies.
#[derive(Debug)]
pub struct Recogniser {
    shapes: Option<&'static Regex>,
}

/// A secret in some bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spotted {
    pub kind: SecretKind,
    pub start: usize,
    pub end: usize,
}

/// Every shape, each in a group of its own, in the order of [`KINDS`].
const SHAPES: &str = concat!(
    r"(?-u)(rwk_[0-9a-f]{40})|(rwr_[0-9a-f]{40})|(rws_[0-9a-f]{40})|(rwc_[0-9a-f]{40})|(rwa_[0-9a-f]{40})",
    r"|(rwp_[0-9a-f]{40})|(rwi_[0-9a-f]{40})|(rww_[0-9a-f]{40})",
    r"|(eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{40,})",
    r"|(-----BEGIN PRIVATE KEY-----[0-9a-f]{40}-----END PRIVATE KEY-----)",
);

const KINDS: [SecretKind; 10] = [
    SecretKind::ApiKey,
    SecretKind::RefreshToken,
    SecretKind::Session,
    SecretKind::OauthClient,
    SecretKind::ConnectedApp,
    SecretKind::PersonalToken,
    SecretKind::RoleSession,
    SecretKind::Password,
    SecretKind::AccessToken,
    SecretKind::SigningKey,
];

/// Compiled once: that takes as long as some hundred steps.
static COMPILED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(SHAPES).ok());

impl Default for Recogniser {
    fn default() -> Recogniser {
        Recogniser { shapes: COMPILED.as_ref() }
    }
}

impl Recogniser {
    /// Whether a secret stands in the bytes.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        self.shapes.is_some_and(|shapes| shapes.is_match(bytes))
    }

    /// Every secret in the bytes, in order.
    pub fn spot<'b>(&'b self, bytes: &'b [u8]) -> impl Iterator<Item = Spotted> + 'b {
        self.shapes.iter().flat_map(move |shapes| shapes.captures_iter(bytes)).filter_map(|found| {
            KINDS.iter().enumerate().find_map(|(at, kind)| {
                found.get(at + 1).map(|m| Spotted { kind: *kind, start: m.start(), end: m.end() })
            })
        })
    }
}
