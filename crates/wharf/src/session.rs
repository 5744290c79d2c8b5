//! A signed-in client: who, on which server, in which subscription.

use std::{path::PathBuf, sync::Arc};

use secrecy::SecretString;
use wharf_client::{
    ClientError, Endpoints, Graph, RegistryTokens, ResourceManager, ServerUrl, Transport, TransportOptions, Trust,
};

use crate::{
    engine::Engines,
    environment::{Environment, random_id},
    failure::Failure,
    profile::{Account, Principal, Profile, Server, Store, StoredTokens},
};

/// What a command needs to start: settings from flags, variables and the profile's place.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) store: Store,
    pub(crate) ca_cert: Option<PathBuf>,
    pub(crate) allow_insecure: bool,
    pub(crate) browser: Option<std::ffi::OsString>,
    pub(crate) engines: Engines,
}

impl Settings {
    pub(crate) fn new(
        environment: &Environment,
        ca_cert: Option<PathBuf>,
        allow_insecure: bool,
    ) -> Result<Self, Failure> {
        let Some(folder) = environment.config_folder.clone() else {
            let failure =
                Failure::general("there is no folder for the profile: neither HOME nor XDG_CONFIG_HOME is set");
            return Err(failure.hint("set WHARF_CONFIG_DIR to a folder that only you can read"));
        };
        // An authority's file is remembered with the sign-in, so its path must not depend on where we are.
        let ca_cert = ca_cert.map(|path| std::path::absolute(&path).unwrap_or(path));
        Ok(Self {
            store: Store::new(folder),
            ca_cert,
            allow_insecure,
            browser: environment.browser.clone(),
            engines: environment.engines.clone(),
        })
    }
}

/// A way to servers that believes one more authority, if given.
pub(crate) fn transport(ca_file: Option<PathBuf>) -> Result<Transport, ClientError> {
    let mut options = TransportOptions::new(concat!("wharf/", env!("CARGO_PKG_VERSION")), Arc::new(random_id));
    options.trust = Trust { ca_file };
    Transport::new(options)
}

/// Everything that a command works with after sign-in.
pub(crate) struct Session {
    pub(crate) account: Account,
    pub(crate) endpoints: Endpoints,
    pub(crate) tokens: Arc<StoredTokens>,
    pub(crate) resource_manager: ResourceManager,
    pub(crate) graph: Graph,
    pub(crate) registries: RegistryTokens,
}

impl Session {
    /// Opens the profile; asks no server yet. `wanted` is a subscription's name or id; the default one without it.
    pub(crate) fn open(settings: &Settings, wanted: Option<&str>) -> Result<Self, Failure> {
        let profile = settings.store.profile()?;
        let account = account(&profile, wanted)?.clone();
        Self::of(settings, &profile, account)
    }

    /// The session of one of the profile's accounts.
    pub(crate) fn of(settings: &Settings, profile: &Profile, account: Account) -> Result<Self, Failure> {
        let store = settings.store.clone();
        let known = profile.servers.iter().find(|server| server.url == account.server);
        let known = known.ok_or_else(|| not_signed_in("the server of this subscription is not known any more."))?;
        let endpoints = endpoints(known, settings.allow_insecure)?;
        let transport = transport(settings.ca_cert.clone().or_else(|| known.ca_cert.clone()))?;
        let (principal, directory) = (Principal::of(&account), endpoints.directory.clone());
        let tokens = Arc::new(StoredTokens::new(store, transport.clone(), directory, principal));
        let resource_manager = ResourceManager::new(transport.clone(), &endpoints, tokens.clone());
        let registries = RegistryTokens::new(transport.clone(), endpoints.resource_manager.clone());
        let graph = Graph::new(transport, &endpoints, tokens.clone());
        Ok(Self {
            account,
            endpoints,
            tokens,
            resource_manager,
            graph,
            registries,
        })
    }

    /// The subscription's id.
    pub(crate) fn subscription(&self) -> Result<&str, Failure> {
        if self.account.is_subscription() {
            return Ok(&self.account.id);
        }
        let failure = Failure::general("you have no subscription to work in.");
        Err(failure.hint("ask for a role in one, then run: wharf account list --refresh"))
    }

    /// Tells the server that a refresh token is not needed any more.
    pub(crate) async fn give_back(&self, refresh_token: &SecretString) -> Result<(), ClientError> {
        self.tokens.give_back(refresh_token).await
    }

    /// A token of the signed-in principal for any scope, and when it ends in seconds since 1970.
    pub(crate) async fn token(&self, scope: &str) -> Result<(SecretString, i64), ClientError> {
        self.tokens.get(scope, false).await
    }
}

/// The subscription called `wanted`, or the default one.
pub(crate) fn account<'a>(profile: &'a Profile, wanted: Option<&str>) -> Result<&'a Account, Failure> {
    if profile.subscriptions.is_empty() {
        return Err(not_signed_in("Please run 'wharf login' to setup account."));
    }
    match wanted {
        None => {
            let default = profile.subscriptions.iter().find(|account| account.is_default);
            default.ok_or_else(|| {
                Failure::general("no subscription is chosen.").hint("wharf account set --subscription NAME")
            })
        }
        Some(wanted) => {
            let mut found = profile.subscriptions.iter().filter(|account| account.is_called(wanted));
            match (found.next(), found.next()) {
                (Some(account), None) => Ok(account),
                (Some(_), Some(_)) => Err(Failure::general(format!(
                    "several subscriptions are called '{wanted}'; use an id."
                ))),
                (None, _) => Err(Failure::general(format!(
                    "there is no subscription '{wanted}' among those that you can use."
                ))
                .hint("wharf account list --refresh shows them")),
            }
        }
    }
}

fn not_signed_in(message: &str) -> Failure {
    Failure::general(message)
        .hint("wharf login [--server URL], or wharf login --service-principal -u APP_ID -p PASSWORD --tenant TENANT [--server URL]")
}

fn endpoints(server: &Server, allow_insecure: bool) -> Result<Endpoints, ClientError> {
    let allowed = allow_insecure || server.allow_insecure;
    Ok(Endpoints {
        name: server.name.clone(),
        resource_manager: ServerUrl::parse(&server.url, allowed)?,
        resource_manager_audience: server.audience.clone(),
        directory: ServerUrl::parse(&server.directory, allowed)?,
        graph: ServerUrl::parse(&server.graph, allowed)?,
        graph_audience: server.graph_audience.clone(),
        login_server_suffix: server.login_server_suffix.clone(),
        tenant: None,
    })
}
