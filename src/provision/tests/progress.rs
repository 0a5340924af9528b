use insta::assert_snapshot;
use serde_json::{Value, json};
use std::time::Duration;

use crate::base::Moment;
use crate::provision::{Board, RowState};

fn id(kind: &str, name: &str) -> String {
    format!("/subscriptions/s/resourceGroups/g/providers/{kind}/{name}")
}

fn operation(id: &str, state: &str, duration: &str) -> Value {
    let mut operation = json!({"id": "o", "properties": {
        "provisioningOperation": "Create", "provisioningState": state, "duration": duration,
        "targetResource": {"id": id}}});
    if state == "Failed" {
        operation["properties"]["statusMessage"] =
            json!({"status": "Failed", "error": {"code": "QuotaExceeded", "message": "no more"}});
    }
    operation
}

fn lines(board: &Board, now: Moment) -> String {
    let lines = board.rows().iter().map(|row| row.line(now));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn rows_stand_below_their_deployment() {
    let root = id("Microsoft.Resources/deployments", "apimon");
    let inner = id("Microsoft.Resources/deployments", "apimon-openai");
    let other = id("Microsoft.Resources/deployments", "apimon-api-management");
    let account = id("Microsoft.CognitiveServices/accounts", "a");
    let model = format!("{account}/deployments/gpt-4o-mini");
    let service = id("Microsoft.ApiManagement/service", "x");
    let mut board = Board::default();
    let at = |seconds| Moment::at(Duration::from_secs(seconds));

    let outputs = json!({"properties": {"provisioningOperation": "EvaluateDeploymentOutput", "provisioningState": "Succeeded"}});
    let moved = board.update(
        at(1),
        &root,
        &[
            operation(&inner, "Running", "PT0S"),
            operation(&other, "Running", "PT0S"),
            outputs,
        ],
    );
    assert_eq!(moved, [0, 1]);
    assert_eq!(board.unread(), [inner.clone(), other.clone()]);
    board.update(at(2), &other, &[operation(&service, "Accepted", "PT1S")]);
    let moved = board.update(
        at(2),
        &inner,
        &[
            operation(&account, "Succeeded", "PT1.5S"),
            operation(&model, "Created", "PT0S"),
        ],
    );
    assert_eq!(moved, [1, 2]);
    assert_eq!(
        board.update(at(9), &inner, &[operation(&model, "Running", "PT3S")]),
        Vec::<usize>::new()
    );
    let before = lines(&board, at(9));
    // The deployment ends; it is read once more, then no longer.
    board.update(
        at(70),
        &root,
        &[
            operation(&inner, "Failed", "PT1M5S"),
            operation(&other, "Canceled", "PT1M5S"),
        ],
    );
    assert_eq!(board.unread(), [inner.clone(), other.clone()]);
    let moved = board.update(
        at(71),
        &inner.to_uppercase(),
        &[operation(&model, "Failed", "PT1M1S")],
    );
    assert_eq!(moved, [2]);
    assert_eq!(board.unread(), [other]);
    assert_snapshot!(format!(
        "{before}\n\n{}\n{}",
        lines(&board, at(71)),
        board.count()
    ));

    let failures = board.failures();
    assert_eq!(failures.len(), 1, "not the deployment around it");
    assert_eq!(failures[0].id, model);
    assert_eq!(
        failures[0].troubles[0].to_string(),
        "QuotaExceeded: no more"
    );
    assert_eq!(failures[0].state, RowState::Failed);
}

#[test]
fn a_deployment_that_fails_before_its_resources_is_the_failure() {
    let root = id("Microsoft.Resources/deployments", "apimon");
    let inner = id("Microsoft.Resources/deployments", "apimon-openai");
    let mut board = Board::default();
    board.update(Moment::ZERO, &root, &[operation(&inner, "Failed", "PT1S")]);
    assert_eq!(board.failures()[0].id, inner);
}
