//! How a person signs in for the command line: a browser here (RFC 8252: code and PKCE, answered at a loopback port), or one elsewhere (RFC 8628).

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};
use wharf_client::{ClientError, Directory, PersonTokens, TokenFuture, TokenSource};

use crate::environment::random_id;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::profile::CLIENT;

/// How long somebody may take to sign in.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// How long a browser may take to say what it came for, and the most that is read of it.
const REQUEST_PATIENCE: Duration = Duration::from_secs(5);
const REQUEST_MAX: usize = 16 * 1024;

/// A token that is at hand.
pub(super) struct Held(pub(super) SecretString);

impl TokenSource for Held {
    fn token<'a>(&'a self, _scope: &'a str, _fresh: bool) -> TokenFuture<'a> {
        Box::pin(async move { Ok(self.0.clone()) })
    }
}

/// Who signed in.
pub(super) struct Who {
    pub(super) name: String,
    pub(super) tenant: String,
}

#[derive(Deserialize)]
struct IdClaims {
    preferred_username: String,
    tid: String,
}

/// Who an ID token is about. It came from the token endpoint over the same connection as the rest, so that its signature adds nothing.
pub(super) fn who(tokens: &PersonTokens) -> Result<Who, Failure> {
    let unreadable = || Failure::general("the server did not say who signed in.");
    let token = tokens.id_token.as_ref().ok_or_else(unreadable)?.expose_secret();
    let body = token.split('.').nth(1).ok_or_else(unreadable)?;
    let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| unreadable())?;
    let claims: IdClaims = serde_json::from_slice(&bytes).map_err(|_| unreadable())?;
    Ok(Who {
        name: claims.preferred_username,
        tenant: claims.tid,
    })
}

/// Signs in with a browser that is started here. None when it could not be started.
pub(super) async fn browser(
    directory: &Directory,
    program: &OsStr,
    scope: &str,
    printer: &Printer,
) -> Result<Option<PersonTokens>, Failure> {
    let failed = |error: std::io::Error| Failure::general(format!("cannot listen for the browser's answer: {error}"));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    let redirect_uri = format!("http://127.0.0.1:{port}");
    let state = random_id().simple().to_string();
    let verifier = SecretString::from(format!("{}{}", random_id().simple(), random_id().simple()));
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose_secret().as_bytes()));
    let fields = [
        ("client_id", CLIENT),
        ("response_type", "code"),
        ("response_mode", "query"),
        ("redirect_uri", &redirect_uri),
        ("scope", scope),
        ("state", &state),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("prompt", "select_account"),
    ];
    let Some(url) = directory.authorization_url(&fields) else {
        return Err(Failure::general("people cannot sign in at this server."));
    };
    let started = Command::new(program)
        .arg(url.as_str())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if started.is_err() {
        return Ok(None);
    }
    printer.warning(&format!(
        "A browser was opened to sign in. If none appears, open this page: {url}"
    ));
    let code = timeout(PATIENCE, code_of(&listener, &state)).await;
    let code = code.map_err(|_| Failure::general("nobody signed in within ten minutes."))??;
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT),
        ("code", code.expose_secret()),
        ("redirect_uri", &redirect_uri),
        ("code_verifier", verifier.expose_secret()),
        ("scope", scope),
    ];
    Ok(Some(directory.person_tokens(&fields).await?))
}

/// The code that the browser brings. Whoever else connects, or does not know the state, is sent away and waited past.
async fn code_of(listener: &TcpListener, state: &str) -> Result<SecretString, Failure> {
    loop {
        let (mut stream, _) = listener
            .accept()
            .await
            .map_err(|error| Failure::general(format!("cannot hear the browser: {error}")))?;
        let Some(target) = timeout(REQUEST_PATIENCE, target_of(&mut stream)).await.ok().flatten() else {
            continue;
        };
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let fields: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let field = |name: &str| {
            fields
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        };
        if field("state") != Some(state) {
            answer(&mut stream, "404 Not Found", "There is nothing here.").await;
            continue;
        }
        if let Some(code) = field("code") {
            answer(&mut stream, "200 OK", "You are signed in. You may close this page.").await;
            return Ok(SecretString::from(code));
        }
        answer(&mut stream, "200 OK", "You are not signed in. You may close this page.").await;
        let said = field("error_description")
            .or(field("error"))
            .unwrap_or("no reason was given");
        return Err(Failure::general(format!("the sign-in failed: {said}")));
    }
}

/// The target of a GET.
async fn target_of(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut piece = [0; 2048];
        let read = stream.read(&mut piece).await.ok().filter(|read| *read > 0)?;
        head.extend_from_slice(&piece[..read]);
        if head.len() > REQUEST_MAX {
            return None;
        }
    }
    let line = String::from_utf8(head).ok()?;
    let target = line.lines().next()?.strip_prefix("GET ")?.split(' ').next()?;
    Some(target.to_owned())
}

/// A page of one sentence. A browser that is gone by then misses nothing.
async fn answer(stream: &mut TcpStream, status: &str, text: &str) {
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light dark\"><title>Wharf</title><p>{text}</p></html>"
    );
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\nContent-Security-Policy: default-src 'none'\r\nConnection: close\r\n\r\n",
        page.len()
    );
    let _ = stream.write_all(format!("{head}{page}").as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Signs in with a browser elsewhere.
pub(super) async fn device(directory: &Directory, scope: &str, printer: &Printer) -> Result<PersonTokens, Failure> {
    let codes = directory.device_codes(CLIENT, scope).await?;
    printer.warning(&codes.message);
    let fields = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", CLIENT),
        ("device_code", codes.device_code.expose_secret()),
    ];
    let mut interval = Duration::from_secs(codes.interval.clamp(1, 60));
    let end = Instant::now() + Duration::from_secs(codes.expires_in.min(3600));
    while Instant::now() < end {
        tokio::time::sleep(interval).await;
        match directory.person_tokens(&fields).await {
            Ok(tokens) => return Ok(tokens),
            Err(ClientError::Service(error)) if error.code == "authorization_pending" => {}
            Err(ClientError::Service(error)) if error.code == "slow_down" => interval += Duration::from_secs(5),
            Err(error) => return Err(error.into()),
        }
    }
    Err(Failure::general("nobody entered the code in time.").hint("wharf login --use-device-code shows another one"))
}
