//! Events of OCSF 1.8 as this program writes them, attribute by attribute.

use serde::Serialize;

/// A class of events.
#[derive(Clone, Copy)]
pub enum Class {
    ApiActivity,
    Authentication,
    AccountChange,
}

#[derive(Serialize, Default)]
pub struct Record<'a> {
    pub class_uid: u16,
    pub category_uid: u16,
    pub activity_id: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity_name: Option<&'a str>,
    pub type_uid: u32,
    pub time: u64,
    pub severity_id: u16,
    pub status_id: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_code: Option<String>,
    pub metadata: Metadata<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<Named>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<Api>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub src_endpoint: Option<Named>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Resource>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_id: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disposition_id: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<Traced>,
    pub unmapped: Unmapped,
}

#[derive(Serialize, Default)]
pub struct Metadata<'a> {
    pub version: &'a str,
    pub product: Named,
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    pub profiles: &'a [&'a str],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    pub correlation_uid: String,
}

#[derive(Serialize, Default)]
pub struct Named {
    pub name: String,
}

#[derive(Serialize, Default)]
pub struct Actor {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_name: Option<String>,
}

#[derive(Serialize)]
pub struct Session {
    pub credential_uid: String,
}

#[derive(Serialize)]
pub struct User {
    pub uid: String,
    pub type_id: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential_uid: Option<String>,
}

#[derive(Serialize)]
pub struct Api {
    pub operation: String,
    pub service: Named,
    pub response: Code,
}

#[derive(Serialize)]
pub struct Code {
    pub code: u16,
}

#[derive(Serialize)]
pub struct Resource {
    pub uid: String,
    #[serde(rename = "type")]
    pub kind: String,
}

#[derive(Serialize)]
pub struct Traced {
    pub uid: String,
    pub span: Span,
}

#[derive(Serialize)]
pub struct Span {
    pub uid: String,
    pub start_time: u64,
    pub end_time: u64,
}

/// What OCSF has no attribute for.
#[derive(Serialize, Default)]
pub struct Unmapped {
    pub at_us: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub registry: bool,
    /// Of an account change, which has no place for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u32>,
    /// Who acts for whom, outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub delegation: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unrecorded: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// Who the workload is itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Who answers for the principal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_to: Option<String>,
    /// The rotated credential that this one took the place of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stored_in: Vec<String>,
    /// The event types that the workload is there to cause.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub registered_for: Vec<String>,
}
