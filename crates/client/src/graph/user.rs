//! People. `id` is an object id or a user principal name.

use reqwest::Method;
use uuid::Uuid;
use wharf_types::graph::{
    GraphPage, User,
    group::GetMemberGroups,
    invitation::{Invitation, InvitationPost},
    user::{UserPatch, UserPost},
};

use super::{Graph, filter_query};
use crate::{ClientError, api::quoted};

const PATH: &str = "/v1.0/users";

impl Graph {
    /// People who match a `$filter`; all without one.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn user_list(&self, filter: Option<&str>) -> Result<Vec<User>, ClientError> {
        self.api.list::<_, GraphPage<_>>(PATH, &filter_query(filter)).await
    }

    /// The `$filter` for exactly that sign-in name.
    pub fn user_principal_name_filter(name: &str) -> String {
        format!("userPrincipalName eq {}", quoted(name))
    }

    /// The user of that sign-in name.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn user_by_principal_name(&self, name: &str) -> Result<Option<User>, ClientError> {
        let found = self.user_list(Some(&Self::user_principal_name_filter(name))).await?;
        Ok(found.into_iter().next())
    }

    /// Adds a person.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn user_create(&self, body: &UserPost) -> Result<User, ClientError> {
        self.api.send(Method::POST, PATH, &[], body).await
    }

    /// One person.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn user_show(&self, id: &str) -> Result<User, ClientError> {
        self.api.get(&format!("{PATH}/{id}"), &[]).await
    }

    /// The person who is signed in.
    ///
    /// # Errors
    /// What calls can fail with; an application is no person.
    pub async fn me(&self) -> Result<User, ClientError> {
        self.api.get("/v1.0/me", &[]).await
    }

    /// A link with which a person, by name or object id, chooses a password and a second factor.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn user_invite(&self, id: &str) -> Result<Invitation, ClientError> {
        let body = InvitationPost {
            invited_user_email_address: id.to_owned(),
            invite_redirect_url: None,
        };
        self.api.send(Method::POST, "/v1.0/invitations", &[], &body).await
    }

    /// Changes a person.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn user_update(&self, id: &str, body: &UserPatch) -> Result<(), ClientError> {
        self.api.send_only(Method::PATCH, &format!("{PATH}/{id}"), body).await
    }

    /// Deletes a person, and with them their assignments and memberships.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn user_delete(&self, id: &str) -> Result<(), ClientError> {
        let url = self.api.base().at(&format!("{PATH}/{id}"), &[]);
        self.api.call(Method::DELETE, url, None).await?.success().map(drop)
    }

    /// The groups that a person is in, also by way of other groups.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn user_member_groups(&self, id: &str, body: &GetMemberGroups) -> Result<Vec<Uuid>, ClientError> {
        let path = format!("{PATH}/{id}/getMemberGroups");
        let page: GraphPage<Uuid> = self.api.send(Method::POST, &path, &[], body).await?;
        Ok(page.value)
    }
}
