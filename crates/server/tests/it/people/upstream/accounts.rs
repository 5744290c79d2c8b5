//! Whom a provider lets in, as whom, and who says so.

use super::*;

#[tokio::test]
async fn nobody_comes_in_under_a_name_that_the_provider_does_not_speak_for() {
    let corp = Corp::start().await;
    corp.say(json!({"preferred_username": "owner@example.com"}));
    assert!(corp.refused(403).await.contains("corp.example"));
    corp.say(json!({"preferred_username": "alice@evilcorp.example"}));
    corp.refused(403).await;
    corp.say(json!({"preferred_username": "alice"}));
    assert!(corp.refused(403).await.contains("cannot be one here"));
    // By mail only when it is verified.
    corp.change(json!({"claimsMapping": {"userPrincipalName": "email"}}))
        .await;
    corp.say(json!({"email": ALICE}));
    assert!(corp.refused(403).await.contains("verified"));
    corp.say(json!({"email": ALICE, "email_verified": true}));
    corp.browser().await;
    // A known subject stays who they are, whatever they are called now; and out, when their domain is not the provider's any more.
    corp.say(json!({"email": "bob@corp.example"}));
    corp.browser().await;
    corp.server
        .owner()
        .get("/v1.0/users/bob%40corp.example")
        .await
        .expect(404);
    corp.change(json!({"domains": ["other.example"]})).await;
    corp.refused(403).await;
    // Where nobody is added, nobody is.
    corp.change(json!({"domains": ["corp.example"], "createUsers": false}))
        .await;
    corp.say(json!({"sub": "subject-3", "email": "carol@corp.example"}));
    assert!(corp.refused(403).await.contains("no account carol@corp.example"));
}

#[tokio::test]
async fn an_account_that_was_there_is_taken_over_only_when_somebody_who_may_links_it() {
    let corp = Corp::start().await;
    let alice = corp.server.person(ALICE).await;
    let page = corp.refused(403).await;
    assert!(page.contains("wharf ad user identity add"), "{page}");
    let path = format!("/v1.0/users/{}/identities", alice.object_id);
    // Alice owns everything: who holds less cannot make somebody her.
    let manager = corp.server.robot_with("User Administrator", "/").await;
    let link = json!({"issuer": corp.id});
    manager
        .post(&path, link.clone())
        .await
        .expect_error(403, "Authorization_RequestDenied");
    corp.server.owner().post(&path, link).await.expect(201);
    let browser = corp.browser().await;
    tokens(&corp.server, &browser).await;
    let shown = corp.server.owner().get(&path).await.expect(200);
    assert_eq!(shown.at("/value/0/issuerAssignedId"), "subject-1");
    // The link was for one: the next who bears the name is somebody else.
    corp.say(json!({"sub": "subject-2"}));
    corp.refused(403).await;
    corp.say(json!({"sub": "subject-1"}));
    let remove = format!("{path}/{}", corp.id);
    corp.server.owner().delete(&remove).await.expect(204);
    browser.get("/account").await.expect(303);
    corp.refused(403).await;
    // By a subject, and not one that is somebody else's already.
    let by_subject = json!({"issuer": corp.id, "issuerAssignedId": "subject-1"});
    corp.server.owner().post(&path, by_subject.clone()).await.expect(201);
    corp.browser().await;
    let bob = corp.server.user("bob@corp.example").await;
    let bobs = format!("/v1.0/users/{bob}/identities");
    corp.server.owner().post(&bobs, by_subject).await.expect(409);
    let outside = corp.server.user("eve@elsewhere.example").await;
    let outsides = format!("/v1.0/users/{outside}/identities");
    corp.server
        .owner()
        .post(&outsides, json!({"issuer": corp.id}))
        .await
        .expect(400);
}

