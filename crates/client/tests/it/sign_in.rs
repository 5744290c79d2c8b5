//! Finding the directory and getting a token from it.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use wharf_client::{ClientCredentials, Directory, Endpoints, TokenSource};

use crate::{StandIn, message, server_url, transport};

const DISCOVERY: &str = "GET /contoso/v2.0/.well-known/openid-configuration";

#[tokio::test]
async fn a_service_principal_signs_in_at_the_endpoint_that_discovery_names() {
    let server = StandIn::start().await;
    server.on(
        DISCOVERY,
        200,
        json!({"token_endpoint": format!("{}/contoso/oauth2/v2.0/token", server.url())}),
    );
    server.on(
        "POST /contoso/oauth2/v2.0/token",
        200,
        json!({"access_token": "at", "expires_in": 3600, "token_type": "Bearer"}),
    );

    let directory = Directory::discover(transport(), &server_url(&server), "contoso")
        .await
        .unwrap();
    let secret = SecretString::from("p&s=w d");
    let issued = directory
        .client_credentials("app", &secret.into(), "https://arm.example/.default")
        .await
        .unwrap();

    assert_eq!(issued.access_token.expose_secret(), "at");
    assert_eq!(issued.expires_in, Duration::from_secs(3600));
    let asked = server.asked().pop().unwrap();
    assert_eq!(
        asked.body,
        "grant_type=client_credentials&client_id=app&client_secret=p%26s%3Dw+d&scope=https%3A%2F%2Farm.example%2F.default"
    );
    assert_eq!(asked.headers["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(
        asked.headers["x-ms-client-request-id"],
        "7f951dda-4ed3-4680-a7ca-43fe172d538d"
    );
}

#[tokio::test]
async fn a_wrong_secret_is_an_error_with_the_directory_s_own_words() {
    let server = StandIn::start().await;
    server.on(
        DISCOVERY,
        200,
        json!({"token_endpoint": format!("{}/token", server.url())}),
    );
    let refusal = json!({"error": "invalid_client", "error_description": "Wrong secret.", "error_codes": [7000215]});
    server.on("POST /token", 401, refusal);

    let directory = Directory::discover(transport(), &server_url(&server), "contoso")
        .await
        .unwrap();
    let error = directory
        .client_credentials("app", &SecretString::from("x").into(), "s")
        .await
        .unwrap_err();

    assert_eq!(message(&error), "(invalid_client) Wrong secret.");
    assert_eq!(error.status().unwrap(), 401);
}

#[tokio::test]
async fn a_token_endpoint_on_another_host_without_tls_is_refused() {
    let server = StandIn::start().await;
    server.on(
        DISCOVERY,
        200,
        json!({"token_endpoint": "http://elsewhere.example/token"}),
    );
    let error = Directory::discover(transport(), &server_url(&server), "contoso")
        .await
        .unwrap_err();
    assert!(message(&error).contains("plain http"), "{error}");
}

#[tokio::test]
async fn a_server_that_calls_itself_otherwise_is_reached_by_the_name_that_works() {
    let server = StandIn::start().await;
    let metadata = json!({
        "name": "Wharf", "resourceManager": "https://acr.example", "microsoftGraphResourceId": "https://acr.example",
        "authentication": {"loginEndpoint": "https://acr.example/login/adfs", "audiences": ["https://acr.example/"]},
        "suffixes": {"acrLoginServer": ".acr.example"},
    });
    server.on("GET /metadata/endpoints?api-version=2022-09-01", 200, metadata);

    let endpoints = Endpoints::discover(&transport(), &server_url(&server)).await.unwrap();

    assert_eq!(endpoints.directory.to_string(), format!("{}/login", server.url()));
    assert_eq!(endpoints.graph.to_string(), server.url());
    assert_eq!(endpoints.resource_manager_audience, "https://acr.example/");
    assert_eq!(endpoints.graph_audience, "https://acr.example");
}

#[tokio::test]
async fn a_token_is_kept_per_scope_and_replaced_when_refused() {
    let server = StandIn::start().await;
    server.on(
        DISCOVERY,
        200,
        json!({"token_endpoint": format!("{}/token", server.url())}),
    );
    for token in ["a", "b", "c"] {
        server.on("POST /token", 200, json!({"access_token": token, "expires_in": 3600}));
    }
    let directory = Directory::discover(transport(), &server_url(&server), "contoso")
        .await
        .unwrap();
    let tokens = ClientCredentials::new(directory, "app", SecretString::from("x"));

    let mut given = Vec::new();
    for (scope, fresh) in [
        ("one", false),
        ("one", false),
        ("two", false),
        ("one", true),
        ("one", false),
    ] {
        given.push(tokens.token(scope, fresh).await.unwrap().expose_secret().to_owned());
    }
    assert_eq!(given, ["a", "a", "b", "c", "c"]);
}
