//! Every row of the endpoint table, called by those who may not.

use http::Method;
use serde_json::{Value, json};
use wharf_server::endpoint::{Access, Endpoint, Refusal};
use wharf_server::surface::{arm, directory, graph};
use wharf_testkit::{Actor, Answer, TestRegistry, TestServer};

/// An installation with one of everything, and what its owner sees of it.
struct World {
    server: TestServer,
    registry: TestRegistry,
    robot: Actor,
    assignment: String,
    application: String,
    federated: String,
    person: String,
    team: String,
    grant: String,
    provider: String,
}

impl World {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let registry = server
            .registry_with("myregistry", json!({"adminUserEnabled": true}))
            .await;
        let robot = server.robot("somebody").await;
        let assignment = server
            .owner()
            .give("AcrPull", &robot, &registry)
            .await
            .expect(201)
            .at("/name");
        let application = format!("/v1.0/applications(appId='{}')", robot.user_and_secret().0);
        let application = server.owner().get(&application).await.expect(200).at("/id");
        let federated = json!({"name": "known", "issuer": "https://ci.example", "subject": "s", "audiences": ["a"]});
        let path = format!("/v1.0/applications/{application}/federatedIdentityCredentials");
        let federated = server.owner().post(&path, federated).await.expect(201).at("/id");
        let person = server.user("alice@example.com").await;
        let team = server.team("team", &[&person]).await;
        let grant = json!({"clientId": robot.object_id, "consentType": "AllPrincipals", "scope": "openid",
            "resourceId": "00000003-0000-0000-c000-000000000000"});
        let grant = server.owner().post("/v1.0/oauth2PermissionGrants", grant).await;
        let grant = grant.expect(201).at("/id");
        let provider = json!({
            "@odata.type": "#microsoft.graph.openIdConnectProvider", "displayName": "known", "domains": ["example.com"],
            "issuer": "https://id.example", "clientId": "wharf", "clientSecret": "not shown",
        });
        let path = "/v1.0/identity/identityProviders";
        let provider = server.owner().post(path, provider).await.expect(201).at("/id");
        let identity = json!({"issuer": provider});
        let path = format!("/v1.0/users/{person}/identities");
        server.owner().post(&path, identity).await.expect(201);
        Self {
            federated,
            server,
            registry,
            robot,
            assignment,
            application,
            person,
            team,
            grant,
            provider,
        }
    }

    /// The row's path with everything named that is there.
    fn path(&self, endpoint: &Endpoint) -> String {
        let id = if endpoint.path.contains("/applications/") {
            &self.application
        } else if endpoint.path.contains("/users/") {
            &self.person
        } else if endpoint.path.contains("/identityProviders/") {
            &self.provider
        } else if endpoint.path.contains("/groups/") {
            &self.team
        } else {
            &self.robot.object_id
        };
        [
            ("/subscriptions/{subscription}", self.server.subscription().as_str()),
            ("{registry}", &self.registry.id),
            ("{scope}", &self.registry.id),
            ("{group}", "myregistry-group"),
            ("{role}", "7f951dda-4ed3-4680-a7ca-43fe172d538d"),
            ("{assignment}", &self.assignment),
            ("{alias}", "default"),
            ("{provider}", "Microsoft.ContainerRegistry"),
            ("{tenant}", self.server.tenant()),
            ("{id}", id),
            ("{credential}", &self.federated),
            ("{member}", &self.person),
            ("{grant}", &self.grant),
            ("{identity}", &self.provider),
        ]
        .iter()
        .fold(endpoint.path.to_owned(), |path, (part, value)| {
            path.replace(part, value)
        })
    }

    /// A body that would be good if it came from somebody who may.
    async fn body(&self, endpoint: &Endpoint) -> Value {
        let principal = format!("/v1.0/servicePrincipals/{}", self.robot.object_id);
        match (endpoint.method.as_str(), endpoint.path.rsplit('/').next().unwrap_or("")) {
            ("POST", "checkAccess") => json!({
                "principalId": self.robot.object_id, "action": "Microsoft.ContainerRegistry/registries/pull/read"
            }),
            ("PUT", "{alias}") => json!({"properties": {"displayName": "Mine"}}),
            ("PUT", "{group}") => json!({"location": "westus", "tags": {"mine": "now"}}),
            ("PUT", "{registry}") => json!({"location": "westus", "sku": {"name": "Premium"}}),
            ("PUT", "{assignment}") => json!({"properties": {
                "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
                "principalId": self.robot.object_id,
            }}),
            ("PATCH", "{group}" | "{registry}") => json!({"tags": {"mine": "now"}}),
            ("PATCH", _)
                if ["/applications/", "/groups/", "/identityProviders/"]
                    .iter()
                    .any(|part| endpoint.path.contains(part)) =>
            {
                json!({"displayName": "mine"})
            }
            ("PATCH", _) => json!({"accountEnabled": false}),
            ("POST", "regenerateCredential") => json!({"name": "password"}),
            ("POST", "checkNameAvailability") => {
                json!({"name": "newname", "type": "Microsoft.ContainerRegistry/registries"})
            }
            ("POST", "users") => {
                json!({"userPrincipalName": "bob@example.com", "displayName": "mine", "accountEnabled": true})
            }
            ("POST", "invitations") => json!({"invitedUserEmailAddress": "alice@example.com"}),
            ("POST", "groups") => {
                json!({"displayName": "mine", "mailNickname": "mine", "mailEnabled": false, "securityEnabled": true})
            }
            ("POST", "$ref") => json!({"@odata.id": format!("directoryObjects/{}", self.robot.object_id)}),
            ("POST", "checkMemberGroups") => json!({"groupIds": [self.team]}),
            ("POST", "oauth2PermissionGrants") => json!({
                "clientId": self.robot.object_id, "consentType": "AllPrincipals", "scope": "profile",
                "resourceId": "00000003-0000-0000-c000-000000000000",
            }),
            ("POST", "applications") => json!({"displayName": "mine"}),
            ("POST", "servicePrincipals") => json!({"appId": self.robot.user_and_secret().0}),
            ("POST", "removePassword") => {
                let key = self
                    .server
                    .owner()
                    .get(&principal)
                    .await
                    .expect(200)
                    .at("/passwordCredentials/0/keyId");
                json!({"keyId": key})
            }
            ("POST", "federatedIdentityCredentials") => {
                json!({"name": "mine", "issuer": "https://ci.example", "subject": "mine", "audiences": ["a"]})
            }
            ("POST", "identities") => json!({"issuer": self.provider, "issuerAssignedId": "mine"}),
            ("POST", "identityProviders") => json!({
                "@odata.type": "#microsoft.graph.openIdConnectProvider", "displayName": "mine", "domains": ["example.com"],
                "issuer": "https://id.example", "clientId": "mine", "clientSecret": "mine",
            }),
            ("POST", "test") => json!({}),
            ("POST", "getByIds") => json!({"ids": [self.robot.object_id]}),
            _ => Value::Null,
        }
    }

    async fn call(&self, actor: &Actor, endpoint: &Endpoint) -> Answer {
        let body = self.body(endpoint).await;
        let ask = actor.ask(endpoint.method.clone(), &self.path(endpoint));
        if body.is_null() { ask } else { ask.json(&body) }.send().await
    }

    /// Everything that a call could have changed, as the owner sees it; and the journal, which any change is in.
    async fn state(&self) -> Vec<Value> {
        let owner = self.server.owner();
        let subscription = self.server.subscription();
        let mut state = Vec::new();
        for path in [
            "/subscriptions".to_owned(),
            format!("{subscription}/resourcegroups"),
            format!("{subscription}/providers/Microsoft.ContainerRegistry/registries"),
            format!("{subscription}/providers/Microsoft.Authorization/roleAssignments"),
            "/v1.0/applications".to_owned(),
            "/v1.0/servicePrincipals".to_owned(),
            "/v1.0/oauth2PermissionGrants".to_owned(),
            "/v1.0/users".to_owned(),
            "/v1.0/groups".to_owned(),
            format!("/v1.0/groups/{}/members", self.team),
            format!("/v1.0/users/{}/identities", self.person),
            "/v1.0/identity/identityProviders".to_owned(),
            "/providers/Microsoft.Insights/eventtypes/management/values?$top=1000".to_owned(),
        ] {
            state.push(owner.get(&path).await.expect(200).json());
        }
        state
    }
}

