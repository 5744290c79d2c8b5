//! Somebody's groups, and the groups that these are in.

use std::collections::{BTreeSet, HashSet};

use wharf_types::ldap::{LdapSettings, NestedGroups};

use super::limits::{GROUP_LEVELS, GROUP_SEARCHES, GROUPS, MEMBERS_AT_ONCE};
use super::search::{Entry, Search};
use super::wire::Wire;
use super::{LdapError, person};

/// What somebody's groups are called.
pub(super) struct Groups {
    pub(super) names: Vec<String>,
    /// Whether no bound cut them short.
    pub(super) complete: bool,
}

/// The groups of a person, each once, however they are reached; groups that are in each other come to an end.
pub(super) async fn groups(
    wire: &mut Wire,
    place: &str,
    settings: &LdapSettings,
    entry: &Entry,
) -> Result<Option<Groups>, LdapError> {
    let Some(base) = &settings.group_base else {
        return Ok(None);
    };
    let principal = person::name(settings, entry)?;
    let name = principal.split('@').next().unwrap_or(principal);
    let by_dn = settings.group_attribute.eq_ignore_ascii_case("dn");
    // "1.1" asks for no attribute (RFC 4511 §4.5.1.8).
    let attribute = if by_dn {
        "1.1"
    } else {
        settings.group_attribute.as_str()
    };
    let levels = if settings.nested_groups == NestedGroups::Levels {
        GROUP_LEVELS
    } else {
        1
    };

    let (mut names, mut seen, mut complete) = (BTreeSet::new(), HashSet::new(), true);
    let (mut members, mut searches) = (vec![entry.dn.clone()], 0);
    for _ in 0..levels {
        let mut next = Vec::new();
        for some in members.chunks(MEMBERS_AT_ONCE) {
            let left = GROUPS - seen.len();
            if searches == GROUP_SEARCHES || left == 0 {
                complete = false;
                break;
            }
            searches += 1;
            let filter = any_of(some.iter().map(|dn| settings.group_filter.member(name, principal, dn)));
            let search = Search {
                what: "the group base",
                base,
                filter: &filter,
                attributes: vec![attribute],
                most: GROUPS,
            };
            let (found, all) = wire.search(place, &search).await?;
            complete &= all;
            for group in found {
                if seen.len() == GROUPS {
                    complete = false;
                    break;
                }
                if !seen.insert(group.dn.to_lowercase()) {
                    continue;
                }
                // A group without the attribute has no name that anything could be given to.
                let called = if by_dn {
                    Some(group.dn.as_str())
                } else {
                    group.text(attribute)
                };
                names.extend(called.map(str::to_owned));
                next.push(group.dn);
            }
        }
        members = next;
        if members.is_empty() {
            break;
        }
    }
    // The last level found more, and nobody looked what these are in.
    complete &= members.is_empty() || settings.nested_groups != NestedGroups::Levels;
    Ok(Some(Groups {
        names: names.into_iter().collect(),
        complete,
    }))
}

fn any_of(filters: impl ExactSizeIterator<Item = String>) -> String {
    if filters.len() == 1 {
        return filters.collect();
    }
    format!("(|{})", filters.collect::<String>())
}
