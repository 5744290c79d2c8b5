//! `wharf login`, `wharf logout`.

use std::{
    io::{self, Read},
    path::PathBuf,
};

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use wharf_client::{ClientCredentials, ClientProof, Directory, Endpoints, ResourceManager, ServerUrl, Transport};
use wharf_types::arm::{SecretText, Subscription};

use super::browser_login;
use crate::{
    cli::login::{LoginArgs, LogoutArgs},
    failure::Failure,
    password::ask_password,
    printer::Printer,
    profile::{Account, PERSON, Principal, Proof, Server, TENANT_LEVEL, User},
    session::{Settings, account, transport},
};

/// Longest password that is read from standard input, in bytes; the server takes no longer one either.
const PASSWORD_MAX: u64 = 1024;

pub(crate) async fn login(args: LoginArgs, settings: &Settings, printer: &Printer) -> Result<(), Failure> {
    if !args.service_principal {
        return person(args, settings, printer).await;
    }
    let Some(app_id) = args.username.clone() else {
        return Err(Failure::usage(
            "usage error: --service-principal --username APP_ID --password PASSWORD --tenant TENANT",
        ));
    };
    let proof = proof(&args, printer)?;
    let sent = proof.read()?;
    let url = ServerUrl::parse(&args.server, settings.allow_insecure)?;
    let transport = transport(settings.ca_cert.clone())?;
    let endpoints = Endpoints::discover(&transport, &url).await?;
    let Some(tenant) = args.tenant.clone().or_else(|| endpoints.tenant.clone()) else {
        let failure = Failure::usage("usage error: --tenant is needed: the server has several.");
        return Err(failure.hint("`wharf admin bootstrap` and `ad sp create-for-rbac` print it"));
    };
    let subscriptions = subscriptions(&transport, &endpoints, &tenant, &app_id, sent).await?;
    if subscriptions.is_empty() && !args.allow_no_subscriptions {
        let failure = Failure::general(format!("No subscriptions found for {app_id}."));
        return Err(failure.hint(
            "ask for a role in a subscription, or use --allow-no-subscriptions to work with the directory only",
        ));
    }
    let user = User {
        name: app_id,
        kind: "servicePrincipal".to_owned(),
    };
    signed_in(
        &args,
        settings,
        printer,
        &endpoints,
        &tenant,
        user,
        &proof,
        &subscriptions,
    )
}

/// Somebody signs in with a browser, here or elsewhere.
async fn person(args: LoginArgs, settings: &Settings, printer: &Printer) -> Result<(), Failure> {
    if args.username.is_some() || args.password.is_some() || args.password_stdin {
        let failure = Failure::usage("people type their password into the server's own page, and nowhere else.");
        return Err(
            failure.hint("wharf login, or wharf login --service-principal -u APP_ID -p PASSWORD --tenant TENANT")
        );
    }
    let url = ServerUrl::parse(&args.server, settings.allow_insecure)?;
    let transport = transport(settings.ca_cert.clone())?;
    let endpoints = Endpoints::discover(&transport, &url).await?;
    let tenant = args.tenant.as_deref().unwrap_or("organizations");
    let directory = Directory::discover(transport.clone(), &endpoints.directory, tenant).await?;
    let scope = format!(
        "{}/.default offline_access openid profile",
        endpoints.resource_manager_audience
    );
    let tokens = match settings.browser.as_ref().filter(|_| !args.use_device_code) {
        Some(browser) => match browser_login::browser(&directory, browser, &scope, printer).await? {
            Some(tokens) => tokens,
            None => browser_login::device(&directory, &scope, printer).await?,
        },
        None => browser_login::device(&directory, &scope, printer).await?,
    };
    let who = browser_login::who(&tokens)?;
    let refresh_token = tokens
        .refresh_token
        .ok_or_else(|| Failure::general("the server gave no refresh token."))?;
    let access = browser_login::Held(tokens.access.access_token);
    let resource_manager = ResourceManager::new(transport, &endpoints, std::sync::Arc::new(access));
    let subscriptions = resource_manager.subscription_list().await?;
    if subscriptions.is_empty() && !args.allow_no_subscriptions {
        let failure = Failure::general(format!("No subscriptions found for {}.", who.name));
        return Err(failure.hint("ask for a role in a subscription, or use --allow-no-subscriptions"));
    }
    let user = User {
        name: who.name,
        kind: PERSON.to_owned(),
    };
    signed_in(
        &args,
        settings,
        printer,
        &endpoints,
        &who.tenant,
        user,
        &Proof::RefreshToken(SecretText::new(refresh_token.expose_secret())),
        &subscriptions,
    )
}

