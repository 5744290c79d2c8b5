//! `wharf ad user …` and `wharf ad signed-in-user show`.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wharf_client::Graph;
use wharf_types::{
    arm::SecretText,
    graph::{
        group::GetMemberGroups,
        user::{PasswordProfile, UserPatch, UserPost},
    },
};

use crate::{
    cli::{
        Toggle,
        ad_user::{UserCommand, UserCreateArgs, UserIdArgs, UserListArgs, UserMemberGroupsArgs, UserUpdateArgs},
    },
    failure::Failure,
    printer::Printer,
    session::Session,
};

pub(crate) async fn run(command: UserCommand, session: &Session, printer: &Printer) -> Result<(), Failure> {
    match command {
        UserCommand::Create(args) => create(session, args, printer).await,
        UserCommand::List(args) => list(session, args, printer).await,
        UserCommand::Show(args) => show(session, args, printer).await,
        UserCommand::Invite(args) => {
            let invitation = session.graph.user_invite(&args.id).await?;
            printer.warning("open the link in a browser within 72 hours; whoever opens it becomes this person, so send it by a way that only they read");
            printer.result(super::json(&invitation)?, None)
        }
        UserCommand::Update(args) => update(session, args).await,
        UserCommand::Delete(args) => Ok(session.graph.user_delete(&args.id).await?),
        UserCommand::Identity(command) => super::identity_provider::identities(command, session, printer).await,
        UserCommand::GetMemberGroups(args) => member_groups(session, args, printer).await,
    }
}

/// Nothing without a password. `az` asks for no change at the first sign-in unless it is told to.
fn profile(password: Option<&str>, must_change: Option<Toggle>) -> Option<PasswordProfile> {
    password.map(|password| PasswordProfile {
        password: Some(SecretText::new(password)),
        force_change_password_next_sign_in: Some(must_change.is_some_and(|Toggle(must_change)| must_change)),
    })
}

async fn create(session: &Session, args: UserCreateArgs, printer: &Printer) -> Result<(), Failure> {
    let nickname = args.user_principal_name.split('@').next().map(str::to_owned);
    let body = UserPost {
        display_name: args.display_name,
        mail_nickname: args.mail_nickname.or(nickname),
        mail: None,
        account_enabled: true,
        password_profile: profile(args.password.as_deref(), args.force_change_password_next_sign_in),
        user_principal_name: args.user_principal_name,
    };
    let user = session.graph.user_create(&body).await?;
    printer.result(super::json(&user)?, None)
}

async fn list(session: &Session, args: UserListArgs, printer: &Printer) -> Result<(), Failure> {
    let filters = [
        args.filter,
        args.upn.as_deref().map(Graph::user_principal_name_filter),
        args.display_name.as_deref().map(Graph::display_name_start_filter),
    ];
    let filter = filters.into_iter().flatten().collect::<Vec<_>>().join(" and ");
    let filter = Some(filter.as_str()).filter(|filter| !filter.is_empty());
    let found = session.graph.user_list(filter).await?;
    printer.result(super::json(&found)?, None)
}

async fn show(session: &Session, args: UserIdArgs, printer: &Printer) -> Result<(), Failure> {
    let found = session.graph.user_show(&args.id).await?;
    printer.result(super::json(&found)?, None)
}

async fn update(session: &Session, args: UserUpdateArgs) -> Result<(), Failure> {
    let body = UserPatch {
        display_name: args.display_name,
        mail_nickname: args.mail_nickname,
        mail: None,
        account_enabled: args.account_enabled.map(|Toggle(enabled)| enabled),
        password_profile: profile(args.password.as_deref(), args.force_change_password_next_sign_in),
    };
    Ok(session.graph.user_update(&args.id, &body).await?)
}

async fn member_groups(session: &Session, args: UserMemberGroupsArgs, printer: &Printer) -> Result<(), Failure> {
    let body = GetMemberGroups {
        security_enabled_only: args.security_enabled_only.is_some_and(|Toggle(only)| only),
    };
    let ids = session.graph.user_member_groups(&args.id, &body).await?;
    let texts: Vec<_> = ids.iter().map(ToString::to_string).collect();
    // Whoever may not see the groups is shown their ids.
    let objects = session.graph.objects_by_id(&texts).await.unwrap_or_default();
    let names: BTreeMap<_, _> = objects
        .into_iter()
        .map(|object| (object.id, object.display_name))
        .collect();
    let row = |id: &uuid::Uuid| json!({"displayName": names.get(id), "id": id});
    printer.result(Value::Array(ids.iter().map(row).collect()), None)
}

pub(crate) async fn show_signed_in(session: &Session, printer: &Printer) -> Result<(), Failure> {
    let me = session.graph.me().await?;
    printer.result(super::json(&me)?, None)
}
