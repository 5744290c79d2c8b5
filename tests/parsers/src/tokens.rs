//! Who calls, and what they ask for.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use wharf_types::authorization::{Authorization, MAX_BYTES};
use wharf_types::oauth::{RegistryAccessClaims, ScopeActions, ScopeResource, TokenHeader, TokenScope, parse_scopes};

use crate::grammar::{is_repository, text};

/// Few scopes, each resource once, and none that was not asked for. Lines are fields.
pub(crate) fn scope(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Ok(scopes) = parse_scopes(text.split('\n')) else {
        assert!(text.len() > 8 * 1024 || text.split(['\n', ' ']).count() > 100, "{text}");
        return;
    };
    assert!(scopes.len() <= 100);
    for (at, scope) in scopes.iter().enumerate() {
        assert!(
            scopes[..at].iter().all(|other| other.resource != scope.resource),
            "{text}"
        );
        assert!(ScopeActions::ALL.contains(scope.actions));
        if let ScopeResource::Repository(name) = &scope.resource {
            assert!(is_repository(name.as_str()), "{text}");
            assert!(text.contains(name.as_str()));
        }
        for action in scope.actions.iter().flat_map(ScopeActions::names) {
            assert!(
                text.contains(action) || text.contains('*'),
                "{text} asks for no {action}"
            );
        }
    }
    // Written and read again it is the same; the catalogue has one form.
    let written: Vec<String> = scopes.iter().map(ToString::to_string).collect();
    let again = parse_scopes(written.iter().map(String::as_str));
    let expected: Vec<TokenScope> = scopes.into_iter().map(in_one_form).collect();
    assert_eq!(again, Ok(expected), "{text}");
}

fn in_one_form(scope: TokenScope) -> TokenScope {
    match scope.resource {
        ScopeResource::Catalog => TokenScope::catalog(),
        ScopeResource::Repository(_) => scope,
    }
}

/// A user name holds no colon, neither part a control character, and both are what was encoded.
pub(crate) fn authorization(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let header = Authorization::parse(text);
    // The bytes as a credential, too: a fuzzer seldom finds valid base64 by itself.
    let encoded = format!("Basic {}", STANDARD.encode(data));
    let credential = Authorization::parse(&encoded);
    if encoded.len() <= MAX_BYTES {
        let good = text.contains(':') && !text.contains(|c: char| c.is_ascii_control());
        assert_eq!(credential.is_some(), good, "{text:?}");
    }
    for found in [header, credential].into_iter().flatten() {
        match found {
            Authorization::Bearer(token) => assert!(text.contains(&token) && token.trim() == token),
            Authorization::Basic { user, secret } => {
                assert!(!user.contains(':'));
                let written = format!("{user}:{}", secret.expose());
                assert!(!written.contains(|c: char| c.is_ascii_control()));
                let again = Authorization::parse(&format!("Basic {}", STANDARD.encode(&written)));
                let Some(Authorization::Basic {
                    user: name,
                    secret: given,
                }) = again
                else {
                    panic!("{written:?} was read and is not read again");
                };
                assert_eq!((name, given.expose()), (user, secret.expose()));
            }
        }
    }
}

/// A token that is looked at at all has three parts and says ES256. Claims that are accepted read back as they were written.
pub(crate) fn token(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let whole = TokenHeader::read(text);
    // The bytes as a header in an otherwise good token.
    let made = format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(data));
    let read = TokenHeader::read(&made);
    for (token, header) in [(text, whole), (made.as_str(), read)] {
        let Some(header) = header else { continue };
        let parts: Vec<&str> = token.split('.').collect();
        assert_eq!(parts.len(), 3, "{token}");
        let decoded = URL_SAFE_NO_PAD.decode(parts[0]).expect("what was read is base64url");
        let document: serde_json::Value = serde_json::from_slice(&decoded).expect("what was read is JSON");
        assert_eq!(document["alg"], "ES256", "{token}");
        assert!(document.get("crit").is_none(), "{token}");
        assert_eq!(
            (&document["typ"], &document["kid"]),
            (&header.kind.into(), &header.key.into())
        );
    }
    if let Ok(claims) = serde_json::from_slice::<RegistryAccessClaims>(data) {
        let written = serde_json::to_vec(&claims).expect("claims can be written");
        let again: RegistryAccessClaims = serde_json::from_slice(&written).expect("what was written can be read");
        assert_eq!(again, claims);
    }
}
