//! What a client asks for on a person's behalf: one resource, and OpenID Connect's words.

use wharf_store::meta::consent::ConsentResource;

use super::{Client, GrantError};
use crate::identity::Audience;

/// Longest text and most words (rule 28).
const MAX_BYTES: usize = 8 * 1024;
const MAX_SCOPES: usize = 100;

/// Acting as a person at the resource manager or at the registries, as Entra names it.
pub(super) const ACT: &str = "user_impersonation";
/// The same in the directory, as Entra names it.
pub(super) const DIRECTORY: &str = "Directory.AccessAsUser.All";

/// A `scope` parameter, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantScope {
    /// The API whose token is asked for.
    pub audience: Audience,
    /// Whether an ID token is asked for.
    pub openid: bool,
    /// Whether the person's names are.
    pub profile: bool,
    /// Whether their address is.
    pub email: bool,
    /// Whether a refresh token is.
    pub offline: bool,
    /// What is granted, in the words of the client: MSAL looks for them.
    pub granted: String,
}

/// Something that a client may be let do on a person's behalf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission {
    /// Where.
    pub resource: ConsentResource,
    /// Its word there.
    pub word: &'static str,
    /// What it means, for the person who is asked.
    pub meaning: &'static str,
}

impl Permission {
    const fn new(resource: ConsentResource, word: &'static str, meaning: &'static str) -> Self {
        Self {
            resource,
            word,
            meaning,
        }
    }

    /// All that there are, what weighs most first.
    pub const ALL: [Self; 7] = [
        Self::new(
            ConsentResource::Manager,
            ACT,
            "Manage registries, resource groups and access as you: everything there that you may do",
        ),
        Self::new(
            ConsentResource::Graph,
            DIRECTORY,
            "Read and change the directory as you: people, groups and applications, as far as you may",
        ),
        Self::new(
            ConsentResource::Registry,
            ACT,
            "Pull, push and delete images as you, wherever you may",
        ),
        Self::new(
            ConsentResource::Graph,
            "offline_access",
            "Go on doing so while you are away, until you remove it on your account page (30 days at most after you signed in)",
        ),
        Self::new(
            ConsentResource::Graph,
            "openid",
            "Know that it is you: the number of your account here",
        ),
        Self::new(
            ConsentResource::Graph,
            "profile",
            "See your name, and the name that you sign in with",
        ),
        Self::new(ConsentResource::Graph, "email", "See your e-mail address"),
    ];

    /// The one of that word.
    pub fn find(resource: ConsentResource, word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|known| known.resource == resource && known.word == word)
    }
}

impl GrantScope {
    /// Reads what a client asks for. Without a resource, that is the directory for the command line, and for others no more than who somebody is.
    pub fn parse(text: &str, base_url: &str, client: &Client) -> Result<Self, GrantError> {
        let shown = || text.chars().take(200).collect::<String>();
        if text.len() > MAX_BYTES || text.split_ascii_whitespace().count() > MAX_SCOPES {
            return Err(GrantError::Scope(shown()));
        }
        let mut scope = Self {
            audience: Audience::Graph,
            openid: false,
            profile: false,
            email: false,
            offline: false,
            granted: String::new(),
        };
        let (mut granted, mut audience) = (Vec::new(), None);
        for word in text.split_ascii_whitespace() {
            match word {
                "openid" => scope.openid = true,
                "offline_access" => scope.offline = true,
                "profile" => scope.profile = true,
                "email" => scope.email = true,
                // Nobody here has one: what is not understood is left out (OpenID Connect Core 1.0 §3.1.2.1).
                "address" | "phone" => continue,
                resource => {
                    // `…/.default` is all that a person may do there, and so is `…/user_impersonation`.
                    let address = [".default", ACT, DIRECTORY]
                        .iter()
                        .find_map(|all| resource.strip_suffix(all)?.strip_suffix('/'))
                        .ok_or_else(|| GrantError::Scope(shown()))?;
                    let found = Audience::parse(address, base_url).ok_or_else(|| GrantError::Resource(shown()))?;
                    if audience.is_some_and(|known| known != found) {
                        return Err(GrantError::Scope(shown()));
                    }
                    audience = Some(found);
                }
            }
            granted.push(word);
        }
        scope.audience = match audience {
            Some(audience) => audience,
            None if client.is_built_in() => Audience::Graph,
            None => Audience::UserInfo,
        };
        scope.granted = granted.join(" ");
        Ok(scope)
    }

