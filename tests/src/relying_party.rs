//! Programs of others that sign people in: each asks for a browser by lines of JSON, and the test plays it.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Seek, Write},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{Run, Visitor};

/// Runs a relying party to its end, which has to be a good one.
///
/// # Panics
/// When it fails, or has not ended within two minutes.
#[track_caller]
pub fn relying_party(run: &Run, browser: &mut Visitor) {
    let inner = run.command();
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=5", "120"])
        .arg(inner.get_program())
        .args(inner.get_args());
    command.env_clear();
    command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = inner.get_current_dir() {
        command.current_dir(folder);
    }
    let mut errors = tempfile::tempfile().expect("a temporary file can be made");
    let kept: File = errors.try_clone().expect("a file can be opened twice");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(kept)
        .spawn()
        .unwrap_or_else(|error| panic!("{run}: {error}"));
    let mut input = child.stdin.take().expect("its input is piped");
    let output = BufReader::new(child.stdout.take().expect("its output is piped"));
    let mut is_done = false;
    for line in output.lines() {
        let line = line.expect("its output is text");
        let question: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{run} says {line}"));
        let text = |name: &str| question[name].as_str();
        let answer = if let Some(url) = text("open") {
            browser.open(url)
        } else if let Some(code) = text("device") {
            browser.let_in(code)
        } else if let Some(url) = text("signOut") {
            browser.sign_out(url)
        } else {
            is_done = question["done"] == true;
            continue;
        };
        // When it has gone, its end says why.
        let _ = writeln!(input, "{answer}");
    }
    drop(input);
    let status = child.wait().expect("a child can be waited for");
    let mut said = String::new();
    let read = errors.rewind().and_then(|()| errors.read_to_string(&mut said));
    read.expect("a file can be read");
    assert!(status.success() && is_done, "{run} ({status}):\n{said}");
}
