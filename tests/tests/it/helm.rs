//! Helm.

use wharf_tests::{Client, Helm, Role, World};

use crate::spec::client_spec;

client_spec!(Helm);

#[test]
fn a_chart_is_shown_and_rendered_from_the_registry() {
    let world = World::shared();
    Helm::signed_in(&world.endpoint(), &world.principal(Role::AcrPush))
        .push("charts/shown:1.2.3")
        .ok();
    let helm = Helm::signed_in(&world.endpoint(), &world.principal(Role::AcrPull));
    let chart = format!("oci://{}", world.endpoint().image("charts/shown"));
    helm.at_registry(&format!("show chart {chart} --version 1.2.3"))
        .ok()
        .says("name: shown");
    helm.at_registry(&format!("template {chart} --version 1.2.3")).ok();
}

#[test]
fn the_newest_version_in_a_range_is_chosen_from_the_tags() {
    let world = World::shared();
    let helm = Helm::signed_in(&world.endpoint(), &world.principal(Role::AcrPush));
    for version in ["1.0.0", "1.1.0", "2.0.0"] {
        helm.push(&format!("charts/ranged:{version}")).ok();
    }
    let chart = format!("oci://{}", world.endpoint().image("charts/ranged"));
    helm.at_registry(&format!("show chart {chart} --version 1.x"))
        .ok()
        .says("version: 1.1.0");
}
