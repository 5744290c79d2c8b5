//! The OCI distribution specification 1.1 and what comes after it, as a client sees it that knows nothing of Wharf.
//!
//! The specifications here cover what the OCI's own conformance suites look at, with their strict switches: digest headers everywhere, upload cancel, sparse
//! images and indexes, the `tag` parameter, SHA-512; `docs/develop/conformance.md` maps one to the other. Each holds with a password on every request and with
//! tokens that are asked for as challenges say, at the base host and at the registry's own, over the wire.

mod blobs;
mod content;
mod errors;
mod kinds;

use std::sync::{Arc, Mutex, PoisonError, Weak};

use wharf_tests::{Algorithm, Ask, Oci, Options, Place, Reply, SignIn, World, unique};

const BYTES: &str = "application/octet-stream";

/// A repository, and who works in it.
struct Work {
    client: Oci,
    name: String,
    _world: Arc<World>,
}

impl Work {
    /// A repository of its own, in a world that all share.
    fn new(sign_in: SignIn, place: Place) -> Self {
        static RUNNING: Mutex<Weak<World>> = Mutex::new(Weak::new());
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let world = running.upgrade().unwrap_or_else(|| {
            let made = Arc::new(World::new(Options::default().sparse_images()));
            *running = Arc::downgrade(&made);
            made
        });
        let client = Oci::new(&world, &world.admins()[0], sign_in, place);
        let name = client.repository(&format!("conformance/{}", unique()));
        Self {
            client,
            name,
            _world: world,
        }
    }

    /// A request below the repository.
    fn ask(&self, method: &str, rest: &str) -> Ask<'_> {
        self.client.ask(method, &format!("/v2/{}/{rest}", self.name))
    }

    /// Begins an upload; where it goes on.
    #[track_caller]
    fn begin(&self) -> String {
        let begun = self.ask("POST", "blobs/uploads/").expect(202);
        begun.must("location").to_owned()
    }

    /// The blob is there, whole, under the address that its push was answered with and under its digest.
    #[track_caller]
    fn has_blob(&self, pushed: &Reply, digest: &str, content: &[u8]) {
        assert_eq!(pushed.must("docker-content-digest"), digest);
        let at_location = self.client.ask("GET", pushed.must("location")).expect(200);
        assert_eq!(at_location.body.as_bytes(), content);
        self.pulls_blob(digest, content);
    }

    #[track_caller]
    fn pulls_blob(&self, digest: &str, content: &[u8]) {
        let address = format!("blobs/{digest}");
        let (head, got) = (
            self.ask("HEAD", &address).expect(200),
            self.ask("GET", &address).expect(200),
        );
        assert!(head.body.is_empty());
        assert_eq!(got.body.as_bytes(), content);
        for reply in [head, got] {
            assert_eq!(reply.must("docker-content-digest"), digest);
            assert_eq!(reply.must("content-length"), content.len().to_string());
        }
    }

    /// Deletes it, and it is gone at once.
    #[track_caller]
    fn deletes(&self, address: &str) {
        self.ask("DELETE", address).expect(202);
        self.ask("HEAD", address).expect(404);
        self.ask("GET", address).expect(404);
        self.ask("DELETE", address).expect(404);
    }
}

/// Text that nobody pushed before, of this many bytes.
fn fresh(bytes: usize) -> Vec<u8> {
    let mut text = unique().repeat(bytes / 16 + 1);
    text.truncate(bytes);
    text.into_bytes()
}

/// Makes each specification a test for both ways to sign in at both hosts.
macro_rules! everywhere {
    ($($module:ident: $($spec:ident),+;)+) => {
        everywhere!(@ with_a_password_at_the_base_host, Basic, Base, $($module: $($spec),+;)+);
        everywhere!(@ with_a_password_at_its_own_host, Basic, Own, $($module: $($spec),+;)+);
        everywhere!(@ with_tokens_at_the_base_host, Tokens, Base, $($module: $($spec),+;)+);
        everywhere!(@ with_tokens_at_its_own_host, Tokens, Own, $($module: $($spec),+;)+);
    };
    (@ $name:ident, $sign_in:ident, $place:ident, $($module:ident: $($spec:ident),+;)+) => {
        mod $name {
            use super::*;

            $($(#[test]
            fn $spec() {
                let work = || Work::new(SignIn::$sign_in, Place::$place);
                $module::$spec(&work);
            })+)+
        }
    };
}

everywhere! {
    blobs:
        every_way_to_push_a_blob_ends_with_the_blob,
        chunks_out_of_order_are_refused_and_the_upload_goes_on,
        content_of_another_digest_is_refused_on_every_way,
        an_upload_is_cancelled,
        a_blob_is_mounted_from_where_it_is_and_uploaded_where_it_is_not,
        a_part_of_a_blob_is_had_by_its_range;
    content:
        every_kind_of_content_goes_in_and_out_and_away,
        an_empty_repository_has_no_tags_and_no_referrers,
        tags_are_listed_after_the_last_one_and_page_by_page;
    errors:
        a_manifest_that_is_not_there_is_unknown,
        a_digest_that_is_none_is_refused,
        what_is_asked_for_in_vain_is_answered_in_the_standards_form,
        a_head_is_answered_as_its_get_without_the_body;
}
