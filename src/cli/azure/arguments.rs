use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::azure::Auth;

/// Cloud and sign-in.
#[derive(Debug, Args)]
pub(in crate::cli) struct AzureArguments {
    /// `public`, `government`, `china`, or the URL of a Resource Manager that tells its own
    /// endpoints; without one, the cloud of `AZURE_AUTHORITY_HOST`, else `public`
    #[arg(long, env = "APIMON_CLOUD", value_name = "NAME|URL")]
    pub(super) cloud: Option<String>,

    /// How to sign in; `auto` takes the first whose variables are all set
    #[arg(long, value_enum, value_name = "NAME", default_value = "auto")]
    pub(super) auth: Auth,

    /// Write each request to Azure to this file, a line of JSON each, without bodies and secrets
    #[arg(long, value_name = "FILE")]
    pub(super) trace: Option<PathBuf>,

    /// Say which credential was chosen, and why
    #[arg(long, short)]
    pub(super) verbose: bool,
}

/// What is worked on.
#[derive(Debug, Args)]
pub(in crate::cli) struct GroupArguments {
    /// Name under which the state is kept; without a subscription, `local`: the local Azure
    #[arg(long, value_name = "NAME")]
    pub(super) target: Option<String>,

    /// Id of the subscription
    #[arg(long, env = "AZURE_SUBSCRIPTION_ID", value_name = "ID")]
    pub(super) subscription: Option<String>,

    /// Name of the resource group
    #[arg(long, short = 'g', env = "AZURE_RESOURCE_GROUP", value_name = "NAME")]
    pub(super) resource_group: Option<String>,

    #[command(flatten)]
    pub(super) azure: AzureArguments,
}

impl ValueEnum for Auth {
    fn value_variants<'a>() -> &'a [Auth] {
        &Auth::ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.as_str()))
    }
}
