//! Applications and service principals.

use uuid::Uuid;
use wharf_store::meta::MetaStore;
use wharf_store::meta::application::{Application, ClientSettings};
use wharf_store::meta::service_principal::ServicePrincipal;
use wharf_types::access::Principal;
use wharf_types::id::{AppId, ObjectId, TenantId};

use crate::backend::assert_one_wins;
use crate::fixture::{at, change, id, is_conflict, tenant_with_subscription};

store_contract!(
    an_application_reads_back_as_written,
    an_application_is_found_by_its_own_tenant_alone,
    applications_page_by_id,
    an_application_bears_one_name_with_its_service_principal,
    an_application_with_a_service_principal_stays,
    a_service_principal_is_found_by_its_application_in_any_tenant,
    an_application_has_one_service_principal,
    a_service_principal_is_disabled_and_enabled_by_its_tenant_alone,
    service_principals_page_by_id,
);

pub(crate) fn application(tenant: TenantId) -> Application {
    Application {
        id: ObjectId(id()),
        tenant,
        app_id: AppId(id()),
        display_name: "robot".to_owned(),
        identifier_uris: vec!["api://robot".to_owned(), "\"é\"".to_owned()],
        owner: Principal::ServicePrincipal(ObjectId(Uuid::from_u128(7))),
        client: ClientSettings {
            web: vec!["https://app.example/\"é\"".to_owned()],
            allow_public: true,
            ..ClientSettings::default()
        },
        created_at: at(3),
    }
}

pub(crate) fn service_principal(application: &Application) -> ServicePrincipal {
    ServicePrincipal {
        id: ObjectId(id()),
        tenant: application.tenant,
        app_id: application.app_id,
        display_name: application.display_name.clone(),
        enabled: true,
        created_at: at(4),
    }
}

/// Registers an application with its service principal.
pub(crate) async fn registered(store: &MetaStore, tenant: TenantId) -> (Application, ServicePrincipal) {
    let application = application(tenant);
    let principal = service_principal(&application);
    change!(store, tx => tx.application_insert(&application));
    change!(store, tx => tx.service_principal_insert(&principal));
    (application, principal)
}

async fn an_application_reads_back_as_written(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let made = application(tenant);
    change!(store, tx => tx.application_insert(&made));
    let mut read = store.read().await.unwrap();
    assert_eq!(read.application_get(tenant, made.id).await.unwrap(), Some(made.clone()));
    assert_eq!(
        read.application_by_app_id(tenant, made.app_id).await.unwrap(),
        Some(made.clone())
    );
    assert_eq!(
        read.application_get(tenant, ObjectId(made.app_id.0)).await.unwrap(),
        None
    );
}

