//! What a caller must present.

/// What an operation asks for: alternatives, of which one must be met.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Requirement {
    /// The document says nothing about security here.
    Unstated,
    /// `security: []`: the document says that nothing is needed.
    Open,
    AnyOf(Vec<Alternative>),
}

/// Credentials that must all be presented together; none at all means that an anonymous caller is served.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Alternative {
    pub all_of: Vec<Needed>,
}

/// A credential of a scheme, with all of these scopes. Without scopes, any credential of the scheme will do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Needed {
    pub scheme: String,
    pub scopes: Vec<String>,
}

impl Requirement {
    pub fn alternatives(&self) -> &[Alternative] {
        match self {
            Requirement::AnyOf(alternatives) => alternatives,
            Requirement::Unstated | Requirement::Open => &[],
        }
    }

    /// The document says that a caller without credentials is served.
    pub fn admits_anybody(&self) -> bool {
        *self == Requirement::Open || self.alternatives().iter().any(|alternative| alternative.all_of.is_empty())
    }

    /// The scopes of which each one alone satisfies an alternative. A second credential that needs no scope may
    /// still have to be presented with it.
    pub fn single_scopes(&self) -> impl Iterator<Item = &str> {
        self.alternatives().iter().filter_map(Alternative::single_scope)
    }

    /// Every alternative asks for two or more different scopes.
    pub fn needs_several_scopes(&self) -> bool {
        let alternatives = self.alternatives();
        !alternatives.is_empty() && alternatives.iter().all(Alternative::has_several_scopes)
    }

    pub(super) fn bytes_of_names(&self) -> usize {
        let needs = self.alternatives().iter().flat_map(|alternative| &alternative.all_of);
        let scopes = |need: &Needed| need.scopes.iter().map(|scope| size_of::<String>() + scope.len()).sum::<usize>();
        let alternatives = size_of_val(self.alternatives());
        alternatives + needs.map(|need| size_of::<Needed>() + need.scheme.len() + scopes(need)).sum::<usize>()
    }
}

impl Alternative {
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.all_of.iter().flat_map(|needed| needed.scopes.iter().map(String::as_str))
    }

    fn single_scope(&self) -> Option<&str> {
        let first = self.scopes().next()?;
        self.scopes().all(|scope| scope == first).then_some(first)
    }

    fn has_several_scopes(&self) -> bool {
        self.scopes().next().is_some() && self.single_scope().is_none()
    }
}

/// A way to prove who is calling.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SecurityScheme {
    pub name: String,
    pub kind: SchemeKind,
    /// What each scope is said to allow, where the scheme lists its scopes.
    pub scopes: Vec<(String, String)>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SchemeKind {
    OAuth2 {
        flows: Vec<String>,
        token_url: Option<String>,
    },
    OpenIdConnect {
        url: String,
    },
    Bearer,
    Basic,
    /// Another scheme of the `Authorization` header.
    Http(String),
    ApiKey {
        location: super::Location,
        name: String,
    },
    MutualTls,
    Unknown(String),
}
