//! The one decision.

use std::fmt;

use crate::access::{Action, Grant, GrantSource, Pattern, Permissions, Subject};
use crate::id::TenantId;
use crate::resource::ResourceScope;

/// What was decided, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Permitted, by this grant.
    Allow(GrantSource),
    /// Not permitted: nothing that the subject holds permits it.
    Deny(Missing),
}

/// The right that was missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// To do what.
    pub action: Action,
    /// Where.
    pub scope: ResourceScope,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the right {} is missing on {}", self.action.name(), self.scope)
    }
}

/// Decides whether `subject` may do `action` at `scope` of `tenant`. Denies by default; permits when one grant that reaches the scope does.
pub fn decide(subject: &Subject, action: Action, tenant: TenantId, scope: &ResourceScope) -> Decision {
    match deciding_grant(&subject.grants, action, scope) {
        Some(grant) if subject.tenant == tenant => Decision::Allow(grant.source),
        _ => Decision::Deny(Missing {
            action,
            scope: scope.clone(),
        }),
    }
}

/// Whether `subject` may do anything at all with content of a registry of `tenant`, in the whole or in some part of it.
pub fn reaches_content(subject: &Subject, tenant: TenantId, registry: &ResourceScope) -> bool {
    let about = |grant: &&Grant| grant.scope.contains(registry) || registry.contains(&grant.scope);
    let content = |grant: &Grant| {
        let mut actions = Action::ALL.iter().filter(|action| action.data_name().is_some());
        actions.any(|action| grant.role.permissions.permit(*action))
    };
    subject.tenant == tenant && subject.grants.iter().filter(about).any(content)
}

/// The grant that permits `action` at `scope`; none when nothing does.
pub fn deciding_grant<'a>(grants: &'a [Grant], action: Action, scope: &ResourceScope) -> Option<&'a Grant> {
    grants
        .iter()
        .find(|grant| grant.scope.contains(scope) && grant.role.permissions.permit(action))
}

/// Whether `subject` holds at `scope` everything that `permissions` give, so that it may pass them on there (rule 36).
///
/// Errs on the side of no: each pattern must be covered by one grant as a whole, and a grant with exceptions covers a pattern only where the
/// exceptions cannot touch it or are exceptions of `permissions` as well.
pub fn covers(subject: &Subject, scope: &ResourceScope, permissions: &Permissions) -> bool {
    let held: Vec<&Permissions> = subject
        .grants
        .iter()
        .filter(|grant| grant.scope.contains(scope))
        .map(|grant| &grant.role.permissions)
        .collect();
    let actions = permissions.actions.iter().all(|wanted| {
        held.iter()
            .any(|held| covers_pattern(&held.actions, &held.not_actions, wanted, &permissions.not_actions))
    });
    let data_actions = permissions.data_actions.iter().all(|wanted| {
        held.iter().any(|held| {
            covers_pattern(&held.data_actions, &held.not_data_actions, wanted, &permissions.not_data_actions)
                // Owner and Contributor hold content through their `actions`, as the founding documents say; what they hold they may pass on.
                || covers_pattern(&held.actions, &held.not_actions, wanted, &permissions.not_data_actions)
                || Action::twin_of(wanted.as_str()).is_some_and(|action| held.permit(action))
        })
    });
    actions && data_actions
}

