//! The commands of the founding documents, word for word, with `wharf` in place of `az`.

use serde_json::Value;
use wharf_tests::{Cli, Client, Docker, Endpoint, Ran, User, Wharf};

use crate::spec::refused;

const PASSWORD: &str = "violet-tangent-harbour-9";

/// A server with `myregistry` made by the first two commands of the documents.
fn registry_of_the_documents() -> (Wharf, Cli, Value) {
    let wharf = Wharf::start();
    let owner = wharf.owner();
    owner.run("group create -l westus -n myregistry-acr").ok();
    let registry = owner
        .run("acr create -n myregistry -l westus -g myregistry-acr --admin-enabled true")
        .ok()
        .json();
    (wharf, owner, registry)
}

fn endpoint(wharf: &Wharf) -> Endpoint {
    Endpoint {
        host: format!("localhost:{}", wharf.port()),
        prefix: "myregistry/".to_owned(),
        ca: None,
    }
}

fn text<'a>(document: &'a Value, key: &str) -> &'a str {
    document[key]
        .as_str()
        .unwrap_or_else(|| panic!("no {key} in {document}"))
}

/// `docker login HOST -u NAME -p PASSWORD`, as the documents type it.
fn docker_login(docker: &Docker, host: &str, user: &User) -> Ran {
    docker.run(&format!("login {host} -u {} -p {}", user.name, user.password))
}

#[test]
fn a_group_and_a_registry_are_created_and_hold_what_was_asked_for() {
    let (_wharf, owner, registry) = registry_of_the_documents();
    let group = owner.run("group show -n myregistry-acr").ok().json();
    assert_eq!(text(&group, "location"), "westus");
    assert_eq!(text(&registry, "name"), "myregistry");
    assert_eq!(registry["adminUserEnabled"], true);
    assert!(text(&registry, "loginServer").starts_with("myregistry."), "{registry}");
    let id = text(&registry, "id");
    assert!(
        id.ends_with("/resourceGroups/myregistry-acr/providers/Microsoft.ContainerRegistry/registries/myregistry"),
        "{id}"
    );
}

#[test]
fn the_old_word_resource_group_works_too() {
    let wharf = Wharf::start();
    let owner = wharf.owner();
    owner.run("resource group create -l westus -n myregistry-acr").ok();
    owner.run("group exists -n myregistry-acr").ok().says("true");
}

#[test]
fn the_admin_user_is_off_until_it_is_enabled() {
    let wharf = Wharf::start();
    let owner = wharf.owner();
    owner.run("group create -l westus -n myregistry-acr").ok();
    let made = owner
        .run("acr create -n myregistry -l westus -g myregistry-acr")
        .ok()
        .json();
    assert_eq!(made["adminUserEnabled"], false);
    owner.run("acr credential show -n myregistry").fails().says("admin");
    let updated = owner.run("acr update -n myregistry --admin-enabled true").ok().json();
    assert_eq!(updated["adminUserEnabled"], true);
    let shown = owner.run("acr credential show -n myregistry").ok().json();
    assert_eq!(text(&shown, "username"), "myregistry");
    assert_eq!(shown["passwords"].as_array().map(Vec::len), Some(2), "{shown}");
}

#[test]
fn a_service_principal_made_as_owner_pushes_and_pulls() {
    let (wharf, owner, registry) = registry_of_the_documents();
    let scope = text(&registry, "id");
    let made = owner
        .run(&format!(
            "ad sp create-for-rbac --scopes {scope} --role Owner --password {PASSWORD}"
        ))
        .ok()
        .json();
    assert_eq!(text(&made, "password"), PASSWORD);
    let docker = Docker::new(&endpoint(&wharf));
    docker_login(&docker, &endpoint(&wharf).host, &User::from_sp(&made))
        .ok()
        .says("Login Succeeded");
    docker.push("web:v1").ok();
    docker.pull("web:v1").ok();
}

#[test]
fn a_scope_may_be_written_in_lower_case() {
    let (wharf, owner, registry) = registry_of_the_documents();
    let scope = text(&registry, "id").replace("resourceGroups", "resourcegroups");
    let made = owner
        .run(&format!(
            "ad sp create-for-rbac --scopes {scope} --role Reader --password {PASSWORD}"
        ))
        .ok()
        .json();
    let docker = Docker::signed_in(&endpoint(&wharf), &User::from_sp(&made));
    refused(docker.push("web:v1"));
}

