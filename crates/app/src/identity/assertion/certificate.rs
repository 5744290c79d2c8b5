//! Certificates of applications: added, listed, removed, and statements that are signed with their keys.

use aws_lc_rs::digest;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::json;
use wharf_store::meta::application::Application;
use wharf_store::meta::key_credential::{KeyCredential, MAX_KEY_CREDENTIALS};
use wharf_store::meta::service_principal::ServicePrincipal;
use wharf_types::access::Action;
use wharf_types::id::KeyId;
use wharf_types::journal::JournalKind;
use wharf_types::time::Time;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;

use super::{AssertionError, AssertionGrant, AssertionUse, Statement};
use crate::identity::applications::{check_name, scope};
use crate::identity::credentials::must_hold_its_roles;
use crate::identity::{Audience, Caller};
use crate::{App, Error, OpContext};

/// A certificate that an application is to sign in with.
#[derive(Clone, Debug)]
pub struct NewCertificate {
    /// A note.
    pub display_name: Option<String>,
    /// The certificate (DER).
    pub certificate: Vec<u8>,
}

/// The largest certificate, in bytes.
const MAX_CERTIFICATE_BYTES: usize = 16 * 1024;
/// The shortest RSA key, in bits (NIST SP 800-57).
const MIN_RSA_BITS: usize = 2048;

/// What is needed of a certificate.
struct Opened {
    key: DecodingKey,
    is_rsa: bool,
    starts_at: Time,
    ends_at: Time,
}

fn opened(der: &[u8]) -> Result<Opened, &'static str> {
    let parsed = X509Certificate::from_der(der).ok().filter(|(rest, _)| rest.is_empty());
    let (_, certificate) =
        parsed.ok_or("the certificate cannot be read: it has to be X.509, as PEM or as base64 of DER")?;
    let public = certificate.public_key();
    let bytes = public.subject_public_key.data.as_ref();
    let (key, is_rsa) = match public.parsed() {
        Ok(PublicKey::RSA(rsa)) if rsa.key_size() >= MIN_RSA_BITS => (DecodingKey::from_rsa_der(bytes), true),
        Ok(PublicKey::RSA(_)) => return Err("the certificate's RSA key is shorter than 2048 bits"),
        // An uncompressed point of P-256 has 65 bytes.
        Ok(PublicKey::EC(_)) if bytes.len() == 65 => (DecodingKey::from_ec_der(bytes), false),
        _ => return Err("the certificate's key is neither RSA nor P-256"),
    };
    let validity = certificate.validity();
    let time = |seconds: i64| Time::from_us(seconds.saturating_mul(1_000_000));
    Ok(Opened {
        key,
        is_rsa,
        starts_at: time(validity.not_before.timestamp()),
        ends_at: time(validity.not_after.timestamp()),
    })
}

impl App {
    /// An application's certificates. Who may see neither the directory nor this application sees none.
    pub async fn certificate_list(
        &self,
        ctx: &OpContext,
        application: &Application,
    ) -> Result<Vec<KeyCredential>, Error> {
        let (owner, tenant) = (ctx.as_owner_of(application), application.tenant);
        if !owner.may(Action::DirectoryRead, tenant, &scope(application)) {
            return Ok(Vec::new());
        }
        let mut read = self.inner.meta.read().await?;
        Ok(read.key_credential_list(tenant, application.app_id).await?)
    }

    /// Makes an application's certificates these: those to `keep`, and new ones. Who may, and why: [`App::credential_add`].
    pub async fn certificates_set(
        &self,
        ctx: &OpContext,
        application: &Application,
        keep: &[KeyId],
        new: Vec<NewCertificate>,
    ) -> Result<(), Error> {
        let (ctx, tenant) = (ctx.as_owner_of(application), application.tenant);
        ctx.require(Action::ApplicationCredentials, tenant, &scope(application))?;
        let new: Vec<KeyCredential> = new
            .into_iter()
            .map(|new| self.certificate_make(&ctx, application, new))
            .collect::<Result<_, _>>()?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        if !new.is_empty() {
            must_hold_its_roles(&mut tx, &ctx, application).await?;
        }
        let known = tx.key_credential_list(tenant, application.app_id).await?;
        let gone: Vec<KeyId> = known
            .iter()
            .map(|known| known.key)
            .filter(|key| !keep.contains(key))
            .collect();
        if known.len() - gone.len() + new.len() > MAX_KEY_CREDENTIALS {
            let message = format!("an application has at most {MAX_KEY_CREDENTIALS} certificates: remove one first");
            return Err(Error::conflict("TooManyCredentials", message));
        }
        for key in &gone {
            tx.key_credential_delete(tenant, application.app_id, *key).await?;
            tx.tombstone_put("key_credential", &key.to_string(), ctx.now).await?;
        }
        for credential in &new {
            tx.key_credential_insert(credential).await?;
        }
        let added: Vec<KeyId> = new.iter().map(|new| new.key).collect();
        let kind = if new.is_empty() {
            JournalKind::CredentialRemove
        } else {
            JournalKind::CredentialAdd
        };
        let payload = json!({"appId": application.app_id, "certificates": {"added": added, "removed": gone}});
        Ok(tx.commit(&ctx.entry(kind, tenant, scope(application), payload)).await?)
    }

