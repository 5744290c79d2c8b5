//! What an OpenID Connect provider says of somebody: in the ID token, and what is missing there at its userinfo endpoint.

use serde_json::Value;
use wharf_types::identity_provider::OpenIdConnectSettings;
use wharf_types::time::Time;

use crate::identity::Claims;

/// The most groups of somebody that are looked at.
const MAX_GROUPS: usize = 5000;

/// Reads claims. What the ID token says goes before what userinfo says; `userinfo_is_known` says that whatever is missing there is not said at all.
pub(super) fn read(
    settings: &OpenIdConnectSettings,
    subject: &str,
    id_token: &Value,
    userinfo: &Value,
    userinfo_is_known: bool,
) -> Claims {
    let names = &settings.claims_mapping;
    let sources = [id_token, userinfo];
    let text = |name: &str| {
        let found = sources
            .iter()
            .find_map(|source| source.get(name).and_then(Value::as_str));
        found.filter(|text| !text.trim().is_empty()).map(str::to_owned)
    };
    let name = if names.user_principal_name == names.email {
        verified_mail(&sources, &names.email)
    } else {
        text(&names.user_principal_name)
    };
    let (groups, groups_complete) = groups(&sources, &names.groups, userinfo_is_known);
    Claims {
        subject: subject.to_owned(),
        user_principal_name: name.unwrap_or_default(),
        display_name: text(&names.display_name),
        mail: verified_mail(&sources, &names.email),
        groups,
        groups_complete,
        second_factor_shown: second_factor(settings, id_token),
        authenticated_at: id_token
            .get("auth_time")
            .and_then(Value::as_i64)
            .filter(|at| *at > 0)
            .map(Time::from_unix_seconds),
    }
}

/// Whether something that is asked for is not in the ID token.
pub(super) fn is_more_needed(settings: &OpenIdConnectSettings, id_token: &Value, wants_groups: bool) -> bool {
    let names = &settings.claims_mapping;
    let lacks = |name: &String| id_token.get(name).is_none();
    lacks(&names.user_principal_name) || lacks(&names.display_name) || (wants_groups && lacks(&names.groups))
}

/// An address that somebody typed into a form is nobody's: only one that the provider verified counts, by the same document.
fn verified_mail(sources: &[&Value], name: &str) -> Option<String> {
    let source = sources.iter().find(|source| source.get(name).is_some())?;
    let is_verified = match source.get("email_verified") {
        Some(Value::Bool(verified)) => *verified,
        Some(Value::String(text)) => text == "true",
        _ => false,
    };
    source
        .get(name)
        .and_then(Value::as_str)
        .filter(|_| is_verified)
        .map(str::to_owned)
}

/// The groups, and whether they are all. A claim that is not there at all means that there are none, once userinfo was asked too: providers leave it out then.
fn groups(sources: &[&Value], name: &str, userinfo_is_known: bool) -> (Option<Vec<String>>, bool) {
    // Too many to be told (OpenID Connect Core 1.0 §5.6.2, as Entra does above 200; and its form for older flows).
    let elsewhere = |source: &&Value| {
        source
            .pointer("/_claim_names")
            .is_some_and(|names| names.get(name).is_some())
            || source.get("hasgroups").and_then(Value::as_bool) == Some(true)
    };
    if sources.iter().any(elsewhere) {
        return (None, false);
    }
    match sources.iter().find_map(|source| source.get(name)) {
        Some(Value::String(one)) => (Some(vec![one.clone()]), true),
        Some(Value::Array(several)) => {
            let read: Vec<String> = several
                .iter()
                .take(MAX_GROUPS)
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect();
            let complete = read.len() == several.len();
            (Some(read), complete)
        }
        Some(Value::Null) | None => (Some(Vec::new()), userinfo_is_known),
        Some(_) => (None, false),
    }
}

/// Where nothing is asked of `amr` and `acr`, the provider asks everybody for a second factor, as whoever trusts it knows.
fn second_factor(settings: &OpenIdConnectSettings, id_token: &Value) -> bool {
    let (methods, contexts) = (&settings.second_factor_methods, &settings.second_factor_contexts);
    if methods.is_empty() && contexts.is_empty() {
        return true;
    }
    let shown = |method: &Value| {
        method
            .as_str()
            .is_some_and(|shown| methods.iter().any(|known| known == shown))
    };
    let by_method = id_token
        .get("amr")
        .and_then(Value::as_array)
        .is_some_and(|shown_methods| shown_methods.iter().any(shown));
    let context = id_token.get("acr").and_then(Value::as_str);
    by_method || context.is_some_and(|context| contexts.iter().any(|known| known == context))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(change: Value) -> OpenIdConnectSettings {
        let mut settings = json!({"issuer": "https://id.example", "clientId": "wharf"});
        for (name, value) in change.as_object().unwrap() {
            settings[name] = value.clone();
        }
        serde_json::from_value(settings).unwrap()
    }

    fn read_from(change: Value, id_token: Value, userinfo: Value) -> Claims {
        read(&settings(change), "1", &id_token, &userinfo, true)
    }

    #[test]
    fn what_the_id_token_lacks_userinfo_says() {
        let claims = read_from(
            json!({}),
            json!({"preferred_username": "a@b.example"}),
            json!({"preferred_username": "other", "name": "A", "groups": ["g"]}),
        );
        assert_eq!(claims.user_principal_name, "a@b.example");
        assert_eq!(claims.display_name.as_deref(), Some("A"));
        assert_eq!(
            (claims.groups, claims.groups_complete),
            (Some(vec!["g".to_owned()]), true)
        );
    }

    #[test]
    fn an_address_counts_when_it_was_verified_and_not_by_another_document() {
        let mail = |id_token, userinfo| read_from(json!({}), id_token, userinfo).mail;
        let verified = json!({"email": "a@b.example", "email_verified": true});
        assert_eq!(mail(verified.clone(), json!({})), Some("a@b.example".to_owned()));
        assert_eq!(mail(json!({"email": "a@b.example"}), json!({})), None);
        assert_eq!(mail(json!({"email": "a@b.example"}), verified), None);
        let named = json!({"claimsMapping": {"userPrincipalName": "email"}});
        let claims = read_from(
            named,
            json!({"email": "a@b.example", "email_verified": false}),
            json!({}),
        );
        assert_eq!(claims.user_principal_name, "");
    }

    #[test]
    fn groups_that_were_not_all_told_are_not_complete() {
        let complete = |id_token| read_from(json!({}), id_token, json!({})).groups_complete;
        assert!(complete(json!({"groups": ["a"]})));
        assert!(complete(json!({"groups": "a"})));
        assert!(complete(json!({})));
        assert!(!complete(json!({"_claim_names": {"groups": "src1"}})));
        assert!(!complete(json!({"hasgroups": true})));
        assert!(!complete(json!({"groups": ["a", 7]})));
        assert!(!complete(json!({"groups": {"a": true}})));
        let unknown = read(&settings(json!({})), "1", &json!({}), &json!({}), false);
        assert!(!unknown.groups_complete);
    }

    #[test]
    fn a_second_factor_was_shown_when_one_of_the_values_says_so() {
        let shown = |change, id_token| read_from(change, id_token, json!({})).second_factor_shown;
        assert!(shown(json!({}), json!({})));
        let asked = json!({"secondFactorMethods": ["mfa"], "secondFactorContexts": ["gold"]});
        assert!(!shown(asked.clone(), json!({"amr": ["pwd"], "acr": "silver"})));
        assert!(shown(asked.clone(), json!({"amr": ["pwd", "mfa"]})));
        assert!(shown(asked, json!({"acr": "gold"})));
    }
}
