//! What the client does when the server is slow, busy, strange or not there.

use std::sync::Arc;

use serde_json::{Value, json};
use wharf_client::{ClientError, Endpoints, ServerUrl, Transport, TransportOptions, Trust};

use crate::{StandIn, message, resource_manager, transport};

const LIST: &str = "GET /subscriptions?api-version=2022-12-01";

#[tokio::test]
async fn an_error_carries_status_code_message_and_request_id() {
    let server = StandIn::start().await;
    let body = json!({"error": {"code": "AuthorizationFailed", "message": "You may not."}});
    server.on_with(LIST, 403, body, &[("x-ms-request-id", "r-1")]);

    let error = resource_manager(&server).subscription_list().await.unwrap_err();

    let ClientError::Service(error) = error else {
        panic!("{error}")
    };
    assert_eq!(
        (error.status.as_u16(), error.code.as_str()),
        (403, "AuthorizationFailed")
    );
    assert_eq!(
        (error.message.as_str(), error.request_id.as_deref()),
        ("You may not.", Some("r-1"))
    );
}

#[tokio::test]
async fn a_busy_server_is_asked_again_when_it_says_when() {
    let server = StandIn::start().await;
    server.on_with(LIST, 429, Value::Null, &[("retry-after", "0")]);
    server.on_with(LIST, 503, Value::Null, &[("retry-after", "0")]);
    server.on(LIST, 200, json!({"value": []}));
    resource_manager(&server).subscription_list().await.unwrap();
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_busy_server_is_not_asked_forever() {
    let server = StandIn::start().await;
    for _ in 0..9 {
        server.on_with(LIST, 429, Value::Null, &[("retry-after", "0")]);
    }
    let error = resource_manager(&server).subscription_list().await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), server.asked().len()), (429, 4));
}

#[tokio::test]
async fn a_failure_without_retry_after_is_not_repeated() {
    let server = StandIn::start().await;
    server.on(LIST, 503, Value::Null);
    resource_manager(&server).subscription_list().await.unwrap_err();
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let server = StandIn::start().await;
    server.on(LIST, 401, Value::Null);
    server.on(LIST, 200, json!({"value": []}));
    resource_manager(&server).subscription_list().await.unwrap();
    let tokens: Vec<_> = server.asked().into_iter().map(|asked| asked.authorization).collect();
    assert_eq!(tokens, ["Bearer token-1", "Bearer token-2"]);
}

#[tokio::test]
async fn a_list_that_leads_back_to_itself_is_an_error() {
    let server = StandIn::start().await;
    let page = json!({"value": [], "nextLink": format!("{}/subscriptions?api-version=2022-12-01", server.url())});
    server.on(LIST, 200, page.clone()).on(LIST, 200, page);
    let error = resource_manager(&server).subscription_list().await.unwrap_err();
    assert!(message(&error).contains("does not end"), "{error}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = StandIn::start().await;
    server.on_with(LIST, 302, Value::Null, &[("location", "/elsewhere")]);
    let error = resource_manager(&server).subscription_list().await.unwrap_err();
    assert!(message(&error).contains("redirect"), "{error}");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn an_accepted_deletion_is_polled_until_it_is_done() {
    let server = StandIn::start().await;
    let delete = "DELETE /subscriptions/s/resourcegroups/g?api-version=2024-11-01";
    server.on_with(
        delete,
        202,
        Value::Null,
        &[("location", "/operations/1"), ("retry-after", "0")],
    );
    server.on_with("GET /operations/1", 202, Value::Null, &[("retry-after", "0")]);
    server.on("GET /operations/1", 204, Value::Null);
    resource_manager(&server).group_delete("s", "g", true).await.unwrap();
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_failed_operation_is_an_error_with_its_own_code() {
    let server = StandIn::start().await;
    let put = "PUT /providers/Microsoft.Subscription/aliases/a?api-version=2021-10-01";
    server.on_with(
        put,
        201,
        json!({}),
        &[("azure-asyncoperation", "/operations/1"), ("retry-after", "0")],
    );
    server.on_with(
        "GET /operations/1",
        200,
        json!({"status": "InProgress"}),
        &[("retry-after", "0")],
    );
    server.on(
        "GET /operations/1",
        200,
        json!({"status": "Failed", "error": {"code": "Full", "message": "No room."}}),
    );
    let error = resource_manager(&server)
        .alias_put("a", &Default::default())
        .await
        .unwrap_err();
    assert_eq!(message(&error), "(Full) No room.");
}

#[tokio::test]
async fn nobody_listening_is_said_plainly() {
    // A port that was free a moment ago: bound, read, and released.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = ServerUrl::parse(&format!("http://127.0.0.1:{port}"), false).unwrap();
    let error = Endpoints::discover(&transport(), &url).await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error:?}");
    assert!(
        message(&error).starts_with(&format!("cannot connect to http://127.0.0.1:{port}/")),
        "{error}"
    );
}

#[tokio::test]
async fn something_else_than_a_wharf_server_is_said_plainly() {
    let server = StandIn::start().await;
    server.on("GET /metadata/endpoints?api-version=2022-09-01", 200, json!("hello"));
    let url = ServerUrl::parse(&server.url(), false).unwrap();
    let error = Endpoints::discover(&transport(), &url).await.unwrap_err();
    assert!(message(&error).starts_with("unexpected answer from"), "{error}");
}

/// A TLS listener with a certificate of its own making, and the file that holds it.
async fn tls_server() -> (u16, tempfile::NamedTempFile) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), made.cert.pem()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for stream in listener.incoming().take(2) {
            let mut connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = stream.unwrap();
            let mut tls = rustls::Stream::new(&mut connection, &mut stream);
            let answer = b"HTTP/1.1 418 I'm a teapot\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            // A client that does not trust us hangs up: that is what one of the tests is about.
            let _ =
                std::io::Read::read(&mut tls, &mut [0; 4096]).and_then(|_| std::io::Write::write_all(&mut tls, answer));
        }
    });
    (port, file)
}

#[tokio::test]
async fn an_unknown_authority_is_refused_and_a_given_one_believed() {
    let (port, ca_file) = tls_server().await;
    let url = ServerUrl::parse(&format!("https://localhost:{port}"), false).unwrap();

    let error = Endpoints::discover(&transport(), &url).await.unwrap_err();
    assert!(matches!(error, ClientError::Tls { .. }), "{error:?}");

    let mut options = TransportOptions::new("test", Arc::new(uuid::Uuid::nil));
    options.trust = Trust {
        ca_file: Some(ca_file.path().to_owned()),
    };
    let error = Endpoints::discover(&Transport::new(options).unwrap(), &url)
        .await
        .unwrap_err();
    assert_eq!(error.status().unwrap(), 418);
}
