//! What `wharf ad identity-provider` does for LDAP directories.

use serde_json::{Map, Value, json};
use uuid::Uuid;
use wharf_types::graph::identity_provider_test::TestBody;

use crate::{
    cli::{Toggle, ad_ldap::LdapFields},
    failure::Failure,
    output::transform,
    printer::Printer,
    session::Session,
};

/// Adds what was said of a directory to a provider's settings, under the graph's names.
pub(crate) fn add(settings: &mut Map<String, Value>, fields: &LdapFields) -> Result<(), Failure> {
    let authorities = match &fields.ca_file {
        Some(path) => {
            let read = std::fs::read_to_string(path);
            Some(read.map_err(|error| Failure::general(format!("cannot read {}: {error}", path.display())))?)
        }
        None => None,
    };
    for (name, value) in [
        ("urls", json!(fields.urls)),
        ("preset", json!(fields.preset)),
        ("plainText", json!(fields.plain_text.map(|Toggle(on)| on))),
        ("certificateAuthorities", json!(authorities)),
        ("bindDn", json!(fields.bind_dn)),
        ("bindTemplate", json!(fields.bind_template)),
        ("userBase", json!(fields.user_base)),
        ("userFilter", json!(fields.user_filter)),
        ("subjectAttribute", json!(fields.subject_attribute)),
        ("nameAttribute", json!(fields.name_attribute)),
        ("mailAttribute", json!(fields.mail_attribute)),
        ("displayNameAttribute", json!(fields.display_name_attribute)),
        ("groupBase", json!(fields.group_base)),
        ("groupFilter", json!(fields.group_filter)),
        ("groupAttribute", json!(fields.group_attribute)),
        ("nestedGroups", json!(fields.nested_groups)),
        ("defaultDomain", json!(fields.default_domain)),
    ] {
        if !value.is_null() {
            settings.insert(name.to_owned(), value);
        }
    }
    Ok(())
}

/// Tries a provider's directory out.
pub(crate) async fn test(
    session: &Session,
    printer: &Printer,
    provider: Uuid,
    user: Option<String>,
) -> Result<(), Failure> {
    let answer = session
        .graph
        .identity_provider_test(provider, &TestBody { user_name: user })
        .await?;
    printer.result(super::json(&answer)?, Some(transform::identity_provider_test))?;
    match answer.steps.iter().find(|step| !step.passed) {
        Some(failed) => Err(Failure::general(format!("{}: {}", failed.step, failed.detail))),
        None => Ok(()),
    }
}
