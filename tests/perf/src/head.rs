//! The heads of answers, as far as a registry's client needs them.

use anyhow::{Context, Result};

/// A status line and the headers that matter.
#[derive(Debug, Default)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) length: Option<u64>,
    pub(crate) chunked: bool,
    pub(crate) location: Option<String>,
    pub(crate) link: Option<String>,
}

/// Reads a head and says how many bytes it is long. Nothing while it is not there to its end.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(Head, usize)>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let text = std::str::from_utf8(&bytes[..end]).context("a head that is no text")?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let mut head = Head {
        status: status.context("an answer without a status")?,
        ..Head::default()
    };
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => head.length = Some(value.parse().context("Content-Length")?),
            "transfer-encoding" => head.chunked = value.eq_ignore_ascii_case("chunked"),
            "location" => head.location = Some(value.to_owned()),
            "link" => head.link = Some(value.to_owned()),
            _ => {}
        }
    }
    Ok(Some((head, end + 4)))
}

/// An address without scheme and host.
pub(crate) fn path_of(address: &str) -> &str {
    match address.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => address,
    }
}

/// The path of the next page (RFC 8288).
pub(crate) fn next_page(link: &str) -> Option<&str> {
    let (address, parameters) = link.strip_prefix('<')?.split_once('>')?;
    let next = parameters
        .split(';')
        .any(|text| matches!(text.trim(), "rel=\"next\"" | "rel=next"));
    next.then(|| path_of(address))
}
