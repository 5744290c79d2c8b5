//! An installation with an owner, a registry and a service principal: who asks, and where.

use std::path::Path;

use serde_json::{Value, json};

use crate::{
    http::{Answer, Ask, Auth, Http, JSON},
    ledger::{Key, Ledger},
    server::{Server, admin},
};

pub(crate) const REGISTRY: &str = "myregistry";
const ACR_PUSH: &str = "8311e382-0749-4cb8-b61a-304f252e45ec";
const ASSIGNMENT: &str = "6f1f2c1e-0b5a-4a53-9c1e-6c7c5a9d0001";

/// The first owner.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    tenant: String,
    subscription: String,
    app_id: String,
    password: String,
}

/// An installation, as it was set up.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) owner: Owner,
    pub(crate) registry: String,
    /// The admin account with the password that no trial changes.
    pub(crate) admin: Auth,
    /// The first password as it was made.
    pub(crate) first_password: String,
    pub(crate) robot: Robot,
}

/// A service principal.
#[derive(Clone, Debug)]
pub(crate) struct Robot {
    pub(crate) app_id: String,
    /// The application's object id.
    pub(crate) application: String,
    pub(crate) principal: String,
    pub(crate) secret: String,
    pub(crate) key_id: String,
}

impl Owner {
    /// Makes the first owner of a data folder.
    pub(crate) fn bootstrap(data: &Path, database: Option<&str>) -> Result<Self, String> {
        let database = database.map_or_else(String::new, |url| format!(" --database {url}"));
        let ran = admin(data, &format!("bootstrap -o json{database}"));
        if !ran.success() {
            return Err(ran.to_string());
        }
        let printed = ran.json();
        let text = |key: &str| printed[key].as_str().unwrap_or_default().to_owned();
        Ok(Self {
            tenant: text("tenant"),
            subscription: text("subscription"),
            app_id: text("appId"),
            password: text("password"),
        })
    }

    /// Asks the directory for a token for an audience, as an application does.
    async fn sign_in(&self, http: &Http, app_id: &str, secret: &str, audience: &str) -> Result<Answer, reqwest::Error> {
        let form = format!(
            "grant_type=client_credentials&client_id={app_id}&client_secret={}&scope={audience}/.default",
            secret.replace('~', "%7E").replace('+', "%2B").replace('/', "%2F")
        );
        let path = format!("/{}/oauth2/v2.0/token", self.tenant);
        let ask = Ask::new("POST", path, &Auth::Nobody).body("application/x-www-form-urlencoded", form);
        http.send(ask).await
    }

    async fn token(&self, http: &Http, audience: &str) -> Result<Auth, reqwest::Error> {
        let answer = self.sign_in(http, &self.app_id, &self.password, audience).await?;
        let token = answer.json()["access_token"].as_str().unwrap_or_default().to_owned();
        Ok(Auth::Bearer(token))
    }

    pub(crate) async fn arm(&self, http: &Http) -> Result<Auth, reqwest::Error> {
        self.token(http, "https://management.azure.com").await
    }

    pub(crate) async fn graph(&self, http: &Http) -> Result<Auth, reqwest::Error> {
        self.token(http, "https://graph.microsoft.com").await
    }

    /// Whether the owner can sign in.
    pub(crate) async fn opens(&self, http: &Http) -> Result<bool, reqwest::Error> {
        let audience = "https://management.azure.com";
        Ok(self.sign_in(http, &self.app_id, &self.password, audience).await?.status == 200)
    }
}

fn json_ask(method: &'static str, path: impl Into<String>, auth: &Auth, body: &Value) -> Ask {
    Ask::new(method, path, auth).body(JSON, body.to_string())
}

