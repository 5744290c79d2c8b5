//! The activity log shows each change with whoever made it, and no secret.

use serde_json::{Value, json};
use wharf_app::jobs::Job;
use wharf_testkit::{Actor, TestServer};

const CHOSEN: &str = "violet tangent harbour 9";

fn log(scope: &str, query: &str) -> String {
    format!("{scope}/providers/Microsoft.Insights/eventtypes/management/values?{query}")
}

/// Operation, resource and caller of each event, the oldest first.
async fn events(actor: &Actor, path: &str) -> Vec<(String, String, String)> {
    let mut entries = actor.get(path).await.expect(200).entries();
    entries.reverse();
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let event = |event: &Value| {
        (
            text(&event["operationName"]["value"]),
            text(&event["resourceId"]),
            text(&event["caller"]),
        )
    };
    entries.iter().map(event).collect()
}

#[tokio::test]
async fn every_change_is_there_with_who_made_it_and_no_secret_is() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let registry = server
        .registry_with("myregistry", json!({"adminUserEnabled": true}))
        .await;
    let mut secrets = vec![owner.user_and_secret().1.to_owned(), CHOSEN.to_owned()];
    for operation in ["listCredentials", "regenerateCredential"] {
        let shown = owner
            .post(&registry.path(operation), json!({"name": "password2"}))
            .await
            .expect(200);
        secrets.extend(["/passwords/0/value", "/passwords/1/value"].map(|at| shown.at(at)));
    }
    let robot = server.robot_with("Contributor", &registry).await;
    let add = format!("/v1.0/servicePrincipals/{}/addPassword", robot.object_id);
    let chosen = json!({"passwordCredential": {"secretText": CHOSEN}});
    owner.post(&add, chosen).await.expect(200);
    secrets.extend([
        robot.user_and_secret().1.to_owned(),
        robot.arm_token().await,
        owner.graph_token().await,
    ]);
    robot.patch(&registry.id, json!({"tags": {"a": "b"}})).await.expect(200);
    robot.delete(&registry.id).await.expect(200);
    owner
        .delete(&format!("/v1.0/servicePrincipals/{}", robot.object_id))
        .await
        .expect(204);
    server.run(Job::FlushCounters).await;

    const R: &str = "Microsoft.ContainerRegistry/registries";
    let expected = |operation: &str, by: &Actor| (operation.to_owned(), registry.id.clone(), by.object_id.clone());
    assert_eq!(
        events(
            &owner,
            &log(
                &server.subscription(),
                &format!("$filter=resourceUri eq '{}'", registry.id)
            )
        )
        .await,
        [
            expected(&format!("{R}/write"), &owner),
            expected(&format!("{R}/listCredentials/action"), &owner),
            expected(&format!("{R}/regenerateCredential/action"), &owner),
            expected("Microsoft.Authorization/roleAssignments/write", &owner),
            expected(&format!("{R}/write"), &robot),
            expected(&format!("{R}/delete"), &robot),
        ]
    );
    let everything = owner.get(&log("", "$top=1000")).await.expect(200);
    let operations: Vec<_> = events(&owner, &log("", "$top=1000"))
        .await
        .into_iter()
        .map(|event| event.0)
        .collect();
    for operation in [
        "Microsoft.Resources/subscriptions/resourceGroups/write",
        "Microsoft.Directory/applications/create",
        "Microsoft.Directory/applications/credentials/add",
        "Microsoft.Directory/servicePrincipals/create",
        "Microsoft.Directory/servicePrincipals/delete",
        "Microsoft.Directory/signIns/success",
    ] {
        assert!(
            operations.iter().any(|known| known == operation),
            "{operation}: {operations:?}"
        );
    }
    for secret in secrets {
        assert!(!everything.text().contains(&secret), "a secret is in the log");
    }
}

#[tokio::test]
async fn the_log_is_read_by_group_request_and_time_by_those_who_may() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let (here, there) = (server.registry("prodx").await, server.registry("prodx2").await);
    server.advance(std::time::Duration::from_secs(3600));
    let changed = owner.patch(&here.id, json!({"tags": {"a": "b"}})).await.expect(200);
    let request = changed.header("x-ms-correlation-request-id").to_owned();

    let subscription = server.subscription();
    let of_group = events(
        &owner,
        &log(&subscription, "$filter=resourceGroupName eq 'PRODX-group'"),
    )
    .await;
    assert_eq!(of_group.len(), 3, "{of_group:?}");
    assert!(
        of_group.iter().all(|event| event.1.starts_with(&here.group)),
        "{of_group:?}"
    );
    let of_request = events(
        &owner,
        &log(&subscription, &format!("$filter=correlationId eq '{request}'")),
    )
    .await;
    assert_eq!(of_request.len(), 1);
    let late = "$filter=eventTimestamp ge '2026-11-21T10:30:00Z' and eventTimestamp le '2026-11-21T12:00:00Z'";
    assert_eq!(events(&owner, &log(&subscription, late)).await, of_request);
    // As `az monitor activity-log list` writes them.
    let bare = "$filter=eventTimestamp ge 2026-11-21T10:30:00.123456 and eventTimestamp le 2026-11-21T12:00:00";
    assert_eq!(events(&owner, &log(&subscription, bare)).await, of_request);
    let first = owner.get(&log(&subscription, "$top=2")).await.expect(200);
    let next = first.at("/nextLink");
    let second = owner
        .get(next.strip_prefix("https://wharf.test").unwrap())
        .await
        .expect(200);
    assert_ne!(first.at("/value/1/eventDataId"), second.at("/value/0/eventDataId"));

    let reader = server.robot_with("Reader", &here).await;
    let own = log(&subscription, &format!("$filter=resourceUri eq '{}'", here.id));
    assert!(!events(&reader, &own).await.is_empty());
    reader
        .get(&log(&subscription, ""))
        .await
        .expect_error(403, "AuthorizationFailed");
    let other = log(&subscription, &format!("$filter=resourceUri eq '{}'", there.id));
    reader.get(&other).await.expect_error(403, "AuthorizationFailed");
    let outside = "$filter=resourceUri eq '/subscriptions/11111111-1111-4111-8111-111111111111'";
    owner
        .get(&log(&subscription, outside))
        .await
        .expect_error(400, "InvalidFilter");
}
