//! Invitations: links with which people choose what they sign in with.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::arm::SecretText;
use crate::arm::input::InputBody;

/// Body of POST. The person exists already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InvitationPost {
    /// Their user principal name or object id.
    pub invited_user_email_address: String,
    /// Not used: the link leads to the account page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite_redirect_url: Option<String>,
}

impl InputBody for InvitationPost {
    const READ_ONLY: &'static [&'static str] = &[];
}

/// An invitation as answered, once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// Who is invited.
    pub invited_user_email_address: String,
    /// Who is invited.
    pub invited_user: InvitedUser,
    /// The link: whoever opens it becomes them.
    pub invite_redeem_url: SecretText,
    /// `PendingAcceptance`.
    pub status: String,
}

/// Who is invited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitedUser {
    /// The object id.
    pub id: Uuid,
}
