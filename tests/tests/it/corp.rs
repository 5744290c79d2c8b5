//! What every specification of a real OpenID Connect provider needs around it.

use serde_json::Value;
use wharf_tests::{Browser, Options, Request, Role, Seen, User, World};

/// The client of `wharf` and `az`.
const PROGRAM: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
const REDIRECT: &str = "http://localhost:43210";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A server at which people of `corp.example` sign in by a provider called Corp, whose `developers` may push to the registry.
pub(crate) struct Corp {
    pub(crate) world: World,
    /// Where the provider has to send people back to.
    pub(crate) redirect_uri: String,
    id: String,
}

impl Corp {
    /// With a client's id and secret at the provider, and what else is said of it. The provider need not run yet.
    pub(crate) fn new(issuer: &str, (client, secret): (&str, &str), words: &str) -> Self {
        let world = World::new(Options::default().private_issuers());
        let group = world
            .owner
            .run("ad group create --display-name pushers --mail-nickname pushers")
            .ok()
            .json();
        let give = format!(
            "role assignment create --role {} --assignee-object-id {} --assignee-principal-type Group --scope {}",
            Role::AcrPush.name(),
            group["id"].as_str().expect("an id"),
            world.registry_id
        );
        world.owner.run(&give).ok();
        let file = tempfile::NamedTempFile::new().expect("a temporary file can be made");
        std::fs::write(file.path(), format!("{secret}\n")).expect("a file can be written");
        let create = format!(
            "ad identity-provider create --type oidc -n Corp --domains corp.example --issuer {issuer} --client-id {client} --secret-file {} --create-users --group-mappings developers=pushers {words}",
            file.path().display()
        );
        let made = world.owner.run(&create).ok().json();
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        Self {
            redirect_uri: text("redirectUri"),
            id: text("id"),
            world,
        }
    }

    fn address(&self, path: &str) -> String {
        let base = self.redirect_uri.split("/sign-in/").next().expect("an address");
        format!("{base}{path}")
    }

    /// Goes from the sign-in page to the provider, and as far as that leads without another word.
    #[track_caller]
    pub(crate) fn leave(&self, browser: &Browser) -> Seen {
        let page = browser.open(&self.address("/sign-in"), "");
        assert!(page.text.contains("Continue with Corp"), "{}", page.text);
        let token = page.hidden("form_token");
        let fields = [("form_token", token.as_str()), ("return_to", "/account")];
        browser.submit(&page, &format!("/sign-in/upstream/{}", self.id), &fields, "")
    }

    /// Whoever is signed in in a browser, as clients of the registry know them.
    #[track_caller]
    pub(crate) fn user(&self, browser: &Browser) -> User {
        let service = format!("myregistry.wharf.test:{}", self.world.wharf.port());
        let token = self.access_token(browser);
        let form = format!("grant_type=access_token&service={service}&access_token={token}");
        let answer = self.post("/oauth2/exchange", &form);
        let token = answer["refresh_token"].as_str().expect("a refresh token");
        User::new("00000000-0000-0000-0000-000000000000", token)
    }

    /// The access token of a browser that is signed in.
    #[track_caller]
    fn access_token(&self, browser: &Browser) -> String {
        let query = format!(
            "client_id={PROGRAM}&response_type=code&redirect_uri={REDIRECT}&scope=https%3A%2F%2Fcontainerregistry.azure.net%2F.default&code_challenge={CHALLENGE}&code_challenge_method=S256&state=s"
        );
        let address = self.address(&format!("/organizations/oauth2/v2.0/authorize?{query}"));
        let seen = browser.open(&address, REDIRECT);
        let code = seen.url.query_pairs().find(|(name, _)| name == "code");
        let code = code.unwrap_or_else(|| panic!("no code: {seen:?}")).1.into_owned();
        let form = format!(
            "grant_type=authorization_code&client_id={PROGRAM}&code={code}&redirect_uri={REDIRECT}&code_verifier={VERIFIER}"
        );
        let answer = self.post("/organizations/oauth2/v2.0/token", &form);
        answer["access_token"].as_str().expect("an access token").to_owned()
    }

    #[track_caller]
    fn post(&self, path: &str, form: &str) -> Value {
        let reply = Request::new("POST", format!("{}{path}", self.world.wharf.url()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .expect("an answer");
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        serde_json::from_str(&reply.body).expect("JSON")
    }
}
