//! Memberships that a provider gives: added and taken away at each sign-in. Those that somebody gave by hand are left alone.

use serde_json::json;
use wharf_store::meta::Tx;
use wharf_store::meta::identity_provider::IdentityProvider;
use wharf_store::meta::journal::Entry;
use wharf_store::meta::user::User;
use wharf_types::id::ObjectId;
use wharf_types::journal::JournalKind;
use wharf_types::resource::ResourceScope;

use super::Claims;
use crate::Error;
use crate::access::owner_must_remain;
use crate::identity::Caller;
use crate::identity::people::user_entry;

/// Makes somebody a member of the groups that the provider's word means, and of no other by that provider. Where the provider said nothing of groups, or not
/// all, what there is stays.
pub(super) async fn bring_up_to_date(
    tx: &mut Tx,
    caller: Caller,
    provider: &IdentityProvider,
    user: &User,
    claims: &Claims,
) -> Result<(), Error> {
    let Some(said) = claims.groups.as_ref().filter(|_| claims.groups_complete) else {
        if !provider.groups.is_empty() {
            tracing::info!(user.id = %user.id, provider.id = %provider.id, "the provider did not say all groups of the user: memberships stay as they are");
        }
        return Ok(());
    };
    let mut wanted: Vec<ObjectId> = provider
        .groups
        .iter()
        .filter(|mapping| said.contains(&mapping.value))
        .map(|mapping| mapping.group)
        .collect();
    wanted.sort();
    wanted.dedup();
    let entry = |kind, group| membership_entry(caller, provider, user, kind, group);
    let given = tx.provider_group_list(provider.id, user.id).await?;
    for &group in wanted.iter().filter(|group| !given.contains(group)) {
        if tx
            .provider_group_join(provider.tenant, provider.id, group, user.id, caller.now)
            .await?
        {
            tx.record(&entry(JournalKind::GroupMemberAdd, group)).await?;
        }
    }
    let ended: Vec<ObjectId> = given.into_iter().filter(|group| !wanted.contains(group)).collect();
    if ended.is_empty() {
        return Ok(());
    }
    for &group in &ended {
        tx.provider_group_leave(provider.id, group, user.id).await?;
    }
    match owner_must_remain(tx).await {
        Ok(()) => {}
        Err(Error::Conflict { .. }) => {
            // Nobody could ever give access again: the provider's word waits until there is another owner.
            tracing::warn!(user.id = %user.id, provider.id = %provider.id, "the provider took the last owner out of their groups: they stay until there is another");
            for &group in &ended {
                tx.provider_group_join(provider.tenant, provider.id, group, user.id, caller.now)
                    .await?;
            }
            return Ok(());
        }
        Err(error) => return Err(error),
    }
    for &group in &ended {
        tx.record(&entry(JournalKind::GroupMemberRemove, group)).await?;
    }
    Ok(())
}

fn membership_entry(
    caller: Caller,
    provider: &IdentityProvider,
    user: &User,
    kind: JournalKind,
    group: ObjectId,
) -> Entry {
    let payload = json!({"member": user.id, "provider": provider.id});
    Entry {
        resource: ResourceScope::DirectoryObject(group).to_string(),
        ..user_entry(caller, user, kind, payload)
    }
}
