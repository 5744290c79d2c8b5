//! People of an LDAP directory, and a directory that misbehaves.

mod directory;

use std::time::Duration;

use serde_json::json;
use wharf_app::LdapLimits;
use wharf_testkit::{Answer, Browser, TestServer, between, code_of};

use self::directory::{Directory, Mood, wrapped};
use super::{refresh, tokens, without_challenge};

const ALICE: &str = "alice@corp.example";
const PASSWORD: &str = "what corp knows";
const OURS: &str = "olga@corp.example";

struct World {
    server: TestServer,
    directory: Directory,
    provider: String,
    developers: String,
}

impl World {
    async fn new() -> Self {
        let server = TestServer::start_with(|settings| {
            // What is silent is silent for ever: the shorter the wait, the sooner the test ends.
            settings.directories = LdapLimits {
                connect: Duration::from_secs(2),
                whole: Duration::from_millis(2500),
            };
        })
        .await;
        let directory = Directory::start().await;
        let developers = server.team("our-developers", &[]).await;
        let body = directory.provider(&[("developers", &developers)]);
        let path = "/v1.0/identity/identityProviders";
        let provider = server.owner().post(path, body).await.expect(201).at("/id");
        Self {
            server,
            directory,
            provider,
            developers,
        }
    }

    async fn type_in(&self, browser: &Browser, name: &str, password: &str) -> Answer {
        browser.get("/sign-in").await.expect(200);
        browser
            .submit("/sign-in", &[("name", name), ("password", password)])
            .await
    }

    /// Alice, who has signed in for the first time.
    async fn alice(&self) -> Browser {
        let browser = Browser::new(&self.server);
        let answer = self.type_in(&browser, ALICE, PASSWORD).await.expect(303);
        assert!(
            answer.header("location").starts_with("/enrol/factor"),
            "{}",
            answer.header("location")
        );
        let page = browser.get("/enrol/factor").await.expect(200).text();
        let seed = between(&page, "Key: <code>", "</code>");
        let code = code_of(&self.server, seed);
        browser.submit("/enrol/factor", &[("code", &code)]).await.expect(200);
        browser.get("/account").await.expect(200);
        browser
    }

    async fn members(&self) -> usize {
        let path = format!("/v1.0/groups/{}/members", self.developers);
        let members = self.server.owner().get(&path).await.expect(200).json();
        members["value"].as_array().expect("a list").len()
    }

    fn tried(&self) -> usize {
        self.directory.state().tried.len()
    }
}

#[tokio::test]
async fn somebody_of_a_directory_comes_in_with_its_password_and_a_factor_of_ours_and_is_in_its_groups() {
    let world = World::new().await;
    world.alice().await;
    assert_eq!(world.members().await, 1);
    // The next time the factor is asked for, by whichever form of the name.
    for name in ["alice", "ALICE@Corp.Example"] {
        let browser = Browser::new(&world.server);
        let answer = world.type_in(&browser, name, PASSWORD).await.expect(303);
        assert!(answer.header("location").starts_with("/sign-in/factor"), "{name}");
        browser.get("/account").await.expect(303);
    }
    // Taken out there, she is taken out here at the next sign-in.
    world.directory.state().people[0].groups.clear();
    world
        .type_in(&Browser::new(&world.server), ALICE, PASSWORD)
        .await
        .expect(303);
    assert_eq!(world.members().await, 0);
}

#[tokio::test]
async fn unknown_wrong_switched_off_and_waiting_are_one_answer_and_the_directory_is_soon_left_alone() {
    let world = World::new().await;
    let browser = Browser::new(&world.server);
    let mut pages = std::collections::BTreeSet::new();
    let mut note =
        |answer: Answer, name: &str| pages.insert(without_challenge(&answer.expect(401).text().replace(name, "")));
    note(
        world.type_in(&browser, "nobody@corp.example", PASSWORD).await,
        "nobody@corp.example",
    );
    for _ in 0..7 {
        note(world.type_in(&browser, ALICE, "guess").await, ALICE);
    }
    // Five guesses and one for somebody who is not there, who costs a bind as well.
    assert_eq!(world.tried(), 6);
    // The right one has to wait like any other.
    note(world.type_in(&browser, ALICE, PASSWORD).await, ALICE);
    assert_eq!(world.tried(), 6);
    world.server.clock().advance(Duration::from_secs(60));
    world.directory.state().people[0].disabled = true;
    note(world.type_in(&browser, ALICE, PASSWORD).await, ALICE);
    world.directory.state().people[0].disabled = false;
    assert_eq!(pages.len(), 1, "all of them are one answer");
    world.server.clock().advance(Duration::from_secs(60));
    world.type_in(&browser, ALICE, PASSWORD).await.expect(303);
}

