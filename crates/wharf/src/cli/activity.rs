//! `wharf acr activity …`.

use clap::{Args, Subcommand};

use super::{EndDate, SubscriptionArg, values::name};

/// What was done, by whom, and with what result
#[derive(Debug, Subcommand)]
pub(crate) enum ActivityCommand {
    List(ActivityListArgs),
}

/// List what was done, newest first
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf acr activity list -o table
  wharf acr activity list -n myregistry --start-time 2026-11-01 --max-events 200
  wharf acr activity list --tenant-level -o table      principals, subscriptions
  wharf acr activity list --correlation-id REQUEST_ID")]
pub(crate) struct ActivityListArgs {
    /// Only what was done to this registry
    #[arg(long, short, value_parser = name, conflicts_with = "resource_id")]
    pub(crate) name: Option<String>,
    /// Only in this resource group
    #[arg(long, short = 'g', value_parser = name)]
    pub(crate) resource_group: Option<String>,
    /// Only what was done to this resource, or in it
    #[arg(long)]
    pub(crate) resource_id: Option<String>,
    /// Only the events of one request
    #[arg(long)]
    pub(crate) correlation_id: Option<String>,
    /// Only what this principal did
    #[arg(long)]
    pub(crate) caller: Option<String>,
    /// Only with this result: Succeeded or Failed
    #[arg(long)]
    pub(crate) status: Option<String>,
    /// Events of the tenant itself, instead of those of a subscription
    #[arg(long, conflicts_with_all = ["name", "resource_group", "subscription"])]
    pub(crate) tenant_level: bool,
    /// Not before; 30 days before the end when left out
    #[arg(long)]
    pub(crate) start_time: Option<EndDate>,
    /// Not after; now when left out
    #[arg(long)]
    pub(crate) end_time: Option<EndDate>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) max_events: u32,
    #[command(flatten)]
    pub(crate) subscription: SubscriptionArg,
}
