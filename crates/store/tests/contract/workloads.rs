//! Certificates and federated credentials of applications, and assertions that were used.

use wharf_store::meta::MetaStore;
use wharf_store::meta::application::Application;
use wharf_store::meta::federated_credential::FederatedCredential;
use wharf_store::meta::key_credential::KeyCredential;
use wharf_types::id::{KeyId, TenantId};

use crate::directory::registered;
use crate::fixture::{at, change, id, is_conflict, tenant_with_subscription, used};

store_contract!(
    certificates_are_listed_used_and_removed_one_by_one,
    a_federated_credential_has_a_name_and_a_subject_of_its_own,
    what_an_application_signs_in_with_goes_with_it,
    an_assertion_is_used_once_and_forgotten_in_time,
);

async fn with_application(store: &MetaStore) -> Application {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    registered(store, tenant).await.0
}

fn certificate(application: &Application, made_at: i64) -> KeyCredential {
    KeyCredential {
        key: KeyId(id()),
        tenant: application.tenant,
        app_id: application.app_id,
        display_name: Some("ci".to_owned()),
        certificate: vec![1, 2, 3],
        starts_at: at(made_at),
        ends_at: at(made_at + 100),
        created_at: at(made_at),
        last_used: None,
    }
}

fn federated(application: &Application, name: &str, subject: &str) -> FederatedCredential {
    FederatedCredential {
        key: KeyId(id()),
        tenant: application.tenant,
        app_id: application.app_id,
        name: name.to_owned(),
        issuer: "https://ci.example".to_owned(),
        subject: subject.to_owned(),
        audience: "wharf".to_owned(),
        description: String::new(),
        created_at: at(1),
        last_used: None,
    }
}

async fn certificates(store: &MetaStore, of: &Application) -> Vec<KeyCredential> {
    let mut read = store.read().await.unwrap();
    read.key_credential_list(of.tenant, of.app_id).await.unwrap()
}

async fn trusted(store: &MetaStore, of: &Application) -> Vec<FederatedCredential> {
    let mut read = store.read().await.unwrap();
    read.federated_credential_list(of.tenant, of.app_id).await.unwrap()
}

async fn certificates_are_listed_used_and_removed_one_by_one(store: &MetaStore) {
    let application = with_application(store).await;
    let (first, second) = (certificate(&application, 1), certificate(&application, 2));
    change!(store, tx => tx.key_credential_insert(&first));
    change!(store, tx => tx.key_credential_insert(&second));
    assert_eq!(certificates(store, &application).await, [second.clone(), first.clone()]);
    change!(store, tx => tx.credential_used(first.key, &used(9, "192.0.2.1")));
    change!(store, tx => tx.credential_used(first.key, &used(8, "192.0.2.2")));
    let found = certificates(store, &application).await[1].last_used.clone();
    assert_eq!(found, Some(used(9, "192.0.2.1")));
    let (app_id, tenant) = (application.app_id, application.tenant);
    assert!(!change!(store, tx => tx.key_credential_delete(TenantId(id()), app_id, first.key)));
    assert!(change!(store, tx => tx.key_credential_delete(tenant, app_id, first.key)));
    assert_eq!(certificates(store, &application).await, [second]);
}

async fn a_federated_credential_has_a_name_and_a_subject_of_its_own(store: &MetaStore) {
    let application = with_application(store).await;
    let known = federated(&application, "main", "repo:web:main");
    change!(store, tx => tx.federated_credential_insert(&known));
    for other in [
        federated(&application, "main", "repo:web:other"),
        federated(&application, "other", "repo:web:main"),
    ] {
        let mut tx = store.begin(at(1)).await.unwrap();
        assert!(is_conflict(&tx.federated_credential_insert(&other).await));
    }
    assert_eq!(trusted(store, &application).await, std::slice::from_ref(&known));
    change!(store, tx => tx.credential_used(known.key, &used(9, "192.0.2.1")));
    assert_eq!(
        trusted(store, &application).await[0].last_used,
        Some(used(9, "192.0.2.1"))
    );
    let (app_id, tenant) = (application.app_id, application.tenant);
    assert!(!change!(store, tx => tx.federated_credential_delete(TenantId(id()), app_id, known.key)));
    assert!(change!(store, tx => tx.federated_credential_delete(tenant, app_id, known.key)));
    assert_eq!(trusted(store, &application).await, []);
}

async fn what_an_application_signs_in_with_goes_with_it(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let (application, principal) = registered(store, tenant).await;
    change!(store, tx => tx.key_credential_insert(&certificate(&application, 1)));
    change!(store, tx => tx.federated_credential_insert(&federated(&application, "main", "s")));
    change!(store, tx => tx.service_principal_delete(tenant, principal.id));
    change!(store, tx => tx.application_delete(tenant, application.app_id));
    assert_eq!(certificates(store, &application).await, []);
    assert_eq!(trusted(store, &application).await, []);
}

async fn an_assertion_is_used_once_and_forgotten_in_time(store: &MetaStore) {
    assert!(change!(store, tx => tx.assertion_use(b"one", at(50))));
    assert!(!change!(store, tx => tx.assertion_use(b"one", at(50))));
    assert!(change!(store, tx => tx.assertion_use(b"two", at(60))));
    assert_eq!(change!(store, tx => tx.used_assertions_expire(at(49), 10)), 0);
    assert_eq!(change!(store, tx => tx.used_assertions_expire(at(90), 1)), 1);
    assert_eq!(change!(store, tx => tx.used_assertions_expire(at(90), 10)), 1);
    assert!(change!(store, tx => tx.assertion_use(b"one", at(100))));
}
