//! Which credential: decided from what the environment holds, before anything is asked. Pure.

use std::fmt;

use crate::base::Secret;

/// What `--auth` can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Auth {
    /// The first of the others whose variables are all there, else the developer's tools.
    Auto,
    AzureCli,
    Azd,
    ManagedIdentity,
    WorkloadIdentity,
    ServicePrincipal,
    GithubOidc,
    AzurePipelines,
    /// A bearer token that somebody else got.
    Static,
}

impl Auth {
    pub(crate) const ALL: [Auth; 9] = [
        Auth::Auto,
        Auth::AzureCli,
        Auth::Azd,
        Auth::ManagedIdentity,
        Auth::WorkloadIdentity,
        Auth::ServicePrincipal,
        Auth::GithubOidc,
        Auth::AzurePipelines,
        Auth::Static,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Auth::Auto => "auto",
            Auth::AzureCli => "azure-cli",
            Auth::Azd => "azd",
            Auth::ManagedIdentity => "managed-identity",
            Auth::WorkloadIdentity => "workload-identity",
            Auth::ServicePrincipal => "service-principal",
            Auth::GithubOidc => "github-oidc",
            Auth::AzurePipelines => "azure-pipelines",
            Auth::Static => "static",
        }
    }

    /// The variables without which it cannot work.
    fn needs(self) -> &'static [&'static str] {
        match self {
            Auth::Auto | Auth::AzureCli | Auth::Azd => &[],
            Auth::ManagedIdentity => &[IDENTITY_ENDPOINT, IDENTITY_HEADER],
            Auth::WorkloadIdentity => &[TENANT, CLIENT, TOKEN_FILE],
            Auth::ServicePrincipal => &[TENANT, CLIENT, CLIENT_SECRET],
            Auth::GithubOidc => &[TENANT, CLIENT, GITHUB_URL, GITHUB_TOKEN],
            Auth::AzurePipelines => &[
                PIPELINES_URL,
                PIPELINES_TENANT,
                PIPELINES_CLIENT,
                PIPELINES_CONNECTION,
                PIPELINES_TOKEN,
            ],
            Auth::Static => &[STATIC_TOKEN],
        }
    }
}

const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const CLIENT_SECRET: &str = "AZURE_CLIENT_SECRET";
const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
const GITHUB_URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
const GITHUB_TOKEN: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
const PIPELINES_URL: &str = "SYSTEM_OIDCREQUESTURI";
const PIPELINES_TENANT: &str = "AZURESUBSCRIPTION_TENANT_ID";
const PIPELINES_CLIENT: &str = "AZURESUBSCRIPTION_CLIENT_ID";
const PIPELINES_CONNECTION: &str = "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID";
const PIPELINES_TOKEN: &str = "SYSTEM_ACCESSTOKEN";
const IDENTITY_ENDPOINT: &str = "IDENTITY_ENDPOINT";
const IDENTITY_HEADER: &str = "IDENTITY_HEADER";
/// Holds the bearer token of `--auth static`.
const STATIC_TOKEN: &str = "AZURE_ACCESS_TOKEN";

/// What `auto` looks for, in order, and the variable that tells it from the others.
const ORDER: [(Auth, &str); 5] = [
    (Auth::ServicePrincipal, CLIENT_SECRET),
    (Auth::WorkloadIdentity, TOKEN_FILE),
    (Auth::GithubOidc, GITHUB_URL),
    (Auth::AzurePipelines, PIPELINES_URL),
    (Auth::ManagedIdentity, IDENTITY_ENDPOINT),
];

/// A way to sign in, with all that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Method {
    ServicePrincipal {
        tenant: String,
        client: String,
        secret: Secret,
    },
    WorkloadIdentity {
        tenant: String,
        client: String,
        file: String,
    },
    GithubOidc {
        tenant: String,
        client: String,
        url: String,
        token: Secret,
    },
    AzurePipelines {
        tenant: String,
        client: String,
        connection: String,
        token: Secret,
    },
    /// `client` is that of a user-assigned identity.
    ManagedIdentity {
        client: Option<String>,
    },
    AzureCli,
    Azd,
    /// `az`, then `azd`.
    DeveloperTools,
    Static {
        token: Secret,
    },
}

