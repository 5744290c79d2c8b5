//! Identity providers, and people's identities there.

use axum::response::Response;
use http::StatusCode;
use serde_json::Value;
use uuid::Uuid;
use wharf_app::identity::{ExternalIdentity, IdentityProvider, LdapPerson, LdapStep, NewProvider, ProviderChange};
use wharf_types::graph::identity_provider::{IdentityProviderBody, ObjectIdentity};
use wharf_types::graph::identity_provider_test::{TestAnswer, TestBody, TestStep, TestUser};
use wharf_types::graph::{self, GraphPage};
use wharf_types::id::ObjectId;
use wharf_types::identity_provider::{ProviderKind, ProviderSettings};
use wharf_types::secret::Secret;

use super::error::Failure;
use crate::call::{Call, empty, json};

fn shown(call: &Call, provider: IdentityProvider) -> graph::IdentityProvider {
    let settings = match provider.settings {
        Value::Object(fields) => fields,
        _ => serde_json::Map::new(),
    };
    graph::IdentityProvider {
        odata_type: provider.kind.odata_type().to_owned(),
        id: provider.id.0,
        display_name: provider.display_name,
        enabled: provider.enabled,
        domains: provider.domains,
        second_factor: provider.second_factor,
        create_users: provider.create_users,
        group_mappings: provider.groups,
        has_secret: provider.secret.is_some(),
        redirect_uri: match provider.kind {
            ProviderKind::OpenIdConnect => Some(call.app.upstream_redirect_uri(provider.id)),
            ProviderKind::Ldap => None,
        },
        settings,
    }
}

pub(super) async fn list(call: Call) -> Result<Response, Failure> {
    let found = call.app.identity_provider_list(&call.ctx).await?;
    let value = found.into_iter().map(|provider| shown(&call, provider)).collect();
    Ok(json(StatusCode::OK, &GraphPage::last(value)))
}

pub(super) async fn show(call: Call, id: ObjectId) -> Result<Response, Failure> {
    let found = call.app.identity_provider_get(&call.ctx, id).await?;
    Ok(json(StatusCode::OK, &shown(&call, found)))
}

/// The secret apart, so that what is left can be shown.
fn secret(input: &mut IdentityProviderBody, kind: ProviderKind) -> Option<Secret> {
    let secret = input.take_secret(kind);
    secret.map(|secret| Secret::new(secret.expose()))
}

fn settings(kind: ProviderKind, fields: serde_json::Map<String, Value>) -> Result<ProviderSettings, Failure> {
    let read = ProviderSettings::read(kind, Value::Object(fields));
    Ok(read.map_err(wharf_types::arm::input::InputError::from)?)
}

pub(super) async fn create(call: Call) -> Result<Response, Failure> {
    let mut input: IdentityProviderBody = call.input()?;
    let named = input.odata_type.as_deref().unwrap_or("");
    let kind = ProviderKind::ALL.iter().find(|kind| kind.odata_type() == named);
    let kind = *kind.ok_or(Failure::Bad(
        "@odata.type has to be the type of a provider, such as #microsoft.graph.openIdConnectProvider",
    ))?;
    let secret = secret(&mut input, kind);
    let new = NewProvider {
        display_name: input.display_name.ok_or(Failure::Bad(
            "displayName is what the sign-in page shows: it cannot be left out",
        ))?,
        enabled: input.enabled.unwrap_or(true),
        domains: input.domains.unwrap_or_default(),
        second_factor: input.second_factor.unwrap_or_default(),
        create_users: input.create_users.unwrap_or(false),
        settings: settings(kind, input.settings)?,
        secret,
        groups: input.group_mappings.unwrap_or_default(),
    };
    let made = call.app.identity_provider_create(&call.ctx, new).await?;
    Ok(json(StatusCode::CREATED, &shown(&call, made)))
}

pub(super) async fn update(call: Call, id: ObjectId) -> Result<Response, Failure> {
    let mut input: IdentityProviderBody = call.input()?;
    let known = call.app.identity_provider_get(&call.ctx, id).await?;
    if input
        .odata_type
        .as_deref()
        .is_some_and(|named| named != known.kind.odata_type())
    {
        return Err(Failure::Bad(
            "a provider stays of its kind: delete it and make another one",
        ));
    }
    let secret = secret(&mut input, known.kind);
    let change = ProviderChange {
        display_name: input.display_name,
        enabled: input.enabled,
        domains: input.domains,
        second_factor: input.second_factor,
        create_users: input.create_users,
        settings: input.settings,
        secret,
        groups: input.group_mappings,
    };
    let changed = call.app.identity_provider_update(&call.ctx, id, change).await?;
    Ok(json(StatusCode::OK, &shown(&call, changed)))
}

pub(super) async fn delete(call: Call, id: ObjectId) -> Result<Response, Failure> {
    call.app.identity_provider_delete(&call.ctx, id).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub(super) async fn test(call: Call, id: ObjectId) -> Result<Response, Failure> {
    let input: TestBody = call.input()?;
    let trial = call
        .app
        .identity_provider_trial(&call.ctx, id, input.user_name.as_deref())
        .await?;
    let answer = TestAnswer {
        passed: trial.passed(),
        steps: trial.steps.into_iter().map(step).collect(),
        user: trial.person.map(found),
    };
    Ok(json(StatusCode::OK, &answer))
}

fn step(step: LdapStep) -> TestStep {
    TestStep {
        step: step.step,
        passed: step.passed,
        detail: step.detail,
    }
}

fn found(person: LdapPerson) -> TestUser {
    TestUser {
        dn: person.dn,
        subject: person.subject.as_str().to_owned(),
        name: person.name,
        display_name: person.display_name,
        mail: person.mail,
        groups: person.groups,
        groups_complete: person.groups_complete,
        account_enabled: !person.disabled,
    }
}

fn identity(identity: ExternalIdentity) -> ObjectIdentity {
    ObjectIdentity::new(identity.provider.0, identity.subject)
}

pub(super) async fn identities(call: Call, user: String) -> Result<Response, Failure> {
    let found = call.app.user_identity_list(&call.ctx, &user).await?;
    let value = found.into_iter().map(identity).collect();
    Ok(json(StatusCode::OK, &GraphPage::last(value)))
}

pub(super) async fn identity_add(call: Call, user: String) -> Result<Response, Failure> {
    let input: ObjectIdentity = call.input()?;
    if input.sign_in_type != "federated" {
        return Err(Failure::Bad("signInType has to be federated: passwords are not linked"));
    }
    let provider = ObjectId(input.issuer);
    let made = call
        .app
        .user_identity_add(&call.ctx, &user, provider, input.issuer_assigned_id)
        .await?;
    Ok(json(StatusCode::CREATED, &identity(made)))
}

pub(super) async fn identity_remove(call: Call, user: String, provider: Uuid) -> Result<Response, Failure> {
    call.app
        .user_identity_remove(&call.ctx, &user, ObjectId(provider))
        .await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
