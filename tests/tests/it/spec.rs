//! What is true with every client.

use std::time::Duration;

use wharf_tests::{Client, Options, Ran, Role, World, eventually};

/// Makes the specifications of this module tests of one client.
macro_rules! client_spec {
    ($client:ty: $($name:ident),+ $(,)?) => {
        mod spec {
            use super::*;

            $(#[test]
            fn $name() {
                $crate::spec::$name::<$client>();
            })+
        }
    };
    ($client:ty) => {
        $crate::spec::client_spec!($client:
            the_admin_user_pushes_and_pulls_with_either_password,
            every_role_pulls_and_only_some_push,
            a_refused_push_names_the_right_that_was_missing,
            a_principal_without_a_role_reaches_nothing,
            a_wrong_password_is_refused,
            an_unknown_name_is_refused,
            a_disabled_admin_user_is_refused_at_once,
            a_deleted_principal_is_refused_within_seconds,
            a_renewed_password_replaces_its_predecessor_alone,
            a_registry_is_reached_by_its_own_name_with_tls,
        );
    };
}
pub(crate) use client_spec;

/// How soon a right that was taken away must be gone, with a second for the client's own start.
const REVOCATION: Duration = Duration::from_secs(6);

/// It was refused as an unknown caller, or as one without the right.
#[track_caller]
pub(crate) fn refused(ran: Ran) -> Ran {
    let ran = ran.fails();
    let words = [
        "unauthorized",
        "denied",
        "forbidden",
        "authentication required",
        "401",
        "403",
        "invalid username/password",
    ];
    assert!(
        words.iter().any(|word| ran.mentions(word)),
        "should have been refused for want of a right:\n{ran}"
    );
    ran
}

pub(crate) fn the_admin_user_pushes_and_pulls_with_either_password<C: Client>() {
    let world = World::shared();
    let image = format!("{}-admin:1.0.0", C::NAME);
    for admin in world.admins() {
        let client = C::signed_in(&world.endpoint(), &admin);
        client.push(&image).ok();
        client.pull(&image).ok();
    }
}

pub(crate) fn every_role_pulls_and_only_some_push<C: Client>() {
    let world = World::shared();
    let image = format!("{}-roles:1.0.0", C::NAME);
    C::signed_in(&world.endpoint(), &world.admins()[0]).push(&image).ok();
    for role in Role::ALL {
        let client = C::signed_in(&world.endpoint(), &world.principal(role));
        client.pull(&image).ok();
        let push = client.push(&image);
        if role.may_push() {
            push.ok()
        } else {
            refused(push)
        };
    }
}

pub(crate) fn a_refused_push_names_the_right_that_was_missing<C: Client>() {
    let world = World::shared();
    let client = C::signed_in(&world.endpoint(), &world.principal(Role::AcrPull));
    let push = refused(client.push(&format!("{}-right:1.0.0", C::NAME)));
    if C::SHOWS_REASONS {
        push.says("Microsoft.ContainerRegistry/registries/push/write");
    }
}

pub(crate) fn a_principal_without_a_role_reaches_nothing<C: Client>() {
    let world = World::shared();
    let image = format!("{}-stranger:1.0.0", C::NAME);
    C::signed_in(&world.endpoint(), &world.admins()[0]).push(&image).ok();
    let client = C::new(&world.endpoint());
    refused(client.login_and_pull(&world.stranger(), &image));
    refused(client.push(&image));
}

// Wrong passwords are slowed for their address and name, which would slow other tests of a shared world too.
pub(crate) fn a_wrong_password_is_refused<C: Client>() {
    let world = World::new(Options::default());
    let admin = &world.admins()[0];
    let principal = world.principal(Role::AcrPush);
    C::signed_in(&world.endpoint(), admin).push("web:1.0.0").ok();
    for user in [admin, &principal] {
        let client = C::new(&world.endpoint());
        let wrong = user.with_wrong_password();
        if C::LOGIN_ASKS {
            refused(client.login(&wrong));
        }
        refused(client.login_and_pull(&wrong, "web:1.0.0")).never_says(&user.password);
    }
    let log = world.wharf.log();
    assert!(
        !log.contains("wrong-password") && !log.contains(&admin.password),
        "a password is in the log:\n{log}"
    );
}

pub(crate) fn an_unknown_name_is_refused<C: Client>() {
    let world = World::new(Options::default());
    let mut nobody = world.admins()[0].clone();
    nobody.name = "nobody".to_owned();
    refused(C::new(&world.endpoint()).login_and_pull(&nobody, "web:1.0.0"));
}

// Of its own world, because it takes the admin user away from everybody else.
pub(crate) fn a_disabled_admin_user_is_refused_at_once<C: Client>() {
    let world = World::new(Options::default());
    let admin = &world.admins()[0];
    let client = C::signed_in(&world.endpoint(), admin);
    client.push("web:1.0.0").ok();
    world.owner.run("acr update -n myregistry --admin-enabled false").ok();
    eventually("a signed-in admin user is refused once disabled", REVOCATION, || {
        !client.pull("web:1.0.0").success()
    });
    refused(C::new(&world.endpoint()).login_and_pull(admin, "web:1.0.0"));
}

pub(crate) fn a_deleted_principal_is_refused_within_seconds<C: Client>() {
    let world = World::shared();
    let image = format!("{}-deleted:1.0.0", C::NAME);
    let robot = world.new_principal(Some(Role::AcrPush));
    let client = C::signed_in(&world.endpoint(), &robot);
    client.push(&image).ok();
    world.owner.run(&format!("ad sp delete --id {}", robot.name)).ok();
    eventually("a signed-in principal is refused once deleted", REVOCATION, || {
        !client.pull(&image).success()
    });
    refused(client.pull(&image));
    refused(C::new(&world.endpoint()).login_and_pull(&robot, &image));
}

// Of its own world, because it changes the admin user's passwords.
pub(crate) fn a_renewed_password_replaces_its_predecessor_alone<C: Client>() {
    let world = World::new(Options::default());
    let [first, second] = world.admins();
    C::signed_in(&world.endpoint(), &first).push("web:1.0.0").ok();
    world
        .owner
        .run("acr credential renew -n myregistry --password-name password")
        .ok();
    let [renewed, same] = world.admins();
    assert!(renewed.password != first.password, "a renewed password is another one");
    assert_eq!(same.password, second.password, "the other password stays as it was");
    eventually("the old password is refused", REVOCATION, || {
        !C::new(&world.endpoint()).login_and_pull(&first, "web:1.0.0").success()
    });
    for user in [renewed, second] {
        C::new(&world.endpoint()).login_and_pull(&user, "web:1.0.0").ok();
    }
}

pub(crate) fn a_registry_is_reached_by_its_own_name_with_tls<C: Client>() {
    let world = World::new(Options::default().tls());
    for user in [world.admins()[0].clone(), world.principal(Role::AcrPush)] {
        let client = C::signed_in(&world.endpoint(), &user);
        client.push("team/web:1.0.0").ok();
        client.pull("team/web:1.0.0").ok();
    }
    refused(C::new(&world.endpoint()).login_and_pull(&world.stranger(), "team/web:1.0.0"));
}
