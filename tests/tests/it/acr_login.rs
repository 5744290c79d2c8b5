//! From a sign-in to docker: `wharf acr login`, its token, and the credential helper.

use serde_json::Value;
use wharf_tests::{Client, Docker, Options, Oras, Person, Podman, Role, Skopeo, User, World};

use crate::spec::refused;

const NIL: &str = "00000000-0000-0000-0000-000000000000";

fn exposed(person: &Person) -> Value {
    person.wharf("acr login -n myregistry --expose-token").ok().json()
}

fn as_user(exposed: &Value) -> User {
    User::new(NIL, exposed["accessToken"].as_str().expect("a token is shown"))
}

#[test]
fn an_exposed_token_logs_every_client_in() {
    let world = World::shared();
    let person = Person::signed_in(&world, &world.principal(Role::AcrPush));
    let shown = exposed(&person);
    assert_eq!(shown["username"], NIL);
    assert_eq!(shown["accessToken"], shown["refreshToken"]);
    let server = shown["loginServer"].as_str().expect("a login server");
    assert!(server.starts_with("myregistry.wharf.test"), "{shown}");
    let user = as_user(&shown);
    Docker::signed_in(&world.endpoint(), &user).push("exposed:1.0.0").ok();
    Podman::signed_in(&world.endpoint(), &user).pull("exposed:1.0.0").ok();
    Skopeo::signed_in(&world.endpoint(), &user).pull("exposed:1.0.0").ok();
    // It keeps the token as an identity token, and brings it by POST.
    Oras::signed_in(&world.endpoint(), &user)
        .push("exposed-oras:1.0.0")
        .ok();
    refused(Docker::new(&world.endpoint()).login(&user.with_wrong_password()));
    assert!(!person.path(".docker").exists(), "nothing is written");
}

#[test]
fn a_token_holds_what_its_principal_holds() {
    let world = World::shared();
    Docker::signed_in(&world.endpoint(), &world.admins()[0])
        .push("held:1.0.0")
        .ok();
    let reader = as_user(&exposed(&Person::signed_in(&world, &world.principal(Role::AcrPull))));
    let docker = Docker::signed_in(&world.endpoint(), &reader);
    docker.pull("held:1.0.0").ok();
    refused(docker.push("held:2.0.0"));
    let stranger = Person::signed_in(&world, &world.stranger());
    stranger
        .wharf("acr login -n myregistry")
        .fails()
        .says("no role on the registry myregistry")
        .says("hint: someone with the right to assign roles");
    stranger
        .wharf("acr login -n nowhere1")
        .fails()
        .says("no registry is called nowhere1");
}

#[test]
fn a_login_is_enough_for_docker_podman_buildah_and_skopeo() {
    let world = World::shared();
    let person = Person::signed_in(&world, &world.principal(Role::AcrPush));
    refused(person.docker_push("logged-in:1.0.0"));
    for _ in 0..2 {
        person
            .wharf("acr login -n myregistry")
            .ok()
            .says("Login Succeeded")
            .says("good until");
    }
    person.docker_push("logged-in:1.0.0").ok();
    person.docker_pull("logged-in:1.0.0").ok();
    person.podman_pull("logged-in:1.0.0").ok();
    person.buildah_pull("logged-in:1.0.0").ok();
    person.skopeo_inspect("logged-in:1.0.0").ok();
    let config = std::fs::read_to_string(person.path(".docker/config.json")).expect("docker's file is there");
    let config: Value = serde_json::from_str(&config).expect("JSON");
    assert!(config["auths"][&world.endpoint().host]["auth"].is_string(), "{config}");
}

#[test]
fn a_login_works_at_the_registrys_own_name_with_tls() {
    let world = World::new(Options::default().tls());
    let person = Person::signed_in(&world, &world.principal(Role::AcrPush));
    person.wharf("acr login --name myregistry").ok().says("Login Succeeded");
    person.docker_push("web:1.0.0").ok();
    person.podman_pull("web:1.0.0").ok();
}

#[test]
fn a_login_with_a_name_and_a_password_is_checked_and_kept() {
    let world = World::shared();
    let person = Person::signed_in(&world, &world.stranger());
    let admin = &world.admins()[0];
    person
        .wharf(&format!("acr login -n myregistry -u {} -p wrong", admin.name))
        .fails()
        .says("wrong user name or password");
    person
        .wharf(&format!(
            "acr login -n myregistry -u {} -p {}",
            admin.name, admin.password
        ))
        .ok()
        .says("Login Succeeded");
    person.docker_push("by-admin:1.0.0").ok();
    person.podman_pull("by-admin:1.0.0").ok();
}

