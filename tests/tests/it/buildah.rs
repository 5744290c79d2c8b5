//! Buildah.

use wharf_tests::{Buildah, Client, Role, World};

use crate::spec::client_spec;

client_spec!(Buildah);

#[test]
fn an_image_is_built_from_one_in_the_registry_and_pushed_back() {
    let world = World::shared();
    let buildah = Buildah::signed_in(&world.endpoint(), &world.principal(Role::AcrPush));
    buildah.push("buildah-base:1.0.0").ok();
    let base = world.endpoint().image("buildah-base:1.0.0");
    let child = world.endpoint().image("buildah-child:1.0.0");
    let container = buildah.run("from", &format!("--pull-always {base}")).ok();
    buildah
        .command()
        .words("config --label made=here")
        .arg(container.text())
        .go()
        .ok();
    buildah
        .command()
        .words("commit --quiet --rm")
        .arg(container.text())
        .arg(&child)
        .go()
        .ok();
    buildah.run("push", &child).ok();
    buildah.pull("buildah-child:1.0.0").ok();
}
