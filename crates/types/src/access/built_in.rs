//! The roles that every installation knows, as data.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use uuid::Uuid;

use crate::access::{Pattern, Permissions, RoleDefinition, RoleKind};
use crate::id::RoleDefinitionId;

/// A row of the table. Lists are patterns apart by a space; `MCR/` stands for `Microsoft.ContainerRegistry/registries/`.
struct Row {
    id: &'static str,
    name: &'static str,
    description: &'static str,
    actions: &'static str,
    not_actions: &'static str,
    data_actions: &'static str,
}

impl Row {
    fn definition(&self) -> RoleDefinition {
        RoleDefinition {
            // The table is checked by a test; an id that is none would be the nil id, which no assignment names.
            id: RoleDefinitionId(Uuid::parse_str(self.id).unwrap_or_default()),
            name: Cow::Borrowed(self.name),
            description: Cow::Borrowed(self.description),
            kind: RoleKind::BuiltIn,
            permissions: permissions(self.actions, self.not_actions, self.data_actions),
        }
    }
}

fn permissions(actions: &str, not_actions: &str, data_actions: &str) -> Permissions {
    let patterns = |list: &str| {
        let full = |name: &str| match name.strip_prefix("MCR/") {
            Some(rest) => format!("Microsoft.ContainerRegistry/registries/{rest}"),
            None => name.to_owned(),
        };
        list.split_whitespace().map(|name| Pattern::new(full(name))).collect()
    };
    Permissions {
        actions: patterns(actions),
        not_actions: patterns(not_actions),
        data_actions: patterns(data_actions),
        not_data_actions: Vec::new(),
    }
}

