//! `wharf group …`.

use serde_json::Value;
use wharf_types::arm::{ResourceGroup, resource_group::ResourceGroupPut};

use crate::{
    cli::{
        TagList,
        group::{GroupCreateArgs, GroupDeleteArgs, GroupExistsArgs, GroupShowArgs},
    },
    failure::Failure,
    output::{Shape, flatten, transform},
    printer::Printer,
    session::Session,
};

fn shown(group: &ResourceGroup) -> Result<Value, Failure> {
    Ok(flatten(super::json(group)?, Shape::Group))
}

pub(crate) async fn create(session: &Session, args: GroupCreateArgs, printer: &Printer) -> Result<(), Failure> {
    let tags = TagList::tags(args.tags);
    let body = ResourceGroupPut {
        location: args.location.0,
        tags,
        managed_by: args.managed_by,
    };
    let group = session
        .resource_manager
        .group_put(session.subscription()?, &args.group.name, &body)
        .await?;
    printer.result(shown(&group)?, None)
}

pub(crate) async fn list(session: &Session, printer: &Printer) -> Result<(), Failure> {
    let groups = session.resource_manager.group_list(session.subscription()?).await?;
    let groups = groups.iter().map(shown).collect::<Result<Value, _>>()?;
    printer.result(groups, Some(transform::group))
}

pub(crate) async fn show(session: &Session, args: GroupShowArgs, printer: &Printer) -> Result<(), Failure> {
    let group = session
        .resource_manager
        .group_show(session.subscription()?, &args.group.name)
        .await?;
    printer.result(shown(&group)?, None)
}

pub(crate) async fn exists(session: &Session, args: GroupExistsArgs, printer: &Printer) -> Result<(), Failure> {
    let exists = session
        .resource_manager
        .group_exists(session.subscription()?, &args.group.name)
        .await?;
    printer.result(exists.into(), None)
}

pub(crate) async fn delete(session: &Session, args: GroupDeleteArgs, printer: &Printer) -> Result<(), Failure> {
    printer.confirm("Are you sure you want to perform this operation?", args.yes)?;
    let subscription = session.subscription()?;
    Ok(session
        .resource_manager
        .group_delete(subscription, &args.group.name, !args.no_wait)
        .await?)
}