/// Keeps what was found out and what later commands sign in with, and shows the subscriptions.
#[expect(clippy::too_many_arguments, reason = "all of it is what a sign-in found out")]
fn signed_in(
    args: &LoginArgs,
    settings: &Settings,
    printer: &Printer,
    endpoints: &Endpoints,
    tenant: &str,
    user: User,
    proof: &Proof,
    subscriptions: &[Subscription],
) -> Result<(), Failure> {
    let server = server(endpoints, settings);
    let accounts = accounts(&server.url, tenant, &user, subscriptions);
    if let Some(wanted) = &args.subscription
        && !accounts.iter().any(|account| account.is_called(wanted))
    {
        return Err(Failure::general(format!(
            "Subscription '{wanted}' not found. Check the ID or name and try again."
        )));
    }
    for principal in accounts.iter().map(Principal::of).collect::<Vec<_>>().iter() {
        settings.store.keep_proof(principal, proof.clone())?;
    }
    let shown = settings.store.update_profile(|profile| {
        let own = accounts.clone();
        profile.sign_in(server, accounts, args.subscription.as_deref());
        let is_own = |account: &&Account| {
            own.iter()
                .any(|new| new.id == account.id && new.server == account.server)
        };
        Ok(Value::from_iter(
            profile
                .subscriptions
                .iter()
                .filter(is_own)
                .map(|account| profile.listed(account)),
        ))
    })?;
    printer.result(shown, None)
}

pub(crate) async fn logout(args: LogoutArgs, settings: &Settings) -> Result<(), Failure> {
    let profile = settings.store.profile()?;
    let user = match args.username {
        Some(user) => user,
        None => account(&profile, None)?.user.name.clone(),
    };
    for account in &profile.subscriptions {
        if account.user.is_person() && account.user.name.eq_ignore_ascii_case(&user) {
            give_back(settings, account).await;
        }
    }
    settings.store.forget_secrets(Some(&user))?;
    match settings.store.update_profile(|profile| Ok(profile.sign_out(&user)))? {
        0 => Err(Failure::general(format!("There is no active account called '{user}'."))),
        _ => Ok(()),
    }
}

/// Tells the server that a person's refresh token is not needed any more. Who is signing out is signed out here whatever it answers: the account page shows
/// and ends what is left.
async fn give_back(settings: &Settings, account: &Account) {
    let told = async {
        let session = crate::session::Session::open(settings, Some(&account.id))?;
        if let Proof::RefreshToken(token) = settings.store.proof(&Principal::of(account))? {
            session.give_back(&SecretString::from(token.expose())).await?;
        }
        Ok::<_, Failure>(())
    };
    if let Err(failure) = told.await {
        tracing::info!(%failure, "the server was not told");
    }
}

/// What the server says now of the subscriptions of a signed-in principal.
pub(crate) async fn refresh(settings: &Settings, of: &Account) -> Result<(), Failure> {
    let session = crate::session::Session::open(settings, Some(&of.id))?;
    let subscriptions = session.resource_manager.subscription_list().await?;
    let fresh = accounts(&of.server, &of.tenant_id, &of.user, &subscriptions);
    let principal = Principal::of(of);
    let proof = settings.store.proof(&principal)?;
    for other in fresh.iter().map(Principal::of).filter(|other| *other != principal) {
        settings.store.keep_proof(&other, proof.clone())?;
    }
    settings.store.update_profile(|profile| {
        let Some(server) = profile.servers.iter().find(|server| server.url == of.server).cloned() else {
            return Ok(());
        };
        let default = profile
            .subscriptions
            .iter()
            .find(|account| account.is_default)
            .map(|account| account.id.clone());
        let same_user = |account: &Account| account.user == of.user && account.server == of.server;
        profile.subscriptions.retain(|account| !same_user(account));
        profile.sign_in(server, fresh, None);
        if let Some(default) = default.filter(|id| profile.subscriptions.iter().any(|account| account.id == *id)) {
            profile
                .subscriptions
                .iter_mut()
                .for_each(|account| account.is_default = account.id == default);
        }
        Ok(())
    })?;
    Ok(())
}

