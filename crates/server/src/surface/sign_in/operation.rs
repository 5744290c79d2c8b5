//! Every page and form, and which request means which.

use http::Method;
use wharf_types::id::ObjectId;

use crate::endpoint::Access::Public;
use crate::operations::operations;
use crate::path::{RouteError, find, segments};

operations! {
    /// A page or a form. All of them answer anybody: who is not signed in far enough is sent to where they can.
    enum Operation {
        /// How pages look.
        StyleShow => GET "/sign-in/style.css", Public, None;
        /// Asks browsers for passkeys.
        PasskeyScriptShow => GET "/sign-in/passkey.js", Public, None;
        /// A passkey alone.
        PasskeySignIn => POST "/sign-in/passkey", Public, None;
        /// A passkey after the password, or once more.
        PasskeyProve => POST "/sign-in/factor/passkey", Public, None;
        /// A passkey of who was invited.
        PasskeyEnrol => POST "/enrol/passkey", Public, None;
        /// Asks for another passkey.
        PasskeyAddShow => GET "/account/passkey", Public, None;
        /// Another passkey.
        PasskeyAdd => POST "/account/passkey", Public, None;
        /// Another name for a passkey.
        PasskeyRename => POST "/account/passkey/rename", Public, None;
        /// Takes a second factor away.
        FactorRemove => POST "/account/factor/remove", Public, None;
        /// Asks for name and password.
        SignInShow => GET "/sign-in", Public, None;
        /// Name and password.
        SignIn => POST "/sign-in", Public, None;
        /// Asks for a code.
        FactorShow => GET "/sign-in/factor", Public, None;
        /// A code.
        FactorProve => POST "/sign-in/factor", Public, None;
        /// Goes on to an identity provider.
        UpstreamBegin(ObjectId) => POST "/sign-in/upstream/{provider}", Public, None;
        /// Where an identity provider sends browsers back to.
        UpstreamReturn(ObjectId) => GET "/sign-in/callback/{provider}", Public, None;
        /// Asks whether to sign out.
        SignOutShow => GET "/sign-out", Public, None;
        /// Ends the browser's session.
        SignOut => POST "/sign-out", Public, None;
        /// Where an invitation leads.
        InvitationShow(String) => GET "/invitation/{token}", Public, None;
        /// Begins the enrolment.
        InvitationAccept(String) => POST "/invitation/{token}", Public, None;
        /// Asks an invited person for a password.
        PasswordChooseShow => GET "/enrol/password", Public, None;
        /// The password.
        PasswordChoose => POST "/enrol/password", Public, None;
        /// Shows a new second factor.
        FactorEnrolShow => GET "/enrol/factor", Public, None;
        /// A code of it.
        FactorEnrol => POST "/enrol/factor", Public, None;
        /// Asks for a device's code (RFC 8628 §3.3).
        DeviceShow => GET "/device", Public, None;
        /// The code: shows what it would let in.
        DeviceFind => POST "/device", Public, None;
        /// Yes or no.
        DeviceDecide => POST "/device/decide", Public, None;
        /// Whether an application may act for somebody.
        ConsentDecide => POST "/consent", Public, None;
        /// Takes that back.
        ConsentTakeBack => POST "/account/consents/remove", Public, None;
        /// The account page.
        AccountShow => GET "/account", Public, None;
        /// Ends one session.
        SessionEnd => POST "/account/end", Public, None;
        /// Ends all.
        SessionEndAll => POST "/account/end-all", Public, None;
        /// Asks for another password.
        PasswordChangeShow => GET "/account/password", Public, None;
        /// Another password.
        PasswordChange => POST "/account/password", Public, None;
        /// Begins with another second factor.
        FactorChange => POST "/account/factor", Public, None;
        /// New recovery codes.
        RecoveryCodesRenew => POST "/account/recovery-codes", Public, None;
    }
}

/// An identity provider. What names none is no page of ours.
fn object(text: &str) -> Result<ObjectId, RouteError> {
    text.parse().map_err(|_| RouteError::Unknown)
}

pub(super) fn route(method: &Method, path: &str) -> Result<Operation, RouteError> {
    let segments = segments(path).ok_or(RouteError::Unknown)?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    find(method, |method| {
        let (get, post) = (method == Method::GET, method == Method::POST);
        Ok(match segments.as_slice() {
            ["sign-in", "style.css"] if get => Some(Operation::StyleShow),
            ["sign-in", "passkey.js"] if get => Some(Operation::PasskeyScriptShow),
            ["sign-in", "passkey"] if post => Some(Operation::PasskeySignIn),
            ["sign-in", "factor", "passkey"] if post => Some(Operation::PasskeyProve),
            ["enrol", "passkey"] if post => Some(Operation::PasskeyEnrol),
            ["account", "passkey"] if get => Some(Operation::PasskeyAddShow),
            ["account", "passkey"] if post => Some(Operation::PasskeyAdd),
            ["account", "passkey", "rename"] if post => Some(Operation::PasskeyRename),
            ["account", "factor", "remove"] if post => Some(Operation::FactorRemove),
            ["sign-in"] if get => Some(Operation::SignInShow),
            ["sign-in"] if post => Some(Operation::SignIn),
            ["sign-in", "factor"] if get => Some(Operation::FactorShow),
            ["sign-in", "factor"] if post => Some(Operation::FactorProve),
            ["sign-in", "upstream", provider] if post => Some(Operation::UpstreamBegin(object(provider)?)),
            ["sign-in", "callback", provider] if get => Some(Operation::UpstreamReturn(object(provider)?)),
            ["sign-out"] if get => Some(Operation::SignOutShow),
            ["sign-out"] if post => Some(Operation::SignOut),
            ["invitation", token] if get => Some(Operation::InvitationShow((*token).to_owned())),
            ["invitation", token] if post => Some(Operation::InvitationAccept((*token).to_owned())),
            ["enrol", "password"] if get => Some(Operation::PasswordChooseShow),
            ["enrol", "password"] if post => Some(Operation::PasswordChoose),
            ["enrol", "factor"] if get => Some(Operation::FactorEnrolShow),
            ["enrol", "factor"] if post => Some(Operation::FactorEnrol),
            ["device"] if get => Some(Operation::DeviceShow),
            ["device"] if post => Some(Operation::DeviceFind),
            ["device", "decide"] if post => Some(Operation::DeviceDecide),
            ["consent"] if post => Some(Operation::ConsentDecide),
            ["account", "consents", "remove"] if post => Some(Operation::ConsentTakeBack),
            ["account"] if get => Some(Operation::AccountShow),
            ["account", "end"] if post => Some(Operation::SessionEnd),
            ["account", "end-all"] if post => Some(Operation::SessionEndAll),
            ["account", "password"] if get => Some(Operation::PasswordChangeShow),
            ["account", "password"] if post => Some(Operation::PasswordChange),
            ["account", "factor"] if post => Some(Operation::FactorChange),
            ["account", "recovery-codes"] if post => Some(Operation::RecoveryCodesRenew),
            _ => None,
        })
    })
}
