//! Something that moves while a person waits.

use std::time::Duration;

/// Nothing is shown for what is quicker than this.
const PATIENCE: Duration = Duration::from_secs(1);
const TURN: Duration = Duration::from_millis(120);
const SHAPES: [&str; 4] = ["|", "/", "-", "\\"];

/// Runs `work`; from the second second on, shows on stderr that it runs, if `shown`.
pub(crate) async fn with_spinner<T>(shown: bool, work: impl Future<Output = T>) -> T {
    if !shown {
        return work.await;
    }
    let mut work = std::pin::pin!(work);
    if let Ok(done) = tokio::time::timeout(PATIENCE, &mut work).await {
        return done;
    }
    let mut turns = tokio::time::interval(TURN);
    let mut shape = 0;
    loop {
        tokio::select! {
            done = &mut work => {
                anstream::eprint!("\r          \r");
                return done;
            }
            _ = turns.tick() => {
                anstream::eprint!("\r{} Running", SHAPES[shape]);
                shape = (shape + 1) % SHAPES.len();
            }
        }
    }
}
