//! `wharf serve`.

mod greeting;
mod jobs;
mod open_files;
mod tls;

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::signal::unix::{SignalKind, signal};
use wharf_server::listen::{Limits, Listening, Stop, bind};

use crate::cli::server::ServeArgs;
use crate::environment::Environment;
use crate::installation::{Config, DataFolder, LogFormat, TlsSource, open};

/// How long requests that are being answered may take after the signal to stop.
const DRAIN: Duration = Duration::from_secs(30);

/// Runs the server until it is told to stop.
pub(crate) fn run(args: ServeArgs, environment: &Environment) -> anyhow::Result<ExitCode> {
    let config = Config::for_serve(args, environment)?;
    log(&config, environment)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start")?;
    runtime.block_on(serve(config))?;
    // Work that hangs in a system call does not hold the process up.
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok(ExitCode::SUCCESS)
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let data = DataFolder::open(&config.data)?;
    let _in_use = data.occupy()?;
    let limits = open_files::fit(config.limits.clone());
    let listener = listen(config.listen, &limits)?;
    let address = listener.local_addr().context("cannot listen")?;
    let public = config.public_address(address.port())?;
    data.note_public_url(&public.base_url());
    let certificate = tls::certificate(&config, &data, &public, address.ip())?;
    let opened = open(&config, data, public).await?;
    let app = opened.app;
    let (stop, stopping) = Stop::new();
    let signals = stop_on_signal(stop)?;
    let jobs = jobs::start(&app, certificate.clone());
    greeting::show(&app, opened.data.path(), address, &config).await?;
    let listening = Listening {
        limits,
        trusted_proxies: config.trusted_proxies.clone(),
        tls: certificate.map(|certificate| certificate.tls),
    };
    let answering = app.clone();
    let handler = move |peer, request| wharf_server::answer(answering.clone(), peer, request);
    wharf_server::listen::serve(listener, listening, handler, stopping)
        .await
        .context("cannot serve")?;
    signals.abort();
    jobs.finish(&app).await;
    app.close().await;
    tracing::info!("stopped");
    Ok(())
}

fn listen(address: SocketAddr, limits: &Limits) -> anyhow::Result<TcpListener> {
    match bind(address, limits) {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("the address {address} is in use by another program: choose another with --listen ADDR:PORT")
        }
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            bail!(
                "ports below 1024 need more rights: listen on another one with --listen {}:5000, or let a proxy stand in front",
                address.ip()
            )
        }
        Err(error) => Err(error).with_context(|| format!("cannot listen on {address}")),
    }
}

/// The first signal ends the accepting of requests and waits for those that are being answered; a second one ends that too.
fn stop_on_signal(stop: Stop) -> anyhow::Result<tokio::task::JoinHandle<()>> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for signals")?;
    Ok(tokio::spawn(async move {
        let mut next = async || {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        };
        next().await;
        tracing::info!(
            "stopping: requests that are being answered have {} seconds",
            DRAIN.as_secs()
        );
        stop.drain(DRAIN);
        next().await;
        stop.end();
    }))
}

/// Log lines go to standard error.
fn log(config: &Config, environment: &Environment) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log);
    let filter = filter.with_context(|| {
        format!(
            "the log setting {:?} is not a level or a filter, as in info or wharf_app=debug",
            config.log
        )
    })?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(environment.stderr_is_terminal)
        .with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => subscriber.with_target(false).init(),
        LogFormat::Json => subscriber.json().init(),
    }
    if config.tls == TlsSource::Off && !config.listen.ip().is_loopback() {
        tracing::warn!(
            "without TLS passwords and tokens cross the network in clear: use --tls-cert and --tls-key, or a proxy that does"
        );
    }
    Ok(())
}
