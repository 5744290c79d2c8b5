//! Groups.

use axum::response::Response;
use http::StatusCode;
use wharf_app::identity::{GroupChange, GroupFilter, NewGroup};
use wharf_types::graph::GraphPage;
use wharf_types::graph::group::{GroupPatch, GroupPost};
use wharf_types::id::ObjectId;

use super::body;
use super::error::Failure;
use super::page::{page_of, paged};
use crate::call::{Call, empty, json};
use crate::filter::{FilterError, Operator, Term, parse};

pub(super) async fn list(call: Call) -> Result<Response, Failure> {
    let (after, size) = page_of(&call)?;
    let filters = match call.field("$filter") {
        Some(text) => known(parse(text)?, text)?,
        None => Vec::new(),
    };
    let (groups, next) = call.app.group_list(&call.ctx, &filters, after, size).await?;
    Ok(paged(&call, groups.into_iter().map(body::group).collect(), next))
}

fn known(terms: Vec<Term>, text: &str) -> Result<Vec<GroupFilter>, FilterError> {
    let filter = |term| match term {
        Term::Compare {
            field,
            operator: Operator::Equal,
            value,
        } => match field.as_str() {
            "id" => Some(GroupFilter::Id(value)),
            "displayName" => Some(GroupFilter::DisplayName(value)),
            "mailNickname" => Some(GroupFilter::MailNickname(value)),
            _ => None,
        },
        Term::Call { name, arguments } if name == "startswith" => match <[String; 2]>::try_from(arguments) {
            Ok([field, start]) if field == "displayName" => Some(GroupFilter::DisplayNameStart(start)),
            Ok([field, start]) if field == "mailNickname" => Some(GroupFilter::MailNicknameStart(start)),
            _ => None,
        },
        _ => None,
    };
    let filters: Option<Vec<GroupFilter>> = terms.into_iter().map(filter).collect();
    filters.ok_or_else(|| FilterError(text.to_owned()))
}

pub(super) async fn create(call: Call) -> Result<Response, Failure> {
    let input: GroupPost = call.input()?;
    if input.mail_enabled || !input.security_enabled || !input.group_types.is_empty() {
        return Err(Failure::Bad(
            "groups here hold roles and get no mail: mailEnabled has to be false, securityEnabled true, and groupTypes empty",
        ));
    }
    let new = NewGroup {
        display_name: input.display_name,
        mail_nickname: input.mail_nickname,
        description: input.description.filter(|text| !text.is_empty()),
    };
    let group = call.app.group_create(&call.ctx, new).await?;
    Ok(json(StatusCode::CREATED, &body::group(group)))
}

pub(super) async fn show(call: Call, id: ObjectId) -> Result<Response, Failure> {
    let group = call.app.group_get(&call.ctx, id).await?;
    Ok(json(StatusCode::OK, &body::group(group)))
}

pub(super) async fn update(call: Call, id: ObjectId) -> Result<Response, Failure> {
    let input: GroupPatch = call.input()?;
    let change = GroupChange {
        display_name: input.display_name,
        mail_nickname: input.mail_nickname,
        description: input.description,
    };
    call.app.group_update(&call.ctx, id, change).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub(super) async fn delete(call: Call, id: ObjectId) -> Result<Response, Failure> {
    call.app.group_delete(&call.ctx, id).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// Whoever made it, if the caller may see them.
pub(super) async fn owners(call: Call, id: ObjectId) -> Result<Response, Failure> {
    let group = call.app.group_get(&call.ctx, id).await?;
    let owners = call.app.visible(&call.ctx, group.owner.object_id().as_slice()).await?;
    let value: Vec<_> = owners.into_iter().map(body::object).collect();
    Ok(json(StatusCode::OK, &GraphPage::last(value)))
}