/// The method, and for `--verbose` why it was this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) method: Method,
    pub(crate) why: String,
    /// Methods that lack a part of what they need.
    pub(crate) passed_over: Vec<String>,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum SignInError {
    /// `--auth` asks for what the environment does not hold.
    #[error("sign-in by `{auth}` needs {}", listed(missing))]
    Missing {
        auth: &'static str,
        missing: Vec<&'static str>,
    },
    /// The credential is complete, and there was no token for it.
    #[error("cannot sign in by {method}: {cause}")]
    Refused { method: String, cause: String },
    /// Nothing in the environment, and no developer's tool that is signed in.
    #[error("nothing here signs in to Azure: no variables of a credential are set, and {cause}")]
    Nothing { cause: String },
}

/// Decides on the method. `variable` reads the environment; an empty value counts as absent.
///
/// # Errors
///
/// When the method that was asked for lacks a variable.
pub(crate) fn choose(
    auth: Auth,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Chosen, SignInError> {
    let held = |name: &str| {
        variable(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    };
    if auth != Auth::Auto {
        // Asked for by name, a virtual machine's identity needs no variables.
        let needs = if auth == Auth::ManagedIdentity {
            &[]
        } else {
            auth.needs()
        };
        let missing: Vec<_> = needs
            .iter()
            .copied()
            .filter(|name| held(name).is_none())
            .collect();
        if !missing.is_empty() {
            return Err(SignInError::Missing {
                auth: auth.as_str(),
                missing,
            });
        }
        return Ok(Chosen {
            method: method(auth, &held),
            why: format!("`--auth {}` says so", auth.as_str()),
            passed_over: Vec::new(),
        });
    }
    let mut passed_over = Vec::new();
    for (auth, mark) in ORDER {
        let missing: Vec<_> = auth
            .needs()
            .iter()
            .copied()
            .filter(|name| held(name).is_none())
            .collect();
        if missing.is_empty() {
            return Ok(Chosen {
                method: method(auth, &held),
                why: format!("{} are set", listed(auth.needs())),
                passed_over,
            });
        }
        if held(mark).is_some() {
            let text = format!(
                "not by {}: `{mark}` is set, but not {}",
                auth.as_str(),
                listed(&missing)
            );
            passed_over.push(text);
        }
    }
    Ok(Chosen {
        method: Method::DeveloperTools,
        why: "no variables of a credential are set".to_owned(),
        passed_over,
    })
}

fn method(auth: Auth, held: &dyn Fn(&str) -> Option<String>) -> Method {
    let text = |name| held(name).unwrap_or_default();
    let secret = |name| Secret::new(text(name));
    let (tenant, client) = (text(TENANT), text(CLIENT));
    match auth {
        Auth::Auto => Method::DeveloperTools,
        Auth::AzureCli => Method::AzureCli,
        Auth::Azd => Method::Azd,
        Auth::ManagedIdentity => Method::ManagedIdentity {
            client: held(CLIENT),
        },
        Auth::WorkloadIdentity => Method::WorkloadIdentity {
            tenant,
            client,
            file: text(TOKEN_FILE),
        },
        Auth::ServicePrincipal => Method::ServicePrincipal {
            tenant,
            client,
            secret: secret(CLIENT_SECRET),
        },
        Auth::GithubOidc => Method::GithubOidc {
            tenant,
            client,
            url: text(GITHUB_URL),
            token: secret(GITHUB_TOKEN),
        },
        Auth::AzurePipelines => Method::AzurePipelines {
            tenant: text(PIPELINES_TENANT),
            client: text(PIPELINES_CLIENT),
            connection: text(PIPELINES_CONNECTION),
            token: secret(PIPELINES_TOKEN),
        },
        Auth::Static => Method::Static {
            token: secret(STATIC_TOKEN),
        },
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Method::ServicePrincipal { client, .. } => write!(f, "service principal `{client}`"),
            Method::WorkloadIdentity { client, .. } => write!(f, "workload identity `{client}`"),
            Method::GithubOidc { client, .. } => write!(f, "GitHub's OIDC token for `{client}`"),
            Method::AzurePipelines { client, .. } => {
                write!(
                    f,
                    "the service connection of Azure Pipelines for `{client}`"
                )
            }
            Method::ManagedIdentity {
                client: Some(client),
            } => write!(f, "managed identity `{client}`"),
            Method::ManagedIdentity { client: None } => {
                f.write_str("the system's managed identity")
            }
            Method::AzureCli => f.write_str("the Azure CLI"),
            Method::Azd => f.write_str("the Azure Developer CLI"),
            Method::DeveloperTools => f.write_str("the Azure CLI or the Azure Developer CLI"),
            Method::Static { .. } => write!(f, "the token in `{STATIC_TOKEN}`"),
        }
    }
}

/// `a`, `b` and `c`
fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
