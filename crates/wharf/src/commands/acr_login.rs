//! `wharf acr login`.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use time::{OffsetDateTime, macros::format_description};
use wharf_types::id::TOKEN_USER_NAME;

use super::login_server::{local_host, login_server_of, registry_token};
use crate::{
    cli::acr::AcrLoginArgs,
    engine::{AuthFile, Engines, HELPER, Keeper},
    failure::Failure,
    password::ask_password,
    printer::Printer,
    session::Session,
};

pub(crate) async fn login(
    session: &Session,
    args: AcrLoginArgs,
    engines: &Engines,
    printer: &Printer,
) -> Result<(), Failure> {
    let login_server = login_server_of(session, &args.registry, args.suffix.as_deref()).await?;
    if args.expose_token {
        let token = registry_token(session, &login_server).await?;
        printer.warning(&format!(
            "the token is a password until {}: docker login {login_server} -u {TOKEN_USER_NAME} -p TOKEN",
            shown_end(&token)
        ));
        return printer.result(
            json!({
                "accessToken": token.expose_secret(),
                "loginServer": login_server,
                "refreshToken": token.expose_secret(),
                "username": TOKEN_USER_NAME,
            }),
            None,
        );
    }
    let (user, secret) = match &args.username {
        Some(user) => {
            let secret = password(args.password.as_deref(), printer)?;
            session
                .registries
                .check(&login_server, user, &secret)
                .await
                .map_err(|error| {
                    Failure::from(error)
                        .hint("wharf acr credential show -n NAME shows the admin user's name and passwords")
                })?;
            (user.clone(), secret)
        }
        None => (
            TOKEN_USER_NAME.to_owned(),
            registry_token(session, &login_server).await?,
        ),
    };
    let mut hosts = vec![login_server];
    hosts.extend(local_host(session));
    let mut asked_each_time = args.username.is_none();
    // Podman is told of a helper in another file than of a login: that one does not go with the next restart of the machine.
    let docker = engines.docker().map(|file| (file.clone(), file));
    let containers = engines
        .containers()
        .map(|file| (file.clone(), engines.containers_lasting().unwrap_or(file)));
    for (file, helper_file) in [docker, containers].into_iter().flatten() {
        if args.username.is_none() && helper_file.has_helper()? {
            helper_file.helper_add(&hosts)?;
            file.forget(&hosts)?;
            continue;
        }
        asked_each_time = false;
        for host in &hosts {
            keep(&file, host, &user, &secret, engines).await?;
        }
    }
    let names = hosts.join(" and ");
    printer.note("Login Succeeded");
    if asked_each_time {
        printer.note(&format!(
            "docker and podman ask docker-credential-{HELPER} for {names} each time, for as long as you are signed in"
        ));
    } else if args.username.is_none() {
        printer.note(&format!(
            "{names}: good until {}; run this again to go on",
            shown_end(&secret)
        ));
    }
    Ok(())
}

async fn keep(
    file: &AuthFile,
    host: &str,
    user: &str,
    secret: &SecretString,
    engines: &Engines,
) -> Result<(), Failure> {
    let kept = file.login(host, user, secret, &engines.programs).await?;
    tracing::debug!(host, %file, in_file = (kept == Keeper::File), "login kept");
    Ok(())
}

fn password(given: Option<&str>, printer: &Printer) -> Result<SecretString, Failure> {
    match given {
        Some(password) => Ok(SecretString::from(password)),
        None if printer.can_ask => {
            ask_password("Password: ").map_err(|error| Failure::general(format!("cannot read the password: {error}")))
        }
        None => Err(Failure::usage(
            "Please specify both username and password in non-interactive mode.",
        )),
    }
}

/// When a refresh token ends, for people.
fn shown_end(token: &SecretString) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    end(token)
        .and_then(|end| OffsetDateTime::from_unix_timestamp(end).ok())
        .and_then(|end| end.format(format).ok())
        .unwrap_or_else(|| "its end".to_owned())
}

/// When a refresh token ends, in seconds since 1970: it says so itself.
pub(crate) fn end(token: &SecretString) -> Option<i64> {
    let payload = token.expose_secret().split('.').nth(1)?;
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&payload).ok()?;
    claims.get("exp")?.as_i64()
}
