//! Signing in and out, and what is kept of it.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::{APP, PASSWORD, SUBSCRIPTION, TENANT, User, mode};

#[tokio::test]
async fn a_service_principal_signs_in() {
    let user = User::new().await;
    user.expect_sign_in(3600);

    let ran = user.run(&user.login_line()).await;

    assert_snapshot!(ran.transcript(), @r#"
    exit 0
    out| [
    out|   {
    out|     "cloudName": "Wharf",
    out|     "homeTenantId": "22222222-2222-2222-2222-222222222222",
    out|     "id": "33333333-3333-3333-3333-333333333333",
    out|     "isDefault": true,
    out|     "managedByTenants": [],
    out|     "name": "Main",
    out|     "state": "Enabled",
    out|     "tenantId": "22222222-2222-2222-2222-222222222222",
    out|     "user": {
    out|       "name": "11111111-1111-1111-1111-111111111111",
    out|       "type": "servicePrincipal"
    out|     }
    out|   }
    out| ]
    "#);
    assert_snapshot!(user.server.transcript().replace(&user.server.url(), "{SERVER}"), @r"
    GET /metadata/endpoints?api-version=2022-09-01
    GET /22222222-2222-2222-2222-222222222222/v2.0/.well-known/openid-configuration
    POST /22222222-2222-2222-2222-222222222222/oauth2/v2.0/token grant_type=client_credentials&client_id=11111111-1111-1111-1111-111111111111&client_secret=correct-horse-battery&scope=https%3A%2F%2Farm.example%2F.default
    GET /subscriptions?api-version=2022-12-01
    ");
}

#[tokio::test]
async fn the_password_can_come_from_standard_input() {
    let user = User::new().await;
    user.expect_sign_in(3600);
    let url = user.server.url();
    let words = [
        "login",
        "--service-principal",
        "-u",
        APP,
        "--password-stdin",
        "-t",
        TENANT,
        "--server",
        &url,
        "-o",
        "none",
    ];

    let ran = user.run_words(&words, &format!("{PASSWORD}\n")).await;

    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""));
    assert!(
        user.server
            .asked()
            .iter()
            .any(|asked| asked.body.contains(&format!("client_secret={PASSWORD}&")))
    );
}

#[tokio::test]
async fn the_profile_is_private_and_names_no_secret_where_none_belongs() {
    let user = User::signed_in().await;
    user.server.on(
        &format!("GET /subscriptions/{SUBSCRIPTION}/resourcegroups?api-version=2024-11-01"),
        200,
        json!({"value": []}),
    );
    let ran = user.run("group list --debug").await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);

    assert_eq!(mode(&user.profile()), 0o700);
    for file in ["profile.json", "credentials.json", "tokens.json"] {
        assert_eq!(mode(&user.profile().join(file)), 0o600, "{file}");
    }
    assert!(!user.profile_file("profile.json").contains(PASSWORD));
    assert!(ran.stderr.contains("answered"), "{}", ran.stderr);
    assert!(
        !ran.stderr.contains(PASSWORD) && !ran.stderr.contains("the-access-token"),
        "{}",
        ran.stderr
    );
}

#[tokio::test]
async fn a_token_is_used_again_until_shortly_before_its_end() {
    let user = User::signed_in().await;
    let list = format!("GET /subscriptions/{SUBSCRIPTION}/resourcegroups?api-version=2024-11-01");
    for _ in 0..2 {
        user.server.on(&list, 200, json!({"value": []}));
        assert_eq!(user.run("group list").await.code, 0);
    }
    let asked = user.server.asked();
    assert_eq!(
        asked.iter().filter(|asked| asked.request.starts_with("POST")).count(),
        1,
        "one token for both"
    );
}

