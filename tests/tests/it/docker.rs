//! Docker.

use wharf_tests::{Client, Docker, Options, Role, World};

use crate::spec::{client_spec, refused};

client_spec!(Docker);

#[test]
fn an_image_is_pulled_by_the_digest_that_its_push_printed() {
    let world = World::shared();
    let docker = Docker::signed_in(&world.endpoint(), &world.admins()[0]);
    let push = docker.push("docker-digest:1.0.0").ok();
    // `1.0.0: digest: sha256:… size: 528`
    let digest = push
        .stdout
        .split_whitespace()
        .find(|word| word.starts_with("sha256:"))
        .expect("a push prints a digest");
    docker.forget("docker-digest:1.0.0");
    docker
        .run(&format!("pull {}@{digest}", world.endpoint().image("docker-digest")))
        .ok()
        .says(digest);
}

#[test]
fn a_pulled_image_holds_the_bytes_that_were_pushed() {
    let world = World::shared();
    let docker = Docker::signed_in(&world.endpoint(), &world.admins()[0]);
    docker.push("docker-bytes:1.0.0").ok();
    let image = world.endpoint().image("docker-bytes:1.0.0");
    let layers = || {
        docker
            .run(&format!("image inspect --format {{{{.RootFS.Layers}}}} {image}"))
            .ok()
            .text()
            .to_owned()
    };
    let pushed = layers();
    docker.pull("docker-bytes:1.0.0").ok();
    assert_eq!(layers(), pushed);
}

#[test]
fn a_layer_that_is_in_another_repository_is_mounted() {
    let world = World::shared();
    let docker = Docker::signed_in(&world.endpoint(), &world.principal(Role::AcrPush));
    docker.push("docker-mount-from:1.0.0").ok();
    let endpoint = world.endpoint();
    docker
        .run(&format!(
            "tag {} {}",
            endpoint.image("docker-mount-from:1.0.0"),
            endpoint.image("docker-mount-to:1.0.0")
        ))
        .ok();
    docker
        .run(&format!("push {}", endpoint.image("docker-mount-to:1.0.0")))
        .ok()
        .says("Mounted from");
}

#[test]
fn a_second_push_of_the_same_image_uploads_nothing() {
    let world = World::shared();
    let docker = Docker::signed_in(&world.endpoint(), &world.admins()[1]);
    docker.push("docker-again:1.0.0").ok();
    docker
        .run(&format!("push {}", world.endpoint().image("docker-again:1.0.0")))
        .ok()
        .says("Layer already exists");
}

#[test]
fn docker_manifest_makes_a_multi_architecture_index() {
    let world = World::shared();
    let docker = Docker::signed_in(&world.endpoint(), &world.admins()[0]);
    let [index, one, two] =
        ["docker-index:1.0.0", "docker-index:one", "docker-index:two"].map(|name| world.endpoint().image(name));
    docker.push("docker-index:one").ok();
    docker.push("docker-index:two").ok();
    docker
        .run(&format!("manifest create --insecure {index} {one} {two}"))
        .ok();
    docker
        .run(&format!("manifest annotate --arch arm64 {index} {two}"))
        .ok();
    docker.run(&format!("manifest push --insecure {index}")).ok();
    docker
        .run(&format!("manifest inspect --insecure {index}"))
        .ok()
        .says("arm64")
        .says("manifest.list.v2+json");
    docker.pull("docker-index:1.0.0").ok();
}

#[test]
fn after_a_logout_nothing_is_left_to_pull_with() {
    let world = World::shared();
    let docker = Docker::signed_in(&world.endpoint(), &world.admins()[0]);
    docker.push("docker-logout:1.0.0").ok();
    docker.run(&format!("logout {}", world.endpoint().host)).ok();
    refused(docker.pull("docker-logout:1.0.0"));
}

#[test]
fn both_forms_of_an_address_reach_the_same_image() {
    let world = World::new(Options::default().tls());
    let named = world.endpoint();
    let docker = Docker::signed_in(&named, &world.admins()[0]);
    docker.push("web:1.0.0").ok();
    let digest = |run: wharf_tests::Ran| {
        let text = run.ok().stdout;
        text.split_whitespace()
            .find(|word| word.starts_with("sha256:"))
            .expect("a pull prints a digest")
            .to_owned()
    };
    let by_name = digest(docker.pull("web:1.0.0"));
    // A daemon reaches `localhost` whether its certificate is trusted or not.
    let mut base = named;
    base.host = format!("localhost:{}", world.wharf.port());
    base.prefix = "myregistry/".to_owned();
    let docker = Docker::signed_in(&base, &world.admins()[0]);
    assert_eq!(digest(docker.pull("web:1.0.0")), by_name);
}

#[test]
fn anybody_pulls_where_the_registry_says_so_and_nobody_pushes() {
    let world = World::new(Options::default());
    Docker::signed_in(&world.endpoint(), &world.admins()[0])
        .push("web:1.0.0")
        .ok();
    let anonymous = Docker::new(&world.endpoint());
    refused(anonymous.pull("web:1.0.0"));
    world
        .owner
        .run("acr update -n myregistry --anonymous-pull-enabled true")
        .ok();
    anonymous.pull("web:1.0.0").ok();
    refused(anonymous.push("web:2.0.0"));
}
