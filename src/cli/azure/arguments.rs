use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::azure::Auth;
use crate::settings::AzureFlags;

/// Which Azure, and who asks.
#[derive(Debug, Args)]
#[command(next_help_heading = "Azure")]
pub(in crate::cli) struct CloudArguments {
    /// `local`, `azure`, or a name of `apimon.toml`; without one, Azure when a subscription is
    /// known, else the local Azure
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) target: Option<String>,

    /// How to sign in; `auto` takes the first credential whose variables are all set, else the
    /// Azure CLI or the Azure Developer CLI
    #[arg(long, value_enum, value_name = "NAME", default_value_t = AuthName::Auto)]
    pub(in crate::cli) auth: AuthName,

    /// `public`, `government`, `china`, or the URL of a management endpoint, instead of
    /// `AZURE_RESOURCE_MANAGER_URL`
    #[arg(long, value_name = "NAME|URL")]
    pub(in crate::cli) cloud: Option<String>,

    /// Subscription, instead of `AZURE_SUBSCRIPTION_ID`
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) subscription: Option<String>,

    /// Tenant, instead of `AZURE_TENANT_ID`
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) tenant: Option<String>,

    /// Resource group, instead of `AZURE_RESOURCE_GROUP`
    #[arg(long, short = 'g', value_name = "NAME")]
    pub(in crate::cli) resource_group: Option<String>,

    /// Append a line of JSON for each request to this file; it holds no body and no credential
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) trace: Option<PathBuf>,
}

impl CloudArguments {
    /// As if `--target` was all that was typed.
    pub(in crate::cli) fn of(target: &str) -> CloudArguments {
        CloudArguments {
            target: Some(target.to_owned()),
            auth: AuthName::Auto,
            cloud: None,
            subscription: None,
            tenant: None,
            resource_group: None,
            trace: None,
        }
    }

    pub(in crate::cli) fn flags(&self) -> AzureFlags {
        AzureFlags {
            subscription: self.subscription.clone(),
            tenant: self.tenant.clone(),
            resource_group: self.resource_group.clone(),
            apim_name: None,
            cloud: self.cloud.clone(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum AuthName {
    /// The first that fits
    Auto,
    /// `az account get-access-token`
    AzureCli,
    /// `azd auth token`
    Azd,
    /// The identity of a virtual machine, App Service or container
    ManagedIdentity,
    /// AKS: `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_FEDERATED_TOKEN_FILE`
    WorkloadIdentity,
    /// `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_CLIENT_SECRET`
    ServicePrincipal,
    /// A GitHub Actions job with `id-token: write`
    GithubOidc,
    /// A service connection with workload identity federation
    AzurePipelines,
    /// The bearer token in `AZURE_ACCESS_TOKEN`
    Static,
}

impl From<AuthName> for Auth {
    fn from(name: AuthName) -> Auth {
        match name {
            AuthName::Auto => Auth::Auto,
            AuthName::AzureCli => Auth::AzureCli,
            AuthName::Azd => Auth::Azd,
            AuthName::ManagedIdentity => Auth::ManagedIdentity,
            AuthName::WorkloadIdentity => Auth::WorkloadIdentity,
            AuthName::ServicePrincipal => Auth::ServicePrincipal,
            AuthName::GithubOidc => Auth::GithubOidc,
            AuthName::AzurePipelines => Auth::AzurePipelines,
            AuthName::Static => Auth::Static,
        }
    }
}
