//! Heads that come slowly, or are too large.

use super::{Listener, limits};
use wharf_server::listen::Limits;

#[tokio::test]
async fn a_connection_that_sends_nothing_is_ended() {
    let listener = Listener::start(limits());
    assert_eq!(listener.connect().await.rest().await, "");
}

#[tokio::test]
async fn a_head_that_dribbles_is_ended_at_its_deadline() {
    let listener = Listener::start(limits());
    let mut client = listener.connect().await;
    client.send("GET / HTTP/1.1\r\nX: ").await;
    assert_eq!(client.dribble().await, "");
}

#[tokio::test]
async fn the_second_head_has_a_deadline_as_well() {
    let listener = Listener::start(Limits {
        idle_seconds: 3600,
        ..limits()
    });
    let mut client = listener.connect().await;
    client.get("/").await;
    client.until("hello").await;
    client.send("GET / HT").await;
    assert_eq!(client.dribble().await, "");
}

#[tokio::test]
async fn a_head_of_32_kib_is_too_large() {
    let listener = Listener::start(Limits::default());
    let mut client = listener.connect().await;
    client
        .send(format!(
            "GET / HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n",
            "x".repeat(32 * 1024)
        ))
        .await;
    assert!(client.rest().await.starts_with("HTTP/1.1 431 "));
}

#[tokio::test]
async fn thousands_of_headers_are_too_many() {
    let listener = Listener::start(Limits::default());
    let mut client = listener.connect().await;
    client
        .send(format!(
            "GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n",
            "a:b\r\n".repeat(3000)
        ))
        .await;
    assert!(client.rest().await.starts_with("HTTP/1.1 431 "));
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let listener = Listener::start(Limits::default());
    for nonsense in [
        "\x16\x03\x01\x02\x00",
        "P\r\n\r\n",
        "PRI\r\n\r\n",
        "hello\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
    ] {
        let mut client = listener.connect().await;
        client.send(nonsense).await;
        let said = client.rest().await;
        assert!(
            said.is_empty() || said.starts_with("HTTP/1.1 400 ") || said.starts_with("HTTP/1.1 505 "),
            "{said}"
        );
    }
}
