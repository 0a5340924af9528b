use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::arm::{Mode, Place, Request, Store, public_cloud, validate};
use crate::provision::{
    Check, Grade, Model, ModelDeployment, Quota, check_model, check_quota, missing_actions, wanted,
};

fn deployment() -> ModelDeployment {
    ModelDeployment {
        account: "a".to_owned(),
        name: "gpt-4o-mini".to_owned(),
        location: Some("westeurope".to_owned()),
        format: "OpenAI".to_owned(),
        model: "gpt-4o-mini".to_owned(),
        version: Some("2024-07-18".to_owned()),
        sku: "GlobalStandard".to_owned(),
        capacity: 50,
    }
}

fn line(check: &Check) -> String {
    format!(
        "{:?} {}: {} | {}",
        check.grade, check.about, check.said, check.hint
    )
}

#[test]
fn quota_counts_what_the_deployment_has_already() {
    let quotas = |used: f64, limit: f64| {
        Quota::list(&json!({"value": [
            {"name": {"value": "OpenAI.GlobalStandard.gpt-4o-mini"}, "currentValue": used, "limit": limit, "unit": "Count"},
            {"name": {"value": "broken"}}]}))
    };
    let mut told = Vec::new();
    for (used, limit, own) in [
        (0.0, 50.0, 0),
        (0.0, 49.0, 0),
        (50.0, 50.0, 50),
        (50.0, 50.0, 0),
    ] {
        told.push(line(&check_quota(&deployment(), own, &quotas(used, limit))));
    }
    told.push(line(&check_quota(&deployment(), 0, &[])));
    assert_snapshot!(told.join("\n"));
}

#[test]
fn models_have_versions_ways_and_an_end() {
    let models = Model::list(&json!({"value": [
        {"kind": "OpenAI", "skuName": "S0", "model": {"format": "OpenAI", "name": "gpt-4o-mini", "version": "2024-07-18",
            "skus": [{"name": "Standard"}, {"name": "GlobalStandard"}],
            "deprecation": {"inference": "2026-10-01T00:00:00Z"}, "lifecycleStatus": "GenerallyAvailable"}},
        {"model": {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"}}]}));
    let mut told = Vec::new();
    for today in ["2026-01-01", "2026-09-01", "2026-10-02"] {
        told.push(line(&check_model(&deployment(), &models, today)));
    }
    for change in [
        ModelDeployment {
            sku: "DataZoneStandard".to_owned(),
            ..deployment()
        },
        ModelDeployment {
            version: Some("2025-01-01".to_owned()),
            ..deployment()
        },
        ModelDeployment {
            model: "gpt-3".to_owned(),
            ..deployment()
        },
        ModelDeployment {
            model: "gpt-4o".to_owned(),
            version: None,
            ..deployment()
        },
    ] {
        told.push(line(&check_model(&change, &models, "2026-01-01")));
    }
    assert_snapshot!(told.join("\n"));
    assert_eq!(
        check_model(&deployment(), &models, "2026-09-01").grade,
        Grade::Warning
    );
}

#[test]
fn permissions_are_patterns() {
    let missing = |permissions: Value, action: &str| {
        let permissions = permissions.as_array().unwrap().clone();
        !missing_actions(&[action.to_owned()], &permissions).is_empty()
    };
    let contributor = json!([{"actions": ["*"], "notActions": ["Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"]}]);
    for (permissions, action, lacks) in [
        (
            contributor.clone(),
            "Microsoft.ApiManagement/service/write",
            false,
        ),
        (
            contributor.clone(),
            "Microsoft.Authorization/roleAssignments/write",
            true,
        ),
        (
            json!([{"actions": ["Microsoft.Authorization/roleAssignments/*"]}, contributor[0]]),
            "Microsoft.Authorization/roleAssignments/write",
            false,
        ),
        (
            json!([{"actions": ["*/read"]}]),
            "Microsoft.ApiManagement/service/read",
            false,
        ),
        (
            json!([{"actions": ["*/read"]}]),
            "Microsoft.ApiManagement/service/write",
            true,
        ),
        (
            json!([{"actions": ["Microsoft.ApiManagement/service/write"]}]),
            "microsoft.apimanagement/SERVICE/write",
            false,
        ),
        (json!([{"actions": ["a*b*c"]}]), "axbyc", false),
        (json!([{"actions": ["a*b*c"]}]), "ac", true),
        (json!([]), "a", true),
    ] {
        assert_eq!(
            missing(permissions.clone(), action),
            lacks,
            "{permissions} {action}"
        );
    }
}

struct Nothing;

impl Store for Nothing {
    fn resource(&self, _: &str, _: Option<&str>) -> Option<Value> {
        None
    }

    fn list(
        &self,
        _: &str,
        _: &str,
        _: &str,
        _: Option<&Value>,
    ) -> Result<Value, crate::arm::ArmError> {
        Err(crate::arm::ArmError::new("NotFound", "there is nothing"))
    }

    fn group(&self, subscription: &str, name: &str) -> Option<Value> {
        Some(
            json!({"id": format!("/subscriptions/{subscription}/resourceGroups/{name}"), "name": name, "location": "westeurope"}),
        )
    }

    fn subscription(&self, id: &str) -> Option<Value> {
        Some(json!({"subscriptionId": id}))
    }

    fn group_resources(&self, _: &str, _: &str) -> Vec<Value> {
        Vec::new()
    }
}

/// The template that ships says all that the pre-flight asks about.
#[test]
fn what_the_shipped_template_wants_is_found() {
    let compiled =
        crate::bicep::compile(crate::bicep::STOCK_TEMPLATE, &crate::bicep::Stock).unwrap();
    let request = Request {
        name: "apimon".to_owned(),
        place: Place::Group {
            subscription: "s".to_owned(),
            group: "g".to_owned(),
        },
        location: None,
        mode: Mode::Incremental,
        template: compiled.template,
        parameters: json!({"openAiLocation": {"value": "Sweden Central"}, "restoreOpenAi": {"value": true}}),
        now: jiff::Timestamp::UNIX_EPOCH,
        seed: 1,
        tenant: "t".to_owned(),
        cloud: public_cloud(),
        deployer: json!({}),
    };
    let planned = validate(&request, &Nothing).unwrap().resources;
    let found = wanted(&planned);
    assert_eq!(found.services[0].location, "westeurope");
    assert_eq!(found.services[0].sku, "BasicV2");
    assert!(!found.services[0].restore);
    assert_eq!(found.accounts[0].location, "swedencentral");
    assert_eq!(
        found.accounts[0].subdomain.as_deref(),
        Some(found.accounts[0].name.as_str())
    );
    assert!(found.accounts[0].restore);
    let model = ModelDeployment {
        account: found.accounts[0].name.clone(),
        location: Some("swedencentral".to_owned()),
        ..deployment()
    };
    assert_eq!(found.models, [model]);
    assert!(found.namespaces.contains("Microsoft.OperationalInsights"));
    assert!(
        found
            .kinds
            .contains("Microsoft.Authorization/roleAssignments")
    );
}
