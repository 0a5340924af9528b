//! One question each. What Azure does not answer is a warning that says so.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use crate::azure::{Apim, AzureError, RESOURCES, Request, segment};
use crate::cli::azure::Connection;
use crate::provision::{Check, Grade, missing_actions};

const SUBSCRIPTIONS: &str = "2022-12-01";
const PERMISSIONS: &str = "2022-04-01";
const PROVIDERS: &str = "2021-04-01";

/// What `deploy` writes.
const NAMESPACES: [&str; 4] = [
    "Microsoft.ApiManagement",
    "Microsoft.CognitiveServices",
    "Microsoft.Insights",
    "Microsoft.OperationalInsights",
];

/// What our commands do, one action for each.
const ACTIONS: [&str; 9] = [
    "Microsoft.Resources/deployments/write",
    "Microsoft.ApiManagement/service/write",
    "Microsoft.ApiManagement/service/apis/policies/write",
    "Microsoft.ApiManagement/service/namedValues/write",
    "Microsoft.ApiManagement/service/subscriptions/listSecrets/action",
    "Microsoft.CognitiveServices/accounts/write",
    "Microsoft.CognitiveServices/accounts/deployments/write",
    "Microsoft.Insights/metrics/read",
    "Microsoft.Authorization/roleAssignments/write",
];
const MAKE_GROUP: &str = "Microsoft.Resources/subscriptions/resourceGroups/write";

/// Seconds by which clocks may differ without harm, and at which tokens stop to work.
const SKEW_NOTICED: i64 = 30;
const SKEW_HARMFUL: i64 = 300;

pub(super) fn configuration(connection: &Connection) -> Check {
    let cloud = connection.client.session().cloud();
    let said = format!(
        "target `{}` (from {}), cloud `{}`, subscription `{}`, resource group `{}`",
        connection.target,
        connection.settings.target.origin,
        cloud.name,
        connection.group.subscription,
        connection.group.name
    );
    Check::new("configuration", Grade::Ok, said)
}

pub(super) async fn sign_in(connection: &Connection) -> Check {
    let chosen = &connection.chosen;
    match connection.client.session().sign_in().await {
        Ok(()) => Check::new(
            "sign-in",
            Grade::Ok,
            format!("by {}, because {}", chosen.method, chosen.why),
        ),
        Err(error) => {
            let mut hint =
                "run `az login`, set the variables of a credential, or choose one with `--auth`"
                    .to_owned();
            for passed_over in &chosen.passed_over {
                hint = format!("{hint}; {passed_over}");
            }
            Check::new("sign-in", Grade::Bad, error.to_string()).hint(hint)
        }
    }
}

/// Tokens are for a time span, so both sides have to agree on what time it is.
pub(super) async fn clock(connection: &Connection) -> Check {
    let client = &connection.client;
    let transport = client.session().transport();
    let answer = match client.url("subscriptions", SUBSCRIPTIONS, &[]) {
        Ok(url) => {
            client
                .session()
                .arm(Request::new(reqwest::Method::GET, url))
                .await
        }
        Err(error) => Err(error),
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return unanswered("clock", &error),
    };
    let theirs = answer
        .header("date")
        .and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
    let Some(theirs) = theirs else {
        return Check::new("clock", Grade::Warning, "Azure did not say what time it is");
    };
    judged(theirs, transport.pace().timestamp())
}

fn judged(theirs: Timestamp, ours: Timestamp) -> Check {
    let skew = ours.as_second() - theirs.as_second();
    let way = if skew < 0 { "behind" } else { "ahead of" };
    let said = format!("{} s {way} Azure's", skew.abs());
    let hint = "set the clock, best by NTP: tokens are refused when clocks differ by minutes";
    match skew.abs() {
        0..=SKEW_NOTICED => Check::new("clock", Grade::Ok, said),
        skew if skew < SKEW_HARMFUL => Check::new("clock", Grade::Warning, said).hint(hint),
        _ => Check::new("clock", Grade::Bad, said).hint(hint),
    }
}

pub(super) async fn subscription(connection: &Connection) -> Check {
    let path = format!("/subscriptions/{}", segment(&connection.group.subscription));
    let found = match connection.client.get(&path, SUBSCRIPTIONS).await {
        Ok(found) => found,
        Err(error) => {
            return Check::new("subscription", Grade::Bad, error.to_string())
                .hint("is the id right, and does the credential have any role there?");
        }
    };
    let name = found["displayName"].as_str().unwrap_or_default();
    let state = found["state"].as_str().unwrap_or_default();
    let said = format!("`{name}`, {state}");
    match state {
        "Enabled" => Check::new("subscription", Grade::Ok, said),
        "Warned" | "PastDue" => Check::new("subscription", Grade::Warning, said),
        _ => Check::new("subscription", Grade::Bad, said).hint("its owner has to enable it"),
    }
}

