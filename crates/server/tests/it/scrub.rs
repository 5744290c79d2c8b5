//! What a disk lost is found, is not served, and is whole again when it is pushed again.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::Method;
use wharf_app::jobs::Job;
use wharf_testkit::{Actor, TestRepository, TestServer, digest, image};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The file of a blob, wherever below the folder.
fn file_of(folder: &Path, digest: &str) -> Option<PathBuf> {
    fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return file_of(&path, digest);
        }
        digest.ends_with(path.file_name()?.to_str()?).then_some(path)
    })
}

fn damage(server: &TestServer, digest: &str) {
    let path = file_of(&server.blobs(), digest).expect("the blob has a file");
    let mut bytes = fs::read(&path).expect("the file can be read");
    bytes[0] ^= 1;
    fs::write(path, bytes).expect("the file can be written");
}

async fn world() -> (TestServer, Actor, TestRepository) {
    let server = TestServer::start().await;
    let web = server.registry("myregistry").await.repository("web");
    let owner = server.owner();
    (server, owner, web)
}

async fn mount(to: &TestRepository, owner: &Actor, layer: &str) -> u16 {
    let mount = format!("blobs/uploads/?mount={}&from=web", digest(layer));
    to.ask(owner, Method::POST, &mount).send().await.status.as_u16()
}

#[tokio::test]
async fn a_blob_that_the_job_finds_damaged_is_absent_until_it_is_pushed_again() {
    let (server, owner, web) = world().await;
    let api = TestRepository {
        name: "api".to_owned(),
        ..web.clone()
    };
    web.push_image(&owner, "v1", "layer").await;
    let blob = format!("blobs/{}", digest("layer"));
    web.get(&owner, &blob).await.expect(200);
    damage(&server, &digest("layer"));
    server.run(Job::Scrub).await;
    server.advance(31 * DAY);
    server.run(Job::Scrub).await;
    server.advance(31 * DAY);
    server.run(Job::Scrub).await;

    web.head(&owner, &blob).await.expect(404);
    web.get(&owner, &blob).await.expect_error(404, "BLOB_UNKNOWN");
    web.put_manifest(&owner, "v2", &image("layer"))
        .await
        .expect_error(400, "MANIFEST_BLOB_UNKNOWN");
    assert_eq!(mount(&api, &owner, "layer").await, 202, "it is not mounted");
    web.get(&owner, "manifests/v1").await.expect(200);

    web.push_blob(&owner, "layer").await;
    web.head(&owner, &blob).await.expect(200);
    assert_eq!(web.get(&owner, &blob).await.expect(200).text(), "layer");
    web.put_manifest(&owner, "v2", &image("layer")).await.expect(201);
    assert_eq!(mount(&api, &owner, "layer").await, 201);
}

#[tokio::test]
async fn a_blob_that_a_reader_finds_damaged_is_absent_from_then_on() {
    let (server, owner, web) = world().await;
    for (size, first) in [(10, 404), (200_000, 0)] {
        let content = "0123456789".repeat(size / 10);
        let blob = format!("blobs/{}", web.push_blob(&owner, &content).await);
        damage(&server, &digest(&content));
        if first == 404 {
            web.get(&owner, &blob).await.expect_error(404, "BLOB_UNKNOWN");
        } else {
            let part = web.ask(&owner, Method::GET, &blob).header("range", "bytes=5-9");
            part.send().await.expect_error(404, "BLOB_UNKNOWN");
        }
        web.head(&owner, &blob).await.expect(404);
        web.push_blob(&owner, &content).await;
        assert_eq!(web.get(&owner, &blob).await.expect(200).text(), content);
    }
}

#[tokio::test]
async fn a_file_that_was_restored_is_served_again() {
    let (server, owner, web) = world().await;
    let blob = format!("blobs/{}", web.push_blob(&owner, "layer").await);
    damage(&server, &digest("layer"));
    let report = server
        .app()
        .storage_check(|_, _| {})
        .await
        .expect("all can be looked at");
    assert_eq!((report.blobs, report.damaged, report.restored), (1, 1, 0));
    assert_eq!(report.named[0].digest.to_string(), digest("layer"));
    web.head(&owner, &blob).await.expect(404);
    // The same bit again.
    damage(&server, &digest("layer"));
    let report = server
        .app()
        .storage_check(|_, _| {})
        .await
        .expect("all can be looked at");
    assert_eq!((report.blobs, report.damaged, report.restored), (1, 0, 1));
    web.get(&owner, &blob).await.expect(200);
}

#[tokio::test]
async fn all_that_is_stored_is_looked_at_evenly_over_the_period() {
    let (server, owner, web) = world().await;
    let mut blobs = Vec::new();
    for number in 0..40 {
        blobs.push(web.push_blob(&owner, format!("layer {number}")).await);
    }
    server.run(Job::Scrub).await;
    for blob in &blobs {
        damage(&server, blob);
    }
    let found = async || {
        let mut found = 0;
        for blob in &blobs {
            found += usize::from(web.head(&owner, &format!("blobs/{blob}")).await.status == 404);
        }
        found
    };
    assert_eq!(found().await, 0);
    server.advance(15 * DAY);
    server.run(Job::Scrub).await;
    let half = found().await;
    assert!((18..=26).contains(&half), "{half} of 40 after half of the period");
    server.run(Job::Scrub).await;
    assert_eq!(found().await, half, "no more is due");
    server.advance(14 * DAY);
    server.run(Job::Scrub).await;
    // One or two were looked at before they were damaged.
    assert!(found().await >= 38);
}
