//! The client against the local Azure: the same code and the same wire as against the real one.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::stub;
use crate::azure::transport::Transport;
use crate::azure::{
    Apim, ArmClient, Auth, Cloud, GroupId, OpenAi, PolicyPlace, Session, Tokens, choose,
};
use crate::base::Secret;
use crate::bicep::{STOCK_TEMPLATE, Stock, compile};
use crate::emulator::{self, Options, Running, SUBSCRIPTION, TENANT};

/// A local Azure with what `deploy` makes.
pub(crate) struct Local {
    pub(crate) running: Running,
    pub(crate) group: GroupId,
}

impl Local {
    pub(crate) fn start() -> Local {
        let options = Options {
            provisioning: Duration::from_millis(5),
            ..Options::default()
        };
        Local {
            running: emulator::start(&options).unwrap(),
            group: GroupId {
                subscription: SUBSCRIPTION.to_owned(),
                name: "group".to_owned(),
            },
        }
    }

    /// Signed in as a service principal, over the real credential.
    pub(crate) async fn client(&self, transport: Transport) -> ArmClient {
        let transport = Arc::new(transport);
        let cloud = Cloud::discovered(&transport, &self.running.management_url)
            .await
            .unwrap();
        let held = |name: &str| {
            let value = match name {
                "AZURE_TENANT_ID" => TENANT,
                "AZURE_CLIENT_ID" => "app",
                "AZURE_CLIENT_SECRET" => "planted-secret",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let chosen = choose(Auth::Auto, &held).unwrap();
        let tokens = Tokens::new(&chosen, &cloud, &transport).unwrap();
        ArmClient::new(Arc::new(Session::new(transport, cloud, tokens)))
    }

    /// The stock template, deployed.
    pub(crate) async fn deploy(&self, client: &ArmClient) -> Value {
        let template = compile(STOCK_TEMPLATE, &Stock).unwrap().template;
        client
            .put_group(&self.group, "swedencentral", &json!({}))
            .await
            .unwrap();
        let properties = json!({ "mode": "Incremental", "template": template, "parameters": {} });
        let running = client
            .create_deployment(&self.group, "d", &properties)
            .await
            .unwrap();
        running
            .ended(client, Duration::from_hours(2))
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn policies_values_and_keys_of_a_service() {
    let local = Local::start();
    let client = local.client(stub::transport(None)).await;
    let deployed = local.deploy(&client).await;
    assert_eq!(
        deployed["properties"]["provisioningState"], "Succeeded",
        "{deployed}"
    );
    let services = Apim::services(&client, &local.group).await.unwrap();
    let [service] = services.as_slice() else {
        panic!("{services:?}");
    };
    assert_eq!(service.sku, "BasicV2");
    let apim = Apim::new(&client, &local.group, &service.name).unwrap();
    let offered = apim.apis().await.unwrap();
    let place = PolicyPlace::Api(offered[0].0.clone());

    let live = apim
        .policy(&place)
        .await
        .unwrap()
        .expect("deploy sets a policy");
    assert_eq!(
        live.text,
        include_str!("../../../policies/token-limit.xml"),
        "rawxml is told as it was sent"
    );
    let changed = live.text.replace("timeout=\"120\"", "timeout=\"100\"");
    let etag = apim
        .put_policy(&place, &changed, Some(&live.etag))
        .await
        .unwrap();
    assert_ne!(etag, live.etag);
    let stale = apim
        .put_policy(&place, &live.text, Some(&live.etag))
        .await
        .unwrap_err();
    assert_eq!(stale.status(), Some(412), "{stale}");
    assert_eq!(apim.policy(&place).await.unwrap().unwrap().text, changed);
    let wrong = apim
        .put_policy(&place, "<policies><inbund /></policies>", None)
        .await
        .unwrap_err();
    assert!(wrong.refusal().unwrap().is("ValidationError"), "{wrong}");

    let operation = PolicyPlace::Operation {
        api: offered[0].0.clone(),
        operation: "ChatCompletions_Create".to_owned(),
    };
    for empty in [PolicyPlace::Global, operation] {
        // Whether there is one or not, it is no error.
        let _either = apim.policy(&empty).await;
    }

    let values = apim.named_values().await.unwrap();
    let tpm = values
        .iter()
        .find(|value| value.display_name == "tpm")
        .unwrap();
    assert_eq!(tpm.value, Some(Secret::new("500")));
    apim.put_named_value(&tpm.id, "tpm", &Secret::new("700"), false)
        .await
        .unwrap();
    apim.put_named_value("planted", "planted", &Secret::new("planted-value"), true)
        .await
        .unwrap();
    let values = apim.named_values().await.unwrap();
    let value = |name: &str| {
        values
            .iter()
            .find(|value| value.display_name == name)
            .unwrap()
            .clone()
    };
    assert_eq!(value("tpm").value, Some(Secret::new("700")));
    assert_eq!(
        (value("planted").is_secret, value("planted").value),
        (true, None)
    );
    assert_eq!(
        apim.secret_value("planted").await.unwrap(),
        Secret::new("planted-value")
    );

    let subscriptions = apim.subscriptions().await.unwrap();
    let active = subscriptions
        .iter()
        .find(|one| one.is_active && one.id != "master")
        .unwrap();
    assert_eq!(apim.key(&active.id).await.unwrap().reveal().len(), 32);
}

#[tokio::test]
async fn a_region_tells_its_models_and_quotas() {
    let local = Local::start();
    let client = local.client(stub::transport(None)).await;
    let openai = OpenAi::new(&client, SUBSCRIPTION).unwrap();
    let offers = openai.models("swedencentral").await.unwrap();
    let mini = offers
        .iter()
        .find(|offer| offer.model == "gpt-4o-mini" && offer.sku == "GlobalStandard");
    let mini = mini.expect("the model that deploy takes");
    assert!(mini.retires.is_some(), "{mini:?}");
    let quotas = openai.quotas("swedencentral").await.unwrap();
    let quota = quotas
        .iter()
        .find(|quota| quota.name == mini.quota)
        .unwrap();
    assert!(quota.limit > 0.0, "{quota:?}");
}
