//! `wharf ad identity-provider …` and `wharf ad user identity …`.

use std::io::{self, Read};

use serde_json::{Map, Value, json};
use uuid::Uuid;
use wharf_types::{
    graph::identity_provider::{IdentityProviderBody, ObjectIdentity},
    id::ObjectId,
    identity_provider::{GroupMapping, ProviderKind},
};

use crate::{
    cli::{
        Toggle,
        ad_identity_provider::{IdentityProviderCommand, ProviderFields, UserIdentityCommand},
    },
    failure::Failure,
    printer::Printer,
    session::Session,
};

/// The longest secret that is read, in bytes.
const SECRET_MAX: u64 = 4096;

pub(crate) async fn run(command: IdentityProviderCommand, session: &Session, printer: &Printer) -> Result<(), Failure> {
    let graph = &session.graph;
    match command {
        IdentityProviderCommand::Create(args) => {
            let mut body = body(session, args.kind, args.fields).await?;
            body.odata_type = Some(args.kind.odata_type().to_owned());
            body.display_name = Some(args.display_name);
            let made = graph.identity_provider_create(&body).await?;
            if let Some(uri) = &made.redirect_uri {
                printer.warning(&format!(
                    "the provider has to be told this redirect address, exactly: {uri}"
                ));
            }
            printer.result(super::json(&made)?, None)
        }
        IdentityProviderCommand::List(_) => printer.result(super::json(&graph.identity_provider_list().await?)?, None),
        IdentityProviderCommand::Show(args) => {
            let id = id(session, &args.provider.id).await?;
            printer.result(super::json(&graph.identity_provider_show(id).await?)?, None)
        }
        IdentityProviderCommand::Update(args) => {
            let id = id(session, &args.provider.id).await?;
            let known = graph.identity_provider_show(id).await?;
            let kind = ProviderKind::ALL
                .iter()
                .find(|kind| kind.odata_type() == known.odata_type);
            let kind = *kind.ok_or_else(|| Failure::general(format!("this program knows no {}", known.odata_type)))?;
            let mut body = body(session, kind, args.fields).await?;
            body.display_name = args.display_name;
            printer.result(super::json(&graph.identity_provider_update(id, &body).await?)?, None)
        }
        IdentityProviderCommand::Delete(args) => {
            let id = id(session, &args.provider.id).await?;
            Ok(graph.identity_provider_delete(id).await?)
        }
        IdentityProviderCommand::Test(args) => {
            let id = id(session, &args.provider.id).await?;
            super::ldap::test(session, printer, id, args.user).await
        }
    }
}

pub(crate) async fn identities(
    command: UserIdentityCommand,
    session: &Session,
    printer: &Printer,
) -> Result<(), Failure> {
    match command {
        UserIdentityCommand::Add(args) => {
            let provider = id(session, &args.identity_provider).await?;
            let body = ObjectIdentity::new(provider, args.subject);
            let made = session.graph.user_identity_add(&args.id, &body).await?;
            printer.result(super::json(&made)?, None)
        }
        UserIdentityCommand::List(args) => {
            let found = session.graph.user_identity_list(&args.id).await?;
            printer.result(super::json(&found)?, None)
        }
        UserIdentityCommand::Remove(args) => {
            let provider = id(session, &args.identity_provider).await?;
            Ok(session.graph.user_identity_remove(&args.id, provider).await?)
        }
    }
}

/// The object id of a provider that is given by it or by its display name.
async fn id(session: &Session, text: &str) -> Result<Uuid, Failure> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let found = session.graph.identity_provider_list().await?;
    let named: Vec<Uuid> = found
        .iter()
        .filter(|known| known.display_name == text)
        .map(|known| known.id)
        .collect();
    match named.as_slice() {
        [one] => Ok(*one),
        [] => Err(Failure::not_found(format!("No identity provider is called '{text}'"))
            .hint("wharf ad identity-provider list -o table shows them")),
        _ => Err(
            Failure::general(format!("More than one identity provider is called '{text}'"))
                .hint("name it by its object id"),
        ),
    }
}

async fn body(session: &Session, kind: ProviderKind, fields: ProviderFields) -> Result<IdentityProviderBody, Failure> {
    let mut settings = match &fields.parameters {
        Some(text) => parameters(text)?,
        None => Map::new(),
    };
    for (name, value) in [("issuer", &fields.issuer), ("clientId", &fields.client_id)] {
        if let Some(value) = value {
            settings.insert(name.to_owned(), json!(value));
        }
    }
    super::ldap::add(&mut settings, &fields.ldap)?;
    if let Some(secret) = secret(&fields)? {
        settings.insert(kind.secret_name().to_owned(), json!(secret));
    }
    let group_mappings = match fields.group_mappings {
        Some(named) => {
            let mut mappings = Vec::new();
            for (value, group) in named {
                let group = ObjectId(super::ad_group::id_of(session, &group).await?);
                mappings.push(GroupMapping { value, group });
            }
            Some(mappings)
        }
        None => None,
    };
    Ok(IdentityProviderBody {
        odata_type: None,
        display_name: None,
        enabled: fields.enabled.map(|Toggle(on)| on),
        domains: fields.domains,
        second_factor: fields.second_factor,
        create_users: fields.create_users.map(|Toggle(on)| on),
        group_mappings,
        settings,
    })
}

fn parameters(text: &str) -> Result<Map<String, Value>, Failure> {
    let text = match text.strip_prefix('@') {
        Some(file) => {
            std::fs::read_to_string(file).map_err(|error| Failure::general(format!("cannot read {file}: {error}")))?
        }
        None => text.to_owned(),
    };
    serde_json::from_str(&text)
        .map_err(|error| Failure::usage(format!("--parameters is no JSON object, nor @FILE with one: {error}")))
}

fn secret(fields: &ProviderFields) -> Result<Option<String>, Failure> {
    let cannot = |error: io::Error| Failure::general(format!("cannot read the secret: {error}"));
    let text = if fields.secret_stdin {
        let mut text = String::new();
        io::stdin()
            .take(SECRET_MAX + 2)
            .read_to_string(&mut text)
            .map_err(cannot)?;
        text
    } else if let Some(file) = &fields.secret_file {
        std::fs::read_to_string(file).map_err(cannot)?
    } else {
        return Ok(fields.secret.clone());
    };
    Ok(Some(text.trim_end_matches(['\n', '\r']).to_owned()))
}
