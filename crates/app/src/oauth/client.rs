//! Clients that may act for people.

use wharf_types::id::AppId;

/// The client id of `az`, MSAL's samples and `wharf` itself: public, without a secret, known in every tenant.
pub const PUBLIC_CLIENT: AppId = AppId(uuid::Uuid::from_u128(0x04b0_7795_8ddb_461a_bbee_02f9_e1bf_7b46));

/// A client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its id.
    pub id: AppId,
    /// Its name, as people are shown it.
    pub display_name: &'static str,
}

/// The client of that id.
pub fn client_find(id: &str) -> Option<Client> {
    let id: AppId = id.to_ascii_lowercase().parse().ok()?;
    (id == PUBLIC_CLIENT).then_some(Client {
        id,
        display_name: "Command line (wharf, az)",
    })
}

/// A native program listens at this machine, at a port that it learns when it starts.
const LOOPBACK: [&str; 3] = ["http://localhost", "http://127.0.0.1", "http://[::1]"];

impl Client {
    /// Whether an answer may be sent there. Compared as it is written, but for the port (rule 14, RFC 8252 §7.3).
    pub fn accepts_redirect(&self, uri: &str) -> bool {
        let Some(rest) = LOOPBACK.iter().find_map(|origin| uri.strip_prefix(origin)) else {
            return false;
        };
        let path = match rest.strip_prefix(':') {
            None => rest,
            Some(rest) => {
                let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                if rest[..digits].parse::<u16>().is_err() {
                    return false;
                }
                &rest[digits..]
            }
        };
        path.is_empty() || path == "/"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_client_is_answered_at_this_machine_alone() {
        let client = client_find("04B07795-8ddb-461a-bbee-02f9e1bf7b46").unwrap();
        for good in [
            "http://localhost:8400",
            "http://localhost:41234/",
            "http://127.0.0.1:1",
            "http://[::1]:65535",
            "http://localhost",
        ] {
            assert!(client.accepts_redirect(good), "{good}");
        }
        for bad in [
            "https://localhost:8400",
            "http://localhost.evil.example:8400",
            "http://localhost:8400@evil.example",
            "http://localhost:8400/../x",
            "http://localhost:8400?x",
            "http://localhost:8400#x",
            "http://localhost:99999",
            "http://localhost:",
            "http://evil.example",
            "HTTP://localhost:8400",
            "",
        ] {
            assert!(!client.accepts_redirect(bad), "{bad}");
        }
        assert_eq!(client_find("04b07795-8ddb-461a-bbee-02f9e1bf7b47"), None);
    }
}
