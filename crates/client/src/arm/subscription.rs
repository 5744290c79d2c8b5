//! Subscriptions, their aliases, tenants.

use reqwest::Method;
use wharf_types::arm::{
    GenericResource, Page, Subscription,
    alias::{Alias, AliasPut},
    location::Location,
    tenant::Tenant,
};

use super::{ResourceManager, version};
use crate::{ClientError, api::quoted};

impl ResourceManager {
    /// The subscriptions in which the caller holds any role.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn subscription_list(&self) -> Result<Vec<Subscription>, ClientError> {
        self.api
            .list::<_, Page<_>>("/subscriptions", &[("api-version", version::SUBSCRIPTION)])
            .await
    }

    /// One subscription.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn subscription_show(&self, subscription: &str) -> Result<Subscription, ClientError> {
        let path = format!("/subscriptions/{subscription}");
        self.api.get(&path, &[("api-version", version::SUBSCRIPTION)]).await
    }

    /// Makes a subscription and names it by an alias; an alias that exists is answered as it is.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn alias_put(&self, alias: &str, body: &AliasPut) -> Result<Alias, ClientError> {
        let path = format!("/providers/Microsoft.Subscription/aliases/{alias}");
        self.api
            .send_and_finish(Method::PUT, &path, &[("api-version", version::ALIAS)], body)
            .await
    }

    /// The tenants that the caller belongs to.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn tenant_list(&self) -> Result<Vec<Tenant>, ClientError> {
        self.api
            .list::<_, Page<_>>("/tenants", &[("api-version", version::SUBSCRIPTION)])
            .await
    }

    /// The places where resources can be.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn location_list(&self, subscription: &str) -> Result<Vec<Location>, ClientError> {
        let path = format!("/subscriptions/{subscription}/locations");
        self.api
            .list::<_, Page<_>>(&path, &[("api-version", version::SUBSCRIPTION)])
            .await
    }

    /// The resources of one type that the caller may see.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn resource_list(&self, subscription: &str, kind: &str) -> Result<Vec<GenericResource>, ClientError> {
        let (path, filter) = (
            format!("/subscriptions/{subscription}/resources"),
            format!("resourceType eq {}", quoted(kind)),
        );
        self.api
            .list::<_, Page<_>>(&path, &[("api-version", version::RESOURCES), ("$filter", &filter)])
            .await
    }
}
