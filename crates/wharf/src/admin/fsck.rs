//! `wharf admin fsck`: looking at everything that is stored.

use serde_json::json;
use wharf_app::jobs::{Damage, StorageReport};

use super::with_installation;
use crate::cli::server::FsckArgs;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::installation::plain;
use crate::printer::Printer;

/// Cells of the bar.
const WIDTH: u64 = 30;

/// Looks, shows how far it is, and says what is wrong.
pub(crate) fn run(args: FsckArgs, environment: &Environment, printer: &Printer) -> Result<(), Failure> {
    let (bar, shown) = (environment.stderr_is_terminal, !printer.only_show_errors);
    // A bar moves with each hundredth; elsewhere a line for each tenth says enough.
    let step = if bar { 1 } else { 10 };
    let mut last = 0;
    let progress = move |done: u64, total: u64| {
        let percent = percent(done, total);
        if !shown || percent / step == last / step {
            return;
        }
        last = percent;
        if bar {
            anstream::eprint!("\r{}", line(percent, done, total));
        } else {
            anstream::eprintln!("{percent} % of {} looked at", size(total));
        }
    };
    let report = with_installation(args.data, environment, async move |app| {
        app.storage_check(progress).await.map_err(plain)
    })?;
    if bar && shown {
        anstream::eprintln!();
    }
    printer.result(result(&report), None)?;
    match report.damaged {
        0 => Ok(()),
        damaged => Err(Failure::general(format!(
            "{damaged} damaged: not served any more, and whole again when pushed again, or when restored and looked at again"
        ))),
    }
}

fn result(report: &StorageReport) -> serde_json::Value {
    let named = |damage: &Damage| {
        let (registry, digest) = (damage.registry.to_string(), damage.digest.to_string());
        json!({"kind": damage.kind, "registry": registry, "digest": digest, "problem": damage.problem})
    };
    json!({
        "blobs": report.blobs,
        "bytes": report.bytes,
        "manifests": report.manifests,
        "restored": report.restored,
        "intact": report.damaged == 0,
        "damagedCount": report.damaged,
        "damaged": report.named.iter().map(named).collect::<Vec<_>>(),
    })
}

fn percent(done: u64, total: u64) -> u64 {
    u64::try_from(u128::from(done) * 100 / u128::from(total.max(1))).unwrap_or(100)
}

fn line(percent: u64, done: u64, total: u64) -> String {
    let cell = |at| if at < percent * WIDTH / 100 { '#' } else { '.' };
    let cells: String = (0..WIDTH).map(cell).collect();
    format!("[{cells}] {percent:3} %  {} of {} ", size(done), size(total))
}

/// A number of bytes as people read it.
fn size(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    for unit in ["KiB", "MiB", "GiB"] {
        if value < 1024.0 {
            return format!("{value:.1} {unit}");
        }
        value /= 1024.0;
    }
    format!("{value:.1} TiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills_with_the_work() {
        assert_eq!(
            line(50, 512, 1024),
            "[###############...............]  50 %  512 B of 1.0 KiB "
        );
        assert_eq!(percent(7, 7), 100);
        assert_eq!(percent(0, 0), 0);
    }

    #[test]
    fn sizes_are_said_in_the_unit_that_fits() {
        assert_eq!(size(1023), "1023 B");
        assert_eq!(size(3 << 30), "3.0 GiB");
    }
}
