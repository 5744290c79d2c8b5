//! People as objects of the directory. How they prove who they are is not here.

use serde_json::json;
use uuid::Uuid;
use wharf_store::StoreError;
use wharf_store::meta::Read;
use wharf_store::meta::user::User;
use wharf_types::access::{Action, Principal};
use wharf_types::id::{ObjectId, TenantId};
use wharf_types::journal::JournalKind;
use wharf_types::resource::ResourceScope;
use wharf_types::secret::Secret;
use wharf_types::user_name::UserPrincipalName;

use crate::access::{Managed, must_hold_its_roles, owner_must_remain};
use crate::identity::applications::check_name;
use crate::identity::common_secrets;
use crate::{App, Error, OpContext};

/// A person who is to be added.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The name to sign in with.
    pub user_principal_name: UserPrincipalName,
    /// Their name for people.
    pub display_name: String,
    /// Where mail reaches them.
    pub mail: Option<String>,
    /// Whether they may sign in.
    pub enabled: bool,
    /// The password to begin with, if one was chosen for them.
    pub password: Option<FirstPassword>,
}

/// A password that somebody chose for a person. It opens nothing but the way to a password of their own and a second factor, where they have none yet.
#[derive(Clone, Debug)]
pub struct FirstPassword(pub Secret);

/// What is to change about a person; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// Their name for people.
    pub display_name: Option<String>,
    /// Where mail reaches them; nowhere, when there is nothing in it.
    pub mail: Option<Option<String>>,
    /// Whether they may sign in.
    pub enabled: Option<bool>,
    /// A password in the place of theirs.
    pub password: Option<FirstPassword>,
}

/// A condition on people; those of a list meet all that there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserFilter {
    /// The one of this object id.
    Id(String),
    /// The one of this name, in any case.
    Name(String),
    /// Those whose name begins so.
    NameStart(String),
    /// Those of this display name.
    DisplayName(String),
    /// Those whose display name begins so.
    DisplayNameStart(String),
    /// Those whom mail reaches there.
    Mail(String),
    /// Those who may sign in, or those who may not.
    Enabled(bool),
}

impl UserFilter {
    fn admits(&self, user: &User) -> bool {
        match self {
            Self::Id(id) => user.id.to_string().eq_ignore_ascii_case(id),
            Self::Name(name) => user.user_principal_name.as_str().eq_ignore_ascii_case(name),
            Self::NameStart(start) => starts_with(user.user_principal_name.as_str(), start),
            Self::DisplayName(name) => user.display_name.eq_ignore_ascii_case(name),
            Self::DisplayNameStart(start) => starts_with(&user.display_name, start),
            Self::Mail(mail) => user.mail.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(mail)),
            Self::Enabled(enabled) => user.enabled == *enabled,
        }
    }
}

