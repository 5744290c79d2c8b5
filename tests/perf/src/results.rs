//! The figures of a run, and the report that is made of them.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::machine;
use crate::options::{Name, Options, Scale};
use crate::rows::{ROWS, Row};

/// Every figure that was taken.
#[derive(Debug, Default)]
pub(crate) struct Results(Vec<Sample>);

#[derive(Debug)]
struct Sample {
    row: usize,
    target: Name,
    value: f64,
}

/// What is shown of several figures.
struct Summary {
    median: f64,
    least: f64,
    most: f64,
    values: Vec<f64>,
}

impl Results {
    /// Adds a figure, and says so on standard error.
    pub(crate) fn add(&mut self, name: &str, target: Name, value: f64) -> Result<()> {
        let row = ROWS
            .iter()
            .position(|row| row.name == name && row.targets.contains(&target));
        let row = row.with_context(|| format!("no row is called {name:?} for {}", target.title()))?;
        crate::say(&format!(
            "{}: {name}: {} {}",
            target.title(),
            short(value),
            ROWS[row].unit
        ));
        self.0.push(Sample { row, target, value });
        Ok(())
    }

    fn summary(&self, row: usize, target: Name) -> Option<Summary> {
        let of = |sample: &&Sample| sample.row == row && sample.target == target;
        let values: Vec<f64> = self.0.iter().filter(of).map(|sample| sample.value).collect();
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        Some(Summary {
            median: median(&sorted)?,
            least: *sorted.first()?,
            most: *sorted.last()?,
            values,
        })
    }

    /// The rows that were asked for and have no figure.
    pub(crate) fn missing(&self, options: &Options) -> Vec<String> {
        let rows = ROWS.iter().enumerate().filter(|(_, row)| options.wants_area(row.area));
        let wanted = rows.flat_map(|(at, row)| row.targets.iter().map(move |target| (at, row, *target)));
        let missing = wanted.filter(|(at, _, target)| options.wants(*target) && self.summary(*at, *target).is_none());
        missing
            .map(|(_, row, target)| format!("{}: {}", target.title(), row.name))
            .collect()
    }

    /// The report for people.
    pub(crate) fn markdown(&self, options: &Options, scale: &Scale) -> String {
        let mut text = format!(
            "# Speed\n\n{}. Servers on cores {:?}, clients on {:?}; median (least–most) of {}.\n\n",
            machine::description(),
            options.server_cores,
            options.client_cores,
            scale.repetitions
        );
        if options.quick {
            text.push_str(
                "A quick run: sizes are a fraction of what the rows are called, and the figures mean nothing.\n\n",
            );
        }
        text.push_str("| row | unit | nginx | docker-registry | Wharf | ÷ nginx | ÷ docker-registry | wanted |\n");
        text.push_str("| --- | --- | --- | --- | --- | --- | --- | --- |\n");
        for (at, row) in ROWS.iter().enumerate().filter(|(_, row)| options.wants_area(row.area)) {
            let cell = |target| {
                self.summary(at, target)
                    .map_or("–".to_owned(), |summary| summary.cell())
            };
            let ratio = |peer| {
                self.ratio(at, peer)
                    .map_or("–".to_owned(), |ratio| format!("{ratio:.2}"))
            };
            // Writing to a text does not fail.
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} | {} | {} | {} |",
                row.name,
                row.unit,
                cell(Name::Nginx),
                cell(Name::Distribution),
                cell(Name::Wharf),
                ratio(Name::Nginx),
                ratio(Name::Distribution),
                row.goal
            );
        }
        text
    }

    /// The report for programs.
    pub(crate) fn json(&self, options: &Options, scale: &Scale) -> Value {
        let rows: Vec<Value> = ROWS
            .iter()
            .enumerate()
            .filter(|(_, row)| options.wants_area(row.area))
            .map(|(at, row)| self.row_json(at, row))
            .collect();
        json!({
            "machine": machine::description(),
            "quick": options.quick,
            "repetitions": scale.repetitions,
            "serverCores": options.server_cores,
            "clientCores": options.client_cores,
            "rows": rows,
        })
    }

    fn row_json(&self, at: usize, row: &Row) -> Value {
        let mut json = json!({ "row": row.name, "unit": row.unit, "wanted": row.goal, "servers": {}, "ratios": {} });
        for target in row.targets {
            if let Some(found) = self.summary(at, *target) {
                json["servers"][target.title()] =
                    json!({ "median": found.median, "least": found.least, "most": found.most, "values": found.values });
            }
            if let Some(ratio) = self.ratio(at, *target).filter(|_| *target != Name::Wharf) {
                json["ratios"][target.title()] = json!(ratio);
            }
        }
        json
    }

    /// Wharf's median by a peer's.
    fn ratio(&self, row: usize, peer: Name) -> Option<f64> {
        let (ours, theirs) = (self.summary(row, Name::Wharf)?, self.summary(row, peer)?);
        (theirs.median > 0.0).then(|| ours.median / theirs.median)
    }
}

impl Summary {
    fn cell(&self) -> String {
        if self.values.len() == 1 {
            return short(self.median);
        }
        format!("{} ({}–{})", short(self.median), short(self.least), short(self.most))
    }
}

/// The middle of sorted figures; between the two in the middle where their number is even.
pub(crate) fn median(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len().checked_sub(1)? / 2;
    Some((sorted[middle] + sorted[sorted.len() / 2]) / 2.0)
}

/// The value that a share of sorted figures does not exceed.
pub(crate) fn percentile(sorted: &[f64], share: f64) -> f64 {
    let at = (sorted.len() as f64 * share) as usize;
    sorted
        .get(at.min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or(0.0)
}

/// Three digits that count.
fn short(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 0.1 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}