#[tokio::test]
async fn of_many_guesses_at_once_one_reaches_the_directory() {
    let world = World::new().await;
    let browsers: Vec<Browser> = (0..20).map(|_| Browser::new(&world.server)).collect();
    let tries = browsers.iter().map(|browser| world.type_in(browser, ALICE, "guess"));
    for answer in futures_util::future::join_all(tries).await {
        answer.expect(401);
    }
    let tried = world.tried();
    assert!((1..=6).contains(&tried), "{tried} guesses at the price of five");
}

#[tokio::test]
async fn an_empty_password_and_a_name_that_is_a_filter_reach_no_directory() {
    let world = World::new().await;
    let browser = Browser::new(&world.server);
    for (name, password) in [
        (ALICE, ""),
        ("*", PASSWORD),
        ("*@corp.example", PASSWORD),
        ("admin)(uid=*", PASSWORD),
        ("admin)(uid=*@corp.example", PASSWORD),
        ("a,b+c=\"d\"", PASSWORD),
        ("alice\0@corp.example", PASSWORD),
    ] {
        world.type_in(&browser, name, password).await.expect(401);
    }
    assert_eq!(world.directory.state().connections, 0);
}

#[tokio::test]
async fn a_password_of_ours_is_sent_to_no_directory_and_one_of_a_directory_is_not_compared_here() {
    let world = World::new().await;
    // An account of ours, within the directory's domain, and one of the directory's.
    world.server.user(OURS).await;
    let browser = Browser::new(&world.server);
    world
        .type_in(&browser, OURS, "violet tangent harbour 9")
        .await
        .expect(303);
    world.type_in(&browser, OURS, PASSWORD).await.expect(401);
    assert_eq!(world.directory.state().connections, 0);
    // Linked, she is the directory's: our password of hers opens nothing.
    let identity = json!({"issuer": world.provider});
    let path = format!("/v1.0/users/{OURS}/identities");
    world.server.owner().post(&path, identity).await.expect(201);
    world
        .type_in(&browser, OURS, "violet tangent harbour 9")
        .await
        .expect(401);
    assert_eq!(world.tried(), 1);
}

#[tokio::test]
async fn a_directory_that_does_not_answer_is_said_to_and_stops_nobody_else() {
    let world = World::new().await;
    let ours = world.server.person("owner@example.com").await;
    // Deep enough to end a reader that calls itself, and long enough to fill a memory.
    let deep = (0..20_000).fold(Vec::new(), |inner, _| wrapped(0x30, &inner));
    let moods = [
        Mood::Silent,
        Mood::Closing,
        Mood::Saying(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
        Mood::Saying(vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff]),
        Mood::Saying(wrapped(0x30, &[&[0x02, 0x01, 0x01], &deep[..]].concat())),
        // Of a form that is sound, and no answer to a bind.
        Mood::Saying(vec![0x30, 0x05, 0x02, 0x01, 0x01, 0x61, 0x00]),
        Mood::Saying(vec![0x30, 0x05, 0x02, 0x01, 0x01, 0x04, 0x00]),
    ];
    let browser = Browser::new(&world.server);
    for mood in moods {
        world.directory.is(mood.clone());
        let page = world.type_in(&browser, ALICE, PASSWORD).await.expect(503).text();
        assert!(page.contains("Corp, does not answer"), "{page}");
        ours.sign_in(&Browser::new(&world.server), "/account").await.expect(303);
    }
    // Nothing of it was counted.
    world.directory.is(Mood::Answering);
    world.type_in(&browser, ALICE, PASSWORD).await.expect(303);
}

