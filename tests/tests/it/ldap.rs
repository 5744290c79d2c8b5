//! People of a real directory: OpenLDAP's slapd, by StartTLS and by ldaps with an authority of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use wharf_tests::{Client, Docker, Options, Pages, Person, Slapd, User, World, wharf};

const DOMAIN: &str = "corp.example";
const NIL: &str = "00000000-0000-0000-0000-000000000000";

/// A server whose people come from a directory. The first field is dropped first.
struct Corp {
    slapd: Slapd,
    world: World,
}

impl Corp {
    fn new() -> Self {
        let world = World::new(Options::default());
        Self {
            slapd: Slapd::start(),
            world,
        }
    }

    /// A group of ours with a role on the registry.
    fn group(&self, name: &str, role: &str) {
        let owner = &self.world.owner;
        let words = format!("ad group create --display-name {name} --mail-nickname {name}");
        let made = owner.run(&words).ok().json();
        let id = made["id"].as_str().expect("a group has an id");
        let scope = &self.world.registry_id;
        let words = format!("role assignment create --assignee {id} --role {role} --scope {scope}");
        owner.run(&words).ok();
    }

    /// Makes the directory a provider. Returns its id.
    fn provider(&self, slapd: &Slapd, domain: &str, url: &str, mappings: &[&str]) -> String {
        let create = self
            .world
            .owner
            .command()
            .words("ad identity-provider create --type ldap --create-users --display-name")
            .arg(format!("Directory of {domain}"))
            .words(&format!(
                "--domains {domain} --default-domain {domain} --urls {url} --ca-file"
            ))
            .arg(slapd.ca())
            .arg("--bind-dn")
            .arg(slapd.bind_dn())
            .arg("--secret")
            .arg(slapd.bind_password())
            .arg("--user-base")
            .arg(slapd.user_base())
            .arg("--group-base")
            .arg(slapd.group_base());
        let create = mappings
            .iter()
            .fold(create, |create, mapping| create.arg("--group-mappings").arg(mapping));
        let made = create.go().ok().never_says(slapd.bind_password()).json();
        made["id"].as_str().expect("a provider has an id").to_owned()
    }

    /// Signs somebody in for the first time, and gives their shell what `wharf login` gives it.
    fn enrolled(&self, name: &str) -> (Pages, Person) {
        let mut pages = Pages::new(&self.world.wharf);
        pages.enrol(&format!("{name}@{DOMAIN}"), &self.slapd.password(name));
        let person = Person::new(&self.world);
        device_login(&person, &mut pages, &self.world.wharf.url());
        (pages, person)
    }
}

/// `wharf login` with a code that the person types into the pages.
fn device_login(person: &Person, pages: &mut Pages, server: &str) {
    let mut command = person
        .run(&wharf())
        .words("login --use-device-code --allow-no-subscriptions -o none --server")
        .arg(server)
        .command();
    let mut child: Child = command.stderr(Stdio::piped()).spawn().expect("wharf starts");
    let mut said = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut line = String::new();
    let code = loop {
        line.clear();
        let read = said.read_line(&mut line).expect("it can be read");
        assert!(read > 0, "wharf login ended without showing a code");
        let is_code = |word: &&str| word.len() == 9 && word.as_bytes()[4] == b'-';
        let mut words = line
            .split_whitespace()
            .map(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()));
        if let Some(code) = words.find(is_code) {
            break code.to_owned();
        }
    };
    let answer = pages.let_in(&code);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(child.wait().expect("it can be waited for").success());
}

fn as_user(person: &Person) -> User {
    let shown = person.wharf("acr login -n myregistry --expose-token").ok().json();
    User::new(NIL, shown["accessToken"].as_str().expect("a token is shown"))
}

