//! The world outside, in one place: variables, the clock, randomness, terminals. Read here and nowhere else in the client
//! commands.

use std::{
    env,
    ffi::OsString,
    io::{self, IsTerminal},
    path::PathBuf,
};

use time::OffsetDateTime;
use uuid::Uuid;

use crate::engine::Engines;

/// What the environment says, read once.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    /// Folder of the profile; none when there is no home to put it in.
    pub(crate) config_folder: Option<PathBuf>,
    /// The user's home.
    pub(crate) home: Option<PathBuf>,
    /// Folder of a server's data when none is named.
    pub(crate) data_folder: Option<PathBuf>,
    /// Docker's and podman's files.
    pub(crate) engines: Engines,
    /// What a server logs (`WHARF_LOG`).
    pub(crate) log: Option<String>,
    /// Whether colours may be used on stdout.
    pub(crate) colour: bool,
    /// Whether a person can read stderr as it is written.
    pub(crate) stderr_is_terminal: bool,
    /// The program that opens a page for a person; none where nobody could see it.
    pub(crate) browser: Option<OsString>,
    /// Whether a person can answer.
    pub(crate) stdin_is_terminal: bool,
}

impl Environment {
    pub(crate) fn read() -> Self {
        let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let xdg = |variable: &str, below_home: &str| {
            let named = set(variable).map(PathBuf::from).filter(|path| path.is_absolute());
            let home = || set("HOME").map(|home: OsString| PathBuf::from(home).join(below_home));
            named.or_else(home).map(|folder| folder.join("wharf"))
        };
        // `BROWSER` is what the person wants; otherwise the desktop's own way, where there is a desktop.
        let desktop = match cfg!(target_os = "macos") {
            true => Some("open"),
            false if set("DISPLAY").is_some() || set("WAYLAND_DISPLAY").is_some() => Some("xdg-open"),
            false => None,
        };
        let stderr_is_terminal = io::stderr().is_terminal();
        Self {
            config_folder: set("WHARF_CONFIG_DIR")
                .map(PathBuf::from)
                .or_else(|| xdg("XDG_CONFIG_HOME", ".config")),
            home: set("HOME").map(PathBuf::from),
            data_folder: xdg("XDG_DATA_HOME", ".local/share"),
            engines: engines(set),
            log: set("WHARF_LOG").and_then(|text| text.into_string().ok()),
            browser: set("BROWSER").or_else(|| desktop.map(OsString::from)),
            colour: set("NO_COLOR").is_none() && io::stdout().is_terminal() && stderr_is_terminal,
            stderr_is_terminal,
            stdin_is_terminal: io::stdin().is_terminal(),
        }
    }
}

/// Where docker (its command line's documentation) and podman (containers-auth.json(5)) keep logins.
fn engines(set: impl Fn(&str) -> Option<OsString>) -> Engines {
    let path = |name: &str| set(name).map(PathBuf::from);
    let home = path("HOME");
    let below_home = |folder: &str| home.as_ref().map(|home| home.join(folder));
    let docker = path("DOCKER_CONFIG").or_else(|| below_home(".docker"));
    let containers = |folder: PathBuf| folder.join("containers/auth.json");
    let lasting = path("XDG_CONFIG_HOME")
        .or_else(|| below_home(".config"))
        .map(containers);
    let named = path("REGISTRY_AUTH_FILE");
    let runtime = path("XDG_RUNTIME_DIR").map(containers).unwrap_or_else(|| {
        let user = rustix::process::getuid().as_raw();
        PathBuf::from(format!("/run/containers/{user}/auth.json"))
    });
    Engines {
        docker: docker.map(|folder| folder.join("config.json")),
        // Where a file is named, no other is looked at.
        containers_login: match &named {
            Some(named) => vec![named.clone()],
            None => [Some(runtime), lasting.clone()].into_iter().flatten().collect(),
        },
        containers_lasting: named.or(lasting),
        programs: set("PATH")
            .iter()
            .flat_map(env::split_paths)
            .filter(|path| path.is_absolute())
            .collect(),
        own_programs: below_home(".local/bin"),
    }
}

/// The wall clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the client commands have no Env; this is their one clock"
)]
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// A random id, from the generator that TLS uses.
///
/// # Panics
/// When the operating system has no randomness to give: nothing can be done safely then.
pub(crate) fn random_id() -> Uuid {
    let mut bytes = [0; 16];
    let random = rustls::crypto::aws_lc_rs::default_provider().secure_random;
    random
        .fill(&mut bytes)
        .expect("the operating system gives random numbers");
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}
