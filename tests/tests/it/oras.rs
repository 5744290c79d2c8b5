//! Oras: artifacts that are no images, and their referrers.

use wharf_tests::{Client, Oras, Role, World};

use crate::spec::{client_spec, refused};

client_spec!(Oras);

const SBOM: &str = "application/vnd.example.sbom";

/// An account that has pushed an artifact and attached a bill of materials and a signature to it.
fn with_referrers(world: &World, image: &str) -> Oras {
    let oras = Oras::signed_in(&world.endpoint(), &world.principal(Role::AcrPush));
    oras.push(image).ok();
    let subject = world.endpoint().image(image);
    for (kind, file) in [
        (SBOM, "sbom.json"),
        ("application/vnd.example.signature", "signature.json"),
    ] {
        oras.write(file, "{}");
        oras.at_registry(&format!(
            "attach --artifact-type {kind} {subject} {file}:application/json"
        ))
        .ok();
    }
    oras
}

fn referrers(oras: &Oras, options: &str, subject: &str) -> usize {
    let found = oras
        .at_registry(&format!("discover --format json {options} {subject}"))
        .ok()
        .json();
    let list = found.get("referrers").or_else(|| found.get("manifests"));
    list.and_then(|list| list.as_array()).map_or(0, Vec::len)
}

#[test]
fn referrers_are_found_and_filtered_by_their_type() {
    let world = World::shared();
    let oras = with_referrers(&world, "oras-referrers:1.0.0");
    let subject = world.endpoint().image("oras-referrers:1.0.0");
    assert_eq!(referrers(&oras, "", &subject), 2);
    assert_eq!(referrers(&oras, &format!("--artifact-type {SBOM}"), &subject), 1);
}

#[test]
fn the_registry_keeps_referrers_itself_and_leaves_no_tag_for_them() {
    let world = World::shared();
    let oras = with_referrers(&world, "oras-no-tag:1.0.0");
    let subject = world.endpoint().image("oras-no-tag:1.0.0");
    assert_eq!(referrers(&oras, "--distribution-spec v1.1-referrers-api", &subject), 2);
    let tags = oras
        .at_registry(&format!("repo tags {}", world.endpoint().image("oras-no-tag")))
        .ok();
    assert_eq!(tags.lines(), ["1.0.0"]);
}

#[test]
fn a_recursive_copy_takes_the_referrers_along() {
    let world = World::shared();
    let oras = with_referrers(&world, "oras-from:1.0.0");
    let [from, to] = ["oras-from:1.0.0", "oras-to:1.0.0"].map(|name| world.endpoint().image(name));
    oras.run(&format!(
        "copy --recursive --from-plain-http --to-plain-http {from} {to}"
    ))
    .ok();
    assert_eq!(referrers(&oras, "", &to), 2);
}

#[test]
fn a_deleted_referrer_is_found_no_more() {
    let world = World::shared();
    let pusher = with_referrers(&world, "oras-delete:1.0.0");
    let subject = world.endpoint().image("oras-delete:1.0.0");
    let found = pusher
        .at_registry(&format!("discover --format json --artifact-type {SBOM} {subject}"))
        .ok()
        .json();
    let list = found
        .get("referrers")
        .or_else(|| found.get("manifests"))
        .expect("discover prints a list");
    let digest = list[0]["digest"].as_str().expect("a referrer has a digest");
    let manifest = format!(
        "manifest delete --force {}@{digest}",
        world.endpoint().image("oras-delete")
    );
    let reader = Oras::signed_in(&world.endpoint(), &world.principal(Role::AcrPull));
    refused(reader.at_registry(&manifest));
    let owner = Oras::signed_in(&world.endpoint(), &world.principal(Role::Owner));
    owner.at_registry(&manifest).ok();
    assert_eq!(referrers(&owner, "", &subject), 1);
}

#[test]
fn repositories_and_tags_are_listed() {
    let world = World::shared();
    let oras = Oras::signed_in(&world.endpoint(), &world.principal(Role::AcrPush));
    oras.push("oras-list:1.0.0").ok();
    oras.push("oras-list:2.0.0").ok();
    oras.at_registry(&format!("repo ls {}", world.endpoint().host))
        .ok()
        .says("oras-list");
    let tags = oras
        .at_registry(&format!("repo tags {}", world.endpoint().image("oras-list")))
        .ok();
    assert_eq!(tags.lines(), ["1.0.0", "2.0.0"]);
}

#[test]
fn a_blob_is_fetched_in_parts_and_whole() {
    let world = World::shared();
    let oras = Oras::signed_in(&world.endpoint(), &world.principal(Role::AcrPush));
    let repository = world.endpoint().image("oras-blob");
    oras.write("data.bin", &"0123456789".repeat(1000));
    let pushed = oras
        .at_registry(&format!("blob push --descriptor {repository} data.bin"))
        .ok()
        .json();
    let digest = pushed["digest"].as_str().expect("a descriptor has a digest");
    let fetched = oras
        .at_registry(&format!("blob fetch --output - {repository}@{digest}"))
        .ok();
    assert_eq!(fetched.stdout, "0123456789".repeat(1000));
}
