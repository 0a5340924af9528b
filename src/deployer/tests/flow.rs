use std::time::Duration;

use serde_json::json;

use super::{client, deploy, job, local, quiet};
use crate::deployer::{
    Begun, Ending, GroupFacts, Removal, TwinKind, Wish, active, await_purged, begin, contents,
    follow, last, preflight, purge, remove,
};
use crate::provision::{Board, Changes, Grade, Id, RowState};

const QUICK: Duration = Duration::from_millis(20);

#[tokio::test]
async fn from_nothing_to_a_gateway_and_back() {
    let azure = local(QUICK, None);
    let client = client(&azure.management_url, 1, 8).await;
    let job = job(&json!({}));
    let facts = GroupFacts::read(&client, &job.group).await.unwrap();
    assert!(facts.group.is_none());
    let now = client.session().transport().pace().timestamp();
    let planned = facts.changes(&job, now).unwrap();
    // The name of the role assignment is known only when the gateway has its identity.
    assert!(
        planned.count().ends_with(" to create, 1 not foreseeable"),
        "{}",
        planned.count()
    );
    let wanted = facts.wanted(&job, now).unwrap();
    let ahead = preflight(&client, &job, &facts, &wanted).await;
    assert!(!ahead.is_bad(), "{:?}", ahead.checks);
    assert!(
        ahead
            .checks
            .iter()
            .all(|check| !check.said.contains("could not be asked")),
        "{:?}",
        ahead.checks
    );
    assert!(
        ahead
            .checks
            .iter()
            .any(|check| check.about == "quota" && check.grade == Grade::Ok)
    );

    let mut board = Board::default();
    let ending = deploy(&client, &job, &mut board).await.unwrap();
    let Ending::Succeeded(deployment) = ending else {
        panic!("{ending:?}");
    };
    let url = deployment["properties"]["outputs"]["gatewayUrl"]["value"].as_str();
    assert!(url.unwrap().starts_with("http"), "{deployment:#}");
    assert!(
        board
            .rows()
            .iter()
            .all(|row| row.state == RowState::Succeeded)
    );
    assert!(
        board
            .rows()
            .iter()
            .any(|row| Id(&row.id).is("Microsoft.CognitiveServices/accounts/deployments"))
    );
    assert!(board.unread().is_empty());
    assert!(job.is_done_by(&deployment));

    // A second time, nothing changes, and everything is ours.
    let answer = client
        .what_if(&job.group, &job.name, &job.properties())
        .await
        .unwrap();
    let changes = Changes::read(&answer).unwrap();
    assert!(
        changes.nothing(),
        "{}",
        changes.tree(crate::provision::Look { colour: false })
    );
    let facts = GroupFacts::read(&client, &job.group).await.unwrap();
    let ahead = preflight(&client, &job, &facts, &wanted).await;
    assert_eq!(ahead.ours.len(), 2);
    assert!(!ahead.is_bad(), "{:?}", ahead.checks);

    let found = contents(&client, &job.group, &job.name)
        .await
        .unwrap()
        .unwrap();
    assert!(found.foreign.is_empty(), "{found:?}");
    let removal = remove(&client, &job.group, &mut |_, _| {}).await.unwrap();
    assert_eq!(removal, Removal::Removed);
    let twins = await_purged(&client, &job.group, &[]).await.unwrap();
    assert_eq!(twins.len(), 2);

    // The names stay taken until they are purged.
    let facts = GroupFacts::read(&client, &job.group).await.unwrap();
    let ahead = preflight(&client, &job, &facts, &wanted).await;
    assert_eq!(ahead.twins.len(), 2, "{:?}", ahead.checks);
    let failed = deploy(&client, &job, &mut Board::default()).await;
    assert!(!matches!(failed, Ok(Ending::Succeeded(_))), "{failed:?}");
    remove(&client, &job.group, &mut |_, _| {}).await.unwrap();
    for twin in &twins {
        purge(&client, &job.group.subscription, twin).await.unwrap();
        // Twice is fine.
        purge(&client, &job.group.subscription, twin).await.unwrap();
    }
    assert_eq!(await_purged(&client, &job.group, &[]).await.unwrap(), []);
    let again = remove(&client, &job.group, &mut |_, _| {}).await.unwrap();
    assert_eq!(again, Removal::Absent);
    let ending = deploy(&client, &job, &mut Board::default()).await.unwrap();
    assert!(matches!(ending, Ending::Succeeded(_)), "{ending:?}");
}

