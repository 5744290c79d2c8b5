//! Open files: every connection is one, and what is read or written for it another.

use rustix::process::{Resource, getrlimit, setrlimit};
use wharf_server::listen::Limits;

/// Files that are not a connection's: the database, the listener, the runtime.
const OWN: u64 = 128;
/// Files of a connection: itself, and a blob.
const EACH: u64 = 2;

/// Asks for as many open files as the system allows, and lets in no more connections than there are files for.
pub(super) fn fit(mut limits: Limits) -> Limits {
    let allowed = raise();
    let fitting = connections_for(allowed);
    if fitting < limits.connections {
        tracing::warn!(
            open_files.most = allowed,
            "the system allows {allowed} open files, so {fitting} connections may be open at once and not {}: allow {} (LimitNOFILE, ulimit -n), or set limits.connections",
            limits.connections,
            OWN + EACH * u64::from(limits.connections),
        );
        limits.connections = fitting;
    }
    limits
}

/// The soft limit, once it is as high as the hard one.
fn raise() -> u64 {
    let mut limit = getrlimit(Resource::Nofile);
    let (Some(_), hard) = (limit.current, limit.maximum) else {
        return u64::MAX;
    };
    limit.current = hard;
    // It stays as it was where even that is forbidden.
    let _ = setrlimit(Resource::Nofile, limit);
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

fn connections_for(files: u64) -> u32 {
    u32::try_from(files.saturating_sub(OWN) / EACH)
        .unwrap_or(u32::MAX)
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_file_for_each_connection_and_its_blob() {
        assert_eq!(connections_for(1024), 448);
        assert_eq!(connections_for(20_000), 9936);
        assert_eq!(connections_for(100), 1);
        assert_eq!(connections_for(u64::MAX), u32::MAX);
    }

    #[test]
    fn the_limit_is_raised_as_far_as_the_system_allows() {
        let raised = raise();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
        assert_eq!(raised, limit.current.unwrap_or(u64::MAX));
    }
}
