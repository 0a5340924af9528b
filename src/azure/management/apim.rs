use std::sync::Arc;

use azure_core_021::error::Error;
use azure_core_021::headers::HeaderName;
use azure_core_021::{Response, RetryOptions, TransportOptions};
use azure_mgmt_apimanagement::package_preview_2023_09::models::policy_contract_properties::Format;
use azure_mgmt_apimanagement::package_preview_2023_09::models::{
    PolicyContract, PolicyContractProperties, ProxyResource,
};
use azure_mgmt_apimanagement::package_preview_2023_09::{Client, ClientBuilder};
use serde_json::{Value, json};

use super::PolicyPlace;
use super::pages::pages;
use crate::azure::adapt::{ManagementPipe, NoCredential, error_of};
use crate::azure::{ArmClient, AzureError, GroupId, segment};
use crate::base::Secret;

/// Version of what goes through [`ArmClient`].
pub(super) const VERSION: &str = "2024-05-01";
/// The only policy of a place.
const POLICY: &str = "policy";
/// Text as it was sent, without C# turned into entities.
const RAW: &str = "rawxml";

/// One API Management service.
#[derive(Clone)]
pub(crate) struct Apim {
    pub(super) client: Client,
    pub(super) arm: ArmClient,
    pub(super) group: GroupId,
    pub(super) service: String,
}

/// A policy as it is deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LivePolicy {
    pub(crate) text: String,
    /// For If-Match.
    pub(crate) etag: String,
}

/// A service, as lists tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceInfo {
    pub(crate) name: String,
    pub(crate) gateway_url: Option<String>,
    pub(crate) sku: String,
    /// `Succeeded`, or what goes on.
    pub(crate) state: String,
}

/// A subscription of a service: who may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) display_name: String,
    /// Product or API, as the last part of its id.
    pub(crate) scope: String,
    pub(crate) is_active: bool,
}

impl Apim {
    /// # Errors
    ///
    /// When the crate cannot be set up.
    pub(crate) fn new(arm: &ArmClient, group: &GroupId, service: &str) -> Result<Apim, AzureError> {
        Ok(Apim {
            client: client(arm)?,
            arm: arm.clone(),
            group: group.clone(),
            service: service.to_owned(),
        })
    }

    /// The services of a resource group.
    ///
    /// # Errors
    ///
    /// As all calls: when Azure refuses, is silent, or makes no sense.
    pub(crate) async fn services(
        arm: &ArmClient,
        group: &GroupId,
    ) -> Result<Vec<ServiceInfo>, AzureError> {
        let services = client(arm)?.api_management_service_client();
        let stream = services
            .list_by_resource_group(&group.name, &group.subscription)
            .into_stream();
        let pages = pages("list API Management services", stream).await?;
        let services = pages
            .into_iter()
            .flat_map(|page| page.value)
            .map(|service| {
                let base = service.properties.api_management_service_base_properties;
                ServiceInfo {
                    name: service.apim_resource.name.unwrap_or_default(),
                    gateway_url: base.gateway_url,
                    sku: text(&service.sku.name),
                    state: base.provisioning_state.unwrap_or_default(),
                }
            });
        Ok(services.collect())
    }

    /// Path of the service, for [`ArmClient`].
    pub(crate) fn path(&self) -> String {
        format!(
            "{}/providers/Microsoft.ApiManagement/service/{}",
            self.group.path(),
            segment(&self.service)
        )
    }

