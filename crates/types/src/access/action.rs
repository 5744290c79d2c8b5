//! What the product asks about before it acts.

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident => $control:literal $(, data $data:literal)?;)+) => {
        /// Something that a principal may or may not do.
        ///
        /// Each has the name that role definitions list under `actions`. Content has a second one, listed under `dataActions`: the newer family of
        /// roles (Repository Reader and the like) uses that. Either name suffices, so both families are valid side by side, always.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[$doc])* $name,)+
        }

        impl Action {
            /// All of them.
            pub const ALL: &[Action] = &[$(Action::$name,)+];

            /// The name under `actions`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $control,)+ }
            }

            /// The name under `dataActions`, for what reaches content.
            pub const fn data_name(self) -> Option<&'static str> {
                match self { $(Self::$name => actions!(@data $($data)?),)+ }
            }
        }
    };
    (@data) => { None };
    (@data $data:literal) => { Some($data) };
}

actions! {
    /// Read manifests, blobs, tags and referrers.
    ContentPull => "Microsoft.ContainerRegistry/registries/pull/read", data "Microsoft.ContainerRegistry/registries/repositories/content/read";
    /// Write blobs, manifests and tags.
    ContentPush => "Microsoft.ContainerRegistry/registries/push/write", data "Microsoft.ContainerRegistry/registries/repositories/content/write";
    /// Delete manifests, tags and blobs.
    ContentDelete => "Microsoft.ContainerRegistry/registries/artifacts/delete", data "Microsoft.ContainerRegistry/registries/repositories/content/delete";
    /// Read the attributes of repositories, tags and manifests.
    MetadataRead => "Microsoft.ContainerRegistry/registries/metadata/read", data "Microsoft.ContainerRegistry/registries/repositories/metadata/read";
    /// Change the attributes of repositories, tags and manifests.
    MetadataWrite => "Microsoft.ContainerRegistry/registries/metadata/write", data "Microsoft.ContainerRegistry/registries/repositories/metadata/write";
    /// See the name of every repository, readable or not.
    CatalogList => "Microsoft.ContainerRegistry/registries/catalog/read", data "Microsoft.ContainerRegistry/registries/catalog/read";

    /// See a registry's settings.
    RegistryRead => "Microsoft.ContainerRegistry/registries/read";
    /// Create a registry or change its settings.
    RegistryWrite => "Microsoft.ContainerRegistry/registries/write";
    /// Delete a registry with its content.
    RegistryDelete => "Microsoft.ContainerRegistry/registries/delete";
    /// Read the admin account's passwords.
    RegistryListCredentials => "Microsoft.ContainerRegistry/registries/listCredentials/action";
    /// Replace one of the admin account's passwords.
    RegistryRegenerateCredential => "Microsoft.ContainerRegistry/registries/regenerateCredential/action";
    /// See how much a registry holds.
    RegistryListUsages => "Microsoft.ContainerRegistry/registries/listUsages/read";

    /// See a subscription.
    SubscriptionRead => "Microsoft.Resources/subscriptions/read";
    /// Make a subscription.
    SubscriptionCreate => "Microsoft.Subscription/aliases/write";
    /// See a resource group.
    ResourceGroupRead => "Microsoft.Resources/subscriptions/resourceGroups/read";
    /// Create or change a resource group.
    ResourceGroupWrite => "Microsoft.Resources/subscriptions/resourceGroups/write";
    /// Delete a resource group with everything in it.
    ResourceGroupDelete => "Microsoft.Resources/subscriptions/resourceGroups/delete";

    /// See who holds which role.
    RoleAssignmentRead => "Microsoft.Authorization/roleAssignments/read";
    /// Give a role.
    RoleAssignmentWrite => "Microsoft.Authorization/roleAssignments/write";
    /// Take a role away.
    RoleAssignmentDelete => "Microsoft.Authorization/roleAssignments/delete";
    /// See what roles there are.
    RoleDefinitionRead => "Microsoft.Authorization/roleDefinitions/read";
    /// See what was done, by whom.
    ActivityRead => "Microsoft.Insights/eventtypes/values/read";

    /// See the directory's objects.
    DirectoryRead => "Microsoft.Directory/objects/read";
    /// Register an application and make its service principal.
    ApplicationCreate => "Microsoft.Directory/applications/create";
    /// Rename an application, enable or disable its service principal.
    ApplicationUpdate => "Microsoft.Directory/applications/update";
    /// Delete an application or its service principal.
    ApplicationDelete => "Microsoft.Directory/applications/delete";
    /// Make and remove an application's secrets.
    ApplicationCredentials => "Microsoft.Directory/applications/credentials/update";
    /// Add a person.
    UserCreate => "Microsoft.Directory/users/create";
    /// Change what is known of a person, let them sign in or no longer, end their sessions.
    UserUpdate => "Microsoft.Directory/users/update";
    /// Delete a person.
    UserDelete => "Microsoft.Directory/users/delete";
    /// Set a person's password, or take away what they prove who they are with.
    UserCredentials => "Microsoft.Directory/users/credentials/update";
    /// See where people may sign in beside the accounts of their own.
    IdentityProviderRead => "Microsoft.Directory/identityProviders/read";
    /// Say where people may sign in: who decides that can become everybody who does.
    IdentityProviderWrite => "Microsoft.Directory/identityProviders/write";
    /// Make a group.
    GroupCreate => "Microsoft.Directory/groups/create";
    /// Rename a group.
    GroupUpdate => "Microsoft.Directory/groups/update";
    /// Delete a group.
    GroupDelete => "Microsoft.Directory/groups/delete";
    /// Add members to a group and take them out.
    GroupMembers => "Microsoft.Directory/groups/members/update";
}

impl Action {
    /// The action of that name, under `actions` or `dataActions`, in any case.
    pub fn named(name: &str) -> Option<Action> {
        let is = |action: &Action| action.name().eq_ignore_ascii_case(name);
        let known = Self::ALL.iter().copied().find(is);
        known.or_else(|| Self::twin_of(name))
    }

    /// Whether the two names of the same right: a role that holds one under `actions` passes the other on.
    pub(super) fn twin_of(data_name: &str) -> Option<Action> {
        Self::ALL.iter().copied().find(|action| {
            action
                .data_name()
                .is_some_and(|name| name.eq_ignore_ascii_case(data_name))
        })
    }
}
