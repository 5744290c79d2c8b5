//! What a program calls itself, in so few bytes that every request can carry it.

use std::fmt;

/// The longest name that is kept, in bytes.
const MAX: usize = 40;

/// The first product of a `User-Agent` (RFC 9110 §10.1.5), such as `docker/28.2.2`: what the client says, and nothing that was proved.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ClientName {
    bytes: [u8; MAX],
    length: u8,
}

impl Default for ClientName {
    /// A client that did not say.
    fn default() -> Self {
        Self {
            bytes: [0; MAX],
            length: 0,
        }
    }
}

impl ClientName {
    /// Of a `User-Agent`. What is not printable ASCII ends it, and so does the end of the first product.
    pub fn of(user_agent: &[u8]) -> Self {
        let mut name = Self::default();
        let product = user_agent.iter().take_while(|byte| byte.is_ascii_graphic());
        for (kept, byte) in name.bytes.iter_mut().zip(product) {
            *kept = *byte;
            name.length += 1;
        }
        name
    }

    /// The name; empty where the client did not say.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }
}

impl fmt::Debug for ClientName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_called_by_its_first_product() {
        for (agent, name) in [
            ("docker/28.2.2 go/go1.24.3 git-commit/45873be", "docker/28.2.2"),
            ("containers/5.29.2 (github.com/containers/image)", "containers/5.29.2"),
            ("curl/8", "curl/8"),
            ("", ""),
            (" odd", ""),
            ("caf\u{e9}/1", "caf"),
            ("line\nbreak", "line"),
            (
                "a-name-that-is-longer-than-forty-bytes-in-all/1.0",
                "a-name-that-is-longer-than-forty-bytes-i",
            ),
        ] {
            assert_eq!(ClientName::of(agent.as_bytes()).as_str(), name, "{agent}");
        }
    }
}
