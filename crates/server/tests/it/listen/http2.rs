//! HTTP/2, spoken frame by frame: floods end the connection, and bounds hold.

use tokio::io::AsyncReadExt;

use super::{Client, Listener, limits, soon};
use wharf_server::listen::Limits;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// Types and flags (RFC 9113 §6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

// Settings and errors (§6.5.2, §7).
const MAX_CONCURRENT_STREAMS: u16 = 3;
const INITIAL_WINDOW_SIZE: u16 = 4;
const MAX_HEADER_LIST_SIZE: u16 = 6;
const ENHANCE_YOUR_CALM: u32 = 0xb;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::from(&u32::try_from(payload.len()).expect("it is good").to_be_bytes()[1..]);
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// GET of this path at localhost, in HPACK's plainest words (RFC 7541 §6).
fn get(path: &str) -> Vec<u8> {
    let mut head = vec![0x82, 0x86, 0x01, 9];
    head.extend(b"localhost");
    head.extend([0x04, u8::try_from(path.len()).expect("it is good")]);
    head.extend(path.as_bytes());
    head
}

struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Listener {
    /// A connection on which the client has said these settings.
    async fn connect_http2(&self, settings: &[(u16, u32)]) -> Client {
        let mut client = self.connect().await;
        let mut payload = Vec::new();
        for (name, value) in settings {
            payload.extend(name.to_be_bytes());
            payload.extend(value.to_be_bytes());
        }
        client.send([PREFACE, &frame(SETTINGS, 0, 0, &payload)].concat()).await;
        client
    }
}

impl Client {
    /// The next frame; none when the connection has ended.
    async fn frame(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        soon(self.0.read_exact(&mut head)).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        soon(self.0.read_exact(&mut payload)).await.ok()?;
        Some(Frame {
            kind: head[3],
            flags: head[4],
            stream: u32::from_be_bytes([head[5], head[6], head[7], head[8]]),
            payload,
        })
    }

    async fn frame_of(&mut self, kind: u8) -> Frame {
        loop {
            let frame = self.frame().await.expect("the connection goes on");
            if frame.kind == kind {
                return frame;
            }
        }
    }

    /// Sends the same again and again until the connection ends. Returns the error of the last GOAWAY, if one was seen.
    async fn flood(&mut self, mut next: impl FnMut(u32) -> Vec<u8>) -> Option<u32> {
        use tokio::io::AsyncWriteExt;
        let (mut reader, mut writer) = self.0.split();
        let write = async {
            for stream in (1..2_000_000).step_by(2) {
                if writer.write_all(&next(stream)).await.is_err() {
                    return;
                }
            }
            panic!("a million times, and the connection is still open");
        };
        let read = async {
            let mut seen = Vec::new();
            let _ = reader.read_to_end(&mut seen).await;
            seen
        };
        let ((), seen) = soon(async { tokio::join!(write, read) }).await;
        let mut rest = seen.as_slice();
        let mut error = None;
        while rest.len() >= 9 {
            let length = u32::from_be_bytes([0, rest[0], rest[1], rest[2]]) as usize;
            let payload = rest.get(9..9 + length)?;
            if rest[3] == GOAWAY {
                error = Some(u32::from_be_bytes([payload[4], payload[5], payload[6], payload[7]]));
            }
            rest = &rest[9 + length..];
        }
        error
    }
}

fn setting(frame: &Frame, name: u16) -> Option<u32> {
    let mut settings = frame.payload.chunks_exact(6);
    let found = settings.find(|setting| setting[..2] == name.to_be_bytes())?;
    Some(u32::from_be_bytes([found[2], found[3], found[4], found[5]]))
}

#[tokio::test]
async fn its_bounds_are_told() {
    let listener = Listener::start(Limits::default());
    let mut client = listener.connect_http2(&[]).await;
    let settings = client.frame_of(SETTINGS).await;
    assert_eq!(setting(&settings, MAX_CONCURRENT_STREAMS), Some(100));
    assert_eq!(setting(&settings, MAX_HEADER_LIST_SIZE), Some(32 * 1024));
}

#[tokio::test]
async fn a_request_is_answered() {
    let listener = Listener::start(Limits::default());
    let mut client = listener.connect_http2(&[]).await;
    client
        .send(frame(HEADERS, END_STREAM | END_HEADERS, 1, &get("/")))
        .await;
    assert_eq!(client.frame_of(DATA).await.payload, b"hello");
}

