//! What the journal says: every change, with who did what to which thing.

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident => $text:literal, $area:ident;)+) => {
        /// What happened. The texts are ARM's operation names where ARM has one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum JournalKind {
            $($(#[$doc])* $name,)+
        }

        impl JournalKind {
            /// All of them.
            pub const ALL: &[JournalKind] = &[$(JournalKind::$name,)+];

            /// The operation's name, as stored and shown.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// What a node must read again when this happened.
            pub const fn area(self) -> Area {
                match self { $(Self::$name => Area::$area,)+ }
            }

            /// The kind of that name.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
            }
        }
    };
}

/// What part of a node's memory a change makes stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Area {
    /// Principals, credentials, roles and registries: whatever decides about access.
    Access,
    /// Repositories, manifests, tags and blobs.
    Content,
    /// Nothing: a record only.
    Record,
}

kinds! {
    /// The installation's first tenant and subscription were made.
    TenantCreate => "Microsoft.Directory/tenants/create", Access;
    /// A subscription was made.
    SubscriptionCreate => "Microsoft.Subscription/aliases/write", Access;
    /// A resource group was created or changed.
    ResourceGroupWrite => "Microsoft.Resources/subscriptions/resourceGroups/write", Access;
    /// A resource group was deleted.
    ResourceGroupDelete => "Microsoft.Resources/subscriptions/resourceGroups/delete", Access;
    /// A registry was created or changed.
    RegistryWrite => "Microsoft.ContainerRegistry/registries/write", Access;
    /// A registry was deleted.
    RegistryDelete => "Microsoft.ContainerRegistry/registries/delete", Access;
    /// The admin account's passwords were read (rule 3).
    RegistryListCredentials => "Microsoft.ContainerRegistry/registries/listCredentials/action", Record;
    /// One of the admin account's passwords was replaced.
    RegistryRegenerateCredential => "Microsoft.ContainerRegistry/registries/regenerateCredential/action", Access;
    /// A role was given.
    RoleAssignmentWrite => "Microsoft.Authorization/roleAssignments/write", Access;
    /// A role was taken away.
    RoleAssignmentDelete => "Microsoft.Authorization/roleAssignments/delete", Access;
    /// An application was registered.
    ApplicationCreate => "Microsoft.Directory/applications/create", Access;
    /// An application was changed.
    ApplicationUpdate => "Microsoft.Directory/applications/update", Access;
    /// An application was deleted.
    ApplicationDelete => "Microsoft.Directory/applications/delete", Access;
    /// A service principal was made.
    ServicePrincipalCreate => "Microsoft.Directory/servicePrincipals/create", Access;
    /// A service principal was changed.
    ServicePrincipalUpdate => "Microsoft.Directory/servicePrincipals/update", Access;
    /// A service principal was deleted.
    ServicePrincipalDelete => "Microsoft.Directory/servicePrincipals/delete", Access;
    /// A secret was made.
    CredentialAdd => "Microsoft.Directory/applications/credentials/add", Access;
    /// A secret was removed.
    CredentialRemove => "Microsoft.Directory/applications/credentials/remove", Access;
    /// An application accepts the tokens of an issuer's subject.
    FederatedCredentialAdd => "Microsoft.Directory/applications/federatedIdentityCredentials/add", Access;
    /// It does not any more.
    FederatedCredentialRemove => "Microsoft.Directory/applications/federatedIdentityCredentials/remove", Access;
    /// A registry's refresh token was revoked, and with it every token that was fetched with it.
    RegistryTokenRevoke => "Microsoft.ContainerRegistry/registries/refreshTokens/revoke", Access;
    /// A person was added.
    UserCreate => "Microsoft.Directory/users/create", Access;
    /// A person was changed, enabled or disabled.
    UserUpdate => "Microsoft.Directory/users/update", Access;
    /// A person was deleted.
    UserDelete => "Microsoft.Directory/users/delete", Access;
    /// A group was made.
    GroupCreate => "Microsoft.Directory/groups/create", Access;
    /// A group was changed.
    GroupUpdate => "Microsoft.Directory/groups/update", Access;
    /// A group was deleted.
    GroupDelete => "Microsoft.Directory/groups/delete", Access;
    /// Somebody became a member of a group.
    GroupMemberAdd => "Microsoft.Directory/groups/members/add", Access;
    /// Somebody is no longer a member of a group.
    GroupMemberRemove => "Microsoft.Directory/groups/members/remove", Access;
    /// Somebody was given a link to choose a password and enrol a second factor.
    UserInvite => "Microsoft.Directory/users/invite", Record;
    /// Somebody's password, second factor or recovery codes were set, or one of the codes was used.
    UserCredentialsWrite => "Microsoft.Directory/users/credentials/write", Access;
    /// A passkey was refused because it counts less than it did: there may be two of it.
    UserPasskeySuspect => "Microsoft.Directory/users/passkeys/suspect", Record;
    /// A client was let in on somebody's behalf.
    UserGrantCreate => "Microsoft.Directory/users/grants/create", Record;
    /// A client may ask for something on somebody's behalf, or on everybody's.
    ConsentGrant => "Microsoft.Directory/consents/grant", Access;
    /// It may not any more, and what it was given has ended.
    ConsentRemove => "Microsoft.Directory/consents/remove", Access;
    /// Sessions of somebody's browsers, or clients' access on their behalf, were ended.
    UserSessionEnd => "Microsoft.Directory/users/sessions/end", Access;
    /// An account was linked with what an identity provider calls its owner.
    UserIdentityLink => "Microsoft.Directory/users/identities/write", Access;
    /// It is no more.
    UserIdentityUnlink => "Microsoft.Directory/users/identities/delete", Access;
    /// An identity provider was made or changed, switched on or off.
    IdentityProviderWrite => "Microsoft.Directory/identityProviders/write", Access;
    /// An identity provider was deleted.
    IdentityProviderDelete => "Microsoft.Directory/identityProviders/delete", Access;
    /// Somebody decided whether a device is let in.
    DeviceCodeDecide => "Microsoft.Directory/deviceCodes/decide", Record;
    /// Somebody signed in; summed over a short time.
    SignIn => "Microsoft.Directory/signIns/success", Record;
    /// Somebody failed to sign in; summed over a short time.
    SignInFailure => "Microsoft.Directory/signIns/failure", Record;
    /// A right was missing; summed over a short time.
    Refusal => "Microsoft.Authorization/refusals/record", Record;
    /// A blob was stored.
    BlobWrite => "Microsoft.ContainerRegistry/registries/repositories/blobs/write", Content;
    /// A blob of another repository was taken over.
    BlobMount => "Microsoft.ContainerRegistry/registries/repositories/blobs/mount", Content;
    /// A blob was deleted.
    BlobDelete => "Microsoft.ContainerRegistry/registries/repositories/blobs/delete", Content;
    /// A blob was found damaged: it is as good as absent until it is pushed again.
    BlobDamaged => "Microsoft.ContainerRegistry/registries/repositories/blobs/damaged", Content;
    /// A blob that had been found damaged is whole again.
    BlobRestored => "Microsoft.ContainerRegistry/registries/repositories/blobs/restored", Content;
    /// A manifest was found damaged: it is not served until it is pushed again.
    ManifestDamaged => "Microsoft.ContainerRegistry/registries/repositories/manifests/damaged", Content;
    /// A manifest was stored.
    ManifestWrite => "Microsoft.ContainerRegistry/registries/repositories/manifests/write", Content;
    /// A manifest was deleted, and the tags that named it.
    ManifestDelete => "Microsoft.ContainerRegistry/registries/repositories/manifests/delete", Content;
    /// A tag was set or moved.
    TagWrite => "Microsoft.ContainerRegistry/registries/repositories/tags/write", Content;
    /// A tag was removed.
    TagDelete => "Microsoft.ContainerRegistry/registries/repositories/tags/delete", Content;
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// It was done.
    Succeeded,
    /// It was refused, and nothing changed.
    Refused,
}

impl Outcome {
    /// The word, as stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::Refused => "Refused",
        }
    }

    /// The outcome of that word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Succeeded, Self::Refused]
            .into_iter()
            .find(|outcome| outcome.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back_as_written() {
        for kind in JournalKind::ALL {
            assert_eq!(JournalKind::parse(kind.as_str()), Some(*kind));
        }
    }
}
