//! Asking for a password without showing it.

use std::io;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::SecretString;

/// Puts the terminal back as it was, also when reading fails.
struct Echo(Termios);

impl Drop for Echo {
    fn drop(&mut self) {
        // Nothing better can be done than to try.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}

/// Reads one line from the terminal with echo off. Standard input must be a terminal.
pub(crate) fn ask_password(question: &str) -> io::Result<SecretString> {
    anstream::eprint!("{question}");
    let before = tcgetattr(io::stdin())?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    let _echo = Echo(before);
    tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    anstream::eprintln!();
    Ok(SecretString::from(line.trim_end_matches(['\n', '\r'])))
}
