//! Groups and their members.

use reqwest::Method;
use uuid::Uuid;
use wharf_types::graph::{
    DirectoryObject, GraphPage, Group,
    group::{CheckMemberGroups, GetMemberGroups, GroupPost, Reference},
};

use super::{Graph, filter_query};
use crate::{ClientError, api::quoted};

const PATH: &str = "/v1.0/groups";

impl Graph {
    /// Groups that match a `$filter`; all without one.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn group_list(&self, filter: Option<&str>) -> Result<Vec<Group>, ClientError> {
        self.api.list::<_, GraphPage<_>>(PATH, &filter_query(filter)).await
    }

    /// Groups of exactly that display name.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn group_by_display_name(&self, name: &str) -> Result<Vec<Group>, ClientError> {
        self.group_list(Some(&format!("displayName eq {}", quoted(name)))).await
    }

    /// Groups of exactly those two names.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn group_by_names(&self, display_name: &str, mail_nickname: &str) -> Result<Vec<Group>, ClientError> {
        let (display_name, mail_nickname) = (quoted(display_name), quoted(mail_nickname));
        self.group_list(Some(&format!(
            "displayName eq {display_name} and mailNickname eq {mail_nickname}"
        )))
        .await
    }

    /// Makes a group.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn group_create(&self, body: &GroupPost) -> Result<Group, ClientError> {
        self.api.send(Method::POST, PATH, &[], body).await
    }

    /// One group.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn group_show(&self, id: Uuid) -> Result<Group, ClientError> {
        self.api.get(&format!("{PATH}/{id}"), &[]).await
    }

    /// Deletes a group, and with it its assignments; its members stay.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn group_delete(&self, id: Uuid) -> Result<(), ClientError> {
        let url = self.api.base().at(&format!("{PATH}/{id}"), &[]);
        self.api.call(Method::DELETE, url, None).await?.success().map(drop)
    }

    /// A group's own members.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn group_member_list(&self, id: Uuid) -> Result<Vec<DirectoryObject>, ClientError> {
        self.api
            .list::<_, GraphPage<_>>(&format!("{PATH}/{id}/members"), &[])
            .await
    }

    /// Whoever made the group.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn group_owner_list(&self, id: Uuid) -> Result<Vec<DirectoryObject>, ClientError> {
        self.api
            .list::<_, GraphPage<_>>(&format!("{PATH}/{id}/owners"), &[])
            .await
    }

    /// Adds a member to a group.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn group_member_add(&self, id: Uuid, member: Uuid) -> Result<(), ClientError> {
        let object = self.api.base().at(&format!("/v1.0/directoryObjects/{member}"), &[]);
        let body = Reference {
            odata_id: object.to_string(),
        };
        self.api
            .send_only(Method::POST, &format!("{PATH}/{id}/members/$ref"), &body)
            .await
    }

    /// Takes a member out of a group.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn group_member_remove(&self, id: Uuid, member: Uuid) -> Result<(), ClientError> {
        let url = self.api.base().at(&format!("{PATH}/{id}/members/{member}/$ref"), &[]);
        self.api.call(Method::DELETE, url, None).await?.success().map(drop)
    }

    /// The groups that a group is in, also by way of other groups.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn group_member_groups(&self, id: Uuid, body: &GetMemberGroups) -> Result<Vec<Uuid>, ClientError> {
        let path = format!("{PATH}/{id}/getMemberGroups");
        let page: GraphPage<Uuid> = self.api.send(Method::POST, &path, &[], body).await?;
        Ok(page.value)
    }

    /// Whether an object of any kind is in a group, also by way of other groups.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn is_member_of(&self, member: Uuid, group: Uuid) -> Result<bool, ClientError> {
        let body = CheckMemberGroups {
            group_ids: vec![group.to_string()],
        };
        let path = format!("/v1.0/directoryObjects/{member}/checkMemberGroups");
        let page: GraphPage<Uuid> = self.api.send(Method::POST, &path, &[], &body).await?;
        Ok(page.value.contains(&group))
    }
}
