//! `wharf group …`.

use insta::{allow_duplicates, assert_snapshot};
use serde_json::{Value, json};

use crate::{SUBSCRIPTION, User};

fn at(method: &str, group: &str) -> String {
    let slash = if group.is_empty() { "" } else { "/" };
    format!("{method} /subscriptions/{SUBSCRIPTION}/resourcegroups{slash}{group}?api-version=2024-11-01")
}

fn group() -> Value {
    json!({"id": "/subscriptions/s/resourceGroups/myregistry-acr", "name": "myregistry-acr", "type": "Microsoft.Resources/resourceGroups",
           "location": "westus", "properties": {"provisioningState": "Succeeded"}})
}

#[tokio::test]
async fn both_the_new_and_the_old_words_make_a_group() {
    let user = User::signed_in().await;
    for words in ["group create", "resource group create"] {
        user.server.on(&at("PUT", "myregistry-acr"), 201, group());
        let ran = user.run(&format!("{words} -l westus -n myregistry-acr")).await;
        allow_duplicates! { assert_snapshot!(ran.transcript(), @r#"
        exit 0
        out| {
        out|   "id": "/subscriptions/s/resourceGroups/myregistry-acr",
        out|   "location": "westus",
        out|   "managedBy": null,
        out|   "name": "myregistry-acr",
        out|   "properties": {
        out|     "provisioningState": "Succeeded"
        out|   },
        out|   "tags": null,
        out|   "type": "Microsoft.Resources/resourceGroups"
        out| }
        "#); }
        allow_duplicates! { assert_snapshot!(user.requests(), @r#"PUT /subscriptions/{S}/resourcegroups/myregistry-acr?api-version=2024-11-01 {"location":"westus"}"#); }
    }
}

#[tokio::test]
async fn groups_are_listed_in_every_format() {
    let user = User::signed_in().await;
    let mut shown = String::new();
    for format in ["table", "tsv", "yaml", "none"] {
        user.server.on(&at("GET", ""), 200, json!({"value": [group()]}));
        let ran = user.run(&format!("group list -o {format}")).await;
        shown += &ran.stdout;
    }
    assert_snapshot!(shown, @r"
    Name            Location    Status
    --------------  ----------  ---------
    myregistry-acr  westus      Succeeded
    /subscriptions/s/resourceGroups/myregistry-acr	westus	None	myregistry-acr		None	Microsoft.Resources/resourceGroups
    - id: /subscriptions/s/resourceGroups/myregistry-acr
      location: westus
      managedBy: null
      name: myregistry-acr
      properties:
        provisioningState: Succeeded
      tags: null
      type: Microsoft.Resources/resourceGroups
    ");
}

#[tokio::test]
async fn a_group_exists_or_not() {
    let user = User::signed_in().await;
    user.server.on(&at("HEAD", "g"), 204, Value::Null);
    assert_eq!(user.run("group exists -n g").await.transcript(), "exit 0\nout| true\n");
    assert_eq!(
        user.run("group exists --resource-group h").await.transcript(),
        "exit 0\nout| false\n"
    );
}

#[tokio::test]
async fn a_group_is_not_deleted_without_a_yes() {
    let user = User::signed_in().await;
    assert_snapshot!(user.run("group delete -n g").await.transcript(), @r"
    exit 1
    err| ERROR: Unable to prompt for confirmation as no tty available. Use --yes.
    ");
    assert!(user.server.asked().is_empty());

    user.server.on_with(
        &at("DELETE", "g"),
        202,
        Value::Null,
        &[("location", "/operations/1"), ("retry-after", "0")],
    );
    user.server.on("GET /operations/1", 200, Value::Null);
    assert_eq!(user.run("group delete -n g --yes").await.transcript(), "exit 0\n");
}

#[tokio::test]
async fn what_is_not_there_exits_with_three() {
    let user = User::signed_in().await;
    let body = json!({"error": {"code": "ResourceGroupNotFound", "message": "Resource group 'g' could not be found."}});
    user.server
        .on_with(&at("GET", "g"), 404, body, &[("x-ms-request-id", "r-1")]);
    assert_snapshot!(user.run("group show -n g").await.transcript(), @r"
    exit 3
    err| ERROR: (ResourceGroupNotFound) Resource group 'g' could not be found.
    err| request id: r-1
    err| hint: wharf group list shows the groups; wharf group create -n GROUP -l LOCATION makes one
    ");
}
