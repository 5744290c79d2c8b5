//! A server with one registry and everybody who may or may not use it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use serde_json::Value;

use crate::{Cli, Endpoint, Options, User, Wharf, host::Trust, server::DOMAIN};

/// The registry of every [`World`].
pub(crate) const REGISTRY: &str = "myregistry";

/// The built-in roles that reach a registry's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Pull.
    AcrPull,
    /// Pull and push.
    AcrPush,
    /// Pull.
    Reader,
    /// Pull and push.
    Contributor,
    /// Pull, push, and give roles to others.
    Owner,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::AcrPull,
        Self::AcrPush,
        Self::Reader,
        Self::Contributor,
        Self::Owner,
    ];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> String {
        format!("{self:?}")
    }

    /// Whether a push is within it.
    #[must_use]
    pub fn may_push(self) -> bool {
        matches!(self, Self::AcrPush | Self::Contributor | Self::Owner)
    }
}

/// A server, its owner at a shell, and a registry `myregistry` whose admin user is enabled.
#[derive(Debug)]
pub struct World {
    /// The first owner, signed in.
    pub owner: Cli,
    /// The resource id of the registry.
    pub registry_id: String,
    principals: Mutex<HashMap<Option<Role>, User>>,
    _trust: Option<Trust>,
    /// The server. Last, so that it outlives the others.
    pub wharf: Wharf,
}

impl World {
    /// The world of this run for tests that leave nothing behind but repositories of their own. Made by the first who asks,
    /// gone when nobody holds it any more.
    #[must_use]
    pub fn shared() -> Arc<Self> {
        static RUNNING: Mutex<Weak<World>> = Mutex::new(Weak::new());
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.upgrade().unwrap_or_else(|| {
            let made = Arc::new(Self::new(Options::default()));
            *running = Arc::downgrade(&made);
            made
        })
    }

    /// A world of a test's own: for what slows, locks or changes the server for everybody.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let wharf = options.start();
        let host = format!("{REGISTRY}.{DOMAIN}:{}", wharf.port());
        let trust = wharf.ca().map(|ca| Trust::place(&host, &ca));
        let owner = wharf.owner();
        owner.run("group create -l westus -n demo").ok();
        let registry = owner
            .run("acr create -n myregistry -g demo -l westus --admin-enabled true")
            .ok()
            .json();
        let registry_id = registry["id"].as_str().expect("a registry has an id").to_owned();
        Self {
            owner,
            registry_id,
            principals: Mutex::default(),
            _trust: trust,
            wharf,
        }
    }

    /// Where clients find the registry: by its own name with TLS, else at `localhost`.
    #[must_use]
    pub fn endpoint(&self) -> Endpoint {
        let port = self.wharf.port();
        match self.wharf.ca() {
            Some(ca) => Endpoint {
                host: format!("{REGISTRY}.{DOMAIN}:{port}"),
                prefix: String::new(),
                ca: Some(ca),
            },
            None => Endpoint {
                host: format!("localhost:{port}"),
                prefix: format!("{REGISTRY}/"),
                ca: None,
            },
        }
    }

    /// The admin user with each of its two passwords.
    #[must_use]
    pub fn admins(&self) -> [User; 2] {
        let shown = self.owner.run("acr credential show -n myregistry").ok().json();
        let name = shown["username"].as_str().expect("the admin user has a name");
        [0, 1].map(|which| {
            let password = shown["passwords"][which]["value"].as_str();
            User::new(
                name,
                password.unwrap_or_else(|| panic!("the admin user has two passwords: {shown}")),
            )
        })
    }

    /// A service principal with one role on the registry, the same at each call.
    #[must_use]
    pub fn principal(&self, role: Role) -> User {
        self.principal_with(Some(role))
    }

    /// A service principal with no role anywhere.
    #[must_use]
    pub fn stranger(&self) -> User {
        self.principal_with(None)
    }

    /// A service principal with one role on the registry, of the caller's own.
    #[must_use]
    pub fn new_principal(&self, role: Option<Role>) -> User {
        let command = self.owner.command().words("ad sp create-for-rbac");
        let made = match role {
            Some(role) => command
                .arg("--scopes")
                .arg(&self.registry_id)
                .arg("--role")
                .arg(role.name()),
            None => command,
        };
        User::from_sp(&made.go().ok().json())
    }

    fn principal_with(&self, role: Option<Role>) -> User {
        let mut principals = self.principals.lock().unwrap_or_else(PoisonError::into_inner);
        principals
            .entry(role)
            .or_insert_with(|| self.new_principal(role))
            .clone()
    }
}

impl User {
    /// What `ad sp create-for-rbac` and `ad sp credential reset` print.
    #[must_use]
    #[track_caller]
    pub fn from_sp(printed: &Value) -> Self {
        let text = |key: &str| printed[key].as_str().unwrap_or_else(|| panic!("no {key} in {printed}"));
        Self::new(text("appId"), text("password"))
    }
}
