//! Origins (RFC 6454): scheme, host and port, read in one way only.

use std::fmt;
use std::net::IpAddr;

use url::Url;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Scheme {
    Http,
    Https,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Host {
    /// In lower case, and in ASCII (RFC 5891) where it was not.
    Name(String),
    Address(IpAddr),
}

/// What an allow-list compares.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct OriginKey {
    pub scheme: Scheme,
    pub host: Host,
    pub port: u16,
}

/// Why a text is no URL that may be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotAUrl {
    #[error("it holds white space, a control character, a backslash, or a letter that is not ASCII")]
    Letters,
    #[error("it does not begin with `http://` or `https://`")]
    Scheme,
    #[error("it holds a user name or a password")]
    UserInfo,
    #[error("its host or its port cannot be read")]
    Host,
}

/// Reads a URL. Whatever two readers could understand differently is refused, not mended.
pub fn strict_url(text: &str) -> Result<Url, NotAUrl> {
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return Err(NotAUrl::Letters);
    }
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or(NotAUrl::Scheme)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(NotAUrl::UserInfo);
    }
    let mut url = Url::parse(text).map_err(|_| NotAUrl::Host)?;
    url.set_fragment(None);
    match OriginKey::of(&url) {
        Some(key) if key.same_as_written(authority) => Ok(url),
        _ => Err(NotAUrl::Host),
    }
}

impl OriginKey {
    /// The origin of a URL that has been read already.
    pub fn of(url: &Url) -> Option<OriginKey> {
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return None,
        };
        let host = match url.host()? {
            url::Host::Domain(name) => Host::Name(name.to_ascii_lowercase()),
            url::Host::Ipv4(address) => Host::Address(address.into()),
            url::Host::Ipv6(address) => Host::Address(address.into()),
        };
        Some(OriginKey { scheme, host, port: url.port_or_known_default()? })
    }

    /// An origin alone: no path, no query, no fragment.
    pub fn parse(text: &str) -> Result<OriginKey, NotAUrl> {
        let url = strict_url(text)?;
        let bare = url.path() == "/" && url.query().is_none() && !text.contains('#');
        OriginKey::of(&url).filter(|_| bare).ok_or(NotAUrl::Host)
    }

    /// Whether the host stands in the URL as it is used: `0x7f.1` and `127.1` are addresses in disguise.
    fn same_as_written(&self, authority: &str) -> bool {
        let authority = authority.to_ascii_lowercase();
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => &authority,
        };
        match &self.host {
            Host::Name(name) => name == host && !name.ends_with('.'),
            Host::Address(IpAddr::V4(address)) => host == address.to_string(),
            Host::Address(IpAddr::V6(address)) => {
                let written = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
                written.and_then(|host| host.parse().ok()) == Some(*address)
            }
        }
    }

    /// As a `Host` header has it: the port only where it is not the scheme's own (RFC 9110 section 7.2).
    pub fn authority(&self) -> String {
        let own = match self.scheme {
            Scheme::Http => 80,
            Scheme::Https => 443,
        };
        if self.port == own { self.host.to_string() } else { self.host_and_port() }
    }

    /// As consent is given: always with the port.
    pub fn host_and_port(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Name(name) => f.write_str(name),
            Host::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

impl fmt::Display for OriginKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        write!(f, "{scheme}://{}", self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_in_one_way() {
        let key = OriginKey::parse("https://API.staging.example").unwrap();
        assert_eq!(key.to_string(), "https://api.staging.example");
        assert_eq!(key.host_and_port(), "api.staging.example:443");
        assert_eq!(OriginKey::parse("http://127.0.0.1:14000").unwrap().to_string(), "http://127.0.0.1:14000");
        assert_eq!(OriginKey::parse("http://[::1]:8").unwrap().host_and_port(), "[::1]:8");
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for disguised in [
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://user@h/",
            "http://a\\@b/",
            "http://h\r\n/",
            " http://h/",
            "http:/h",
            "http:h",
            "//h/",
            "ftp://h/",
            "HTTP://h/",
            "http://h\u{ff0e}x/",
            "http://%31%32%37.0.0.1/",
            "http://h.:80/",
            "http:///h",
            "http://",
            "http://h:99999/",
            "http://h/\u{0}",
            "file:///etc/passwd",
            "http://[::ffff:7f00:1%25eth0]/",
        ] {
            assert!(strict_url(disguised).is_err(), "{disguised:?}");
        }
        assert!(OriginKey::parse("http://h/path").is_err());
        assert!(OriginKey::parse("http://h/?q").is_err());
    }
}