/// Whether a name begins so, whatever its case.
pub(super) fn starts_with(name: &str, start: &str) -> bool {
    name.get(..start.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// A person as the scope of an action.
fn scope(user: &User) -> ResourceScope {
    ResourceScope::DirectoryObject(user.id)
}

pub(super) fn check_mail(mail: Option<&str>) -> Result<(), Error> {
    let good = |mail: &str| {
        mail.len() <= 254
            && mail
                .split_once('@')
                .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
            && !mail.chars().any(|c| c.is_control() || c.is_whitespace())
    };
    if mail.is_none_or(good) {
        Ok(())
    } else {
        Err(Error::invalid(
            "mail is an address such as alice@example.com, of at most 254 bytes",
        ))
    }
}

impl App {
    /// Adds a person, without any right.
    pub async fn user_create(&self, ctx: &OpContext, new: NewUser) -> Result<User, Error> {
        let tenant = ctx.subject.tenant;
        ctx.require(Action::UserCreate, tenant, &ResourceScope::Root)?;
        check_name(&new.display_name)?;
        check_mail(new.mail.as_deref())?;
        let user = User {
            id: ObjectId(self.inner.environment.entropy.uuid()),
            tenant,
            user_principal_name: new.user_principal_name,
            display_name: new.display_name,
            mail: new.mail,
            enabled: new.enabled,
            created_at: ctx.now,
        };
        let first_password = self.first_password_hash(&user, new.password.as_ref()).await?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        tx.user_insert(&user).await.map_err(|error| match error {
            StoreError::Conflict(_) => Error::conflict(
                "ObjectConflict",
                format!(
                    "the user principal name {} is taken: choose another",
                    user.user_principal_name
                ),
            ),
            other => other.into(),
        })?;
        if let Some(hash) = &first_password {
            tx.user_password_put(user.id, hash, ctx.now).await?;
        }
        let payload = json!({"userPrincipalName": user.user_principal_name.as_str(), "displayName": user.display_name, "accountEnabled": user.enabled});
        tx.commit(&ctx.entry(JournalKind::UserCreate, tenant, scope(&user), payload))
            .await?;
        Ok(user)
    }

    /// The person of that object id or that name, if the caller may see them. Everybody sees themself.
    pub async fn user_get(&self, ctx: &OpContext, id_or_name: &str) -> Result<User, Error> {
        let mut read = self.inner.meta.read().await?;
        let found = find(&mut read, ctx.subject.tenant, id_or_name).await?;
        found
            .filter(|found| may_see(ctx, found))
            .ok_or_else(|| Error::not_found("user", id_or_name))
    }

    /// The person who asks. An application is none.
    pub async fn user_me(&self, ctx: &OpContext) -> Result<User, Error> {
        match ctx.subject.principal {
            Principal::User(id) => self.user_get(ctx, &id.to_string()).await,
            _ => Err(Error::invalid(
                "/me request is only valid with delegated authentication flow: it is for people, and you are an application",
            )),
        }
    }

    /// The tenant's people who meet the conditions and whom the caller may see, after that object id, and where the next page starts.
    pub async fn user_list(
        &self,
        ctx: &OpContext,
        filters: &[UserFilter],
        after: Uuid,
        limit: usize,
    ) -> Result<(Vec<User>, Option<Uuid>), Error> {
        const BATCH: usize = 500;
        let tenant = ctx.subject.tenant;
        let admits = |user: &User| filters.iter().all(|filter| filter.admits(user)) && may_see(ctx, user);
        let mut read = self.inner.meta.read().await?;
        let exact = filters.iter().find_map(|filter| match filter {
            UserFilter::Id(text) | UserFilter::Name(text) => Some(text),
            _ => None,
        });
        if let Some(exact) = exact {
            let found = find(&mut read, tenant, exact).await?;
            return Ok((found.into_iter().filter(admits).collect(), None));
        }
        let (mut found, mut after) = (Vec::new(), after);
        loop {
            let batch = read.user_list(tenant, after, BATCH).await?;
            let is_last = batch.len() < BATCH;
            for user in batch {
                after = user.id.0;
                if admits(&user) {
                    found.push(user);
                    if found.len() == limit {
                        return Ok((found, Some(after)));
                    }
                }
            }
            if is_last {
                return Ok((found, None));
            }
        }
    }

    /// Changes what is known of a person, lets them sign in or no longer, or chooses a password for them. Whoever does that must hold what the person
    /// holds: a mail address, a password, and a session that goes on are ways to become them (rule 36).
    pub async fn user_update(&self, ctx: &OpContext, id_or_name: &str, change: UserChange) -> Result<(), Error> {
        let known = self.user_get(ctx, id_or_name).await?;
        let is_profile = change.display_name.is_some() || change.mail.is_some() || change.enabled.is_some();
        // Who changes nothing needs the right to change something: it is written down as a change.
        if is_profile || change.password.is_none() {
            ctx.require(Action::UserUpdate, known.tenant, &scope(&known))?;
        }
        if change.password.is_some() {
            ctx.require(Action::UserCredentials, known.tenant, &scope(&known))?;
        }
        change.display_name.as_deref().map_or(Ok(()), check_name)?;
        check_mail(change.mail.as_ref().and_then(Option::as_deref))?;
        let first_password = self.first_password_hash(&known, change.password.as_ref()).await?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        // As they are now: who was disabled a moment ago is not enabled again by being renamed.
        let known = tx.user_hold(known.tenant, known.id).await?;
        let known = known.ok_or_else(|| Error::not_found("user", id_or_name))?;
        let user = User {
            display_name: change.display_name.unwrap_or_else(|| known.display_name.clone()),
            mail: change.mail.unwrap_or_else(|| known.mail.clone()),
            enabled: change.enabled.unwrap_or(known.enabled),
            ..known
        };
        must_hold_its_roles(&mut tx, ctx, managed(&user, Action::UserUpdate)).await?;
        tx.user_update(&user).await?;
        if let Some(hash) = &first_password {
            // Whoever was signed in with the old one is signed out.
            tx.user_password_put(user.id, hash, ctx.now).await?;
            tx.web_sessions_delete(user.id, None).await?;
            tx.refresh_families_delete(user.id).await?;
        }
        if known.enabled && !user.enabled {
            owner_must_remain(&mut tx).await?;
        }
        let payload = json!({
            "userPrincipalName": user.user_principal_name.as_str(), "displayName": user.display_name,
            "accountEnabled": user.enabled, "passwordChanged": change.password.is_some(),
        });
        tx.commit(&ctx.entry(JournalKind::UserUpdate, user.tenant, scope(&user), payload))
            .await?;
        Ok(())
    }

    /// Invites a person to choose a password and a second factor, also in the place of those that they lost. Whoever has the link can become them, so the
    /// caller must hold what they hold (rule 36).
    pub async fn user_invite(&self, ctx: &OpContext, id_or_name: &str) -> Result<(User, Secret), Error> {
        let user = self.user_get(ctx, id_or_name).await?;
        ctx.require(Action::UserCredentials, user.tenant, &scope(&user))?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        must_hold_its_roles(&mut tx, ctx, managed(&user, Action::UserCredentials)).await?;
        let invitation = self.invitation_make(&mut tx, &user, ctx.now).await?;
        tx.commit(&ctx.entry(JournalKind::UserInvite, user.tenant, scope(&user), json!({})))
            .await?;
        Ok((user, invitation))
    }

    /// Deletes a person: their rights, memberships and sessions end at once. Their name can be given to somebody else, who gets none of them.
    pub async fn user_delete(&self, ctx: &OpContext, id_or_name: &str) -> Result<(), Error> {
        let user = self.user_get(ctx, id_or_name).await?;
        ctx.require(Action::UserDelete, user.tenant, &scope(&user))?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        must_hold_its_roles(&mut tx, ctx, managed(&user, Action::UserDelete)).await?;
        tx.user_delete(user.tenant, user.id).await?;
        owner_must_remain(&mut tx).await?;
        tx.tombstone_put("user", &user.id.to_string(), ctx.now).await?;
        let payload = json!({"userPrincipalName": user.user_principal_name.as_str(), "displayName": user.display_name});
        tx.commit(&ctx.entry(JournalKind::UserDelete, user.tenant, scope(&user), payload))
            .await?;
        Ok(())
    }

    /// What is kept of a password that somebody chose for a person: it has to be good enough to be the only thing that is asked for (rule 1), since it is
    /// until they have enrolled a second factor.
    async fn first_password_hash(
        &self,
        user: &User,
        password: Option<&FirstPassword>,
    ) -> Result<Option<String>, Error> {
        let Some(FirstPassword(password)) = password else {
            return Ok(None);
        };
        let name = user.user_principal_name.as_str();
        let (local, domain) = name.split_once('@').unwrap_or((name, ""));
        let context = [user.display_name.as_str(), local, domain];
        if let Some(weakness) = common_secrets::weakness(password.expose(), &context) {
            // No other one is made for people.
            let weakness = weakness.split(':').next().unwrap_or(weakness);
            return Err(Error::invalid(format!("{weakness}: choose a better one")));
        }
        let entropy = self.inner.environment.entropy.as_ref();
        self.inner.hasher.hash(entropy, password).await.map(Some)
    }
}

pub(super) fn managed(user: &User, action: Action) -> Managed<'_> {
    Managed {
        id: user.id,
        name: user.user_principal_name.as_str(),
        action,
        reserved: "to manage them is",
    }
}

async fn find(read: &mut Read, tenant: TenantId, id_or_name: &str) -> Result<Option<User>, Error> {
    if let Ok(id) = id_or_name.parse() {
        return Ok(read.user_get(tenant, id).await?);
    }
    Ok(match id_or_name.parse() {
        Ok(name) => read.user_by_name(&name).await?.filter(|user| user.tenant == tenant),
        Err(_) => None,
    })
}

pub(super) fn may_see(ctx: &OpContext, user: &User) -> bool {
    ctx.subject.principal == Principal::User(user.id) || ctx.may(Action::DirectoryRead, user.tenant, &scope(user))
}
