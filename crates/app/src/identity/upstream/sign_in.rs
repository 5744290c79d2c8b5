//! Where every kind of provider ends: somebody was let in there, and is to be somebody here.

use std::time::Duration;

use serde_json::json;
use wharf_store::meta::external_identity::ExternalIdentity;
use wharf_store::meta::identity_provider::IdentityProvider;
use wharf_store::meta::user::User;
use wharf_store::meta::web_session::WebSessionStage;
use wharf_store::meta::{Tx, Unrecorded};
use wharf_types::access::Principal;
use wharf_types::id::ObjectId;
use wharf_types::identity_provider::SecondFactor;
use wharf_types::journal::JournalKind;
use wharf_types::time::Time;
use wharf_types::user_name::UserPrincipalName;

use super::links::MAX_SUBJECT_BYTES;
use super::memberships;
use crate::audit::SignIn;
use crate::identity::people::{HALF_WAY, IDLE, LIFE, user_entry};
use crate::identity::users::check_mail;
use crate::identity::{Browser, SignInProgress};
use crate::{App, Error, repeated};

/// What a provider says of somebody whom it let in, and what was checked to be its word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// What the provider calls them for ever: `sub`, or an entry's unchanging id. Never a name that somebody else may bear later.
    pub subject: String,
    /// The name that they sign in with.
    pub user_principal_name: String,
    /// Their name for people; taken when they are added.
    pub display_name: Option<String>,
    /// Where mail reaches them, if the provider knows that it does; taken when they are added.
    pub mail: Option<String>,
    /// The groups that they are in, as the provider calls them. None when it says nothing of groups: then memberships stay as they are.
    pub groups: Option<Vec<String>>,
    /// Whether those are all. If not, memberships stay as they are.
    pub groups_complete: bool,
    /// Whether they showed a second factor there, or what the operator said suffices for one. It counts where the provider's word on that is trusted.
    pub second_factor_shown: bool,
    /// When they last proved to the provider who they are; none if it does not say. What asks for a factor of the last five minutes (rule 11) goes by it.
    pub authenticated_at: Option<Time>,
}

/// Why somebody whom a provider let in is not let in here. The text is theirs to read, and says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamRefusal {
    /// It was switched off or deleted.
    #[error("This way to sign in is switched off. Sign in with a password, or ask an administrator.")]
    Off,
    /// The provider calls them nothing that can be a name here.
    #[error(
        "{provider} says that your user name is “{name}”, which cannot be one here: it has to be like alice@example.com. Ask an administrator which claim holds such a name."
    )]
    Name {
        /// The provider's name.
        provider: String,
        /// What it said.
        name: String,
    },
    /// The provider does not speak for that domain.
    #[error(
        "{name} cannot sign in by {provider}: it is there for names that end with {domains}. Ask an administrator."
    )]
    Domain {
        /// The provider's name.
        provider: String,
        /// The name.
        name: String,
        /// What it speaks for.
        domains: String,
    },
    /// There is an account of that name that nobody linked.
    #[error(
        "There is an account {name} here already, and nobody said that it is yours. Sign in with its password, or ask an administrator to link it: wharf ad user identity add --id {name} --identity-provider {id}"
    )]
    Taken {
        /// The name.
        name: String,
        /// The provider's id.
        id: ObjectId,
    },
    /// The provider names people by their mail, and does not know that it is theirs.
    #[error(
        "{provider} does not say that your mail address is verified, so it cannot be your user name. Verify it there, then try again."
    )]
    Unverified {
        /// The provider's name.
        provider: String,
    },
    /// The answer is of no sign-in that is under way in this browser.
    #[error(
        "This sign-in was finished already, took longer than ten minutes, or began in another browser. Begin again."
    )]
    Stale,
    /// The provider does not answer.
    #[error(
        "{provider} cannot be reached now. Try again in a moment; accounts with a password here can sign in as ever."
    )]
    Unreachable {
        /// The provider's name.
        provider: String,
    },
    /// The directory that a password is tried at does not answer. It says nothing of the password.
    #[error(
        "The directory that you sign in by, {provider}, does not answer. Nothing is wrong with your password: try again in a moment, and tell an administrator if it stays so."
    )]
    DirectorySilent {
        /// The provider's name.
        provider: String,
    },
    /// The provider let nobody in.
    #[error("{provider} did not let you in ({error}). Try again, or ask whoever runs it.")]
    Denied {
        /// The provider's name.
        provider: String,
        /// Its code for why.
        error: String,
    },
    /// What the provider says is not believed.
    #[error(
        "The answer of {provider} cannot be believed: {problem}. Try again; if it stays so, tell an administrator."
    )]
    Answer {
        /// The provider's name.
        provider: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Nobody is added by that provider.
    #[error("There is no account {name} here. Ask an administrator to add it and to link it with {provider}.")]
    Unknown {
        /// The name.
        name: String,
        /// The provider's name.
        provider: String,
    },
}