#[tokio::test]
async fn who_is_disabled_is_refused_and_a_provider_that_is_switched_off_lets_nobody_in_and_ends_what_it_gave() {
    let corp = Corp::start().await;
    let browser = corp.browser().await;
    let alice = format!("/v1.0/users/{ALICE}");
    let owner = corp.server.owner();
    owner.patch(&alice, json!({"accountEnabled": false})).await.expect(204);
    assert!(corp.refused(403).await.contains("cannot sign in"));
    browser.get("/account").await.expect(303);
    owner.patch(&alice, json!({"accountEnabled": true})).await.expect(204);
    let browser = corp.browser().await;
    let refresh = tokens(&corp.server, &browser).await.at("/refresh_token");
    let code = code(&corp.server, &browser).await;
    // Somebody is at the provider when it is switched off.
    let late = Browser::new(&corp.server);
    let asked = corp.go(&late, "/account").await;
    corp.change(json!({"enabled": false})).await;
    late.get(&corp.back(&asked)).await.expect(404);
    browser.get("/account").await.expect(303);
    crate::people::refresh(&corp.server, &refresh).await.expect(400);
    crate::people::redeem(&corp.server, &code).await.expect(400);
    let page = late.get("/sign-in").await.expect(200).text();
    assert!(!page.contains("Continue with"), "{page}");
    late.submit(&format!("/sign-in/upstream/{}", corp.id), &[])
        .await
        .expect(404);
    corp.change(json!({"enabled": true})).await;
    corp.browser().await;
    let path = format!("{PROVIDERS}/{}", corp.id);
    owner.delete(&path).await.expect(204);
    owner.get(&path).await.expect(404);
    assert_eq!(
        owner.get(&format!("{alice}/identities")).await.expect(200).entries(),
        Vec::<Value>::new()
    );
}

#[tokio::test]
async fn groups_give_and_take_access_at_once_and_leave_alone_what_was_given_by_hand() {
    let corp = Corp::start().await;
    let registry = corp.server.registry("myregistry").await;
    let owner = corp.server.owner();
    let (readers, others, by_hand) = (
        corp.server.team("readers", &[]).await,
        corp.server.team("others", &[]).await,
        corp.server.team("by-hand", &[]).await,
    );
    owner.give_to("Reader", &readers, "Group", &registry).await.expect(201);
    corp.change(json!({"groupMappings": [
        {"value": "/corp/readers", "groupId": readers}, {"value": "o", "groupId": others}, {"value": "h", "groupId": by_hand},
    ]}))
    .await;
    corp.say(json!({"groups": ["/corp/readers", "o", "unknown"]}));
    let browser = corp.browser().await;
    let token = tokens(&corp.server, &browser).await.at("/access_token");
    let alice = corp.server.bearer(&token);
    alice.get(&registry.id).await.expect(200);
    let id = corp.user(ALICE).await["id"].as_str().unwrap_or("").to_owned();
    owner.join(&by_hand, &id).await.expect(204);
    let members = async |group: &str| {
        let shown = owner.get(&format!("/v1.0/groups/{group}/members")).await.expect(200);
        shown.entries().len()
    };
    assert_eq!((members(&readers).await, members(&others).await), (1, 1));
    // Too many to be told: what there is stays.
    corp.say(json!({"groups": null, "_claim_names": {"groups": "src1"}}));
    corp.browser().await;
    alice.get(&registry.id).await.expect(200);
    // One is gone, the one given by hand is left alone, and access goes with the next sign-in, also of tokens that there are.
    corp.say(json!({"groups": ["o"], "_claim_names": null}));
    corp.browser().await;
    alice.get(&registry.id).await.expect(404);
    assert_eq!(
        (members(&readers).await, members(&others).await, members(&by_hand).await),
        (0, 1, 1)
    );
    // Given by hand as well, it stays when the provider takes it away.
    owner.join(&others, &id).await.expect(204);
    corp.say(json!({"groups": []}));
    corp.browser().await;
    assert_eq!((members(&others).await, members(&by_hand).await), (1, 1));
    corp.say(json!({"groups": ["/corp/readers"]}));
    corp.browser().await;
    assert_eq!(members(&readers).await, 1);
    corp.change(json!({"groupMappings": []})).await;
    assert_eq!(members(&readers).await, 0);
}