async fn an_application_is_found_by_its_own_tenant_alone(store: &MetaStore) {
    let (contoso, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let (fabrikam, _) = tenant_with_subscription(store, "Fabrikam", "main").await;
    let (made, principal) = registered(store, contoso).await;
    let mut tx = store.begin(at(5)).await.unwrap();
    assert_eq!(tx.application_get(fabrikam, made.id).await.unwrap(), None);
    assert_eq!(tx.application_by_app_id(fabrikam, made.app_id).await.unwrap(), None);
    assert_eq!(tx.application_list(fabrikam, Uuid::nil(), 10).await.unwrap(), []);
    assert_eq!(tx.service_principal_get(fabrikam, principal.id).await.unwrap(), None);
    assert_eq!(tx.service_principal_list(fabrikam, Uuid::nil(), 10).await.unwrap(), []);
    assert!(is_conflict(
        &tx.application_rename(fabrikam, made.app_id, "stolen").await
    ));
    assert!(is_conflict(&tx.service_principal_delete(fabrikam, principal.id).await));
    assert!(is_conflict(&tx.application_delete(fabrikam, made.app_id).await));
    assert_eq!(tx.application_get(contoso, made.id).await.unwrap(), Some(made));
    assert_eq!(
        tx.service_principal_get(contoso, principal.id).await.unwrap(),
        Some(principal)
    );
}

async fn applications_page_by_id(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let mut made: Vec<_> = (0..5).map(|_| application(tenant)).collect();
    // High first bytes: ids are compared as bytes, not as signed numbers.
    made[0].id = ObjectId(Uuid::from_u128(u128::MAX - 1));
    for application in &made {
        change!(store, tx => tx.application_insert(application));
    }
    made.sort_by_key(|application| application.id);
    let mut read = store.read().await.unwrap();
    let first = read.application_list(tenant, Uuid::nil(), 3).await.unwrap();
    assert_eq!(first, made[..3]);
    assert_eq!(
        read.application_list(tenant, first[2].id.0, 3).await.unwrap(),
        made[3..]
    );
}

async fn an_application_bears_one_name_with_its_service_principal(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let (made, principal) = registered(store, tenant).await;
    let (other, _) = registered(store, tenant).await;
    change!(store, tx => tx.application_rename(tenant, made.app_id, "new"));
    let mut read = store.read().await.unwrap();
    assert_eq!(
        read.application_get(tenant, made.id)
            .await
            .unwrap()
            .unwrap()
            .display_name,
        "new"
    );
    assert_eq!(
        read.service_principal_get(tenant, principal.id)
            .await
            .unwrap()
            .unwrap()
            .display_name,
        "new"
    );
    assert_eq!(read.application_get(tenant, other.id).await.unwrap(), Some(other));
    drop(read);
    let mut tx = store.begin(at(5)).await.unwrap();
    assert!(is_conflict(&tx.application_rename(tenant, AppId(id()), "new").await));
}

async fn an_application_with_a_service_principal_stays(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let (made, principal) = registered(store, tenant).await;
    let mut tx = store.begin(at(5)).await.unwrap();
    assert!(is_conflict(&tx.application_delete(tenant, made.app_id).await));
    drop(tx);
    assert!(
        store
            .read()
            .await
            .unwrap()
            .application_get(tenant, made.id)
            .await
            .unwrap()
            .is_some()
    );
    change!(store, tx => tx.service_principal_delete(tenant, principal.id));
    change!(store, tx => tx.application_delete(tenant, made.app_id));
    let mut tx = store.begin(at(5)).await.unwrap();
    assert_eq!(tx.application_get(tenant, made.id).await.unwrap(), None);
    assert!(is_conflict(&tx.service_principal_delete(tenant, principal.id).await));
    assert!(is_conflict(&tx.application_delete(tenant, made.app_id).await));
}

async fn a_service_principal_is_found_by_its_application_in_any_tenant(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let (made, principal) = registered(store, tenant).await;
    let mut read = store.read().await.unwrap();
    assert_eq!(
        read.service_principal_by_app_id(made.app_id).await.unwrap(),
        Some(principal.clone())
    );
    assert_eq!(
        read.service_principal_by_app_id(AppId(principal.id.0)).await.unwrap(),
        None
    );
}

async fn an_application_has_one_service_principal(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let made = application(tenant);
    change!(store, tx => tx.application_insert(&made));
    assert_one_wins(race!(store, tx => tx.service_principal_insert(&service_principal(&made))));
    assert_eq!(
        store
            .read()
            .await
            .unwrap()
            .service_principal_list(tenant, Uuid::nil(), 9)
            .await
            .unwrap()
            .len(),
        1
    );
    let mut tx = store.begin(at(5)).await.unwrap();
    assert!(is_conflict(
        &tx.service_principal_insert(&service_principal(&application(tenant)))
            .await
    ));
}

async fn a_service_principal_is_disabled_and_enabled_by_its_tenant_alone(store: &MetaStore) {
    let (contoso, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let (fabrikam, _) = tenant_with_subscription(store, "Fabrikam", "main").await;
    let (_, principal) = registered(store, contoso).await;
    let enabled = async || {
        store
            .read()
            .await
            .unwrap()
            .service_principal_get(contoso, principal.id)
            .await
            .unwrap()
            .unwrap()
            .enabled
    };
    for wanted in [false, true, false] {
        change!(store, tx => tx.service_principal_enable(contoso, principal.id, wanted));
        assert_eq!(enabled().await, wanted);
    }
    let mut tx = store.begin(at(5)).await.unwrap();
    assert!(is_conflict(
        &tx.service_principal_enable(fabrikam, principal.id, true).await
    ));
    drop(tx);
    assert!(!enabled().await);
}

async fn service_principals_page_by_id(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(registered(store, tenant).await.1);
    }
    made.sort_by_key(|principal| principal.id);
    let mut read = store.read().await.unwrap();
    assert_eq!(
        read.service_principal_list(tenant, Uuid::nil(), 2).await.unwrap(),
        made[..2]
    );
    assert_eq!(
        read.service_principal_list(tenant, made[1].id.0, 2).await.unwrap(),
        made[2..]
    );
}