#[test]
fn what_docker_keeps_elsewhere_is_kept_there() {
    let world = World::shared();
    let person = Person::signed_in(&world, &world.principal(Role::AcrPush));
    // A helper as the protocol has them, which keeps what it is given in a file.
    let helper = "#!/bin/sh\ncase $1 in store) cat >> \"$HOME/kept\";; *) echo 'credentials not found in native keychain'; exit 1;; esac\n";
    let path = person.programs().join("docker-credential-keeper");
    std::fs::write(&path, helper).expect("a helper can be written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&path, mode).expect("it can be made executable");
    std::fs::create_dir(person.path(".docker")).expect("a folder can be made");
    let config = person.path(".docker/config.json");
    std::fs::write(&config, r#"{"credsStore": "keeper"}"#).expect("a file can be written");
    person.wharf("acr login -n myregistry").ok();
    let kept = std::fs::read_to_string(person.path("kept")).expect("the helper was called");
    assert!(kept.contains(&world.endpoint().host) && kept.contains(NIL), "{kept}");
    let written = std::fs::read_to_string(&config).expect("docker's file is there");
    assert!(!written.contains("\"auth\""), "no secret is in the file: {written}");
    // One that is not there is named.
    std::fs::write(&config, r#"{"credsStore": "absent"}"#).expect("a file can be written");
    person
        .wharf("acr login -n myregistry")
        .fails()
        .says("docker-credential-absent");
}

#[test]
fn with_the_credential_helper_nobody_is_asked_again() {
    let world = World::new(Options::default().tls());
    let user = world.new_principal(Some(Role::AcrPush));
    let person = Person::signed_in(&world, &user);
    let install = format!(
        "acr credential-helper install -n myregistry --bin-dir {}",
        person.programs().display()
    );
    let installed = person.wharf(&install).ok().json();
    assert_eq!(installed["loginServers"][0], world.endpoint().host);
    person.docker_push("web:1.0.0").ok();
    person.docker_pull("web:1.0.0").ok();
    person.podman_pull("web:1.0.0").ok();
    person.buildah_pull("web:1.0.0").ok();
    person.skopeo_inspect("web:1.0.0").ok();
    // A login has nothing to write then.
    person
        .wharf("acr login -n myregistry")
        .ok()
        .says("docker-credential-wharf");
    let config = std::fs::read_to_string(person.path(".docker/config.json")).expect("docker's file is there");
    assert!(!config.contains("\"auth\""), "{config}");
    // The session ends, and with it what the helper gives.
    person.wharf("logout").ok();
    refused(person.docker_pull("web:1.0.0"));
    person.sign_in(&user).ok();
    person.docker_pull("web:1.0.0").ok();
    let removed = person.wharf("acr credential-helper uninstall").ok().json();
    assert_eq!(removed["loginServers"][0], world.endpoint().host);
    assert!(!person.programs().join("docker-credential-wharf").exists());
    refused(person.docker_pull("web:1.0.0"));
}

#[test]
fn the_helper_speaks_the_protocol() {
    let world = World::shared();
    let person = Person::signed_in(&world, &world.principal(Role::AcrPull));
    person
        .wharf(&format!(
            "acr credential-helper install -n myregistry --bin-dir {}",
            person.programs().display()
        ))
        .ok();
    let helper = |verb: &str, input: &str| {
        let program = person.programs().join("docker-credential-wharf");
        person.run(&program).arg(verb).input(input).go()
    };
    let host = format!("myregistry.wharf.test:{}", world.wharf.port());
    let got = helper("get", &format!("https://{host}\n")).ok().json();
    assert_eq!(
        (&got["Username"], &got["ServerURL"]),
        (&NIL.into(), &host.clone().into())
    );
    assert!(
        got["Secret"]
            .as_str()
            .is_some_and(|secret| secret.split('.').count() == 3)
    );
    let not_found = "credentials not found in native keychain";
    assert_eq!(helper("get", "https://index.docker.io/v1/").fails().text(), not_found);
    assert!(helper("list", "").ok().json()[&host].is_string());
    // What docker login brings goes before the sign-in, until docker logout.
    let login = format!(r#"{{"ServerURL":"{host}","Username":"someone","Secret":"pw"}}"#);
    helper("store", &login).ok();
    let got = helper("get", &host).ok().json();
    assert_eq!((&got["Username"], &got["Secret"]), (&"someone".into(), &"pw".into()));
    helper("erase", &host).ok();
    assert_eq!(helper("get", &host).ok().json()["Username"], NIL);
    helper("dance", "").fails().says("get|store|erase|list");
    // Without anybody signed in there is nothing.
    person.wharf("logout").ok();
    assert_eq!(helper("get", &host).fails().text(), not_found);
}
