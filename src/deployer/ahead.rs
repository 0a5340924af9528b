//! The pre-flight: everything that would fail after minutes, asked in seconds.

use serde_json::{Value, json};

use super::job::{GroupFacts, Job};
use super::twins::{API_MANAGEMENT, COGNITIVE, Twin, twins_of};
use crate::azure::{ArmClient, AzureError, segment};
use crate::provision::{
    Account, Check, Grade, Model, ModelDeployment, Quota, Service, Wanted, check_model,
    check_quota, missing_actions,
};

const PROVIDERS: &str = "2021-04-01";
const PERMISSIONS: &str = "2022-04-01";

/// What the pre-flight found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ahead {
    pub(crate) checks: Vec<Check>,
    pub(crate) twins: Vec<Twin>,
    /// Resource providers that have to be registered first.
    pub(crate) unregistered: Vec<String>,
    /// Names of services and accounts that are in the group already.
    pub(crate) ours: Vec<String>,
}

impl Ahead {
    /// Something would fail for sure.
    pub(crate) fn is_bad(&self) -> bool {
        self.checks.iter().any(|check| check.grade == Grade::Bad)
    }
}

/// Asks about everything that the deployment wants. A question that Azure does not answer becomes
/// a warning: the deployment itself will tell.
pub(crate) async fn preflight(
    client: &ArmClient,
    job: &Job,
    facts: &GroupFacts,
    wanted: &Wanted,
) -> Ahead {
    let mut ahead = Ahead::default();
    ahead.checks.push(subscription(facts));
    let answer = permissions(client, job, facts, wanted).await;
    ahead.note("permissions", answer);
    let answer = providers(client, job, wanted, &mut ahead.unregistered).await;
    ahead.note("providers", answer);
    match twins_of(client, &job.group.subscription, wanted).await {
        Ok(twins) => ahead.twins = twins,
        Err(error) => ahead.checks.push(unanswered("soft-deleted", &error)),
    }
    for service in &wanted.services {
        let answer = service_name(client, job, service, &mut ahead).await;
        ahead.note("name", answer);
    }
    for account in &wanted.accounts {
        let answer = account_name(client, job, account, &mut ahead).await;
        ahead.note("name", answer);
    }
    for model in &wanted.models {
        if let Some(location) = &model.location {
            let answer = offered(client, job, model, location).await;
            ahead.note("model", answer);
            let answer = capacity(client, job, model, location).await;
            ahead.note("quota", answer);
        }
    }
    ahead
}

impl Ahead {
    fn note(&mut self, about: &str, answer: Result<Option<Check>, AzureError>) {
        match answer {
            Ok(check) => self.checks.extend(check),
            Err(error) => self.checks.push(unanswered(about, &error)),
        }
    }

    fn twin(&self, name: &str) -> bool {
        self.twins
            .iter()
            .any(|twin| twin.name.eq_ignore_ascii_case(name))
    }
}

fn unanswered(about: &str, error: &AzureError) -> Check {
    Check::new(
        about,
        Grade::Warning,
        format!("could not be asked: {error}"),
    )
}

fn subscription(facts: &GroupFacts) -> Check {
    let name = facts.subscription["displayName"]
        .as_str()
        .unwrap_or("(without a name)");
    let said = format!("`{name}`");
    match facts.subscription["state"].as_str() {
        Some("Disabled" | "Deleted" | "Expired") => {
            Check::new("subscription", Grade::Bad, format!("{said} is disabled"))
                .hint("its owner enables it again, or another one is given with `--subscription`")
        }
        Some(state @ ("Warned" | "PastDue")) => Check::new(
            "subscription",
            Grade::Warning,
            format!("{said}: Azure says `{state}`"),
        ),
        _ => Check::new("subscription", Grade::Ok, said),
    }
}

