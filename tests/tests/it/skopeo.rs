//! Skopeo.

use wharf_tests::{Client, Layout, Role, Skopeo, World};

use crate::spec::{client_spec, refused};

client_spec!(Skopeo);

#[test]
fn an_index_is_copied_whole_from_one_repository_to_another() {
    let world = World::shared();
    let skopeo = Skopeo::signed_in(&world.endpoint(), &world.principal(Role::AcrPush));
    let index = Layout::index(&["amd64", "arm64", "riscv64"]);
    skopeo
        .copy_in("--all", &format!("oci:{}", index.tagged()), "skopeo-index:1.0.0")
        .ok();
    skopeo.copy("--all", "skopeo-index:1.0.0", "skopeo-copy:1.0.0").ok();
    let image = format!("docker://{}", world.endpoint().image("skopeo-copy:1.0.0"));
    let raw = skopeo.run("inspect", &format!("--raw {image}")).ok().json();
    assert_eq!(raw["manifests"].as_array().map(Vec::len), Some(3), "{raw}");
    for architecture in ["amd64", "riscv64"] {
        let command = skopeo
            .command()
            .words("inspect --override-arch")
            .arg(architecture)
            .words("--tls-verify=false");
        assert_eq!(command.arg(&image).go().ok().json()["Architecture"], architecture);
    }
}

#[test]
fn a_copy_of_an_index_has_the_digest_that_it_had_locally() {
    let world = World::shared();
    let skopeo = Skopeo::signed_in(&world.endpoint(), &world.admins()[0]);
    let index = Layout::index(&["amd64", "arm64"]);
    skopeo
        .copy_in("--all", &format!("oci:{}", index.tagged()), "skopeo-digest:1.0.0")
        .ok();
    let image = format!("docker://{}", world.endpoint().image("skopeo-digest:1.0.0"));
    let raw = skopeo.run("inspect", &format!("--raw {image}")).ok().stdout;
    let kept = std::fs::read_to_string(index.path().join("blobs").join(index.digest.replace(':', "/")))
        .expect("the layout has its index");
    assert_eq!(raw.trim_end(), kept.trim_end());
}

#[test]
fn tags_are_listed() {
    let world = World::shared();
    let skopeo = Skopeo::signed_in(&world.endpoint(), &world.principal(Role::AcrPush));
    for tag in ["b", "a", "C"] {
        skopeo.push(&format!("skopeo-tags:{tag}")).ok();
    }
    let listed = skopeo
        .run(
            "list-tags",
            &format!("docker://{}", world.endpoint().image("skopeo-tags")),
        )
        .ok()
        .json();
    assert_eq!(listed["Tags"], serde_json::json!(["C", "a", "b"]));
}

#[test]
fn the_image_that_a_tag_names_is_deleted_by_who_may_delete() {
    let world = World::shared();
    let image = format!("docker://{}", world.endpoint().image("skopeo-delete:1.0.0"));
    let admin = Skopeo::signed_in(&world.endpoint(), &world.admins()[0]);
    admin.push("skopeo-delete:1.0.0").ok();
    // AcrPush pulls and pushes and does not delete.
    let pusher = Skopeo::signed_in(&world.endpoint(), &world.principal(Role::AcrPush));
    refused(pusher.run("delete", &image));
    admin.pull("skopeo-delete:1.0.0").ok();
    let owner = Skopeo::signed_in(&world.endpoint(), &world.principal(Role::Owner));
    owner.run("delete", &image).ok();
    admin.pull("skopeo-delete:1.0.0").fails().says("manifest unknown");
}

#[test]
fn a_docker_schema_2_image_stays_one() {
    let world = World::shared();
    let skopeo = Skopeo::signed_in(&world.endpoint(), &world.admins()[0]);
    let layout = Layout::image();
    skopeo
        .copy_in(
            "--format v2s2",
            &format!("oci:{}", layout.tagged()),
            "skopeo-v2s2:1.0.0",
        )
        .ok();
    let image = format!("docker://{}", world.endpoint().image("skopeo-v2s2:1.0.0"));
    let raw = skopeo.run("inspect", &format!("--raw {image}")).ok().json();
    assert_eq!(raw["mediaType"], "application/vnd.docker.distribution.manifest.v2+json");
}