fn covers_pattern(held: &[Pattern], exceptions: &[Pattern], wanted: &Pattern, wanted_exceptions: &[Pattern]) -> bool {
    held.iter().any(|pattern| pattern.matches(wanted.as_str()))
        && exceptions
            .iter()
            .filter(|exception| exception.may_overlap(wanted))
            .all(|exception| {
                wanted_exceptions
                    .iter()
                    .any(|excepted| excepted.matches(exception.as_str()))
            })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Principal, built_in_role, built_in_roles};
    use crate::id::{ObjectId, RoleAssignmentId};
    use std::sync::Arc;
    use uuid::Uuid;

    const TENANT: TenantId = TenantId(Uuid::from_u128(1));
    const GROUP: &str = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/prod";

    fn scope(text: &str) -> ResourceScope {
        text.parse().unwrap()
    }

    fn registry(group: &str) -> ResourceScope {
        scope(&format!(
            "{group}/providers/Microsoft.ContainerRegistry/registries/web01"
        ))
    }

    fn holder_of(role: &str, at: &ResourceScope) -> Subject {
        let source = GrantSource::Assignment(RoleAssignmentId(Uuid::from_u128(9)));
        let role = Arc::new(built_in_role(role).unwrap().clone());
        let principal = Principal::ServicePrincipal(ObjectId(Uuid::from_u128(2)));
        Subject {
            tenant: TENANT,
            principal,
            grants: vec![Grant {
                source,
                role,
                scope: at.clone(),
            }],
        }
    }

    fn allowed(subject: &Subject, action: Action, at: &ResourceScope) -> bool {
        matches!(decide(subject, action, TENANT, at), Decision::Allow(_))
    }

    #[test]
    fn a_role_on_a_resource_group_reaches_its_registries_and_no_namesake() {
        let subject = holder_of("AcrPull", &scope(GROUP));
        assert!(allowed(&subject, Action::ContentPull, &registry(GROUP)));
        assert!(!allowed(&subject, Action::ContentPull, &registry(&format!("{GROUP}2"))));
        assert!(!allowed(&subject, Action::ContentPull, &ResourceScope::Root));
    }

    #[test]
    fn nothing_of_another_tenant_is_within_reach() {
        let subject = holder_of("Owner", &ResourceScope::Root);
        let other = TenantId(Uuid::from_u128(99));
        assert!(matches!(
            decide(&subject, Action::ContentPull, other, &registry(GROUP)),
            Decision::Deny(_)
        ));
    }

    #[test]
    fn the_founding_roles_do_what_the_founding_documents_say() {
        use Action::{ContentDelete, ContentPull, ContentPush, RegistryWrite, RoleAssignmentWrite};
        let at = registry(GROUP);
        for (role, may) in [
            ("AcrPull", vec![ContentPull]),
            ("AcrPush", vec![ContentPull, ContentPush]),
            ("AcrDelete", vec![ContentDelete]),
            ("Reader", vec![ContentPull]),
            (
                "Contributor",
                vec![ContentPull, ContentPush, ContentDelete, RegistryWrite],
            ),
            (
                "Owner",
                vec![
                    ContentPull,
                    ContentPush,
                    ContentDelete,
                    RegistryWrite,
                    RoleAssignmentWrite,
                ],
            ),
            ("Container Registry Repository Reader", vec![ContentPull]),
            ("Container Registry Repository Writer", vec![ContentPull, ContentPush]),
            (
                "Container Registry Repository Contributor",
                vec![ContentPull, ContentPush, ContentDelete],
            ),
            ("Container Registry Repository Catalog Lister", vec![]),
        ] {
            let subject = holder_of(role, &at);
            for action in [
                ContentPull,
                ContentPush,
                ContentDelete,
                RegistryWrite,
                RoleAssignmentWrite,
            ] {
                assert_eq!(
                    allowed(&subject, action, &at),
                    may.contains(&action),
                    "{role}: {action:?}"
                );
            }
        }
    }

    #[test]
    fn a_refusal_names_the_right_that_was_missing() {
        let at = registry(GROUP);
        let Decision::Deny(missing) = decide(&holder_of("AcrPull", &at), Action::ContentPush, TENANT, &at) else {
            panic!("allowed")
        };
        assert_eq!(
            missing.to_string(),
            format!("the right Microsoft.ContainerRegistry/registries/push/write is missing on {at}")
        );
    }

    #[test]
    fn an_owner_may_pass_on_every_role_and_only_below_where_they_hold_it() {
        let owner = holder_of("Owner", &scope(GROUP));
        for role in built_in_roles() {
            assert!(covers(&owner, &registry(GROUP), &role.permissions), "{}", role.name);
            assert!(
                !covers(&owner, &ResourceScope::Root, &role.permissions),
                "{}",
                role.name
            );
        }
    }

    #[test]
    fn nobody_passes_on_more_than_they_hold() {
        let at = scope(GROUP);
        let may_pass =
            |holder: &str, role: &str| covers(&holder_of(holder, &at), &at, &built_in_role(role).unwrap().permissions);
        assert!(may_pass("User Access Administrator", "Reader"));
        assert!(may_pass("User Access Administrator", "AcrPull"));
        assert!(!may_pass("User Access Administrator", "AcrPush"));
        assert!(!may_pass("User Access Administrator", "Owner"));
        assert!(!may_pass("Contributor", "Owner"));
        assert!(!may_pass("Contributor", "User Access Administrator"));
        assert!(may_pass("Contributor", "Contributor"));
        assert!(may_pass("Contributor", "AcrPush"));
        assert!(may_pass("AcrPush", "Container Registry Repository Writer") == may_pass("AcrPush", "Contributor"));
    }
}
