use reqwest::Url;
use serde_json::Value;

use super::AzureError;
use super::transport::{Request, Transport, is_loopback};

/// A cloud's endpoints, and what its credentials are for. URLs end in a slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cloud {
    /// As people call it: `public`, `government`, `china`, or the URL of another one.
    pub(crate) name: String,
    /// Azure Resource Manager.
    pub(crate) arm: Url,
    /// Where credentials are asked for.
    pub(crate) authority: Url,
    /// Scope of Azure Resource Manager.
    pub(crate) arm_scope: String,
    /// Log Analytics queries.
    pub(crate) logs: Url,
    pub(crate) logs_scope: String,
}

/// Name, management endpoint, authority, log queries, scope of log queries.
const KNOWN: [(&str, &str, &str, &str, &str); 3] = [
    (
        "public",
        "https://management.azure.com/",
        "https://login.microsoftonline.com/",
        "https://api.loganalytics.azure.com/",
        "https://api.loganalytics.io/.default",
    ),
    (
        "government",
        "https://management.usgovcloudapi.net/",
        "https://login.microsoftonline.us/",
        "https://api.loganalytics.us/",
        "https://api.loganalytics.us/.default",
    ),
    (
        "china",
        "https://management.chinacloudapi.cn/",
        "https://login.chinacloudapi.cn/",
        "https://api.loganalytics.azure.cn/",
        "https://api.loganalytics.azure.cn/.default",
    ),
];

impl Cloud {
    /// A cloud by its name or its management endpoint; `authority` is `AZURE_AUTHORITY_HOST`.
    ///
    /// # Errors
    ///
    /// When the authority is not a URL.
    pub(crate) fn named(name: &str, authority: Option<&str>) -> Result<Option<Cloud>, AzureError> {
        let url_of = |text: &str| text.trim_end_matches('/').to_ascii_lowercase();
        let is = |known: &&(&str, &str, &str, &str, &str)| {
            known.0.eq_ignore_ascii_case(name) || url_of(known.1) == url_of(name)
        };
        let known = KNOWN.iter().find(is);
        let Some((name, arm, own, logs, logs_scope)) = known else {
            return Ok(None);
        };
        Ok(Some(Cloud {
            name: (*name).to_owned(),
            arm: url(arm)?,
            authority: url(authority.unwrap_or(own))?,
            arm_scope: scope(arm),
            logs: url(logs)?,
            logs_scope: (*logs_scope).to_owned(),
        }))
    }

    /// The cloud that has this authority, for those who only set `AZURE_AUTHORITY_HOST`.
    pub(crate) fn name_of_authority(authority: &str) -> Option<&'static str> {
        let host = url(authority).ok()?.host_str()?.to_owned();
        let known = KNOWN
            .iter()
            .find(|known| known.2.contains(&format!("//{host}/")));
        known.map(|known| known.0)
    }

    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        KNOWN.iter().map(|known| known.0)
    }

    /// A cloud that says itself where its endpoints are, as Azure Stack and the local Azure do.
    ///
    /// # Errors
    ///
    /// When there is none at that URL.
    pub(crate) async fn discovered(transport: &Transport, arm: &str) -> Result<Cloud, AzureError> {
        let arm = url(arm)?;
        let mut endpoints = joined(&arm, "metadata/endpoints")?;
        endpoints.set_query(Some("api-version=2022-09-01"));
        let request = Request::new(reqwest::Method::GET, endpoints);
        let operation = request.operation();
        let answer = transport.send(&request).await?.success(&operation)?;
        Cloud::of_metadata(&arm, &answer.json(&operation)?, &operation)
    }

    /// Newer answers are one object, older ones a list of clouds.
    fn of_metadata(arm: &Url, answer: &Value, operation: &str) -> Result<Cloud, AzureError> {
        let metadata = answer.get(0).unwrap_or(answer);
        let authentication = &metadata["authentication"];
        let missing = |what: &str| AzureError::Answer {
            operation: operation.to_owned(),
            problem: format!("it names no `{what}`"),
        };
        let authority = authentication["loginEndpoint"]
            .as_str()
            .ok_or_else(|| missing("authentication.loginEndpoint"))?;
        let audience = authentication["audiences"][0]
            .as_str()
            .ok_or_else(|| missing("authentication.audiences"))?;
        let logs = metadata["logAnalyticsResourceId"]
            .as_str()
            .map(url)
            .transpose()?;
        let logs = logs.unwrap_or_else(|| arm.clone());
        Ok(Cloud {
            name: arm.as_str().trim_end_matches('/').to_owned(),
            arm: arm.clone(),
            authority: url(authority)?,
            arm_scope: scope(audience),
            logs_scope: scope(logs.as_str()),
            logs,
        })
    }

    /// True when a credential of this cloud may be sent to `url`: its management endpoint and that
    /// endpoint's regions, its metrics and its log queries.
    pub(crate) fn owns(&self, url: &Url) -> bool {
        [&self.arm, &self.logs]
            .into_iter()
            .any(|known| same_place(known, url))
            || self.is_region(url)
    }

    fn is_region(&self, url: &Url) -> bool {
        let (Some(host), Some(arm)) = (url.host_str(), self.arm.host_str()) else {
            return false;
        };
        let metrics = "metrics.monitor.azure.com";
        let below = |parent: &str| {
            host.strip_suffix(parent)
                .is_some_and(|region| region.ends_with('.'))
        };
        url.scheme() == "https"
            && url.port().is_none()
            && !is_loopback(&self.arm)
            && (below(arm) || (self.name == "public" && below(metrics)))
    }
}

