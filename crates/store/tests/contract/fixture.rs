//! What cases are about: one tenant with one subscription, group, registry and repository, and makers of the rest.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;
use uuid::Uuid;
use wharf_store::StoreError;
use wharf_store::meta::journal::Entry;
use wharf_store::meta::last_use::LastUse;
use wharf_store::meta::manifest::NewManifest;
use wharf_store::meta::registry::Registry;
use wharf_store::meta::resource_group::ResourceGroup;
use wharf_store::meta::subscription::{Subscription, Tenant};
use wharf_store::meta::{MetaStore, Tx, Unrecorded};
use wharf_types::digest::{Algorithm, Digest};
use wharf_types::id::{RegistryId, RepositoryId, RequestId, SubscriptionId, TenantId};
use wharf_types::journal::{JournalKind, Outcome};
use wharf_types::manifest::MediaType;
use wharf_types::name::RepositoryName;
use wharf_types::time::Time;

/// A use of a credential.
pub(crate) fn used(seconds: i64, from: &str) -> LastUse {
    LastUse {
        at: at(seconds),
        from: from.to_owned(),
        client: "docker/28.2".to_owned(),
    }
}

/// The test's time, in seconds after the year 2000.
pub(crate) fn at(seconds: i64) -> Time {
    Time::from_unix_seconds(946_684_800 + seconds)
}

/// A name that is known to be one.
pub(crate) fn name<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// An id that no other call of this run returns, larger than those before.
pub(crate) fn id() -> Uuid {
    static LAST: AtomicU64 = AtomicU64::new(0);
    Uuid::from_u128((0x5eed << 112) | u128::from(LAST.fetch_add(1, Ordering::Relaxed)))
}

pub(crate) fn digest(text: &str) -> Digest {
    Digest::of(Algorithm::Sha256, text.as_bytes())
}

/// A record of a change of the given kind.
pub(crate) fn entry_of(kind: JournalKind) -> Entry {
    Entry {
        time: at(1),
        tenant: TenantId(Uuid::from_u128(1)),
        registry: Some(RegistryId(Uuid::from_u128(2))),
        kind,
        resource: "/subscriptions/s".to_owned(),
        actor: "servicePrincipal/a".to_owned(),
        address: Some("192.0.2.1".parse().unwrap()),
        request: RequestId(Uuid::from_u128(3)),
        outcome: Outcome::Succeeded,
        payload: json!({"b": 1, "a": "text"}),
    }
}

/// A record of some change.
pub(crate) fn entry() -> Entry {
    entry_of(JournalKind::TagWrite)
}

/// Commits what a case needs before it starts.
pub(crate) async fn commit(tx: Tx) {
    tx.commit_unrecorded(Unrecorded::Bookkeeping).await.unwrap();
}

/// Runs one change in a transaction of its own.
macro_rules! change {
    ($store:expr, $tx:ident => $change:expr) => {{
        let mut $tx = $store.begin($crate::fixture::at(1)).await.unwrap();
        let result = $change.await.unwrap();
        $crate::fixture::commit($tx).await;
        result
    }};
}
pub(crate) use change;

pub(crate) fn is_conflict<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Conflict(_)))
}

/// What most cases start from.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) tenant: TenantId,
    pub(crate) subscription: SubscriptionId,
    pub(crate) registry: Registry,
    pub(crate) repository: RepositoryName,
    pub(crate) repository_id: RepositoryId,
}

impl World {
    pub(crate) async fn new(store: &MetaStore) -> Self {
        let (tenant, subscription) = tenant_with_subscription(store, "Contoso", "main").await;
        group(store, subscription, "prod").await;
        let registry = registry(tenant, subscription, "prod", "myregistry");
        change!(store, tx => tx.registry_insert(&registry));
        let repository: RepositoryName = name("team/web");
        let repository_id = repository_in(store, &registry, "team/web").await;
        Self {
            tenant,
            subscription,
            registry,
            repository,
            repository_id,
        }
    }
}

pub(crate) async fn tenant_with_subscription(
    store: &MetaStore,
    display_name: &str,
    alias: &str,
) -> (TenantId, SubscriptionId) {
    let tenant = Tenant {
        id: TenantId(id()),
        display_name: display_name.to_owned(),
    };
    let subscription = subscription_of(tenant.id, alias);
    let mut tx = store.begin(at(0)).await.unwrap();
    tx.tenant_insert(&tenant, at(0)).await.unwrap();
    tx.subscription_insert(&subscription, at(0)).await.unwrap();
    commit(tx).await;
    (tenant.id, subscription.id)
}

pub(crate) fn subscription_of(tenant: TenantId, alias: &str) -> Subscription {
    Subscription {
        id: SubscriptionId(id()),
        tenant,
        alias: alias.to_owned(),
        display_name: format!("{alias} for people"),
    }
}

pub(crate) async fn group(store: &MetaStore, subscription: SubscriptionId, group: &str) -> ResourceGroup {
    let group = ResourceGroup {
        subscription,
        name: name(group),
        location: name("westus"),
        tags: BTreeMap::new(),
    };
    change!(store, tx => tx.resource_group_put(&group, at(0)));
    group
}

pub(crate) fn registry(tenant: TenantId, subscription: SubscriptionId, group: &str, registry: &str) -> Registry {
    Registry {
        id: RegistryId(id()),
        tenant,
        subscription,
        group: name(group),
        name: name(registry),
        location: name("westus"),
        sku: "Basic".to_owned(),
        admin_enabled: false,
        anonymous_pull: true,
        tags: BTreeMap::from([("team".to_owned(), "\"web\" é".to_owned())]),
        created_at: at(5),
    }
}

pub(crate) async fn repository_in(store: &MetaStore, registry: &Registry, repository: &str) -> RepositoryId {
    change!(store, tx => tx.repository_ensure(registry.id, &name(repository), RepositoryId(id()), at(1)))
}

/// Stores a blob with this text and links it to the repository.
pub(crate) async fn blob_in(store: &MetaStore, registry: RegistryId, repository: RepositoryId, text: &str) -> Digest {
    let digest = digest(text);
    let mut tx = store.begin(at(1)).await.unwrap();
    tx.blob_put(registry, &digest, text.len() as u64, at(1)).await.unwrap();
    tx.blob_link(registry, repository, &digest, at(1)).await.unwrap();
    commit(tx).await;
    digest
}

/// A manifest whose bytes are this text and which needs these blobs.
pub(crate) fn manifest<'a>(text: &'a str, blobs: &[Digest]) -> NewManifest<'a> {
    static NONE: BTreeMap<String, String> = BTreeMap::new();
    NewManifest {
        digest: digest(text),
        media_type: MediaType::OciManifest,
        content: text.as_bytes(),
        artifact_type: None,
        subject: None,
        annotations: &NONE,
        blobs: blobs.to_vec(),
        manifests: Vec::new(),
    }
}

/// Stores such a manifest.
pub(crate) async fn manifest_in(
    store: &MetaStore,
    registry: RegistryId,
    repository: RepositoryId,
    text: &str,
) -> Digest {
    let manifest = manifest(text, &[]);
    change!(store, tx => tx.manifest_insert(registry, repository, &manifest, at(1)));
    manifest.digest
}
