//! `docs/use/cli.md`, written from the command tree.

use std::{fmt::Write as _, path::PathBuf};

use clap::{Arg, Command, CommandFactory};

use super::Cli;

fn reference() -> String {
    let mut out = String::from(
        "# Command line\n\nWritten from the command tree; `UPDATE_DOCS=1 cargo test -p wharf` writes it anew.\n",
    );
    let mut root = Cli::command();
    root.build();
    let global: Vec<_> = root
        .get_arguments()
        .filter(|arg| arg.is_global_set())
        .cloned()
        .collect();
    section(&mut out, &root, "", &[]);
    let names: Vec<_> = global.iter().map(|arg| arg.get_id().clone()).collect();
    for command in root.get_subcommands() {
        walk(&mut out, command, "wharf", &names);
    }
    out
}

fn walk(out: &mut String, command: &Command, parent: &str, global: &[clap::Id]) {
    if command.get_name() == "help" {
        return;
    }
    section(out, command, parent, global);
    let path = format!("{parent} {}", command.get_name());
    command
        .get_subcommands()
        .for_each(|child| walk(out, child, &path, global));
}

fn section(out: &mut String, command: &Command, parent: &str, hidden: &[clap::Id]) {
    let path = format!("{parent} {}", command.get_name());
    let about = command
        .get_long_about()
        .or(command.get_about())
        .map(ToString::to_string)
        .unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = write!(out, "\n## {}\n\n{}\n", path.trim(), about.trim());
    let shown = |arg: &&Arg| {
        !arg.is_hide_set() && !hidden.contains(arg.get_id()) && arg.get_id() != "help" && arg.get_id() != "version"
    };
    let rows: Vec<String> = command.get_arguments().filter(shown).map(row).collect();
    if !rows.is_empty() {
        let _ = write!(out, "\n| option | meaning |\n| --- | --- |\n{}", rows.concat());
    }
    if let Some(examples) = command.get_after_long_help() {
        let examples = examples.to_string();
        let examples = examples.strip_prefix("Examples:\n").unwrap_or(&examples);
        let _ = write!(
            out,
            "\n```\n{}\n```\n",
            examples
                .lines()
                .map(|line| line.strip_prefix("  ").unwrap_or(line))
                .collect::<Vec<_>>()
                .join("\n")
        );
    }
}

fn row(arg: &Arg) -> String {
    let long = arg
        .get_long_and_visible_aliases()
        .unwrap_or_default()
        .into_iter()
        .map(|name| format!("`--{name}`"));
    let short = arg
        .get_short_and_visible_aliases()
        .unwrap_or_default()
        .into_iter()
        .map(|name| format!("`-{name}`"));
    let names: Vec<String> = long.chain(short).collect();
    let mut meaning = arg
        .get_help()
        .map(ToString::to_string)
        .unwrap_or_default()
        .replace('\n', " ");
    let values: Vec<_> = arg
        .get_possible_values()
        .iter()
        .map(|value| value.get_name().to_owned())
        .collect();
    if arg.get_action().takes_values() && !values.is_empty() {
        let _ = write!(meaning, " ({})", values.join(", "));
    }
    let defaults: Vec<_> = arg
        .get_default_values()
        .iter()
        .map(|value| value.to_string_lossy().into_owned())
        .collect();
    if arg.get_action().takes_values() && !defaults.is_empty() {
        let _ = write!(meaning, "; default `{}`", defaults.join(" "));
    }
    if let Some(variable) = arg.get_env() {
        let _ = write!(meaning, "; variable `{}`", variable.to_string_lossy());
    }
    let required = if arg.is_required_set() { " (required)" } else { "" };
    format!("| {}{required} | {} |\n", names.join(", "), meaning.replace('|', "\\|"))
}

#[test]
fn the_written_reference_is_that_of_this_command_tree() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/use/cli.md");
    let reference = reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &reference).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == reference,
        "docs/use/cli.md is out of date: run UPDATE_DOCS=1 cargo test -p wharf"
    );
}
