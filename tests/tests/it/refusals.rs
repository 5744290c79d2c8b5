//! What is asked wrongly is refused with an error that says what to do.

use std::fs;

use wharf_tests::{Client, Crane, Docker, Options, Reply, Request, Role, Run, Wharf, World, free_port, wharf};

use crate::spec::refused;

fn send(request: Request) -> Reply {
    request.send().expect("the server answers")
}

#[test]
fn an_image_of_a_registry_that_does_not_exist_is_refused() {
    let world = World::shared();
    let mut elsewhere = world.endpoint();
    elsewhere.prefix = "nosuchregistry/".to_owned();
    let docker = Docker::signed_in(&world.endpoint(), &world.admins()[0]);
    docker.run(&format!("pull {}", elsewhere.image("web:1.0.0"))).fails();
    docker.make("refused-elsewhere:1.0.0");
    let tag = format!(
        "tag {} {}",
        world.endpoint().image("refused-elsewhere:1.0.0"),
        elsewhere.image("web:1.0.0")
    );
    docker.run(&tag).ok();
    docker.run(&format!("push {}", elsewhere.image("web:1.0.0"))).fails();
}

#[test]
fn the_admin_user_of_one_registry_is_nobody_in_another() {
    let world = World::new(Options::default());
    world
        .owner
        .run("acr create -n otherregistry -g demo -l westus --admin-enabled true")
        .ok();
    let mut other = world.endpoint();
    other.prefix = "otherregistry/".to_owned();
    let crane = Crane::signed_in(&world.endpoint(), &world.admins()[0]);
    crane.push("web:1.0.0").ok();
    refused(crane.run(&format!(
        "copy {} {}",
        world.endpoint().image("web:1.0.0"),
        other.image("web:1.0.0")
    )));
    let robot = world.principal(Role::AcrPush);
    refused(Crane::signed_in(&other, &robot).push("web:1.0.0"));
}

#[test]
fn a_host_that_is_not_ours_is_refused() {
    let wharf = Wharf::start();
    let reply = send(Request::new("GET", format!("{}/v2/", wharf.url())).header("Host", "registry.example.com"));
    assert!([400, 404, 421].contains(&reply.status), "{reply:?}");
}

#[test]
fn a_challenge_names_the_realm_the_service_and_the_scope() {
    let world = World::shared();
    let url = world.wharf.url();
    let reply = send(Request::new("GET", format!("{url}/v2/")));
    assert_eq!(reply.status, 401);
    let challenge = reply.header("www-authenticate").expect("a 401 has a challenge");
    assert!(
        challenge.starts_with(&format!("Bearer realm=\"{url}/oauth2/token\"")),
        "{challenge}"
    );
    assert!(challenge.contains("service=\""), "{challenge}");
    let reply = send(Request::new("GET", format!("{url}/v2/myregistry/web/manifests/1.0.0")));
    let challenge = reply.header("www-authenticate").expect("a 401 has a challenge");
    assert!(
        challenge.contains("scope=\"repository:myregistry/web:pull\""),
        "{challenge}"
    );
}

#[test]
fn a_manifest_that_is_no_json_is_refused_as_invalid() {
    let world = World::shared();
    let admin = &world.admins()[0];
    let url = format!("{}/v2/myregistry/refused-json/manifests/1.0.0", world.wharf.url());
    let request = Request::new("PUT", url)
        .basic(&admin.name, &admin.password)
        .body("{ not json");
    let reply = send(request.header("Content-Type", "application/vnd.oci.image.manifest.v1+json"));
    assert_eq!(reply.status, 400, "{reply:?}");
    assert!(reply.body.contains("MANIFEST_INVALID"), "{reply:?}");
}

#[test]
fn a_command_line_that_is_not_signed_in_says_how_to_sign_in() {
    let wharf = Wharf::start();
    wharf.cli().run("group list").fails().says("wharf login");
}

#[test]
fn a_wrong_secret_at_login_is_refused_and_not_repeated() {
    let wharf = Wharf::start();
    let first = wharf.bootstrap();
    let text = |key: &str| first[key].as_str().expect("bootstrap prints text").to_owned();
    let wrong = wharf_tests::User::new(text("appId"), "not-the-password");
    wharf
        .cli()
        .login(&wrong, &text("tenant"))
        .fails()
        .never_says("not-the-password");
    assert!(!wharf.log().contains("not-the-password"), "{}", wharf.log());
}

#[test]
fn a_flag_that_does_not_exist_is_named() {
    let home = tempfile::tempdir().expect("a temporary folder can be made");
    let ran = Run::new(wharf())
        .words("serve --nonsense")
        .env("HOME", home.path())
        .go()
        .fails();
    ran.says("--nonsense");
}

#[test]
fn a_setting_that_does_not_exist_is_named_with_its_file() {
    let home = tempfile::tempdir().expect("a temporary folder can be made");
    let file = home.path().join("wharf.toml");
    fs::write(&file, "nonsense = true\n").expect("a file can be written");
    let listen = format!("127.0.0.1:{}", free_port());
    let serve = Run::new(wharf())
        .words("serve --config")
        .arg(&file)
        .arg("--listen")
        .arg(listen)
        .arg("--data")
        .arg(home.path().join("data"));
    serve
        .env("HOME", home.path())
        .go()
        .fails()
        .says("nonsense")
        .says("wharf.toml");
}

#[test]
fn names_and_roles_that_do_not_exist_are_named() {
    let world = World::shared();
    world
        .owner
        .run("acr show -n nosuchregistry")
        .fails()
        .says("nosuchregistry");
    world.owner.run("group show -n nosuchgroup").fails().says("nosuchgroup");
    let assign = format!(
        "role assignment create --scope {} --role NoSuchRole --assignee nobody",
        world.registry_id
    );
    world.owner.run(&assign).fails();
    world
        .owner
        .run("acr create -n no_good -g demo -l westus")
        .fails()
        .says("no_good");
    world
        .owner
        .run("acr create -n anotherone -g nosuchgroup -l westus")
        .fails()
        .says("nosuchgroup");
}

#[test]
fn a_registrys_name_is_taken_once_in_all_groups() {
    let world = World::new(Options::default());
    world.owner.run("group create -l westus -n second").ok();
    world
        .owner
        .run("acr create -n myregistry -g second -l westus")
        .fails()
        .says("myregistry");
    let checked = world.owner.run("acr check-name -n myregistry").ok().json();
    assert_eq!(checked["nameAvailable"], false, "{checked}");
}

#[test]
fn a_deleted_registry_is_gone_with_its_images() {
    let world = World::new(Options::default());
    let admin = world.admins()[0].clone();
    let crane = Crane::signed_in(&world.endpoint(), &admin);
    crane.push("web:1.0.0").ok();
    world.owner.run("acr delete -n myregistry --yes").ok();
    crane.pull("web:1.0.0").fails();
    world.owner.run("acr show -n myregistry").fails();
}
