//! The two drivers behind one text.
//!
//! Each macro takes the reading or writing half of a connection, the statement, and what is bound to `$1`, `$2` … in order.

/// Runs `$body` with `$connection` bound to the driver's own connection.
macro_rules! on_backend {
    ($read:expr, $connection:ident => $body:expr) => {
        match $read.backend() {
            $crate::meta::connection::Backend::Sqlite($connection) => $body,
            $crate::meta::connection::Backend::Postgres($connection) => $body,
        }
    };
}

/// How many rows the statement touched.
macro_rules! execute {
    ($read:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        {
            $read.start()?;
            let done = on_backend!($read, connection => sqlx::query($sql)$(.bind($bind))*.execute(connection).await
                .map(|done| done.rows_affected()));
            $read.checked(done)?
        }
    };
}

/// The one row, or none.
macro_rules! fetch_optional {
    ($row:ty, $read:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        {
            $read.start()?;
            let row = on_backend!($read, connection => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(connection).await);
            $read.checked(row)?
        }
    };
}

/// All rows.
macro_rules! fetch_all {
    ($row:ty, $read:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        {
            $read.start()?;
            let rows = on_backend!($read, connection => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(connection).await);
            $read.checked(rows)?
        }
    };
}

/// Runs a statement that only locks rows, where transactions run side by side: SQLite has one writer at a time and no such statement.
macro_rules! lock {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        if !$tx.is_sqlite() {
            $tx.start()?;
            let locked = match $tx.backend() {
                $crate::meta::connection::Backend::Postgres(connection) => {
                    sqlx::query($sql)$(.bind($bind))*.execute(connection).await.map(drop)
                }
                $crate::meta::connection::Backend::Sqlite(_) => Ok(()),
            };
            $tx.checked(locked)?;
        }
    };
}
