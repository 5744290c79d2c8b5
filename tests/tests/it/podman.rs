//! Podman.

use wharf_tests::{Client, Layout, Podman, Skopeo, World};

use crate::spec::client_spec;

client_spec!(Podman);

#[test]
fn a_manifest_list_is_pushed_with_all_its_images() {
    let world = World::shared();
    let podman = Podman::signed_in(&world.endpoint(), &world.admins()[0]);
    let image = world.endpoint().image("podman-list:1.0.0");
    podman.command().words("manifest create").arg(&image).go().ok();
    for architecture in ["amd64", "arm64"] {
        let layout = Layout::image();
        let one = world.endpoint().image(&format!("podman-list:{architecture}"));
        podman
            .command()
            .arg("import")
            .arg("--arch")
            .arg(architecture)
            .arg(layout.layer())
            .arg(&one)
            .go()
            .ok();
        podman.run("push", &one).ok();
        podman
            .command()
            .words("manifest add --tls-verify=false --arch")
            .arg(architecture)
            .arg(&image)
            .arg(format!("docker://{one}"))
            .go()
            .ok();
    }
    podman
        .command()
        .words("manifest push --all --tls-verify=false")
        .arg(&image)
        .arg(format!("docker://{image}"))
        .go()
        .ok();
    let skopeo = Skopeo::signed_in(&world.endpoint(), &world.admins()[0]);
    skopeo
        .run("inspect", &format!("--raw docker://{image}"))
        .ok()
        .says("arm64")
        .says("amd64");
    podman.pull("podman-list:1.0.0").ok();
}

#[test]
fn a_search_finds_the_repositories_of_the_registry() {
    let world = World::shared();
    let podman = Podman::signed_in(&world.endpoint(), &world.admins()[0]);
    podman.push("podman-found:1.0.0").ok();
    podman
        .run("search", &world.endpoint().image("podman-found"))
        .ok()
        .says("podman-found");
}

#[test]
fn a_search_lists_the_tags_of_a_repository() {
    let world = World::shared();
    let podman = Podman::signed_in(&world.endpoint(), &world.admins()[0]);
    podman.push("podman-tags:1.0.0").ok();
    podman.push("podman-tags:2.0.0").ok();
    let listed = podman
        .run(
            "search",
            &format!("--list-tags {}", world.endpoint().image("podman-tags")),
        )
        .ok();
    listed.says("1.0.0").says("2.0.0");
}
