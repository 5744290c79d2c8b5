//! Every row of the registry's endpoint table, called by those who may not.

use std::net::Ipv4Addr;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use wharf_server::endpoint::Access;
use wharf_server::surface::v2::operation::Operation;
use wharf_testkit::{Actor, Answer, IMAGE, TestRegistry, TestRepository, TestServer, descriptor, digest, image};

const LAYER: &str = "the layer";
/// Pushed by nobody: it must not be there afterwards.
const OTHER: &str = "another layer";

/// A registry with an image and an open upload in `web`, at both of its hosts, and who is called what.
struct World {
    server: TestServer,
    registry: TestRegistry,
    other: TestRegistry,
    owner: Actor,
    manifest: String,
    upload: String,
}

impl World {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let (registry, other) = (server.registry("myregistry").await, server.registry("another").await);
        let owner = server.owner();
        let web = registry.repository("web");
        let manifest = web.push_image(&owner, "v1", LAYER).await;
        // A second one that no manifest holds, so that deleting it would work.
        web.push_blob(&owner, OTHER).await;
        let started = web.upload(&owner).await.expect(202);
        let upload = started.header("docker-upload-uuid").to_owned();
        Self {
            server,
            registry,
            other,
            owner,
            manifest,
            upload,
        }
    }

    fn hosts(&self) -> [TestRepository; 2] {
        [
            self.registry.repository("web"),
            self.registry.repository_at_base(&self.server, "web"),
        ]
    }

    fn rows(&self) -> Vec<Operation> {
        let upload = self.upload.parse().expect("the session's id is one");
        Operation::samples(self.manifest.parse().expect("a digest"), &upload)
    }

    /// A request that would be good if it came from somebody who may: it would change something, if it is one that changes anything.
    async fn call(&self, actor: &Actor, web: &TestRepository, row: &Operation) -> Answer {
        let endpoint = row.endpoint();
        let path = endpoint.path.replace("{name}", &web.name);
        let pushed = image(LAYER).to_string();
        let changed =
            json!({"schemaVersion": 2, "mediaType": IMAGE, "config": descriptor("application/x", LAYER), "layers": []});
        let (path, body) = match row {
            Operation::ManifestPut { .. } => (path.replace("{reference}", "v2"), Some((IMAGE, changed.to_string()))),
            Operation::ManifestDelete { .. } => (path.replace("{reference}", &self.manifest), None),
            Operation::ManifestGet { .. } => (path.replace("{reference}", "v1"), None),
            Operation::BlobDelete { .. } => (path.replace("{digest}", &digest(OTHER)), None),
            Operation::BlobGet { .. } | Operation::BlobHead { .. } => (path.replace("{digest}", &digest(LAYER)), None),
            Operation::UploadPatch { .. } => (path, Some(("application/octet-stream", "a chunk".to_owned()))),
            Operation::UploadPut { .. } => (
                format!("{path}?digest={}", digest(&pushed)),
                Some(("application/octet-stream", pushed)),
            ),
            _ => (path, None),
        };
        let path = path.replace("{id}", &self.upload).replace("{digest}", &self.manifest);
        let ask = actor.ask(endpoint.method.clone(), &path).at(&web.host);
        match body {
            Some((content_type, body)) => ask.body(content_type, body),
            None => ask,
        }
        .send()
        .await
    }

    /// Everything that a call could have changed, and how many changes there were.
    async fn state(&self) -> Vec<Value> {
        let web = self.registry.repository("web");
        let upload = web.get(&self.owner, &format!("blobs/uploads/{}", self.upload)).await;
        let mut state = vec![json!([upload.status.as_u16(), upload.header("range")])];
        for rest in ["tags/list", "manifests/v1"] {
            state.push(web.get(&self.owner, rest).await.expect(200).json());
        }
        let other = web.head(&self.owner, &format!("blobs/{}", digest(OTHER))).await;
        state.push(json!(other.status.as_u16()));
        let log = "/providers/Microsoft.Insights/eventtypes/management/values?$top=1000";
        state.push(json!(self.owner.get(log).await.expect(200).entries().len()));
        state
    }
}

/// What the challenge of a row has to name.
fn scope_of(row: &Operation, web: &TestRepository) -> Option<String> {
    let Access::Right(action) = row.endpoint().access else {
        return None;
    };
    let actions = match (row, action.name()) {
        (Operation::Catalog, _) => return Some("registry:catalog:*".to_owned()),
        (Operation::ManifestDelete { .. } | Operation::BlobDelete { .. }, _) => "delete",
        (
            Operation::ManifestPut { .. }
            | Operation::UploadStart
            | Operation::UploadStatus { .. }
            | Operation::UploadPatch { .. }
            | Operation::UploadPut { .. }
            | Operation::UploadCancel { .. },
            _,
        ) => "pull,push",
        _ => "pull",
    };
    Some(web.scope(actions))
}

fn challenge(row: &Operation, web: &TestRepository) -> String {
    let scope = scope_of(row, web).map(|scope| format!(",scope=\"{scope}\""));
    let host = &web.host;
    format!(
        "Bearer realm=\"https://{host}/oauth2/token\",service=\"{host}\"{}",
        scope.unwrap_or_default()
    )
}

