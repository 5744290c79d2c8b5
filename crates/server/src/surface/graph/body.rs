//! People, groups, applications, service principals and secrets as the graph shows them.

use wharf_app::identity::{
    Application, Credential, DirectoryObject, FederatedCredential, Group, KeyCredential, LastUse, ServicePrincipal,
    User,
};
use wharf_types::arm::SecretText;
use wharf_types::graph::{self, PasswordCredential};
use wharf_types::time::Time;

use crate::surface::credential_use::credential_use;

/// What an application signs in with.
pub(super) struct Credentials {
    pub(super) secrets: Vec<PasswordCredential>,
    pub(super) certificates: Vec<graph::credential::KeyCredential>,
}

impl Credentials {
    /// As they are shown: without what opens something, and with how each stands to the others.
    pub(super) fn new(secrets: Vec<Credential>, certificates: Vec<KeyCredential>, now: Time) -> Self {
        let at = |used: &Option<LastUse>| used.as_ref().map(|used| used.at);
        let uses: Vec<Option<Time>> = secrets
            .iter()
            .map(|secret| at(&secret.last_used))
            .chain(certificates.iter().map(|certificate| at(&certificate.last_used)))
            .collect();
        let activity = |created_at, last: &Option<LastUse>| Some(credential_use(created_at, last.as_ref(), &uses, now));
        Self {
            secrets: secrets
                .into_iter()
                .map(|secret| PasswordCredential {
                    activity: activity(secret.created_at, &secret.last_used),
                    ..password(secret, None)
                })
                .collect(),
            certificates: certificates
                .into_iter()
                .map(|known| graph::credential::KeyCredential {
                    activity: activity(known.created_at, &known.last_used),
                    ..certificate(known)
                })
                .collect(),
        }
    }
}

pub(super) fn user(user: User) -> graph::User {
    graph::User {
        id: user.id.0,
        user_principal_name: user.user_principal_name.to_string(),
        display_name: Some(user.display_name),
        mail: user.mail,
        account_enabled: Some(user.enabled),
        created_date_time: Some(user.created_at.into()),
    }
}

pub(super) fn group(group: Group) -> graph::Group {
    graph::Group {
        id: group.id.0,
        display_name: group.display_name,
        mail_nickname: Some(group.mail_nickname),
        description: group.description,
        mail_enabled: false,
        security_enabled: true,
        group_types: Vec::new(),
        created_date_time: Some(group.created_at.into()),
    }
}

/// An object among those of other kinds.
pub(super) fn object(object: DirectoryObject) -> graph::DirectoryObject {
    match object {
        DirectoryObject::Group(group) => group_object(group),
        DirectoryObject::User(user) => graph::DirectoryObject {
            odata_type: "#microsoft.graph.user".to_owned(),
            id: user.id.0,
            display_name: Some(user.display_name),
            user_principal_name: Some(user.user_principal_name.to_string()),
            app_id: None,
            service_principal_names: None,
        },
        DirectoryObject::ServicePrincipal(principal) => graph::DirectoryObject {
            odata_type: "#microsoft.graph.servicePrincipal".to_owned(),
            id: principal.id.0,
            display_name: Some(principal.display_name),
            user_principal_name: None,
            app_id: Some(principal.app_id.0),
            service_principal_names: Some(vec![principal.app_id.to_string()]),
        },
    }
}

pub(super) fn group_object(group: Group) -> graph::DirectoryObject {
    graph::DirectoryObject {
        odata_type: "#microsoft.graph.group".to_owned(),
        id: group.id.0,
        display_name: Some(group.display_name),
        user_principal_name: None,
        app_id: None,
        service_principal_names: None,
    }
}

pub(super) fn application(application: Application, credentials: Credentials) -> graph::Application {
    graph::Application {
        id: application.id.0,
        app_id: application.app_id.0,
        display_name: application.display_name,
        created_date_time: Some(application.created_at.into()),
        identifier_uris: application.identifier_uris,
        sign_in_audience: Some("AzureADMyOrg".to_owned()),
        password_credentials: credentials.secrets,
        key_credentials: credentials.certificates,
    }
}

pub(super) fn service_principal(principal: ServicePrincipal, credentials: Credentials) -> graph::ServicePrincipal {
    graph::ServicePrincipal {
        odata_type: None,
        id: principal.id.0,
        app_id: principal.app_id.0,
        display_name: principal.display_name,
        account_enabled: principal.enabled,
        created_date_time: Some(principal.created_at.into()),
        // Only the application id: identifier URIs are not unique here, and a role must not go to whoever took a name first.
        service_principal_names: vec![principal.app_id.to_string()],
        service_principal_type: Some("Application".to_owned()),
        app_owner_organization_id: Some(principal.tenant.0),
        password_credentials: credentials.secrets,
        key_credentials: credentials.certificates,
    }
}

pub(super) fn password(credential: Credential, secret: Option<SecretText>) -> PasswordCredential {
    PasswordCredential {
        key_id: credential.key.0,
        display_name: credential.display_name,
        hint: Some(credential.hint).filter(|hint| !hint.is_empty()),
        start_date_time: Some(credential.starts_at.into()),
        end_date_time: Some(credential.ends_at.into()),
        secret_text: secret,
        custom_key_identifier: None,
        activity: None,
    }
}

/// Without the certificate itself, as Microsoft's lists are.
fn certificate(credential: KeyCredential) -> graph::credential::KeyCredential {
    graph::credential::KeyCredential {
        key_id: Some(credential.key.0),
        display_name: credential.display_name,
        kind: Some("AsymmetricX509Cert".to_owned()),
        usage: Some("Verify".to_owned()),
        key: None,
        custom_key_identifier: None,
        start_date_time: Some(credential.starts_at.into()),
        end_date_time: Some(credential.ends_at.into()),
        activity: None,
    }
}

pub(super) fn federated(
    credential: FederatedCredential,
    now: Time,
) -> graph::federated_credential::FederatedCredential {
    let last = credential.last_used.as_ref();
    let activity = credential_use(credential.created_at, last, &[last.map(|used| used.at)], now);
    graph::federated_credential::FederatedCredential {
        id: credential.key.0,
        name: credential.name,
        issuer: credential.issuer,
        subject: credential.subject,
        description: Some(credential.description),
        audiences: vec![credential.audience],
        activity: Some(activity),
    }
}
