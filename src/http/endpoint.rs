use std::fmt;

/// A base URL split into what opening a connection needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Endpoint {
    pub(crate) tls: bool,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Without a slash at its end; may be empty.
    pub(crate) base_path: String,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum EndpointError {
    #[error("`{0}` is not an http or https URL")]
    Scheme(String),
    #[error("`{0}` names no host")]
    Host(String),
    #[error("`{0}` has a port that is not a number from 1 to 65535")]
    Port(String),
    #[error("the URL holds a user name or password; give credentials by environment variable")]
    Credentials,
}

impl Endpoint {
    /// # Errors
    ///
    /// When the text is not a URL that a connection can be opened to.
    pub(crate) fn parse(text: &str) -> Result<Endpoint, EndpointError> {
        let (tls, rest) = if let Some(rest) = text.strip_prefix("https://") {
            (true, rest)
        } else if let Some(rest) = text.strip_prefix("http://") {
            (false, rest)
        } else {
            return Err(EndpointError::Scheme(text.to_owned()));
        };
        let rest = rest.split(['?', '#']).next().unwrap_or(rest);
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err(EndpointError::Credentials);
        }
        // A colon inside `[::1]` is not before a port.
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                let port = port.parse().ok().filter(|port| *port > 0);
                (
                    host,
                    port.ok_or_else(|| EndpointError::Port(text.to_owned()))?,
                )
            }
            _ => (authority, if tls { 443 } else { 80 }),
        };
        if host.is_empty() {
            return Err(EndpointError::Host(text.to_owned()));
        }
        let path = path.trim_end_matches('/');
        let base_path = if path.is_empty() {
            String::new()
        } else {
            format!("/{path}")
        };
        Ok(Endpoint {
            tls,
            host: host.to_owned(),
            port,
            base_path,
        })
    }

    /// The host as names and certificates have it: an IPv6 address without its brackets.
    pub(crate) fn bare_host(&self) -> &str {
        self.host.trim_matches(['[', ']'])
    }

    /// Value of the `Host` header.
    pub(crate) fn authority(&self) -> String {
        let default = if self.tls { 443 } else { 80 };
        if self.port == default {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.base_path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_split_and_put_together_again() {
        for (text, authority, base_path) in [
            ("https://gateway.example", "gateway.example", ""),
            ("http://127.0.0.1:8080/openai/", "127.0.0.1:8080", "/openai"),
            ("http://[::1]:8080/a/b", "[::1]:8080", "/a/b"),
            ("http://[::1]", "[::1]", ""),
        ] {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!(endpoint.authority(), authority);
            assert_eq!(endpoint.base_path, base_path);
            assert_eq!(Endpoint::parse(&endpoint.to_string()), Ok(endpoint));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "gateway.example",
            "ftp://x",
            "http://",
            "http://x:0",
            "http://x:many",
            "https://me:secret@x",
        ] {
            assert!(Endpoint::parse(text).is_err(), "{text}");
        }
        let message = EndpointError::Credentials.to_string();
        assert!(!message.contains("secret"));
    }
}
