//! `wharf acr explain`.

use clap::{ArgGroup, Args};
use uuid::Uuid;

use super::{SubscriptionArg, values::name};

/// Say why somebody may or may not do something, and the least that would let them
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("what").required(true).args(["refusal", "assignee", "assignee_object_id"])),
    after_long_help = "\
Examples:
  wharf acr explain 0b6f2f1e-5f0a-4c52-9d3b-6a3c1f6d2c11      what a refusal named
  wharf acr explain --assignee ann@example.com --action push -n myregistry --repository web
  wharf acr explain --assignee APP_ID --action pull -n myregistry -o table"
)]
pub(crate) struct ExplainArgs {
    /// The id that a refusal named; it is found a few seconds after the refusal
    #[arg(value_name = "ID")]
    pub(crate) refusal: Option<Uuid>,
    /// Whom about: user name, app id or object id
    #[arg(long, requires = "action")]
    pub(crate) assignee: Option<String>,
    /// Whom about, by object id: without a look into the directory
    #[arg(long, requires = "action")]
    pub(crate) assignee_object_id: Option<Uuid>,
    /// To do what: pull, push, delete, metadata-read, metadata-write, or a role definition's name of an action
    #[arg(long)]
    pub(crate) action: Option<String>,
    /// At which registry
    #[arg(long, short, value_parser = name, conflicts_with = "refusal")]
    pub(crate) name: Option<String>,
    /// In which repository of it
    #[arg(long, requires = "name")]
    pub(crate) repository: Option<String>,
    /// Where, by resource id, instead of --name
    #[arg(long, conflicts_with_all = ["name", "refusal"])]
    pub(crate) scope: Option<String>,
    #[command(flatten)]
    pub(crate) subscription: SubscriptionArg,
}
