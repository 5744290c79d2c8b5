//! What the command line remembers between calls, under `WHARF_CONFIG_DIR` (by default `wharf` in the XDG configuration folder).
//!
//! Files that only their owner can read, each replaced atomically: `profile.json` (servers and subscriptions, nothing
//! secret), `credentials.json` (secrets of service principals, refresh tokens of people), `tokens.json` (access tokens until they end), `registry-logins.json` (what docker gave our
//! credential helper to keep).
//!
//! **Invariant:** a file is either as it was before a command or as it is after it, also when two commands run at once.

mod credentials;
mod file;
mod logins;
mod store;
mod tokens;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) use credentials::{Principal, Proof};
pub(crate) use file::{make_private_folder, read_private, replace_private};
pub(crate) use store::Store;
pub(crate) use tokens::{CLIENT, StoredTokens};

/// Written into the file; a later format has a higher one.
const VERSION: u32 = 1;

/// `profile.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Profile {
    pub(crate) version: u32,
    #[serde(default)]
    pub(crate) servers: Vec<Server>,
    #[serde(default)]
    pub(crate) subscriptions: Vec<Account>,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            version: VERSION,
            servers: Vec::new(),
            subscriptions: Vec::new(),
        }
    }
}

/// A server that someone is signed in to: its endpoints as they were found at sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) name: String,
    pub(crate) audience: String,
    pub(crate) directory: String,
    pub(crate) graph: String,
    pub(crate) graph_audience: String,
    #[serde(default)]
    pub(crate) login_server_suffix: Option<String>,
    /// An authority that was given at sign-in.
    #[serde(default)]
    pub(crate) ca_cert: Option<std::path::PathBuf>,
    /// Plain http was allowed at sign-in.
    #[serde(default)]
    pub(crate) allow_insecure: bool,
}

