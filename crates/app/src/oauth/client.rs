//! Clients that may act for people: the one that every directory knows, and applications with addresses of their own.

use std::sync::LazyLock;

use wharf_store::meta::application::{Application, ClientSettings};
use wharf_store::meta::refresh_family::ClientKind;
use wharf_types::id::{AppId, TenantId};

use super::GrantError;
use super::redirect::{LOOPBACK, origin, same_but_port};
use crate::{App, Error};

/// The client id of `az`, MSAL's samples and `wharf` itself: public, without a secret, known in every tenant.
pub const PUBLIC_CLIENT: AppId = AppId(uuid::Uuid::from_u128(0x04b0_7795_8ddb_461a_bbee_02f9_e1bf_7b46));

/// A client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its id.
    pub id: AppId,
    /// Its name, as people are shown it.
    pub display_name: String,
    /// The directory that it is registered in, whose people alone it may act for; none for the one that is known in all.
    pub tenant: Option<TenantId>,
    settings: ClientSettings,
}

static COMMAND_LINE: LazyLock<Client> = LazyLock::new(|| Client {
    id: PUBLIC_CLIENT,
    display_name: "Command line (wharf, az)".to_owned(),
    tenant: None,
    settings: ClientSettings {
        native: LOOPBACK.map(str::to_owned).to_vec(),
        allow_public: true,
        ..ClientSettings::default()
    },
});

impl From<Application> for Client {
    fn from(application: Application) -> Self {
        Self {
            id: application.app_id,
            display_name: application.display_name,
            tenant: Some(application.tenant),
            settings: application.client,
        }
    }
}

impl Client {
    /// Whether it is the command line, which people need not agree to: it is their own hands.
    pub fn is_built_in(&self) -> bool {
        self.id == PUBLIC_CLIENT
    }

    /// What the client is when its answer goes there; none where no answer may be sent. Compared as it is written, but for the port of a program at the
    /// person's machine (rule 14, RFC 8252 §7.3).
    pub fn redirect_kind(&self, uri: &str) -> Option<ClientKind> {
        let named = |known: &[String]| known.iter().any(|known| known == uri);
        let Self { settings, .. } = self;
        if named(&settings.web) {
            Some(ClientKind::Web)
        } else if named(&settings.spa) {
            Some(ClientKind::Spa)
        } else if named(&settings.native) || settings.native.iter().any(|known| same_but_port(known, uri)) {
            Some(ClientKind::Native)
        } else {
            None
        }
    }

    /// Whether a device may use it, which keeps no secret.
    pub fn allows_devices(&self) -> bool {
        self.settings.allow_public
    }

    /// Whether a page of that origin is the client's (RFC 6454).
    pub fn has_origin(&self, asked: &str) -> bool {
        self.settings
            .spa
            .iter()
            .any(|uri| origin(uri).is_some_and(|known| known == asked))
    }
}

/// A client that asks an endpoint for something.
#[derive(Clone, Debug)]
pub struct PresentedClient {
    /// Who it says that it is.
    pub client: Client,
    /// Whether it proved that.
    pub authenticated: bool,
    /// The page that asks, where a browser said so.
    pub origin: Option<String>,
}

impl PresentedClient {
    /// Goes on if a client of that kind may ask so: a server shows its secret, a page's script runs where the page is.
    pub(super) fn must_be(&self, kind: ClientKind) -> Result<(), GrantError> {
        let origin = self.origin.as_deref();
        match kind {
            ClientKind::Web if !self.authenticated => Err(GrantError::Secret),
            ClientKind::Spa if !origin.is_some_and(|origin| self.client.has_origin(origin)) => Err(GrantError::Origin),
            _ => Ok(()),
        }
    }
}

impl App {
    /// The client of that id, if it may act for people of that directory, or of its own where none is named.
    pub async fn client_find(&self, id: &str, tenant: Option<TenantId>) -> Result<Option<Client>, Error> {
        let Ok(id) = id.to_ascii_lowercase().parse::<AppId>() else {
            return Ok(None);
        };
        if id == PUBLIC_CLIENT {
            return Ok(Some(COMMAND_LINE.clone()));
        }
        let mut read = self.inner.meta.read().await?;
        let found = read.application_of_client(id).await?;
        let found = found.filter(|found| tenant.is_none_or(|tenant| tenant == found.tenant));
        let Some(application) = found else { return Ok(None) };
        // Until somebody agrees to it, it has no service principal; one that was disabled acts for nobody either.
        let principal = read.service_principal_by_app_id(id).await?;
        let is_enabled = principal.is_none_or(|principal| principal.enabled);
        Ok(is_enabled.then(|| application.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_answered_at_this_machine_alone() {
        for good in [
            "http://localhost:8400",
            "http://localhost:41234/",
            "http://127.0.0.1:1",
            "http://[::1]:65535",
            "http://localhost",
        ] {
            assert_eq!(COMMAND_LINE.redirect_kind(good), Some(ClientKind::Native), "{good}");
        }
        for bad in [
            "https://localhost:8400",
            "http://localhost.evil.example:8400",
            "http://localhost:8400@evil.example",
            "http://localhost:8400/../x",
            "http://localhost:8400?x",
            "http://localhost:8400#x",
            "http://localhost:99999",
            "http://localhost:",
            "http://evil.example",
            "HTTP://localhost:8400",
            "",
        ] {
            assert_eq!(COMMAND_LINE.redirect_kind(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_a_program_at_the_persons_machine_has_any_port() {
        let client = Client {
            settings: ClientSettings {
                web: vec!["http://localhost:3000/back".to_owned()],
                spa: vec!["https://app.example:8443/page".to_owned()],
                native: vec!["http://localhost/done".to_owned(), "com.example.app:/done".to_owned()],
                ..ClientSettings::default()
            },
            ..COMMAND_LINE.clone()
        };
        for (uri, kind) in [
            ("http://localhost:3000/back", Some(ClientKind::Web)),
            ("http://localhost:3001/back", None),
            ("https://app.example:8443/page", Some(ClientKind::Spa)),
            ("https://app.example:8443/page/", None),
            ("https://app.example/page", None),
            ("http://localhost:5/done", Some(ClientKind::Native)),
            ("http://127.0.0.1:5/done", None),
            ("http://localhost:5/", None),
            ("com.example.app:/done", Some(ClientKind::Native)),
            ("com.example.app:/other", None),
        ] {
            assert_eq!(client.redirect_kind(uri), kind, "{uri}");
        }
        assert!(client.has_origin("https://app.example:8443"));
        for other in ["https://app.example", "http://localhost:3000", "null", ""] {
            assert!(!client.has_origin(other), "{other}");
        }
    }
}
