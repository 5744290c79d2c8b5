//! The table layouts that `az` has for single commands.

use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

use super::{Row, entries, python_text};

/// `acr list`, `show`, `create`, `update`.
pub(crate) fn registry(result: &Value) -> Vec<Row> {
    let row = |item: &Value| {
        vec![
            ("NAME", cell(item, "/name")),
            ("RESOURCE GROUP", cell(item, "/resourceGroup")),
            ("LOCATION", cell(item, "/location")),
            ("SKU", cell(item, "/sku/name")),
            ("LOGIN SERVER", cell(item, "/loginServer")),
            ("CREATION DATE", date(item, "/creationDate")),
            ("ADMIN ENABLED", cell(item, "/adminUserEnabled")),
        ]
    };
    rows(result, row)
}

/// `acr show-usage`.
pub(crate) fn usage(result: &Value) -> Vec<Row> {
    let row = |item: &Value| {
        vec![
            ("NAME", cell(item, "/name")),
            ("LIMIT", cell(item, "/limit")),
            ("CURRENT VALUE", cell(item, "/currentValue")),
            ("UNIT", cell(item, "/unit")),
        ]
    };
    rows(result, row)
}

/// `acr credential show`, `renew`.
pub(crate) fn credential(result: &Value) -> Vec<Row> {
    let row = |item: &Value| {
        vec![
            ("USERNAME", cell(item, "/username")),
            ("PASSWORD", cell(item, "/passwords/0/value")),
            ("PASSWORD2", cell(item, "/passwords/1/value")),
            ("LAST USED", last_used(&item["passwords"][0])),
            ("LAST USED2", last_used(&item["passwords"][1])),
            ("SAFE TO RENEW", json!(safe_ones(item))),
        ]
    };
    rows(result, row)
}

fn safe_ones(item: &Value) -> String {
    let passwords = item["passwords"].as_array().into_iter().flatten();
    let safe = passwords.filter(|password| password["safeToRegenerate"] == true);
    let names: Vec<&str> = safe.filter_map(|password| password["name"].as_str()).collect();
    names.join(", ")
}

/// `ad sp credential list`; ours, in the manner of the others.
pub(crate) fn secret(result: &Value) -> Vec<Row> {
    let row = |item: &Value| {
        vec![
            ("KEY ID", cell(item, "/keyId")),
            ("NAME", cell(item, "/displayName")),
            ("HINT", cell(item, "/hint")),
            ("ENDS", date(item, "/endDateTime")),
            ("LAST USED", last_used(item)),
            ("BY", cell(item, "/lastUsed/client")),
            ("FROM", cell(item, "/lastUsed/ipAddress")),
            ("SAFE TO DELETE", cell(item, "/safeToRegenerate")),
        ]
    };
    rows(result, row)
}

fn last_used(item: &Value) -> Value {
    if item["lastUsed"].is_null() {
        json!("never")
    } else {
        date(item, "/lastUsed/dateTime")
    }
}

/// `acr explain`; ours, in the manner of the others.
pub(crate) fn explanation(result: &Value) -> Vec<Row> {
    let row = |item: &Value| {
        let grant = if item["grant"].is_null() { "leastGrant" } else { "grant" };
        let is_held = grant == "grant";
        vec![
            ("DECISION", cell(item, "/accessDecision")),
            (
                "PRINCIPAL",
                cell(
                    item,
                    if item["principalName"].is_null() {
                        "/principalId"
                    } else {
                        "/principalName"
                    },
                ),
            ),
            ("ACTION", cell(item, "/action")),
            (
                if is_held { "BY ROLE" } else { "LEAST ROLE" },
                cell(item, &format!("/{grant}/roleName")),
            ),
            ("THROUGH GROUP", cell(item, "/grant/groupName")),
            ("SCOPE", cell(item, &format!("/{grant}/scope"))),
        ]
    };
    rows(result, row)
}

/// `ad identity-provider test`; ours: the steps, then who was found.
pub(crate) fn identity_provider_test(result: &Value) -> Vec<Row> {
    let step = |item: &Value| {
        let passed = if item["passed"] == true { "yes" } else { "NO" };
        vec![
            ("STEP", cell(item, "/step")),
            ("PASSED", json!(passed)),
            ("DETAIL", cell(item, "/detail")),
        ]
    };
    let found = |what: &str, value: &Value| {
        vec![
            ("STEP", json!(what)),
            ("PASSED", json!(" ")),
            ("DETAIL", json!(python_text(value))),
        ]
    };
    let mut rows: Vec<Row> = entries(&result["steps"]).into_iter().map(step).collect();
    let user = &result["user"];
    for name in ["dn", "name", "displayName", "mail", "accountEnabled"] {
        if !user[name].is_null() {
            rows.push(found(name, &user[name]));
        }
    }
    if let Some(groups) = user["groups"].as_array() {
        rows.extend(groups.iter().map(|group| found("group", group)));
    }
    rows
}

/// `acr activity list`; ours, in the manner of the others.
pub(crate) fn activity(result: &Value) -> Vec<Row> {
    let row = |item: &Value| {
        vec![
            ("TIME", date(item, "/eventTimestamp")),
            ("CALLER", cell(item, "/caller")),
            ("OPERATION", cell(item, "/operationName/value")),
            ("STATUS", cell(item, "/status/value")),
            ("RESOURCE", cell(item, "/resourceId")),
        ]
    };
    rows(result, row)
}

