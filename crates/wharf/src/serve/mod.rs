//! `wharf serve`.

use std::process::ExitCode;

use crate::cli::server::ServeArgs;

/// Runs the server until it is told to stop.
pub(crate) fn run(_args: ServeArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("this build has no server")
}
