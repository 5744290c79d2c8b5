//! The rows of the report. A row that is not measured, or a figure that has no row, is an error.

use crate::options::{Area, Name};

/// One row.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) area: Area,
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    /// Which servers it is measured on.
    pub(crate) targets: &'static [Name],
    /// What we want; absolute figures hold for two cores of a machine of 2026.
    pub(crate) goal: &'static str,
}

const ALL: &[Name] = &[Name::Nginx, Name::Distribution, Name::Wharf];
const REGISTRIES: &[Name] = &[Name::Distribution, Name::Wharf];
const OURS: &[Name] = &[Name::Wharf];

const fn row(area: Area, name: &'static str, unit: &'static str, targets: &'static [Name], goal: &'static str) -> Row {
    Row {
        area,
        name,
        unit,
        targets,
        goal,
    }
}

const PULL_RATE: &str = "≥ 0.95 × nginx, ≥ 1.3 × docker-registry";
const PULL_CPU: &str = "≤ 1.15 × nginx";
const TLS_CPU: &str = "≤ 0.70 × nginx";

/// All rows, in the order of the report.
pub(crate) const ROWS: &[Row] = &[
    row(Area::Pull, "pull 1 GiB, 1 connection", "GB/s", ALL, PULL_RATE),
    row(
        Area::Pull,
        "pull 1 GiB, 1 connection: server CPU",
        "s/GiB",
        ALL,
        PULL_CPU,
    ),
    row(Area::Pull, "pull 1 GiB, 16 connections", "GB/s", ALL, PULL_RATE),
    row(
        Area::Pull,
        "pull 1 GiB, 16 connections: server CPU",
        "s/GiB",
        ALL,
        PULL_CPU,
    ),
    row(
        Area::Tls,
        "TLS pull 1 GiB, 1 connection",
        "GB/s",
        ALL,
        "the client is the limit: judge CPU",
    ),
    row(
        Area::Tls,
        "TLS pull 1 GiB, 1 connection: server CPU",
        "s/GiB",
        ALL,
        TLS_CPU,
    ),
    row(
        Area::Tls,
        "TLS pull 1 GiB, 16 connections",
        "GB/s",
        ALL,
        "the client is the limit: judge CPU",
    ),
    row(
        Area::Tls,
        "TLS pull 1 GiB, 16 connections: server CPU",
        "s/GiB",
        ALL,
        TLS_CPU,
    ),
    row(Area::Requests, "manifest by tag", "1/s", ALL, "≥ 30,000"),
    row(Area::Requests, "manifest by tag: server CPU", "µs", ALL, "≤ 25"),
    row(Area::Requests, "manifest by tag: p99", "ms", ALL, "≤ 10"),
    row(Area::Requests, "manifest by digest", "1/s", ALL, "≥ 30,000"),
    row(Area::Requests, "manifest by digest: server CPU", "µs", ALL, "≤ 25"),
    row(Area::Requests, "manifest by digest: p99", "ms", ALL, "≤ 10"),
    row(Area::Requests, "blob of 4 KiB", "1/s", ALL, "≥ 25,000"),
    row(Area::Requests, "blob of 4 KiB: server CPU", "µs", ALL, "≤ 30"),
    row(Area::Requests, "blob of 4 KiB: p99", "ms", ALL, "≤ 10"),
    row(Area::Tokens, "token for a secret", "1/s", OURS, "≥ 3,000"),
    row(Area::Tokens, "token for a secret: server CPU", "µs", OURS, ""),
    row(Area::Tokens, "token for a secret: p99", "ms", OURS, "≤ 20"),
    row(Area::Tokens, "exchange", "1/s", OURS, "≥ 5,000"),
    row(Area::Tokens, "exchange: server CPU", "µs", OURS, ""),
    row(Area::Tokens, "exchange: p99", "ms", OURS, "≤ 20"),
    row(Area::Tokens, "token for a refresh token", "1/s", OURS, "≥ 5,000"),
    row(Area::Tokens, "token for a refresh token: server CPU", "µs", OURS, ""),
    row(Area::Tokens, "token for a refresh token: p99", "ms", OURS, "≤ 20"),
    row(
        Area::Tokens,
        "token for a person's refresh token",
        "1/s",
        OURS,
        "≥ 5,000",
    ),
    row(
        Area::Tokens,
        "token for a person's refresh token: server CPU",
        "µs",
        OURS,
        "",
    ),
    row(
        Area::Tokens,
        "token for a person's refresh token: p99",
        "ms",
        OURS,
        "≤ 20",
    ),
    row(
        Area::Tokens,
        "500 guess passwords: manifests still served",
        "%",
        OURS,
        "≥ 50",
    ),
    row(Area::Tokens, "500 guess passwords: memory", "MiB", OURS, "≤ 250"),
    row(
        Area::Push,
        "push 1 GiB in one PUT",
        "GB/s",
        REGISTRIES,
        "≥ 0.65; two cores ≥ 0.85",
    ),
    row(
        Area::Push,
        "push 1 GiB in one PUT: server CPU",
        "s/GiB",
        REGISTRIES,
        "≤ 1.4",
    ),
    row(
        Area::Push,
        "push 1 GiB in one PUT: unsynced after",
        "MiB",
        REGISTRIES,
        "about 0",
    ),
    row(
        Area::Push,
        "push 1 GiB in chunks of 16 MiB",
        "GB/s",
        REGISTRIES,
        "≥ 0.65; two cores ≥ 0.85",
    ),
    row(
        Area::Push,
        "push 1 GiB in chunks of 16 MiB: server CPU",
        "s/GiB",
        REGISTRIES,
        "≤ 1.4",
    ),
    row(
        Area::Push,
        "push 1 GiB in chunks of 16 MiB: unsynced after",
        "MiB",
        REGISTRIES,
        "about 0",
    ),
    row(
        Area::Push,
        "8 pushes of 128 MiB",
        "GB/s",
        REGISTRIES,
        "≥ 0.70; two cores ≥ 1.05",
    ),
    row(
        Area::Push,
        "8 pushes of 128 MiB: server CPU",
        "s/GiB",
        REGISTRIES,
        "≤ 1.4",
    ),
    row(
        Area::Push,
        "8 pushes of 128 MiB: unsynced after",
        "MiB",
        REGISTRIES,
        "about 0",
    ),
    row(Area::Images, "500 small images, 16 workers", "1/s", REGISTRIES, "≥ 300"),
    row(
        Area::Images,
        "500 small images, 16 workers: one image, p50",
        "ms",
        REGISTRIES,
        "",
    ),
    row(
        Area::Images,
        "500 small images, 16 workers: one image, p99",
        "ms",
        REGISTRIES,
        "≤ 150",
    ),
    row(
        Area::Images,
        "500 small images, 16 workers: server CPU",
        "ms",
        REGISTRIES,
        "",
    ),
    row(Area::Lists, "10,000 tags: whole list", "ms", REGISTRIES, "≤ 10"),
    row(Area::Lists, "10,000 tags: page of 100", "ms", REGISTRIES, "≤ 2"),
    row(
        Area::Lists,
        "10,000 tags: page of 100, last tenth",
        "ms",
        REGISTRIES,
        "≤ 2",
    ),
    row(
        Area::Lists,
        "5,000 repositories: page of 1,000",
        "ms",
        REGISTRIES,
        "≤ 10",
    ),
    row(Area::Lists, "5,000 repositories: page of 100", "ms", REGISTRIES, "≤ 2"),
    row(Area::Memory, "memory, idle", "MiB", ALL, "≤ 32"),
    row(Area::Memory, "memory, 200 pulls of 1 MiB/s", "MiB", ALL, "≤ 60"),
    row(Area::Memory, "memory, 100 pushes of 16 MiB", "MiB", REGISTRIES, "≤ 80"),
    row(Area::Start, "start, empty", "ms", ALL, ""),
    row(Area::Start, "start, 100,000 manifests", "ms", OURS, "≤ 50"),
];
