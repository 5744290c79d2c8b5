//! A principal with everything that it holds, read from the database and remembered while nothing changes.

use std::sync::Arc;

use moka::sync::Cache;
use wharf_store::meta::Read;
use wharf_store::meta::registry::Registry;
use wharf_types::access::{Action, Grant, GrantSource, Principal, Subject, built_in_roles, fixed};
use wharf_types::id::{AppId, KeyId, ObjectId, TenantId};
use wharf_types::resource::ResourceScope;
use wharf_types::time::Time;

use crate::identity::user_credential;
use crate::{App, Error};

/// Subjects by principal and credential. What is remembered is used only while [`super::Epoch`] says that nothing changed.
pub(crate) struct SubjectCache(Cache<(Principal, KeyId), Remembered>);

#[derive(Clone)]
struct Remembered {
    generation: u64,
    valid_until: Time,
    subject: Arc<Subject>,
}

impl SubjectCache {
    pub(crate) fn new() -> Self {
        Self(Cache::new(10_000))
    }
}

/// The nil id stands for "no credential": the anonymous caller's.
pub(crate) const NO_CREDENTIAL: KeyId = KeyId(uuid::Uuid::nil());

impl App {
    /// The principal with what it holds now, if it and the credential that it came with are still good (rule 25).
    pub(crate) async fn subject(
        &self,
        tenant: TenantId,
        principal: Principal,
        credential: KeyId,
        now: Time,
    ) -> Result<Arc<Subject>, Error> {
        let current = self.inner.epoch.access(now);
        let key = (principal, credential);
        if let Some(known) = self.inner.subjects.0.get(&key)
            && Some(known.generation) == current
            && now < known.valid_until
            && known.subject.tenant == tenant
        {
            return Ok(known.subject);
        }
        let load = async || {
            let mut read = self.inner.meta.read().await?;
            load(&mut read, tenant, principal, credential, now).await
        };
        let (subject, valid_until) = Box::pin(load()).await?;
        let subject = Arc::new(subject);
        if let Some(generation) = current {
            self.inner.subjects.0.insert(
                key,
                Remembered {
                    generation,
                    valid_until,
                    subject: Arc::clone(&subject),
                },
            );
        }
        Ok(subject)
    }
}

impl App {
    /// The same at a registry: where anybody may pull, somebody who signed in may as well.
    pub(crate) async fn registry_subject(
        &self,
        tenant: TenantId,
        principal: Principal,
        credential: KeyId,
        registry: Option<&Registry>,
        now: Time,
    ) -> Result<Arc<Subject>, Error> {
        let subject = self.subject(tenant, principal, credential, now).await?;
        let grants = registry
            .filter(|registry| registry.tenant == tenant)
            .map(anonymous_grants);
        Ok(match grants {
            Some(more) if !more.is_empty() => {
                let mut subject = (*subject).clone();
                subject.grants.extend(more);
                Arc::new(subject)
            }
            _ => subject,
        })
    }
}

const FOREVER: Time = Time::from_us(i64::MAX);

async fn load(
    read: &mut Read,
    tenant: TenantId,
    principal: Principal,
    credential: KeyId,
    now: Time,
) -> Result<(Subject, Time), Error> {
    let (grants, valid_until) = match principal {
        Principal::User(id) => {
            let user = read.user_get(tenant, id).await?.filter(|found| found.enabled);
            let user = user.ok_or(Error::Unauthenticated)?;
            let valid_until = user_credential(read, &user, credential, now).await?;
            (grants_of(read, tenant, id).await?, valid_until)
        }
        Principal::ServicePrincipal(id) => {
            let service_principal = read
                .service_principal_get(tenant, id)
                .await?
                .filter(|found| found.enabled);
            let app_id = service_principal.ok_or(Error::Unauthenticated)?.app_id;
            let valid_until = credential_end(read, tenant, app_id, credential, now).await?;
            (grants_of(read, tenant, id).await?, valid_until)
        }
        Principal::AdminAccount(registry) => {
            let registry = read
                .registry_get(tenant, registry)
                .await?
                .filter(|registry| registry.admin_enabled);
            let registry = registry.ok_or(Error::Unauthenticated)?;
            let passwords = read.admin_password_list(registry.id).await?;
            if !passwords.iter().any(|password| password.key == credential) {
                return Err(Error::Unauthenticated);
            }
            (vec![fixed_grant(&fixed::ADMIN_ACCOUNT, registry.resource())], FOREVER)
        }
        Principal::Anonymous(registry) => {
            let registry = read
                .registry_get(tenant, registry)
                .await?
                .ok_or(Error::Unauthenticated)?;
            (anonymous_grants(&registry), FOREVER)
        }
        Principal::System => return Err(Error::Unauthenticated),
    };
    Ok((
        Subject {
            tenant,
            principal,
            grants,
        },
        valid_until,
    ))
}