    fn certificate_make(
        &self,
        ctx: &OpContext,
        application: &Application,
        new: NewCertificate,
    ) -> Result<KeyCredential, Error> {
        if let Some(name) = new.display_name.as_deref().filter(|name| !name.is_empty()) {
            check_name(name)?;
        }
        if new.certificate.len() > MAX_CERTIFICATE_BYTES {
            return Err(Error::invalid("a certificate has at most 16 KiB"));
        }
        let opened = opened(&new.certificate).map_err(Error::invalid)?;
        if opened.ends_at <= ctx.now {
            return Err(Error::invalid("the certificate has expired"));
        }
        Ok(KeyCredential {
            key: KeyId(self.inner.environment.entropy.uuid()),
            tenant: application.tenant,
            app_id: application.app_id,
            display_name: new.display_name,
            certificate: new.certificate,
            starts_at: opened.starts_at,
            ends_at: opened.ends_at,
            created_at: ctx.now,
            last_used: None,
        })
    }

    /// The certificate that a statement is signed with, if everything about both is right.
    pub(super) async fn certificate_check(
        &self,
        caller: Caller,
        grant: &AssertionGrant<'_>,
        principal: Option<&ServicePrincipal>,
        statement: &Statement<'_>,
    ) -> Result<KeyId, AssertionError> {
        let known = match principal {
            Some(principal) => {
                let mut read = self.inner.meta.read().await.map_err(Error::from)?;
                read.key_credential_list(principal.tenant, principal.app_id)
                    .await
                    .map_err(Error::from)?
            }
            None => Vec::new(),
        };
        let named = |known: &&KeyCredential| known.is_valid_at(caller.now) && is_named(statement, &known.certificate);
        let signed = |known: &&KeyCredential| {
            // One algorithm for each kind of key (rule 20).
            opened(&known.certificate).is_ok_and(|opened| {
                opened.is_rsa == (statement.algorithm != Algorithm::ES256) && statement.is_signed_by(&opened.key)
            })
        };
        let key = known.iter().filter(named).find(signed).ok_or(AssertionError::Key)?.key;
        let is_endpoint = |audience: &String| grant.endpoints.contains(audience);
        if statement.audiences.is_empty() || !statement.audiences.iter().all(is_endpoint) {
            return Err(AssertionError::Audience(
                grant.endpoints.first().cloned().unwrap_or_default(),
            ));
        }
        self.statement_in_time(caller, statement)?;
        if let AssertionUse::Token(audience) = grant.purpose {
            self.statement_use(caller, audience, key, statement).await?;
        }
        Ok(key)
    }

    /// A statement gets one token for each resource. MSAL makes one for all that it asks for within some minutes, so it is not good for one token alone.
    async fn statement_use(
        &self,
        caller: Caller,
        audience: Audience,
        key: KeyId,
        statement: &Statement<'_>,
    ) -> Result<(), AssertionError> {
        let Some(id) = statement.id.as_deref().filter(|id| !id.is_empty()) else {
            return Err(AssertionError::Malformed("It has no jti."));
        };
        let mut sum = digest::Context::new(&digest::SHA256);
        for part in [key.to_string().as_str(), audience.as_str(), id] {
            sum.update(&(part.len() as u64).to_be_bytes());
            sum.update(part.as_bytes());
        }
        let sum = sum.finish();
        let life = std::time::Duration::from_secs_f64(super::LONGEST_LIFE_SECONDS + 2.0 * super::TOLERANCE_SECONDS);
        let note = async {
            let mut tx = self.inner.meta.begin(caller.now).await?;
            let is_new = tx.assertion_use(sum.as_ref(), caller.now + life).await?;
            tx.commit_unrecorded(wharf_store::meta::Unrecorded::Bookkeeping).await?;
            Ok::<_, Error>(is_new)
        };
        if note.await? { Ok(()) } else { Err(AssertionError::Used) }
    }
}

/// Whether the statement names this certificate. One that names none may be signed with any.
fn is_named(statement: &Statement<'_>, der: &[u8]) -> bool {
    let is = |wanted: &Option<Vec<u8>>, algorithm| {
        wanted
            .as_ref()
            .is_none_or(|wanted| wanted == digest::digest(algorithm, der).as_ref())
    };
    is(&statement.sha1, &digest::SHA1_FOR_LEGACY_USE_ONLY) && is(&statement.sha256, &digest::SHA256)
}
