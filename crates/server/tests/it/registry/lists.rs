//! The list of a repository's tags.

use http::Method;
use serde_json::json;
use wharf_testkit::{Actor, TestRepository, TestServer};

async fn tagged(server: &TestServer, web: &TestRepository, tags: &[&str]) -> Actor {
    let owner = server.owner();
    web.push_image(&owner, tags[0], "layer").await;
    for tag in tags {
        web.push_image(&owner, tag, "layer").await;
    }
    owner
}

#[tokio::test]
async fn tags_come_in_byte_order_with_the_repositorys_name_as_it_was_asked_for() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let web = registry.repository("team/web");
    let owner = tagged(&server, &web, &["b", "a", "B", "_", "10", "9", "a.b", "a-b"]).await;
    let sorted = json!(["10", "9", "B", "_", "a", "a-b", "a.b", "b"]);
    for web in [web, registry.repository_at_base(&server, "team/web")] {
        let answer = web.get(&owner, "tags/list").await.expect(200);
        assert_eq!(answer.json(), json!({"name": web.name, "tags": sorted}));
        assert_eq!(answer.header("link"), "");
        assert!(answer.header("content-type").starts_with("application/json"));
        web.head(&owner, "tags/list").await.expect(200);
    }
    let nothing = registry.repository("nothing");
    nothing.get(&owner, "tags/list").await.expect_error(404, "NAME_UNKNOWN");
}

#[tokio::test]
async fn a_list_is_read_page_by_page_along_its_links() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let owner = tagged(&server, &registry.repository("web"), &["a", "b", "c", "d", "e"]).await;
    for web in [registry.repository("web"), registry.repository_at_base(&server, "web")] {
        let mut path = web.path("tags/list?n=2");
        let mut pages = Vec::new();
        for _ in 0..10 {
            let answer = owner.ask(Method::GET, &path).at(&web.host).send().await.expect(200);
            pages.push(answer.at("/tags"));
            let link = answer.header("link");
            let Some(rest) = link.strip_prefix('<') else { break };
            let (next, relation) = rest.split_once('>').expect("a link has an end");
            assert_eq!(relation, "; rel=\"next\"");
            path = next.to_owned();
        }
        assert_eq!(pages, [r#"["a","b"]"#, r#"["c","d"]"#, r#"["e"]"#]);
    }
}

#[tokio::test]
async fn a_page_is_as_long_as_asked_for_and_begins_after_the_last_one() {
    let server = TestServer::start().await;
    let web = server.registry("myregistry").await.repository("web");
    let owner = tagged(&server, &web, &["a", "b", "c"]).await;
    for (query, tags) in [
        ("n=0", "[]"),
        ("n=1", r#"["a"]"#),
        ("n=3", r#"["a","b","c"]"#),
        ("n=1001", r#"["a","b","c"]"#),
        ("n=18446744073709551615", r#"["a","b","c"]"#),
        ("last=a", r#"["b","c"]"#),
        // It need not be there, nor be a tag.
        ("last=aa", r#"["b","c"]"#),
        ("last=%2e", r#"["a","b","c"]"#),
        ("last=%00", r#"["a","b","c"]"#),
        ("last=b%00", r#"["c"]"#),
        ("last=%ff", "[]"),
        ("last=c", "[]"),
        ("n=1&last=a", r#"["b"]"#),
        ("n=", r#"["a","b","c"]"#),
    ] {
        let answer = web.get(&owner, &format!("tags/list?{query}")).await.expect(200);
        assert_eq!(answer.at("/tags"), tags, "{query}");
    }
    for query in ["n=1&n=2", "last=a&last=b"] {
        let answer = web.get(&owner, &format!("tags/list?{query}")).await;
        let answer = answer.expect_error(400, "PAGINATION_NUMBER_INVALID");
        assert!(answer.text().contains("is given twice"), "{}", answer.text());
    }
    web.get(&owner, "tags/list?n=1&n=1").await.expect(200);
    for n in ["-1", "x", "1.5", "%2B1", "18446744073709551616", "1%200"] {
        let answer = web.get(&owner, &format!("tags/list?n={n}")).await;
        answer.expect_error(400, "PAGINATION_NUMBER_INVALID");
    }
}
