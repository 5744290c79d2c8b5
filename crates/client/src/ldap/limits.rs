//! How long and how much.

use std::time::Duration;

/// How long a directory is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LdapLimits {
    /// For a connection with its protection, to all addresses of the directory together.
    pub connect: Duration,
    /// For all of a question: waiting for a turn, connecting, binding, looking up.
    pub whole: Duration,
}

impl Default for LdapLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            whole: Duration::from_secs(10),
        }
    }
}

/// Connections to one directory at once.
pub(super) const CONNECTIONS: usize = 8;
/// The largest message that is read, in bytes.
pub(super) const MESSAGE_BYTES: usize = 1024 * 1024;
/// The most that is read on one connection, in bytes.
pub(super) const CONNECTION_BYTES: usize = 16 * 1024 * 1024;
/// How deep groups in groups are looked for.
pub(super) const GROUP_LEVELS: usize = 16;
/// The most groups of one person.
pub(super) const GROUPS: usize = 1000;
/// The most searches for the groups of one person.
pub(super) const GROUP_SEARCHES: usize = 64;
/// Members that one search for groups asks for at once.
pub(super) const MEMBERS_AT_ONCE: usize = 50;
/// Entries of one page. Active Directory gives no more than 1,000.
pub(super) const PAGE: i32 = 500;
