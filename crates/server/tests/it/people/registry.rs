//! People at a registry: what their groups hold, by a token that their sign-in was exchanged for.

use http::Method;
use serde_json::json;
use wharf_testkit::{Browser, TestServer};

use super::first_password::{enrol, sign_in};
use super::{refresh, token, tokens};

const ALICE: &str = "alice@example.com";
const FIRST: &str = "violet tangent harbour 9";
const ACR_PUSH: &str = "8311e382-0749-4cb8-b61a-304f252e45ec";

#[tokio::test]
async fn a_member_of_the_team_pushes_after_signing_in_until_they_leave_the_team() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let alice = server.user(ALICE).await;
    let team = server.team("developers", &[&alice]).await;
    let role = format!(
        "{}/providers/Microsoft.Authorization/roleDefinitions/{ACR_PUSH}",
        server.subscription()
    );
    let assignment = "00000000-0000-4000-8000-00000000000a";
    let path = registry.path(&format!(
        "providers/Microsoft.Authorization/roleAssignments/{assignment}"
    ));
    let given = json!({"properties": {"roleDefinitionId": role, "principalId": team, "principalType": "Group"}});
    server.owner().put(&path, given).await.expect(201);

    let browser = Browser::new(&server);
    sign_in(&browser, FIRST).await.expect(303);
    enrol(&server, &browser).await;
    let signed_in = tokens(&server, &browser).await;
    let scope = "https://containerregistry.azure.net/.default offline_access openid profile";
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &signed_in.at("/refresh_token")),
        ("scope", scope),
    ];
    let directory = token(&server, &fields).await.expect(200);

    let web = registry.repository("web");
    let post = async |path: &str, form: &[(&str, &str)]| {
        let nobody = server.anonymous();
        nobody.ask(Method::POST, path).at(&web.host).form(form).send().await
    };
    let exchanged = post(
        "/oauth2/exchange",
        &[
            ("grant_type", "access_token"),
            ("service", &web.host),
            ("tenant", server.tenant()),
            ("access_token", &directory.at("/access_token")),
        ],
    )
    .await
    .expect(200);
    let opened = post(
        "/oauth2/token",
        &[
            ("grant_type", "refresh_token"),
            ("service", &web.host),
            ("refresh_token", &exchanged.at("/refresh_token")),
            ("scope", &web.scope("pull,push")),
        ],
    )
    .await
    .expect(200);
    let docker = server.bearer(&opened.at("/access_token"));
    web.push_image(&docker, "v1", "hers").await;

    // Why: by way of the team.
    let question = json!({"principalId": alice, "action": "Microsoft.ContainerRegistry/registries/push/write"});
    let path = registry.path("providers/Microsoft.Authorization/checkAccess");
    let why = server.owner().post(&path, question).await.expect(200);
    assert_eq!(why.at("/grant/groupName"), "developers");
    assert_eq!(why.at("/grant/roleName"), "AcrPush");

    // The token that she has is worth nothing with the next request, and so is the one that it came of.
    let membership = format!("/v1.0/groups/{team}/members/{alice}/$ref");
    server.owner().delete(&membership).await.expect(204);
    web.get(&docker, "manifests/v1").await.expect(401);
    // Signed in she stays.
    refresh(&server, &directory.at("/refresh_token")).await.expect(200);
}
