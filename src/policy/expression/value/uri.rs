//! `System.Uri`, as far as policies look into one.

use std::fmt;

use crate::policy::message::Url;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Uri {
    /// `None` for a relative one.
    pub(crate) url: Option<Url>,
    /// With its `#`.
    pub(crate) fragment: String,
    pub(crate) original: String,
}

impl Uri {
    /// `None` when the text is no absolute URL.
    pub(crate) fn absolute(text: &str) -> Option<Uri> {
        let trimmed = text.trim();
        let (scheme, rest) = trimmed.split_once("://")?;
        let valid = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(valid) {
            return None;
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let authority = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        let scheme = scheme.to_ascii_lowercase();
        let (host, port) = host_and_port(authority, &scheme)?;
        let (rest, fragment) = rest
            .find('#')
            .map_or((rest, ""), |hash| rest.split_at(hash));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path = if path.is_empty() { "/" } else { path };
        let url = Url {
            scheme,
            host,
            port,
            path: super::encoding::percent_encode(path, "/-._~!$&'()*+,;=:@%"),
            query: query.to_owned(),
        };
        Some(Uri {
            url: Some(url),
            fragment: fragment.to_owned(),
            original: text.to_owned(),
        })
    }

    pub(crate) fn relative(text: &str) -> Uri {
        Uri {
            url: None,
            fragment: String::new(),
            original: text.to_owned(),
        }
    }

    /// `new Uri(base, relative)`
    pub(crate) fn join(&self, relative: &str) -> Option<Uri> {
        if let Some(absolute) = Uri::absolute(relative) {
            return Some(absolute);
        }
        let base = self.url.as_ref()?;
        let origin = format!("{}://{}", base.scheme, authority(base));
        let (path, tail) = relative
            .find(['?', '#'])
            .map_or((relative, ""), |end| relative.split_at(end));
        let merged = if path.is_empty() {
            base.path.clone()
        } else if path.starts_with('/') {
            path.to_owned()
        } else {
            let folder = base
                .path
                .rfind('/')
                .map_or("/", |slash| &base.path[..=slash]);
            format!("{folder}{path}")
        };
        Uri::absolute(&format!("{origin}{}{tail}", without_dots(&merged)))
    }
}

fn host_and_port(authority: &str, scheme: &str) -> Option<(String, u16)> {
    let colon = authority
        .rfind(':')
        .filter(|colon| !authority[*colon..].contains(']'));
    let (host, port) = colon.map_or((authority, ""), |colon| {
        (&authority[..colon], &authority[colon + 1..])
    });
    let invalid = |c: char| c.is_whitespace() || c.is_control() || "<>\"{}|\\^`".contains(c);
    if host.is_empty() || host.contains(invalid) {
        return None;
    }
    let port = match (port, scheme) {
        ("", "http" | "ws") => 80,
        ("", "https" | "wss") => 443,
        ("", "ftp") => 21,
        ("", _) => 0,
        (port, _) => port.parse().ok()?,
    };
    Some((host.to_ascii_lowercase(), port))
}

fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let last_is_folder = path.ends_with("/.") || path.ends_with("/..");
    for segment in path.split('/').skip(1) {
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            segment => kept.push(segment),
        }
    }
    let slash = if last_is_folder { "/" } else { "" };
    format!("/{}{slash}", kept.join("/"))
}

/// Host, and the port where it is not the scheme's own.
pub(crate) fn authority(url: &Url) -> String {
    if url.default_port() || url.port == 0 {
        url.host.clone()
    } else {
        format!("{}:{}", url.host, url.port)
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.url {
            Some(url) => write!(
                f,
                "{}://{}{}{}{}",
                url.scheme,
                authority(url),
                url.path,
                url.query_string(),
                self.fragment
            ),
            None => f.write_str(&self.original),
        }
    }
}
