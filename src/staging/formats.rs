//! Formats of secrets that their issuers have published, so that anybody who sees one knows what it is. Each is somebody
//! else's: it is reported, and never tried.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use crate::wire::SecretKind;

/// A published format.
pub struct Format {
    pub name: &'static str,
    pub kind: SecretKind,
    /// Letters that stand in all of its kind, and in few other texts.
    mark: &'static str,
    shape: &'static str,
}

const fn format(name: &'static str, kind: SecretKind, mark: &'static str, shape: &'static str) -> Format {
    Format { name, kind, mark, shape }
}

use SecretKind::{AccessToken, ApiKey, Password, PersonalToken, RoleSession, SigningKey};

/// Sources: the issuers' own pages, and for the last three RFC 7515, RFC 7468 and RFC 3986 section 3.2.1.
const FORMATS: &[Format] = &[
    format("aws-access-key", ApiKey, "AKIA", r"\bAKIA[A-Z2-7]{16}\b"),
    format("aws-session-key", RoleSession, "ASIA", r"\bASIA[A-Z2-7]{16}\b"),
    format("github-token", PersonalToken, "gh[pousr]_", r"\bgh[pousr]_[A-Za-z0-9]{36,251}\b"),
    format("github-fine-grained", PersonalToken, "github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{40,255}\b"),
    format("gitlab-token", PersonalToken, "glpat-", r"\bglpat-[A-Za-z0-9_-]{20,}\b"),
    format("slack-token", AccessToken, "xox[abeoprs]-", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}\b"),
    format("google-api-key", ApiKey, "AIza", r"\bAIza[0-9A-Za-z_-]{35}\b"),
    format("stripe-key", ApiKey, "[rs]k_(?:live|test)_", r"\b[rs]k_(?:live|test)_[0-9A-Za-z]{16,}\b"),
    format("npm-token", PersonalToken, "npm_", r"\bnpm_[A-Za-z0-9]{36}\b"),
    format("pypi-token", PersonalToken, "pypi-", r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{40,}\b"),
    format("sendgrid-key", ApiKey, r"SG\.", r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b"),
    format("signed-token", AccessToken, "eyJ", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}"),
    format(
        "private-key",
        SigningKey,
        "-----BEGIN ",
        r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[^-]{32,}-----END (?:[A-Z]+ )?PRIVATE KEY-----",
    ),
    format(
        "password-in-url",
        Password,
        "://",
        r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@\x22]{1,100}:[^\s/:@\x22]{3,200}@[A-Za-z0-9.\[-]",
    ),
];

/// Where none of these letters stands, none of the shapes fits: most texts need not be held against them.
static MARKS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let marks: Vec<&str> = FORMATS.iter().map(|format| format.mark).collect();
    Regex::new(&marks.join("|")).ok()
});

static ALL: LazyLock<(RegexSet, Vec<Regex>)> = LazyLock::new(|| {
    let shapes = || FORMATS.iter().map(|format| format.shape);
    // A test compiles every one of them.
    let set = RegexSet::new(shapes()).unwrap_or_else(|_| RegexSet::empty());
    (set, shapes().filter_map(|shape| Regex::new(shape).ok()).collect())
});

/// Whether a secret of a published format stands in a text.
pub fn is_published(text: &str) -> bool {
    MARKS.as_ref().is_none_or(|marks| marks.is_match(text)) && ALL.0.is_match(text)
}

/// Every secret of a published format in a text, in the order of the list.
pub fn published(text: &str) -> Vec<(&'static Format, &str)> {
    let (set, each) = &*ALL;
    let fitting = set.matches(text).into_iter();
    fitting.flat_map(|at| each[at].find_iter(text).map(move |found| (&FORMATS[at], found.as_str()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_recognised_and_nothing_else_is() {
        assert_eq!(ALL.1.len(), FORMATS.len());
        assert_eq!(ALL.0.len(), FORMATS.len());
        assert!(MARKS.is_some());
        // Put together here, so that no secret scanner takes this file for a leak.
        let made = [
            ("aws-access-key", format!("AKIA{}", "A".repeat(16))),
            ("aws-session-key", format!("ASIA{}", "B".repeat(16))),
            ("github-token", format!("ghp_{}", "c".repeat(36))),
            ("github-fine-grained", format!("github_pat_{}", "d".repeat(60))),
            ("gitlab-token", format!("glpat-{}", "e".repeat(20))),
            ("slack-token", format!("xoxb-{}", "1".repeat(12))),
            ("google-api-key", format!("AIza{}", "f".repeat(35))),
            ("stripe-key", format!("sk_test_{}", "g".repeat(24))),
            ("npm-token", format!("npm_{}", "h".repeat(36))),
            ("pypi-token", format!("pypi-AgEIcHlwaS5vcmc{}", "i".repeat(50))),
            ("sendgrid-key", format!("SG.{}.{}", "j".repeat(22), "k".repeat(43))),
            ("signed-token", format!("eyJ{}.eyJ{}.{}", "l".repeat(20), "m".repeat(20), "n".repeat(43))),
            ("private-key", format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----", "o".repeat(64))),
            ("password-in-url", "postgres://app:hunter22@db.internal/x".to_owned()),
        ];
        assert_eq!(made.len(), FORMATS.len());
        for (name, secret) in made {
            let text = format!("before {secret} behind");
            let found = published(&text);
            assert_eq!(found.iter().map(|(format, _)| format.name).collect::<Vec<_>>(), [name], "{text}");
            assert!(is_published(&text), "{text}");
        }
        for text in ["a plain text", "sk_test_", "AKIA-nothing", "eyJhbGciOiJIUzI1NiJ9", "http://host/a:b@c"] {
            assert!(published(text).is_empty(), "{text}");
        }
    }
}
