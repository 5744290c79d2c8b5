//! Bodies that come or are read too slowly, and those that only seem so.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use super::{Listener, limits, soon};
use wharf_server::listen::Limits;

const POST: &str = "POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n";

#[tokio::test]
async fn a_body_that_stands_still_is_a_408() {
    let mut listener = Listener::start(limits());
    let mut client = listener.connect().await;
    client.send(POST).await;
    assert_eq!(listener.event().await, "asked");
    let said = client.rest().await;
    assert!(said.starts_with("HTTP/1.1 408 "), "{said}");
    assert!(
        said.contains("connection: close") && said.ends_with("the body broke off"),
        "{said}"
    );
}

#[tokio::test]
async fn a_body_that_dribbles_is_a_408() {
    let listener = Listener::start(limits());
    let mut client = listener.connect().await;
    client.send(POST).await;
    let said = client.dribble().await;
    assert!(said.starts_with("HTTP/1.1 408 "), "{said}");
}

#[tokio::test]
async fn a_chunked_body_without_end_is_a_408() {
    let listener = Listener::start(limits());
    let mut client = listener.connect().await;
    client
        .send("POST /body HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        .await;
    assert!(client.rest().await.starts_with("HTTP/1.1 408 "));
}

#[tokio::test]
async fn a_body_that_is_slow_but_fast_enough_arrives() {
    let listener = Listener::start(limits());
    let mut client = listener.connect().await;
    let pieces = 30;
    client
        .send(format!(
            "POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n",
            pieces * 512
        ))
        .await;
    // Three seconds, which is three times the grace, at five times the slowest rate.
    for _ in 0..pieces {
        assert!(timeout(Duration::from_millis(100), client.0.read_u8()).await.is_err());
        client.send([0; 512]).await;
    }
    assert!(client.until(" bytes").await.ends_with("15360 bytes"));
}

#[tokio::test]
async fn a_reader_that_never_reads_is_ended() {
    let mut listener = Listener::start(Limits {
        // What may lie unseen between both ends takes a quarter of a second.
        transfer_bytes_per_second: 1024 * 1024,
        ..limits()
    });
    let mut client = listener.connect().await;
    client.get("/zeros").await;
    assert_eq!(listener.event().await, "asked");
    // The answer is dropped while the client holds its end open.
    assert_eq!(listener.event().await, "dropped");
    client.rest().await;
}

#[tokio::test]
async fn a_reader_that_reads_is_not_ended() {
    let mut listener = Listener::start(limits());
    let mut client = listener.connect().await;
    client.get("/zeros").await;
    assert_eq!(listener.event().await, "asked");
    let mut buffer = vec![0; 256 * 1024];
    // Four times the grace, with a pause before each read.
    for _ in 0..40 {
        assert!(
            timeout(Duration::from_millis(100), listener.events.recv())
                .await
                .is_err()
        );
        soon(client.0.read_exact(&mut buffer)).await.expect("it goes on");
    }
}

#[tokio::test]
async fn an_answer_that_we_are_slow_with_is_no_fault_of_the_client() {
    let mut listener = Listener::start(limits());
    let mut client = listener.connect().await;
    client.get("/wait").await;
    assert_eq!(listener.event().await, "asked");
    let waiting = timeout(Duration::from_secs(3), client.0.read_u8()).await;
    assert!(waiting.is_err(), "three times every deadline");
    listener.gate.send_replace(true);
    assert!(client.until("waited").await.starts_with("HTTP/1.1 200 "));
}
