//! Every operation of the directory, and which request means which.

use http::Method;

use crate::endpoint::Access::{Public, SignedIn};
use crate::operations::operations;
use crate::path::{RouteError, find, segments};

operations! {
    /// An operation of the directory. The tenant is a part of the path, or, in the shape of AD FS, found from the client.
    enum Operation {
        /// Where the endpoints are (OpenID Connect Discovery 1.0 §4).
        DiscoveryShow(TenantPath) => GET "/{tenant}/v2.0/.well-known/openid-configuration", Public, None;
        /// Tokens (RFC 6749 §3.2).
        TokenIssue(TenantPath) => POST "/{tenant}/oauth2/v2.0/token", Public, None;
        /// The keys that tokens are checked with (RFC 7517).
        KeyList(TenantPath) => GET "/{tenant}/discovery/v2.0/keys", Public, None;
        /// Where people sign in for a client (RFC 6749 §3.1).
        AuthorizeShow(TenantPath) => GET "/{tenant}/oauth2/v2.0/authorize", Public, None;
        /// The same as a form.
        AuthorizeForward(TenantPath) => POST "/{tenant}/oauth2/v2.0/authorize", Public, None;
        /// Codes for a device without a browser (RFC 8628 §3.1).
        DeviceCodeIssue(TenantPath) => POST "/{tenant}/oauth2/v2.0/devicecode", Public, None;
        /// Where a client sends a person to sign out (OpenID Connect RP-Initiated Logout 1.0).
        LogoutShow(TenantPath) => GET "/{tenant}/oauth2/v2.0/logout", Public, None;
        /// Who a token is for (OpenID Connect Core 1.0 §5.3).
        UserInfoShow(TenantPath) => GET "/{tenant}/oauth2/v2.0/userinfo", SignedIn, None;
        /// The same as a form, which may hold the token (RFC 6750 §2.2).
        UserInfoAsk(TenantPath) => POST "/{tenant}/oauth2/v2.0/userinfo", SignedIn, None;
        /// Ends what a client has (RFC 7009).
        TokenRevoke(TenantPath) => POST "/{tenant}/oauth2/v2.0/revoke", Public, None;
        /// Whether a token is good, for a service principal that asks with its secret (RFC 7662).
        TokenIntrospect(TenantPath) => POST "/{tenant}/oauth2/v2.0/introspect", SignedIn, None;
        /// How people of a domain sign in, for MSAL: here, whatever the domain.
        UserRealmShow => GET "/common/userrealm/{upn}", Public, None;
    }
}

/// How a path names the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TenantPath {
    /// `/{tenant}/…`, as the client wrote it.
    Named(String),
    /// `/adfs/…`: not at all.
    Adfs,
}

/// The operation of a request. Nothing in it is compared loosely: clients take every path but the first from our own discovery document.
pub(super) fn route(method: &Method, path: &str) -> Result<Operation, RouteError> {
    let segments = segments(path).ok_or(RouteError::Unknown)?;
    let mut segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    // Some clients append a tenant to the login endpoint whatever it is; they mean the other shape.
    if let ["adfs", _, "v2.0" | "oauth2" | "discovery", ..] = segments.as_slice() {
        segments.remove(0);
    }
    find(method, |method| {
        if let ["common", "userrealm", _] = segments.as_slice() {
            return Ok((method == Method::GET).then_some(Operation::UserRealmShow));
        }
        let (tenant, rest) = match segments.as_slice() {
            ["adfs", rest @ ..] => (TenantPath::Adfs, rest),
            [tenant, rest @ ..] => (TenantPath::Named((*tenant).to_owned()), rest),
            [] => return Ok(None),
        };
        let is_adfs = tenant == TenantPath::Adfs;
        // The endpoints of OAuth by their last part: AD FS has no version in between.
        let oauth2 = match rest {
            ["oauth2", "v2.0", name] if !is_adfs => Some(*name),
            ["oauth2", name] if is_adfs => Some(*name),
            _ => None,
        };
        if let Some(name) = oauth2 {
            return Ok(match (method, name) {
                (&Method::POST, "token") => Some(Operation::TokenIssue(tenant)),
                (&Method::GET, "authorize") => Some(Operation::AuthorizeShow(tenant)),
                (&Method::POST, "authorize") => Some(Operation::AuthorizeForward(tenant)),
                (&Method::POST, "devicecode") => Some(Operation::DeviceCodeIssue(tenant)),
                (&Method::GET, "logout") => Some(Operation::LogoutShow(tenant)),
                (&Method::GET, "userinfo") => Some(Operation::UserInfoShow(tenant)),
                (&Method::POST, "userinfo") => Some(Operation::UserInfoAsk(tenant)),
                (&Method::POST, "revoke") => Some(Operation::TokenRevoke(tenant)),
                (&Method::POST, "introspect") => Some(Operation::TokenIntrospect(tenant)),
                _ => None,
            });
        }
        Ok(match (method, rest) {
            (&Method::GET, ["v2.0", ".well-known", "openid-configuration"]) if !is_adfs => {
                Some(Operation::DiscoveryShow(tenant))
            }
            (&Method::GET, [".well-known", "openid-configuration"]) if is_adfs => {
                Some(Operation::DiscoveryShow(tenant))
            }
            (&Method::GET, ["discovery", "v2.0", "keys"]) if !is_adfs => Some(Operation::KeyList(tenant)),
            (&Method::GET, ["discovery", "keys"]) if is_adfs => Some(Operation::KeyList(tenant)),
            _ => None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_name_the_same_operations() {
        let named = TenantPath::Named("contoso".into());
        for (path, operation) in [
            (
                "/contoso/v2.0/.well-known/openid-configuration",
                Operation::DiscoveryShow(named.clone()),
            ),
            (
                "/adfs/.well-known/openid-configuration",
                Operation::DiscoveryShow(TenantPath::Adfs),
            ),
            (
                "/adfs/contoso/v2.0/.well-known/openid-configuration",
                Operation::DiscoveryShow(named.clone()),
            ),
            ("/contoso/discovery/v2.0/keys", Operation::KeyList(named)),
        ] {
            assert_eq!(route(&Method::GET, path), Ok(operation), "{path}");
        }
        assert_eq!(
            route(&Method::GET, "/adfs/oauth2/token"),
            Err(RouteError::Method(vec!["POST"]))
        );
        assert_eq!(
            route(&Method::POST, "/adfs/oauth2/v2.0/token"),
            Err(RouteError::Unknown)
        );
    }
}