/// What the principal proves with who it is: of several ways clap permits one.
fn proof(args: &LoginArgs, printer: &Printer) -> Result<Proof, Failure> {
    // They are read again by later commands, wherever those are run.
    let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    if let Some(path) = &args.certificate {
        return Ok(Proof::Certificate(absolute(path)));
    }
    if let Some(path) = &args.federated_token_file {
        return Ok(Proof::FederatedTokenFile(absolute(path)));
    }
    if let Some(token) = &args.federated_token {
        return Ok(Proof::FederatedToken(SecretText::new(token.as_str())));
    }
    let secret = password(args, printer)?;
    Ok(Proof::Secret(SecretText::new(secret.expose_secret())))
}

fn password(args: &LoginArgs, printer: &Printer) -> Result<SecretString, Failure> {
    if args.password_stdin {
        let mut text = String::new();
        let read = io::stdin().take(PASSWORD_MAX + 2).read_to_string(&mut text);
        read.map_err(|error| Failure::general(format!("cannot read the password: {error}")))?;
        return Ok(SecretString::from(text.trim_end_matches(['\n', '\r'])));
    }
    match &args.password {
        Some(password) => Ok(SecretString::from(password.as_str())),
        None if printer.can_ask => {
            ask_password("Password: ").map_err(|error| Failure::general(format!("cannot read the password: {error}")))
        }
        None => Err(Failure::usage(
            "Please specify both username and password in non-interactive mode.",
        )),
    }
}

async fn subscriptions(
    transport: &Transport,
    endpoints: &Endpoints,
    tenant: &str,
    app_id: &str,
    proof: ClientProof,
) -> Result<Vec<Subscription>, Failure> {
    let directory = Directory::discover(transport.clone(), &endpoints.directory, tenant).await?;
    let tokens = ClientCredentials::new(directory, app_id, proof);
    let resource_manager = ResourceManager::new(transport.clone(), endpoints, std::sync::Arc::new(tokens));
    Ok(resource_manager.subscription_list().await?)
}

fn server(endpoints: &Endpoints, settings: &Settings) -> Server {
    Server {
        url: endpoints.resource_manager.to_string(),
        name: endpoints.name.clone(),
        audience: endpoints.resource_manager_audience.clone(),
        directory: endpoints.directory.to_string(),
        graph: endpoints.graph.to_string(),
        graph_audience: endpoints.graph_audience.clone(),
        login_server_suffix: endpoints.login_server_suffix.clone(),
        ca_cert: settings.ca_cert.clone(),
        allow_insecure: settings.allow_insecure,
    }
}

fn accounts(server: &str, tenant: &str, user: &User, subscriptions: &[Subscription]) -> Vec<Account> {
    let account = |id: &str, name: &str, state: &str, home: Option<&str>| Account {
        id: id.to_owned(),
        name: name.to_owned(),
        state: state.to_owned(),
        tenant_id: tenant.to_owned(),
        home_tenant_id: home.unwrap_or(tenant).to_owned(),
        is_default: false,
        server: server.to_owned(),
        user: user.clone(),
    };
    if subscriptions.is_empty() {
        return vec![account(tenant, TENANT_LEVEL, "Enabled", None)];
    }
    let of = |s: &Subscription| account(&s.subscription_id, &s.display_name, &s.state, s.tenant_id.as_deref());
    subscriptions.iter().map(of).collect()
}
