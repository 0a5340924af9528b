use std::collections::BTreeSet;
use std::fmt::Write as _;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::provision::advice::codes;
use crate::provision::{Id, Phase, STATE_FORMAT, State, Trouble, advice, output_lines, troubles};

fn told(answer: &Value) -> String {
    let troubles = troubles(answer);
    let lines = troubles.iter().map(|one| {
        let mut line = one.to_string();
        if let Some(target) = &one.target {
            let _infallible = write!(line, " @ {target}");
        }
        for note in &one.notes {
            let _infallible = write!(line, " ({note})");
        }
        line
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_innermost_errors_are_told() {
    let quota = "{\r\n  \"error\": {\r\n    \"code\": \"InsufficientQuota\",\r\n    \"message\": \"This operation require 50 new capacity in quota Tokens Per Minute.\"\r\n  }\r\n}";
    let nested = json!({"status": "Failed", "error": {"code": "DeploymentFailed", "message": "At least one…",
        "details": [{"code": "BadRequest", "message": quota}]}});
    let twice = json!({"error": {"code": "Conflict", "message": nested.to_string(),
        "details": [{"code": "X", "message": "own."}]}});
    for (answer, expected) in [
        (json!({"error": {"code": "A", "message": "b."}}), "A: b"),
        (json!({"code": "A", "message": "b\r\n  c"}), "A: b c"),
        (json!({"Code": "A", "Message": "b"}), "A: b"),
        (json!("plain words."), "plain words"),
        (
            json!(quota),
            "InsufficientQuota: This operation require 50 new capacity in quota Tokens Per Minute",
        ),
        (
            nested.clone(),
            "InsufficientQuota: This operation require 50 new capacity in quota Tokens Per Minute",
        ),
        (
            twice,
            "InsufficientQuota: This operation require 50 new capacity in quota Tokens Per Minute\nX: own",
        ),
        (
            json!({"error": {"code": "ValidationError", "target": "representation", "message": "One or more fields contain incorrect values:",
                "details": [{"code": "ValidationError", "target": null, "message": "Error in element 'llm-token-limit' on line 3, column 6"}]}}),
            "ValidationError: Error in element 'llm-token-limit' on line 3, column 6 @ representation",
        ),
        (
            json!({"error": {"code": "InvalidTemplateDeployment", "message": "…", "details": [{"code": "RequestDisallowedByPolicy",
                "target": "x", "message": "Resource 'x' was disallowed by policy.",
                "additionalInfo": [{"type": "PolicyViolation", "info": {"policyDefinitionDisplayName": "Allowed locations"}}]}]}}),
            "RequestDisallowedByPolicy: Resource 'x' was disallowed by policy @ x (policy `Allowed locations`)",
        ),
        (
            json!({"error": {"code": "A", "message": "{\"unrelated\": 1}"}}),
            "A",
        ),
        (
            json!({"error": {"code": "A", "message": "b", "details": [], "innererror": {"code": "I", "message": "inner"}}}),
            "I: inner",
        ),
        (json!(null), ""),
        (json!({}), ""),
    ] {
        assert_eq!(told(&answer), expected, "{answer}");
    }
}

#[test]
fn errors_nested_without_end_end() {
    let mut value = json!("deep");
    for _ in 0..200 {
        value = json!({"error": {"code": "A", "message": value.to_string(), "details": [value]}});
        if value.to_string().len() > 1 << 20 {
            break;
        }
    }
    assert!(troubles(&value).len() < 10);
}

#[test]
fn well_known_errors_come_with_advice() {
    let all: BTreeSet<&str> = codes().collect();
    assert_eq!(all.len(), codes().count(), "each code once");
    let trouble = |code: &str, message: &str| Trouble {
        code: code.to_owned(),
        message: message.to_owned(),
        target: None,
        notes: Vec::new(),
    };
    for code in all {
        assert!(advice(&trouble(code, "")).is_some(), "{code}");
    }
    let soft = advice(&trouble(
        "Conflict",
        "An existing service is in soft-deleted state",
    ));
    assert!(soft.unwrap().contains("--soft-deleted"));
    assert!(
        advice(&trouble("BadRequest", "InsufficientQuota"))
            .unwrap()
            .contains("modelCapacity")
    );
    assert_eq!(advice(&trouble("Weather", "it rains: QuotaExceeded")), None);
    assert_eq!(advice(&trouble("Conflict", "something else")), None);
}

#[test]
fn outputs_become_lines_and_secrets_do_not() {
    let outputs = json!({
        "gatewayUrl": {"type": "String", "value": "https://x.azure-api.net"},
        "tpm": {"type": "Int", "value": 500},
        "names": {"type": "Array", "value": ["it's", "b"]},
        "text": {"type": "String", "value": "two\nlines"},
        "primaryKey": {"type": "String", "value": "planted"},
        "hidden": {"type": "SecureString"},
    });
    let lines = output_lines(&outputs, &[("AZURE_RESOURCE_GROUP", "g")]);
    assert_eq!(lines.refused, ["primaryKey", "hidden"]);
    assert_snapshot!(format!("{}--\n{}", lines.environment, lines.github));
}

#[test]
fn a_state_is_read_as_it_was_written() {
    let mut state = State {
        format: STATE_FORMAT.to_owned(),
        management_url: "https://management.azure.com".to_owned(),
        subscription_id: "s".to_owned(),
        resource_group: "g".to_owned(),
        location: "westeurope".to_owned(),
        deployment: "apimon".to_owned(),
        digest: "d".to_owned(),
        phase: Phase::Succeeded,
        changed: "2026-01-01T00:00:00Z".to_owned(),
        outputs: std::collections::BTreeMap::new(),
    };
    state.keep(&json!({"a": {"type": "String", "value": "b"}, "accessKey": {"type": "String", "value": "planted"}}));
    let text = state.text();
    assert!(!text.contains("planted"));
    assert_eq!(State::read(&text).unwrap(), state);
    assert_eq!(state.outputs["a"], "b");
    assert!(
        State::read(&text.replace("state 1", "state 2"))
            .unwrap_err()
            .contains("state 2")
    );
    assert!(State::read("{}").is_err());
}

#[test]
fn ids_are_read_for_people() {
    for (id, shown) in [
        (
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/x/apis/y",
            "Microsoft.ApiManagement/service/apis `x/y`",
        ),
        (
            "/subscriptions/s/resourcegroups/g",
            "Microsoft.Resources/resourceGroups `g`",
        ),
        (
            "/subscriptions/s/resourceGroups/g/providers/A.B/c/d/providers/Microsoft.Authorization/roleAssignments/r",
            "Microsoft.Authorization/roleAssignments `r`",
        ),
        (
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Authorization/roleAssignments/[guid(resourceId('A/b', 'c'))]",
            "Microsoft.Authorization/roleAssignments `(not known yet)`",
        ),
    ] {
        assert_eq!(Id(id).shown(), shown, "{id}");
        assert_eq!(Id(id).group(), Some("g"));
    }
    assert_eq!(Id("/A/b/c").within(Id("/a/B")), Some("/c"));
    assert_eq!(Id("/A/bc").within(Id("/a/B")), None);
}
