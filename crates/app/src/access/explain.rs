//! Why somebody may or may not do something: the same decision as for a request, with what it rests on.

use wharf_store::meta::Read;
use wharf_types::access::{
    Action, Grant, GrantSource, Principal, PrincipalKind, RoleDefinition, deciding_grant, fixed, least_role,
};
use wharf_types::id::{ObjectId, TenantId};
use wharf_types::resource::ResourceScope;

use super::subjects::{anonymous_grants, fixed_grant, grants_of};
use crate::identity::principal_kind;
use crate::{App, Error, OpContext};

/// Whom a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A user, group or service principal.
    Object(ObjectId),
    /// A principal that is none of the directory's objects.
    Other(Principal),
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct AccessQuestion {
    /// Whom about.
    pub holder: Holder,
    /// To do what.
    pub action: Action,
    /// Where.
    pub scope: ResourceScope,
}

/// The decision, and why.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// What kind of principal it is, as role assignments and the journal call it.
    pub kind: &'static str,
    /// Its name for people.
    pub name: Option<String>,
    /// Whether it may sign in at all.
    pub enabled: bool,
    /// What permits it.
    pub grant: Option<Grant>,
    /// The name of the group that holds it.
    pub group_name: Option<String>,
    /// What would permit it, and the least beside it.
    pub least: Option<&'static RoleDefinition>,
}

/// A principal as it stands now, whatever it would sign in with.
struct Known {
    kind: &'static str,
    name: Option<String>,
    enabled: bool,
    grants: Vec<Grant>,
}

impl App {
    /// Whether a principal may do something, and why. Everybody may ask about themself; about others, whoever may see role assignments there.
    pub async fn access_explain(&self, ctx: &OpContext, question: &AccessQuestion) -> Result<Explanation, Error> {
        let tenant = ctx.subject.tenant;
        let AccessQuestion { holder, action, scope } = question;
        let about = match holder {
            Holder::Object(id) => Some(*id) == ctx.subject.principal.object_id(),
            Holder::Other(principal) => *principal == ctx.subject.principal,
        };
        if !about {
            ctx.require(Action::RoleAssignmentRead, tenant, scope)?;
        }
        let mut read = self.inner.meta.read().await?;
        let mut known = known(&mut read, tenant, *holder).await?;
        // Where anybody may pull, somebody may as well.
        if let ResourceScope::Registry(registry) | ResourceScope::Repository(registry, _) = scope
            && let Some(registry) = read.registry_by_name(&registry.name).await?
            && registry.tenant == tenant
        {
            known.grants.extend(anonymous_grants(&registry));
        }
        let grant = deciding_grant(&known.grants, *action, scope).cloned();
        let group_name = match grant.as_ref().map(|grant| grant.source) {
            Some(GrantSource::Group { group, .. }) => {
                read.group_get(tenant, group).await?.map(|group| group.display_name)
            }
            _ => None,
        };
        let may_be_given = matches!(holder, Holder::Object(_)) && grant.is_none();
        Ok(Explanation {
            kind: known.kind,
            name: known.name,
            enabled: known.enabled,
            grant,
            group_name,
            least: if may_be_given { least_role(*action) } else { None },
        })
    }
}

async fn known(read: &mut Read, tenant: TenantId, holder: Holder) -> Result<Known, Error> {
    let unknown = |name: String| Error::not_found("principal", name);
    match holder {
        Holder::Object(id) => {
            let kind = principal_kind(read, tenant, id).await?;
            let found = match kind.ok_or_else(|| unknown(id.to_string()))? {
                PrincipalKind::User => {
                    let user = read.user_get(tenant, id).await?;
                    user.map(|user| ("User", user.user_principal_name.to_string(), user.enabled))
                }
                PrincipalKind::ServicePrincipal => {
                    let found = read.service_principal_get(tenant, id).await?;
                    found.map(|found| ("ServicePrincipal", found.display_name, found.enabled))
                }
                PrincipalKind::Group => {
                    let group = read.group_get(tenant, id).await?;
                    group.map(|group| ("Group", group.display_name, true))
                }
            };
            let (kind, name, enabled) = found.ok_or_else(|| unknown(id.to_string()))?;
            Ok(Known {
                kind,
                name: Some(name),
                enabled,
                grants: grants_of(read, tenant, id).await?,
            })
        }
        Holder::Other(Principal::AdminAccount(id)) => {
            let registry = read.registry_get(tenant, id).await?;
            let registry = registry.ok_or_else(|| unknown(format!("adminAccount/{id}")))?;
            Ok(Known {
                kind: "AdminAccount",
                name: Some(registry.name.to_string()),
                enabled: registry.admin_enabled,
                grants: vec![fixed_grant(&fixed::ADMIN_ACCOUNT, registry.resource())],
            })
        }
        Holder::Other(Principal::Anonymous(_)) => Ok(Known {
            kind: "Anonymous",
            name: None,
            enabled: true,
            grants: Vec::new(),
        }),
        Holder::Other(other) => Err(unknown(other.to_string())),
    }
}
