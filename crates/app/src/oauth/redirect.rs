//! Addresses that answers may be sent to: which may be registered, and which are the same (rule 14, RFC 9700 §2.1, RFC 8252).

use url::Url;
use wharf_store::meta::application::ClientSettings;

use crate::Error;

/// A native program listens at this machine, at a port that it learns when it starts.
pub(super) const LOOPBACK: [&str; 3] = ["http://localhost", "http://127.0.0.1", "http://[::1]"];
/// As Entra has it: how many addresses an application has, and how long each is at most, in bytes.
const MAX_URIS: usize = 256;
const MAX_BYTES: usize = 256;

/// The rest of an address at this machine, without its port, and which of the names it has.
fn at_loopback(uri: &str) -> Option<(usize, &str)> {
    let (name, rest) = LOOPBACK
        .iter()
        .enumerate()
        .find_map(|(at, origin)| Some((at, uri.strip_prefix(origin)?)))?;
    let path = match rest.strip_prefix(':') {
        None => rest,
        Some(rest) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            rest[..digits].parse::<u16>().ok()?;
            &rest[digits..]
        }
    };
    match path {
        "" | "/" => Some((name, "")),
        path if path.starts_with('/') => Some((name, path)),
        _ => None,
    }
}

/// Whether two addresses at this machine differ in nothing but the port.
pub(super) fn same_but_port(known: &str, asked: &str) -> bool {
    at_loopback(known).is_some_and(|known| Some(known) == at_loopback(asked))
}

/// The origin of a page, as browsers send it.
pub(super) fn origin(uri: &str) -> Option<String> {
    let origin = Url::parse(uri).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

/// What is wrong with an address; nothing where it may be registered.
fn problem(uri: &str, native: bool) -> Option<&'static str> {
    if uri.len() > MAX_BYTES || !uri.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some("has at most 256 bytes, all of them visible ASCII");
    }
    if uri.contains(['#', '*', '\\', '"', '<', '>']) {
        return Some("has no fragment and no wildcard: it is compared as it is written");
    }
    let Ok(parsed) = Url::parse(uri) else {
        return Some("is an absolute URI");
    };
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Some("names nobody");
    }
    match parsed.scheme() {
        "https" if parsed.host_str().is_some() => None,
        "http" if at_loopback(uri).is_some() => None,
        "http" => Some("is https, or http://localhost, http://127.0.0.1, http://[::1]"),
        // A scheme that somebody can be said to own (RFC 8252 §7.1), or that of Microsoft's libraries.
        scheme if native && (scheme.contains('.') || scheme.starts_with("msal")) => None,
        _ if native => Some("is https, http at this machine, or of a scheme that is a domain's name reversed"),
        _ => Some("is https, or http at this machine"),
    }
}

/// Goes on if an application may have these addresses.
pub(crate) fn check_addresses(settings: &ClientSettings) -> Result<(), Error> {
    let ClientSettings {
        web,
        spa,
        native,
        home_page,
        ..
    } = settings;
    let all = || web.iter().chain(spa).chain(native);
    if all().count() > MAX_URIS {
        return Err(Error::invalid(format!(
            "an application has at most {MAX_URIS} redirect URIs"
        )));
    }
    let kinds = [(web, false), (spa, false), (native, true)];
    for (uri, native) in kinds
        .iter()
        .flat_map(|(uris, native)| uris.iter().map(|uri| (uri, *native)))
    {
        if let Some(problem) = problem(uri, native) {
            let shown: String = uri.chars().take(MAX_BYTES).collect();
            return Err(Error::invalid(format!("'{shown}': a redirect URI {problem}")));
        }
        if all().filter(|other| *other == uri).count() > 1 {
            // It could not be said which kind of client an answer went to.
            return Err(Error::invalid(format!(
                "'{uri}' is there twice: a redirect URI is of one kind of client"
            )));
        }
    }
    let is_page = |page: &String| {
        let parsed = Url::parse(page).ok();
        page.len() <= MAX_BYTES && parsed.is_some_and(|page| ["http", "https"].contains(&page.scheme()))
    };
    if home_page.as_ref().is_some_and(|page| !is_page(page)) {
        return Err(Error::invalid(
            "homePageUrl is an http or https URL of at most 256 bytes",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registered(web: &[&str], native: &[&str]) -> Result<(), Error> {
        let owned = |uris: &[&str]| uris.iter().map(|uri| (*uri).to_owned()).collect();
        check_addresses(&ClientSettings {
            web: owned(web),
            native: owned(native),
            ..ClientSettings::default()
        })
    }

    #[test]
    fn an_address_is_https_or_at_this_machine() {
        for good in [
            "https://app.example/back",
            "https://app.example/back?x=1",
            "http://localhost:3000/back",
        ] {
            registered(&[good], &[]).unwrap();
            registered(&[], &[good]).unwrap();
        }
        for good in [
            "com.example.app:/back",
            "msal00000000-0000-0000-0000-000000000001://auth",
        ] {
            registered(&[], &[good]).unwrap();
            registered(&[good], &[]).unwrap_err();
        }
        for bad in [
            "http://app.example/back",
            "https://*.example/back",
            "https://app.example/#x",
            "https://user@app.example/",
            "https://app.example\\evil",
            "javascript:alert(1)",
            "data:text/html,x",
            "/back",
            "app.example",
            "http://localhost.evil.example",
            "myapp://back",
            "",
        ] {
            registered(&[bad], &[]).unwrap_err();
            registered(&[], &[bad]).unwrap_err();
        }
    }

    #[test]
    fn an_address_is_of_one_kind_of_client() {
        registered(&["https://a.example/"], &["https://a.example/"]).unwrap_err();
        registered(&["https://a.example/", "https://a.example/"], &[]).unwrap_err();
        let many: Vec<String> = (0..257).map(|n| format!("https://a.example/{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        registered(&many, &[]).unwrap_err();
        registered(&many[1..], &[]).unwrap();
    }
}
