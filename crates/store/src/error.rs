//! What can go wrong with what persists.

/// An error of the store. Callers act differently on each variant.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A guard in a statement or a constraint of the schema said no: somebody else was first, or what is referred to is gone.
    #[error("the stored state does not allow it: {0}")]
    Conflict(&'static str),
    /// The database asks to run the transaction again (serialization failure, deadlock).
    #[error("the transaction has to be repeated")]
    Retry,
    /// No room is left.
    #[error("no space is left for writing")]
    Full,
    /// A row or a file is not what it should be.
    #[error("{place} {id} is damaged: {problem}")]
    Corrupt {
        /// The table or the kind of file.
        place: &'static str,
        /// Which one.
        id: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Things that were opened together do not belong together; the text says which, and what to do.
    #[error("{0}")]
    Mismatch(String),
    /// The data was written by a newer version of the program.
    #[error(
        "the data is of schema version {found}, and this program knows only up to {known}: use the newer program that wrote it"
    )]
    Newer {
        /// What the database has.
        found: i64,
        /// What this program knows.
        known: i64,
    },
    /// The database cannot be used now.
    #[error("the database is not available: {0}")]
    Unavailable(sqlx::Error),
    /// A file cannot be used.
    #[error("{what}: {source}")]
    File {
        /// What was attempted.
        what: String,
        /// What the operating system said.
        source: std::io::Error,
    },
}

impl StoreError {
    pub(crate) fn corrupt(place: &'static str, id: impl ToString, problem: impl ToString) -> Self {
        Self::Corrupt {
            place,
            id: id.to_string(),
            problem: problem.to_string(),
        }
    }

    pub(crate) fn file(what: impl Into<String>, source: std::io::Error) -> Self {
        match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::File {
                what: what.into(),
                source,
            },
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = match &error {
            sqlx::Error::Database(error) => error.code().map(|code| code.into_owned()),
            _ => None,
        };
        match code.as_deref() {
            // SQLite's extended result codes, then PostgreSQL's SQLSTATEs.
            Some("1555" | "2067" | "23505") => Self::Conflict("it exists already"),
            Some("787" | "23503") => {
                Self::Conflict("what it refers to does not exist, or something still refers to it")
            }
            // 4874: no room for SQLite's file of shared memory.
            Some("13" | "4874" | "53100") => Self::Full,
            // 5, 261, 517, 773: another process has the SQLite file.
            Some("5" | "261" | "517" | "773" | "40001" | "40P01") => Self::Retry,
            _ => Self::Unavailable(error),
        }
    }
}
