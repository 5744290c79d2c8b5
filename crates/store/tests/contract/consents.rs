//! What people agreed to that clients may ask for.

use wharf_store::meta::MetaStore;
use wharf_store::meta::consent::{Consent, ConsentResource};
use wharf_types::id::{AppId, KeyId, ObjectId, TenantId};

use crate::directory::registered;
use crate::fixture::{at, change, id};
use crate::sign_in::{family, person};

store_contract!(
    a_consent_takes_the_place_of_the_one_before,
    a_consent_of_everybody_is_one_of_each,
    what_a_client_was_agreed_to_goes_with_it,
    consents_page_by_id,
);

fn consent(tenant: TenantId, app_id: AppId, user: Option<ObjectId>, scope: &str) -> Consent {
    Consent {
        id: KeyId(id()),
        tenant,
        app_id,
        user,
        resource: ConsentResource::Graph,
        scope: scope.to_owned(),
        created_at: at(2),
    }
}

async fn a_consent_takes_the_place_of_the_one_before(store: &MetaStore) {
    let user = person(store).await;
    let (application, _) = registered(store, user.tenant).await;
    let first = consent(user.tenant, application.app_id, Some(user.id), "openid");
    let second = consent(user.tenant, application.app_id, Some(user.id), "openid profile");
    let other = Consent {
        resource: ConsentResource::Registry,
        ..consent(user.tenant, application.app_id, Some(user.id), "user_impersonation")
    };
    change!(store, tx => tx.consent_put(&first));
    change!(store, tx => tx.consent_put(&second));
    change!(store, tx => tx.consent_put(&other));
    let mut read = store.read().await.unwrap();
    assert_eq!(
        read.consent_list_of_user(user.id).await.unwrap(),
        [second.clone(), other]
    );
    assert_eq!(read.consent_get(user.tenant, second.id).await.unwrap(), Some(second));
    assert_eq!(read.consent_get(user.tenant, first.id).await.unwrap(), None);
}

async fn a_consent_of_everybody_is_one_of_each(store: &MetaStore) {
    let (alice, bob) = (person(store).await, person(store).await);
    let (application, _) = registered(store, alice.tenant).await;
    let app = application.app_id;
    let everybody = consent(alice.tenant, app, None, "openid");
    let again = consent(alice.tenant, app, None, "openid email");
    let mine = consent(alice.tenant, app, Some(alice.id), "profile");
    change!(store, tx => tx.consent_put(&everybody));
    change!(store, tx => tx.consent_put(&again));
    change!(store, tx => tx.consent_put(&mine));
    let mut read = store.read().await.unwrap();
    assert_eq!(
        read.consent_list_held(app, alice.id).await.unwrap(),
        [again.clone(), mine]
    );
    assert_eq!(
        read.consent_list_held(app, bob.id).await.unwrap(),
        std::slice::from_ref(&again)
    );
    assert_eq!(read.consent_list_held(AppId(id()), bob.id).await.unwrap(), []);
    drop(read);
    assert!(change!(store, tx => tx.consent_delete(alice.tenant, again.id)));
    assert!(!change!(store, tx => tx.consent_delete(alice.tenant, again.id)));
}

async fn what_a_client_was_agreed_to_goes_with_it(store: &MetaStore) {
    let user = person(store).await;
    let (application, principal) = registered(store, user.tenant).await;
    let app = application.app_id;
    let mut client = family(&user);
    client.client = app;
    let other = family(&user);
    change!(store, tx => tx.refresh_family_insert(&client));
    change!(store, tx => tx.refresh_family_insert(&other));
    change!(store, tx => tx.consent_put(&consent(user.tenant, app, Some(user.id), "openid")));
    change!(store, tx => tx.consent_put(&consent(user.tenant, app, None, "openid")));
    assert_eq!(change!(store, tx => tx.consents_delete(app, Some(user.id))), 1);
    assert_eq!(
        change!(store, tx => tx.refresh_families_delete_of_client(app, Some(ObjectId(id())))),
        0
    );
    assert_eq!(
        change!(store, tx => tx.refresh_families_delete_of_client(app, Some(user.id))),
        1
    );
    assert_eq!(
        change!(store, tx => tx.refresh_families_delete_of_client(other.client, None)),
        1
    );
    assert_eq!(change!(store, tx => tx.consents_delete(app, None)), 1);
    // An application takes what was agreed to along.
    change!(store, tx => tx.consent_put(&consent(user.tenant, app, None, "openid")));
    change!(store, tx => tx.service_principal_delete(user.tenant, principal.id));
    change!(store, tx => tx.application_delete(user.tenant, app));
    let mut read = store.read().await.unwrap();
    assert_eq!(read.consent_list_held(app, user.id).await.unwrap(), []);
    assert_eq!(read.application_of_client(app).await.unwrap(), None);
}

async fn consents_page_by_id(store: &MetaStore) {
    let user = person(store).await;
    let mut made = Vec::new();
    for _ in 0..3 {
        let (application, _) = registered(store, user.tenant).await;
        let consent = consent(user.tenant, application.app_id, None, "openid");
        change!(store, tx => tx.consent_put(&consent));
        made.push(consent);
    }
    let mut read = store.read().await.unwrap();
    let first = read.consent_list(user.tenant, uuid::Uuid::nil(), 2).await.unwrap();
    assert_eq!(first, made[..2]);
    assert_eq!(
        read.consent_list(user.tenant, first[1].id.0, 2).await.unwrap(),
        made[2..]
    );
    assert_eq!(
        read.consent_list(TenantId(id()), uuid::Uuid::nil(), 2).await.unwrap(),
        []
    );
}
