//! What is measured, on what, and how much of it.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};

/// Runs Wharf beside nginx and Debian's docker-registry, and prints how they compare.
#[derive(Debug, Parser)]
#[command(name = "scripts/bench")]
pub(crate) struct Options {
    /// Small sizes, under a minute: shows that everything runs; the figures mean nothing.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Only these areas.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) areas: Vec<Area>,
    /// Only these servers.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) only: Vec<Name>,
    /// How often each figure is taken [5; with --quick 1].
    #[arg(long)]
    pub(crate) repetitions: Option<usize>,
    /// The cores of the servers.
    #[arg(long, value_delimiter = ',', default_value = "0")]
    pub(crate) server_cores: Vec<usize>,
    /// The cores of the clients.
    #[arg(long, value_delimiter = ',', default_value = "1")]
    pub(crate) client_cores: Vec<usize>,
    /// A folder on the disk that is to be measured, with 8 GiB free.
    #[arg(long, default_value = "/var/tmp")]
    pub(crate) scratch: PathBuf,
    /// Where the report goes: OUT.md and OUT.json.
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
}

/// A group of rows that are measured together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Area {
    /// Large blobs, plain.
    Pull,
    /// Large blobs over TLS.
    Tls,
    /// Manifests and small blobs.
    Requests,
    /// Tokens for secrets and for tokens, and a flood of passwords.
    Tokens,
    /// Large blobs, durable.
    Push,
    /// Many small images, durable.
    Images,
    /// Tags and repositories.
    Lists,
    /// Memory held.
    Memory,
    /// From the start of the process to its first answer.
    Start,
}

/// A server that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Name {
    /// Static files: the practical limit.
    Nginx,
    /// CNCF distribution, as Debian packages it; open to everybody.
    Distribution,
    /// Ours, with a token.
    Wharf,
}

impl Name {
    /// The column's title.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Distribution => "docker-registry",
            Self::Wharf => "Wharf",
        }
    }
}

impl Options {
    /// Whether an area is measured.
    pub(crate) fn wants_area(&self, area: Area) -> bool {
        self.areas.is_empty() || self.areas.contains(&area)
    }

    /// Whether a server is measured.
    pub(crate) fn wants(&self, name: Name) -> bool {
        self.only.is_empty() || self.only.contains(&name)
    }

    /// How much work each row is.
    pub(crate) fn scale(&self) -> Scale {
        let scale = if self.quick { Scale::QUICK } else { Scale::FULL };
        Scale {
            repetitions: self.repetitions.unwrap_or(scale.repetitions).max(1),
            ..scale
        }
    }
}

/// How much work each row is. Sizes are in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    pub(crate) repetitions: usize,
    /// The blob of pulls and of single pushes.
    pub(crate) large: u64,
    /// The blob that is pulled slowly.
    pub(crate) medium: u64,
    /// Each of the blobs that are pushed at once.
    pub(crate) parallel: u64,
    /// Each of the blobs that are pushed slowly.
    pub(crate) paced: u64,
    /// The chunks of a push in chunks.
    pub(crate) chunk: u64,
    /// How long one pull measurement lasts.
    pub(crate) pull: Duration,
    /// How long one measurement of small requests lasts.
    pub(crate) requests: Duration,
    /// How long the slow pulls last.
    pub(crate) slow: Duration,
    pub(crate) slow_pulls: usize,
    pub(crate) slow_pushes: usize,
    /// Who try passwords at once.
    pub(crate) guessers: usize,
    /// How often people's clients refresh.
    pub(crate) refreshes: usize,
    pub(crate) images: usize,
    pub(crate) tags: usize,
    pub(crate) repositories: usize,
    pub(crate) manifests: usize,
}

const MIB: u64 = 1 << 20;

impl Scale {
    const FULL: Self = Self {
        repetitions: 5,
        large: 1024 * MIB,
        medium: 256 * MIB,
        parallel: 128 * MIB,
        paced: 16 * MIB,
        chunk: 16 * MIB,
        pull: Duration::from_secs(2),
        requests: Duration::from_secs(2),
        slow: Duration::from_secs(20),
        slow_pulls: 200,
        slow_pushes: 100,
        guessers: 500,
        refreshes: 10_000,
        images: 500,
        tags: 10_000,
        repositories: 5_000,
        manifests: 100_000,
    };

    const QUICK: Self = Self {
        repetitions: 1,
        large: 16 * MIB,
        medium: 8 * MIB,
        parallel: 2 * MIB,
        paced: MIB,
        chunk: 4 * MIB,
        pull: Duration::from_millis(300),
        requests: Duration::from_millis(300),
        slow: Duration::from_secs(1),
        slow_pulls: 20,
        slow_pushes: 10,
        guessers: 20,
        refreshes: 200,
        images: 20,
        tags: 250,
        repositories: 120,
        manifests: 200,
    };
}