#[test]
fn a_role_is_given_to_a_principal_that_exists_and_taken_again() {
    let (wharf, owner, registry) = registry_of_the_documents();
    let scope = text(&registry, "id");
    let reader = owner
        .run(&format!("ad sp create-for-rbac --scopes {scope} --role Reader"))
        .ok()
        .json();
    let user = User::from_sp(&reader);
    let docker = Docker::signed_in(&endpoint(&wharf), &user);
    refused(docker.push("web:v1"));

    let words = format!("--scope {scope} --role Contributor --assignee {}", user.name);
    let assignment = owner.run(&format!("role assignment create {words}")).ok().json();
    assert_eq!(text(&assignment, "scope"), scope);
    docker.push("web:v1").ok();

    let listed = owner
        .run(&format!(
            "role assignment list --scope {scope} --assignee {}",
            user.name
        ))
        .ok()
        .json();
    assert_eq!(listed.as_array().map(Vec::len), Some(2), "{listed}");
    owner.run(&format!("role assignment delete {words}")).ok();
    refused(docker.push("web:v1"));
    docker.pull("web:v1").ok();
}

#[test]
fn an_owner_gives_roles_and_a_contributor_does_not() {
    let (wharf, owner, registry) = registry_of_the_documents();
    let scope = text(&registry, "id");
    let stranger = owner.run("ad sp create-for-rbac").ok().json();
    let shown = owner
        .run(&format!("ad sp show --id {}", text(&stranger, "appId")))
        .ok()
        .json();
    // By object id: who may not give roles may not look principals up either.
    let grant = format!(
        "role assignment create --scope {scope} --role AcrPull --assignee-principal-type ServicePrincipal --assignee-object-id {}",
        text(&shown, "id")
    );
    let tenant = text(&stranger, "tenant");
    for (role, may) in [("Contributor", false), ("Owner", true)] {
        let made = owner
            .run(&format!("ad sp create-for-rbac --scopes {scope} --role {role}"))
            .ok()
            .json();
        let cli = wharf.cli();
        cli.login(&User::from_sp(&made), tenant).ok();
        let ran = cli.run(&grant);
        if may {
            ran.ok();
        } else {
            ran.fails().says("Microsoft.Authorization/roleAssignments/write");
        }
    }
}

#[test]
fn secrets_are_added_reset_and_removed_one_by_one() {
    let (wharf, owner, registry) = registry_of_the_documents();
    let scope = text(&registry, "id");
    let first = User::from_sp(
        &owner
            .run(&format!("ad sp create-for-rbac --scopes {scope} --role AcrPush"))
            .ok()
            .json(),
    );
    let id = &first.name;
    let second = User::from_sp(
        &owner
            .run(&format!("ad sp credential reset --id {id} --append"))
            .ok()
            .json(),
    );
    for user in [&first, &second] {
        Docker::signed_in(&endpoint(&wharf), user).push("web:v1").ok();
    }
    let listed = owner.run(&format!("ad sp credential list --id {id}")).ok().json();
    assert_eq!(listed.as_array().map(Vec::len), Some(2), "{listed}");
    assert!(
        !listed.to_string().contains(&second.password),
        "a secret is shown again: {listed}"
    );

    let only = User::from_sp(&owner.run(&format!("ad sp credential reset --id {id}")).ok().json());
    Docker::signed_in(&endpoint(&wharf), &only).pull("web:v1").ok();
    for user in [&first, &second] {
        refused(Docker::new(&endpoint(&wharf)).login(user));
    }
}

#[test]
fn what_a_command_prints_is_chosen_by_output_and_query() {
    let (_wharf, owner, _registry) = registry_of_the_documents();
    let name = |words: &str| {
        owner
            .run(&format!("acr show -n myregistry {words}"))
            .ok()
            .text()
            .to_owned()
    };
    assert_eq!(name("--query name -o tsv"), "myregistry");
    assert_eq!(name("--query name"), "\"myregistry\"");
    assert_eq!(name("--query name -o none"), "");
    assert!(name("-o yaml").contains("name: myregistry"));
    assert!(name("-o table").contains("myregistry"));
    assert_eq!(owner.run("acr list --query length(@)").ok().text(), "1");
}

#[test]
fn every_change_is_in_the_registrys_activity_and_the_journal_verifies() {
    let (wharf, owner, _registry) = registry_of_the_documents();
    owner.run("acr update -n myregistry --admin-enabled false").ok();
    owner.run("acr activity list -n myregistry").ok().says("admin");
    wharf.admin("verify-journal").ok();
}
