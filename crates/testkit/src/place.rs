//! Where things are in a test's installation.

/// A registry that a test made.
#[derive(Clone, Debug)]
pub struct TestRegistry {
    /// Its name.
    pub name: String,
    /// Its ARM id, which is also its path.
    pub id: String,
    /// The id of its resource group.
    pub group: String,
    /// Its own host.
    pub login_server: String,
}

impl TestRegistry {
    /// The path of one of its operations: `listCredentials`.
    pub fn path(&self, operation: &str) -> String {
        format!("{}/{operation}", self.id)
    }
}

impl AsRef<str> for TestRegistry {
    /// Its ARM id, as the scope of a role.
    fn as_ref(&self) -> &str {
        &self.id
    }
}
