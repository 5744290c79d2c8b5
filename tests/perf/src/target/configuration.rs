//! How each server is started: its command and its configuration file.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::set_up::SetUp;

fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let fill = |text: String, (name, value): &(&str, &str)| text.replace(&format!("{{{name}}}"), value);
    values.iter().fold(template.to_owned(), fill)
}

/// nginx listens on both ports at once.
pub(super) fn nginx(set_up: &SetUp, data: &Path, run: &Path, plain: u16, tls: u16) -> Result<Command> {
    // Its workers would otherwise be nobody, who may not read the folder.
    let user = if rustix::process::geteuid().is_root() {
        "user root;"
    } else {
        ""
    };
    let text = fill(
        include_str!("nginx.conf"),
        &[
            ("user", user),
            ("run", &run.to_string_lossy()),
            ("data", &data.to_string_lossy()),
            ("certificate", &set_up.certificate().to_string_lossy()),
            ("key", &set_up.key().to_string_lossy()),
            ("plain", &plain.to_string()),
            ("tls", &tls.to_string()),
        ],
    );
    let file = run.join("nginx.conf");
    fs::write(&file, text)?;
    let mut command = Command::new(wharf_tests::debian("nginx", "nginx-light"));
    command.arg("-c").arg(file);
    Ok(command)
}

pub(super) fn distribution(set_up: &SetUp, data: &Path, run: &Path, port: u16, tls: bool) -> Result<Command> {
    let tls = if tls {
        format!(
            "  tls: {{certificate: '{}', key: '{}'}}",
            set_up.certificate().display(),
            set_up.key().display()
        )
    } else {
        String::new()
    };
    let text = fill(
        include_str!("distribution.yml"),
        &[
            ("data", &data.to_string_lossy()),
            ("port", &port.to_string()),
            ("tls", &tls),
        ],
    );
    let file = run.join("config.yml");
    fs::write(&file, text)?;
    let mut command = Command::new(wharf_tests::debian("docker-registry", "docker-registry"));
    command.arg("serve").arg(file).env("OTEL_TRACES_EXPORTER", "none");
    Ok(command)
}

pub(super) fn wharf(set_up: &SetUp, data: &Path, port: u16, tls: bool) -> Command {
    let mut command = Command::new(wharf_tests::wharf());
    command.arg("serve").arg("--data").arg(data);
    command.arg("--listen").arg(format!("127.0.0.1:{port}"));
    if tls {
        command.arg("--tls-cert").arg(set_up.certificate());
        command.arg("--tls-key").arg(set_up.key());
    }
    command
}
