//! Principals, and what they hold.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::access::RoleDefinition;
use crate::id::{ObjectId, RegistryId, RoleAssignmentId, TenantId};
use crate::resource::ResourceScope;

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Principal {
    /// A person.
    User(ObjectId),
    /// An application acting for itself.
    ServicePrincipal(ObjectId),
    /// A registry's admin account.
    AdminAccount(RegistryId),
    /// Nobody, at a registry whose content anybody may pull.
    Anonymous(RegistryId),
    /// The product itself: jobs, and the operator on the server's host.
    System,
}

/// The kinds of directory objects that hold roles and are members of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrincipalKind {
    /// A person.
    User,
    /// A group: what it holds, its members hold.
    Group,
    /// An application acting for itself.
    ServicePrincipal,
}

impl PrincipalKind {
    /// The word of the graph, which is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::ServicePrincipal => "servicePrincipal",
        }
    }

    /// The resource manager's word for it.
    pub const fn arm_name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::ServicePrincipal => "ServicePrincipal",
        }
    }
}

impl FromStr for PrincipalKind {
    type Err = UnknownPrincipal;

    /// Either word.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::User, Self::Group, Self::ServicePrincipal]
            .into_iter()
            .find(|kind| text.eq_ignore_ascii_case(kind.as_str()))
            .ok_or(UnknownPrincipal)
    }
}

impl Principal {
    /// Its id in the directory, for those that are objects of it.
    pub const fn object_id(self) -> Option<ObjectId> {
        match self {
            Self::User(id) | Self::ServicePrincipal(id) => Some(id),
            Self::AdminAccount(_) | Self::Anonymous(_) | Self::System => None,
        }
    }
}

impl fmt::Display for Principal {
    /// How tokens and the journal name a principal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user/{id}"),
            Self::ServicePrincipal(id) => write!(f, "servicePrincipal/{id}"),
            Self::AdminAccount(registry) => write!(f, "adminAccount/{registry}"),
            Self::Anonymous(registry) => write!(f, "anonymous/{registry}"),
            Self::System => f.write_str("system"),
        }
    }
}

impl FromStr for Principal {
    type Err = UnknownPrincipal;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "system" {
            return Ok(Self::System);
        }
        let (kind, id) = text.split_once('/').ok_or(UnknownPrincipal)?;
        match kind {
            "user" => id.parse().map(Self::User),
            "servicePrincipal" => id.parse().map(Self::ServicePrincipal),
            "adminAccount" => id.parse().map(Self::AdminAccount),
            "anonymous" => id.parse().map(Self::Anonymous),
            _ => return Err(UnknownPrincipal),
        }
        .map_err(|_| UnknownPrincipal)
    }
}

/// The text names no kind of principal that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a principal")]
pub struct UnknownPrincipal;

/// Why a subject holds a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantSource {
    /// Somebody assigned it.
    Assignment(RoleAssignmentId),
    /// Somebody assigned it to a group that the subject is a member of, by itself or by way of other groups.
    Group {
        /// The assignment.
        assignment: RoleAssignmentId,
        /// The group that it names.
        group: ObjectId,
    },
    /// It belongs to the kind of principal: admin account, anonymous caller, system.
    Fixed,
    /// The subject registered the application that the grant is about.
    ApplicationOwner,
    /// The subject made the group that the grant is about.
    GroupOwner,
    /// The subject may assign roles somewhere, so it may look up and make the principals to assign them to.
    RoleAssigner,
}

/// A role that a subject holds at a scope.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Why.
    pub source: GrantSource,
    /// Which role.
    pub role: Arc<RoleDefinition>,
    /// Where.
    pub scope: ResourceScope,
}

/// A principal, with all that it holds at this moment.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The directory that it belongs to. Nothing of another tenant is within its reach.
    pub tenant: TenantId,
    /// Who it is.
    pub principal: Principal,
    /// What it holds.
    pub grants: Vec<Grant>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_principal_reads_back_as_written() {
        let id = Uuid::from_u128(7);
        for principal in [
            Principal::User(ObjectId(id)),
            Principal::ServicePrincipal(ObjectId(id)),
            Principal::AdminAccount(RegistryId(id)),
            Principal::Anonymous(RegistryId(id)),
            Principal::System,
        ] {
            assert_eq!(principal.to_string().parse(), Ok(principal));
        }
        for kind in [
            PrincipalKind::User,
            PrincipalKind::Group,
            PrincipalKind::ServicePrincipal,
        ] {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(kind.arm_name().parse(), Ok(kind));
        }
        assert_eq!("root/1".parse::<Principal>(), Err(UnknownPrincipal));
        assert_eq!("servicePrincipal/1".parse::<Principal>(), Err(UnknownPrincipal));
    }
}
