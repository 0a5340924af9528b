//! Where in Azure a command works: one value for each name, and which place it was.

use super::file::NamedTarget;
use super::{LOCAL, Origin, Setting};

/// Target of those who configure Azure by environment variables or flags alone.
pub(crate) const AZURE: &str = "azure";

/// A value, and the file that holds it.
type Found = Option<(String, String)>;

/// What the places hold for Azure; an empty text counts as absent.
pub(crate) struct AzureGiven<'a> {
    /// `local`, `azure`, or a name of `apimon.toml`; nothing when nobody names one.
    pub(crate) target: Option<Setting>,
    pub(crate) named: Option<&'a NamedTarget>,
    pub(crate) flags: &'a AzureFlags,
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
    /// What `deploy` left for a target: its value by name, and the file that holds it.
    pub(crate) state: &'a dyn Fn(&str, StateValue) -> Found,
}

/// What can be typed.
#[derive(Debug, Clone, Default)]
pub(crate) struct AzureFlags {
    pub(crate) subscription: Option<String>,
    pub(crate) tenant: Option<String>,
    pub(crate) resource_group: Option<String>,
    pub(crate) apim_name: Option<String>,
    pub(crate) cloud: Option<String>,
}

/// What a state file is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StateValue {
    ManagementUrl,
    Subscription,
    ResourceGroup,
    /// An output of the deployment.
    Output(&'static str),
}

/// Where a command works. Values that are absent are found in Azure, or have to be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AzureSettings {
    pub(crate) target: Setting,
    pub(crate) subscription: Option<Setting>,
    pub(crate) tenant: Option<Setting>,
    pub(crate) resource_group: Setting,
    pub(crate) apim_name: Option<Setting>,
    pub(crate) cloud: Option<Setting>,
}

/// Resource group unless another is named.
const RESOURCE_GROUP: &str = "apimon";

/// Names and variables of the settings, in the order in which they are printed.
const SUBSCRIPTION_ENV: &str = "AZURE_SUBSCRIPTION_ID";
const TENANT_ENV: &str = "AZURE_TENANT_ID";
const RESOURCE_GROUP_ENV: &str = "AZURE_RESOURCE_GROUP";
const APIM_NAME_ENV: &str = "AZURE_APIM_NAME";
const CLOUD_ENV: &str = "AZURE_RESOURCE_MANAGER_URL";

impl AzureSettings {
    /// True for the local Azure.
    pub(crate) fn is_local(&self) -> bool {
        self.target.value == LOCAL
    }

    /// Name and value of each setting, for `config`.
    pub(crate) fn rows(&self) -> Vec<(&'static str, Option<&Setting>)> {
        vec![
            ("cloud", self.cloud.as_ref()),
            ("tenant-id", self.tenant.as_ref()),
            ("subscription-id", self.subscription.as_ref()),
            ("resource-group", Some(&self.resource_group)),
            ("apim-name", self.apim_name.as_ref()),
        ]
    }
}

/// Chooses the target, then its values. Without a target it is the local Azure, unless a
/// subscription or a cloud is given, which have no meaning there.
pub(crate) fn resolve_azure(given: &AzureGiven<'_>) -> AzureSettings {
    let flags = given.flags;
    let subscription = given.early(
        ("--subscription", flags.subscription.as_ref()),
        SUBSCRIPTION_ENV,
    );
    let cloud = given.early(("--cloud", flags.cloud.as_ref()), CLOUD_ENV);
    let target = given.target.clone().unwrap_or_else(|| {
        let why = subscription.as_ref().or(cloud.as_ref());
        let (value, origin) = match why {
            Some(setting) => (AZURE, setting.origin.clone()),
            None => (LOCAL, Origin::Default),
        };
        Setting {
            value: value.to_owned(),
            origin,
        }
    });
    let local = target.value == LOCAL;
    // The environment of a real subscription must not leak into the local Azure.
    let beyond = |setting: Option<Setting>| {
        setting.filter(|setting| !local || matches!(setting.origin, Origin::Flag(_)))
    };
    let named = given.named;
    let state = |value| given.of_state(&target.value, value);
    let file = |placed: Option<&super::file::Placed>| placed.map(Setting::from);
    let subscription = beyond(subscription)
        .or_else(|| file(named.and_then(|named| named.subscription.as_ref())))
        .or_else(|| {
            if local {
                None
            } else {
                state(StateValue::Subscription)
            }
        });
    let tenant = beyond(given.early(("--tenant", flags.tenant.as_ref()), TENANT_ENV))
        .or_else(|| file(named.and_then(|named| named.tenant.as_ref())));
    let resource_group = beyond(given.early(
        ("--resource-group", flags.resource_group.as_ref()),
        RESOURCE_GROUP_ENV,
    ))
    .or_else(|| file(named.and_then(|named| named.resource_group.as_ref())))
    .or_else(|| state(StateValue::ResourceGroup))
    .unwrap_or_else(|| Setting {
        value: RESOURCE_GROUP.to_owned(),
        origin: Origin::Default,
    });
    let apim_name = beyond(given.early(("--apim-name", flags.apim_name.as_ref()), APIM_NAME_ENV))
        .or_else(|| file(named.and_then(|named| named.apim_name.as_ref())))
        .or_else(|| state(StateValue::Output("apiManagementName")));
    let cloud = beyond(cloud)
        .or_else(|| file(named.and_then(|named| named.cloud.as_ref())))
        .or_else(|| {
            if local {
                None
            } else {
                state(StateValue::ManagementUrl)
            }
        });
    AzureSettings {
        target,
        subscription,
        tenant,
        resource_group,
        apim_name,
        cloud,
    }
}

impl AzureGiven<'_> {
    /// A value of flags or environment.
    fn early(
        &self,
        (name, flag): (&'static str, Option<&String>),
        variable: &'static str,
    ) -> Option<Setting> {
        let set = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        if let Some(value) = flag.cloned().and_then(set) {
            return Some(Setting {
                value,
                origin: Origin::Flag(name),
            });
        }
        let value = (self.variable)(variable).and_then(set)?;
        Some(Setting {
            value,
            origin: Origin::Environment(variable),
        })
    }

    fn of_state(&self, target: &str, value: StateValue) -> Option<Setting> {
        let (value, file) = (self.state)(target, value)?;
        Some(Setting {
            value,
            origin: Origin::State(file),
        })
    }
}