fn rows() -> Vec<Endpoint> {
    [arm::endpoints(), graph::endpoints()].concat()
}

#[tokio::test]
async fn nothing_but_what_is_public_answers_whoever_shows_no_good_credential() {
    let world = World::new().await;
    let server = &world.server;
    let owner = server.owner();
    let (app_id, secret) = owner.user_and_secret();
    let (arm, graph) = (owner.arm_token().await, owner.graph_token().await);
    let registry_token = {
        let path = format!(
            "/oauth2/token?service={}&scope=repository:web:pull",
            world.registry.login_server
        );
        let ask = owner.ask(Method::GET, &path).at(&world.registry.login_server);
        ask.send().await.expect(200).at("/access_token")
    };
    let exchange = owner.token("https://containerregistry.azure.net").await;
    let tampered = format!("{}AA", &arm[..arm.len() - 2]);
    let before = world.state().await;
    for endpoint in rows() {
        let is_graph = endpoint.path.starts_with("/v1.0/");
        let foreign = if is_graph { &arm } else { &graph };
        let strangers = [
            ("nothing", server.anonymous()),
            ("another API's token", server.bearer(foreign)),
            ("a registry's token", server.bearer(&registry_token)),
            ("the exchange's token", server.bearer(&exchange)),
            ("a token that was changed", server.bearer(&tampered)),
            ("a secret for a token", server.bearer(secret)),
            ("Basic", server.basic(app_id, secret)),
        ];
        for (what, stranger) in strangers {
            let answer = world.call(&stranger, &endpoint).await;
            let wanted = if endpoint.access == Access::Public { 200 } else { 401 };
            assert_eq!(
                answer.status.as_u16(),
                wanted,
                "{what}: {}: {}",
                answer.asked,
                answer.text()
            );
            let challenged = answer.header("www-authenticate").starts_with("Bearer ");
            assert_eq!(challenged, wanted == 401, "{what}: {}", answer.asked);
        }
    }
    assert_eq!(world.state().await, before);
}

