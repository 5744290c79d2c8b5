//! Failed sign-ins in a row, for each account (rule 6).

use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx};

/// How often an account failed to sign in since it last succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignInFailures {
    /// How often in a row.
    pub count: u32,
    /// When last.
    pub last_at: Time,
}

impl Read {
    /// The account's failures; none after a success.
    pub async fn sign_in_failures(&mut self, account: &str) -> Result<Option<SignInFailures>, StoreError> {
        const SQL: &str = "SELECT failures, last_failed_at_us FROM sign_in_failures WHERE account = $1";
        Ok(
            fetch_optional!((i64, i64), self, SQL, account).map(|(count, last)| SignInFailures {
                count: u32::try_from(count).unwrap_or(u32::MAX),
                last_at: Time::from_us(last),
            }),
        )
    }
}

impl Tx {
    /// Counts one more failure, in one statement, so that failures at the same moment all count.
    pub async fn sign_in_failed(&mut self, account: &str, now: Time) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO sign_in_failures (account, failures, last_failed_at_us) VALUES ($1, 1, $2)
            ON CONFLICT (account) DO UPDATE SET failures = sign_in_failures.failures + 1, last_failed_at_us = excluded.last_failed_at_us";
        execute!(self, SQL, account, now.as_us());
        Ok(())
    }

    /// Forgets the failures, after a success.
    pub async fn sign_in_succeeded(&mut self, account: &str) -> Result<(), StoreError> {
        execute!(self, "DELETE FROM sign_in_failures WHERE account = $1", account);
        Ok(())
    }

    /// Forgets failures that are older than `before`: at most `limit`, so that no run takes long.
    pub async fn sign_in_failures_expire(&mut self, before: Time, limit: usize) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM sign_in_failures WHERE account IN (
            SELECT account FROM sign_in_failures WHERE last_failed_at_us < $1 LIMIT $2)";
        Ok(execute!(self, SQL, before.as_us(), limit as i64))
    }
}