/// Permissions at the group, or above it as long as there is none.
async fn permissions(
    client: &ArmClient,
    job: &Job,
    facts: &GroupFacts,
    wanted: &Wanted,
) -> Result<Option<Check>, AzureError> {
    let scope = match facts.group {
        Some(_) => job.group.path(),
        None => format!("/subscriptions/{}", segment(&job.group.subscription)),
    };
    let path = format!("{scope}/providers/Microsoft.Authorization/permissions");
    let permissions = client.list(&path, PERMISSIONS, &[]).await?;
    let mut actions = vec!["Microsoft.Resources/deployments/write".to_owned()];
    if facts.group.is_none() {
        actions.push("Microsoft.Resources/subscriptions/resourceGroups/write".to_owned());
    }
    actions.extend(wanted.kinds.iter().map(|kind| format!("{kind}/write")));
    let missing = missing_actions(&actions, &permissions);
    Ok(Some(match missing.as_slice() {
        [] => Check::new("permissions", Grade::Ok, "all that the deployment needs"),
        missing => Check::new(
            "permissions",
            Grade::Bad,
            format!("the credential may not `{}`", missing.join("`, `")),
        )
        .hint(if missing.iter().all(|action| action.contains("roleAssignments")) {
            "it needs a role that may assign roles, such as `Role Based Access Control Administrator`"
        } else {
            "it needs the role `Contributor`, and for role assignments `Role Based Access Control Administrator`"
        }),
    }))
}

async fn providers(
    client: &ArmClient,
    job: &Job,
    wanted: &Wanted,
    unregistered: &mut Vec<String>,
) -> Result<Option<Check>, AzureError> {
    for space in &wanted.namespaces {
        let path = format!(
            "/subscriptions/{}/providers/{space}",
            segment(&job.group.subscription)
        );
        let provider = client.get(&path, PROVIDERS).await?;
        let state = provider["registrationState"].as_str().unwrap_or_default();
        if !matches!(state, "Registered" | "Registering") {
            unregistered.push(space.clone());
        }
    }
    Ok(Some(if unregistered.is_empty() {
        Check::new("providers", Grade::Ok, "all are registered")
    } else {
        let said = format!("`{}` will be registered", unregistered.join("`, `"));
        Check::new("providers", Grade::Warning, said)
    }))
}

/// Registers resource providers. Azure goes on with it by itself; a deployment waits for it.
///
/// # Errors
///
/// As all calls of [`ArmClient`].
pub(crate) async fn register(
    client: &ArmClient,
    job: &Job,
    spaces: &[String],
) -> Result<(), AzureError> {
    for space in spaces {
        let path = format!(
            "/subscriptions/{}/providers/{space}/register",
            segment(&job.group.subscription)
        );
        client.ask(&path, PROVIDERS, None).await?;
    }
    Ok(())
}

async fn service_name(
    client: &ArmClient,
    job: &Job,
    service: &Service,
    ahead: &mut Ahead,
) -> Result<Option<Check>, AzureError> {
    let name = &service.name;
    let own = format!(
        "{}/providers/Microsoft.ApiManagement/service/{}",
        job.group.path(),
        segment(name)
    );
    if client.find(&own, API_MANAGEMENT).await?.is_some() {
        ahead.ours.push(name.clone());
        return Ok(Some(Check::new(
            "name",
            Grade::Ok,
            format!("API Management `{name}` is ours"),
        )));
    }
    // A soft-deleted twin makes a name unavailable, and is told of by itself.
    if ahead.twin(name) {
        return Ok(None);
    }
    let path = format!(
        "/subscriptions/{}/providers/Microsoft.ApiManagement/checkNameAvailability",
        segment(&job.group.subscription)
    );
    let answer = ask(client, &path, API_MANAGEMENT, &json!({"name": name})).await?;
    if answer["nameAvailable"].as_bool() == Some(false) {
        let said = format!("API Management `{name}`: {}", reason(&answer));
        return Ok(Some(
            Check::new("name", Grade::Bad, said)
                .hint("choose another with `-p apiManagementName=NAME`"),
        ));
    }
    Ok(Some(Check::new(
        "name",
        Grade::Ok,
        format!("API Management `{name}` is free"),
    )))
}

