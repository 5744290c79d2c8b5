//! `wharf acr create|show|list|update|delete|check-name|show-usage`.

use serde_json::Value;
use wharf_types::arm::{
    Registry,
    name_check::NameCheck,
    registry::{
        DefaultAction, NetworkRuleSet, Policies, PolicyStatus, REGISTRY_TYPE, RegistryPatch, RegistryPatchProperties,
        RegistryPut, RegistryPutProperties, RoleAssignmentMode, Sku, SkuName, StatusPolicy, Switch,
    },
};

use super::name_lookup::group_of;
use crate::{
    cli::{
        TagList, Toggle,
        acr::{
            AcrCheckNameArgs, AcrCreateArgs, AcrDeleteArgs, AcrListArgs, AcrShowArgs, AcrShowUsageArgs, AcrUpdateArgs,
            DefaultActionArg, RegistrySettings, RoleModeArg, SkuArg,
        },
    },
    failure::Failure,
    output::{Shape, flatten, transform},
    printer::Printer,
    session::Session,
};

fn shown(registry: &Registry) -> Result<Value, Failure> {
    Ok(flatten(super::json(registry)?, Shape::Registry))
}

fn sku(name: SkuArg) -> Sku {
    let name = match name {
        SkuArg::Basic => SkuName::Basic,
        SkuArg::Standard => SkuName::Standard,
        SkuArg::Premium => SkuName::Premium,
    };
    Sku { name, tier: None }
}

fn switch(on: bool) -> Switch {
    if on { Switch::Enabled } else { Switch::Disabled }
}

/// What `create` and `update` have in common; only what was asked for is sent.
fn properties(settings: &RegistrySettings) -> RegistryPatchProperties {
    let on = |toggle: Option<Toggle>| toggle.map(|Toggle(on)| on);
    // Closing the public network closes it for every address, as the official client does.
    let closed = settings.public_network_enabled == Some(Toggle(false));
    let default_action = match settings.default_action {
        Some(DefaultActionArg::Allow) => Some(DefaultAction::Allow),
        Some(DefaultActionArg::Deny) => Some(DefaultAction::Deny),
        None => closed.then_some(DefaultAction::Deny),
    };
    let status = |on| {
        if on {
            PolicyStatus::Enabled
        } else {
            PolicyStatus::Disabled
        }
    };
    RegistryPatchProperties {
        admin_user_enabled: on(settings.admin_enabled),
        public_network_access: on(settings.public_network_enabled).map(switch),
        network_rule_set: default_action.map(|default_action| NetworkRuleSet {
            default_action,
            ip_rules: Vec::new(),
        }),
        policies: on(settings.allow_exports).map(|allowed| Policies {
            export_policy: Some(StatusPolicy {
                status: Some(status(allowed)),
            }),
            ..Policies::default()
        }),
        data_endpoint_enabled: on(settings.data_endpoint_enabled),
        role_assignment_mode: settings.role_assignment_mode.map(|mode| match mode {
            RoleModeArg::Rbac => RoleAssignmentMode::LegacyRegistryPermissions,
            RoleModeArg::RbacAbac => RoleAssignmentMode::AbacRepositoryPermissions,
        }),
        ..RegistryPatchProperties::default()
    }
}

