//! A full disk: said as such, nothing lost, and what did not fit is given back.

use std::path::{Path, PathBuf};
use std::process::Command;

use wharf_store::StoreError;
use wharf_store::blob::{BlobStore, FileStore, RunningHash};
use wharf_store::meta::{Database, MetaStore};

use super::{MIB, append, append_in_pieces, content, get, key, session};
use crate::fixture::{World, at, change, commit, manifest, manifest_in};

/// A file system of a few MiB in memory, unmounted when it is dropped.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// None where a test may not mount, as without root.
    fn new(mib: usize) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={mib}m");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(folder.path())
            .output();
        if mount.is_ok_and(|mount| mount.status.success()) {
            return Some(Self { folder });
        }
        eprintln!("not run: no right to mount a small file system");
        None
    }

    fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("--lazy").arg(self.folder.path()).status();
        if !unmounted.is_ok_and(|status| status.success()) {
            eprintln!("{} stays mounted", self.folder.path().display());
        }
    }
}

#[tokio::test]
async fn an_upload_that_does_not_fit_stands_where_it_stood() {
    let Some(disk) = SmallDisk::new(8) else { return };
    let store = FileStore::open(disk.path()).unwrap().reserving(0);
    let (content, upload) = (content(12 * MIB), session());
    let hold = store.upload_hold(&upload).await.unwrap();
    let first = append(&store, &hold, 0, RunningHash::default(), &content[..2 * MIB]).await;
    let free = free_blocks(&disk.path());
    let rest = append_in_pieces(
        &store,
        &hold,
        first.offset,
        first.hash.clone(),
        &content[2 * MIB..],
        MIB,
    )
    .await;
    assert!(matches!(rest, Err(StoreError::Full)), "{rest:?}");
    assert_eq!(free_blocks(&disk.path()), free, "what did not fit is given back");
    let other = append(&store, &hold, first.offset, first.hash, &content[2 * MIB..3 * MIB]).await;
    let blob = key(&upload, &content[..3 * MIB]);
    assert_eq!(other.hash.digest(), blob.digest);
    store.upload_commit(&hold, other.offset, &blob).await.unwrap();
    assert!(get(&store, &blob, 3 * MIB, None).await.unwrap() == content[..3 * MIB]);
}

fn free_blocks(disk: &Path) -> u64 {
    rustix::fs::statvfs(disk).unwrap().f_bavail
}

#[tokio::test]
async fn an_upload_ends_early_and_leaves_the_reserve_for_the_rest() {
    let Some(disk) = SmallDisk::new(64) else { return };
    let reserve = 16 * MIB as u64;
    let store = FileStore::open(disk.path()).unwrap().reserving(reserve);
    assert!(store.must_have_room(0).await.is_ok());
    assert!(matches!(
        store.must_have_room(60 * MIB as u64).await,
        Err(StoreError::Full)
    ));
    let hold = store.upload_hold(&session()).await.unwrap();
    let free = free_blocks(&disk.path());
    let pushed = append_in_pieces(&store, &hold, 0, RunningHash::default(), &content(60 * MIB), MIB).await;
    assert!(matches!(pushed, Err(StoreError::Full)), "{pushed:?}");
    assert_eq!(free_blocks(&disk.path()), free, "what did not fit is given back");
}

fn fill(disk: &Path) -> PathBuf {
    let filler = disk.join("filler");
    let error = std::fs::write(&filler, vec![1; 64 * MIB]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    filler
}

#[tokio::test]
async fn a_database_without_room_refuses_to_write_and_still_reads() {
    let Some(disk) = SmallDisk::new(16) else { return };
    let store = MetaStore::open(&Database::Sqlite(disk.path().join("wharf.db")), at(0))
        .await
        .unwrap();
    let world = World::new(&store).await;
    let kept = manifest_in(&store, world.registry.id, world.repository_id, "kept").await;
    let filler = fill(&disk.path());
    let large = "x".repeat(4 * MIB);
    let lost = manifest(&large, &[]);
    let push = async || {
        let mut tx = store.begin(at(2)).await?;
        tx.manifest_insert(world.registry.id, world.repository_id, &lost, at(2))
            .await?;
        tx.commit(&crate::fixture::entry()).await
    };
    let refused = push().await;
    assert!(matches!(refused, Err(StoreError::Full)), "{refused:?}");
    let mut read = store.read().await.unwrap();
    let exists = read
        .manifest_exists(world.registry.id, world.repository_id, &kept)
        .await;
    assert!(exists.unwrap());
    assert!(
        !read
            .manifest_exists(world.registry.id, world.repository_id, &lost.digest)
            .await
            .unwrap()
    );
    drop(read);
    std::fs::remove_file(filler).unwrap();
    push().await.unwrap();
    change!(store, tx => tx.sign_in_failed("a", at(1)));
    commit(store.begin(at(3)).await.unwrap()).await;
    store.close().await;
}
