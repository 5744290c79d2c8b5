//! `wharf ad group …`.

use serde_json::json;
use uuid::Uuid;
use wharf_client::Graph;
use wharf_types::graph::group::{GetMemberGroups, GroupPost};

use crate::{
    cli::{
        Toggle,
        ad_group::{
            AdGroupArg, AdGroupCommand, AdGroupCreateArgs, AdGroupListArgs, AdGroupMemberGroupsArgs, MemberCommand,
            OwnerCommand,
        },
    },
    failure::Failure,
    printer::Printer,
    session::Session,
};

pub(crate) async fn run(command: AdGroupCommand, session: &Session, printer: &Printer) -> Result<(), Failure> {
    match command {
        AdGroupCommand::Create(args) => create(session, args, printer).await,
        AdGroupCommand::List(args) => list(session, args, printer).await,
        AdGroupCommand::Show(args) => {
            let group = session.graph.group_show(id(session, &args.group).await?).await?;
            printer.result(super::json(&group)?, None)
        }
        AdGroupCommand::Delete(args) => {
            let id = id(session, &args.group).await?;
            Ok(session.graph.group_delete(id).await?)
        }
        AdGroupCommand::GetMemberGroups(args) => member_groups(session, args, printer).await,
        AdGroupCommand::Member(command) => member(command, session, printer).await,
        AdGroupCommand::Owner(OwnerCommand::List(args)) => {
            let owners = session.graph.group_owner_list(id(session, &args.group).await?).await?;
            printer.result(super::json(&owners)?, None)
        }
    }
}

async fn member(command: MemberCommand, session: &Session, printer: &Printer) -> Result<(), Failure> {
    match command {
        MemberCommand::Add(args) => {
            let id = id(session, &args.group).await?;
            Ok(session.graph.group_member_add(id, args.member_id).await?)
        }
        MemberCommand::Remove(args) => {
            let id = id(session, &args.group).await?;
            Ok(session.graph.group_member_remove(id, args.member_id).await?)
        }
        MemberCommand::List(args) => {
            let members = session.graph.group_member_list(id(session, &args.group).await?).await?;
            printer.result(super::json(&members)?, None)
        }
        MemberCommand::Check(args) => {
            let id = id(session, &args.group).await?;
            let is_member = session.graph.is_member_of(args.member_id, id).await?;
            printer.result(json!({"value": is_member}), None)
        }
    }
}

/// The object id of a group that is given by it or by its display name.
async fn id(session: &Session, group: &AdGroupArg) -> Result<Uuid, Failure> {
    id_of(session, &group.group).await
}

/// The same, of a text.
pub(super) async fn id_of(session: &Session, group: &str) -> Result<Uuid, Failure> {
    if let Ok(id) = group.parse() {
        return Ok(id);
    }
    let found = session.graph.group_by_display_name(group).await?;
    match found.as_slice() {
        [one] => Ok(one.id),
        [] => {
            let failure = Failure::not_found(format!("No group matches the name of '{group}'"));
            Err(failure.hint("wharf ad group list -o table shows the groups that you may see"))
        }
        several => {
            let ids: Vec<_> = several.iter().map(|group| group.id.to_string()).collect();
            let failure = Failure::general(format!("More than one group match the name of '{group}'"));
            Err(failure.hint(format!("name one of them by its object id: {}", ids.join(", "))))
        }
    }
}

async fn create(session: &Session, args: AdGroupCreateArgs, printer: &Printer) -> Result<(), Failure> {
    if !args.force.is_some_and(|Toggle(force)| force) {
        let found = session
            .graph
            .group_by_names(&args.display_name, &args.mail_nickname)
            .await?;
        match found.as_slice() {
            [] => {}
            [one] => {
                printer.warning("A group with the same display name and mail nickname already exists, returning.");
                return printer.result(super::json(one)?, None);
            }
            several => {
                let ids: Vec<_> = several.iter().map(|group| group.id.to_string()).collect();
                return Err(Failure::general(format!(
                    "There is more than one group with the same display and nick names: \"{}\". Please delete them first.",
                    ids.join(", ")
                )));
            }
        }
    }
    let body = GroupPost {
        display_name: args.display_name,
        mail_nickname: args.mail_nickname,
        description: args.description,
        mail_enabled: false,
        security_enabled: true,
        group_types: Vec::new(),
    };
    let group = session.graph.group_create(&body).await?;
    printer.result(super::json(&group)?, None)
}

async fn list(session: &Session, args: AdGroupListArgs, printer: &Printer) -> Result<(), Failure> {
    let filters = [
        args.filter,
        args.display_name.as_deref().map(Graph::display_name_start_filter),
    ];
    let filter = filters.into_iter().flatten().collect::<Vec<_>>().join(" and ");
    let filter = Some(filter.as_str()).filter(|filter| !filter.is_empty());
    let found = session.graph.group_list(filter).await?;
    printer.result(super::json(&found)?, None)
}

async fn member_groups(session: &Session, args: AdGroupMemberGroupsArgs, printer: &Printer) -> Result<(), Failure> {
    let id = id(session, &args.group).await?;
    let body = GetMemberGroups {
        security_enabled_only: args.security_enabled_only.is_some_and(|Toggle(only)| only),
    };
    let groups = session.graph.group_member_groups(id, &body).await?;
    printer.result(super::json(&groups)?, None)
}
