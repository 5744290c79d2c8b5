//! Blobs: every way to push one, and to have it.

use super::{Algorithm, BYTES, Work, fresh};

/// As a suite cuts its chunks.
const CHUNK: usize = 1024;
const ALGORITHMS: [Algorithm; 2] = [Algorithm::Sha256, Algorithm::Sha512];

/// How the bytes of a blob travel.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way {
    /// One POST.
    Post,
    /// POST, then PUT with all of it.
    Put,
    /// POST, one PATCH that does not say where it belongs, and an empty PUT.
    Stream,
    /// POST, PATCHes that say where they belong, and an empty PUT.
    Chunks,
    /// The same with the last chunk in the PUT.
    LastChunkInPut,
}

impl Way {
    pub(super) const ALL: [Self; 5] = [Self::Post, Self::Put, Self::Stream, Self::Chunks, Self::LastChunkInPut];

    /// Pushes `content` as the blob `digest`. The last answer has to have this status.
    #[track_caller]
    pub(super) fn push(self, work: &Work, digest: &str, content: &[u8], status: u16) -> wharf_tests::Reply {
        if let Self::Post = self {
            let post = work.ask("POST", "blobs/uploads/").query("digest", digest);
            return post.body(BYTES, content).expect(status);
        }
        let mut location = work.begin();
        let put = |location: &str| work.client.ask("PUT", location).query("digest", digest);
        let patch = |location: &str, content: &[u8]| work.client.ask("PATCH", location).body(BYTES, content);
        match self {
            Self::Post | Self::Put => put(&location).body(BYTES, content).expect(status),
            Self::Stream => {
                let patched = patch(&location, content).expect(202);
                put(patched.must("location")).expect(status)
            }
            Self::Chunks | Self::LastChunkInPut => {
                for (start, end) in chunks(content.len()) {
                    let range = format!("{start}-{}", end - 1);
                    let part = &content[start..end];
                    if matches!(self, Self::LastChunkInPut) && end == content.len() {
                        let last = put(&location).header("content-range", range);
                        return last.body(BYTES, part).expect(status);
                    }
                    let patched = patch(&location, part).header("content-range", range).expect(202);
                    assert_eq!(patched.must("range"), format!("0-{}", end - 1));
                    location = patched.must("location").to_owned();
                }
                put(&location).expect(status)
            }
        }
    }
}

fn chunks(length: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..length)
        .step_by(CHUNK)
        .map(move |start| (start, (start + CHUNK).min(length)))
}

pub(super) fn every_way_to_push_a_blob_ends_with_the_blob(work: &dyn Fn() -> Work) {
    let work = work();
    for algorithm in ALGORITHMS {
        for way in Way::ALL {
            for content in [fresh(512), fresh(CHUNK * 3 - 5), b"{}".to_vec(), Vec::new()] {
                let digest = algorithm.of(&content);
                let address = format!("blobs/{digest}");
                work.ask("GET", &address).refused(404, "BLOB_UNKNOWN");
                let pushed = way.push(&work, &digest, &content, 201);
                work.has_blob(&pushed, &digest, &content);
                // Again, as somebody else who has it too.
                way.push(&work, &digest, &content, 201);
                work.deletes(&address);
            }
        }
    }
}

pub(super) fn chunks_out_of_order_are_refused_and_the_upload_goes_on(work: &dyn Fn() -> Work) {
    let work = work();
    for algorithm in ALGORITHMS {
        for last_in_put in [false, true] {
            let content = fresh(CHUNK * 3 - 5);
            let digest = algorithm.of(&content);
            let mut location = work.begin();
            for (start, end) in chunks(content.len()) {
                // Ahead, and at the end back to the beginning.
                let (wrong, wrong_end) = match start + CHUNK {
                    ahead if ahead < content.len() => (ahead, (ahead + CHUNK).min(content.len())),
                    _ => (0, CHUNK),
                };
                let is_last = |end: usize| last_in_put && end == content.len();
                let ask = |start: usize, end: usize| {
                    let ask = if is_last(end) {
                        work.client.ask("PUT", &location).query("digest", &digest)
                    } else {
                        work.client.ask("PATCH", &location)
                    };
                    let range = format!("{start}-{}", end - 1);
                    ask.header("content-range", range).body(BYTES, &content[start..end])
                };
                let refused = ask(wrong, wrong_end).refused(416, "BLOB_UPLOAD_INVALID");
                assert_eq!(refused.must("location"), location);
                let status = work.client.ask("GET", &location).expect(204);
                assert_eq!(status.must("range"), format!("0-{}", start.saturating_sub(1)));
                assert_eq!(status.must("location"), location);
                if is_last(end) {
                    work.has_blob(&ask(start, end).expect(201), &digest, &content);
                } else {
                    location = ask(start, end).expect(202).must("location").to_owned();
                }
            }
            if !last_in_put {
                let put = work.client.ask("PUT", &location).query("digest", &digest);
                work.has_blob(&put.expect(201), &digest, &content);
            }
        }
    }
}