    /// The policy of a place; nothing where there is none.
    ///
    /// # Errors
    ///
    /// As all calls. A missing API or product is an error, as Azure tells it.
    pub(crate) async fn policy(
        &self,
        place: &PolicyPlace,
    ) -> Result<Option<LivePolicy>, AzureError> {
        let (group, service, subscription) = self.names();
        let client = &self.client;
        let answer = match place {
            PolicyPlace::Global => {
                let request = client
                    .policy_client()
                    .get(group, service, POLICY, subscription);
                raw(request.format(RAW).send().await)
            }
            PolicyPlace::Product(id) => {
                let request =
                    client
                        .product_policy_client()
                        .get(group, service, id, POLICY, subscription);
                raw(request.format(RAW).send().await)
            }
            PolicyPlace::Api(id) => {
                let request =
                    client
                        .api_policy_client()
                        .get(group, service, id, POLICY, subscription);
                raw(request.format(RAW).send().await)
            }
            PolicyPlace::Operation { api, operation } => {
                let operations = client.api_operation_policy_client();
                let request = operations.get(group, service, api, operation, POLICY, subscription);
                raw(request.format(RAW).send().await)
            }
            PolicyPlace::Fragment(id) => {
                let request = client
                    .policy_fragment_client()
                    .get(group, service, id, subscription);
                raw(request.format(RAW).send().await)
            }
        };
        let operation = format!("read policy `{place}`");
        match answer.map_err(|error| error_of(&operation, error)) {
            Ok(answer) => live(&operation, answer).await.map(Some),
            Err(error) if is_missing_policy(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts the policy of a place, as raw text. With an `etag` only while it is the one that is
    /// there. The answer is the new ETag, empty when Azure does not tell it.
    ///
    /// # Errors
    ///
    /// As all calls; 412 when somebody else was faster, `ValidationError` when the policy is wrong.
    pub(crate) async fn put_policy(
        &self,
        place: &PolicyPlace,
        policy: &str,
        etag: Option<&str>,
    ) -> Result<String, AzureError> {
        let (group, service, subscription) = self.names();
        let client = &self.client;
        let body = contract(policy);
        // Spelled out for each scope, because each has types of its own in the crate.
        macro_rules! sent {
            ($request:expr) => {{
                let request = $request;
                let request = match etag {
                    Some(etag) => request.if_match(etag),
                    None => request,
                };
                raw(request.send().await)
            }};
        }
        let answer = match place {
            PolicyPlace::Global => {
                sent!(client.policy_client().create_or_update(
                    group,
                    service,
                    POLICY,
                    body,
                    subscription
                ))
            }
            PolicyPlace::Product(id) => {
                let products = client.product_policy_client();
                sent!(products.create_or_update(group, service, id, POLICY, body, subscription))
            }
            PolicyPlace::Api(id) => {
                let apis = client.api_policy_client();
                sent!(apis.create_or_update(group, service, id, POLICY, body, subscription))
            }
            PolicyPlace::Operation { api, operation } => {
                let operations = client.api_operation_policy_client();
                sent!(operations.create_or_update(
                    group,
                    service,
                    api,
                    operation,
                    POLICY,
                    body,
                    subscription
                ))
            }
            PolicyPlace::Fragment(id) => return self.put_fragment(id, policy, etag).await,
        };
        let answer = answer.map_err(|error| error_of(&format!("put policy `{place}`"), error))?;
        Ok(etag_of(&answer))
    }

    /// Takes the policy of a place away.
    ///
    /// # Errors
    ///
    /// As all calls.
    pub(crate) async fn delete_policy(
        &self,
        place: &PolicyPlace,
        etag: &str,
    ) -> Result<(), AzureError> {
        let (group, service, subscription) = self.names();
        let client = &self.client;
        let answer = match place {
            PolicyPlace::Global => raw(client
                .policy_client()
                .delete(group, service, POLICY, etag, subscription)
                .send()
                .await),
            PolicyPlace::Product(id) => {
                let products = client.product_policy_client();
                raw(products
                    .delete(group, service, id, POLICY, etag, subscription)
                    .send()
                    .await)
            }
            PolicyPlace::Api(id) => {
                let apis = client.api_policy_client();
                raw(apis
                    .delete(group, service, id, POLICY, etag, subscription)
                    .send()
                    .await)
            }
            PolicyPlace::Operation { api, operation } => {
                let operations = client.api_operation_policy_client();
                raw(operations
                    .delete(group, service, api, operation, POLICY, etag, subscription)
                    .send()
                    .await)
            }
            PolicyPlace::Fragment(id) => {
                let fragments = client.policy_fragment_client();
                raw(fragments
                    .delete(group, service, id, etag, subscription)
                    .send()
                    .await)
            }
        };
        match answer.map_err(|error| error_of(&format!("delete policy `{place}`"), error)) {
            Err(error) if error.status() != Some(404) => Err(error),
            _ => Ok(()),
        }
    }

    /// Who may call.
    ///
    /// # Errors
    ///
    /// As all calls.
    pub(crate) async fn subscriptions(&self) -> Result<Vec<Subscription>, AzureError> {
        // The crate has a closed list of states and fails on a new one: read as plain JSON.
        let path = format!("{}/subscriptions", self.path());
        let listed = self.arm.list(&path, VERSION, &[]).await?;
        Ok(listed.iter().map(subscription).collect())
    }

    /// The primary key of a subscription.
    ///
    /// # Errors
    ///
    /// As all calls.
    pub(crate) async fn key(&self, id: &str) -> Result<Secret, AzureError> {
        let (group, service, subscription) = self.names();
        let operation = format!("read the key of subscription `{id}`");
        let request =
            self.client
                .subscription_client()
                .list_secrets(group, service, id, subscription);
        let answer = request
            .send()
            .await
            .map_err(|error| error_of(&operation, error))?;
        let keys = answer
            .into_body()
            .await
            .map_err(|error| error_of(&operation, error))?;
        let key = keys.primary_key.map(Secret::new);
        key.ok_or_else(|| AzureError::Answer {
            operation,
            problem: "it holds no key".to_owned(),
        })
    }

    /// The APIs, by id, with their paths below the gateway.
    ///
    /// # Errors
    ///
    /// As all calls.
    pub(crate) async fn apis(&self) -> Result<Vec<(String, String)>, AzureError> {
        let path = format!("{}/apis", self.path());
        let listed = self.arm.list(&path, VERSION, &[]).await?;
        let apis = listed
            .iter()
            .map(|api| (told(&api["name"]), told(&api["properties"]["path"])));
        Ok(apis.collect())
    }

    pub(super) fn names(&self) -> (&str, &str, &str) {
        (&self.group.name, &self.service, &self.group.subscription)
    }
}

impl std::fmt::Debug for Apim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Apim {}", self.service)
    }
}

fn client(arm: &ArmClient) -> Result<Client, AzureError> {
    let session = arm.session();
    let pipe = ManagementPipe::new(Arc::clone(session));
    let cloud = session.cloud();
    ClientBuilder::new(Arc::new(NoCredential))
        .endpoint(cloud.arm.clone())
        .scopes(&[&cloud.arm_scope])
        .retry(RetryOptions::none())
        .transport(TransportOptions::new(Arc::new(pipe)))
        .build()
        .map_err(|error| error_of("set up API Management", error))
}

fn raw<R: Into<Response>>(sent: Result<R, Error>) -> Result<Response, Error> {
    sent.map(Into::into)
}

async fn live(operation: &str, answer: Response) -> Result<LivePolicy, AzureError> {
    let etag = etag_of(&answer);
    // Fragments and policies agree in what is read here.
    let body: Value = answer
        .json()
        .await
        .map_err(|error| error_of(operation, error))?;
    let text = body["properties"]["value"].as_str().map(str::to_owned);
    let text = text.ok_or_else(|| AzureError::Answer {
        operation: operation.to_owned(),
        problem: "it holds no `properties.value`".to_owned(),
    })?;
    Ok(LivePolicy { text, etag })
}

fn etag_of(answer: &Response) -> String {
    let header = HeaderName::from_static("etag");
    answer
        .headers()
        .get_optional_string(&header)
        .unwrap_or_default()
}

fn contract(policy: &str) -> PolicyContract {
    PolicyContract {
        proxy_resource: ProxyResource::default(),
        properties: Some(PolicyContractProperties {
            value: policy.to_owned(),
            format: Some(Format::Rawxml),
        }),
    }
}

/// A place without a policy answers 404 as a missing API does, but says that it is the policy.
fn is_missing_policy(error: &AzureError) -> bool {
    let Some(refusal) = error.refusal().filter(|refusal| refusal.status == 404) else {
        return false;
    };
    let message = refusal.innermost().message.to_ascii_lowercase();
    message.is_empty() || message.contains("policy") || message.contains("fragment")
}

fn subscription(value: &Value) -> Subscription {
    let properties = &value["properties"];
    let scope = told(&properties["scope"]);
    Subscription {
        id: told(&value["name"]),
        display_name: told(&properties["displayName"]),
        scope: scope.rsplit('/').next().unwrap_or_default().to_owned(),
        is_active: told(&properties["state"]).eq_ignore_ascii_case("active"),
    }
}

pub(super) fn told(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A name of the crate's enumerations.
fn text(name: &impl serde::Serialize) -> String {
    json!(name).as_str().unwrap_or_default().to_owned()
}