async fn account_name(
    client: &ArmClient,
    job: &Job,
    account: &Account,
    ahead: &mut Ahead,
) -> Result<Option<Check>, AzureError> {
    let name = &account.name;
    let own = format!(
        "{}/providers/Microsoft.CognitiveServices/accounts/{}",
        job.group.path(),
        segment(name)
    );
    if client.find(&own, COGNITIVE).await?.is_some() {
        ahead.ours.push(name.clone());
        return Ok(Some(Check::new(
            "name",
            Grade::Ok,
            format!("Azure OpenAI `{name}` is ours"),
        )));
    }
    let Some(subdomain) = account.subdomain.as_ref().filter(|_| !ahead.twin(name)) else {
        return Ok(None);
    };
    let path = format!(
        "/subscriptions/{}/providers/Microsoft.CognitiveServices/checkDomainAvailability",
        segment(&job.group.subscription)
    );
    let body = json!({"subdomainName": subdomain, "type": "Microsoft.CognitiveServices/accounts"});
    let answer = ask(client, &path, COGNITIVE, &body).await?;
    if answer["isSubdomainAvailable"].as_bool() == Some(false) {
        let said = format!("Azure OpenAI `{subdomain}`: {}", reason(&answer));
        return Ok(Some(
            Check::new("name", Grade::Bad, said).hint("choose another with `-p openAiName=NAME`"),
        ));
    }
    Ok(Some(Check::new(
        "name",
        Grade::Ok,
        format!("Azure OpenAI `{name}` is free"),
    )))
}

fn reason(answer: &Value) -> String {
    let said = answer["message"]
        .as_str()
        .or_else(|| answer["reason"].as_str());
    said.unwrap_or("the name is taken")
        .trim_end_matches('.')
        .to_owned()
}

async fn ask(
    client: &ArmClient,
    path: &str,
    version: &str,
    body: &Value,
) -> Result<Value, AzureError> {
    let limit = std::time::Duration::from_mins(1);
    client
        .ask(path, version, Some(body))
        .await?
        .ended(client, limit)
        .await
}

async fn offered(
    client: &ArmClient,
    job: &Job,
    model: &ModelDeployment,
    location: &str,
) -> Result<Option<Check>, AzureError> {
    let path = of_location(job, location, "models");
    let models = client.list(&path, COGNITIVE, &[]).await?;
    let today = client
        .session()
        .transport()
        .pace()
        .timestamp()
        .strftime("%Y-%m-%d")
        .to_string();
    Ok(Some(check_model(
        model,
        &Model::list(&json!({"value": models})),
        &today,
    )))
}

async fn capacity(
    client: &ArmClient,
    job: &Job,
    model: &ModelDeployment,
    location: &str,
) -> Result<Option<Check>, AzureError> {
    let usages = client
        .list(&of_location(job, location, "usages"), COGNITIVE, &[])
        .await?;
    let own = format!(
        "{}/providers/Microsoft.CognitiveServices/accounts/{}/deployments/{}",
        job.group.path(),
        segment(&model.account),
        segment(&model.name)
    );
    let own = client.find(&own, COGNITIVE).await?;
    let same = own.filter(|own| own["sku"]["name"].as_str() == Some(model.sku.as_str()));
    let own = same
        .and_then(|own| own["sku"]["capacity"].as_u64())
        .unwrap_or(0);
    Ok(Some(check_quota(
        model,
        own,
        &Quota::list(&json!({"value": usages})),
    )))
}

fn of_location(job: &Job, location: &str, what: &str) -> String {
    format!(
        "/subscriptions/{}/providers/Microsoft.CognitiveServices/locations/{}/{what}",
        segment(&job.group.subscription),
        segment(location)
    )
}
