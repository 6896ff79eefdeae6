use std::collections::BTreeMap;

use super::answer::Answer;
use super::effect::Effect;
use super::note::Note;
use super::security::{Requirement, SecurityScheme};

/// What a description says, as far as calling the API is concerned.
#[derive(Clone, PartialEq, Debug)]
pub struct Description {
    pub title: String,
    pub version: String,
    pub dialect: Dialect,
    /// Variables are filled with their defaults.
    pub servers: Vec<String>,
    /// In the order of the document.
    pub operations: Vec<Operation>,
    pub schemes: Vec<SecurityScheme>,
    pub notes: Vec<Note>,
    pub counts: Counts,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    Swagger2,
    OpenApi30,
    OpenApi31,
}

impl Dialect {
    pub const fn name(self) -> &'static str {
        match self {
            Dialect::Swagger2 => "Swagger 2.0",
            Dialect::OpenApi30 => "OpenAPI 3.0",
            Dialect::OpenApi31 => "OpenAPI 3.1",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    pub paths: usize,
    pub operations: usize,
    pub deprecated: usize,
    /// Every `$ref` of the document, also in examples and extensions.
    pub refs: usize,
    pub distinct_refs: usize,
    pub unresolved_refs: usize,
}

impl Description {
    /// The operations by what they are about.
    pub fn collections(&self) -> BTreeMap<&str, Vec<&Operation>> {
        let mut collections: BTreeMap<&str, Vec<&Operation>> = BTreeMap::new();
        for operation in &self.operations {
            collections.entry(collection_of(operation)).or_default().push(operation);
        }
        collections
    }
}

/// A method on a path.
#[derive(Clone, PartialEq, Debug)]
pub struct Operation {
    /// Kebab-case and unique in the description; never a word that YAML reads as something else.
    pub id: String,
    /// The `operationId`, as the document writes it.
    pub operation_id: Option<String>,
    pub summary: Option<String>,
    pub method: Method,
    /// A template with `{parameter}`, beginning with the base path of the server.
    pub path: String,
    /// Where the operation lives, if not on the first server of the description.
    pub server: Option<String>,
    /// What the path is about by its first telling segment; a name for a collection of records.
    pub collection: String,
    pub parameters: Vec<Parameter>,
    pub requires: Requirement,
    pub effect: Effect,
    pub deprecated: bool,
    pub answer: Answer,
    /// An earlier operation that matches exactly the same requests, so that this one would never be reached.
    pub shadowed_by: Option<String>,
    /// A JSON pointer into the document.
    pub place: String,
}

/// See [`Operation::collection`].
pub fn collection_of(operation: &Operation) -> &str {
    &operation.collection
}

impl Operation {
    pub fn path_parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(|parameter| parameter.location == Location::Path)
    }

    pub(super) fn bytes_of_names(&self) -> usize {
        let parameters: usize =
            self.parameters.iter().map(|parameter| size_of::<Parameter>() + parameter.name.len()).sum();
        self.path.len() + self.place.len() + parameters + self.requires.bytes_of_names()
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parameter {
    pub name: String,
    pub location: Location,
    pub required: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Location {
    Path,
    Query,
    Header,
    Cookie,
    /// The body as a whole, or one field of a form.
    Body,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Method {
    Get,
    Head,
    Options,
    Trace,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub const ALL: [Method; 8] = [
        Method::Get,
        Method::Head,
        Method::Options,
        Method::Trace,
        Method::Post,
        Method::Put,
        Method::Patch,
        Method::Delete,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Options => "OPTIONS",
            Method::Trace => "TRACE",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }

    /// How descriptions write a method, as a key of a path.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Method::Get => "get",
            Method::Head => "head",
            Method::Options => "options",
            Method::Trace => "trace",
            Method::Post => "post",
            Method::Put => "put",
            Method::Patch => "patch",
            Method::Delete => "delete",
        }
    }

    pub(super) fn of_key(key: &str) -> Option<Method> {
        Method::ALL.into_iter().find(|method| method.key() == key)
    }

    pub(super) const fn effect(self) -> Effect {
        match self {
            Method::Get | Method::Head | Method::Options | Method::Trace => Effect::Read,
            Method::Post | Method::Put | Method::Patch => Effect::Write,
            Method::Delete => Effect::Delete,
        }
    }
}