/// Why a sign-in by a provider does not go on.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// What can go wrong with any operation. A disabled account is [`Error::Unauthenticated`], as everywhere (rule 5).
    #[error(transparent)]
    Operation(#[from] Error),
    /// They are known there, and not let in here.
    #[error(transparent)]
    Refused(#[from] UpstreamRefusal),
}

impl From<wharf_store::StoreError> for UpstreamError {
    fn from(error: wharf_store::StoreError) -> Self {
        Self::Operation(error.into())
    }
}

/// Whether a name ends with one of a provider's domains.
pub(super) fn is_within(name: &UserPrincipalName, provider: &IdentityProvider) -> bool {
    let domain = name.key();
    let domain = domain.split_once('@').map_or("", |(_, domain)| domain);
    provider.domains.iter().any(|known| known == domain)
}

impl App {
    /// Lets somebody in whom a provider let in: finds or adds their account, brings their memberships up to date, writes down what changed, and begins a
    /// session of the browser. It is the one end of every kind of provider: whoever checked a password at an LDAP directory calls it with what the directory
    /// says, as whoever checked an ID token does. Call it only when `claims` were proved to be the word of `provider`, just now and for this browser.
    ///
    /// The session's stage says what comes next: `Complete`, when the provider's word on the second factor is trusted and one was shown; `Password`, when a
    /// factor of ours is to be shown (`/sign-in/factor`); `Enrolling`, when they have none yet, with a seed to enrol (`/enrol/factor`) and no password to
    /// choose.
    ///
    /// Whatever failed before, such as a wrong password at the directory, is counted by whoever saw it (`attempt_failed`).
    pub async fn upstream_signed_in(
        &self,
        browser: &Browser,
        provider: &IdentityProvider,
        claims: &Claims,
    ) -> Result<SignInProgress, UpstreamError> {
        let result = repeated!(
            Box::pin(self.upstream_let_in(browser, provider, claims)).await,
            UpstreamError::Operation(Error::Contended)
        );
        if let Err(UpstreamError::Refused(refusal)) = &result {
            let name = provider.display_name.as_str();
            tracing::info!(provider.id = %provider.id, "somebody whom {name} let in was refused: {refusal}");
            self.upstream_audit(browser, provider, &format!("unverified/{}", provider.id), None, false);
        }
        result
    }

    async fn upstream_let_in(
        &self,
        browser: &Browser,
        provider: &IdentityProvider,
        claims: &Claims,
    ) -> Result<SignInProgress, UpstreamError> {
        let now = browser.caller.now;
        let mut tx = self.inner.meta.begin(now).await?;
        // As it is now: it may have been switched off since the browser went there.
        let provider = tx.identity_provider_use(provider.tenant, provider.id).await?;
        let provider = provider
            .filter(|provider| provider.enabled)
            .ok_or(UpstreamRefusal::Off)?;
        let user = self.upstream_user(&mut tx, browser, &provider, claims).await?;
        if !user.enabled {
            drop(tx);
            let actor = format!("unverified/user/{}", user.id);
            self.upstream_audit(browser, &provider, &actor, Some(user.id), false);
            return Err(Error::Unauthenticated.into());
        }
        memberships::bring_up_to_date(&mut tx, browser.caller, &provider, &user, claims).await?;
        tx.external_identity_used(provider.id, user.id, now).await?;
        let progress = self
            .upstream_session(&mut tx, browser, &provider, &user, claims)
            .await?;
        tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
        let actor = Principal::User(user.id).to_string();
        self.upstream_audit(browser, &provider, &actor, Some(user.id), true);
        Ok(progress)
    }

    /// Who it is: by the subject; else the account that waits for one of this name; else a new one.
    async fn upstream_user(
        &self,
        tx: &mut Tx,
        browser: &Browser,
        provider: &IdentityProvider,
        claims: &Claims,
    ) -> Result<User, UpstreamError> {
        let domain = |name: &UserPrincipalName| UpstreamRefusal::Domain {
            provider: provider.display_name.clone(),
            name: name.to_string(),
            domains: provider.domains.join(", "),
        };
        let subject = claims.subject.as_str();
        let unnamed = || UpstreamRefusal::Name {
            provider: provider.display_name.clone(),
            name: claims.user_principal_name.chars().take(100).collect(),
        };
        if subject.is_empty() || subject.len() > MAX_SUBJECT_BYTES || subject.contains('\0') {
            return Err(unnamed().into());
        }
        if let Some(known) = tx.external_identity_by_subject(provider.id, subject).await? {
            let user = tx.user_hold(provider.tenant, known.user).await?;
            let user = user.ok_or(Error::Unauthenticated)?;
            // Its domains may have become fewer since.
            if !is_within(&user.user_principal_name, provider) {
                return Err(domain(&user.user_principal_name).into());
            }
            return Ok(user);
        }
        let name: UserPrincipalName = claims.user_principal_name.trim().parse().map_err(|_| unnamed())?;
        if !is_within(&name, provider) {
            return Err(domain(&name).into());
        }
        let Some(user) = tx.user_by_name(&name).await? else {
            return self.upstream_user_add(tx, browser, provider, claims, name).await;
        };
        let waits = user.tenant == provider.tenant
            && tx
                .external_identity_get(provider.id, user.id)
                .await?
                .is_some_and(|known| known.subject.is_none());
        if !waits {
            return Err(UpstreamRefusal::Taken {
                name: name.to_string(),
                id: provider.id,
            }
            .into());
        }
        link(tx, browser, provider, &user, claims).await?;
        let user = tx.user_hold(provider.tenant, user.id).await?;
        Ok(user.ok_or(Error::Unauthenticated)?)
    }

    async fn upstream_user_add(
        &self,
        tx: &mut Tx,
        browser: &Browser,
        provider: &IdentityProvider,
        claims: &Claims,
        name: UserPrincipalName,
    ) -> Result<User, UpstreamError> {
        if !provider.create_users {
            return Err(UpstreamRefusal::Unknown {
                name: name.to_string(),
                provider: provider.display_name.clone(),
            }
            .into());
        }
        let display_name = claims.display_name.as_deref().unwrap_or("");
        let display_name: String = display_name.chars().filter(|c| !c.is_control()).take(64).collect();
        let mail = claims.mail.clone().filter(|mail| check_mail(Some(mail)).is_ok());
        let user = User {
            id: ObjectId(self.inner.environment.entropy.uuid()),
            tenant: provider.tenant,
            display_name: if display_name.trim().is_empty() {
                name.as_str().to_owned()
            } else {
                display_name.trim().to_owned()
            },
            user_principal_name: name,
            mail,
            enabled: true,
            created_at: browser.caller.now,
        };
        tx.user_insert(&user).await?;
        let payload = json!({
            "userPrincipalName": user.user_principal_name.as_str(), "displayName": user.display_name, "accountEnabled": true,
            "provider": provider.id,
        });
        tx.record(&user_entry(browser.caller, &user, JournalKind::UserCreate, payload))
            .await?;
        link(tx, browser, provider, &user, claims).await?;
        Ok(user)
    }

    async fn upstream_session(
        &self,
        tx: &mut Tx,
        browser: &Browser,
        provider: &IdentityProvider,
        user: &User,
        claims: &Claims,
    ) -> Result<SignInProgress, Error> {
        let now = browser.caller.now;
        let is_trusted = provider.second_factor == SecondFactor::Trusted && claims.second_factor_shown;
        let (stage, life): (_, Duration) = if is_trusted {
            (WebSessionStage::Complete, LIFE)
        } else if tx.user_has_factor(user.id).await? {
            (WebSessionStage::Password, HALF_WAY)
        } else {
            (WebSessionStage::Enrolling, IDLE)
        };
        let new_seed = match stage {
            WebSessionStage::Enrolling => Some(self.new_seed(user.id)?),
            WebSessionStage::Password | WebSessionStage::Complete => None,
        };
        let (mut session, mut progress) = self.web_session_new(browser, user, stage, None, life);
        session.new_seed = new_seed;
        session.authenticated_at = is_trusted.then_some(now);
        // A clock that is ahead of ours makes nothing fresher.
        session.factor_at = claims.authenticated_at.filter(|_| is_trusted).map(|at| at.min(now));
        session.provider = Some(provider.id);
        progress.from_provider = true;
        tx.web_session_insert(&session).await?;
        Ok(progress)
    }

    fn upstream_audit(
        &self,
        browser: &Browser,
        provider: &IdentityProvider,
        actor: &str,
        user: Option<ObjectId>,
        success: bool,
    ) {
        let who = user.map(|user| format!("/{user}")).unwrap_or_default();
        let sign_in = SignIn {
            tenant: provider.tenant,
            actor: actor.to_owned(),
            resource: format!(
                "/providers/Microsoft.Directory/identityProviders/{}/signIns{who}",
                provider.id
            ),
            address: browser.caller.address,
            request: browser.caller.request,
            at: browser.caller.now,
        };
        self.inner.audit.signed_in(sign_in, success);
    }
}

async fn link(
    tx: &mut Tx,
    browser: &Browser,
    provider: &IdentityProvider,
    user: &User,
    claims: &Claims,
) -> Result<(), Error> {
    let identity = ExternalIdentity {
        provider: provider.id,
        user: user.id,
        subject: Some(claims.subject.clone()),
        created_at: browser.caller.now,
        last_used_at: None,
    };
    tx.external_identity_put(&identity).await?;
    let payload = json!({"provider": provider.id, "subject": identity.subject});
    let entry = user_entry(browser.caller, user, JournalKind::UserIdentityLink, payload);
    Ok(tx.record(&entry).await?)
}