pub(super) fn content_of_another_digest_is_refused_on_every_way(work: &dyn Fn() -> Work) {
    let work = work();
    for algorithm in ALGORITHMS {
        for way in Way::ALL {
            let content = fresh(CHUNK * 3 - 5);
            let digest = algorithm.of(&content);
            let refused = way.push(&work, &digest, &[&content, b"oh no".as_slice()].concat(), 400);
            assert_eq!(refused.json()["errors"][0]["code"], "DIGEST_INVALID", "{way:?}");
            work.ask("HEAD", &format!("blobs/{digest}")).expect(404);
        }
    }
}

pub(super) fn an_upload_is_cancelled(work: &dyn Fn() -> Work) {
    let work = work();
    let location = work.begin();
    let again = |method: &str| work.client.ask(method, &location);
    again("PATCH").body(BYTES, fresh(10)).expect(202);
    again("DELETE").expect(204);
    for method in ["GET", "DELETE"] {
        again(method).refused(404, "BLOB_UPLOAD_UNKNOWN");
    }
    again("PATCH")
        .body(BYTES, fresh(10))
        .refused(404, "BLOB_UPLOAD_UNKNOWN");
}

pub(super) fn a_blob_is_mounted_from_where_it_is_and_uploaded_where_it_is_not(new: &dyn Fn() -> Work) {
    let (source, work) = (new(), new());
    let mount = |digest: &str| work.ask("POST", "blobs/uploads/").query("mount", digest);
    // Before the first mount the client's token is for its own repository alone.
    work.begin();
    for algorithm in ALGORITHMS {
        for from in [Some(&source.name), None] {
            let content = fresh(512);
            let digest = algorithm.of(&content);
            Way::Put.push(&source, &digest, &content, 201);
            let ask = match from {
                Some(name) => mount(&digest).query("from", name),
                None => mount(&digest),
            };
            work.has_blob(&ask.expect(201), &digest, &content);
            source.deletes(&format!("blobs/{digest}"));
            work.deletes(&format!("blobs/{digest}"));
        }
        let content = fresh(512);
        let digest = algorithm.of(&content);
        for ask in [mount(&digest).query("from", &source.name), mount(&digest)] {
            let begun = ask.expect(202);
            let put = work.client.ask("PUT", begun.must("location")).query("digest", &digest);
            work.has_blob(&put.body(BYTES, content.clone()).expect(201), &digest, &content);
            work.deletes(&format!("blobs/{digest}"));
        }
    }
}

pub(super) fn a_part_of_a_blob_is_had_by_its_range(work: &dyn Fn() -> Work) {
    let work = work();
    for algorithm in ALGORITHMS {
        let content = fresh(2048);
        let digest = algorithm.of(&content);
        Way::Post.push(&work, &digest, &content, 201);
        let get = |range: &str| {
            work.ask("GET", &format!("blobs/{digest}"))
                .header("range", format!("bytes={range}"))
        };
        for (range, start, end) in [
            ("500-1499", 500, 1499),
            ("500-", 500, 2047),
            ("-500", 1548, 2047),
            ("2000-5000", 2000, 2047),
            ("0-0", 0, 0),
        ] {
            let part = get(range).expect(206);
            assert_eq!(part.body.as_bytes(), &content[start..=end], "{range}");
            assert_eq!(part.must("content-length"), (end - start + 1).to_string());
            assert_eq!(part.must("content-range"), format!("bytes {start}-{end}/2048"));
            assert_eq!(part.must("docker-content-digest"), digest);
        }
        for range in ["500-0", "5000-10000", "2048-"] {
            let refused = get(range).refused(416, "RANGE_INVALID");
            assert_eq!(refused.must("content-range"), "bytes */2048");
        }
    }
}
