//! `docker-credential-wharf`: the protocol of docker-credential-helpers (get, store, erase, list), so that docker, podman and buildah never ask anybody while
//! the sign-in lives.
//!
//! What a registry is opened with comes of the sign-in and is kept nowhere: each `get` exchanges a directory token for a token of the registry. What `docker
//! login` brings is kept as it asks. Whatever goes wrong is said on standard output, where the protocol has its errors, in words that `docker` repeats.

use std::{
    collections::BTreeMap,
    env,
    io::{self, Read, Write},
    path::Path,
    process::ExitCode,
};

use secrecy::ExposeSecret;
use wharf_client::ServerUrl;
use wharf_types::id::TOKEN_USER_NAME;

use crate::{
    commands::{registry_token, token_end},
    engine::{HELPER, Stored, helper_program},
    environment::{Environment, now},
    failure::Failure,
    profile::{Account, Profile, Server},
    session::{Session, Settings},
};

/// What docker and podman take for "this helper has nothing for that registry": they go on without.
const NOT_FOUND: &str = "credentials not found in native keychain";

/// The longest input, in bytes.
const INPUT_MAX: u64 = 1 << 20;

/// Whether the program was called by the helper's name.
pub(crate) fn is_called_for() -> bool {
    let called = env::args_os().next();
    called.is_some_and(|called| Path::new(&called).file_stem() == Some(helper_program(HELPER).as_ref()))
}

pub(crate) fn main() -> ExitCode {
    let answer = answer(env::args().nth(1).as_deref());
    let (text, code) = match answer {
        Ok(text) => (text, ExitCode::SUCCESS),
        Err(text) => (text, ExitCode::FAILURE),
    };
    // A caller that has gone away needs no answer.
    let _ = writeln!(io::stdout(), "{text}");
    code
}

fn answer(verb: Option<&str>) -> Result<String, String> {
    let words = |failure: Failure| {
        let hint = failure.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("wharf: {}{hint}", failure.message).replace('\n', " ")
    };
    let settings = Settings::new(&Environment::read(), None, false).map_err(words)?;
    match verb {
        Some("get") => match get(&settings, &host_of(&input()?)).map_err(words)? {
            Some(found) => json(&found),
            None => Err(NOT_FOUND.to_owned()),
        },
        Some("store") => {
            let login: Stored = serde_json::from_str(&input()?).map_err(|_| "the login cannot be read".to_owned())?;
            let login = Stored {
                server_url: host_of(&login.server_url),
                ..login
            };
            settings
                .store
                .keep_login(login)
                .map_err(|error| words(error.into()))
                .map(|()| String::new())
        }
        Some("erase") => {
            let host = host_of(&input()?);
            settings
                .store
                .forget_login(&host)
                .map_err(|error| words(error.into()))
                .map(|()| String::new())
        }
        Some("list") => json(&list(&settings).map_err(words)?),
        Some("version") => Ok(format!("{} {}", helper_program(HELPER), env!("CARGO_PKG_VERSION"))),
        _ => Err(format!(
            "usage: {} get|store|erase|list|version",
            helper_program(HELPER)
        )),
    }
}

fn input() -> Result<String, String> {
    let mut text = String::new();
    let read = io::stdin().take(INPUT_MAX).read_to_string(&mut text);
    read.map_err(|error| format!("cannot read the input: {error}"))?;
    Ok(text)
}

fn json(value: &impl serde::Serialize) -> Result<String, String> {
    serde_json::to_string(value).map_err(|error| error.to_string())
}

/// Host and port of what a client calls the registry: mostly just that, sometimes an address with a path.
fn host_of(text: &str) -> String {
    let text = text.trim();
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    text.split('/').next().unwrap_or_default().to_ascii_lowercase()
}

fn get(settings: &Settings, host: &str) -> Result<Option<Stored>, Failure> {
    let kept = settings
        .store
        .logins()?
        .into_iter()
        .find(|login| login.server_url == host);
    // A token that was brought as a password ends by itself; the sign-in has newer ones.
    if let Some(login) = kept.as_ref().filter(|login| login.username != TOKEN_USER_NAME) {
        return Ok(Some(login.clone()));
    }
    let profile = settings.store.profile()?;
    let Some((account, place)) = served(&profile, host) else {
        let lives =
            |login: &Stored| token_end(&login.secret.expose().into()).is_none_or(|end| end > now().unix_timestamp());
        return Ok(kept.filter(lives));
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::general(format!("cannot start: {error}")))?;
    runtime.block_on(async {
        let session = Session::of(settings, &profile, account.clone())?;
        match place {
            Place::Registry => {
                let token = registry_token(&session, host).await?;
                Ok(Some(Stored::new(host, TOKEN_USER_NAME, token.expose_secret())))
            }
            Place::Base => at_base(&session, host).await.map(Some),
        }
    })
}

