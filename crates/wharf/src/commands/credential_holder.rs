//! Whatever has passwords and certificates: an application, or its service principal. Both show the same ones.

use uuid::Uuid;
use wharf_types::graph::application::ApplicationInput;
use wharf_types::graph::credential::{AddPassword, KeyCredential};
use wharf_types::graph::service_principal::ServicePrincipalPatch;
use wharf_types::graph::{Application, PasswordCredential, ServicePrincipal};

use crate::{failure::Failure, session::Session};

/// One of the two.
pub(crate) enum Holder {
    Application(Application),
    Principal(ServicePrincipal),
}

impl Holder {
    pub(crate) fn app_id(&self) -> Uuid {
        match self {
            Self::Application(application) => application.app_id,
            Self::Principal(principal) => principal.app_id,
        }
    }

    pub(crate) fn display_name(&self) -> &str {
        match self {
            Self::Application(application) => &application.display_name,
            Self::Principal(principal) => &principal.display_name,
        }
    }

    pub(crate) fn passwords(&self) -> &[PasswordCredential] {
        match self {
            Self::Application(application) => &application.password_credentials,
            Self::Principal(principal) => &principal.password_credentials,
        }
    }

    pub(crate) fn certificates(&self) -> &[KeyCredential] {
        match self {
            Self::Application(application) => &application.key_credentials,
            Self::Principal(principal) => &principal.key_credentials,
        }
    }

    pub(crate) async fn add_password(
        &self,
        session: &Session,
        body: &AddPassword,
    ) -> Result<PasswordCredential, Failure> {
        Ok(match self {
            Self::Application(known) => session.graph.application_add_password(known.id, body).await?,
            Self::Principal(known) => session.graph.service_principal_add_password(known.id, body).await?,
        })
    }

    pub(crate) async fn remove_password(&self, session: &Session, key: Uuid) -> Result<(), Failure> {
        match self {
            Self::Application(known) => session.graph.application_remove_password(known.id, key).await?,
            Self::Principal(known) => session.graph.service_principal_remove_password(known.id, key).await?,
        }
        Ok(())
    }

    /// Makes its certificates these.
    pub(crate) async fn set_certificates(&self, session: &Session, wanted: Vec<KeyCredential>) -> Result<(), Failure> {
        match self {
            Self::Application(known) => {
                let body = ApplicationInput {
                    key_credentials: Some(wanted),
                    ..ApplicationInput::default()
                };
                session.graph.application_update(known.id, &body).await?;
            }
            Self::Principal(known) => {
                let body = ServicePrincipalPatch {
                    account_enabled: None,
                    key_credentials: Some(wanted),
                };
                session.graph.service_principal_update(known.id, &body).await?;
            }
        }
        Ok(())
    }
}