    /// What has to be agreed to before this is granted.
    pub fn permissions(&self) -> Vec<Permission> {
        let asks = |permission: &Permission| match (permission.resource, permission.word) {
            (_, "openid") => self.openid,
            (_, "profile") => self.profile,
            (_, "email") => self.email,
            (_, "offline_access") => self.offline,
            (ConsentResource::Manager, _) => self.audience == Audience::ResourceManager,
            (ConsentResource::Registry, _) => self.audience == Audience::Registry,
            (ConsentResource::Graph, _) => self.audience == Audience::Graph,
        };
        Permission::ALL.into_iter().filter(asks).collect()
    }

    /// The `scp` of an access token: what it is good for at its API.
    pub(super) fn claim(&self, client: &Client) -> String {
        if client.is_built_in() {
            return ACT.to_owned();
        }
        let words = self.permissions();
        let words = words.iter().map(|permission| permission.word);
        words
            .filter(|word| *word != "offline_access")
            .collect::<Vec<_>>()
            .join(" ")
    }
}

#[cfg(test)]
mod tests {
    use wharf_store::meta::application::{Application, ClientSettings};
    use wharf_types::access::Principal;
    use wharf_types::id::{AppId, ObjectId, TenantId};
    use wharf_types::time::Time;

    use super::*;

    const BASE: &str = "https://acr.example";

    fn client(id: AppId) -> Client {
        let application = Application {
            id: ObjectId(id.0),
            tenant: TenantId(id.0),
            app_id: id,
            display_name: "web".to_owned(),
            identifier_uris: Vec::new(),
            owner: Principal::System,
            client: ClientSettings::default(),
            created_at: Time::from_us(0),
        };
        application.into()
    }

    fn read(text: &str) -> Result<GrantScope, GrantError> {
        GrantScope::parse(text, BASE, &client(super::super::PUBLIC_CLIENT))
    }

    #[test]
    fn a_client_asks_for_one_resource_and_for_openid_words() {
        let scope = read("https://management.core.windows.net//.default offline_access openid profile phone").unwrap();
        assert_eq!(
            (scope.audience, scope.openid, scope.offline, scope.profile, scope.email),
            (Audience::ResourceManager, true, true, true, false)
        );
        let granted = "https://management.core.windows.net//.default offline_access openid profile";
        assert_eq!(scope.granted, granted);
        assert_eq!(read("openid").unwrap().audience, Audience::Graph);
        for wrong in [
            "https://management.azure.com/.default https://graph.microsoft.com/.default",
            "repository:web:pull",
            "x.default",
        ] {
            assert!(matches!(read(wrong), Err(GrantError::Scope(_))), "{wrong}");
        }
        assert!(matches!(read("https://vault/.default"), Err(GrantError::Resource(_))));
        assert!(read(&"openid ".repeat(101)).is_err());
    }

    #[test]
    fn an_application_that_names_no_resource_learns_who_somebody_is_and_no_more() {
        let web = client(AppId(uuid::Uuid::from_u128(7)));
        let scope = GrantScope::parse("openid email", BASE, &web).unwrap();
        assert_eq!(
            (scope.audience, scope.claim(&web)),
            (Audience::UserInfo, "openid email".to_owned())
        );
        let words: Vec<&str> = scope.permissions().iter().map(|permission| permission.word).collect();
        assert_eq!(words, ["openid", "email"]);
        let scope = GrantScope::parse("https://acr.example/Directory.AccessAsUser.All openid", BASE, &web).unwrap();
        assert_eq!(scope.permissions()[0].word, DIRECTORY);
        assert_eq!(scope.audience, Audience::Graph);
    }
}
