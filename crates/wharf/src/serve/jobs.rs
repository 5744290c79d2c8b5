//! Running the product's jobs, each in a loop of its own.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use wharf_app::App;
use wharf_app::jobs::Job;

use crate::installation::plain;
use crate::serve::tls::Certificate;

const CERTIFICATE_CHECK: Duration = Duration::from_secs(60);

/// The loops.
pub(super) struct Jobs {
    loops: JoinSet<()>,
}

pub(super) fn start(app: &App, certificate: Option<Certificate>) -> Jobs {
    let mut loops = JoinSet::new();
    for job in Job::ALL {
        loops.spawn(repeat(app.clone(), job));
    }
    if let Some(certificate) = certificate {
        loops.spawn(async move {
            let mut ticks = interval(CERTIFICATE_CHECK);
            loop {
                ticks.tick().await;
                certificate.reload_if_changed().await;
            }
        });
    }
    Jobs { loops }
}

async fn repeat(app: App, job: Job) {
    let mut ticks = interval(job.interval());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        run(&app, job).await;
    }
}

/// A job that fails is run again; it is no reason to stop.
async fn run(app: &App, job: Job) {
    if let Err(error) = app.job_run(job).await.map_err(plain) {
        tracing::warn!(
            job.name = job.name(),
            error = format!("{error:#}"),
            "a job failed and will be run again: {error:#}"
        );
    }
}

impl Jobs {
    /// Ends the loops, and does once more what must not be lost.
    pub(super) async fn finish(mut self, app: &App) {
        self.loops.shutdown().await;
        run(app, Job::FlushCounters).await;
        run(app, Job::SealJournal).await;
    }
}
