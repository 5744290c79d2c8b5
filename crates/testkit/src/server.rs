//! A server in the test's own process.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;
use wharf_app::identity::Vault;
use wharf_app::jobs::Job;
use wharf_app::{App, Environment, Parts, PublicAddress, Settings};
use wharf_store::blob::FileStore;
use wharf_store::meta::{Database, MetaStore};
use wharf_types::entropy::Entropy;
use wharf_types::time::Clock;

use crate::actor::Credential;
use crate::database::TestDatabase;
use crate::{Actor, TestClock, TestEntropy, TestRegistry};

/// The domain of a test's installation.
const DOMAIN: &str = "wharf.test";
/// The seed of a test's randomness: fixed, so that a failure comes again.
const SEED: u64 = 20_261_121;

/// An installation with its router. Cheap to clone; gone with its data when the last clone is dropped.
#[derive(Clone)]
pub struct TestServer {
    inner: Arc<Inner>,
}

struct Inner {
    app: App,
    router: Router,
    clock: Arc<TestClock>,
    entropy: Arc<TestEntropy>,
    first: FirstOwner,
    /// The owner's credential with its tokens; the actor itself would keep the server alive for ever.
    owner: Arc<Credential>,
    // Dropped last, in this order.
    database: Arc<TestDatabase>,
    folder: Arc<TempDir>,
}

#[derive(Clone)]
struct FirstOwner {
    tenant: String,
    subscription: String,
    object_id: String,
}

async fn open(environment: Environment, settings: Settings, database: &TestDatabase, folder: &TempDir) -> App {
    let meta = MetaStore::open(&database.database, environment.clock.now()).await;
    let blobs = FileStore::open(folder.path().join("blobs")).expect("the blobs open");
    let parts = Parts {
        environment,
        settings,
        meta: meta.expect("the database opens"),
        blobs: Arc::new(blobs.reserving(0)),
        vault: Vault::new(&[7; Vault::KEY_BYTES]).expect("the master key is good"),
    };
    App::open(parts).await.expect("the installation opens")
}

