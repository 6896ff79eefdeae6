//! Where the columns of somebody's log are: a mapping that its reader gives, or what OCSF says.

use std::collections::BTreeMap;

use serde_json::Value;

/// What a line of a log may tell.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Field {
    Time,
    Method,
    /// A path, or a URL of which the path is taken.
    Path,
    /// Who it was, as the log has it.
    Identity,
    Status,
    /// Any text in which the run's id may stand: a trace id, a correlation id.
    Trace,
    UserAgent,
}

impl Field {
    pub const ALL: [Field; 7] =
        [Field::Time, Field::Method, Field::Path, Field::Identity, Field::Status, Field::Trace, Field::UserAgent];

    pub const fn name(self) -> &'static str {
        match self {
            Field::Time => "time",
            Field::Method => "method",
            Field::Path => "path",
            Field::Identity => "identity",
            Field::Status => "status",
            Field::Trace => "trace",
            Field::UserAgent => "user-agent",
        }
    }

    pub fn parse(name: &str) -> Option<Field> {
        Field::ALL.into_iter().find(|field| field.name() == name)
    }
}

/// Where each field stands: JSON pointers, or names of columns. The first that has something is taken.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mapping(BTreeMap<Field, Vec<String>>);

impl Mapping {
    /// Reads `FIELD=PLACE`.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn of(said: &[String]) -> Result<Mapping, String> {
        let mut mapping = Mapping::default();
        for text in said {
            let known: Vec<&str> = Field::ALL.iter().map(|field| field.name()).collect();
            let (field, place) = text
                .split_once('=')
                .filter(|(_, place)| !place.is_empty())
                .ok_or_else(|| format!("`{text}` is not FIELD=PLACE, such as `time=/ts` or `time=timestamp`"))?;
            let field = Field::parse(field)
                .ok_or_else(|| format!("`{field}` is no field of a log line: {}", known.join(", ")))?;
            mapping.0.entry(field).or_default().push(place.to_owned());
        }
        Ok(mapping)
    }

    /// API Activity (6003) and HTTP Activity (4002) of OCSF 1.8.
    pub fn ocsf() -> Mapping {
        let places: [(Field, &[&str]); 7] = [
            (Field::Time, &["/time", "/time_dt"]),
            (Field::Method, &["/http_request/http_method"]),
            (Field::Path, &["/http_request/url/path", "/http_request/url/url_string"]),
            (
                Field::Identity,
                &["/actor/user/name", "/actor/user/uid", "/actor/user/email_addr", "/actor/app_name", "/actor/app_uid"],
            ),
            (Field::Status, &["/http_response/code", "/api/response/code", "/status_code"]),
            (Field::Trace, &["/trace/uid", "/metadata/correlation_uid", "/http_request/uid", "/unmapped/traceparent"]),
            (Field::UserAgent, &["/http_request/user_agent"]),
        ];
        Mapping(places.into_iter().map(|(field, all)| (field, all.iter().map(|s| (*s).to_owned()).collect())).collect())
    }

    /// Each field with each of its places.
    pub fn all(&self) -> Vec<(Field, String)> {
        let places = |(field, places): (&Field, &Vec<String>)| {
            places.iter().map(|place| (*field, place.clone())).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(places).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn has(&self, field: Field) -> bool {
        self.0.contains_key(&field)
    }

    /// The places of a field.
    pub fn places(&self, field: Field) -> &[String] {
        self.0.get(&field).map_or(&[], Vec::as_slice)
    }

    /// What a JSON line has in a field.
    pub fn in_json(&self, field: Field, line: &Value) -> Option<String> {
        self.places(field).iter().find_map(|place| match at(line, place)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
    }
}

/// What an event has at a place.
pub fn at<'v>(event: &'v Value, place: &str) -> Option<&'v Value> {
    if place.starts_with('/') { event.pointer(place) } else { event.get(place) }
}
