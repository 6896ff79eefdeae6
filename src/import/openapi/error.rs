use super::limits;

/// Why a document could not be read at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    #[error("the document is empty")]
    Empty,
    #[error("the document is larger than {} MiB once unpacked", limits::MAX_BYTES >> 20)]
    TooLarge,
    #[error("the gzip stream is damaged or cut short: {0}")]
    Gzip(#[source] std::io::Error),
    #[error("byte {at} is not UTF-8; if the file is Latin-1, convert it: iconv -f LATIN1 -t UTF-8")]
    NotUtf8 { at: usize },
    #[error("the document is UTF-16; convert it: iconv -f UTF-16 -t UTF-8")]
    Utf16,
    #[error("neither JSON nor YAML: {0}")]
    NotJson(#[source] serde_json::Error),
    #[error("not YAML: {said}")]
    NotYaml { said: String },
    #[error("the document nests deeper than {} levels", limits::MAX_DEPTH)]
    TooDeep,
    #[error("the document holds more than {} values", limits::MAX_NODES)]
    TooManyValues,
    #[error("more than {} operations are described", limits::MAX_OPERATIONS)]
    TooManyOperations,
    #[error("the paths of the document share so much that reading them all takes too long")]
    TooMuchWork,
    #[error("no OpenAPI description: the document has neither `openapi` nor `swagger` at its top")]
    NotADescription,
    #[error("version {said} is not read; Swagger 2.0, OpenAPI 3.0 and 3.1 are")]
    UnknownDialect { said: String },
}