#[test]
fn groups_in_groups_of_a_directory_give_access_and_take_it_away() {
    let corp = Corp::new();
    corp.group("pushers", "AcrPush");
    // Alice is in `backend`, which is in `developers`.
    corp.provider(&corp.slapd, DOMAIN, &corp.slapd.url(), &["developers=pushers"]);
    let (_, alice) = corp.enrolled("alice");
    let docker = Docker::signed_in(&corp.world.endpoint(), &as_user(&alice));
    docker.push("by-alice:1.0.0").ok();

    // So is zoe, whose name has to be escaped wherever it stands; bob is not.
    let (_, zoe) = corp.enrolled("zoe");
    Docker::signed_in(&corp.world.endpoint(), &as_user(&zoe))
        .push("by-zoe:1.0.0")
        .ok();
    let (_, bob) = corp.enrolled("bob");
    bob.wharf("acr login -n myregistry").fails();

    // The inner group is taken out of the outer one there: at her next sign-in alice has nothing, and what she held is worth nothing.
    corp.slapd.modify(
        "dn: cn=developers,ou=groups,SUFFIX\nchangetype: modify\nreplace: member\nmember: uid=carol,ou=people,SUFFIX\n",
    );
    let mut pages = Pages::new(&corp.world.wharf);
    assert_eq!(
        pages
            .sign_in("alice@corp.example", &corp.slapd.password("alice"))
            .status,
        303
    );
    docker.push("by-alice:2.0.0").fails();
    alice.wharf("acr login -n myregistry").fails();
}