/// Until when an application's secret, certificate or federated credential may be used, if it may be now.
async fn credential_end(
    read: &mut Read,
    tenant: TenantId,
    app_id: AppId,
    key: KeyId,
    now: Time,
) -> Result<Time, Error> {
    let secrets = read.credential_list(tenant, app_id).await?.into_iter();
    if let Some(secret) = secrets
        .into_iter()
        .find(|known| known.key == key && known.is_valid_at(now))
    {
        return Ok(secret.ends_at);
    }
    let certificates = read.key_credential_list(tenant, app_id).await?;
    if let Some(certificate) = certificates
        .iter()
        .find(|known| known.key == key && known.is_valid_at(now))
    {
        return Ok(certificate.ends_at);
    }
    let federated = read.federated_credential_list(tenant, app_id).await?;
    let found = federated.iter().any(|known| known.key == key);
    if found {
        Ok(FOREVER)
    } else {
        Err(Error::Unauthenticated)
    }
}

pub(super) fn anonymous_grants(registry: &Registry) -> Vec<Grant> {
    if registry.anonymous_pull {
        vec![fixed_grant(&fixed::ANONYMOUS, registry.resource())]
    } else {
        Vec::new()
    }
}

pub(super) fn fixed_grant(role: &Arc<wharf_types::access::RoleDefinition>, scope: ResourceScope) -> Grant {
    Grant {
        source: GrantSource::Fixed,
        role: Arc::clone(role),
        scope,
    }
}

/// What a person or service principal was given, what its groups were, and what follows from it.
pub(crate) async fn grants_of(read: &mut Read, tenant: TenantId, id: ObjectId) -> Result<Vec<Grant>, Error> {
    let mut grants = Vec::new();
    for assignment in read.role_assignment_list_held(tenant, id).await? {
        // An assignment of a role that this program does not know grants nothing.
        if let Some(role) = built_in_roles().iter().find(|role| role.id == assignment.role) {
            let source = if assignment.principal == id {
                GrantSource::Assignment(assignment.id)
            } else {
                GrantSource::Group {
                    assignment: assignment.id,
                    group: assignment.principal,
                }
            };
            grants.push(Grant {
                source,
                role: Arc::new(role.clone()),
                scope: assignment.scope,
            });
        }
    }
    // Whoever may give roles needs somebody to give them to: it may look up principals and register applications, whatever the scope.
    if grants
        .iter()
        .any(|grant| grant.role.permissions.permit(Action::RoleAssignmentWrite))
    {
        let role = Arc::clone(&fixed::ROLE_ASSIGNER);
        grants.push(Grant {
            source: GrantSource::RoleAssigner,
            role,
            scope: ResourceScope::Root,
        });
    }
    Ok(grants)
}

impl App {
    /// The system principal: the product's own jobs, and the operator at the server's host.
    pub fn system_subject(&self, tenant: TenantId) -> Arc<Subject> {
        let grants = vec![fixed_grant(&fixed::SYSTEM, ResourceScope::Root)];
        Arc::new(Subject {
            tenant,
            principal: Principal::System,
            grants,
        })
    }
}
