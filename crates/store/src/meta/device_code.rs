//! Device codes (RFC 8628).

use sqlx::FromRow;
use uuid::Uuid;
use wharf_types::id::{AppId, ObjectId, TenantId};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::user_secret::SecretHash;
use crate::meta::{Read, Tx};

/// What became of a device code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceCodeState {
    /// Nobody has decided yet.
    Pending,
    /// This person let the device in, having proved who they are at that time.
    Approved {
        /// Who.
        user: ObjectId,
        /// When they proved who they are.
        authenticated_at: Time,
    },
    /// Somebody said no.
    Denied,
    /// The device has its tokens.
    Redeemed,
}

/// A device code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCode {
    /// The hash of what the device polls with.
    pub code_hash: SecretHash,
    /// What the person types.
    pub user_code: String,
    /// The directory.
    pub tenant: TenantId,
    /// For which client.
    pub client: AppId,
    /// What was asked for.
    pub scope: String,
    /// What became of it.
    pub state: DeviceCodeState,
    /// How long the device has to wait between two polls, in seconds. Stored with the code, so that `slow_down` holds for every later poll, at whichever
    /// node (RFC 8628 §3.5).
    pub interval_s: i64,
    /// When it was last polled.
    pub polled_at: Option<Time>,
    /// The device's program, as it calls itself.
    pub user_agent: String,
    /// Where the device is.
    pub address: String,
    /// When it was asked for.
    pub created_at: Time,
    /// Not valid from then on.
    pub expires_at: Time,
}

#[derive(FromRow)]
struct Row {
    code_hash: Vec<u8>,
    user_code: String,
    tenant_id: Uuid,
    client_id: Uuid,
    scope: String,
    state: String,
    user_id: Option<Uuid>,
    authenticated_at_us: Option<i64>,
    interval_s: i64,
    polled_at_us: Option<i64>,
    user_agent: String,
    address: String,
    created_at_us: i64,
    expires_at_us: i64,
}

impl TryFrom<Row> for DeviceCode {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        // The user code is the part of it that may be shown.
        let wrong = |what: &str| StoreError::corrupt("device_codes", &row.user_code, what);
        let state = match (row.state.as_str(), row.user_id, row.authenticated_at_us) {
            ("pending", _, _) => DeviceCodeState::Pending,
            ("approved", Some(user), Some(at)) => DeviceCodeState::Approved {
                user: ObjectId(user),
                authenticated_at: Time::from_us(at),
            },
            ("denied", _, _) => DeviceCodeState::Denied,
            ("redeemed", _, _) => DeviceCodeState::Redeemed,
            _ => return Err(wrong("its state is not one")),
        };
        Ok(Self {
            code_hash: SecretHash::try_from(row.code_hash.as_slice()).map_err(|_| wrong("a hash has 32 bytes"))?,
            state,
            tenant: TenantId(row.tenant_id),
            client: AppId(row.client_id),
            scope: row.scope,
            interval_s: row.interval_s,
            polled_at: row.polled_at_us.map(Time::from_us),
            user_agent: row.user_agent,
            address: row.address,
            created_at: Time::from_us(row.created_at_us),
            expires_at: Time::from_us(row.expires_at_us),
            user_code: row.user_code,
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT code_hash, user_code, tenant_id, client_id, scope, state, user_id, authenticated_at_us, interval_s, polled_at_us,
             user_agent, address, created_at_us, expires_at_us FROM device_codes WHERE ",
            $rest
        )
    };
}

impl Read {
    /// The code that a person typed, while somebody still has to decide about it.
    pub async fn device_code_pending(&mut self, user_code: &str, now: Time) -> Result<Option<DeviceCode>, StoreError> {
        const SQL: &str = select!("user_code = $1 AND state = 'pending' AND expires_at_us > $2");
        fetch_optional!(Row, self, SQL, user_code, now.as_us())
            .map(TryInto::try_into)
            .transpose()
    }
}

impl Tx {
    /// Stores a new code. Fails when another one has the same user code.
    pub async fn device_code_insert(&mut self, code: &DeviceCode) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO device_codes (code_hash, user_code, tenant_id, client_id, scope, state, interval_s, user_agent,
            address, created_at_us, expires_at_us) VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7, $8, $9, $10)";
        execute!(
            self,
            SQL,
            &code.code_hash[..],
            &code.user_code,
            code.tenant.0,
            code.client.0,
            &code.scope,
            code.interval_s,
            &code.user_agent,
            &code.address,
            code.created_at.as_us(),
            code.expires_at.as_us()
        );
        Ok(())
    }

    /// The code that a device polls with, held until the transaction ends.
    pub async fn device_code_hold(&mut self, code_hash: &SecretHash) -> Result<Option<DeviceCode>, StoreError> {
        const SQL: &str = select!("code_hash = $1");
        const LOCK: &str = "SELECT 1 FROM device_codes WHERE code_hash = $1 FOR UPDATE";
        lock!(self, LOCK, &code_hash[..]);
        fetch_optional!(Row, self, SQL, &code_hash[..])
            .map(TryInto::try_into)
            .transpose()
    }

    /// Notes a poll, and how long the device has to wait from now on.
    pub async fn device_code_polled(
        &mut self,
        code_hash: &SecretHash,
        interval_s: i64,
        now: Time,
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE device_codes SET polled_at_us = $3, interval_s = $2 WHERE code_hash = $1";
        execute!(self, SQL, &code_hash[..], interval_s, now.as_us());
        Ok(())
    }

    /// Lets the device in. Returns whether there was still something to decide.
    pub async fn device_code_approve(
        &mut self,
        user_code: &str,
        user: ObjectId,
        authenticated_at: Time,
        now: Time,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE device_codes SET state = 'approved', user_id = $2, authenticated_at_us = $3
            WHERE user_code = $1 AND state = 'pending' AND expires_at_us > $4";
        Ok(execute!(self, SQL, user_code, user.0, authenticated_at.as_us(), now.as_us()) == 1)
    }

    /// Keeps the device out. Returns whether there was still something to decide.
    pub async fn device_code_deny(&mut self, user_code: &str, now: Time) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE device_codes SET state = 'denied'
            WHERE user_code = $1 AND state = 'pending' AND expires_at_us > $2";
        Ok(execute!(self, SQL, user_code, now.as_us()) == 1)
    }

    /// Uses the code up. Returns whether it was approved and nobody was first.
    pub async fn device_code_redeem(&mut self, code_hash: &SecretHash, now: Time) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE device_codes SET state = 'redeemed'
            WHERE code_hash = $1 AND state = 'approved' AND expires_at_us > $2";
        Ok(execute!(self, SQL, &code_hash[..], now.as_us()) == 1)
    }

    /// Forgets codes that ended before `before`: at most `limit`.
    pub async fn device_codes_expire(&mut self, before: Time, limit: usize) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM device_codes WHERE code_hash IN (
            SELECT code_hash FROM device_codes WHERE expires_at_us <= $1 LIMIT $2)";
        Ok(execute!(self, SQL, before.as_us(), limit as i64))
    }
}