#[test]
fn a_directory_is_asked_by_ldaps_and_its_answers_are_one_for_whoever_may_not() {
    let corp = Corp::new();
    corp.provider(&corp.slapd, DOMAIN, &corp.slapd.tls_url(), &[]);
    let mut pages = Pages::new(&corp.world.wharf);
    pages.enrol("alice@corp.example", &corp.slapd.password("alice"));
    corp.slapd.modify(
        "dn: uid=carol,ou=people,SUFFIX\nchangetype: modify\nreplace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z\n",
    );
    let mut answers = std::collections::BTreeSet::new();
    for (name, password) in [
        ("alice@corp.example", "not hers"),
        ("alice@corp.example", ""),
        ("nobody@corp.example", "x"),
        ("carol@corp.example", "carol of corp"),
        // Two entries bear it: nobody knows which one is meant.
        ("twin@corp.example", "twin of corp"),
        ("*", "alice of corp"),
        ("*@corp.example", "alice of corp"),
        ("admin)(uid=*@corp.example", "alice of corp"),
        ("a,b+c=\"d\"", "alice of corp"),
    ] {
        let answer = Pages::new(&corp.world.wharf).sign_in(name, password);
        assert_eq!(answer.status, 401, "{name}: {}", answer.body);
        let alert = answer
            .body
            .split_once("role=\"alert\">")
            .and_then(|(_, rest)| rest.split_once('<'));
        answers.insert(alert.expect("it says why").0.to_owned());
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    // Wrong ones are counted, and then the right one has to wait as well.
    for _ in 0..6 {
        Pages::new(&corp.world.wharf).sign_in("bob@corp.example", "not his");
    }
    let waits = Pages::new(&corp.world.wharf).sign_in("bob@corp.example", &corp.slapd.password("bob"));
    assert_eq!(waits.status, 401, "{}", waits.body);
}

#[test]
fn a_directory_that_hangs_or_is_down_is_said_to_and_comes_back() {
    let mut corp = Corp::new();
    corp.provider(&corp.slapd, DOMAIN, &corp.slapd.url(), &[]);
    let password = corp.slapd.password("alice");
    let sign_in = |corp: &Corp| Pages::new(&corp.world.wharf).sign_in("alice@corp.example", &password);
    assert_eq!(sign_in(&corp).status, 303);
    corp.slapd.freeze();
    let answer = sign_in(&corp);
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(answer.body.contains("does not answer"), "{}", answer.body);
    // Whoever is not of the directory does not wait for it.
    corp.world.owner.run("account get-access-token").ok();
    corp.slapd.thaw();
    assert_eq!(sign_in(&corp).status, 303);
    corp.slapd.stop();
    for _ in 0..6 {
        assert_eq!(sign_in(&corp).status, 503);
    }
    corp.slapd.start_again();
    assert_eq!(sign_in(&corp).status, 303);
}

#[test]
fn two_directories_serve_side_by_side_and_each_has_people_of_its_own() {
    let corp = Corp::new();
    let other = Slapd::start();
    corp.provider(&corp.slapd, DOMAIN, &corp.slapd.url(), &[]);
    corp.provider(&other, "other.example", &other.tls_url(), &[]);
    for name in ["alice@corp.example", "alice@other.example"] {
        let answer = Pages::new(&corp.world.wharf).sign_in(name, "alice of corp");
        assert_eq!(answer.status, 303, "{name}: {}", answer.body);
    }
    let people = corp.world.owner.run("ad user list --query [].userPrincipalName").ok();
    assert!(
        people.mentions("alice@corp.example") && people.mentions("alice@other.example"),
        "{people}"
    );
    // A directory's people are asked of it alone.
    other.modify("dn: uid=alice,ou=people,SUFFIX\nchangetype: delete\n");
    let gone = Pages::new(&corp.world.wharf).sign_in("alice@other.example", "alice of corp");
    assert_eq!(gone.status, 401, "{}", gone.body);
    let there = Pages::new(&corp.world.wharf).sign_in("alice@corp.example", "alice of corp");
    assert_eq!(there.status, 303, "{}", there.body);
}

#[test]
fn a_trial_shows_each_step_and_what_is_wrong_with_it() {
    let corp = Corp::new();
    let id = corp.provider(&corp.slapd, DOMAIN, &corp.slapd.url(), &[]);
    let owner = &corp.world.owner;
    let trial = || owner.run(&format!("ad identity-provider test --id {id} --user zoe -o table"));
    let table = trial().ok();
    for shown in [
        "StartTLS, certificate trusted",
        "as cn=reader,dc=corp,dc=example",
        "Zo",
        "5 found",
        "ring-b",
    ] {
        assert!(table.mentions(shown), "{shown}: {table}");
    }
    let change = |name: &str, value: &str| {
        let update = owner.command().words(&format!("ad identity-provider update --id {id}"));
        let update = update.arg(name).arg(value);
        // The stored one goes to no other place than it was given for.
        let update = match name {
            "--urls" | "--parameters" => update.arg("--secret").arg(corp.slapd.bind_password()),
            _ => update,
        };
        update.go().ok();
    };
    for (setting, wrong, right, said) in [
        (
            "--urls",
            "ldap://nowhere.invalid",
            corp.slapd.url(),
            "cannot be resolved",
        ),
        (
            "--urls",
            "ldap://127.0.0.1:1",
            corp.slapd.url(),
            "cannot be connected to",
        ),
        (
            "--secret",
            "wrong",
            corp.slapd.bind_password().to_owned(),
            "the bind DN or its password is not right",
        ),
        (
            "--user-base",
            "ou=nobody,dc=corp,dc=example",
            corp.slapd.user_base(),
            "the user base ou=nobody,dc=corp,dc=example was not found",
        ),
        (
            "--user-filter",
            "(cn={name})",
            "(uid={name})".to_owned(),
            "no entry matches (cn=zoe)",
        ),
        (
            "--user-filter",
            "(&(sn=Corp)(!(uid={name})))",
            "(uid={name})".to_owned(),
            "more than one entry matches",
        ),
    ] {
        change(setting, wrong);
        trial().fails().says(said);
        change(setting, &right);
    }
    // Only the system's authorities are believed where none are given.
    change("--parameters", r#"{"certificateAuthorities": null}"#);
    trial().fails().says("certificate that is not trusted");
    let stranger = Person::signed_in(&corp.world, &corp.world.stranger());
    stranger
        .wharf(&format!("ad identity-provider test --id {id}"))
        .fails()
        .says("not found");
}