/// `group list`.
pub(crate) fn group(result: &Value) -> Vec<Row> {
    let row = |item: &Value| {
        vec![
            ("Name", item["name"].clone()),
            ("Location", item["location"].clone()),
            ("Status", item["properties"]["provisioningState"].clone()),
        ]
    };
    rows(result, row)
}

/// `account list`.
pub(crate) fn account(result: &Value) -> Vec<Row> {
    let row = |item: &Value| {
        vec![
            ("Name", item["name"].clone()),
            ("CloudName", item["cloudName"].clone()),
            ("SubscriptionId", item["id"].clone()),
            ("TenantId", item["tenantId"].clone()),
            ("State", item["state"].clone()),
            ("IsDefault", item["isDefault"].clone()),
        ]
    };
    rows(result, row)
}

/// `role definition list`.
pub(crate) fn role(result: &Value) -> Vec<Row> {
    let row = |item: &Value| {
        vec![
            ("Name", item["roleName"].clone()),
            ("Type", item["type"].clone()),
            ("Description", item["description"].clone()),
        ]
    };
    rows(result, row)
}

/// `role assignment list`.
pub(crate) fn assignment(result: &Value) -> Vec<Row> {
    let row = |item: &Value| {
        vec![
            ("Principal", item["principalName"].clone()),
            ("Role", item["roleDefinitionName"].clone()),
            ("Scope", item["scope"].clone()),
        ]
    };
    rows(result, row)
}

/// `ad sp list`: in the order of the names.
pub(crate) fn service_principal(result: &Value) -> Vec<Row> {
    let mut items = entries(result);
    items.sort_by_key(|item| item["displayName"].as_str());
    let row = |item: &Value| {
        let names = ["displayName", "id", "appId", "createdDateTime"];
        names.map(|name| (name, item[name].clone())).to_vec()
    };
    items.into_iter().map(row).collect()
}

fn rows(result: &Value, row: fn(&Value) -> Row) -> Vec<Row> {
    let inner = result.get("value").filter(|value| value.is_array()).unwrap_or(result);
    entries(inner).into_iter().map(row).collect()
}

/// A cell of `az acr`'s layouts: a blank, and not nothing, for what is absent or empty.
fn cell(item: &Value, pointer: &str) -> Value {
    match item.pointer(pointer) {
        None | Some(Value::Null) => json!(" "),
        Some(Value::String(text)) if text.is_empty() => json!(" "),
        Some(value) => json!(python_text(value)),
    }
}

/// A time to the second.
fn date(item: &Value, pointer: &str) -> Value {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    let text = item.pointer(pointer).and_then(Value::as_str).unwrap_or(" ");
    let time = OffsetDateTime::parse(text, &Rfc3339)
        .ok()
        .and_then(|time| time.format(format).ok());
    json!(time.unwrap_or_else(|| text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{Format, render};

    fn table(result: Value, transform: super::super::Transform) -> String {
        render(result, Format::Table, false, None, Some(transform)).unwrap()
    }

    #[test]
    fn registries() {
        let registry_of = |name: &str, admin: bool| {
            json!({"name": name, "resourceGroup": "g", "location": "westus", "sku": {"name": "Basic"},
            "loginServer": "web.example", "creationDate": "2026-01-02T03:04:05.123456+00:00", "adminUserEnabled": admin})
        };
        insta::assert_snapshot!(table(json!([registry_of("web", true), registry_of("x", false)]), registry), @r"
        NAME    RESOURCE GROUP    LOCATION    SKU    LOGIN SERVER    CREATION DATE         ADMIN ENABLED
        ------  ----------------  ----------  -----  --------------  --------------------  ---------------
        web     g                 westus      Basic  web.example     2026-01-02T03:04:05Z  True
        x       g                 westus      Basic  web.example     2026-01-02T03:04:05Z  False
        ");
    }

    #[test]
    fn usages_credentials_assignments() {
        let usages = json!({"value": [{"name": "Size", "limit": 10, "currentValue": 0, "unit": "Bytes"}]});
        insta::assert_snapshot!(table(usages, usage), @r"
        NAME    LIMIT    CURRENT VALUE    UNIT
        ------  -------  ---------------  ------
        Size    10       0                Bytes
        ");
        let passwords = json!({"username": "web", "passwords": [{"name": "password", "value": "a", "safeToRegenerate": false,
            "lastUsed": {"dateTime": "2026-11-21T10:00:00.5Z", "ipAddress": "192.0.2.1", "client": "docker/28"}},
            {"name": "password2", "value": "b", "safeToRegenerate": true, "lastUsed": null}]});
        insta::assert_snapshot!(table(passwords, credential), @r"
        USERNAME    PASSWORD    PASSWORD2    LAST USED             LAST USED2    SAFE TO RENEW
        ----------  ----------  -----------  --------------------  ------------  ---------------
        web         a           b            2026-11-21T10:00:00Z  never         password2
        ");
        let list = json!([{"principalName": "app", "roleDefinitionName": "AcrPull", "scope": "/subscriptions/s"}]);
        insta::assert_snapshot!(table(list, assignment), @r"
        Principal    Role     Scope
        -----------  -------  ----------------
        app          AcrPull  /subscriptions/s
        ");
    }

    #[test]
    fn service_principals_are_in_the_order_of_their_names() {
        let list = json!([{"displayName": "b", "id": "2", "appId": "y"}, {"displayName": "a", "id": "1", "appId": "x", "createdDateTime": "t"}]);
        insta::assert_snapshot!(table(list, service_principal), @r"
        DisplayName    Id    AppId    CreatedDateTime
        -------------  ----  -------  -----------------
        a              1     x        t
        b              2     y
        ");
    }
}
