//! Resources that others read facts from: workspaces, components, namespaces, role assignments.

use serde_json::json;

use super::provider::Draft;
use super::service::identity;
use super::state::State;
use super::wire::Refusal;

/// Everything that no file of its own is about.
pub(super) fn shape(state: &State, draft: &mut Draft) {
    let id = draft.id.clone();
    let name = draft.target.name().to_lowercase();
    match draft.target.kind().as_str() {
        "Microsoft.OperationalInsights/workspaces" => {
            draft.set("customerId", state.guid(&format!("workspace {id}")));
            draft.default("retentionInDays", 30);
            draft.default("sku", json!({"name": "PerGB2018"}));
            draft.default("publicNetworkAccessForIngestion", "Enabled");
            draft.default("publicNetworkAccessForQuery", "Enabled");
            for key in ["primarySharedKey", "secondarySharedKey"] {
                let text = state.hex(&format!("{id} {key}"), 4);
                draft.hidden.insert(key.into(), text.into());
            }
        }
        "Microsoft.Insights/components" => component(state, draft, &name),
        "Microsoft.EventHub/namespaces" => {
            draft.set(
                "serviceBusEndpoint",
                format!("https://{name}.servicebus.windows.net:443/"),
            );
            draft.set(
                "metricId",
                format!("{}:{name}", state.settings.subscription),
            );
            draft.set("status", "Active");
            draft.default("disableLocalAuth", false);
            draft.default("minimumTlsVersion", "1.2");
        }
        "Microsoft.EventHub/namespaces/eventhubs" => {
            draft.default("status", "Active");
            draft.default("messageRetentionInDays", 7);
            let count = draft.property("partitionCount").as_u64().unwrap_or(4);
            draft.default("partitionCount", count);
            draft.set(
                "partitionIds",
                (0..count).map(|id| id.to_string()).collect::<Vec<_>>(),
            );
        }
        "Microsoft.ManagedIdentity/userAssignedIdentities" => {
            draft.set("principalId", state.guid(&format!("principal {id}")));
            draft.set("clientId", state.guid(&format!("client {id}")));
            draft.set("tenantId", state.settings.tenant.clone());
        }
        _ => {}
    }
    identity(state, draft);
    if draft.target.kind() != "Microsoft.Insights/diagnosticSettings" {
        draft.set("provisioningState", "Succeeded");
    }
}

fn component(state: &State, draft: &mut Draft, name: &str) {
    let id = draft.id.clone();
    let key = state.guid(&format!("instrumentation {id}"));
    let app = state.guid(&format!("application {id}"));
    let region = draft.body["location"]
        .as_str()
        .unwrap_or("westeurope")
        .to_lowercase();
    draft.set("InstrumentationKey", key.clone());
    draft.set("AppId", app.clone());
    draft.set("ApplicationId", name);
    draft.set("Name", name);
    draft.set(
        "ConnectionString",
        format!(
            "InstrumentationKey={key};IngestionEndpoint=https://{region}-1.in.applicationinsights.azure.com/;LiveEndpoint=https://{region}.livediagnostics.monitor.azure.com/;ApplicationId={app}"
        ),
    );
    draft.set("TenantId", state.settings.subscription.clone());
    let created = draft
        .old
        .as_ref()
        .map(|old| old.value["properties"]["CreationDate"].clone());
    let created = created.unwrap_or_else(|| json!(draft.now.to_string()));
    draft.set("CreationDate", created);
    draft.default("Application_Type", "web");
    draft.default("Flow_Type", "Bluefield");
    draft.default("Request_Source", "rest");
}

/// Who may do what: role assignments.
///
/// # Errors
///
/// When the same right is there under another name, or something is missing.
pub(super) fn assignment(state: &State, draft: &mut Draft) -> Result<(), Refusal> {
    if !draft.is("Microsoft.Authorization/roleAssignments") {
        let message = format!(
            "The local Azure makes no resource of type '{}'.",
            draft.target.kind()
        );
        return Err(Refusal::new(400, "InvalidResourceType", message));
    }
    for needed in ["principalId", "roleDefinitionId"] {
        if draft.property(needed).as_str().is_none_or(str::is_empty) {
            let message = format!("The request was incorrectly formatted: '{needed}' is missing.");
            return Err(Refusal::new(400, "BadRequestFormat", message));
        }
    }
    let same = |other: &&super::state::Entry| {
        let scope = other
            .text("scope")
            .eq_ignore_ascii_case(&draft.target.scope);
        let equal = |name: &str| {
            draft
                .property(name)
                .as_str()
                .is_some_and(|mine| mine.eq_ignore_ascii_case(other.text(name)))
        };
        scope && equal("principalId") && equal("roleDefinitionId")
    };
    let twin = state
        .of_kind("Microsoft.Authorization/roleAssignments")
        .filter(|other| !other.id.eq_ignore_ascii_case(&draft.id))
        .find(same);
    if let Some(twin) = twin {
        let message = format!(
            "The role assignment already exists. The ID of the existing role assignment is {}.",
            twin.name().replace('-', "")
        );
        return Err(Refusal::new(409, "RoleAssignmentExists", message));
    }
    if let Some(old) = &draft.old
        && old.text("principalId") != draft.property("principalId").as_str().unwrap_or_default()
    {
        let message =
            "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.";
        return Err(Refusal::new(
            400,
            "RoleAssignmentUpdateNotPermitted",
            message,
        ));
    }
    let created = draft
        .old
        .as_ref()
        .map(|old| old.value["properties"]["createdOn"].clone());
    let created = created.unwrap_or_else(|| json!(draft.now.to_string()));
    draft.set("scope", draft.target.scope.clone());
    draft.set("createdOn", created.clone());
    draft.set("updatedOn", created);
    draft.default("principalType", "ServicePrincipal");
    Ok(())
}
