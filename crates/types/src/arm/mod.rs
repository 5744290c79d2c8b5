//! Wire types of the resource manager (ARM): what our server answers and accepts, and what the client sends and reads.
//!
//! One file per noun. Answers omit what they do not have (`null` and absent mean the same to every known client);
//! request bodies are types of their own, because what may be sent is less than what is shown.
//!
//! **Invariant:** a request body refuses fields that it does not know ([`input::parse`]). Fields that are read-only in
//! the answer are dropped before that check, since clients that read, change and write back a whole object send them.
//! This module knows nothing of HTTP, storage or authorisation.

pub mod activity;
pub mod alias;
pub mod check_access;
pub mod credential;
pub mod error;
pub mod input;
pub mod list;
pub mod location;
pub mod metadata;
pub mod name_check;
pub mod provider;
pub mod registry;
pub mod resource;
pub mod resource_group;
pub mod role_assignment;
pub mod role_definition;
pub mod secret;
pub mod subscription;
pub mod system_data;
pub mod tenant;
pub mod usage;

pub use activity::ActivityEvent;
pub use error::{ErrorBody, ErrorDetail};
pub use list::Page;
pub use registry::Registry;
pub use resource::GenericResource;
pub use resource_group::ResourceGroup;
pub use role_assignment::RoleAssignment;
pub use role_definition::RoleDefinition;
pub use secret::SecretText;
pub use subscription::Subscription;
pub use system_data::SystemData;

/// Tags of a resource: free text by name, in byte order of the names.
pub type Tags = std::collections::BTreeMap<String, String>;
