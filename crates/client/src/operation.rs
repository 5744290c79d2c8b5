//! Long-running operations: what to do until a PUT, PATCH, POST or DELETE is really done.
//!
//! Our server finishes inside the request; others that speak this wire may answer 201 or 202 and a URL to poll.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use url::Url;
use wharf_types::arm::ErrorDetail;

use crate::{
    ClientError, ServiceError,
    api::Api,
    retry::retry_after,
    transport::{Answer, protocol},
};

/// Polls of one operation. With the usual second between them this is half an hour.
const POLLS_MAX: u32 = 1800;
/// Between polls, when the server does not say.
const POLL_WAIT: Duration = Duration::from_secs(1);
/// Longest wait between polls, whatever the server says.
const POLL_WAIT_MAX: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
struct Operation {
    status: String,
    error: Option<ErrorDetail>,
}

impl Api {
    /// Waits until the operation that `answer` started has ended; returns the last answer that describes the resource.
    pub(crate) async fn finish(&self, answer: Answer, resource: &Url) -> Result<Answer, ClientError> {
        if let Some(operation) = answer.header("azure-asyncoperation").map(str::to_owned) {
            self.poll_operation(&operation, &answer).await?;
            return self.call(Method::GET, resource.clone(), None).await?.success();
        }
        match (answer.status, answer.header("location").map(str::to_owned)) {
            (StatusCode::ACCEPTED, Some(location)) => self.poll_location(&location, answer).await,
            _ => Ok(answer),
        }
    }

    async fn poll_operation(&self, operation: &str, started: &Answer) -> Result<(), ClientError> {
        let url = self.same_origin(operation, &started.url)?;
        let mut wait = wait_of(started);
        for _ in 0..POLLS_MAX {
            tokio::time::sleep(wait).await;
            let answer = self.call(Method::GET, url.clone(), None).await?.success()?;
            wait = wait_of(&answer);
            let state: Operation = answer.json()?;
            match state.status.as_str() {
                "Succeeded" => return Ok(()),
                "Failed" | "Canceled" => {
                    let error = state.error.unwrap_or_default();
                    let code = if error.code.is_empty() {
                        state.status
                    } else {
                        error.code
                    };
                    let status = StatusCode::CONFLICT;
                    return Err(ServiceError {
                        status,
                        code,
                        message: error.message,
                        request_id: None,
                    }
                    .into());
                }
                _ => {}
            }
        }
        Err(ClientError::TimedOut { url })
    }

    async fn poll_location(&self, location: &str, started: Answer) -> Result<Answer, ClientError> {
        let url = self.same_origin(location, &started.url)?;
        let mut wait = wait_of(&started);
        for _ in 0..POLLS_MAX {
            tokio::time::sleep(wait).await;
            let answer = self.call(Method::GET, url.clone(), None).await?.success()?;
            if answer.status != StatusCode::ACCEPTED {
                return Ok(answer);
            }
            wait = wait_of(&answer);
        }
        Err(ClientError::TimedOut { url })
    }

    /// A URL that the server named, with our origin: see the crate's first invariant.
    pub(crate) fn same_origin(&self, named: &str, at: &Url) -> Result<Url, ClientError> {
        let named = at.join(named).map_err(|error| protocol(at, &error.to_string()))?;
        let mut url = self.base().as_url().clone();
        url.set_path(named.path());
        url.set_query(named.query());
        Ok(url)
    }
}

fn wait_of(answer: &Answer) -> Duration {
    retry_after(&answer.headers).unwrap_or(POLL_WAIT).min(POLL_WAIT_MAX)
}
