//! Subscriptions, resource groups, registries, their admin accounts, and what was done to them.

mod activity;
mod admin_account;
mod groups;
mod installation;
mod registries;
mod subscriptions;

pub use activity::ActivityFilter;
pub use admin_account::AdminCredentials;
pub use groups::GroupSettings;
pub(crate) use installation::installation_open;
pub use registries::{NameCheck, RegistryChange, RegistryPlace, Usages};
pub use wharf_store::meta::admin_password::{AdminPassword, AdminSlot};
pub use wharf_store::meta::journal::JournalRow;
pub use wharf_store::meta::registry::Registry;
pub use wharf_store::meta::resource_group::ResourceGroup;
pub use wharf_store::meta::subscription::{Subscription, Tenant};
