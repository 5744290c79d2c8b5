//! Counting of what people get wrong, by source and by account, in the same place as machines' failures (rule 6).

use wharf_store::meta::Unrecorded;
use wharf_store::meta::user::User;
use wharf_types::access::Principal;

use crate::audit::SignIn;
use crate::identity::throttle::must_wait;
use crate::identity::{Caller, hex};
use crate::{App, Error};

impl App {
    /// The name under which an account's failures are counted. A keyed sum of what was typed: a name that nobody bears is counted, and has to wait, like any
    /// other, and the table holds nothing that somebody typed into the wrong field.
    pub(crate) fn attempt_account(&self, name: &str) -> String {
        let sum = self
            .inner
            .vault
            .authenticate("account", &[name.trim().to_lowercase().as_bytes()]);
        format!("person/{}", hex(&sum[..16]))
    }

    /// Goes on unless the source failed too often; says whether the account may be tried now.
    pub(crate) async fn attempt_admit(&self, caller: Caller, account: &str) -> Result<bool, Error> {
        self.inner.throttle.admit(caller.address, caller.now)?;
        let failures = self.inner.meta.read().await?.sign_in_failures(account).await?;
        Ok(!must_wait(failures, caller.now))
    }

    /// Counts a failure, and gives the one answer to all of them (rule 5). `tried` says that something was compared: else nothing was learnt by it.
    pub(crate) async fn attempt_failed(
        &self,
        caller: Caller,
        account: &str,
        user: Option<&User>,
        tried: bool,
    ) -> Result<Error, Error> {
        self.inner.throttle.failed(caller.address, caller.now);
        if tried {
            let mut tx = self.inner.meta.begin(caller.now).await?;
            tx.sign_in_failed(account, caller.now).await?;
            tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
        }
        if let Some(user) = user {
            let actor = format!("unverified/user/{}", user.id);
            self.inner.audit.signed_in(sign_in(caller, user, actor), false);
        }
        tracing::info!("sign-in failed");
        Ok(Error::Unauthenticated)
    }

    pub(super) fn attempt_succeeded(&self, caller: Caller, user: &User) {
        let actor = Principal::User(user.id).to_string();
        self.inner.audit.signed_in(sign_in(caller, user, actor), true);
    }
}

fn sign_in(caller: Caller, user: &User, actor: String) -> SignIn {
    SignIn {
        tenant: user.tenant,
        actor,
        resource: format!("/providers/Microsoft.Directory/signIns/{}", user.id),
        address: caller.address,
        request: caller.request,
        at: caller.now,
    }
}