#[tokio::test]
async fn only_an_owner_of_everything_says_who_may_sign_in_and_nobody_reads_the_secret() {
    let corp = Corp::start().await;
    let path = format!("{PROVIDERS}/{}", corp.id);
    for role in ["User Administrator", "Contributor", "Groups Administrator"] {
        let manager = corp.server.robot_with(role, "/").await;
        let answer = manager.patch(&path, json!({"issuer": "https://evil.example"})).await;
        assert!(
            [403, 404].contains(&answer.status.as_u16()),
            "{role}: {}",
            answer.text()
        );
    }
    let owner = corp.server.owner();
    let shown = owner.get(&path).await.expect(200);
    assert!(!shown.text().contains("s3cret"));
    assert_eq!(shown.json()["hasSecret"], true);
    assert_eq!(shown.at("/issuer"), corp.provider.url);
    owner.patch(&path, json!({"displayName": "Renamed"})).await.expect(200);
    let journal = "/providers/Microsoft.Insights/eventtypes/management/values?$top=1000";
    let written = owner.get(journal).await.expect(200).text();
    assert!(written.contains("identityProviders/write") && !written.contains("s3cret"));
    for bad in [
        json!({"domains": []}),
        json!({"domains": ["not a domain"]}),
        json!({"issuer": "ftp://x.example"}),
        json!({"scope": "profile"}),
        json!({"clientSecret": ""}),
        json!({"clientSecret": 7}),
        json!({"colour": "red"}),
        json!({"@odata.type": "#microsoft.graph.socialIdentityProvider"}),
    ] {
        let answer = owner.patch(&path, bad.clone()).await;
        assert_eq!(answer.status, 400, "{bad}: {}", answer.text());
    }
    owner
        .patch(
            &path,
            json!({"groupMappings": [{"value": "g", "groupId": corp.server.uuid()}]}),
        )
        .await
        .expect(404);
}

#[tokio::test]
async fn the_last_owner_does_not_shut_their_own_way_in() {
    let corp = Corp::start().await;
    let browser = corp.browser().await;
    let alice = corp.user(ALICE).await["id"].as_str().unwrap_or("").to_owned();
    let owner = corp.server.owner();
    owner.give_to("Owner", &alice, "User", "/").await.expect(201);
    let refresh = tokens(&corp.server, &browser).await.at("/refresh_token");
    let graph = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.as_str()),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let token = crate::people::token(&corp.server, &graph)
        .await
        .expect(200)
        .at("/access_token");
    let alice = corp.server.bearer(&token);
    let first = format!("/v1.0/servicePrincipals/{}", owner.object_id);
    alice.patch(&first, json!({"accountEnabled": false})).await.expect(204);
    let path = format!("{PROVIDERS}/{}", corp.id);
    alice
        .patch(&path, json!({"enabled": false}))
        .await
        .expect_error(409, "LastOwner");
    alice.delete(&path).await.expect_error(409, "LastOwner");
    // Nothing of it was done: she is still signed in.
    browser.get("/account").await.expect(200);
    alice.patch(&first, json!({"accountEnabled": true})).await.expect(204);
    alice.patch(&path, json!({"enabled": false})).await.expect(200);
    browser.get("/account").await.expect(303);
}

#[tokio::test]
async fn a_stored_secret_goes_to_no_other_place_unless_it_is_given_again() {
    let corp = Corp::start().await;
    let (owner, path) = (corp.server.owner(), format!("{PROVIDERS}/{}", corp.id));
    let elsewhere = json!({"issuer": "https://evil.example"});
    let refused = owner.patch(&path, elsewhere.clone()).await;
    let refused = refused.expect_error(400, "Request_BadRequest");
    assert!(
        refused.text().contains("give the clientSecret again"),
        "{}",
        refused.text()
    );
    assert_eq!(owner.get(&path).await.expect(200).at("/issuer"), corp.provider.url);
    owner.patch(&path, json!({"displayName": "Other"})).await.expect(200);
    let mut with_secret = elsewhere;
    merge(&mut with_secret, &json!({"clientSecret": "another"}));
    owner.patch(&path, with_secret).await.expect(200);
}
