//! An identity provider, as a targets file names it.

use serde::{Deserialize, Serialize};

use super::OriginIx;

/// An identity provider that says itself where its endpoints are (RFC 8414).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Issuer {
    /// As the file has it: its metadata must say the same, letter for letter.
    pub url: String,
    pub origin: OriginIx,
}

/// Endpoints of an identity provider, as `origin:/path`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Endpoints {
    pub token: Option<String>,
    pub revocation: Option<String>,
}