impl Site {
    /// Sets the installation up by what every client can do.
    pub(crate) async fn set_up(owner: Owner, http: &Http, ledger: &Ledger) -> Result<Self, reqwest::Error> {
        let (arm, graph) = (owner.arm(http).await?, owner.graph(http).await?);
        let send = async |ask: Ask| http.send(ask).await;
        let group = format!("/subscriptions/{}/resourceGroups/demo", owner.subscription);
        send(json_ask("PUT", &group, &arm, &json!({"location": "westus"}))).await?;
        let registry = format!("{group}/providers/Microsoft.ContainerRegistry/registries/{REGISTRY}");
        let body = json!({"location": "westus", "sku": {"name": "Standard"}, "properties": {"adminUserEnabled": true}});
        send(json_ask("PUT", &registry, &arm, &body)).await?;
        let application = send(json_ask(
            "POST",
            "/v1.0/applications",
            &graph,
            &json!({"displayName": "robot"}),
        ))
        .await?;
        let (id, app_id) = (application.text("/id"), application.text("/appId"));
        let principal = send(json_ask(
            "POST",
            "/v1.0/servicePrincipals",
            &graph,
            &json!({"appId": app_id}),
        ))
        .await?;
        let secret = send(Self::add_password(&id, &graph)).await?;
        let shown = send(Ask::new("POST", format!("{registry}/listCredentials"), &arm)).await?;
        let first_password = shown.text("/passwords/0/value");
        let site = Self {
            admin: Auth::Basic(REGISTRY.to_owned(), shown.text("/passwords/1/value")),
            first_password: first_password.clone(),
            robot: Robot {
                app_id,
                application: id,
                principal: principal.text("/id"),
                secret: secret.text("/secretText"),
                key_id: secret.text("/keyId"),
            },
            registry,
            owner,
        };
        site.promise(ledger);
        Ok(site)
    }

    /// Notes what is true of a site that was set up.
    pub(crate) fn promise(&self, ledger: &Ledger) {
        let step = ledger.begin(vec![
            (Key::Owner, Some("opens".to_owned())),
            (Key::AdminPassword, Some(self.first_password.clone())),
            (Key::Secret(self.robot.secret.clone()), Some("opens".to_owned())),
        ]);
        ledger.done(step);
    }

    /// A site in a folder, whose server is stopped again.
    pub(crate) async fn make(data: &Path) -> Self {
        let server = Server::start(data).expect("a new server starts");
        let site = Self::of(&server, data, None).await;
        server.stop().expect("it ends well");
        site
    }

    /// A site of a new server that runs.
    pub(crate) async fn of(server: &Server, data: &Path, database: Option<&str>) -> Self {
        let owner = Owner::bootstrap(data, database).expect("there is a first owner");
        let ledger = Ledger::new(|| 0);
        let site = Self::set_up(owner, &Http::new(server.url()), &ledger).await;
        site.expect("a new installation can be set up")
    }

    pub(crate) fn add_password(application: &str, graph: &Auth) -> Ask {
        let path = format!("/v1.0/applications/{application}/addPassword");
        json_ask(
            "POST",
            path,
            graph,
            &json!({"passwordCredential": {"displayName": "trial"}}),
        )
    }

    pub(crate) fn remove_password(&self, key_id: &str, graph: &Auth) -> Ask {
        let path = format!("/v1.0/applications/{}/removePassword", self.robot.application);
        json_ask("POST", path, graph, &json!({ "keyId": key_id }))
    }

    pub(crate) fn regenerate(&self, arm: &Auth) -> Ask {
        let path = format!("{}/regenerateCredential", self.registry);
        json_ask("POST", path, arm, &json!({"name": "password"}))
    }

    pub(crate) fn list_credentials(&self, arm: &Auth) -> Ask {
        Ask::new("POST", format!("{}/listCredentials", self.registry), arm)
    }

    /// Gives, shows or takes the robot's role, by method.
    pub(crate) fn role(&self, method: &'static str, arm: &Auth) -> Ask {
        let provider = "providers/Microsoft.Authorization";
        let role = format!(
            "/subscriptions/{}/{provider}/roleDefinitions/{ACR_PUSH}",
            self.owner.subscription
        );
        let body = json!({"properties": {
            "roleDefinitionId": role, "principalId": self.robot.principal, "principalType": "ServicePrincipal"}});
        let ask = json_ask(
            method,
            format!("{}/{provider}/roleAssignments/{ASSIGNMENT}", self.registry),
            arm,
            &body,
        );
        if method == "PUT" { ask } else { ask.body(JSON, "") }
    }

    /// Whether a secret of the robot opens.
    pub(crate) async fn secret_opens(&self, http: &Http, secret: &str) -> Result<bool, reqwest::Error> {
        let audience = "https://management.azure.com";
        let answer = self.owner.sign_in(http, &self.robot.app_id, secret, audience).await?;
        Ok(answer.status == 200)
    }
}
