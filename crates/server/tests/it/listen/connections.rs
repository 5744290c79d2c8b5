//! Many connections, from one source and in all; and requests of one source.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use super::{Client, Listener, limits};
use wharf_server::listen::Limits;

fn few() -> Limits {
    Limits {
        connections: 16,
        ..Limits::default()
    }
}

#[tokio::test]
async fn an_idle_connection_is_ended() {
    let listener = Listener::start(limits());
    let mut client = listener.connect().await;
    client.get("/").await;
    client.until("hello").await;
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn a_source_with_connections_enough_is_refused_and_another_is_not() {
    let listener = Listener::start(Limits {
        connections_per_source: 2,
        ..Limits::default()
    });
    let mut first = listener.connect().await;
    let _second = listener.connect().await;
    let mut third = listener.connect().await;
    third.get("/").await;
    let said = third.rest().await;
    assert!(
        said.starts_with("HTTP/1.1 429 ") && said.contains("Retry-After: 1"),
        "{said}"
    );
    assert!(said.ends_with("too many connections from this address"), "{said}");
    let mut other = listener.connect_from("127.0.0.2").await;
    other.get("/").await;
    other.until("hello").await;
    first.get("/").await;
    first.until("hello").await;
}

#[tokio::test]
async fn idle_connections_make_room_for_new_ones() {
    let listener = Listener::start(few());
    let mut idle: Vec<Client> = Vec::new();
    for _ in 0..16 {
        let mut client = listener.connect().await;
        client.get("/").await;
        client.until("hello").await;
        idle.push(client);
    }
    let mut client = listener.connect().await;
    client.get("/").await;
    client.until("hello").await;
    assert_eq!(idle[0].rest().await, "");
}

#[tokio::test]
async fn who_goes_on_asking_does_not_make_room() {
    let listener = Listener::start(few());
    let mut asking = listener.connect().await;
    let mut idle: Vec<Client> = Vec::new();
    for _ in 0..15 {
        let mut client = listener.connect().await;
        client.get("/").await;
        client.until("hello").await;
        idle.push(client);
    }
    let mut new = listener.connect().await;
    new.get("/").await;
    let asks = async {
        loop {
            asking.get("/").await;
            asking.until("hello").await;
        }
    };
    tokio::select! {
        _ = new.until("hello") => {}
        () = asks => {}
    }
    for client in &mut idle {
        assert_eq!(client.rest().await, "");
    }
    asking.get("/").await;
    asking.until("hello").await;
}

#[tokio::test]
async fn without_room_new_connections_wait_until_somebody_leaves() {
    let mut listener = Listener::start(few());
    let mut busy = Vec::new();
    for _ in 0..16 {
        let mut client = listener.connect().await;
        client.get("/wait").await;
        assert_eq!(listener.event().await, "asked");
        busy.push(client);
    }
    let mut waiting = listener.connect().await;
    waiting.get("/").await;
    assert!(timeout(Duration::from_millis(300), waiting.0.read_u8()).await.is_err());
    drop(busy.pop());
    waiting.until("hello").await;
}

#[tokio::test]
async fn requests_of_one_source_wait_for_each_other_and_for_nobody_else() {
    let mut listener = Listener::start(Limits {
        requests_per_source: 1,
        queue_seconds: 1,
        ..Limits::default()
    });
    let mut first = listener.connect().await;
    first.get("/wait").await;
    assert_eq!(listener.event().await, "asked");
    let mut second = listener.connect().await;
    second.get("/").await;
    let mut other = listener.connect_from("127.0.0.2").await;
    other.get("/").await;
    other.until("hello").await;
    // Its turn does not come in time; the connection stays.
    let said = second.until("try again\"}]}").await;
    assert!(
        said.starts_with("HTTP/1.1 429 ") && said.contains("retry-after: 1"),
        "{said}"
    );
    listener.gate.send_replace(true);
    first.until("waited").await;
    second.get("/").await;
    second.until("hello").await;
}
