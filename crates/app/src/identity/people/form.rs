//! Tokens of forms: a page of another site can make a browser send a form, and cannot know what ours holds (rule 52).

use wharf_types::secret::{Secret, SecretKind};

use crate::App;
use crate::identity::hex;

const PURPOSE: &str = "form";

impl App {
    /// What a browser keeps, so that its forms are known again.
    pub fn form_key(&self) -> Secret {
        Secret::generate(SecretKind::WebSession, self.inner.environment.entropy.as_ref())
    }

    /// What the forms of the browser that keeps `key` hold.
    pub fn form_token(&self, key: &Secret) -> String {
        hex(&self.inner.vault.authenticate(PURPOSE, &[key.expose().as_bytes()]))
    }

    /// Whether a form is of a page that this browser was sent.
    pub fn form_is_ours(&self, key: &Secret, token: &str) -> bool {
        Secret::new(self.form_token(key)).matches(&Secret::new(token))
    }
}
