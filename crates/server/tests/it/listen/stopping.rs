//! Stopping.

use std::time::Duration;

use tokio::net::TcpStream;

use super::{LIMIT, Listener, soon};
use wharf_server::listen::Limits;

#[tokio::test]
async fn what_is_being_answered_is_finished_and_nothing_else_goes_on() {
    let mut listener = Listener::start(Limits::default());
    let mut busy = listener.connect().await;
    busy.get("/wait").await;
    assert_eq!(listener.event().await, "asked");
    let mut idle = listener.connect().await;
    idle.get("/").await;
    idle.until("hello").await;
    let mut silent = listener.connect().await;

    listener.stop.drain(LIMIT);
    assert_eq!(idle.rest().await, "");
    assert_eq!(silent.rest().await, "");
    assert!(TcpStream::connect(listener.address).await.is_err());
    listener.gate.send_replace(true);
    let said = busy.rest().await;
    assert!(
        said.starts_with("HTTP/1.1 200 ") && said.contains("connection: close") && said.ends_with("waited"),
        "{said}"
    );
    soon(listener.task).await.expect("it is good").expect("it is good");
}

#[tokio::test]
async fn what_does_not_finish_in_time_is_ended() {
    let mut listener = Listener::start(Limits::default());
    let mut busy = listener.connect().await;
    busy.get("/wait").await;
    assert_eq!(listener.event().await, "asked");
    listener.stop.drain(Duration::from_millis(100));
    assert_eq!(busy.rest().await, "");
    soon(listener.task).await.expect("it is good").expect("it is good");
}

#[tokio::test]
async fn a_second_order_ends_what_the_first_let_finish() {
    let mut listener = Listener::start(Limits::default());
    let mut busy = listener.connect().await;
    busy.get("/wait").await;
    assert_eq!(listener.event().await, "asked");
    listener.stop.drain(Duration::from_secs(3600));
    listener.stop.end();
    assert_eq!(busy.rest().await, "");
    soon(listener.task).await.expect("it is good").expect("it is good");
}
