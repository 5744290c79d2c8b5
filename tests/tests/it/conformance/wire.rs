//! Requests as bytes: what no client library shows.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use wharf_tests::{Place, SignIn, digest};

use super::Work;

/// One connection to the server, on which everything is sent by hand.
struct Connection {
    reader: BufReader<TcpStream>,
    host: String,
    token: String,
}

impl Connection {
    fn new(work: &Work) -> Self {
        let port = work.world.wharf.port();
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
        for set in [TcpStream::set_read_timeout, TcpStream::set_write_timeout] {
            set(&stream, Some(Duration::from_secs(30))).expect("a socket takes a time limit");
        }
        Self {
            reader: BufReader::new(stream),
            host: format!("localhost:{port}"),
            token: work.client.token_for(&format!("repository:{}:pull,push", work.name)),
        }
    }

    /// The head of a request; with the token, if it is to be good.
    fn head(&mut self, request: &str, is_good: bool, headers: &str) {
        let mut text = format!("{request} HTTP/1.1\r\nhost: {}\r\n{headers}", self.host);
        if is_good {
            text.push_str(&format!("authorization: Bearer {}\r\n", self.token));
        }
        self.send(format!("{text}\r\n").as_bytes());
    }

    fn send(&mut self, bytes: &[u8]) {
        self.reader
            .get_mut()
            .write_all(bytes)
            .expect("the server takes what is sent");
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).expect("the server answers");
        line.trim_end().to_owned()
    }

    /// The next answer's status and headers; its body is read off.
    fn answer(&mut self) -> (String, Vec<String>) {
        let status = self.line();
        let headers: Vec<String> = std::iter::from_fn(|| Some(self.line()).filter(|line| !line.is_empty())).collect();
        let length = headers.iter().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |text| text.parse().expect("a length is a number"))];
        self.reader
            .read_exact(&mut body)
            .expect("the body is as long as it says");
        (status, headers)
    }
}

fn is_challenged((status, headers): &(String, Vec<String>)) {
    assert_eq!(status, "HTTP/1.1 401 Unauthorized");
    assert!(
        headers.iter().any(|line| line.starts_with("www-authenticate: Bearer ")),
        "{headers:?}"
    );
}

#[test]
fn who_waits_for_leave_to_send_gets_the_leave_or_the_refusal_at_once() {
    let work = Work::new(SignIn::Basic, Place::Base);
    let mut connection = Connection::new(&work);
    let put = format!("PUT {}?digest={}", work.begin(), digest(b"content"));
    let headers = "content-length: 7\r\nexpect: 100-continue\r\n";
    connection.head(&put, false, headers);
    is_challenged(&connection.answer());
    // A client that was refused does not send its body; it may come back on another connection.
    let mut connection = Connection::new(&work);
    connection.head(&put, true, headers);
    assert_eq!(connection.answer().0, "HTTP/1.1 100 Continue");
    connection.send(b"content");
    assert_eq!(connection.answer().0, "HTTP/1.1 201 Created");
    work.pulls_blob(&digest(b"content"), b"content");
}

#[test]
fn a_chunk_that_comes_without_a_credential_is_refused_and_taken_on_the_same_connection_with_one() {
    let work = Work::new(SignIn::Basic, Place::Base);
    let mut connection = Connection::new(&work);
    let chunk = vec![b'x'; 4 * 1024 * 1024];
    let location = work.begin();
    let patch = format!("PATCH {location}");
    let headers = format!("content-length: {}\r\n", chunk.len());
    for _ in 0..2 {
        connection.head(&patch, false, &headers);
        connection.send(&chunk);
        is_challenged(&connection.answer());
    }
    connection.head(&patch, true, &headers);
    connection.send(&chunk);
    let (status, headers) = connection.answer();
    assert_eq!(status, "HTTP/1.1 202 Accepted");
    assert!(
        headers.contains(&format!("range: 0-{}", chunk.len() - 1)),
        "{headers:?}"
    );
}

#[test]
fn an_empty_body_is_one_whichever_way_its_length_is_said() {
    let work = Work::new(SignIn::Basic, Place::Base);
    let mut connection = Connection::new(&work);
    for (headers, body) in [
        ("content-length: 0\r\n", ""),
        ("", ""),
        ("transfer-encoding: chunked\r\n", "0\r\n\r\n"),
    ] {
        connection.head(&format!("PUT {}?digest={}", work.begin(), digest(b"")), true, headers);
        connection.send(body.as_bytes());
        let (status, headers) = connection.answer();
        assert_eq!(status, "HTTP/1.1 201 Created", "{headers:?}");
    }
    work.pulls_blob(&digest(b""), b"");
}
