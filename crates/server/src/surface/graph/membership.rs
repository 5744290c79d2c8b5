//! Who is a member of which group.

use axum::response::Response;
use http::StatusCode;
use uuid::Uuid;
use wharf_types::graph::GraphPage;
use wharf_types::graph::directory_object::GET_BY_IDS_MAX;
use wharf_types::graph::group::{CheckMemberGroups, GetMemberGroups, Reference};
use wharf_types::id::ObjectId;

use super::body;
use super::error::{BAD_PAGE, Failure};
use crate::call::{Call, empty, json};

pub(super) async fn list(call: Call, group: ObjectId) -> Result<Response, Failure> {
    let page = call.page().ok_or(BAD_PAGE)?;
    let after = page
        .after
        .map_or(Ok(Uuid::nil()), |key| key.parse())
        .map_err(|_| BAD_PAGE)?;
    let (members, next) = call.app.group_member_list(&call.ctx, group, after, page.size).await?;
    let page = GraphPage {
        context: None,
        next_link: next.map(|key| call.next_link(key)),
        value: members.into_iter().map(body::object).collect(),
    };
    Ok(json(StatusCode::OK, &page))
}

pub(super) async fn add(call: Call, group: ObjectId) -> Result<Response, Failure> {
    let member = call.input::<Reference>()?.id().ok_or(Failure::Bad(
        "@odata.id has to be the address of a directory object, such as …/v1.0/directoryObjects/ID",
    ))?;
    call.app.group_member_add(&call.ctx, group, ObjectId(member)).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub(super) async fn remove(call: Call, group: ObjectId, member: ObjectId) -> Result<Response, Failure> {
    call.app.group_member_remove(&call.ctx, group, member).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// The ids of all groups that the object is in, also by way of other groups.
pub(super) async fn member_groups(call: Call, member: ObjectId) -> Result<Response, Failure> {
    let GetMemberGroups { .. } = call.input()?;
    let groups = call.app.member_groups(&call.ctx, member).await?;
    Ok(json(StatusCode::OK, &GraphPage::last(groups)))
}

/// Those of the named groups that the object is in, also by way of other groups.
pub(super) async fn check(call: Call, member: ObjectId) -> Result<Response, Failure> {
    let CheckMemberGroups { group_ids } = call.input()?;
    if group_ids.len() > GET_BY_IDS_MAX {
        return Err(Failure::Bad("at most 1000 groups may be asked about at once"));
    }
    let mut groups = call.app.member_groups(&call.ctx, member).await?;
    let asked: Vec<ObjectId> = group_ids.iter().filter_map(|id| id.parse().ok()).collect();
    groups.retain(|group| asked.contains(group));
    Ok(json(StatusCode::OK, &GraphPage::last(groups)))
}

/// The groups that the object itself is a member of.
pub(super) async fn member_of(call: Call, member: ObjectId) -> Result<Response, Failure> {
    let groups = call.app.member_of(&call.ctx, member).await?;
    let value: Vec<_> = groups.into_iter().map(body::group_object).collect();
    Ok(json(StatusCode::OK, &GraphPage::last(value)))
}