#[tokio::test]
async fn a_change_is_foreseen_and_made() {
    let azure = local(QUICK, None);
    let client = client(&azure.management_url, 2, 8).await;
    deploy(&client, &job(&json!({})), &mut Board::default())
        .await
        .unwrap();
    let job = job(&json!({"tpm": {"value": 800}}));
    let answer = client
        .what_if(&job.group, &job.name, &job.properties())
        .await
        .unwrap();
    let changes = Changes::read(&answer).unwrap();
    let tree = changes.tree(crate::provision::Look { colour: false });
    assert!(
        tree.contains("properties.value: \"500\" -> \"800\""),
        "{tree}"
    );
    assert!(
        changes.count().starts_with("1 to modify"),
        "{}",
        changes.count()
    );
    let ending = deploy(&client, &job, &mut Board::default()).await.unwrap();
    let Ending::Succeeded(deployment) = ending else {
        panic!("{ending:?}");
    };
    assert_eq!(deployment["properties"]["outputs"]["tpm"]["value"], 800);
}

#[tokio::test]
async fn a_deployment_under_way_is_joined_left_and_cancelled() {
    let azure = local(Duration::from_secs(1), None);
    let client = client(&azure.management_url, 3, 8).await;
    let job = job(&json!({}));
    client
        .put_group(&job.group, &job.location, &json!({}))
        .await
        .unwrap();
    assert_eq!(begin(&client, &job).await.unwrap(), Begun::New);
    assert_eq!(begin(&client, &job).await.unwrap(), Begun::Joined);
    let other = super::job(&json!({"tpm": {"value": 1}}));
    assert_eq!(begin(&client, &other).await.unwrap(), Begun::Other);
    let running = last(&client, &job.group, &job.name).await.unwrap().unwrap();
    assert_eq!(active(&running, &job), Some(Begun::Joined));
    for (wish, cancelled) in [(Wish::Leave, false), (Wish::Cancel, true)] {
        let (sender, mut wishes) = quiet();
        sender.send(wish).await.unwrap();
        let ending = follow(
            &client,
            &job,
            &mut Board::default(),
            &mut wishes,
            &mut |_, _, _| {},
        )
        .await
        .unwrap();
        assert_eq!(
            matches!(ending, Ending::Canceled(_)),
            cancelled,
            "{ending:?}"
        );
        assert_eq!(ending == Ending::Left, !cancelled);
    }
    let ended = last(&client, &job.group, &job.name).await.unwrap().unwrap();
    assert_eq!(active(&ended, &job), None);
}

#[tokio::test]
async fn what_others_made_is_seen() {
    let azure = local(QUICK, None);
    let client = client(&azure.management_url, 4, 8).await;
    let job = job(&json!({}));
    deploy(&client, &job, &mut Board::default()).await.unwrap();
    let foreign = format!(
        "{}/providers/Microsoft.OperationalInsights/workspaces/others",
        job.group.path()
    );
    let body = json!({"location": "swedencentral", "properties": {}});
    client.put(&foreign, "2023-09-01", &body).await.unwrap();
    let found = contents(&client, &job.group, &job.name)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.foreign.len(), 1, "{found:?}");
    assert!(found.foreign.iter().all(|id| id.ends_with("/others")));
}

#[tokio::test]
async fn a_failure_names_the_resource_and_the_innermost_error() {
    let azure = local(QUICK, None);
    let client = client(&azure.management_url, 5, 8).await;
    let job = job(&json!({"modelCapacity": {"value": 1_000_000}}));
    let now = client.session().transport().pace().timestamp();
    let facts = GroupFacts::read(&client, &job.group).await.unwrap();
    let wanted = facts.wanted(&job, now).unwrap();
    let ahead = preflight(&client, &job, &facts, &wanted).await;
    let quota = ahead
        .checks
        .iter()
        .find(|check| check.about == "quota")
        .unwrap();
    assert_eq!(quota.grade, Grade::Bad, "{quota:?}");
    let mut board = Board::default();
    let ending = deploy(&client, &job, &mut board).await;
    // Azure may say it before it begins, or of the resource.
    match ending {
        Ok(Ending::Failed(_)) => {
            let failures = board.failures();
            assert!(Id(&failures[0].id).is("Microsoft.CognitiveServices/accounts/deployments"));
            assert_eq!(failures[0].troubles[0].code, "InsufficientQuota");
        }
        Err(error) => assert!(error.to_string().contains("InsufficientQuota"), "{error}"),
        Ok(other) => panic!("{other:?}"),
    }
}

#[test]
fn twins_are_told_by_kind() {
    let twin = crate::deployer::Twin {
        kind: TwinKind::Account,
        name: "a".to_owned(),
        location: String::new(),
        group: String::new(),
        purged_on: String::new(),
    };
    assert_eq!(twin.shown(), "Azure OpenAI account `a`");
}