fn same_place(known: &Url, url: &Url) -> bool {
    known.scheme() == url.scheme()
        && known.host_str() == url.host_str()
        && known.port_or_known_default() == url.port_or_known_default()
}

/// A base URL, ending in a slash so that paths can be joined to it.
pub(crate) fn url(text: &str) -> Result<Url, AzureError> {
    let failed = |problem: String| AzureError::Url {
        text: text.to_owned(),
        problem,
    };
    let mut url = Url::parse(text).map_err(|error| failed(error.to_string()))?;
    if url.host_str().is_none() || !matches!(url.scheme(), "http" | "https") {
        return Err(failed(
            "it names no host to ask by http or https".to_owned(),
        ));
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

/// `path` below a base URL.
pub(crate) fn joined(base: &Url, path: &str) -> Result<Url, AzureError> {
    base.join(path.trim_start_matches('/'))
        .map_err(|error| AzureError::Url {
            text: path.to_owned(),
            problem: error.to_string(),
        })
}

fn scope(audience: &str) -> String {
    format!("{}/.default", audience.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_stay_with_their_cloud() {
        let cloud = Cloud::named("public", None).unwrap().unwrap();
        for (text, owned) in [
            ("https://management.azure.com/subscriptions/1", true),
            ("https://management.azure.com:443/", true),
            (
                "https://swedencentral.management.azure.com/subscriptions/1",
                true,
            ),
            ("https://swedencentral.metrics.monitor.azure.com/", true),
            ("https://api.loganalytics.azure.com/v1/workspaces", true),
            ("http://management.azure.com/", false),
            ("https://management.azure.com.evil.example/", false),
            ("https://evilmanagement.azure.com/", false),
            ("https://x.management.azure.com:8443/", false),
            ("https://127.0.0.1/", false),
        ] {
            assert_eq!(cloud.owns(&text.parse().unwrap()), owned, "{text}");
        }
    }

    #[test]
    fn a_local_cloud_owns_its_port_only() {
        let answer = serde_json::json!({
            "authentication": { "loginEndpoint": "http://127.0.0.1:81", "audiences": ["https://management.azure.com/"] },
        });
        let arm = url("http://127.0.0.1:81").unwrap();
        let cloud = Cloud::of_metadata(&arm, &answer, "GET").unwrap();
        assert_eq!(cloud.arm_scope, "https://management.azure.com/.default");
        assert!(cloud.owns(&"http://127.0.0.1:81/x".parse().unwrap()));
        assert!(!cloud.owns(&"http://127.0.0.1:82/x".parse().unwrap()));
        assert!(!cloud.owns(&"https://127.0.0.1:81/x".parse().unwrap()));
    }

    #[test]
    fn an_authority_tells_its_cloud() {
        assert_eq!(
            Cloud::name_of_authority("https://login.microsoftonline.us"),
            Some("government")
        );
        assert_eq!(
            Cloud::name_of_authority("https://login.chinacloudapi.cn/"),
            Some("china")
        );
        assert_eq!(Cloud::name_of_authority("https://login.example"), None);
    }
}
