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

/// What the environment says, read once.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    /// Folder of the profile; none when there is no home to put it in.
    pub(crate) config_folder: Option<PathBuf>,
    /// Folder of a server's data when none is named.
    pub(crate) data_folder: Option<PathBuf>,
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
            data_folder: xdg("XDG_DATA_HOME", ".local/share"),
            log: set("WHARF_LOG").and_then(|text| text.into_string().ok()),
            browser: set("BROWSER").or_else(|| desktop.map(OsString::from)),
            colour: set("NO_COLOR").is_none() && io::stdout().is_terminal() && stderr_is_terminal,
            stderr_is_terminal,
            stdin_is_terminal: io::stdin().is_terminal(),
        }
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
