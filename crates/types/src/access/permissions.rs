//! What a role permits: name patterns, as role definitions list them.

use std::borrow::Cow;

use crate::access::Action;
use crate::id::RoleDefinitionId;

/// A name of actions in which `*` stands for any text: `*/read`, `Microsoft.Authorization/*`. Case does not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Cow<'static, str>);

impl Pattern {
    /// The pattern of this text.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self(text.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it stands for `name`. Another pattern given as the name is matched letter by letter, its `*` only by a `*` of ours: so this also
    /// tells whether everything that `name` stands for is ours. Takes time in proportion to both lengths (rule 42).
    pub fn matches(&self, name: &str) -> bool {
        let (pattern, name) = (self.0.as_bytes(), name.as_bytes());
        let (mut p, mut n) = (0, 0);
        let mut last_star: Option<(usize, usize)> = None;
        while n < name.len() {
            if p < pattern.len() && pattern[p] == b'*' {
                last_star = Some((p, n));
                p += 1;
            } else if p < pattern.len() && pattern[p].eq_ignore_ascii_case(&name[n]) {
                p += 1;
                n += 1;
            } else if let Some((star, from)) = last_star {
                last_star = Some((star, from + 1));
                p = star + 1;
                n = from + 1;
            } else {
                return false;
            }
        }
        pattern[p..].iter().all(|b| *b == b'*')
    }

    /// Whether some name may be meant by both. Errs on the side of yes: it compares only what stands before the first `*`.
    pub(super) fn may_overlap(&self, other: &Pattern) -> bool {
        let head = |pattern: &Pattern| pattern.0.split('*').next().unwrap_or("").to_ascii_lowercase();
        let (ours, theirs) = (head(self), head(other));
        ours.starts_with(&theirs) || theirs.starts_with(&ours)
    }
}

/// What a role permits: `actions` less `notActions`, and `dataActions` less `notDataActions`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Permitted.
    pub actions: Vec<Pattern>,
    /// Taken out of `actions`; not a prohibition: another role may permit it.
    pub not_actions: Vec<Pattern>,
    /// Permitted on content.
    pub data_actions: Vec<Pattern>,
    /// Taken out of `data_actions`.
    pub not_data_actions: Vec<Pattern>,
}

impl Permissions {
    /// Whether the role permits `action`, under either of its names.
    pub fn permit(&self, action: Action) -> bool {
        let any = |patterns: &[Pattern], name: &str| patterns.iter().any(|pattern| pattern.matches(name));
        let control = any(&self.actions, action.name()) && !any(&self.not_actions, action.name());
        control
            || action
                .data_name()
                .is_some_and(|name| any(&self.data_actions, name) && !any(&self.not_data_actions, name))
    }
}

/// Where a role definition comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleKind {
    /// Part of the product.
    BuiltIn,
    /// Made by an owner.
    Custom,
}

/// A role: a name for a set of permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleDefinition {
    /// Its id, the same in every installation for a built-in role.
    pub id: RoleDefinitionId,
    /// The name that people give on a command line.
    pub name: Cow<'static, str>,
    /// What it is for.
    pub description: Cow<'static, str>,
    /// Where it comes from.
    pub kind: RoleKind,
    /// What it permits.
    pub permissions: Permissions,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, name, matches) in [
            ("*", "anything", true),
            ("*/read", "Microsoft.ContainerRegistry/registries/pull/read", true),
            ("*/read", "Microsoft.ContainerRegistry/registries/push/write", false),
            (
                "Microsoft.Authorization/*/Write",
                "microsoft.authorization/roleAssignments/write",
                true,
            ),
            ("Microsoft.Authorization/*", "Microsoft.AuthorizationX/read", false),
            ("a*b*c", "aXbXbXc", true),
            ("a*b*c", "aXbXbX", false),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(Pattern::new(pattern).matches(name), matches, "{pattern} on {name}");
        }
    }

    #[test]
    fn a_pattern_is_matched_only_by_one_at_least_as_wide() {
        assert!(Pattern::new("*").matches("*/read"));
        assert!(Pattern::new("*/read").matches("Microsoft.Web/*/read"));
        assert!(!Pattern::new("*/read").matches("*"));
        assert!(!Pattern::new("Microsoft.Web/sites/read").matches("Microsoft.Web/*"));
    }

    proptest! {
        #[test]
        fn matching_agrees_with_the_obvious_recursion(pattern in "[ab*]{0,8}", name in "[ab]{0,10}") {
            fn obvious(pattern: &[u8], name: &[u8]) -> bool {
                match pattern.split_first() {
                    None => name.is_empty(),
                    Some((b'*', rest)) => (0..=name.len()).any(|at| obvious(rest, &name[at..])),
                    Some((first, rest)) => name.split_first().is_some_and(|(head, tail)| head == first && obvious(rest, tail)),
                }
            }
            prop_assert_eq!(Pattern::new(pattern.clone()).matches(&name), obvious(pattern.as_bytes(), name.as_bytes()));
        }
    }
}