#[tokio::test]
async fn whoever_holds_no_role_is_answered_as_the_table_says_and_changes_nothing() {
    let world = World::new().await;
    let stranger = world.server.robot("stranger").await;
    let before = world.state().await;
    for endpoint in rows() {
        let answer = world.call(&stranger, &endpoint).await;
        let is_person_only = endpoint.path.starts_with("/v1.0/me");
        let is_quiet_delete = endpoint.method == Method::DELETE && endpoint.path.ends_with("{assignment}");
        let wanted: &[u16] = match endpoint.refusal {
            Refusal::None if is_person_only => &[400],
            Refusal::None => &[200],
            Refusal::Forbidden => &[403],
            Refusal::NotFound if is_quiet_delete => &[204],
            Refusal::NotFound => &[404],
            Refusal::Challenge => &[401],
        };
        assert!(
            wanted.contains(&answer.status.as_u16()),
            "{}: {}: {}",
            answer.asked,
            answer.status,
            answer.text()
        );
        let shown = answer.text();
        for secret in [world.robot.user_and_secret().1, "passwords\"", "not shown"] {
            assert!(!shown.contains(secret), "{}", answer.asked);
        }
    }
    assert_eq!(world.state().await, before);
}

#[tokio::test]
async fn a_reader_reads_and_is_refused_every_change() {
    let world = World::new().await;
    let reader = world.server.robot_with("Reader", "/").await;
    let before = world.state().await;
    for endpoint in rows() {
        let answer = world.call(&reader, &endpoint).await;
        let status = answer.status.as_u16();
        let wanted = match endpoint.access {
            Access::Right(action) if action.name().ends_with("/read") => status < 300,
            Access::Right(_) => status == 403,
            Access::Public | Access::SignedIn => status < 300 || endpoint.path.starts_with("/v1.0/me"),
        };
        assert!(wanted, "{}: {}", answer.asked, answer.text());
    }
    assert_eq!(world.state().await, before);
}

#[tokio::test]
async fn every_row_is_an_operation_and_no_two_are_the_same() {
    let world = World::new().await;
    let mut seen = std::collections::BTreeSet::new();
    for endpoint in [rows(), directory::endpoints()].concat() {
        assert!(
            seen.insert(format!("{} {}", endpoint.method, endpoint.path)),
            "{endpoint:?}"
        );
        // Whatever the answer to the owner is, it is not "no such path" or "no such method".
        let answer = world
            .server
            .anonymous()
            .ask(endpoint.method.clone(), &world.path(&endpoint))
            .send()
            .await;
        assert_ne!(answer.status, http::StatusCode::METHOD_NOT_ALLOWED, "{endpoint:?}");
        assert_ne!(answer.status, http::StatusCode::NOT_FOUND, "{endpoint:?}");
    }
}