/// At the base host one name stands for all registries, and a token is for one: so a service principal brings its own secret, and whoever has none a token of
/// the only registry that there is to see.
async fn at_base(session: &Session, host: &str) -> Result<Stored, Failure> {
    if let Ok(Some(secret)) = session.tokens.secret() {
        return Ok(Stored::new(host, &session.account.user.name, secret.expose_secret()));
    }
    let registries = session
        .resource_manager
        .registry_list(session.subscription()?, None)
        .await?;
    let [registry] = registries.as_slice() else {
        let failure = Failure::general(format!("{host} stands for several registries, and a token is for one"));
        return Err(failure.hint("use the registry's own name, or: wharf acr login -n NAME"));
    };
    let token = registry_token(session, &registry.properties.login_server).await?;
    Ok(Stored::new(host, TOKEN_USER_NAME, token.expose_secret()))
}

/// What a host stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Registry,
    Base,
}

fn place(server: &Server, host: &str) -> Option<Place> {
    let suffix = server.login_server_suffix.as_deref().unwrap_or_default();
    let label = host.strip_suffix(&suffix.to_ascii_lowercase());
    if !suffix.is_empty() && label.is_some_and(|label| !label.is_empty() && !label.contains('.')) {
        return Some(Place::Registry);
    }
    let url = ServerUrl::parse(&server.url, true).ok()?;
    let url = url.as_url();
    let own = url
        .host_str()
        .map(|name| url.port().map_or(name.to_owned(), |port| format!("{name}:{port}")));
    (own.as_deref() == Some(host) || suffix.strip_prefix('.') == Some(host)).then_some(Place::Base)
}

/// Who is signed in to the server that the host belongs to: the account in use, or the first other one.
fn served<'a>(profile: &'a Profile, host: &str) -> Option<(&'a Account, Place)> {
    let place_of = |account: &&'a Account| {
        let server = profile.servers.iter().find(|server| server.url == account.server)?;
        place(server, host)
    };
    let mut accounts: Vec<&Account> = profile.subscriptions.iter().collect();
    accounts.sort_by_key(|account| !account.is_default);
    accounts
        .into_iter()
        .find_map(|account| Some((account, place_of(&account)?)))
}

/// Every registry that something is kept for, or that we are asked for, with the user name.
fn list(settings: &Settings) -> Result<BTreeMap<String, String>, Failure> {
    let profile = settings.store.profile()?;
    let mut found = BTreeMap::new();
    for file in settings.engines.files() {
        let helped = file
            .helped()?
            .into_iter()
            .filter(|host| served(&profile, host).is_some());
        found.extend(helped.map(|host| (host, TOKEN_USER_NAME.to_owned())));
    }
    let kept = settings.store.logins()?.into_iter();
    found.extend(kept.map(|login| (login.server_url, login.username)));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_found_in_whatever_a_client_calls_the_registry() {
        for text in [
            "my.acr.test:5001",
            " my.acr.test:5001\n",
            "https://MY.acr.test:5001/v2/",
        ] {
            assert_eq!(host_of(text), "my.acr.test:5001", "{text}");
        }
        assert_eq!(host_of("https://index.docker.io/v1/"), "index.docker.io");
    }

    #[test]
    fn a_host_is_a_registry_of_the_server_its_base_or_none_of_it() {
        let text = || "https://acr.test:5001".to_owned();
        let server = Server {
            url: text(),
            name: "Wharf".into(),
            audience: text(),
            directory: text(),
            graph: text(),
            graph_audience: text(),
            login_server_suffix: Some(".acr.test:5001".into()),
            ca_cert: None,
            allow_insecure: false,
        };
        for (host, expected) in [
            ("my.acr.test:5001", Some(Place::Registry)),
            ("acr.test:5001", Some(Place::Base)),
            ("a.b.acr.test:5001", None),
            ("my.acr.test", None),
            ("evil-acr.test:5001", None),
            ("index.docker.io", None),
            ("", None),
        ] {
            assert_eq!(place(&server, host), expected, "{host}");
        }
    }
}