/// A subscription and who works in it. Someone without any subscription has one entry that stands for the tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) state: String,
    pub(crate) tenant_id: String,
    pub(crate) home_tenant_id: String,
    pub(crate) is_default: bool,
    pub(crate) server: String,
    pub(crate) user: User,
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct User {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

/// How `az` calls a person.
pub(crate) const PERSON: &str = "user";

impl User {
    /// Whether it is a person, who comes back with a refresh token and not with a password.
    pub(crate) fn is_person(&self) -> bool {
        self.kind == PERSON
    }
}

/// The name that `az` gives to the entry that stands for a tenant.
pub(crate) const TENANT_LEVEL: &str = "N/A(tenant level account)";

impl Account {
    /// Whether this is a subscription, and not the tenant itself.
    pub(crate) fn is_subscription(&self) -> bool {
        self.name != TENANT_LEVEL
    }

    /// Whether `wanted` is this one's id or name.
    pub(crate) fn is_called(&self, wanted: &str) -> bool {
        self.id.eq_ignore_ascii_case(wanted) || self.name.eq_ignore_ascii_case(wanted)
    }
}

impl Profile {
    /// Puts the subscriptions of one sign-in in the place of those that it had before; the first of them, or the one
    /// called `preferred`, becomes the default.
    pub(crate) fn sign_in(&mut self, server: Server, accounts: Vec<Account>, preferred: Option<&str>) {
        self.servers.retain(|known| known.url != server.url);
        let same = |known: &Account| {
            accounts
                .iter()
                .any(|new| known.server == new.server && known.id.eq_ignore_ascii_case(&new.id))
        };
        let previous = self
            .subscriptions
            .iter()
            .find(|account| account.is_default)
            .map(|account| account.id.clone());
        self.subscriptions.retain(|known| !same(known));
        self.servers.push(server);
        let first = self.subscriptions.len();
        self.subscriptions.extend(accounts);
        let new = &self.subscriptions[first..];
        let wanted = |account: &Account| preferred.is_some_and(|preferred| account.is_called(preferred));
        let kept = |account: &Account| previous.as_ref().is_some_and(|id| account.id.eq_ignore_ascii_case(id));
        let chosen = new
            .iter()
            .position(wanted)
            .or_else(|| new.iter().position(kept))
            .unwrap_or(0)
            + first;
        for (index, account) in self.subscriptions.iter_mut().enumerate() {
            account.is_default = index == chosen;
        }
    }

    /// Forgets the subscriptions of `user`, and servers that nobody is signed in to any more. Says how many went.
    pub(crate) fn sign_out(&mut self, user: &str) -> usize {
        let before = self.subscriptions.len();
        self.subscriptions
            .retain(|account| !account.user.name.eq_ignore_ascii_case(user));
        let used = |server: &Server| self.subscriptions.iter().any(|account| account.server == server.url);
        self.servers.retain(used);
        if !self.subscriptions.iter().any(|account| account.is_default)
            && let Some(first) = self.subscriptions.first_mut()
        {
            first.is_default = true;
        }
        before - self.subscriptions.len()
    }

    /// An account as `az account show` prints it.
    pub(crate) fn shown(&self, account: &Account) -> Value {
        let server = self.servers.iter().find(|server| server.url == account.server);
        json!({
            "environmentName": server.map(|server| server.name.clone()),
            "homeTenantId": account.home_tenant_id,
            "id": account.id,
            "isDefault": account.is_default,
            "managedByTenants": [],
            "name": account.name,
            "state": account.state,
            "tenantId": account.tenant_id,
            "user": account.user,
        })
    }

    /// An account as `az account list` and `az login` print it.
    pub(crate) fn listed(&self, account: &Account) -> Value {
        let mut shown = self.shown(account);
        if let Some(object) = shown.as_object_mut() {
            let name = object.remove("environmentName").unwrap_or_default();
            object.insert("cloudName".to_owned(), name);
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str) -> Server {
        let text = || url.to_owned();
        Server {
            url: text(),
            name: "Wharf".into(),
            audience: text(),
            directory: text(),
            graph: text(),
            graph_audience: text(),
            login_server_suffix: None,
            ca_cert: None,
            allow_insecure: false,
        }
    }

    fn account(id: &str, user: &str) -> Account {
        Account {
            id: id.into(),
            name: format!("name-{id}"),
            state: "Enabled".into(),
            tenant_id: "t".into(),
            home_tenant_id: "t".into(),
            is_default: false,
            server: "u".into(),
            user: User {
                name: user.into(),
                kind: "servicePrincipal".into(),
            },
        }
    }

    fn default_of(profile: &Profile) -> Vec<&str> {
        profile
            .subscriptions
            .iter()
            .filter(|account| account.is_default)
            .map(|account| account.id.as_str())
            .collect()
    }

    #[test]
    fn there_is_one_default_and_a_new_sign_in_keeps_it() {
        let mut profile = Profile::default();
        profile.sign_in(server("u"), vec![account("1", "a"), account("2", "a")], None);
        assert_eq!(default_of(&profile), ["1"]);
        profile.sign_in(server("u"), vec![account("1", "a"), account("2", "a")], Some("NAME-2"));
        assert_eq!(default_of(&profile), ["2"]);
        profile.sign_in(
            server("u"),
            vec![account("1", "a"), account("2", "a"), account("3", "a")],
            None,
        );
        assert_eq!(default_of(&profile), ["2"]);
        assert_eq!((profile.servers.len(), profile.subscriptions.len()), (1, 3));
    }

    #[test]
    fn signing_out_leaves_the_others_and_a_default() {
        let mut profile = Profile::default();
        profile.sign_in(server("u"), vec![account("1", "a")], None);
        profile.sign_in(server("u"), vec![account("2", "b")], None);
        assert_eq!(profile.sign_out("B"), 1);
        assert_eq!(default_of(&profile), ["1"]);
        assert_eq!(profile.sign_out("a"), 1);
        assert!(profile.servers.is_empty());
    }
}