#[tokio::test]
async fn a_wrong_password_says_what_to_do_and_keeps_nothing() {
    let user = User::new().await;
    user.expect_metadata();
    let endpoint = format!("{}/token", user.server.url());
    user.server.on(
        &format!("GET /{TENANT}/v2.0/.well-known/openid-configuration"),
        200,
        json!({"token_endpoint": endpoint}),
    );
    let refusal = json!({"error": "invalid_client", "error_description": "The app id or its secret is wrong.", "error_codes": [7000215]});
    user.server
        .on_with("POST /token", 401, refusal, &[("x-ms-request-id", "r-1")]);

    let ran = user.run(&user.login_line()).await;

    assert_snapshot!(ran.transcript(), @r"
    exit 1
    err| ERROR: (invalid_client) The app id or its secret is wrong.
    err| request id: r-1
    err| hint: check app id, password and tenant; an owner makes a new password with: wharf ad sp credential reset --id APP_ID
    ");
    assert!(!user.profile().join("credentials.json").exists());
}

#[tokio::test]
async fn a_server_that_is_not_there_says_how_to_start_one() {
    let user = User::new().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let line = format!("login --service-principal -u {APP} -p x --tenant t --server http://127.0.0.1:{port}");
    let ran = user.run(&line).await;
    assert_snapshot!(ran.transcript().replace(&port.to_string(), "PORT"), @r"
    exit 1
    err| ERROR: cannot connect to http://127.0.0.1:PORT/metadata/endpoints: Connection refused (os error 111)
    err| hint: start a server with `wharf serve`, or sign in to another: wharf login --server URL …
    ");
}

#[tokio::test]
async fn plain_http_to_another_machine_needs_a_word() {
    let user = User::new().await;
    let ran = user
        .run(&format!(
            "login --service-principal -u {APP} -p x --tenant t --server http://acr.example"
        ))
        .await;
    assert_snapshot!(ran.transcript(), @r"
    exit 1
    err| ERROR: http://acr.example: plain http would show secrets to the network, and is accepted for this machine only
    err| hint: use https; --allow-insecure permits plain http on a network that you trust
    ");
}

#[tokio::test]
async fn someone_without_a_subscription_is_told_so() {
    let user = User::new().await;
    user.expect_metadata();
    user.expect_token(3600);
    user.expect_subscriptions(&[]);
    assert_snapshot!(user.run(&user.login_line()).await.transcript(), @r"
    exit 1
    err| ERROR: No subscriptions found for 11111111-1111-1111-1111-111111111111.
    err| hint: ask for a role in a subscription, or use --allow-no-subscriptions to work with the directory only
    ");

    user.expect_metadata();
    user.expect_token(3600);
    user.expect_subscriptions(&[]);
    let ran = user
        .run(&format!(
            "{} --allow-no-subscriptions --query [0].name -o tsv",
            user.login_line()
        ))
        .await;
    assert_eq!(ran.stdout, "N/A(tenant level account)\n");
    assert_snapshot!(user.run("group list").await.transcript(), @r"
    exit 1
    err| ERROR: you have no subscription to work in.
    err| hint: ask for a role in one, then run: wharf account list --refresh
    ");
}

#[tokio::test]
async fn after_signing_out_nothing_works_and_nothing_is_left() {
    let user = User::signed_in().await;
    assert_eq!(user.run("logout").await.code, 0);
    assert!(!user.profile_file("credentials.json").contains(PASSWORD));
    assert_snapshot!(user.run("acr list").await.transcript(), @r"
    exit 1
    err| ERROR: Please run 'wharf login' to setup account.
    err| hint: wharf login [--server URL], or wharf login --service-principal -u APP_ID -p PASSWORD --tenant TENANT [--server URL]
    ");
    assert_eq!(user.run("logout").await.code, 1);
}

#[tokio::test]
async fn a_command_that_makes_no_sense_exits_with_two() {
    let user = User::new().await;
    for line in [
        "login -u somebody@example.com",
        "acr",
        "acr create -n x",
        "group show -n a/b",
        "acr list --query [?",
        "nonsense",
    ] {
        let ran = user.run(line).await;
        assert_eq!(ran.code, 2, "{line}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{line}");
    }
}

#[tokio::test]
async fn a_token_that_the_server_refuses_is_replaced_once() {
    let user = User::signed_in().await;
    let list = format!("GET /subscriptions/{SUBSCRIPTION}/resourcegroups?api-version=2024-11-01");
    user.server.on(&list, 401, Value::Null);
    user.server.on(&list, 200, json!({"value": []}));
    user.expect_token(3600);
    assert_eq!(user.run("group list -o none").await.transcript(), "exit 0\n");
}
