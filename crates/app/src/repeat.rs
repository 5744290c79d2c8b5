//! Repeating what the database asked to repeat.

/// How often an operation is done again before its caller is told that the server is busy.
pub const MOST_REPETITIONS: u32 = 3;

/// Does an attempt again, a few times, while it ends in the named error: two writers were in each other's way, the database undid one of them as a whole,
/// and asks for the same again. The attempt is an expression and no closure, since a borrowing async closure is not `Send` enough for a handler.
#[macro_export]
macro_rules! repeated {
    ($attempt:expr, $contended:pat) => {{
        let mut repetitions = 0;
        loop {
            match $attempt {
                Err($contended) if repetitions < $crate::MOST_REPETITIONS => repetitions += 1,
                result => break result,
            }
        }
    }};
}

#[cfg(test)]
mod tests {
    use super::MOST_REPETITIONS;
    use crate::Error;

    async fn attempt(count: &mut u32, succeeds_at: u32) -> Result<u32, Error> {
        *count += 1;
        if *count == succeeds_at {
            Ok(*count)
        } else {
            Err(Error::Contended)
        }
    }

    #[tokio::test]
    async fn what_was_undone_is_done_again_a_few_times() {
        let mut count = 0;
        let done = repeated!(attempt(&mut count, 2).await, Error::Contended);
        assert!(matches!(done, Ok(2)));
        let mut count = 0;
        let given_up = repeated!(attempt(&mut count, 100).await, Error::Contended);
        assert!(matches!(given_up, Err(Error::Contended)));
        assert_eq!(count, 1 + MOST_REPETITIONS);
    }

    #[tokio::test]
    async fn another_error_is_not_repeated() {
        let mut count = 0;
        let mut busy = async || {
            count += 1;
            Err::<(), _>(Error::Busy)
        };
        let refused = repeated!(busy().await, Error::Contended);
        assert!(matches!(refused, Err(Error::Busy)));
        assert_eq!(count, 1);
    }
}
