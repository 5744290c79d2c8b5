//! Damaged files: wrong bytes never pass for right ones (rule 48), and the next push of the same content heals.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use wharf_store::StoreError;
use wharf_store::blob::{BlobReader, FileStore, RunningHash, examine};
use wharf_types::range::ByteRange;

use super::{BlobPlace, Files, MIB, append_in_pieces, content, get, get_with, is_corrupt, key, put_as, session};

const SIZE: usize = 3 * MIB + 11;

fn flip(file: &Path, at: u64) {
    let file = File::options().read(true).write(true).open(file).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 1], at).unwrap();
}

fn resize(file: &Path, size: usize) {
    File::options()
        .write(true)
        .open(file)
        .unwrap()
        .set_len(size as u64)
        .unwrap();
}

type Damage = fn(&Path);

const DAMAGES: [(&str, Damage); 7] = [
    ("the first bit is flipped", |file| flip(file, 0)),
    ("a bit in the middle is flipped", |file| flip(file, MIB as u64)),
    ("the last bit is flipped", |file| flip(file, SIZE as u64 - 1)),
    ("it is truncated", |file| resize(file, SIZE - 1)),
    ("it is extended", |file| resize(file, SIZE + 1)),
    ("it is empty", |file| resize(file, 0)),
    ("it is missing", |file| fs::remove_file(file).unwrap()),
];

#[tokio::test]
async fn a_damaged_file_is_never_sent_to_its_end_and_a_new_push_heals_it() {
    let (place, content) = (Files::new(), content(SIZE));
    let upload = session();
    let blob = key(&upload, &content);
    for (what, damage) in DAMAGES {
        let store = place.open();
        put_as(&*store, &upload, &content).await;
        let reader = BlobReader::default();
        damage(&place.blob(&blob));
        for part in [None, Some(ByteRange { start: 1, end: 5 }), None] {
            let end = get_with(&*store, &reader, &blob, SIZE, part).await;
            assert!(is_corrupt(&end), "{what}, {part:?}");
        }
        put_as(&*store, &upload, &content).await;
        assert!(
            get_with(&*store, &reader, &blob, SIZE, None).await.unwrap() == content,
            "healed after {what}"
        );
    }
}

#[tokio::test]
async fn a_file_that_was_read_before_is_still_missed_and_measured() {
    let (place, content) = (Files::new(), content(SIZE));
    let (upload, store) = (session(), place.open());
    let blob = key(&upload, &content);
    for (what, damage) in &DAMAGES[3..] {
        let reader = BlobReader::default();
        put_as(&*store, &upload, &content).await;
        get_with(&*store, &reader, &blob, SIZE, None).await.unwrap();
        damage(&place.blob(&blob));
        assert!(
            is_corrupt(&get_with(&*store, &reader, &blob, SIZE, None).await),
            "{what}"
        );
    }
}

/// A session's file that is gone while a blob of that size is there was committed before, or the blob is another, damaged one.
#[tokio::test]
async fn a_commit_without_its_bytes_trusts_no_file_that_it_has_not_read() {
    let (place, content) = (Files::new(), content(SIZE));
    let (upload, store) = (session(), place.open());
    let blob = key(&upload, &content);
    put_as(&*store, &upload, &content).await;
    flip(&place.blob(&blob), 5);
    let hold = store.upload_hold(&upload).await.unwrap();
    assert!(is_corrupt(&store.upload_commit(&hold, SIZE as u64, &blob).await));
}

#[tokio::test]
async fn a_session_whose_file_is_truncated_is_not_committed() {
    let (place, content) = (Files::new(), content(SIZE));
    let (upload, store) = (session(), place.open());
    let hold = store.upload_hold(&upload).await.unwrap();
    append_in_pieces(&*store, &hold, 0, RunningHash::default(), &content, MIB)
        .await
        .unwrap();
    resize(&place.upload(&upload), SIZE - 1);
    let blob = key(&upload, &content);
    assert!(is_corrupt(&store.upload_commit(&hold, SIZE as u64, &blob).await));
    assert!(!place.blob(&blob).exists());
    assert!(get(&*store, &blob, SIZE, None).await.is_err());
}

