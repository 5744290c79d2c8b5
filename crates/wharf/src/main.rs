//! `wharf`: the server and its command line in one program.
//!
//! Three steps: the command line is read into types (`cli`), settings are resolved once (`session::Settings`, `environment`), and a plain
//! function does the work (`commands`, `serve`, `admin`) and shows the result through a `Printer`.

mod admin;
mod cli;
mod commands;
mod credential_helper;
mod engine;
mod environment;
mod failure;
mod installation;
mod output;
mod password;
mod printer;
mod profile;
mod serve;
mod session;
mod spinner;

use std::process::ExitCode;

use clap::Parser;

use crate::{
    cli::{Cli, Command, GlobalArgs, server::AdminCommand},
    environment::Environment,
    failure::Failure,
    printer::Printer,
    session::Settings,
    spinner::with_spinner,
};

fn main() -> ExitCode {
    // The same program, called by the name that docker and podman look for.
    if credential_helper::is_called_for() {
        return credential_helper::main();
    }
    let cli = Cli::parse();
    let environment = Environment::read();
    let printer = Printer {
        format: cli.global.output,
        query: cli.global.query.clone(),
        colour: environment.colour,
        only_show_errors: cli.global.only_show_errors,
        can_ask: environment.stdin_is_terminal,
    };
    let done = match cli.command {
        Command::Serve(args) => serve::run(args, &environment).map_err(Failure::from),
        Command::Admin(command) => admin(command, &environment, &printer).map(|()| ExitCode::SUCCESS),
        command => client(command, &cli.global, &environment, &printer).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|failure| {
        anstream::eprintln!("{failure}");
        ExitCode::from(failure.exit as u8)
    })
}

fn admin(command: AdminCommand, environment: &Environment, printer: &Printer) -> Result<(), Failure> {
    match command {
        AdminCommand::Bootstrap(args) => admin::bootstrap(args, environment, printer),
        AdminCommand::Fsck(args) => admin::fsck::run(args, environment, printer),
        AdminCommand::VerifyJournal(args) => admin::verify_journal(args, environment, printer),
    }
}

fn client(command: Command, global: &GlobalArgs, environment: &Environment, printer: &Printer) -> Result<(), Failure> {
    log_to_stderr(global);
    let settings = Settings::new(environment, global.ca_cert.clone(), global.allow_insecure)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::general(format!("cannot start: {error}")))?;
    let shown = environment.stderr_is_terminal && !global.debug && !global.verbose && !global.only_show_errors;
    runtime.block_on(with_spinner(shown, commands::run(command, &settings, printer)))
}

/// `--verbose` and `--debug` of the client commands. Only our own crates speak: libraries below would show headers.
fn log_to_stderr(global: &GlobalArgs) {
    let level = match (global.debug, global.verbose) {
        (true, _) => "debug",
        (false, true) => "info",
        (false, false) => return,
    };
    let filter = tracing_subscriber::EnvFilter::new(format!("wharf={level},wharf_client={level}"));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .without_time();
    subscriber.with_target(false).init();
}
