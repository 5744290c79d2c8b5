//! Files of blobs are flipped, cut, grown and removed under a running server, before and after they were read. Nothing wrong is served as right; it is
//! found, and the next push of it makes it right.

use std::{
    fs::{self, File},
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use wharf_tests::digest;

use crate::{
    disk::crash::Random,
    extent::{Report, folder, form, runtime},
    http::{Answer, Ask, BYTES, Http},
    script::path,
    server::{Server, admin},
    site::Site,
};

/// What is done to a file.
#[derive(Clone, Copy, Debug)]
enum Harm {
    Flipped,
    Cut,
    Grown,
    Emptied,
    Removed,
}

const HARMS: [Harm; 5] = [Harm::Flipped, Harm::Cut, Harm::Grown, Harm::Emptied, Harm::Removed];

impl Harm {
    fn does(self, file: &Path, random: &mut Random) {
        let open = || {
            File::options()
                .write(true)
                .read(true)
                .open(file)
                .expect("a blob's file can be opened")
        };
        let length = fs::metadata(file).expect("a blob has a file").len();
        match self {
            Self::Flipped => {
                let at = random.below(length);
                let byte = fs::read(file).expect("a file can be read")[usize::try_from(at).unwrap_or(0)];
                let mut file = open();
                let flipped = [byte ^ (1 << random.below(8))];
                file.seek(SeekFrom::Start(at))
                    .and_then(|_| file.write_all(&flipped))
                    .expect("a file can be written");
            }
            Self::Cut => open().set_len(random.below(length)).expect("a file can be cut"),
            Self::Grown => open().set_len(length + 1 + random.below(100)).expect("a file can grow"),
            Self::Emptied => open().set_len(0).expect("a file can be emptied"),
            Self::Removed => fs::remove_file(file).expect("a file can be removed"),
        }
    }
}

/// A blob that was pushed.
struct Blob {
    content: Vec<u8>,
    digest: String,
    harm: Harm,
    /// Whether it was read before it was harmed.
    is_known: bool,
}

struct Trial {
    site: Site,
    http: Http,
    report: Report,
}

impl Trial {
    async fn send(&self, ask: Ask) -> Option<Answer> {
        self.http.send(ask).await.ok()
    }

    fn ask(&self, method: &'static str, rest: &str) -> Ask {
        Ask::new(method, path("damage", rest), &self.site.admin)
    }

    async fn push(&self, blob: &Blob) -> bool {
        let ask = self.ask("POST", &format!("blobs/uploads/?digest={}", blob.digest));
        let answer = self.send(ask.body(BYTES, blob.content.as_slice())).await;
        answer.is_some_and(|answer| answer.status == 201)
    }

    /// Reads a blob, or a part of it; what is answered with success has to be right.
    async fn read(&mut self, blob: &Blob, part: Option<(usize, usize)>) -> bool {
        let mut ask = self.ask("GET", &format!("blobs/{}", blob.digest));
        let mut expected = blob.content.as_slice();
        if let Some((start, end)) = part {
            ask = ask.header("Range", format!("bytes={start}-{}", end - 1));
            expected = &expected[start..end];
        }
        self.report.add("reads", 1);
        let Some(answer) = self.send(ask).await.filter(|answer| answer.status < 300) else {
            return false;
        };
        if answer.body != expected {
            let text = format!("{} bytes of {} are wrong", answer.body.len(), blob.content.len());
            self.report
                .note(&format!("{:?}, known: {}", blob.harm, blob.is_known), vec![text]);
        }
        true
    }

    async fn exists(&self, blob: &Blob) -> bool {
        let answer = self.send(self.ask("HEAD", &format!("blobs/{}", blob.digest))).await;
        answer.is_some_and(|answer| answer.status == 200)
    }

    fn expect(&mut self, blob: &Blob, is_right: bool, what: &str) {
        if !is_right {
            self.report.note(
                &format!("{:?}, known: {}", blob.harm, blob.is_known),
                vec![what.to_owned()],
            );
        }
    }
}

/// The file of a blob of the only registry.
fn file_of(data: &Path, digest: &str) -> PathBuf {
    let hex = digest.trim_start_matches("sha256:");
    let registry = fs::read_dir(data.join("blobs"))
        .expect("there are blobs")
        .flatten()
        .next();
    let registry = registry.expect("there is a registry").path();
    registry.join("sha256").join(&hex[..2]).join(hex)
}

fn blobs(count: usize, random: &mut Random) -> Vec<Blob> {
    let sizes = [1_000, 60_000, 70_000, 300_000, 1_100_000];
    (0..count)
        .map(|number| {
            let size = sizes[number % sizes.len()] + usize::try_from(random.below(1000)).unwrap_or(0);
            let content: Vec<u8> = (0..size).map(|_| random.below(256) as u8).collect();
            Blob {
                digest: digest(&content),
                content,
                harm: HARMS[(number / sizes.len()) % HARMS.len()],
                is_known: number % 2 == 1,
            }
        })
        .collect()
}

#[test]
fn damaged_blobs_are_never_served_and_the_next_push_makes_them_whole() {
    let data = folder();
    runtime().block_on(async {
        let site = Site::make(data.path()).await;
        let server = Server::start(data.path()).expect("the server starts");
        let mut random = Random::new(7);
        let mut trial = Trial {
            site,
            http: Http::new(server.url()),
            report: Report::new("damage"),
        };
        let blobs = blobs(form(50, 400), &mut random);
        for blob in &blobs {
            assert!(trial.push(blob).await, "a blob can be pushed");
            if blob.is_known {
                trial.read(blob, None).await;
            }
            blob.harm.does(&file_of(data.path(), &blob.digest), &mut random);
            trial.report.add("damaged blobs", 1);
        }
        // Half of them are read, in parts and whole, again and again; nobody reads the other half.
        let (read, unread) = blobs.split_at(blobs.len() / 2);
        for blob in read {
            let middle = blob.content.len() / 2;
            for part in [Some((0, 10)), None, Some((middle, middle + 10)), None] {
                let served = trial.read(blob, part).await;
                // What was read before may still be in memory, and right.
                trial.expect(
                    blob,
                    !served || blob.is_known && blob.content.len() <= 64 * 1024,
                    "it was served",
                );
            }
        }
        let found = admin(data.path(), "fsck -o json");
        let report = found.json();
        trial.report.add(
            "found",
            usize::try_from(report["damagedCount"].as_u64().unwrap_or(0)).unwrap_or(0),
        );
        if found.success() || report["damagedCount"].as_u64() != Some(blobs.len() as u64) {
            trial.report.note("fsck", vec![found.to_string()]);
        }
        // The server takes note of what another process found within seconds: by reading the journal.
        let last = &unread[unread.len() - 1];
        let began = std::time::Instant::now();
        while trial.exists(last).await {
            assert!(
                began.elapsed().as_secs() < 10,
                "the server takes note of what fsck found"
            );
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        for blob in &blobs {
            let exists = trial.exists(blob).await;
            trial.expect(blob, !exists, "it is said to exist");
            let served = trial.read(blob, None).await;
            trial.expect(blob, !served, "it was served after it was found");
        }
        for blob in &blobs {
            let pushed = trial.push(blob).await && trial.exists(blob).await;
            let served = trial.read(blob, None).await && trial.read(blob, Some((1, 9))).await;
            trial.expect(blob, pushed && served, "a push did not make it whole");
            trial.report.add("made whole by a push", usize::from(pushed && served));
        }
        let sound = admin(data.path(), "fsck -o json");
        if !sound.success() {
            trial.report.note("fsck afterwards", vec![sound.to_string()]);
        }
        if let Err(problem) = server.stop() {
            trial.report.note("end", vec![problem]);
        }
        trial.report.end();
    });
}