/// The group, and its region when it is there.
pub(super) async fn group(connection: &Connection) -> (Check, Option<String>) {
    let name = &connection.group.name;
    match connection
        .client
        .find(&connection.group.path(), RESOURCES)
        .await
    {
        Ok(Some(group)) => {
            let location = group["location"].as_str().unwrap_or_default().to_owned();
            let said = format!("`{name}` in {location}");
            (
                Check::new("resource-group", Grade::Ok, said),
                Some(location),
            )
        }
        Ok(None) => {
            let said = format!("`{name}` is not there yet, `apimon deploy` makes it");
            (Check::new("resource-group", Grade::Ok, said), None)
        }
        Err(error) => (unanswered("resource-group", &error), None),
    }
}

pub(super) async fn permissions(connection: &Connection, group_is_there: bool) -> Check {
    let scope = if group_is_there {
        connection.group.path()
    } else {
        format!("/subscriptions/{}", segment(&connection.group.subscription))
    };
    let path = format!("{scope}/providers/Microsoft.Authorization/permissions");
    let permissions = match connection.client.list(&path, PERMISSIONS, &[]).await {
        Ok(permissions) => permissions,
        Err(error) => return unanswered("permissions", &error),
    };
    let group = (!group_is_there).then_some(MAKE_GROUP);
    let actions: Vec<String> = ACTIONS
        .into_iter()
        .chain(group)
        .map(str::to_owned)
        .collect();
    let missing = missing_actions(&actions, &permissions);
    match missing.as_slice() {
        [] => Check::new("permissions", Grade::Ok, "all that our commands need"),
        [one] if one.contains("roleAssignments") => {
            Check::new("permissions", Grade::Warning, format!("the credential may not `{one}`"))
                .hint("`deploy` lets API Management call Azure OpenAI by a role: it needs `Role Based Access Control Administrator`")
        }
        missing => Check::new("permissions", Grade::Bad, format!("the credential may not `{}`", missing.join("`, `")))
            .hint("give it the role `Contributor`, and `Role Based Access Control Administrator` for `deploy`"),
    }
}

pub(super) async fn providers(connection: &Connection) -> Check {
    let mut missing = Vec::new();
    for space in NAMESPACES {
        let path = format!(
            "/subscriptions/{}/providers/{space}",
            segment(&connection.group.subscription)
        );
        match connection.client.get(&path, PROVIDERS).await {
            Ok(provider) => {
                let state = provider["registrationState"].as_str().unwrap_or_default();
                if !matches!(state, "Registered" | "Registering") {
                    missing.push(space);
                }
            }
            Err(error) => return unanswered("providers", &error),
        }
    }
    if missing.is_empty() {
        return Check::new("providers", Grade::Ok, "all are registered");
    }
    let said = format!(
        "`{}` not registered, `apimon deploy` does it",
        missing.join("`, `")
    );
    Check::new("providers", Grade::Warning, said)
        .hint("or `az provider register --namespace NAME`, which takes minutes")
}

pub(super) async fn service(connection: &Connection) -> Check {
    let services = match Apim::services(&connection.client, &connection.group).await {
        Ok(services) => services,
        Err(error) => return unanswered("api-management", &error),
    };
    if services.is_empty() {
        return Check::new(
            "api-management",
            Grade::Ok,
            "none yet, `apimon deploy` makes one",
        );
    }
    let told = services.iter().map(|service| {
        let url = service.gateway_url.as_deref().unwrap_or("no gateway yet");
        format!(
            "`{}` {} {}, {url}",
            service.name, service.sku, service.state
        )
    });
    let said = told.collect::<Vec<_>>().join("; ");
    let bad = services
        .iter()
        .any(|service| service.state.eq_ignore_ascii_case("failed"));
    if bad {
        return Check::new("api-management", Grade::Bad, said)
            .hint("`apimon deploy` again, or look at the service in the portal");
    }
    Check::new("api-management", Grade::Ok, said)
}

pub(super) fn unanswered(about: &str, error: &AzureError) -> Check {
    Check::new(
        about,
        Grade::Warning,
        format!("could not be asked: {error}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_may_differ_a_little() {
        let ours: Timestamp = "2026-01-01T00:10:00Z".parse().unwrap();
        for (theirs, grade, said) in [
            ("2026-01-01T00:10:00Z", Grade::Ok, "0 s ahead of Azure's"),
            ("2026-01-01T00:09:30Z", Grade::Ok, "30 s ahead of Azure's"),
            (
                "2026-01-01T00:10:31Z",
                Grade::Warning,
                "31 s behind Azure's",
            ),
            ("2026-01-01T00:15:00Z", Grade::Bad, "300 s behind Azure's"),
        ] {
            let check = judged(theirs.parse().unwrap(), ours);
            assert_eq!((check.grade, check.said.as_str()), (grade, said));
        }
    }
}