/// Azure's ids and permissions; what differs is said beside the row.
const ROWS: &[Row] = &[
    Row {
        id: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
        name: "Owner",
        description: "Grants full access to manage all resources, including the ability to assign roles.",
        actions: "*",
        not_actions: "",
        data_actions: "",
    },
    // Directory rights are taken out as well: who could reset an owner's secret could become that owner.
    Row {
        id: "b24988ac-6180-42a0-ab88-20f7382dd24c",
        name: "Contributor",
        description: "Grants full access to manage all resources, but does not allow you to assign roles or to manage the directory.",
        actions: "*",
        not_actions: "Microsoft.Authorization/*/Delete Microsoft.Authorization/*/Write Microsoft.Authorization/elevateAccess/Action Microsoft.Directory/applications/* Microsoft.Directory/users/* Microsoft.Directory/groups/* Microsoft.Directory/identityProviders/write Microsoft.Subscription/aliases/write",
        data_actions: "",
    },
    Row {
        id: "acdd72a7-3385-48ef-bd42-f606fba81ae7",
        name: "Reader",
        description: "View all resources, but does not allow you to make any changes.",
        actions: "*/read",
        not_actions: "",
        data_actions: "",
    },
    Row {
        id: "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        name: "User Access Administrator",
        description: "Lets you manage access to resources. Nobody passes on more than they hold themselves.",
        actions: "*/read Microsoft.Authorization/*",
        not_actions: "",
        data_actions: "",
    },
    Row {
        id: "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
        name: "Role Based Access Control Administrator",
        description: "Manage access to resources by assigning roles. Nobody passes on more than they hold themselves.",
        actions: "Microsoft.Authorization/roleAssignments/write Microsoft.Authorization/roleAssignments/delete */read",
        not_actions: "",
        data_actions: "",
    },
    Row {
        id: "7f951dda-4ed3-4680-a7ca-43fe172d538d",
        name: "AcrPull",
        description: "Pull artifacts from a registry.",
        actions: "MCR/pull/read",
        not_actions: "",
        data_actions: "",
    },
    Row {
        id: "8311e382-0749-4cb8-b61a-304f252e45ec",
        name: "AcrPush",
        description: "Push artifacts to or pull artifacts from a registry.",
        actions: "MCR/pull/read MCR/push/write",
        not_actions: "",
        data_actions: "",
    },
    Row {
        id: "c2f4ef07-c644-48eb-af81-4b1b4947fb11",
        name: "AcrDelete",
        description: "Delete repositories, tags, or manifests from a registry.",
        actions: "MCR/artifacts/delete",
        not_actions: "",
        data_actions: "",
    },
    Row {
        id: "6cef56e8-d556-48e5-a04f-b8e64114680f",
        name: "AcrImageSigner",
        description: "Push trusted images to or pull trusted images from a registry enabled for content trust.",
        actions: "MCR/sign/write",
        not_actions: "",
        data_actions: "MCR/trustedCollections/write",
    },
    Row {
        id: "cdda3590-29a3-44f6-95f2-9f980659eb04",
        name: "AcrQuarantineReader",
        description: "Pull quarantined images from a registry.",
        actions: "MCR/quarantine/read",
        not_actions: "",
        data_actions: "MCR/quarantinedArtifacts/read",
    },
    Row {
        id: "c8d4ff99-41c3-41a8-9f60-21dfdad59608",
        name: "AcrQuarantineWriter",
        description: "Push quarantined images to or pull quarantined images from a registry.",
        actions: "MCR/quarantine/read MCR/quarantine/write",
        not_actions: "",
        data_actions: "MCR/quarantinedArtifacts/read MCR/quarantinedArtifacts/write",
    },
    Row {
        id: "b93aa761-3e63-49ed-ac28-beffa264f7ac",
        name: "Container Registry Repository Reader",
        description: "Read repositories: images, tags and their metadata.",
        actions: "",
        not_actions: "",
        data_actions: "MCR/repositories/metadata/read MCR/repositories/content/read",
    },
    Row {
        id: "2a1e307c-b015-4ebd-883e-5b7698a07328",
        name: "Container Registry Repository Writer",
        description: "Read and write repositories, but not delete.",
        actions: "",
        not_actions: "",
        data_actions: "MCR/repositories/metadata/read MCR/repositories/content/read MCR/repositories/metadata/write MCR/repositories/content/write",
    },
    Row {
        id: "2efddaa5-3f1f-4df3-97df-af3f13818f4c",
        name: "Container Registry Repository Contributor",
        description: "Read, write and delete repositories.",
        actions: "",
        not_actions: "",
        data_actions: "MCR/repositories/metadata/read MCR/repositories/content/read MCR/repositories/metadata/write MCR/repositories/content/write MCR/repositories/metadata/delete MCR/repositories/content/delete",
    },
    Row {
        id: "bfdb9389-c9a5-478a-bb2f-ba9ca092c3c7",
        name: "Container Registry Repository Catalog Lister",
        description: "List all repositories of a registry.",
        actions: "",
        not_actions: "",
        data_actions: "MCR/catalog/read",
    },
    Row {
        id: "3bc748fc-213d-45c1-8d91-9da5725539b9",
        name: "Container Registry Contributor and Data Access Configuration Administrator",
        description: "Create, list and update registries and their access configuration, without access to their content.",
        actions: "MCR/read MCR/write MCR/delete MCR/listCredentials/action MCR/regenerateCredential/action MCR/generateCredentials/action MCR/listUsages/read MCR/replications/* MCR/privateEndpointConnections/* MCR/tokens/* MCR/scopeMaps/* MCR/connectedRegistries/* MCR/webhooks/* Microsoft.Authorization/roleAssignments/read",
        not_actions: "",
        data_actions: "",
    },
    Row {
        id: "69b07be0-09bf-439a-b9a6-e73de851bd59",
        name: "Container Registry Configuration Reader and Data Access Configuration Reader",
        description: "See registries and their access configuration, without access to their content.",
        actions: "MCR/read MCR/listCredentials/action MCR/listUsages/read MCR/replications/read MCR/privateEndpointConnections/read MCR/tokens/read MCR/scopeMaps/read MCR/connectedRegistries/read MCR/webhooks/read Microsoft.Authorization/roleAssignments/read",
        not_actions: "",
        data_actions: "",
    },
    Row {
        id: "577a9874-89fd-4f24-9dbd-b5034d0ad23a",
        name: "Container Registry Data Importer and Data Reader",
        description: "Import images into a registry and pull from it.",
        actions: "MCR/importImage/action MCR/pull/read MCR/read",
        not_actions: "",
        data_actions: "",
    },
    // Directory roles, with the ids of their templates. They are assigned at the root.
    Row {
        id: "cf1c38e5-3621-4004-a7cb-879624dced7c",
        name: "Application Developer",
        description: "Register applications, and manage those that one registered.",
        actions: "Microsoft.Directory/objects/read Microsoft.Directory/applications/create",
        not_actions: "",
        data_actions: "",
    },
    Row {
        id: "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
        name: "Application Administrator",
        description: "Manage all applications and service principals.",
        actions: "Microsoft.Directory/objects/read Microsoft.Directory/applications/*",
        not_actions: "",
        data_actions: "",
    },
    Row {
        id: "fe930be7-5e62-47db-91af-98c3a49a38b1",
        name: "User Administrator",
        description: "Manage people and groups, except those who hold more than oneself.",
        actions: "Microsoft.Directory/objects/read Microsoft.Directory/users/* Microsoft.Directory/groups/*",
        not_actions: "",
        data_actions: "",
    },
    Row {
        id: "fdd7a751-b60b-444a-984c-02652fe8fa1c",
        name: "Groups Administrator",
        description: "Manage groups, except those that hold more than oneself.",
        actions: "Microsoft.Directory/objects/read Microsoft.Directory/groups/*",
        not_actions: "",
        data_actions: "",
    },
    Row {
        id: "88d8e3e3-8f55-4a1e-953a-9b9898b8876b",
        name: "Directory Readers",
        description: "See the objects of the directory.",
        actions: "Microsoft.Directory/objects/read",
        not_actions: "",
        data_actions: "",
    },
];

