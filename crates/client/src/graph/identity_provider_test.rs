//! Trying out an identity provider's directory.

use reqwest::Method;
use uuid::Uuid;
use wharf_types::graph::identity_provider_test::{TestAnswer, TestBody};

use super::Graph;
use crate::ClientError;

impl Graph {
    /// Has the server connect to a provider's directory as a sign-in would, and look up a person.
    ///
    /// # Errors
    /// What calls can fail with. A directory that cannot be used is an answer.
    pub async fn identity_provider_test(&self, id: Uuid, body: &TestBody) -> Result<TestAnswer, ClientError> {
        let path = format!("/v1.0/identity/identityProviders/{id}/test");
        self.api.send(Method::POST, &path, &[], body).await
    }
}
