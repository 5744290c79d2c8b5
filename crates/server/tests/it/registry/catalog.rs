//! The list of repositories, of a registry and of all of them.

use http::Method;
use serde_json::json;
use wharf_testkit::{Actor, Answer, TestServer};

async fn list(actor: &Actor, host: &str, query: &str) -> Answer {
    actor
        .ask(Method::GET, &format!("/v2/_catalog{query}"))
        .at(host)
        .send()
        .await
}

async fn all_pages(actor: &Actor, host: &str, n: usize) -> Vec<String> {
    let mut names = Vec::new();
    let mut path = format!("/v2/_catalog?n={n}");
    for _ in 0..20 {
        let answer = actor.ask(Method::GET, &path).at(host).send().await.expect(200);
        let page: Vec<String> = serde_json::from_value(answer.json()["repositories"].take()).expect("names");
        assert!(page.len() <= n);
        names.extend(page);
        let Some((next, _)) = answer
            .header("link")
            .strip_prefix('<')
            .and_then(|link| link.split_once('>'))
        else {
            return names;
        };
        path = next.to_owned();
    }
    panic!("the links do not end: {names:?}");
}

#[tokio::test]
async fn a_registry_lists_its_repositories_in_byte_order_page_by_page() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let owner = server.owner();
    for name in ["b", "a/x", "a", "a-b", "c1"] {
        registry.repository(name).push_image(&owner, "v1", "layer").await;
    }
    let host = registry.login_server.as_str();
    let sorted = ["a", "a-b", "a/x", "b", "c1"];
    assert_eq!(
        list(&owner, host, "").await.expect(200).json(),
        json!({"repositories": sorted})
    );
    for n in 1..6 {
        assert_eq!(all_pages(&owner, host, n).await, sorted, "{n}");
    }
    for (query, names) in [
        ("?n=0", json!([])),
        ("?last=b", json!(["c1"])),
        ("?last=%00", json!(sorted)),
        ("?last=zz", json!([])),
    ] {
        assert_eq!(
            list(&owner, host, query).await.expect(200).json()["repositories"],
            names,
            "{query}"
        );
    }
    list(&owner, host, "?n=x")
        .await
        .expect_error(400, "PAGINATION_NUMBER_INVALID");
}

#[tokio::test]
async fn the_base_host_lists_what_the_caller_may_see_of_all_registries() {
    let server = TestServer::start().await;
    let (one, two) = (server.registry("first").await, server.registry("first2").await);
    let empty = server.registry("empty").await;
    let owner = server.owner();
    for (registry, names) in [(&one, ["web", "api"]), (&two, ["web", "db"])] {
        for name in names {
            registry.repository(name).push_image(&owner, "v1", "layer").await;
        }
    }
    let everything = ["first/api", "first/web", "first2/db", "first2/web"];
    for n in 1..6 {
        assert_eq!(all_pages(&owner, server.host(), n).await, everything, "{n}");
    }
    for (query, names) in [
        ("?last=first", json!(everything)),
        ("?last=first/api", json!(everything[1..])),
        ("?last=first/zzz", json!(everything[2..])),
        ("?last=first/%00", json!(everything)),
        ("?last=%00", json!(everything)),
        ("?last=zzzzz", json!([])),
        ("?n=0", json!([])),
    ] {
        let listed = list(&owner, server.host(), query).await.expect(200);
        assert_eq!(listed.json()["repositories"], names, "{query}");
    }
    let nobody = server.robot("nobody").await;
    let robot = server.robot_with("AcrPull", &two).await;
    let admin = server.admin_of(&one).await;
    for (actor, names) in [
        (&nobody, &[][..]),
        (&robot, &everything[2..]),
        (&admin, &everything[..2]),
    ] {
        assert_eq!(all_pages(actor, server.host(), 1).await, names);
    }
    // At a registry's own host it is said that the right is missing.
    list(&robot, &one.login_server, "").await.expect_error(403, "DENIED");
    list(&admin, &two.login_server, "")
        .await
        .expect_error(401, "UNAUTHORIZED");
    assert_eq!(
        list(&owner, &empty.login_server, "").await.expect(200).json(),
        json!({"repositories": []})
    );
}

#[tokio::test]
async fn a_repository_is_listed_with_its_first_manifest_and_with_its_registry_gone_no_more() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let owner = server.owner();
    registry.repository("web").push_image(&owner, "v1", "layer").await;
    assert_eq!(all_pages(&owner, server.host(), 10).await, ["myregistry/web"]);
    owner.delete(&registry.id).await.expect(200);
    assert_eq!(all_pages(&owner, server.host(), 10).await, Vec::<String>::new());
    list(&owner, &registry.login_server, "")
        .await
        .expect_error(404, "NAME_UNKNOWN");
}