static ROLES: LazyLock<Vec<RoleDefinition>> = LazyLock::new(|| ROWS.iter().map(Row::definition).collect());

/// The roles that every installation knows.
pub fn built_in_roles() -> &'static [RoleDefinition] {
    &ROLES
}

/// The built-in role of that name; case does not matter (`--role acrpull`).
pub fn built_in_role(name: &str) -> Option<&'static RoleDefinition> {
    ROLES.iter().find(|role| role.name.eq_ignore_ascii_case(name))
}

/// Roles that belong to a kind of principal and cannot be assigned.
pub mod fixed {
    use super::{Arc, Cow, LazyLock, RoleDefinition, RoleDefinitionId, RoleKind, Uuid, permissions};

    fn role(name: &'static str, actions: &str) -> Arc<RoleDefinition> {
        Arc::new(RoleDefinition {
            id: RoleDefinitionId(Uuid::nil()),
            name: Cow::Borrowed(name),
            description: Cow::Borrowed(""),
            kind: RoleKind::BuiltIn,
            permissions: permissions(actions, "", ""),
        })
    }

    /// What a registry's admin account may do there: everything with content, nothing with the registry.
    pub static ADMIN_ACCOUNT: LazyLock<Arc<RoleDefinition>> = LazyLock::new(|| {
        role(
            "admin account",
            "MCR/pull/read MCR/push/write MCR/artifacts/delete MCR/metadata/read MCR/metadata/write MCR/catalog/read",
        )
    });

    /// What anybody may do at a registry with anonymous pull.
    pub static ANONYMOUS: LazyLock<Arc<RoleDefinition>> =
        LazyLock::new(|| role("anonymous", "MCR/pull/read MCR/metadata/read"));

    /// What the operator at the server's host may do.
    pub static SYSTEM: LazyLock<Arc<RoleDefinition>> = LazyLock::new(|| role("system", "*"));

    /// What whoever registered an application may do with it.
    pub static APPLICATION_OWNER: LazyLock<Arc<RoleDefinition>> = LazyLock::new(|| {
        role(
            "application owner",
            "Microsoft.Directory/objects/read Microsoft.Directory/applications/*",
        )
    });

    /// What whoever made a group may do with it.
    pub static GROUP_OWNER: LazyLock<Arc<RoleDefinition>> = LazyLock::new(|| {
        role(
            "group owner",
            "Microsoft.Directory/objects/read Microsoft.Directory/groups/*",
        )
    });

    /// What whoever may assign roles may do in the directory: find and make the principals to assign them to. People are added by those who manage them.
    pub static ROLE_ASSIGNER: LazyLock<Arc<RoleDefinition>> = LazyLock::new(|| {
        role(
            "role assigner",
            "Microsoft.Directory/objects/read Microsoft.Directory/applications/create Microsoft.Directory/groups/create",
        )
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_an_id_and_a_name_of_its_own() {
        for (at, role) in built_in_roles().iter().enumerate() {
            assert!(!role.id.0.is_nil(), "{}", role.name);
            let twin = built_in_roles()[at + 1..]
                .iter()
                .find(|other| other.id == role.id || other.name == role.name);
            assert_eq!(twin, None);
        }
        assert_eq!(built_in_role("acrpull").unwrap().name, "AcrPull");
    }
}
