//! How fast Wharf is, beside nginx and Debian's `docker-registry`, measured in one run: `scripts/bench`, docs/develop/speed.md.
//!
//! Servers stay on one core and this program, which is the client, on another. The servers take turns, in another order each time, so that whatever
//! else the machine does meets all of them. Read the ratios.

mod area;
mod connection;
mod head;
mod load;
mod machine;
mod options;
mod pace;
mod results;
mod rows;
mod target;

use std::fs;
use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use tempfile::TempDir;

use crate::area::Run;
use crate::options::Options;

/// A line on standard error: the report alone goes to standard output.
fn say(text: &str) {
    // Nobody reads it any more: no reason to stop.
    let _ = writeln!(std::io::stderr().lock(), "== {text}");
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    // A second installation is refused and harmless.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    ensure!(options.scratch.is_dir(), "{} is no folder", options.scratch.display());
    let scratch = TempDir::with_prefix_in("wharf-bench-", &options.scratch)?;
    machine::stay_on(&options.client_cores)?;
    let began = Instant::now();
    let scale = options.scale();
    let results = Run::new(&options, scale, scratch.path())?.areas()?;
    say(&format!("done in {} s", began.elapsed().as_secs()));

    let report = results.markdown(&options, &scale);
    let figures = results.json(&options, &scale);
    if let Some(out) = &options.out {
        let write = |extension: &str, text: &str| {
            let path = out.with_extension(extension);
            fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))
        };
        write("md", &report)?;
        write("json", &format!("{figures:#}\n"))?;
    }
    std::io::stdout().lock().write_all(report.as_bytes())?;
    let missing = results.missing(&options);
    for row in &missing {
        say(&format!("missing: {row}"));
    }
    Ok(if missing.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