#[tokio::test]
async fn whoever_shows_no_good_credential_is_told_where_to_get_one_and_changes_nothing() {
    let world = World::new().await;
    let server = &world.server;
    let (app_id, secret) = world.owner.user_and_secret();
    let elsewhere = world.other.repository("web");
    let foreign = elsewhere
        .token(
            &world.owner,
            &[&elsewhere.scope("pull,push,delete"), "registry:catalog:*"],
        )
        .await;
    let strangers = [
        ("nothing", server.anonymous()),
        ("a wrong secret", server.basic(app_id, "wrong")),
        ("a secret of nobody", server.basic("nobody", secret)),
        ("an empty secret", server.basic(app_id, "")),
        ("garbage", server.bearer("garbage")),
        ("a secret for a token", server.bearer(secret)),
        ("the directory's token", server.bearer(&world.owner.arm_token().await)),
        ("the graph's token", server.bearer(&world.owner.graph_token().await)),
        (
            "the exchange's token",
            server.bearer(&world.owner.token("https://containerregistry.azure.net").await),
        ),
    ];
    let foreign = server.bearer(&foreign.expect(200).at("/access_token"));
    let before = world.state().await;
    let mut from = Ipv4Addr::new(198, 51, 100, 0).to_bits();
    for web in world.hosts() {
        let at_base = web.host == server.host();
        for row in world.rows() {
            let mut callers: Vec<_> = strangers.iter().map(|(what, actor)| (*what, actor)).collect();
            // At the base host, what names no registry is for any token of ours.
            if !at_base || !matches!(row, Operation::Base | Operation::Catalog) {
                callers.push(("a token of another registry", &foreign));
            }
            for (what, actor) in callers {
                // From elsewhere each time, since wrong secrets are slowed by their source.
                from += 1;
                let actor = actor.clone().from(Ipv4Addr::from_bits(from).into());
                let answer = world.call(&actor, &web, &row).await;
                assert_eq!(
                    answer.status.as_u16(),
                    401,
                    "{what}: {}: {}",
                    answer.asked,
                    answer.text()
                );
                assert_eq!(
                    answer.header("www-authenticate"),
                    challenge(&row, &web),
                    "{what}: {}",
                    answer.asked
                );
                let code = if row.endpoint().method == Method::HEAD {
                    ""
                } else {
                    "UNAUTHORIZED"
                };
                assert_eq!(answer.code(), code, "{what}: {}", answer.asked);
            }
        }
    }
    assert_eq!(world.state().await, before);
}

#[tokio::test]
async fn a_token_lives_75_minutes_and_a_minute_of_tolerance_on_every_row() {
    let world = World::new().await;
    for web in world.hosts() {
        let token = web.bearer(&world.owner, &[&web.scope("*")]).await;
        web.get(&token, "tags/list").await.expect(200);
        world.server.advance(Duration::from_secs(75 * 60 + 59));
        web.get(&token, "tags/list").await.expect(200);
        world.server.advance(Duration::from_secs(2));
        let before = world.state().await;
        for row in world.rows() {
            let answer = world.call(&token, &web, &row).await.expect(401);
            assert_eq!(
                answer.header("www-authenticate"),
                challenge(&row, &web),
                "{}",
                answer.asked
            );
        }
        assert_eq!(world.state().await, before);
    }
}

#[tokio::test]
async fn a_token_whose_scope_is_too_small_is_told_the_scope_that_is_needed() {
    let world = World::new().await;
    for web in world.hosts() {
        let nearly = web.name.replace("web", "webs");
        let small = [
            web.bearer(&world.owner, &[]).await,
            web.bearer(&world.owner, &[&format!("repository:{nearly}:*")]).await,
        ];
        let before = world.state().await;
        for (row, token) in world
            .rows()
            .iter()
            .flat_map(|row| small.iter().map(move |token| (row, token)))
        {
            let answer = world.call(token, &web, row).await;
            let Some(scope) = scope_of(row, &web) else {
                answer.expect(200);
                continue;
            };
            let answer = answer.expect(401);
            let wanted = format!("{},error=\"insufficient_scope\"", challenge(row, &web));
            let shown = answer.header("www-authenticate");
            assert!(shown.starts_with(&wanted), "{}: {shown}", answer.asked);
            if row.endpoint().method != Method::HEAD {
                assert!(answer.text().contains(&scope), "{}: {}", answer.asked, answer.text());
            }
        }
        assert_eq!(world.state().await, before);
    }
}

#[tokio::test]
async fn a_token_for_pulling_changes_nothing() {
    let world = World::new().await;
    for web in world.hosts() {
        let token = web.bearer(&world.owner, &[&web.scope("pull")]).await;
        let before = world.state().await;
        for row in world.rows() {
            let needs = scope_of(&row, &web).unwrap_or_default();
            let answer = world.call(&token, &web, &row).await;
            if needs.is_empty() || needs.ends_with(":pull") {
                answer.expect(200);
                continue;
            }
            let answer = answer.expect(401);
            assert!(
                answer
                    .header("www-authenticate")
                    .contains(&format!("scope=\"{needs}\",error=\"insufficient_scope\"")),
                "{}: {}",
                answer.asked,
                answer.header("www-authenticate")
            );
        }
        assert_eq!(world.state().await, before);
    }
}

