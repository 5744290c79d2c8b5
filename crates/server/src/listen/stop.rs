//! Telling a listener to stop.

use std::time::Duration;

use tokio::sync::watch;

/// How far the stopping is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Serving,
    /// No new connections; what is being answered has this long.
    Draining(Duration),
    /// Everything ends at once.
    Ended,
}

/// The end that tells.
#[derive(Debug)]
pub struct Stop(watch::Sender<Stage>);

/// The end that is told.
#[derive(Clone, Debug)]
pub struct Stopping(watch::Receiver<Stage>);

impl Stop {
    /// Both ends.
    #[must_use]
    pub fn new() -> (Self, Stopping) {
        let (sender, receiver) = watch::channel(Stage::Serving);
        (Self(sender), Stopping(receiver))
    }

    /// No new connections and requests; those that are being answered may take as long as this.
    pub fn drain(&self, at_most: Duration) {
        self.0.send_replace(Stage::Draining(at_most));
    }

    /// Everything ends at once.
    pub fn end(&self) {
        self.0.send_replace(Stage::Ended);
    }
}

impl Stopping {
    /// Waits for an order to stop. If nobody is left to give one, there is none.
    pub(super) async fn ordered(&mut self) -> Stage {
        match self.0.wait_for(|stage| *stage != Stage::Serving).await {
            Ok(stage) => *stage,
            Err(_) => std::future::pending().await,
        }
    }

    /// Waits for the order to end at once.
    pub(super) async fn ended(&mut self) {
        if self.0.wait_for(|stage| *stage == Stage::Ended).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
