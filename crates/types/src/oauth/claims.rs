//! The claims of our tokens (RFC 7519, RFC 9068). Each kind is a type of its own and says so in its header's `typ`: none is accepted in another's
//! place (rule 23). Every listed claim is required, with that exact JSON type (rule 22); unknown claims of older or newer nodes are ignored.

use serde::{Deserialize, Serialize};

use crate::id::{AppId, KeyId, ObjectId, RegistryId, TenantId, TokenId};

/// What a registry access token permits on one resource (distribution, "Token Authentication Implementation").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessEntry {
    /// `repository` or `registry`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The repository within the registry, or `catalog`.
    pub name: String,
    /// What may be done with it.
    pub actions: Vec<String>,
}

/// A directory access token: opens the resource manager, the graph, or the registries' exchange, as its audience says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryAccessClaims {
    /// The tenant's issuer URL.
    pub iss: String,
    /// The principal, as [`crate::access::Principal`] prints.
    pub sub: String,
    /// The one API that it opens.
    pub aud: String,
    /// Not valid from this second on.
    pub exp: i64,
    /// Not valid before this second.
    pub nbf: i64,
    /// Issued at this second.
    pub iat: i64,
    /// The token's own id.
    pub jti: String,
    /// The tenant.
    pub tid: TenantId,
    /// The credential that it was issued for: it ends with it.
    pub cid: KeyId,
    /// The principal's object id, as Entra's tokens name it.
    pub oid: ObjectId,
    /// The application, as Entra's tokens name it.
    pub appid: AppId,
    /// `1.0`, as Entra's.
    pub ver: String,
    /// Of a person: the name that they sign in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upn: Option<String>,
    /// Of a person: that the client acts on their behalf, as Entra's tokens name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scp: Option<String>,
}

/// An ID token (OpenID Connect Core 1.0 §2): tells a client who signed in, and opens nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdClaims {
    /// The tenant's issuer URL.
    pub iss: String,
    /// The person's object id.
    pub sub: String,
    /// The client.
    pub aud: AppId,
    /// Not valid from this second on.
    pub exp: i64,
    /// Not valid before this second.
    pub nbf: i64,
    /// Issued at this second.
    pub iat: i64,
    /// The token's own id.
    pub jti: String,
    /// The tenant.
    pub tid: TenantId,
    /// The person's object id, as Entra's tokens name it.
    pub oid: ObjectId,
    /// The name that they sign in with, where `profile` was granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<String>,
    /// Their name for people, where `profile` was granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Their address, where they have one and `email` was granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// When they proved who they are.
    pub auth_time: i64,
    /// How: by a password and a one-time code (RFC 8176).
    pub amr: Vec<String>,
    /// What the client sent to tell this answer from others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The session: the credential behind the tokens.
    pub sid: KeyId,
    /// `2.0`, as Entra's.
    pub ver: String,
}

/// A registry access token: opens one registry's `/v2`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryAccessClaims {
    /// Who issued it.
    pub iss: String,
    /// The principal, as [`crate::access::Principal`] prints.
    pub sub: String,
    /// The registry's canonical host.
    pub aud: String,
    /// Not valid from this second on.
    pub exp: i64,
    /// Not valid before this second.
    pub nbf: i64,
    /// Issued at this second.
    pub iat: i64,
    /// The token's own id.
    pub jti: String,
    /// The tenant.
    pub tid: TenantId,
    /// The credential that it was issued for.
    pub cid: KeyId,
    /// The registry by id: a token for a deleted registry does not open the next one of that name. None after a login at the base host, where no
    /// registry was named yet; such a token grants nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rid: Option<RegistryId>,
    /// The refresh token that it was fetched with, if it was: it ends with that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rti: Option<TokenId>,
    /// What it permits, at most.
    pub access: Vec<AccessEntry>,
    /// `access_token`, as ACR's tokens say.
    pub grant_type: String,
}

/// A registry refresh token: fetches access tokens at one registry, for three hours. A three-part JWT whose payload the Azure SDK for Python can read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryRefreshClaims {
    /// Who issued it.
    pub iss: String,
    /// The principal, as [`crate::access::Principal`] prints.
    pub sub: String,
    /// The registry's canonical host.
    pub aud: String,
    /// Not valid from this second on.
    pub exp: i64,
    /// Not valid before this second.
    pub nbf: i64,
    /// Issued at this second.
    pub iat: i64,
    /// The token's own id, under which it can be revoked.
    pub jti: TokenId,
    /// The tenant.
    pub tid: TenantId,
    /// The credential that it was issued for.
    pub cid: KeyId,
    /// The registry.
    pub rid: RegistryId,
    /// `refresh_token`, as ACR's tokens say.
    pub grant_type: String,
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::*;

    const ID: &str = "0b6f2f1e-5f0a-4c52-9d3b-6a3c1f6d2c11";

    fn reads<T: DeserializeOwned>(text: &str) -> bool {
        serde_json::from_str::<T>(text).is_ok()
    }

    /// The claims, written out, without those that may be absent.
    fn whole(more: Value) -> serde_json::Map<String, Value> {
        let common = json!({"iss": "https://w.test", "sub": "user/x", "aud": "a", "exp": 2, "nbf": 1, "iat": 1, "jti": ID, "tid": ID, "cid": ID});
        let maps = [common, more].map(|map| map.as_object().cloned().unwrap_or_default());
        maps.into_iter().flatten().collect()
    }

    fn every_claim_is_needed_once_with_its_type<T: DeserializeOwned>(more: Value) {
        let good = whole(more);
        let text = |map: &serde_json::Map<String, Value>| Value::Object(map.clone()).to_string();
        assert!(reads::<T>(&text(&good)), "{}", text(&good));
        for (name, value) in &good {
            let mut absent = good.clone();
            absent.remove(name);
            assert!(!reads::<T>(&text(&absent)), "without {name}");
            for other in [
                Value::Null,
                json!(true),
                json!({}),
                if value.is_string() { json!(1) } else { json!("1") },
            ] {
                let mut mistyped = good.clone();
                mistyped.insert(name.clone(), other.clone());
                assert!(!reads::<T>(&text(&mistyped)), "{name}: {other}");
            }
            let twice = format!("{{\"{name}\":{value},{}", &text(&good)[1..]);
            assert!(!reads::<T>(&twice), "{name} twice");
        }
    }

    #[test]
    fn every_required_claim_is_there_once_and_has_its_exact_type() {
        every_claim_is_needed_once_with_its_type::<DirectoryAccessClaims>(
            json!({"oid": ID, "appid": ID, "ver": "1.0"}),
        );
        every_claim_is_needed_once_with_its_type::<RegistryAccessClaims>(
            json!({"access": [], "grant_type": "access_token"}),
        );
        every_claim_is_needed_once_with_its_type::<RegistryRefreshClaims>(
            json!({"rid": ID, "grant_type": "refresh_token"}),
        );
    }
}
