//! Resource ids: taken apart, and spelled as Azure spells them.

/// What a path names below its last `providers`: one resource, a list of them, or an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// Path of what the provider's resources belong to; empty for the tenant.
    pub(super) scope: String,
    pub(super) namespace: String,
    pub(super) types: Vec<String>,
    /// As many as there are types for a resource; one less for a list or an action.
    pub(super) names: Vec<String>,
}

/// Types as Azure spells them; callers may spell them as they like.
const TYPES: [&str; 55] = [
    "Microsoft.ApiManagement/service",
    "Microsoft.ApiManagement/service/apis",
    "Microsoft.ApiManagement/service/apis/diagnostics",
    "Microsoft.ApiManagement/service/apis/operations",
    "Microsoft.ApiManagement/service/apis/operations/policies",
    "Microsoft.ApiManagement/service/apis/policies",
    "Microsoft.ApiManagement/service/apis/releases",
    "Microsoft.ApiManagement/service/apis/schemas",
    "Microsoft.ApiManagement/service/apis/tags",
    "Microsoft.ApiManagement/service/apiVersionSets",
    "Microsoft.ApiManagement/service/authorizationServers",
    "Microsoft.ApiManagement/service/backends",
    "Microsoft.ApiManagement/service/caches",
    "Microsoft.ApiManagement/service/certificates",
    "Microsoft.ApiManagement/service/diagnostics",
    "Microsoft.ApiManagement/service/gateways",
    "Microsoft.ApiManagement/service/groups",
    "Microsoft.ApiManagement/service/groups/users",
    "Microsoft.ApiManagement/service/loggers",
    "Microsoft.ApiManagement/service/namedValues",
    "Microsoft.ApiManagement/service/openidConnectProviders",
    "Microsoft.ApiManagement/service/policies",
    "Microsoft.ApiManagement/service/policyFragments",
    "Microsoft.ApiManagement/service/products",
    "Microsoft.ApiManagement/service/products/apis",
    "Microsoft.ApiManagement/service/products/groups",
    "Microsoft.ApiManagement/service/products/policies",
    "Microsoft.ApiManagement/service/schemas",
    "Microsoft.ApiManagement/service/subscriptions",
    "Microsoft.ApiManagement/service/tags",
    "Microsoft.ApiManagement/service/users",
    "Microsoft.ApiManagement/deletedservices",
    "Microsoft.Authorization/permissions",
    "Microsoft.Authorization/roleAssignments",
    "Microsoft.Authorization/roleDefinitions",
    "Microsoft.CognitiveServices/accounts",
    "Microsoft.CognitiveServices/accounts/deployments",
    "Microsoft.CognitiveServices/accounts/projects",
    "Microsoft.CognitiveServices/accounts/raiPolicies",
    "Microsoft.CognitiveServices/deletedAccounts",
    "Microsoft.EventHub/namespaces",
    "Microsoft.EventHub/namespaces/authorizationRules",
    "Microsoft.EventHub/namespaces/eventhubs",
    "Microsoft.EventHub/namespaces/eventhubs/authorizationRules",
    "Microsoft.EventHub/namespaces/eventhubs/consumergroups",
    "Microsoft.Insights/components",
    "Microsoft.Insights/diagnosticSettings",
    "Microsoft.KeyVault/vaults",
    "Microsoft.KeyVault/vaults/secrets",
    "Microsoft.ManagedIdentity/userAssignedIdentities",
    "Microsoft.OperationalInsights/workspaces",
    "Microsoft.OperationalInsights/workspaces/tables",
    "Microsoft.Resources/deployments",
    "Microsoft.Resources/resourceGroups",
    "Microsoft.Storage/storageAccounts",
];

impl Target {
    /// `None` when the path has no `providers` with a type behind it.
    pub(super) fn of(segments: &[String]) -> Option<Target> {
        let at = segments
            .iter()
            .rposition(|part| part.eq_ignore_ascii_case("providers"))?;
        let [namespace, rest @ ..] = &segments[at + 1..] else {
            return None;
        };
        if rest.is_empty() {
            return None;
        }
        let scope = segments[..at].iter().map(|part| format!("/{part}"));
        let mut target = Target {
            scope: scope.collect(),
            namespace: namespace.clone(),
            types: rest.iter().step_by(2).cloned().collect(),
            names: rest.iter().skip(1).step_by(2).cloned().collect(),
        };
        target.spell();
        Some(target)
    }

    /// The resource that an id names.
    pub(super) fn of_id(id: &str) -> Option<Target> {
        let parts = id.split('/').filter(|part| !part.is_empty());
        Target::of(&parts.map(str::to_owned).collect::<Vec<_>>()).filter(Target::is_item)
    }

    pub(super) fn is_item(&self) -> bool {
        self.types.len() == self.names.len()
    }

