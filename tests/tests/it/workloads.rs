//! Machines that sign in without a secret, and kubelet, which asks for credentials.

use serde_json::{Value, json};
use wharf_tests::{Client, Docker, Options, Person, Podman, Ran, Role, User, World};

use crate::spec::refused;

/// A certificate with its key, made by the owner for a principal and copied to the person's home.
fn certificate_of(world: &World, person: &Person, user: &User) -> String {
    let words = format!("ad sp credential reset --id {} --create-cert --append", user.name);
    let made = world.owner.run(&words).ok().json();
    let file = made["fileWithCertAndPrivateKey"].as_str().expect("the file is named");
    let path = person.path("machine.pem");
    std::fs::copy(file, &path).expect("it can be copied");
    path.display().to_string()
}

#[test]
fn a_machine_signs_in_with_a_certificate_until_it_is_replaced() {
    let world = World::shared();
    let user = world.new_principal(Some(Role::AcrPush));
    let person = Person::new(&world);
    let file = certificate_of(&world, &person, &user);
    let login = format!(
        "login --service-principal -u {} --certificate {file} --server {} --allow-no-subscriptions -o none",
        user.name,
        world.wharf.url()
    );
    person.wharf(&login).ok();
    person.wharf("acr login -n myregistry").ok().says("Login Succeeded");
    person.docker_push("by-certificate:1.0.0").ok();
    // Its secret is as good as before; then only a new one is.
    Docker::signed_in(&world.endpoint(), &user)
        .pull("by-certificate:1.0.0")
        .ok();
    let words = format!("ad sp credential reset --id {} --create-cert", user.name);
    world.owner.run(&words).ok();
    person
        .wharf(&login)
        .fails()
        .says("not signed with a certificate of the application");
    refused(person.docker_pull("by-certificate:1.0.0"));
    refused(Docker::new(&world.endpoint()).login(&user));
}

/// What kubelet sends.
fn question(image: &str) -> String {
    json!({
        "apiVersion": "credentialprovider.kubelet.k8s.io/v1", "kind": "CredentialProviderRequest", "image": image,
    })
    .to_string()
}

fn ask(person: &Person, world: &World, words: &str, question: &str) -> Ran {
    let run = person
        .run(&wharf_tests::wharf())
        .words("credential-provider --server")
        .arg(world.wharf.url());
    run.words(words).input(question).go()
}

/// The one user that an answer names, and for what.
fn user_of(answer: &Value) -> (String, User) {
    let auth = answer["auth"].as_object().expect("an answer has credentials");
    let (key, auth) = auth.iter().next().expect("one of them");
    let text = |name: &str| auth[name].as_str().expect("a text").to_owned();
    (key.clone(), User::new(text("username"), text("password")))
}

#[test]
fn kubelet_gets_what_it_pulls_with() {
    let world = World::new(Options::default().tls());
    let user = world.new_principal(Some(Role::AcrPull));
    Docker::signed_in(&world.endpoint(), &world.admins()[0])
        .push("web:1.0.0")
        .ok();
    let person = Person::new(&world);
    let secret = person.path("secret");
    std::fs::write(&secret, format!("{}\n", user.password)).expect("a file can be written");
    let by_secret = format!("--username {} --password-file {}", user.name, secret.display());
    let by_certificate = format!(
        "--username {} --certificate {}",
        user.name,
        certificate_of(&world, &person, &user)
    );
    for words in [by_secret.as_str(), &by_certificate] {
        let image = world.endpoint().image("web:1.0.0");
        let answer = ask(&person, &world, words, &question(&image)).ok().json();
        assert_eq!(answer["apiVersion"], "credentialprovider.kubelet.k8s.io/v1");
        assert_eq!(answer["kind"], "CredentialProviderResponse");
        assert_eq!(answer["cacheKeyType"], "Registry");
        let seconds = answer["cacheDuration"].as_str().and_then(|text| text.strip_suffix('s'));
        let seconds: u32 = seconds.and_then(|text| text.parse().ok()).expect("a duration of Go's");
        assert!((9_000..=10_800).contains(&seconds), "{answer}");
        let (key, user) = user_of(&answer);
        assert_eq!(key, world.endpoint().host);
        Podman::signed_in(&world.endpoint(), &user).pull("web:1.0.0").ok();
    }
    // Where the registry is a part of the path, its host is not enough.
    let base = format!("wharf.test:{}/myregistry/web:1.0.0", world.wharf.port());
    let answer = ask(&person, &world, &by_secret, &question(&base)).ok().json();
    assert_eq!(answer["cacheKeyType"], "Image");
    assert_eq!(
        user_of(&answer).0,
        format!("wharf.test:{}/myregistry", world.wharf.port())
    );
}

#[test]
fn kubelet_is_told_what_is_wrong() {
    let world = World::shared();
    let user = world.principal(Role::AcrPull);
    let person = Person::new(&world);
    let secret = person.path("secret");
    std::fs::write(&secret, &user.password).expect("a file can be written");
    let words = format!("--username {} --password-file {}", user.name, secret.display());
    ask(&person, &world, &words, &question("docker.io/library/busybox"))
        .fails()
        .says("no image of this server");
    ask(&person, &world, &words, "{}")
        .fails()
        .says("no CredentialProviderRequest");
    let older = question("x/y").replace("/v1", "/v1alpha1");
    ask(&person, &world, &words, &older).fails().says("v1alpha1");
    let image = format!("localhost:{}/myregistry/web", world.wharf.port());
    ask(&person, &world, &format!("--username {}", user.name), &question(&image))
        .fails()
        .says("--federated-token-file");
    std::fs::write(&secret, "wrong").expect("a file can be written");
    ask(&person, &world, &words, &question(&image))
        .fails()
        .says("invalid_client");
}