impl TestServer {
    /// Starts a new installation with its first owner.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The same, with other settings.
    pub async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let database = TestDatabase::create(folder.path()).await;
        let (clock, entropy) = (Arc::new(TestClock::default()), Arc::new(TestEntropy::new(SEED)));
        let mut settings = Settings::new(PublicAddress {
            scheme: "https",
            domain: DOMAIN.to_owned(),
            port: None,
        });
        change(&mut settings);
        let (database, folder) = (Arc::new(database), Arc::new(folder));
        let environment = Environment {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            entropy: Arc::clone(&entropy) as Arc<dyn Entropy>,
        };
        let app = open(environment, settings, &database, &folder).await;
        let first = app.bootstrap("owner", false).await.expect("the first owner is made");
        let app_id = first.principal.app_id.to_string();
        let owner = Arc::new(Credential::service_principal(&app_id, first.secret.expose()));
        let first = FirstOwner {
            tenant: first.principal.tenant.to_string(),
            subscription: first.subscription.id.to_string(),
            object_id: first.principal.id.to_string(),
        };
        Self {
            inner: Arc::new(Inner {
                router: wharf_server::router(app.clone()),
                app,
                clock,
                entropy,
                first,
                owner,
                database,
                folder,
            }),
        }
    }

    /// Another process of the installation: what this one remembers, that one has to read.
    pub async fn another_node(&self) -> Self {
        let Inner {
            app,
            clock,
            entropy,
            first,
            owner,
            database,
            folder,
            ..
        } = &*self.inner;
        let app = open(app.environment().clone(), app.settings().clone(), database, folder).await;
        Self {
            inner: Arc::new(Inner {
                router: wharf_server::router(app.clone()),
                app,
                clock: Arc::clone(clock),
                entropy: Arc::clone(entropy),
                first: first.clone(),
                owner: Arc::clone(owner),
                database: Arc::clone(database),
                folder: Arc::clone(folder),
            }),
        }
    }

    /// The database, and the folder of the blobs.
    pub(crate) fn storage(&self) -> (&Database, PathBuf) {
        (&self.inner.database.database, self.inner.folder.path().join("blobs"))
    }

    /// The folder of its blobs, for damage that a disk does.
    pub fn blobs(&self) -> PathBuf {
        self.inner.folder.path().join("blobs")
    }

    pub(crate) fn router(&self) -> Router {
        self.inner.router.clone()
    }

    /// The product behind the router: for jobs, and for what the operator does at the server's host.
    pub fn app(&self) -> &App {
        &self.inner.app
    }

    /// The server's clock.
    pub fn clock(&self) -> &TestClock {
        &self.inner.clock
    }

    /// Lets time pass. The owner signs in again afterwards, so that it stays one who can look.
    pub fn advance(&self, by: Duration) {
        self.inner.clock.advance(by);
        self.inner.owner.forget_tokens();
    }

    /// Runs a job once.
    pub async fn run(&self, job: Job) {
        self.inner.app.job_run(job).await.expect("the job ends well");
    }

    /// A random id, for what clients name themselves.
    pub fn uuid(&self) -> Uuid {
        self.inner.entropy.uuid()
    }

    /// The base host.
    pub fn host(&self) -> &'static str {
        DOMAIN
    }

    /// The tenant's id.
    pub fn tenant(&self) -> &str {
        &self.inner.first.tenant
    }

    /// The path of the first subscription.
    pub fn subscription(&self) -> String {
        format!("/subscriptions/{}", self.inner.first.subscription)
    }

    /// Somebody without a credential.
    pub fn anonymous(&self) -> Actor {
        Actor::anonymous(self)
    }

    /// Whoever brings this token, whatever it is asked for.
    pub fn bearer(&self, token: &str) -> Actor {
        Actor::bearer(self, token)
    }

    /// Whoever sends this user name and secret to a registry.
    pub fn basic(&self, user: &str, secret: &str) -> Actor {
        Actor::basic(self, user, secret)
    }

    /// A service principal of this application id, which signs in with this secret.
    pub fn principal(&self, app_id: &str, secret: &str) -> Actor {
        Actor::service_principal(self, app_id, secret, "")
    }

    /// The first owner, who holds Owner on everything.
    pub fn owner(&self) -> Actor {
        Actor::with(self, Arc::clone(&self.inner.owner), &self.inner.first.object_id)
    }

    /// A service principal without any role, made by the owner.
    pub async fn robot(&self, name: &str) -> Actor {
        let owner = self.owner();
        let application = owner
            .post("/v1.0/applications", json!({"displayName": name, "keyCredentials": []}))
            .await;
        let application = application.expect(201);
        let path = format!("/v1.0/applications/{}/addPassword", application.at("/id"));
        let secret = owner
            .post(&path, json!({"passwordCredential": {"displayName": "rbac"}}))
            .await
            .expect(200);
        let app_id = application.at("/appId");
        let principal = owner
            .post(
                "/v1.0/servicePrincipals",
                json!({"appId": app_id, "accountEnabled": true}),
            )
            .await;
        Actor::service_principal(
            self,
            &app_id,
            &secret.at("/secretText"),
            &principal.expect(201).at("/id"),
        )
    }

    /// A service principal that the owner gave a role on a scope.
    pub async fn robot_with(&self, role: &str, scope: impl AsRef<str>) -> Actor {
        let robot = self.robot(&format!("{role} robot")).await;
        self.owner().give(role, &robot, scope).await.expect(201);
        robot
    }

    /// A registry in a resource group of its own, made by the owner.
    pub async fn registry(&self, name: &str) -> TestRegistry {
        self.registry_with(name, json!({})).await
    }

    /// The same, with properties.
    pub async fn registry_with(&self, name: &str, properties: Value) -> TestRegistry {
        let group = self.group(&format!("{name}-group")).await;
        self.registry_in(&group, name, properties).await
    }

    /// A resource group, made by the owner. Returns its id.
    pub async fn group(&self, name: &str) -> String {
        let path = format!("{}/resourceGroups/{name}", self.subscription());
        let made = self.owner().put(&path, json!({"location": "westus"})).await;
        assert!(made.status.is_success(), "{}", made.text());
        made.at("/id")
    }

    /// A registry in a resource group that exists.
    pub async fn registry_in(&self, group: &str, name: &str, properties: Value) -> TestRegistry {
        let id = format!("{group}/providers/Microsoft.ContainerRegistry/registries/{name}");
        let body = json!({"location": "westus", "sku": {"name": "Standard"}, "properties": properties});
        let made = self.owner().put(&id, body).await.expect(201);
        TestRegistry {
            name: made.at("/name"),
            id: made.at("/id"),
            group: group.to_owned(),
            login_server: made.at("/properties/loginServer"),
        }
    }

    /// The admin account of a registry, switched on by the owner, with its first password.
    pub async fn admin_of(&self, registry: &TestRegistry) -> Actor {
        let owner = self.owner();
        let on = json!({"properties": {"adminUserEnabled": true}});
        owner.patch(&registry.id, on).await.expect(200);
        let shown = owner
            .post(&registry.path("listCredentials"), Value::Null)
            .await
            .expect(200);
        self.basic(&shown.at("/username"), &shown.at("/passwords/0/value"))
    }
}
