//! What one client pushes, every other pulls; and many at once.

use std::thread;

use wharf_tests::{Buildah, Client, Crane, Docker, Layout, Podman, Regctl, Role, Skopeo, World};

fn pulls<C: Client>(world: &World, image: &str) {
    C::signed_in(&world.endpoint(), &world.principal(Role::AcrPull))
        .pull(image)
        .ok();
}

fn everybody_pulls(world: &World, image: &str) {
    pulls::<Docker>(world, image);
    pulls::<Podman>(world, image);
    pulls::<Skopeo>(world, image);
    pulls::<Buildah>(world, image);
    pulls::<Crane>(world, image);
    pulls::<Regctl>(world, image);
}

#[test]
fn a_docker_image_is_pulled_by_all() {
    let world = World::shared();
    Docker::signed_in(&world.endpoint(), &world.principal(Role::AcrPush))
        .push("across-docker:1.0.0")
        .ok();
    everybody_pulls(&world, "across-docker:1.0.0");
}

#[test]
fn an_oci_index_is_pulled_by_all() {
    let world = World::shared();
    let skopeo = Skopeo::signed_in(&world.endpoint(), &world.principal(Role::AcrPush));
    let index = Layout::index(&["amd64", "arm64"]);
    skopeo
        .copy_in("--all", &format!("oci:{}", index.tagged()), "across-index:1.0.0")
        .ok();
    everybody_pulls(&world, "across-index:1.0.0");
}

#[test]
fn eight_pushes_at_once_to_one_repository_all_arrive() {
    let world = World::shared();
    let user = world.principal(Role::AcrPush);
    let tags: Vec<String> = (1..=8).map(|number| format!("across-many:{number}.0.0")).collect();
    thread::scope(|scope| {
        for tag in &tags {
            scope.spawn(|| Crane::signed_in(&world.endpoint(), &user).push(tag).ok());
        }
    });
    let crane = Crane::signed_in(&world.endpoint(), &user);
    assert_eq!(
        crane
            .run(&format!("ls {}", world.endpoint().image("across-many")))
            .ok()
            .lines()
            .len(),
        8
    );
    for tag in &tags {
        crane.pull(tag).ok();
    }
}

#[test]
fn eight_pushes_of_the_same_image_at_once_all_succeed() {
    let world = World::shared();
    let user = world.principal(Role::AcrPush);
    let layout = Layout::big(4);
    let image = world.endpoint().image("across-same:1.0.0");
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let crane = Crane::signed_in(&world.endpoint(), &user);
                crane.command().arg("push").arg(layout.path()).arg(&image).go().ok()
            });
        }
    });
    let crane = Crane::signed_in(&world.endpoint(), &user);
    assert_eq!(crane.run(&format!("digest {image}")).ok().text(), layout.digest);
    crane.run(&format!("validate --remote {image}")).ok();
}