#[tokio::test]
async fn whoever_lacks_the_right_is_refused_with_its_name_and_changes_nothing() {
    let world = World::new().await;
    let nobody = world.server.robot("nobody").await;
    let elsewhere = world.server.robot_with("AcrPush", &world.other).await;
    let puller = world.server.robot_with("AcrPull", &world.registry).await;
    let before = world.state().await;
    for web in world.hosts() {
        for row in world.rows() {
            let Access::Right(action) = row.endpoint().access else {
                world.call(&nobody, &web, &row).await.expect(200);
                continue;
            };
            let mut callers = vec![&nobody];
            let at_base = web.host == world.server.host();
            if row != Operation::Catalog {
                callers.push(&elsewhere);
            } else if at_base {
                // At the base host everybody lists what it may see.
                let listed = world.call(&nobody, &web, &row).await.expect(200);
                assert_eq!(listed.json(), json!({"repositories": []}));
                continue;
            }
            if !action.name().ends_with("/read") {
                callers.push(&puller);
            }
            for actor in callers {
                let answer = world.call(actor, &web, &row).await;
                assert_eq!(answer.status.as_u16(), 403, "{}: {}", answer.asked, answer.text());
                assert_eq!(answer.header("www-authenticate"), "", "{}", answer.asked);
                if row.endpoint().method == Method::HEAD {
                    continue;
                }
                assert_eq!(answer.code(), "DENIED", "{}", answer.asked);
                assert!(
                    answer.text().contains(action.name()),
                    "{}: {}",
                    answer.asked,
                    answer.text()
                );
                assert!(
                    !answer.text().contains("/subscriptions/"),
                    "{}: {}",
                    answer.asked,
                    answer.text()
                );
            }
        }
    }
    assert_eq!(world.state().await, before);
}

#[tokio::test]
async fn every_row_works_for_whoever_may_at_both_hosts() {
    for host in 0..2 {
        let mut world = World::new().await;
        let web = world.hosts()[host].clone();
        for row in world.rows() {
            let wanted = match row {
                Operation::ManifestPut { .. } | Operation::UploadPut { .. } => 201,
                Operation::ManifestDelete { .. } | Operation::BlobDelete { .. } => 202,
                Operation::UploadStart | Operation::UploadPatch { .. } => 202,
                Operation::UploadStatus { .. } | Operation::UploadCancel { .. } => 204,
                _ => 200,
            };
            if matches!(row, Operation::UploadPut { .. } | Operation::UploadCancel { .. }) {
                // The rows before have written to the session, or ended it.
                let started = web.upload(&world.owner).await.expect(202);
                started.header("docker-upload-uuid").clone_into(&mut world.upload);
            }
            world.call(&world.owner, &web, &row).await.expect(wanted);
        }
    }
}

#[tokio::test]
async fn a_host_that_is_not_ours_is_misdirected_and_an_unknown_registry_is_told_to_somebody_only() {
    let world = World::new().await;
    let (owner, nobody) = (&world.owner, world.server.anonymous());
    for host in ["elsewhere.test", "a.b.wharf.test", "wharf.test.evil", "x.wharf.test"] {
        owner.ask(Method::GET, "/v2/").at(host).send().await.expect(421);
    }
    let own = TestRepository {
        host: "unknown.wharf.test".to_owned(),
        name: "web".to_owned(),
    };
    let at_base = TestRepository {
        host: "wharf.test".to_owned(),
        name: "unknown/web".to_owned(),
    };
    let real = world.hosts();
    for (web, real) in [own, at_base].into_iter().zip(real) {
        for row in world.rows() {
            if web.host == "wharf.test" && matches!(row, Operation::Base | Operation::Catalog) {
                continue;
            }
            let answer = world.call(owner, &web, &row).await.expect(404);
            if row.endpoint().method != Method::HEAD {
                assert_eq!(answer.code(), "NAME_UNKNOWN", "{}", answer.asked);
            }
            // Nobody sees no difference to a registry that is there.
            let answer = world.call(&nobody, &web, &row).await.expect(401);
            let there = world.call(&nobody, &real, &row).await.expect(401);
            let same = there
                .header("www-authenticate")
                .replace(&real.host, &web.host)
                .replace(&format!(":{}:", real.name), &format!(":{}:", web.name));
            assert_eq!(answer.header("www-authenticate"), same, "{}", answer.asked);
        }
        if web.host != "wharf.test" {
            web.token(&nobody, &[&web.scope("pull")])
                .await
                .expect_error(401, "UNAUTHORIZED");
            web.token(owner, &[&web.scope("pull")])
                .await
                .expect_error(404, "NAME_UNKNOWN");
        }
    }
}