#[tokio::test]
async fn somebody_who_is_gone_there_loses_what_they_have_when_their_client_comes_back() {
    let world = World::new().await;
    let browser = world.alice().await;
    let first = tokens(&world.server, &browser).await;
    world.directory.state().people[0].disabled = true;
    // Looked at a moment ago: what the directory said then is good for ten minutes.
    let second = refresh(&world.server, &first.at("/refresh_token")).await.expect(200);
    world.server.clock().advance(Duration::from_secs(600));
    refresh(&world.server, &second.at("/refresh_token"))
        .await
        .expect_error(400, "invalid_grant");
    browser.get("/account").await.expect(303);
    assert_eq!(world.members().await, 0);
    // Switched on again, she comes in again; what was ended stays so.
    world.directory.state().people[0].disabled = false;
    refresh(&world.server, &second.at("/refresh_token"))
        .await
        .expect_error(400, "invalid_grant");
    world
        .type_in(&Browser::new(&world.server), ALICE, PASSWORD)
        .await
        .expect(303);
    assert_eq!(world.members().await, 1);
}

#[tokio::test]
async fn groups_follow_the_directory_while_a_client_goes_on() {
    let world = World::new().await;
    let browser = world.alice().await;
    let first = tokens(&world.server, &browser).await.at("/refresh_token");
    world.directory.state().people[0].groups.clear();
    world.server.clock().advance(Duration::from_secs(600));
    refresh(&world.server, &first).await.expect(200);
    assert_eq!(world.members().await, 0);
}

#[tokio::test]
async fn whoever_has_signed_in_goes_on_while_their_directory_is_silent() {
    let world = World::new().await;
    let browser = world.alice().await;
    let first = tokens(&world.server, &browser).await.at("/refresh_token");
    world.directory.is(Mood::Silent);
    world.server.clock().advance(Duration::from_secs(600));
    let second = refresh(&world.server, &first).await.expect(200).at("/refresh_token");
    // It is left alone for a minute, so that the next does not wait for it as well.
    let asked = world.directory.state().connections;
    let third = refresh(&world.server, &second).await.expect(200).at("/refresh_token");
    assert_eq!(world.directory.state().connections, asked);
    assert_eq!(world.members().await, 1);
    world.directory.is(Mood::Answering);
    world.directory.state().people.clear();
    world.server.clock().advance(Duration::from_secs(60));
    refresh(&world.server, &third).await.expect_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_trial_says_step_by_step_what_is_wrong() {
    let world = World::new().await;
    let path = format!("/v1.0/identity/identityProviders/{}", world.provider);
    let trial = async |user: Option<&str>| {
        let body = json!({"userName": user});
        world
            .server
            .owner()
            .post(&format!("{path}/test"), body)
            .await
            .expect(200)
            .json()
    };
    let good = trial(Some("alice")).await;
    assert_eq!(good["passed"], true, "{good}");
    assert_eq!(good["user"]["groups"], json!(["developers"]));
    assert_eq!(good["user"]["accountEnabled"], true);
    let nobody = trial(Some("nobody")).await;
    assert_eq!(nobody["passed"], false);
    assert!(
        nobody
            .to_string()
            .contains("no entry matches (&(objectClass=inetOrgPerson)(uid=nobody))"),
        "{nobody}"
    );
    let wrong = json!({"bindPassword": "not this one"});
    world.server.owner().patch(&path, wrong).await.expect(200);
    let refused = trial(None).await.to_string();
    assert!(
        refused.contains("the bind DN or its password is not right"),
        "{refused}"
    );
    let stranger = world.server.robot("stranger").await;
    stranger.post(&format!("{path}/test"), json!({})).await.expect(404);
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_refused_by_name_and_the_password_is_never_shown() {
    let world = World::new().await;
    let owner = world.server.owner();
    let path = format!("/v1.0/identity/identityProviders/{}", world.provider);
    for (change, named) in [
        (json!({"urls": []}), "urls"),
        (json!({"urls": ["http://a"]}), "http://a"),
        (json!({"userFilter": "(uid=alice)"}), "userFilter"),
        (json!({"userFilter": "((uid={name}))"}), "filter"),
        (json!({"defaultDomain": "other.example"}), "defaultDomain"),
        (json!({"bindTemplate": "{name}@corp.example"}), "bindTemplate"),
        (
            json!({"certificateAuthorities": "-----BEGIN CERTIFICATE-----\nx"}),
            "certificate",
        ),
        (json!({"colour": "red"}), "colour"),
    ] {
        let answer = owner.patch(&path, change).await.expect(400).text();
        assert!(answer.contains(named), "{named}: {answer}");
    }
    let shown = owner.get(&path).await.expect(200);
    assert_eq!(shown.at("/bindDn"), "cn=reader");
    assert!(!shown.text().contains("may look around"), "{}", shown.text());
}
