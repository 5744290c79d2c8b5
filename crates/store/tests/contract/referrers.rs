//! Referrers of a manifest.

use std::collections::BTreeMap;

use wharf_store::meta::MetaStore;
use wharf_store::meta::manifest::{NewManifest, Referrer};
use wharf_types::digest::Digest;
use wharf_types::id::RepositoryId;
use wharf_types::manifest::MediaType;

use crate::fixture::{World, at, change, digest, manifest, name, repository_in};

store_contract!(
    a_referrer_reads_back_as_written,
    a_subject_need_not_be_there,
    referrers_are_those_of_one_subject_in_one_repository,
    referrers_are_filtered_and_page_in_the_order_of_their_digests,
    a_deleted_manifest_refers_to_nothing,
);

async fn push(
    store: &MetaStore,
    world: &World,
    repository: RepositoryId,
    text: &str,
    kind: Option<&str>,
    of: &str,
) -> Digest {
    let pushed = NewManifest {
        artifact_type: kind,
        subject: Some(digest(of)),
        ..manifest(text, &[])
    };
    change!(store, tx => tx.manifest_insert(world.registry.id, repository, &pushed, at(1)));
    pushed.digest
}

async fn list(
    store: &MetaStore,
    world: &World,
    of: &str,
    kind: Option<&str>,
    after: &str,
    limit: usize,
) -> Vec<Referrer> {
    let mut read = store.read().await.unwrap();
    read.referrer_list(world.registry.id, &world.repository, &digest(of), kind, after, limit)
        .await
        .unwrap()
}

async fn a_referrer_reads_back_as_written(store: &MetaStore) {
    let world = World::new(store).await;
    let annotations = BTreeMap::from([("org.example".to_owned(), "\"é\u{0}".to_owned())]);
    let pushed = NewManifest {
        media_type: MediaType::OciIndex,
        artifact_type: Some("application/sbom"),
        subject: Some(digest("image")),
        annotations: &annotations,
        ..manifest("signature", &[])
    };
    change!(store, tx => tx.manifest_insert(world.registry.id, world.repository_id, &pushed, at(1)));
    let expected = Referrer {
        digest: pushed.digest,
        media_type: MediaType::OciIndex,
        size_bytes: 9,
        artifact_type: Some("application/sbom".to_owned()),
        annotations: annotations.clone(),
    };
    assert_eq!(list(store, &world, "image", None, "", 9).await, [expected]);
}

async fn a_subject_need_not_be_there(store: &MetaStore) {
    let world = World::new(store).await;
    let pushed = push(store, &world, world.repository_id, "signature", None, "absent").await;
    let found = list(store, &world, "absent", None, "", 9).await;
    assert_eq!(found.iter().map(|found| found.digest).collect::<Vec<_>>(), [pushed]);
    assert_eq!(found[0].artifact_type, None);
    assert!(found[0].annotations.is_empty());
}

async fn referrers_are_those_of_one_subject_in_one_repository(store: &MetaStore) {
    let world = World::new(store).await;
    let other = repository_in(store, &world.registry, "team/api").await;
    push(store, &world, other, "theirs", None, "image").await;
    push(store, &world, world.repository_id, "of another", None, "another image").await;
    assert_eq!(list(store, &world, "image", None, "", 9).await, []);
    let mut read = store.read().await.unwrap();
    let theirs = read
        .referrer_list(world.registry.id, &name("team/api"), &digest("image"), None, "", 9)
        .await;
    assert_eq!(theirs.unwrap().len(), 1);
    let nowhere = read
        .referrer_list(world.registry.id, &name("none"), &digest("image"), None, "", 9)
        .await;
    assert_eq!(nowhere.unwrap(), []);
}

async fn referrers_are_filtered_and_page_in_the_order_of_their_digests(store: &MetaStore) {
    let world = World::new(store).await;
    let mut all = Vec::new();
    for number in 0..7 {
        let kind = if number % 2 == 0 { "sbom" } else { "SBOM" };
        all.push((
            push(
                store,
                &world,
                world.repository_id,
                &format!("r{number}"),
                Some(kind),
                "image",
            )
            .await,
            kind,
        ));
    }
    push(store, &world, world.repository_id, "without a kind", None, "image").await;
    all.sort_by_key(|(digest, _)| digest.to_string());
    let expected: Vec<_> = all
        .iter()
        .filter(|(_, kind)| *kind == "sbom")
        .map(|(digest, _)| *digest)
        .collect();
    let (mut after, mut seen) = (String::new(), Vec::new());
    loop {
        let page = list(store, &world, "image", Some("sbom"), &after, 3).await;
        assert!(page.len() <= 3);
        let Some(last) = page.last() else { break };
        after = last.digest.to_string();
        seen.extend(page.iter().map(|found| found.digest));
    }
    assert_eq!(seen, expected);
    assert_eq!(list(store, &world, "image", None, "", 99).await.len(), 8);
    assert_eq!(list(store, &world, "image", Some("other"), "", 99).await, []);
}

async fn a_deleted_manifest_refers_to_nothing(store: &MetaStore) {
    let world = World::new(store).await;
    let pushed = push(store, &world, world.repository_id, "signature", None, "image").await;
    change!(store, tx => tx.manifest_delete(world.registry.id, world.repository_id, &pushed));
    assert_eq!(list(store, &world, "image", None, "", 9).await, []);
}
