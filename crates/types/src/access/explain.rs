//! The least that would permit what is refused.

use crate::access::{Action, RoleDefinition, built_in_roles};

/// Of the built-in roles that permit `action`, the one that permits the least beside it.
pub fn least_role(action: Action) -> Option<&'static RoleDefinition> {
    let permits = |role: &&RoleDefinition| role.permissions.permit(action);
    built_in_roles().iter().filter(permits).min_by_key(|role| breadth(role))
}

fn breadth(role: &RoleDefinition) -> usize {
    let permitted = |action: &&Action| role.permissions.permit(**action);
    Action::ALL.iter().filter(permitted).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_role_gives_little_more_than_what_is_asked() {
        for (action, role) in [
            (Action::ContentPull, "AcrPull"),
            (Action::ContentPush, "AcrPush"),
            (Action::ContentDelete, "AcrDelete"),
        ] {
            assert_eq!(least_role(action).unwrap().name, role, "{action:?}");
        }
        for &action in Action::ALL {
            let role = least_role(action).unwrap();
            assert!(role.permissions.permit(action), "{action:?}");
        }
    }
}