    /// Such as `Microsoft.ApiManagement/service/apis`.
    pub(super) fn kind(&self) -> String {
        format!("{}/{}", self.namespace, self.types.join("/"))
    }

    /// Path of the resource, or of the list.
    pub(super) fn id(&self) -> String {
        let mut id = format!("{}/providers/{}", self.scope, self.namespace);
        for (index, kind) in self.types.iter().enumerate() {
            id.push('/');
            id.push_str(kind);
            if let Some(name) = self.names.get(index) {
                id.push('/');
                id.push_str(name);
            }
        }
        id
    }

    pub(super) fn name(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }

    /// The resource that this one, or this list, is a child of.
    pub(super) fn parent(&self) -> Option<Target> {
        let depth = self.types.len() - 1;
        (depth > 0).then(|| Target {
            types: self.types[..depth].to_vec(),
            names: self.names[..depth].to_vec(),
            ..self.clone()
        })
    }

    /// The resource before an action: `…/listSecrets` without its last segment, and that segment.
    pub(super) fn action(&self) -> Option<(Target, String)> {
        if self.is_item() {
            return None;
        }
        Some((self.parent()?, self.types.last()?.clone()))
    }

    fn spell(&mut self) {
        let kind = self.kind();
        let known = TYPES
            .iter()
            .filter(|known| known.len() >= self.namespace.len())
            .find(|known| known.eq_ignore_ascii_case(&kind));
        match known {
            Some(known) => {
                let mut parts = known.split('/').map(str::to_owned);
                self.namespace = parts.next().unwrap_or_default();
                self.types = parts.collect();
            }
            // An action's parent, or an unknown child of a known type.
            None if self.types.len() > 1 => {
                let last = self.types.pop();
                self.spell();
                self.types.extend(last);
            }
            None => {
                let head = TYPES.iter().filter_map(|known| known.split('/').next());
                if let Some(space) = head
                    .into_iter()
                    .find(|space| space.eq_ignore_ascii_case(&self.namespace))
                {
                    space.clone_into(&mut self.namespace);
                }
            }
        }
    }
}

/// Subscription and group that a path begins with.
pub(super) fn place(id: &str) -> (Option<&str>, Option<&str>) {
    let mut parts = id.split('/').filter(|part| !part.is_empty());
    let word =
        |text: Option<&str>, word: &str| text.is_some_and(|text| text.eq_ignore_ascii_case(word));
    if !word(parts.next(), "subscriptions") {
        return (None, None);
    }
    let subscription = parts.next();
    let group = if word(parts.next(), "resourceGroups") {
        parts.next()
    } else {
        None
    };
    (subscription, group)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Option<Target> {
        let parts = path.split('/').filter(|part| !part.is_empty());
        Target::of(&parts.map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn ids_are_taken_apart_and_spelled() {
        let target = of("/subscriptions/S/resourcegroups/g/providers/microsoft.apimanagement/SERVICE/x/Apis/a/POLICIES/policy").unwrap();
        assert_eq!(
            target.kind(),
            "Microsoft.ApiManagement/service/apis/policies"
        );
        assert_eq!(target.names, ["x", "a", "policy"]);
        assert_eq!(
            target.id(),
            "/subscriptions/S/resourcegroups/g/providers/Microsoft.ApiManagement/service/x/apis/a/policies/policy"
        );
        let parent = target.parent().unwrap();
        assert_eq!(parent.kind(), "Microsoft.ApiManagement/service/apis");
    }

    #[test]
    fn an_action_belongs_to_the_resource_before_it() {
        let target = of("/subscriptions/S/resourceGroups/g/providers/Microsoft.ApiManagement/service/x/subscriptions/s/listSecrets").unwrap();
        assert!(!target.is_item());
        let (owner, action) = target.action().unwrap();
        assert_eq!(owner.name(), "s");
        assert_eq!(action, "listSecrets");
    }

    #[test]
    fn an_extension_has_a_resource_as_its_scope() {
        let target = of("/subscriptions/S/resourceGroups/g/providers/A.B/c/d/providers/microsoft.insights/diagnosticsettings/e").unwrap();
        assert_eq!(
            target.scope,
            "/subscriptions/S/resourceGroups/g/providers/A.B/c/d"
        );
        assert_eq!(target.kind(), "Microsoft.Insights/diagnosticSettings");
        assert_eq!(of("/subscriptions/S/providers"), None);
        assert_eq!(of("/subscriptions/S"), None);
    }

    #[test]
    fn a_path_begins_with_its_place() {
        assert_eq!(
            place("/subscriptions/s/resourcegroups/g/x"),
            (Some("s"), Some("g"))
        );
        assert_eq!(place("/subscriptions/s/providers/x"), (Some("s"), None));
        assert_eq!(place("/providers/x"), (None, None));
    }
}