#[tokio::test]
async fn requests_taken_back_at_once_are_a_flood() {
    let listener = Listener::start(Limits::default());
    let mut client = listener.connect_http2(&[]).await;
    let error = client
        .flood(|stream| {
            let request = frame(HEADERS, END_STREAM | END_HEADERS, stream, &get("/wait"));
            [request, frame(RST_STREAM, 0, stream, &8u32.to_be_bytes())].concat()
        })
        .await;
    assert!(error.is_none_or(|error| error == ENHANCE_YOUR_CALM), "{error:?}");
}

#[tokio::test]
async fn a_head_without_end_is_a_flood() {
    let listener = Listener::start(Limits::default());
    let mut client = listener.connect_http2(&[]).await;
    client.send(frame(HEADERS, END_STREAM, 1, &get("/"))).await;
    // A field of one letter and no value, over and over, and frames without anything.
    let error = client.flood(|_| frame(CONTINUATION, 0, 1, &[0x00, 1, b'x', 0])).await;
    assert!(error.is_none_or(|error| error == ENHANCE_YOUR_CALM), "{error:?}");
    let mut client = listener.connect_http2(&[]).await;
    client.send(frame(HEADERS, END_STREAM, 1, &get("/"))).await;
    client.flood(|_| frame(CONTINUATION, 0, 1, &[])).await;
}

#[tokio::test]
async fn a_head_of_32_kib_is_too_large() {
    let listener = Listener::start(Limits::default());
    let mut client = listener.connect_http2(&[]).await;
    let field = [&[0x00, 1, b'x', 0x7f, 0x81, 0x3e], [b'x'; 8064].as_slice()].concat();
    client.send(frame(HEADERS, END_STREAM, 1, &get("/"))).await;
    for end in [0, 0, 0, 0, END_HEADERS] {
        client.send(frame(CONTINUATION, end, 1, &field)).await;
    }
    let answer = client.frame_of(HEADERS).await;
    // `:status` is the table's eighth name, and its value is "431" in Huffman's code.
    assert!(
        answer.payload.starts_with(&[0x48, 0x83, 0x69, 0x90, 0xff]),
        "{:x?}",
        answer.payload
    );
}

#[tokio::test]
async fn more_requests_at_once_than_may_be_are_refused_alone() {
    let mut listener = Listener::start(Limits {
        http2_streams: 2,
        ..Limits::default()
    });
    let mut client = listener.connect_http2(&[]).await;
    // The bound holds once the client has acknowledged it.
    client.frame_of(SETTINGS).await;
    client.send(frame(SETTINGS, 1, 0, &[])).await;
    for stream in [1, 3, 5] {
        client
            .send(frame(HEADERS, END_STREAM | END_HEADERS, stream, &get("/wait")))
            .await;
    }
    assert_eq!(client.frame_of(RST_STREAM).await.stream, 5);
    assert_eq!([listener.event().await, listener.event().await], ["asked"; 2]);
    listener.gate.send_replace(true);
    assert_eq!(client.frame_of(DATA).await.payload, b"waited");
}

#[tokio::test]
async fn a_client_that_makes_no_room_for_its_answer_is_ended() {
    let mut listener = Listener::start(Limits {
        idle_seconds: 3600,
        transfer_bytes_per_second: 1024 * 1024,
        ..limits()
    });
    let mut client = listener.connect_http2(&[(INITIAL_WINDOW_SIZE, 0)]).await;
    client
        .send(frame(HEADERS, END_STREAM | END_HEADERS, 1, &get("/zeros")))
        .await;
    assert_eq!(listener.event().await, "asked");
    assert_eq!(listener.event().await, "dropped");
    while client.frame().await.is_some() {}
}

#[tokio::test]
async fn a_body_that_stands_still_is_a_408_and_the_connection_goes_on() {
    let listener = Listener::start(Limits {
        idle_seconds: 3600,
        ..limits()
    });
    let mut client = listener.connect_http2(&[]).await;
    let mut post = get("/body");
    post[0] = 0x83;
    client.send(frame(HEADERS, END_HEADERS, 1, &post)).await;
    assert_eq!(client.frame_of(DATA).await.payload, b"the body broke off");
    client
        .send(frame(HEADERS, END_STREAM | END_HEADERS, 3, &get("/")))
        .await;
    loop {
        let answer = client.frame_of(DATA).await;
        if answer.stream == 3 {
            assert_eq!(answer.payload, b"hello");
            return;
        }
    }
}

#[tokio::test]
async fn an_idle_connection_is_told_goodbye() {
    let listener = Listener::start(limits());
    let mut client = listener.connect_http2(&[]).await;
    assert_eq!(client.frame_of(GOAWAY).await.flags, 0);
    while client.frame().await.is_some() {}
}
