//! `wharf admin`: what is done on the server's host, next to its data. It works beside a running server, which takes note within seconds.

pub(crate) mod fsck;

use std::future::Future;

use anyhow::{Context, anyhow};
use serde_json::json;
use wharf_app::{App, Error};
use wharf_types::user_name::UserPrincipalName;

use crate::cli::server::{BootstrapArgs, DataArgs, VerifyJournalArgs};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::installation::{Config, DataFolder, open, plain};
use crate::printer::Printer;

/// Makes the first owner.
pub(crate) fn bootstrap(args: BootstrapArgs, environment: &Environment, printer: &Printer) -> Result<(), Failure> {
    if let Some(name) = &args.user {
        let name: UserPrincipalName = name
            .parse()
            .map_err(|error| Failure::usage(format!("--user: {error}")))?;
        return bootstrap_person(args, name, environment, printer);
    }
    let owner = with_installation(args.data, environment, async move |app| {
        app.bootstrap(&args.name, args.another).await.map_err(explained)
    })?;
    let result = json!({
        "tenant": owner.principal.tenant,
        "subscription": owner.subscription.id,
        "appId": owner.principal.app_id,
        "password": owner.secret.expose(),
    });
    printer.warning("this password is shown only now: keep it where secrets are kept");
    printer.result(result, None)
}

/// Makes the first owner, who is a person, and prints their link.
fn bootstrap_person(
    args: BootstrapArgs,
    name: UserPrincipalName,
    environment: &Environment,
    printer: &Printer,
) -> Result<(), Failure> {
    let (owner, link) = with_installation(args.data, environment, async move |app| {
        let owner = app.bootstrap_person(&name, args.another).await.map_err(explained)?;
        let link = app.invitation_link(&owner.invitation);
        // The path is the same at every address of the server.
        let link = match args
            .public_url
            .map(|url| url.join(&format!("/invitation/{}", owner.invitation.expose())))
        {
            Some(link) => link.context("--public-url is no address")?.to_string(),
            None => link,
        };
        Ok((owner, link))
    })?;
    let result = json!({
        "tenant": owner.user.tenant,
        "subscription": owner.subscription.id,
        "user": owner.user.user_principal_name.as_str(),
        "objectId": owner.user.id,
        "link": link,
    });
    printer.warning("open the link in a browser within 72 hours; whoever opens it becomes this owner, so send it by a way that only they read");
    printer.result(result, None)
}

fn explained(error: Error) -> anyhow::Error {
    match error {
        Error::Conflict {
            code: "OwnerExists", ..
        } => anyhow!("this installation has an owner already: sign in as that one, or make another with --another"),
        other => plain(other),
    }
}

/// Checks the journal's hash chain.
pub(crate) fn verify_journal(
    args: VerifyJournalArgs,
    environment: &Environment,
    printer: &Printer,
) -> Result<(), Failure> {
    let shown = environment.stderr_is_terminal && !printer.only_show_errors;
    let progress = move |position: i64| {
        if shown {
            anstream::eprint!("\r{position} rows");
        }
    };
    let report = with_installation(args.data, environment, async move |app| {
        app.journal_verify(progress).await.map_err(plain)
    })?;
    if shown {
        anstream::eprintln!();
    }
    let result = json!({
        "rows": report.rows,
        "signedHeads": report.heads,
        "unverifiableHeads": report.unverifiable_heads,
        "intact": report.problem.is_none(),
        "problem": report.problem.as_ref().map(ToString::to_string),
    });
    printer.result(result, None)?;
    match report.problem {
        None => Ok(()),
        Some(problem) => Err(Failure::general(format!("the journal is not intact: {problem}"))),
    }
}

fn with_installation<T, F: Future<Output = anyhow::Result<T>>>(
    args: DataArgs,
    environment: &Environment,
    work: impl FnOnce(App) -> F,
) -> anyhow::Result<T> {
    let config = Config::for_admin(args, environment)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("cannot start")?;
    runtime.block_on(async {
        let data = DataFolder::open(&config.data)?;
        let public = config.public_address_beside(data.public_url())?;
        let opened = open(&config, data, public).await?;
        let result = work(opened.app.clone()).await;
        opened.app.close().await;
        result
    })
}
