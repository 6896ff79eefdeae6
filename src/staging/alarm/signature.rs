//! Calls that are signed with a shared secret (HMAC with SHA-256): the secret itself never travels.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_encoding::HEXLOWER_PERMISSIVE;
use http::HeaderMap;
use ring::hmac::{HMAC_SHA256, Key, verify};

use crate::staging::secret::Secret;
use crate::staging::targets::Signature;

/// A call is no older, and no younger (Standard Webhooks, "verifying timestamps"). In seconds.
const MOST_APART: u64 = 300;

/// What a call is held against. The key prints nothing of itself.
#[derive(Debug)]
pub struct Signed {
    how: Signature,
    key: Key,
}

impl Signed {
    /// With the secret that both sides know.
    ///
    /// # Errors
    ///
    /// It is no secret of this kind.
    pub fn with(how: Signature, secret: &Secret) -> Result<Signed, String> {
        let key = match how {
            Signature::Hub => Key::new(HMAC_SHA256, secret.expose().as_bytes()),
            Signature::Standard => {
                let bytes = secret.expose().strip_prefix("whsec_").and_then(|rest| STANDARD.decode(rest).ok());
                let bytes = bytes.ok_or("the shared secret is none of Standard Webhooks: `whsec_` and base64")?;
                Key::new(HMAC_SHA256, &bytes)
            }
        };
        Ok(Signed { how, key })
    }

    /// Whether a call was signed with it, at about this time. How long it takes to tell says nothing about the secret.
    pub fn holds(&self, headers: &HeaderMap, body: &[u8], now: jiff::Timestamp) -> bool {
        let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        match self.how {
            Signature::Hub => said("x-hub-signature-256")
                .and_then(|said| HEXLOWER_PERMISSIVE.decode(said.strip_prefix("sha256=")?.as_bytes()).ok())
                .is_some_and(|tag| verify(&self.key, body, &tag).is_ok()),
            Signature::Standard => {
                let (Some(id), Some(at)) = (said("webhook-id"), said("webhook-timestamp")) else { return false };
                let Ok(second) = at.parse::<i64>() else { return false };
                let signed = [id.as_bytes(), b".", at.as_bytes(), b".", body].concat();
                let tags = said("webhook-signature").unwrap_or_default().split(' ');
                let mut tags = tags.filter_map(|tag| STANDARD.decode(tag.strip_prefix("v1,")?).ok());
                now.as_second().abs_diff(second) <= MOST_APART
                    && tags.any(|tag| verify(&self.key, &signed, &tag).is_ok())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        all.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    /// The example of GitHub's documentation, "Validating webhook deliveries".
    #[test]
    fn a_signature_of_github_is_known() {
        let secret = Secret::new("It's a Secret to Everybody".to_owned()).unwrap();
        let signed = Signed::with(Signature::Hub, &secret).unwrap();
        let tag = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let now = jiff::Timestamp::UNIX_EPOCH;
        assert!(signed.holds(&headers(&[("x-hub-signature-256", tag)]), b"Hello, World!", now));
        for (tag, body) in [(tag, &b"Hello, World"[..]), (&tag[..70], b"Hello, World!"), ("sha256=", b""), ("", b"")] {
            assert!(!signed.holds(&headers(&[("x-hub-signature-256", tag)]), body, now), "{tag}");
        }
    }

    /// The example of the specification of Standard Webhooks and of Svix.
    #[test]
    fn a_signature_of_standard_webhooks_is_known_for_five_minutes() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()).unwrap();
        let signed = Signed::with(Signature::Standard, &secret).unwrap();
        let body = br#"{"test": 2432232314}"#;
        let tags = "v1,AAAA v2,x v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        let call = headers(&[
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", tags),
        ]);
        let at = |second: i64| jiff::Timestamp::from_second(second).unwrap();
        assert!(signed.holds(&call, body, at(1_614_265_330)) && signed.holds(&call, body, at(1_614_265_630)));
        assert!(!signed.holds(&call, body, at(1_614_265_631)) && !signed.holds(&call, body, at(1_614_265_029)));
        assert!(!signed.holds(&call, b"{}", at(1_614_265_330)));
        assert!(!signed.holds(&HeaderMap::new(), body, at(1_614_265_330)));
        assert!(Signed::with(Signature::Standard, &Secret::new("plain".to_owned()).unwrap()).is_err());
    }
}
