//! People.

use axum::response::Response;
use http::StatusCode;
use wharf_app::Error;
use wharf_app::identity::{FirstPassword, NewUser, UserChange, UserFilter};
use wharf_types::arm::SecretText;
use wharf_types::graph::invitation::{Invitation, InvitationPost, InvitedUser};
use wharf_types::graph::user::{PasswordProfile, UserPatch, UserPost};
use wharf_types::secret::Secret;

use super::error::Failure;
use super::page::{page_of, paged};
use super::{body, membership};
use crate::call::{Call, empty, json};
use crate::filter::{FilterError, Operator, Term, parse};

pub(super) async fn list(call: Call) -> Result<Response, Failure> {
    let (after, size) = page_of(&call)?;
    let filters = match call.field("$filter") {
        Some(text) => known(parse(text)?, text)?,
        None => Vec::new(),
    };
    let (users, next) = call.app.user_list(&call.ctx, &filters, after, size).await?;
    Ok(paged(&call, users.into_iter().map(body::user).collect(), next))
}

fn known(terms: Vec<Term>, text: &str) -> Result<Vec<UserFilter>, FilterError> {
    let filter = |term| match term {
        Term::Compare {
            field,
            operator: Operator::Equal,
            value,
        } => match field.as_str() {
            "id" => Some(UserFilter::Id(value)),
            "userPrincipalName" => Some(UserFilter::Name(value)),
            "displayName" => Some(UserFilter::DisplayName(value)),
            "mail" => Some(UserFilter::Mail(value)),
            "accountEnabled" => value.parse().ok().map(UserFilter::Enabled),
            _ => None,
        },
        Term::Call { name, arguments } if name == "startswith" => match <[String; 2]>::try_from(arguments) {
            Ok([field, start]) if field == "displayName" => Some(UserFilter::DisplayNameStart(start)),
            Ok([field, start]) if field == "userPrincipalName" => Some(UserFilter::NameStart(start)),
            _ => None,
        },
        _ => None,
    };
    let filters: Option<Vec<UserFilter>> = terms.into_iter().map(filter).collect();
    filters.ok_or_else(|| FilterError(text.to_owned()))
}

/// A profile without a password changes none. Whether they must choose another is not asked: who has no second factor yet always does.
fn password(profile: Option<PasswordProfile>) -> Option<FirstPassword> {
    let profile = profile?;
    Some(FirstPassword(Secret::new(profile.password?.expose())))
}

pub(super) async fn create(call: Call) -> Result<Response, Failure> {
    let input: UserPost = call.input()?;
    let new = NewUser {
        user_principal_name: input.user_principal_name.parse().map_err(Error::invalid)?,
        display_name: input.display_name,
        mail: input.mail,
        enabled: input.account_enabled,
        password: password(input.password_profile),
    };
    let user = call.app.user_create(&call.ctx, new).await?;
    Ok(json(StatusCode::CREATED, &body::user(user)))
}

pub(super) async fn show(call: Call, id: String) -> Result<Response, Failure> {
    let user = call.app.user_get(&call.ctx, &id).await?;
    Ok(json(StatusCode::OK, &body::user(user)))
}

pub(super) async fn me(call: Call) -> Result<Response, Failure> {
    let user = call.app.user_me(&call.ctx).await?;
    Ok(json(StatusCode::OK, &body::user(user)))
}

pub(super) async fn update(call: Call, id: String) -> Result<Response, Failure> {
    let input: UserPatch = call.input()?;
    let change = UserChange {
        display_name: input.display_name,
        mail: input.mail,
        enabled: input.account_enabled,
        password: password(input.password_profile),
    };
    call.app.user_update(&call.ctx, &id, change).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub(super) async fn invite(call: Call) -> Result<Response, Failure> {
    let input: InvitationPost = call.input()?;
    let (user, invitation) = call
        .app
        .user_invite(&call.ctx, &input.invited_user_email_address)
        .await?;
    let answer = Invitation {
        invited_user_email_address: user.user_principal_name.to_string(),
        invited_user: InvitedUser { id: user.id.0 },
        invite_redeem_url: SecretText::new(call.app.invitation_link(&invitation)),
        status: "PendingAcceptance".to_owned(),
    };
    Ok(json(StatusCode::CREATED, &answer))
}

pub(super) async fn delete(call: Call, id: String) -> Result<Response, Failure> {
    call.app.user_delete(&call.ctx, &id).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub(super) async fn member_groups(call: Call, id: String) -> Result<Response, Failure> {
    let user = call.app.user_get(&call.ctx, &id).await?;
    membership::member_groups(call, user.id).await
}

pub(super) async fn member_of(call: Call, id: String) -> Result<Response, Failure> {
    let user = call.app.user_get(&call.ctx, &id).await?;
    membership::member_of(call, user.id).await
}

pub(super) async fn my_member_of(call: Call) -> Result<Response, Failure> {
    let user = call.app.user_me(&call.ctx).await?;
    membership::member_of(call, user.id).await
}
