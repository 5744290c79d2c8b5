//! The one way to the terminal: results on stdout in the chosen format, everything else on stderr.

use std::io::{self, Write};

use serde_json::Value;

use crate::{
    failure::Failure,
    output::{Format, Query, Transform, render},
};

/// Where and how a command shows things.
#[derive(Clone, Debug)]
pub(crate) struct Printer {
    pub(crate) format: Format,
    pub(crate) query: Option<Query>,
    pub(crate) colour: bool,
    pub(crate) only_show_errors: bool,
    /// Whether someone can answer a question.
    pub(crate) can_ask: bool,
}

impl Printer {
    /// Shows a result, with `az`'s layout of the command for tables.
    pub(crate) fn result(&self, result: Value, transform: Option<Transform>) -> Result<(), Failure> {
        let text = render(result, self.format, self.colour, self.query.as_ref(), transform).map_err(Failure::usage)?;
        match io::stdout().lock().write_all(text.as_bytes()) {
            // The reader has seen enough, as in `wharf … | head -1`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written.map_err(|error| Failure::general(format!("cannot write to stdout: {error}"))),
        }
    }

    /// Says what was done, where no result says it.
    pub(crate) fn note(&self, text: &str) {
        if !self.only_show_errors {
            anstream::eprintln!("{text}");
        }
    }

    /// Says something that the user should know.
    pub(crate) fn warning(&self, text: &str) {
        if !self.only_show_errors {
            anstream::eprintln!("WARNING: {text}");
        }
    }

    /// Asks before something is destroyed.
    pub(crate) fn confirm(&self, question: &str, yes: bool) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        if !self.can_ask {
            let message = "Unable to prompt for confirmation as no tty available. Use --yes.";
            return Err(Failure::general(message));
        }
        loop {
            anstream::eprint!("{question} (y/n): ");
            let mut answer = String::new();
            let read = io::stdin()
                .read_line(&mut answer)
                .map_err(|error| Failure::general(error.to_string()))?;
            match answer.trim().to_ascii_lowercase().as_str() {
                "y" | "yes" => return Ok(()),
                "n" | "no" => return Err(Failure::general("Operation cancelled.")),
                _ if read == 0 => return Err(Failure::general("Operation cancelled.")),
                _ => {}
            }
        }
    }
}