#[tokio::test]
async fn a_file_where_a_folder_should_be_is_an_error_that_names_it() {
    let place = Files::new();
    fs::write(place.root().join("blobs"), b"").unwrap();
    let refused = FileStore::open(place.root().to_owned()).err().unwrap();
    assert!(
        matches!(&refused, StoreError::File { what, .. } if what.contains("blobs")),
        "{refused}"
    );
    fs::remove_file(place.root().join("blobs")).unwrap();

    let (store, upload) = (place.open(), session());
    let folder = place.root().join("uploads").join(upload.registry.to_string());
    fs::write(&folder, b"").unwrap();
    let hold = store.upload_hold(&upload).await.unwrap();
    let refused = append_in_pieces(&*store, &hold, 0, RunningHash::default(), b"bytes", 9).await;
    assert!(matches!(refused, Err(StoreError::File { .. })), "{refused:?}");
    fs::remove_file(&folder).unwrap();
    append_in_pieces(&*store, &hold, 0, RunningHash::default(), b"bytes", 9)
        .await
        .unwrap();

    let folder = place.root().join("blobs").join(upload.registry.to_string());
    fs::write(&folder, b"").unwrap();
    let blob = key(&upload, b"bytes");
    let refused = store.upload_commit(&hold, 5, &blob).await;
    assert!(matches!(refused, Err(StoreError::File { .. })), "{refused:?}");
    fs::remove_file(&folder).unwrap();
    store.upload_commit(&hold, 5, &blob).await.unwrap();
    assert_eq!(get(&*store, &blob, 5, None).await.unwrap(), b"bytes");
}

/// After a power loss a file may have both names, when that of its folder of blobs alone was made durable.
#[tokio::test]
async fn a_blob_is_not_written_to_by_a_session_whose_name_for_it_is_left() {
    let (place, content) = (Files::new(), content(1000));
    let (store, upload) = (place.open(), session());
    let blob = key(&upload, &content);
    put_as(&*store, &upload, &content).await;
    for offset in [0, 10, 1000] {
        fs::hard_link(place.blob(&blob), place.upload(&upload)).unwrap();
        let hold = store.upload_hold(&upload).await.unwrap();
        let appended = append_in_pieces(&*store, &hold, offset, RunningHash::default(), b"other bytes", 4).await;
        assert_eq!(appended.unwrap().moved, offset > 0);
        assert!(
            get(&*store, &blob, 1000, None).await.unwrap() == content,
            "after {offset}"
        );
        store.upload_discard(&hold).await.unwrap();
    }
    fs::hard_link(place.blob(&blob), place.upload(&upload)).unwrap();
    let hold = store.upload_hold(&upload).await.unwrap();
    store.upload_commit(&hold, 1000, &blob).await.unwrap();
    assert!(!place.upload(&upload).exists());
    assert!(get(&*store, &blob, 1000, None).await.unwrap() == content);
}

#[tokio::test]
async fn a_file_that_is_written_to_after_it_was_read_is_looked_at_again() {
    let (place, content) = (Files::new(), content(SIZE));
    let (store, upload, reader) = (place.open(), session(), BlobReader::default());
    let blob = key(&upload, &content);
    put_as(&*store, &upload, &content).await;
    assert!(get_with(&*store, &reader, &blob, SIZE, None).await.unwrap() == content);
    flip(&place.blob(&blob), 77);
    for part in [Some(ByteRange { start: 1, end: 5 }), None, None] {
        assert!(
            is_corrupt(&get_with(&*store, &reader, &blob, SIZE, part).await),
            "{part:?}"
        );
    }
}

#[tokio::test]
async fn an_examination_finds_what_is_wrong_and_nothing_else() {
    let (place, content) = (Files::new(), content(SIZE));
    let (store, upload) = (place.open(), session());
    let blob = key(&upload, &content);
    for (what, damage) in DAMAGES {
        put_as(&*store, &upload, &content).await;
        examine(&*store, &blob, SIZE as u64, u64::MAX).await.unwrap();
        damage(&place.blob(&blob));
        assert!(
            is_corrupt(&examine(&*store, &blob, SIZE as u64, u64::MAX).await),
            "{what}"
        );
    }
}
