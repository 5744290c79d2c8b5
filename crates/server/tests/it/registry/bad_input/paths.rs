//! Names, references and tricks with paths.

use http::Method;
use wharf_testkit::digest;

use super::{Case, World};

const NAME: &str = "a repository name is at most 255 small letters and digits, with '.', '_', '__' or '-' between them and '/' between components";
const TAG: &str = "a tag is 1 to 128 letters, digits, '_', '.' and '-', and does not start with '.' or '-'";
const DIGEST: &str = "a digest is sha256: and 64, or sha512: and 128 lower-case hex digits";

#[tokio::test]
async fn a_name_that_is_none_is_refused_with_its_grammar() {
    let world = World::new().await;
    let long = "a".repeat(256);
    let cases = [
        "Web", "web_", "-web", "we..b", "we___b", "we._b", "a//b", "/web", "web/", "web:80", "w~b", &long,
    ]
    .map(|name| Case::new("a name", Method::GET, format!("/v2/{name}/tags/list")).refused(400, "NAME_INVALID", NAME));
    world.refuses(cases).await;
    let pushed = ["Web", "we..b", "web_"].map(|name| {
        Case::new("a push", Method::POST, format!("/v2/{name}/blobs/uploads/")).refused(400, "NAME_INVALID", NAME)
    });
    world.refuses(pushed).await;
}

#[tokio::test]
async fn a_reference_that_is_none_is_refused_with_its_grammar() {
    let world = World::new().await;
    let good = digest("x");
    let long = "a".repeat(129);
    let tags = [".v1", "-v1", "v1+2", "v~1", "v1@2", &long].map(|tag| {
        Case::new("a tag", Method::PUT, format!("/v2/web/manifests/{tag}")).refused(400, "TAG_INVALID", TAG)
    });
    world.refuses(tags).await;
    let digests = [
        "sha256:",
        "sha256:00",
        &good.to_uppercase(),
        &good.replace("sha256", "SHA256"),
        &good.replace("sha256", "md5"),
        &good.replace("sha256", "sha512"),
        &format!("{good}0"),
        "sha256:../../../etc/passwd",
    ]
    .map(|digest| digest.replace('/', "~"));
    for kind in ["manifests", "blobs", "referrers"] {
        let cases = digests.iter().map(|digest| {
            Case::new("a digest", Method::GET, format!("/v2/web/{kind}/{digest}")).refused(
                400,
                "DIGEST_INVALID",
                DIGEST,
            )
        });
        world.refuses(cases).await;
    }
}

#[tokio::test]
async fn a_path_cannot_be_written_in_another_way() {
    let world = World::new().await;
    let nowhere =
        |path: &str| Case::new("an encoded path", Method::GET, path).refused(404, "UNSUPPORTED", "no such endpoint");
    world
        .refuses([
            nowhere("/v2/w%65b/manifests/v1"),
            nowhere("/v2/web/manifests/v%31"),
            nowhere("/v2/web%2Fmanifests%2Fv1"),
            nowhere("/v2/web%00/manifests/v1"),
            nowhere("/v2/%2e%2e/web/manifests/v1"),
            nowhere("/v2/x/%2e%2e/web/manifests/v1"),
            nowhere("/v2/web/manifests/v1%0d%0aX:%20y"),
            nowhere("/v2/web/manifests/%ff"),
            nowhere("/v2/web/manifests/%C0%AE%C0%AE"),
            nowhere("/v2/web%252Fx/manifests/v1"),
            nowhere("/v2/web/"),
            nowhere("/v2/web/manifests"),
            nowhere("/v2/web/blobs/uploads/x/y"),
            nowhere("/v2/_catalog/x"),
        ])
        .await;
    let dots = [
        "/v2/../v2/web/manifests/v1",
        "/v2/./web/manifests/v1",
        "/v2/web/../web/manifests/v1",
        "/v2//web/manifests/v1",
    ]
    .map(|path| Case::new("dot segments", Method::GET, path).refused(400, "NAME_INVALID", NAME));
    world.refuses(dots).await;
}

#[tokio::test]
async fn a_page_that_is_none_is_refused() {
    let world = World::new().await;
    let cases = ["n=-1", "n=x", "n=1.5", "n=%2B1", "n=0x10", "n=1%00", "n=%D9%A1"]
        .into_iter()
        .flat_map(|query| {
            ["web/tags/list", "_catalog"].map(|list| {
                Case::new("a page", Method::GET, format!("/v2/{list}?{query}")).refused(
                    400,
                    "PAGINATION_NUMBER_INVALID",
                    "n is a number of entries",
                )
            })
        });
    world.refuses(cases).await;
}

#[tokio::test]
async fn a_host_that_is_none_of_ours_reaches_nothing() {
    let world = World::new().await;
    let before = world.server.stored().await;
    for host in [
        "evil.test",
        "wharf.test.evil.test",
        "a.b.wharf.test",
        "wharf.test:x",
        "user@wharf.test",
        "",
        "myregistry.wharf.test.",
    ] {
        for (method, path) in [
            (Method::GET, "/v2/web/manifests/v1"),
            (Method::POST, "/v2/web/blobs/uploads/"),
        ] {
            let answer = world.owner.ask(method, path).at(host).send().await;
            answer.expect_error(421, "NAME_UNKNOWN");
        }
    }
    let twice = world.owner.ask(Method::GET, "/v2/web/manifests/v1").at(&world.web.host);
    twice
        .header("host", &world.web.host)
        .send()
        .await
        .expect_error(421, "NAME_UNKNOWN");
    assert_eq!(world.server.stored().await, before);
}
