//! Regctl.

use wharf_tests::{Client, Layout, Regctl, Role, World};

use crate::spec::{client_spec, refused};

client_spec!(Regctl);

#[test]
fn an_artifact_is_put_with_a_subject_and_listed() {
    let world = World::shared();
    let regctl = Regctl::signed_in(&world.endpoint(), &world.principal(Role::AcrPush));
    regctl.push("regctl-subject:1.0.0").ok();
    let subject = world.endpoint().image("regctl-subject:1.0.0");
    let put = format!("artifact put --artifact-type application/vnd.example.note --subject {subject}");
    regctl.command().words(&put).input("a note").go().ok();
    regctl
        .run(&format!("artifact list {subject}"))
        .ok()
        .says("application/vnd.example.note");
    let get = format!("artifact get --subject {subject} --filter-artifact-type application/vnd.example.note");
    assert_eq!(regctl.run(&get).ok().text(), "a note");
}

#[test]
fn an_index_is_copied_with_its_referrers_and_keeps_its_digest() {
    let world = World::shared();
    let regctl = Regctl::signed_in(&world.endpoint(), &world.principal(Role::AcrPush));
    let index = Layout::index(&["amd64", "arm64"]);
    let [from, to] = ["regctl-from:1.0.0", "regctl-to:1.0.0"].map(|name| world.endpoint().image(name));
    regctl
        .run(&format!("image copy ocidir://{} {from}", index.tagged()))
        .ok();
    regctl
        .command()
        .words(&format!(
            "artifact put --artifact-type application/x.note --subject {from}"
        ))
        .input("n")
        .go()
        .ok();
    regctl.run(&format!("image copy --referrers {from} {to}")).ok();
    assert_eq!(regctl.run(&format!("image digest {to}")).ok().text(), index.digest);
    regctl
        .run(&format!("artifact list {to}"))
        .ok()
        .says("application/x.note");
}

#[test]
fn a_tag_is_removed_and_the_others_stay() {
    let world = World::shared();
    let regctl = Regctl::signed_in(&world.endpoint(), &world.principal(Role::Contributor));
    let repository = world.endpoint().image("regctl-tags");
    regctl.push("regctl-tags:1.0.0").ok();
    regctl
        .run(&format!("image copy {repository}:1.0.0 {repository}:kept"))
        .ok();
    let pusher = Regctl::signed_in(&world.endpoint(), &world.principal(Role::AcrPush));
    refused(pusher.run(&format!("tag rm {repository}:1.0.0")));
    regctl.run(&format!("tag rm {repository}:1.0.0")).ok();
    assert_eq!(regctl.run(&format!("tag ls {repository}")).ok().text(), "kept");
    regctl.pull("regctl-tags:kept").ok();
}

#[test]
fn a_large_blob_arrives_in_chunks() {
    let world = World::shared();
    let regctl = Regctl::signed_in(&world.endpoint(), &world.principal(Role::AcrPush));
    let host = world.endpoint().host;
    regctl
        .run(&format!(
            "registry set --skip-check --blob-max 1000000 --blob-chunk 1000000 {host}"
        ))
        .ok();
    let layout = Layout::big(8);
    let image = world.endpoint().image("regctl-chunks:1.0.0");
    regctl
        .run(&format!("image copy ocidir://{} {image}", layout.tagged()))
        .ok();
    assert_eq!(regctl.run(&format!("image digest {image}")).ok().text(), layout.digest);
    regctl.pull("regctl-chunks:1.0.0").ok();
}
