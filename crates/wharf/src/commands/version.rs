//! `wharf version`.

use serde_json::json;

use crate::{failure::Failure, printer::Printer};

pub(crate) fn show(printer: &Printer) -> Result<(), Failure> {
    printer.result(json!({"wharf": env!("CARGO_PKG_VERSION")}), None)
}
