//! Crane.

use wharf_tests::{Client, Crane, Layout, Role, World};

use crate::spec::{client_spec, refused};

client_spec!(Crane);

#[test]
fn an_index_is_appended_to_image_by_image() {
    let world = World::shared();
    let crane = Crane::signed_in(&world.endpoint(), &world.principal(Role::AcrPush));
    let image = |name: &str| world.endpoint().image(name);
    crane.push("crane-index:one").ok();
    crane.push("crane-index:two").ok();
    let parts = format!("-m {} -m {}", image("crane-index:one"), image("crane-index:two"));
    crane
        .run(&format!("index append {parts} -t {}", image("crane-index:1.0.0")))
        .ok();
    let index = crane
        .run(&format!("manifest {}", image("crane-index:1.0.0")))
        .ok()
        .json();
    assert_eq!(index["manifests"].as_array().map(Vec::len), Some(2), "{index}");
    crane.pull("crane-index:1.0.0").ok();
}

#[test]
fn what_was_pushed_validates_and_has_its_local_digest() {
    let world = World::shared();
    let crane = Crane::signed_in(&world.endpoint(), &world.admins()[0]);
    let (layout, image) = (Layout::image(), world.endpoint().image("crane-valid:1.0.0"));
    crane.command().arg("push").arg(layout.path()).arg(&image).go().ok();
    crane.run(&format!("validate --remote {image}")).ok();
    assert_eq!(crane.run(&format!("digest {image}")).ok().text(), layout.digest);
}

#[test]
fn a_copy_within_the_registry_mounts_its_layers() {
    let world = World::shared();
    let crane = Crane::signed_in(&world.endpoint(), &world.principal(Role::AcrPush));
    crane.push("crane-from:1.0.0").ok();
    let [from, to] = ["crane-from:1.0.0", "crane-to:1.0.0"].map(|name| world.endpoint().image(name));
    crane.run(&format!("copy {from} {to}")).ok().says("mounted blob");
    assert_eq!(
        crane.run(&format!("digest {to}")).ok().text(),
        crane.run(&format!("digest {from}")).ok().text()
    );
}

#[test]
fn a_tag_is_added_and_all_are_listed_page_by_page() {
    let world = World::shared();
    let crane = Crane::signed_in(&world.endpoint(), &world.principal(Role::AcrPush));
    crane.push("crane-tags:1.0.0").ok();
    for tag in ["stable", "latest"] {
        crane
            .run(&format!("tag {} {tag}", world.endpoint().image("crane-tags:1.0.0")))
            .ok();
    }
    let listed = crane.run(&format!("ls {}", world.endpoint().image("crane-tags"))).ok();
    assert_eq!(listed.lines(), ["1.0.0", "latest", "stable"]);
}

#[test]
fn a_manifest_is_deleted_by_its_digest() {
    let world = World::shared();
    let crane = Crane::signed_in(&world.endpoint(), &world.principal(Role::Contributor));
    crane.push("crane-delete:1.0.0").ok();
    let image = world.endpoint().image("crane-delete");
    let digest = crane.run(&format!("digest {image}:1.0.0")).ok().text().to_owned();
    let pusher = Crane::signed_in(&world.endpoint(), &world.principal(Role::AcrPush));
    refused(pusher.run(&format!("delete {image}@{digest}")))
        .says("Microsoft.ContainerRegistry/registries/artifacts/delete");
    crane.run(&format!("delete {image}@{digest}")).ok();
    crane.pull("crane-delete:1.0.0").fails().says("MANIFEST_UNKNOWN");
}

#[test]
fn the_catalogue_shows_a_caller_what_it_may_see() {
    let world = World::shared();
    let admin = Crane::signed_in(&world.endpoint(), &world.admins()[0]);
    admin.push("crane-catalogue:1.0.0").ok();
    let host = world.endpoint().host;
    let reader = Crane::signed_in(&world.endpoint(), &world.principal(Role::AcrPull));
    for client in [&admin, &reader] {
        client.run(&format!("catalog {host}")).ok().says("crane-catalogue");
    }
    let stranger = Crane::signed_in(&world.endpoint(), &world.stranger());
    let listed = stranger.run(&format!("catalog {host}"));
    assert!(
        !listed.mentions("crane-catalogue"),
        "a stranger sees a repository:\n{listed}"
    );
}
