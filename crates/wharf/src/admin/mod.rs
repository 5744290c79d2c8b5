//! `wharf admin`: what is done on the server's host, next to its data.

use crate::{
    cli::server::{BootstrapArgs, VerifyJournalArgs},
    printer::Printer,
};

/// Makes the first owner.
pub(crate) fn bootstrap(_args: BootstrapArgs, _printer: &Printer) -> anyhow::Result<()> {
    anyhow::bail!("this build has no server")
}

/// Checks the journal's hash chain.
pub(crate) fn verify_journal(_args: VerifyJournalArgs, _printer: &Printer) -> anyhow::Result<()> {
    anyhow::bail!("this build has no server")
}
