use std::cell::RefCell;
use std::fmt;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::arm::error::ArmError;
use crate::arm::evaluate::{Facts, Place};
use crate::arm::template::Identity;
use crate::base::Seed;

/// What becomes of resources in the group that the template does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Incremental,
    /// They are deleted.
    Complete,
}

/// A deployment that somebody asks for.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) name: String,
    pub(crate) place: Place,
    /// Of the deployment itself, above resource groups.
    pub(crate) location: Option<String>,
    pub(crate) mode: Mode,
    pub(crate) template: Value,
    /// `{name: {value}}`
    pub(crate) parameters: Value,
    /// What `utcNow` says.
    pub(crate) now: Timestamp,
    /// What `newGuid` draws from.
    pub(crate) seed: u64,
    pub(crate) tenant: String,
    /// What `environment()` answers; [`public_cloud`] for Azure's own.
    pub(crate) cloud: Value,
    /// What `deployer()` answers: `objectId`, `tenantId`, `userPrincipalName`.
    pub(crate) deployer: Value,
}

/// The resources there are. All ids are matched without regard to letter case.
pub(crate) trait Store {
    /// The whole resource as a GET answers it, nothing when there is none.
    fn resource(&self, id: &str, api_version: Option<&str>) -> Option<Value>;

    /// What `POST {id}/{action}` answers, such as `listKeys`; `body` is a function's third argument.
    fn list(
        &self,
        id: &str,
        action: &str,
        api_version: &str,
        body: Option<&Value>,
    ) -> Result<Value, ArmError>;

    /// What `resourceGroup()` answers: `id`, `name`, `type`, `location`, `tags`, `properties`.
    fn group(&self, subscription: &str, name: &str) -> Option<Value>;

    /// What `subscription()` answers: `id`, `subscriptionId`, `tenantId`, `displayName`.
    fn subscription(&self, id: &str) -> Option<Value>;

    /// Top-level resources of a group, whole: what a complete deployment may delete.
    fn group_resources(&self, subscription: &str, group: &str) -> Vec<Value>;
}

impl Mode {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Mode::Incremental => "Incremental",
            Mode::Complete => "Complete",
        }
    }
}

impl fmt::Debug for Request {
    /// Without parameters: any may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("name", &self.name)
            .field("place", &self.place)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

impl Request {
    pub(in crate::arm) fn facts(&self) -> Facts {
        Facts {
            now: self.now,
            seed: RefCell::new(Seed::new(self.seed).derive("newGuid")),
            tenant: self.tenant.clone(),
            cloud: self.cloud.clone(),
            deployer: self.deployer.clone(),
        }
    }

    pub(in crate::arm) fn identity(&self) -> Identity {
        Identity {
            name: self.name.clone(),
            place: self.place.clone(),
            location: self.location.clone(),
            mode: self.mode.as_str(),
        }
    }
}

/// `environment()` of Azure's public cloud, as its documentation shows it.
pub(crate) fn public_cloud() -> Value {
    json!({
        "name": "AzureCloud",
        "gallery": "https://gallery.azure.com/",
        "graph": "https://graph.windows.net/",
        "portal": "https://portal.azure.com",
        "graphAudience": "https://graph.windows.net/",
        "activeDirectoryDataLake": "https://datalake.azure.net/",
        "batch": "https://batch.core.windows.net/",
        "media": "https://rest.media.azure.net",
        "sqlManagement": "https://management.core.windows.net:8443/",
        "vmImageAliasDoc": "https://raw.githubusercontent.com/Azure/azure-rest-api-specs/master/arm-compute/quickstart-templates/aliases.json",
        "resourceManager": "https://management.azure.com/",
        "authentication": {
            "loginEndpoint": "https://login.microsoftonline.com/",
            "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": "common",
            "identityProvider": "AAD"
        },
        "suffixes": {
            "acrLoginServer": ".azurecr.io",
            "azureDatalakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
            "azureDatalakeStoreFileSystem": "azuredatalakestore.net",
            "azureFrontDoorEndpointSuffix": "azurefd.net",
            "keyvaultDns": ".vault.azure.net",
            "sqlServerHostname": ".database.windows.net",
            "storage": "core.windows.net"
        }
    })
}
