//! What Wharf has to know of an organisation's own directory (LDAP, Active Directory) to let people in by it: how to reach it, how to find somebody in it, and which
//! of its attributes mean what. Nothing here talks to one.

mod object_id;
mod settings;
mod template;

pub use object_id::SubjectId;
pub use settings::{InvalidLdapSettings, LdapInput, LdapPreset, LdapSettings, LdapUrl, NestedGroups};
pub use template::{BindTemplate, FilterTemplate, MAX_VALUE_BYTES, filter_value};
