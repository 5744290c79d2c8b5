//! `wharf ad user …`, `wharf ad group …`, and roles for people and groups.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::{SUBSCRIPTION, User};

const ALICE: &str = "55555555-5555-5555-5555-555555555555";
const TEAM: &str = "77777777-7777-7777-7777-777777777777";
const OTHER: &str = "88888888-8888-8888-8888-888888888888";

fn alice() -> Value {
    json!({"id": ALICE, "userPrincipalName": "alice@example.com", "displayName": "Alice", "mail": null,
        "accountEnabled": true, "createdDateTime": "2026-11-21T10:00:00Z"})
}

fn team(id: &str) -> Value {
    json!({"id": id, "displayName": "developers", "mailNickname": "developers", "description": null, "mailEnabled": false,
        "securityEnabled": true, "groupTypes": [], "createdDateTime": "2026-11-21T10:00:00Z"})
}

impl User {
    fn expect_team_by_name(&self, found: &[Value]) {
        let request = "GET /v1.0/groups?$filter=displayName eq 'developers'";
        self.server.on(request, 200, json!({"value": found}));
    }
}

#[tokio::test]
async fn a_person_is_added_as_az_adds_one() {
    let user = User::signed_in().await;
    user.server.on("POST /v1.0/users", 201, alice());
    let line = "ad user create --display-name Alice --user-principal-name alice@example.com --password violet-tangent-harbour-9";
    let ran = user.run(line).await;
    assert_snapshot!(ran.transcript(), @r#"
    exit 0
    out| {
    out|   "accountEnabled": true,
    out|   "createdDateTime": "2026-11-21T10:00:00Z",
    out|   "displayName": "Alice",
    out|   "id": "55555555-5555-5555-5555-555555555555",
    out|   "mail": null,
    out|   "userPrincipalName": "alice@example.com"
    out| }
    "#);
    let wanted = json!({
        "userPrincipalName": "alice@example.com", "displayName": "Alice", "mailNickname": "alice", "accountEnabled": true,
        "passwordProfile": {"password": "violet-tangent-harbour-9", "forceChangePasswordNextSignIn": false},
    });
    let requests = user.requests();
    let body = requests.strip_prefix("POST /v1.0/users ").unwrap();
    assert_eq!(serde_json::from_str::<Value>(body).unwrap(), wanted);
}

#[tokio::test]
async fn people_are_listed_shown_changed_and_deleted() {
    let user = User::signed_in().await;
    let filter = "userPrincipalName eq 'alice@example.com' and startswith(displayName,'Al')";
    user.server.on(
        &format!("GET /v1.0/users?$filter={filter}"),
        200,
        json!({"value": [alice()]}),
    );
    let listed = user
        .run("ad user list --display-name Al --upn alice@example.com -o tsv --query [].id")
        .await;
    assert_eq!(listed.transcript(), format!("exit 0\nout| {ALICE}\n"));
    user.server.on("GET /v1.0/users/alice@example.com", 200, alice());
    assert_eq!(user.run("ad user show --id alice@example.com").await.json(), alice());
    let path = format!("/v1.0/users/{ALICE}");
    user.server.on(&format!("PATCH {path}"), 204, Value::Null);
    let changed = user
        .run(&format!("ad user update --id {ALICE} --account-enabled false"))
        .await;
    assert_eq!(changed.transcript(), "exit 0\n");
    user.server.on(&format!("DELETE {path}"), 204, Value::Null);
    assert_eq!(
        user.run(&format!("ad user delete --id {ALICE}")).await.transcript(),
        "exit 0\n"
    );
    assert_eq!(
        user.requests(),
        format!(
            "GET /v1.0/users?$filter={filter}\nGET /v1.0/users/alice@example.com\nPATCH {path} {{\"accountEnabled\":false}}\nDELETE {path}"
        )
    );
    // What is neither a name nor an id is part of no path.
    for bad in ["alice", "../groups", "a@b/memberOf"] {
        assert_eq!(user.run(&format!("ad user delete --id {bad}")).await.code, 2, "{bad}");
    }
    assert_eq!(user.run("ad user update --id alice@example.com").await.code, 2);
    assert_eq!(user.requests(), "");
}

#[tokio::test]
async fn whoever_is_signed_in_is_shown_and_an_application_is_told_that_it_is_none() {
    let user = User::signed_in().await;
    user.server.on("GET /v1.0/me", 200, alice());
    assert_eq!(user.run("ad signed-in-user show").await.json(), alice());
    let refusal = json!({"error": {"code": "Request_BadRequest", "message": "/me is for people."}});
    user.server.on("GET /v1.0/me", 400, refusal);
    let ran = user.run("ad signed-in-user show").await;
    assert_eq!(
        (ran.code, ran.stderr.contains("/me is for people.")),
        (1, true),
        "{}",
        ran.stderr
    );
}

#[tokio::test]
async fn a_group_that_bears_both_names_already_is_not_made_again() {
    let user = User::signed_in().await;
    let look = "GET /v1.0/groups?$filter=displayName eq 'developers' and mailNickname eq 'developers'";
    let line = "ad group create --display-name developers --mail-nickname developers";
    user.server.on(look, 200, json!({"value": []}));
    user.server.on("POST /v1.0/groups", 201, team(TEAM));
    assert_eq!(user.run(line).await.json(), team(TEAM));
    user.server.on(look, 200, json!({"value": [team(TEAM)]}));
    let again = user.run(line).await;
    assert_eq!(again.json(), team(TEAM));
    assert!(again.stderr.contains("already exists, returning."), "{}", again.stderr);
    user.server.on("POST /v1.0/groups", 201, team(OTHER));
    assert_eq!(user.run(&format!("{line} --force")).await.json(), team(OTHER));
    let body = r#"{"displayName":"developers","mailNickname":"developers","mailEnabled":false,"securityEnabled":true}"#;
    assert_eq!(
        user.requests(),
        format!("{look}\nPOST /v1.0/groups {body}\n{look}\nPOST /v1.0/groups {body}")
    );
}

#[tokio::test]
async fn members_are_added_checked_listed_and_taken_out_of_a_group_by_its_name() {
    let user = User::signed_in().await;
    let members = format!("/v1.0/groups/{TEAM}/members");
    user.expect_team_by_name(&[team(TEAM)]);
    user.server.on(&format!("POST {members}/$ref"), 204, Value::Null);
    let added = user
        .run(&format!("ad group member add -g developers --member-id {ALICE}"))
        .await;
    assert_eq!(added.transcript(), "exit 0\n");
    let reference = format!(
        "{{\"@odata.id\":\"{}/v1.0/directoryObjects/{ALICE}\"}}",
        user.server.url()
    );
    assert!(user.requests().ends_with(&format!("POST {members}/$ref {reference}")));
    let check = format!("POST /v1.0/directoryObjects/{ALICE}/checkMemberGroups");
    for (found, wanted) in [(json!([TEAM]), true), (json!([]), false)] {
        user.server.on(&check, 200, json!({"value": found}));
        let ran = user
            .run(&format!("ad group member check -g {TEAM} --member-id {ALICE}"))
            .await;
        assert_eq!(ran.json(), json!({"value": wanted}));
    }
    let object = json!({"@odata.type": "#microsoft.graph.user", "id": ALICE, "displayName": "Alice", "userPrincipalName": "alice@example.com"});
    user.server
        .on(&format!("GET {members}"), 200, json!({"value": [object]}));
    assert_eq!(
        user.run(&format!("ad group member list -g {TEAM}")).await.json(),
        json!([object])
    );
    user.server
        .on(&format!("DELETE {members}/{ALICE}/$ref"), 204, Value::Null);
    let removed = user
        .run(&format!("ad group member remove -g {TEAM} --member-id {ALICE}"))
        .await;
    assert_eq!(removed.transcript(), "exit 0\n");
}

#[tokio::test]
async fn a_group_name_that_nobody_or_several_bear_is_refused_with_what_to_do() {
    let user = User::signed_in().await;
    user.expect_team_by_name(&[]);
    assert_snapshot!(user.run("ad group show -g developers").await.transcript(), @r"
    exit 3
    err| ERROR: No group matches the name of 'developers'
    err| hint: wharf ad group list -o table shows the groups that you may see
    ");
    user.expect_team_by_name(&[team(TEAM), team(OTHER)]);
    assert_snapshot!(user.run("ad group delete -g developers").await.transcript(), @r"
    exit 1
    err| ERROR: More than one group match the name of 'developers'
    err| hint: name one of them by its object id: 77777777-7777-7777-7777-777777777777, 88888888-8888-8888-8888-888888888888
    ");
}

#[tokio::test]
async fn groups_of_a_person_are_named_and_those_of_a_group_are_ids() {
    let user = User::signed_in().await;
    user.server.on(
        "POST /v1.0/users/alice@example.com/getMemberGroups",
        200,
        json!({"value": [TEAM, OTHER]}),
    );
    let named = json!({"@odata.type": "#microsoft.graph.group", "id": TEAM, "displayName": "developers"});
    user.server
        .on("POST /v1.0/directoryObjects/getByIds", 200, json!({"value": [named]}));
    let ran = user.run("ad user get-member-groups --id alice@example.com").await;
    assert_eq!(
        ran.json(),
        json!([{"displayName": "developers", "id": TEAM}, {"displayName": null, "id": OTHER}])
    );
    user.server.on(
        &format!("POST /v1.0/groups/{TEAM}/getMemberGroups"),
        200,
        json!({"value": [OTHER]}),
    );
    let ran = user.run(&format!("ad group get-member-groups -g {TEAM}")).await;
    assert_eq!(ran.json(), json!([OTHER]));
}

#[tokio::test]
async fn a_role_is_given_to_a_person_by_name_and_to_a_group_by_id() {
    let role = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
    let scope = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/g");
    for (assignee, id, kind) in [("alice@example.com", ALICE, "User"), (TEAM, TEAM, "Group")] {
        let user = User::signed_in().await;
        user.server.on(
            "GET /v1.0/users?$filter=userPrincipalName eq 'alice@example.com'",
            200,
            json!({"value": [alice()]}),
        );
        let by_name = format!("GET /v1.0/servicePrincipals?$filter=servicePrincipalNames/any(c:c eq '{assignee}')");
        user.server.on(&by_name, 200, json!({"value": []}));
        let group = json!({"@odata.type": "#microsoft.graph.group", "id": TEAM, "displayName": "developers"});
        user.server
            .on("POST /v1.0/directoryObjects/getByIds", 200, json!({"value": [group]}));
        let line = format!("role assignment create --assignee {assignee} --role {role} --scope {scope} --name {OTHER}");
        user.run(&line).await;
        let requests = user.requests();
        let put = requests.lines().last().unwrap();
        assert!(put.starts_with("PUT "), "{requests}");
        assert!(
            put.contains(&format!("\"principalId\":\"{id}\",\"principalType\":\"{kind}\"")),
            "{put}"
        );
    }
}