pub(crate) async fn create(session: &Session, args: AcrCreateArgs, printer: &Printer) -> Result<(), Failure> {
    if args.name.contains(|letter: char| letter.is_ascii_uppercase()) {
        return Err(Failure::general(
            "argument error: Registry name must use only lowercase.",
        ));
    }
    if args.name.contains('-') {
        return Err(Failure::general("argument error: Registry name cannot contain dashes."));
    }
    let (subscription, group) = (session.subscription()?, &args.resource_group);
    let location = match args.location {
        Some(location) => location.0,
        None => session.resource_manager.group_show(subscription, group).await?.location,
    };
    let settings = properties(&args.settings);
    let body = RegistryPut {
        location,
        sku: sku(args.sku),
        properties: RegistryPutProperties {
            admin_user_enabled: settings.admin_user_enabled.or(Some(false)),
            public_network_access: settings.public_network_access,
            network_rule_set: settings.network_rule_set,
            policies: settings.policies,
            data_endpoint_enabled: settings.data_endpoint_enabled,
            role_assignment_mode: settings.role_assignment_mode,
            zone_redundancy: args
                .zone_redundancy
                .map(|value| switch(value.eq_ignore_ascii_case("enabled"))),
            auto_generated_domain_name_label_scope: args.dnl_scope,
            ..RegistryPutProperties::default()
        },
        tags: TagList::tags(args.settings.tags),
        identity: None,
    };
    let registry = session
        .resource_manager
        .registry_put(subscription, group, &args.name, &body)
        .await?;
    printer.result(shown(&registry)?, Some(transform::registry))
}

pub(crate) async fn show(session: &Session, args: AcrShowArgs, printer: &Printer) -> Result<(), Failure> {
    let group = group_of(session, &args.registry).await?;
    let (subscription, name) = (session.subscription()?, &args.registry.name);
    let registry = session
        .resource_manager
        .registry_show(subscription, &group, name)
        .await?;
    printer.result(shown(&registry)?, Some(transform::registry))
}

pub(crate) async fn list(session: &Session, args: AcrListArgs, printer: &Printer) -> Result<(), Failure> {
    let (subscription, group) = (session.subscription()?, args.resource_group.as_deref());
    let registries = session.resource_manager.registry_list(subscription, group).await?;
    let registries = registries.iter().map(shown).collect::<Result<Value, _>>()?;
    printer.result(registries, Some(transform::registry))
}

pub(crate) async fn update(session: &Session, args: AcrUpdateArgs, printer: &Printer) -> Result<(), Failure> {
    let body = RegistryPatch {
        sku: args.sku.map(sku),
        properties: RegistryPatchProperties {
            anonymous_pull_enabled: args.anonymous_pull_enabled.map(|Toggle(on)| on),
            ..properties(&args.settings)
        },
        tags: TagList::tags(args.settings.tags),
        identity: None,
    };
    let group = group_of(session, &args.registry).await?;
    let (subscription, name) = (session.subscription()?, &args.registry.name);
    let registry = session
        .resource_manager
        .registry_patch(subscription, &group, name, &body)
        .await?;
    printer.result(shown(&registry)?, Some(transform::registry))
}

pub(crate) async fn delete(session: &Session, args: AcrDeleteArgs, printer: &Printer) -> Result<(), Failure> {
    let name = &args.registry.name;
    printer.confirm(
        &format!("Are you sure you want to delete the registry '{name}'?"),
        args.yes,
    )?;
    let group = group_of(session, &args.registry).await?;
    Ok(session
        .resource_manager
        .registry_delete(session.subscription()?, &group, name)
        .await?)
}

pub(crate) async fn check_name(session: &Session, args: AcrCheckNameArgs, printer: &Printer) -> Result<(), Failure> {
    let body = NameCheck {
        name: args.name,
        kind: REGISTRY_TYPE.to_owned(),
        resource_group_name: None,
        auto_generated_domain_name_label_scope: Some("Unsecure".to_owned()),
    };
    let status = session
        .resource_manager
        .registry_check_name(session.subscription()?, &body)
        .await?;
    printer.result(flatten(super::json(&status)?, Shape::NameStatus), None)
}

pub(crate) async fn show_usage(session: &Session, args: AcrShowUsageArgs, printer: &Printer) -> Result<(), Failure> {
    let group = group_of(session, &args.registry).await?;
    let (subscription, name) = (session.subscription()?, &args.registry.name);
    let usages = session
        .resource_manager
        .registry_usages(subscription, &group, name)
        .await?;
    printer.result(super::json(&usages)?, Some(transform::usage))
}
