//! Pulling without a credential, where a registry allows it.

use http::Method;
use serde_json::json;
use wharf_testkit::{TestServer, digest};

#[tokio::test]
async fn anybody_pulls_where_that_is_on_and_nothing_else() {
    let server = TestServer::start().await;
    let registry = server
        .registry_with("myregistry", json!({"anonymousPullEnabled": true}))
        .await;
    let (owner, nobody) = (server.owner(), server.anonymous());
    for web in [registry.repository("web"), registry.repository_at_base(&server, "web")] {
        web.push_image(&owner, "v1", "layer").await;
        let token = web.token(&nobody, &[&web.scope("pull,push,delete")]).await.expect(200);
        // So the Azure SDKs ask.
        let scope = web.scope("pull");
        let form = [
            ("grant_type", "password"),
            ("service", web.host.as_str()),
            ("scope", scope.as_str()),
        ];
        let posted = nobody
            .ask(Method::POST, "/oauth2/token")
            .at(&web.host)
            .form(&form)
            .send()
            .await
            .expect(200);
        for actor in [
            nobody.clone(),
            server.bearer(&token.at("/token")),
            server.bearer(&posted.at("/access_token")),
        ] {
            web.get(&actor, "manifests/v1").await.expect(200);
            web.get(&actor, &format!("blobs/{}", digest("layer"))).await.expect(200);
            web.get(&actor, "tags/list").await.expect(200);
            web.get(&actor, &format!("referrers/{}", digest("x"))).await.expect(200);
            let push = web.upload(&actor).await.expect_error(401, "UNAUTHORIZED");
            let scope = web.scope("pull,push");
            assert!(
                push.header("www-authenticate").contains(&scope),
                "{}",
                push.header("www-authenticate")
            );
            web.delete(&actor, "manifests/v1")
                .await
                .expect_error(401, "UNAUTHORIZED");
            web.delete(&actor, &format!("blobs/{}", digest("layer")))
                .await
                .expect_error(401, "UNAUTHORIZED");
            web.put_manifest(&actor, "v2", &wharf_testkit::image("layer"))
                .await
                .expect_error(401, "UNAUTHORIZED");
        }
        // Only so does a login learn whether the password is right.
        nobody
            .ask(Method::GET, "/v2/")
            .at(&web.host)
            .send()
            .await
            .expect_error(401, "UNAUTHORIZED");
        let wrong = server.basic("nobody", "wrong");
        web.get(&wrong, "manifests/v1").await.expect_error(401, "UNAUTHORIZED");
        // No refresh token for nobody.
        let form = [
            ("grant_type", "password"),
            ("access_type", "offline"),
            ("scope", scope.as_str()),
        ];
        let answer = nobody
            .ask(Method::POST, "/oauth2/token")
            .at(&web.host)
            .form(&form)
            .send()
            .await
            .expect(200);
        assert_eq!(answer.json().get("refresh_token"), None);
    }
    assert_eq!(
        registry
            .repository("web")
            .get(&owner, "tags/list")
            .await
            .expect(200)
            .at("/tags"),
        r#"["v1"]"#
    );
}

#[tokio::test]
async fn turning_it_off_ends_it_at_once_also_for_tokens() {
    let server = TestServer::start().await;
    let registry = server
        .registry_with("myregistry", json!({"anonymousPullEnabled": true}))
        .await;
    let (owner, nobody) = (server.owner(), server.anonymous());
    let web = registry.repository("web");
    web.push_image(&owner, "v1", "layer").await;
    let token = web.bearer(&nobody, &[&web.scope("pull")]).await;
    web.get(&token, "manifests/v1").await.expect(200);
    owner
        .patch(&registry.id, json!({"properties": {"anonymousPullEnabled": false}}))
        .await
        .expect(200);
    for actor in [&nobody, &token] {
        let answer = web.get(actor, "manifests/v1").await.expect_error(401, "UNAUTHORIZED");
        assert!(
            answer
                .header("www-authenticate")
                .contains("scope=\"repository:web:pull\"")
        );
    }
    web.token(&nobody, &[&web.scope("pull")])
        .await
        .expect_error(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn it_is_off_unless_it_was_turned_on_and_is_of_one_registry() {
    let server = TestServer::start().await;
    let open = server
        .registry_with("openregistry", json!({"anonymousPullEnabled": true}))
        .await;
    let closed = server.registry("closedregistry").await;
    let (owner, nobody) = (server.owner(), server.anonymous());
    let (web, secret) = (open.repository("web"), closed.repository("web"));
    for repository in [&web, &secret] {
        repository.push_image(&owner, "v1", "layer").await;
    }
    let token = web.bearer(&nobody, &[&web.scope("pull")]).await;
    let base = closed.repository_at_base(&server, "web");
    for repository in [&secret, &base] {
        for actor in [&nobody, &token] {
            repository
                .get(actor, "manifests/v1")
                .await
                .expect_error(401, "UNAUTHORIZED");
        }
        repository
            .token(&nobody, &[&repository.scope("pull")])
            .await
            .expect_error(401, "UNAUTHORIZED");
    }
}

#[tokio::test]
async fn whoever_signed_in_may_do_there_what_anybody_may_and_no_more() {
    let server = TestServer::start().await;
    let open = json!({"anonymousPullEnabled": true});
    let (open, closed) = (
        server.registry_with("openreg", open).await,
        server.registry("closedreg").await,
    );
    let (owner, stranger) = (server.owner(), server.robot("stranger").await);
    for (registry, status) in [(&open, 200), (&closed, 403)] {
        let web = registry.repository("web");
        web.push_image(&owner, "v1", "layer").await;
        web.get(&stranger, "manifests/v1").await.expect(status);
        web.upload(&stranger).await.expect_error(403, "DENIED");
    }
    let web = open.repository("web");
    let bearer = web.bearer(&stranger, &[&web.scope("pull,push")]).await;
    web.get(&bearer, "manifests/v1").await.expect(200);
    web.upload(&bearer).await.expect_error(401, "UNAUTHORIZED");
}
