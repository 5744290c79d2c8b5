//! A disk that fills up: pushes are refused early and clearly, all else goes on, and readiness says so.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

use serde_json::json;
use wharf_tests::{Disk, digest};

use crate::{
    extent::{Report, folder, runtime},
    http::{Answer, Ask, Auth, BYTES, Http},
    script::{location, path},
    server::Server,
    site::{REGISTRY, Site},
};

const SIZE_MEBIBYTES: usize = 64;
/// What is left free: less than the reserve, which is a twentieth of so small a disk.
const LEFT_BYTES: u64 = 2 << 20;
const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";

struct Trial {
    site: Site,
    http: Http,
    server: Server,
    report: Report,
}

impl Trial {
    async fn ask(&self, method: &'static str, rest: &str, content_type: &'static str, body: &[u8]) -> Answer {
        let ask = Ask::new(method, path("full", rest), &self.site.admin).body(content_type, body);
        self.http.send(ask).await.unwrap_or_default()
    }

    async fn expect(
        &mut self,
        status: u16,
        what: &str,
        method: &'static str,
        rest: &str,
        kind: &'static str,
        body: &[u8],
    ) {
        let answer = self.ask(method, rest, kind, body).await;
        self.expect_answer(status, what, &answer);
    }

    fn expect_answer(&mut self, status: u16, what: &str, answer: &Answer) {
        self.report.add("requests", 1);
        let text = String::from_utf8_lossy(&answer.body);
        let is_clear = status != 507 || text.contains("STORAGE_FULL") && text.contains("full");
        if answer.status != status || !is_clear {
            self.report
                .note(what, vec![format!("{} instead of {status}: {text}", answer.status)]);
        }
    }

    fn ready(&mut self, expected: bool) {
        let answer = self.server.probe("/readyz").unwrap_or_default();
        let is_ready = answer.starts_with("HTTP/1.1 200");
        if is_ready != expected || !is_ready && !answer.contains("full") {
            self.report.note("readiness", vec![answer]);
        }
    }

    /// What only reads, and signing in.
    async fn reads(&mut self, what: &str, layer: &str) {
        self.expect(200, what, "GET", "manifests/v1", BYTES, b"").await;
        self.expect(200, what, "GET", &format!("blobs/{layer}"), BYTES, b"")
            .await;
        self.expect(200, what, "GET", "tags/list", BYTES, b"").await;
        let token = format!("/oauth2/token?service=localhost&scope=repository:{REGISTRY}/full:pull");
        let token = self
            .http
            .send(Ask::new("GET", token, &self.site.admin))
            .await
            .unwrap_or_default();
        self.expect_answer(200, what, &token);
        if !self.site.owner.opens(&self.http).await.unwrap_or(false) {
            self.report.note(what, vec!["the owner cannot sign in".to_owned()]);
        }
    }

    /// Whatever would store something.
    async fn pushes(&mut self, what: &str, session: &str, image: &[u8]) {
        let large = vec![7; 100_000];
        self.expect(507, what, "POST", "blobs/uploads/", BYTES, b"").await;
        let whole = format!("blobs/uploads/?digest={}", digest(&large));
        self.expect(507, what, "POST", &whole, BYTES, &large).await;
        let patch = Ask::new("PATCH", session, &self.site.admin).body(BYTES, large.as_slice());
        let patch = self.http.send(patch).await.unwrap_or_default();
        self.expect_answer(507, what, &patch);
        self.expect(507, what, "PUT", "manifests/v9", IMAGE, image).await;
    }
}

/// Takes room until only so much is left.
fn fill(folder: &Path, left: u64) -> std::path::PathBuf {
    let path = folder.join("ballast");
    let mut file = File::options()
        .create(true)
        .append(true)
        .open(&path)
        .expect("a file can be made");
    let block = [1; 64 * 1024];
    loop {
        let space = rustix::fs::statvfs(folder).expect("a disk can be asked");
        let free = space.f_bavail * space.f_frsize;
        let more = usize::try_from(free.saturating_sub(left)).unwrap_or(0).min(block.len());
        if more == 0 || file.write_all(&block[..more]).is_err() {
            return path;
        }
    }
}

#[test]
fn a_full_disk_refuses_pushes_and_nothing_else() {
    let place = folder();
    let data = place.path().join("data");
    let disk = Disk::mount(data.clone(), SIZE_MEBIBYTES);
    runtime().block_on(async {
        let server = Server::start(&data).expect("the server starts");
        let site = Site::of(&server, &data, None).await;
        let mut trial = Trial {
            http: Http::new(server.url()),
            site,
            server,
            report: Report::new("full"),
        };
        let layer = vec![3; 200_000];
        let whole = format!("blobs/uploads/?digest={}", digest(&layer));
        trial.expect(201, "before", "POST", &whole, BYTES, &layer).await;
        let descriptor = json!({"mediaType": BYTES, "digest": digest(&layer), "size": layer.len()});
        let image = json!({"schemaVersion": 2, "mediaType": IMAGE, "config": descriptor, "layers": []}).to_string();
        for tag in ["v1", "v2", "v3"] {
            trial
                .expect(
                    201,
                    "before",
                    "PUT",
                    &format!("manifests/{tag}"),
                    IMAGE,
                    image.as_bytes(),
                )
                .await;
        }
        let session = trial.ask("POST", "blobs/uploads/", BYTES, b"").await;
        let session = location(&session);
        trial.ready(true);

        let ballast = fill(&data, LEFT_BYTES);
        trial.ready(false);
        trial
            .pushes("less than the reserve is free", &session, image.as_bytes())
            .await;
        trial.reads("less than the reserve is free", &digest(&layer)).await;
        trial
            .expect(
                202,
                "less than the reserve is free",
                "DELETE",
                "manifests/v2",
                BYTES,
                b"",
            )
            .await;
        let arm = trial.site.owner.arm(&trial.http).await.unwrap_or(Auth::Nobody);
        let changed = trial.http.send(trial.site.regenerate(&arm)).await.unwrap_or_default();
        trial.expect_answer(200, "less than the reserve is free: a changed password", &changed);

        // Somebody else took the reserve as well.
        fill(&data, 0);
        trial.ready(false);
        trial.pushes("nothing is free", &session, image.as_bytes()).await;
        trial.reads("nothing is free", &digest(&layer)).await;
        let deleted = trial.ask("DELETE", "manifests/v3", BYTES, b"").await;
        // The database's log may have room in it, and may have none: never anything but the one or the other.
        let status = if deleted.status == 202 { 202 } else { 507 };
        trial.expect_answer(status, "nothing is free", &deleted);

        fs::remove_file(ballast).expect("a file can be removed");
        trial.ready(true);
        trial
            .expect(201, "afterwards", "PUT", "manifests/v9", IMAGE, image.as_bytes())
            .await;
        trial.reads("afterwards", &digest(&layer)).await;
        if let Err(problem) = trial.server.stop() {
            trial.report.note("end", vec![problem]);
        }
        trial.report.end();
    });
    drop(disk);
}
