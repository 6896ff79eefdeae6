//! Credentials as bytes. They are fetched by reference, never printed, and overwritten when they are dropped.

use std::fmt;

use bytes::Bytes;
use serde_json::Value;
use zeroize::{Zeroize as _, Zeroizing};

/// The bytes of a credential.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text of a credential over, without the line end that files and programs put behind it.
    pub fn new(text: String) -> Option<Secret> {
        let text = Zeroizing::new(text);
        let kept = text.trim_end_matches(['\n', '\r', ' ', '\t']);
        (!kept.is_empty()).then(|| Secret(Zeroizing::new(kept.to_owned())))
    }

    /// For the one place where it is put into a request, or into the environment of a program.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Bytes that are overwritten when nobody needs them any more.
pub fn secret_bytes(body: Vec<u8>) -> Bytes {
    if body.is_empty() { Bytes::new() } else { Bytes::from_owner(Zeroizing::new(body)) }
}

/// Overwrites every text.
pub fn overwrite(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(overwrite),
        Value::Object(fields) => fields.values_mut().for_each(overwrite),
        _ => {}
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_prints_nothing_of_itself() {
        let secret = Secret::new("ghp_0123456789\n".to_owned()).unwrap();
        assert_eq!(secret.expose(), "ghp_0123456789");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert!(Secret::new(" \n".to_owned()).is_none());
    }
}
