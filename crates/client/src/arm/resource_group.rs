//! Resource groups.

use reqwest::{Method, StatusCode};
use wharf_types::arm::{
    Page, ResourceGroup,
    resource_group::{ResourceGroupPatch, ResourceGroupPut},
};

use super::{ResourceManager, version};
use crate::ClientError;

const QUERY: &[(&str, &str)] = &[("api-version", version::RESOURCES)];

fn path(subscription: &str, group: &str) -> String {
    format!("/subscriptions/{subscription}/resourcegroups/{group}")
}

impl ResourceManager {
    /// Makes a group, or changes its tags.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn group_put(
        &self,
        subscription: &str,
        group: &str,
        body: &ResourceGroupPut,
    ) -> Result<ResourceGroup, ClientError> {
        self.api
            .send_and_finish(Method::PUT, &path(subscription, group), QUERY, body)
            .await
    }

    /// Changes a group.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn group_patch(
        &self,
        subscription: &str,
        group: &str,
        body: &ResourceGroupPatch,
    ) -> Result<ResourceGroup, ClientError> {
        self.api
            .send_and_finish(Method::PATCH, &path(subscription, group), QUERY, body)
            .await
    }

    /// One group.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn group_show(&self, subscription: &str, group: &str) -> Result<ResourceGroup, ClientError> {
        self.api.get(&path(subscription, group), QUERY).await
    }

    /// The groups that the caller may see.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn group_list(&self, subscription: &str) -> Result<Vec<ResourceGroup>, ClientError> {
        self.api.list::<_, Page<_>>(&path(subscription, ""), QUERY).await
    }

    /// Whether there is a group of that name.
    ///
    /// # Errors
    /// What calls can fail with, except 404.
    pub async fn group_exists(&self, subscription: &str, group: &str) -> Result<bool, ClientError> {
        let url = self.api.base().at(&path(subscription, group), QUERY);
        let answer = self.api.call(Method::HEAD, url, None).await?;
        if answer.status == StatusCode::NOT_FOUND {
            Ok(false)
        } else {
            answer.success().map(|_| true)
        }
    }

    /// Deletes a group and everything in it. With `wait` false, returns as soon as the server has accepted.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn group_delete(&self, subscription: &str, group: &str, wait: bool) -> Result<(), ClientError> {
        let url = self.api.base().at(&path(subscription, group), QUERY);
        let answer = self.api.call(Method::DELETE, url.clone(), None).await?.success()?;
        if wait {
            self.api.finish(answer, &url).await.map(drop)
        } else {
            Ok(())
        }
    }
}
