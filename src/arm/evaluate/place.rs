use crate::arm::value::same_name;

/// Where a deployment puts resources that name no scope of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Group { subscription: String, group: String },
    Subscription { subscription: String },
    ManagementGroup { name: String },
    Tenant,
}

const MANAGEMENT_GROUPS: &str = "/providers/Microsoft.Management/managementGroups/";

impl Place {
    /// The place's own resource id; empty for the tenant.
    pub(crate) fn id(&self) -> String {
        match self {
            Place::Group {
                subscription,
                group,
            } => format!("/subscriptions/{subscription}/resourceGroups/{group}"),
            Place::Subscription { subscription } => format!("/subscriptions/{subscription}"),
            Place::ManagementGroup { name } => format!("{MANAGEMENT_GROUPS}{name}"),
            Place::Tenant => String::new(),
        }
    }

    pub(crate) fn subscription(&self) -> Option<&str> {
        match self {
            Place::Group { subscription, .. } | Place::Subscription { subscription } => {
                Some(subscription)
            }
            Place::ManagementGroup { .. } | Place::Tenant => None,
        }
    }

    pub(crate) fn group(&self) -> Option<&str> {
        match self {
            Place::Group { group, .. } => Some(group),
            _ => None,
        }
    }

    /// The id of a resource here; the reason when type and name do not fit each other.
    pub(in crate::arm) fn resource_id(
        &self,
        resource_type: &str,
        names: &[&str],
    ) -> Result<String, String> {
        if same_name(resource_type, "Microsoft.Resources/resourceGroups")
            && let (Some(subscription), [name]) = (self.subscription(), names)
        {
            return Ok(format!(
                "/subscriptions/{subscription}/resourceGroups/{name}"
            ));
        }
        let tail = qualified(resource_type, names)?;
        Ok(format!("{}/providers/{tail}", self.id()))
    }

    /// The place that a resource id names, when it names one.
    pub(crate) fn of_id(id: &str) -> Option<Place> {
        let steps: Vec<&str> = id.trim_matches('/').split('/').collect();
        match steps.as_slice() {
            [""] => Some(Place::Tenant),
            [word, subscription] if same_name(word, "subscriptions") => Some(Place::Subscription {
                subscription: (*subscription).to_owned(),
            }),
            [word, subscription, groups, group]
                if same_name(word, "subscriptions") && same_name(groups, "resourceGroups") =>
            {
                Some(Place::Group {
                    subscription: (*subscription).to_owned(),
                    group: (*group).to_owned(),
                })
            }
            [.., space, kind, name]
                if steps.len() <= 4
                    && same_name(space, "Microsoft.Management")
                    && same_name(kind, "managementGroups") =>
            {
                Some(Place::ManagementGroup {
                    name: (*name).to_owned(),
                })
            }
            _ => None,
        }
    }
}

/// `Namespace/type/name/child/name` of a type and one name for each of its segments.
pub(in crate::arm) fn qualified(resource_type: &str, names: &[&str]) -> Result<String, String> {
    let mut segments = resource_type.split('/');
    let namespace = segments.next().unwrap_or("");
    let types: Vec<&str> = segments.collect();
    if types.is_empty() || types.iter().any(|segment| segment.is_empty()) || namespace.is_empty() {
        return Err(format!(
            "The type '{resource_type}' is not a fully qualified resource type."
        ));
    }
    if types.len() != names.len() || names.iter().any(|name| name.is_empty()) {
        return Err(format!(
            "The type '{resource_type}' requires '{}' resource name argument(s). Please see https://aka.ms/arm-functions-resource-resourceid for usage details.",
            types.len()
        ));
    }
    let mut tail = namespace.to_owned();
    for (segment, name) in types.iter().zip(names) {
        tail.push('/');
        tail.push_str(segment);
        tail.push('/');
        tail.push_str(name);
    }
    Ok(tail)
}
