//! Tokens: what a machine's secret, a directory's token and a registry's refresh token are exchanged for, and what is left for the others while many guess
//! passwords.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::documents::CONNECTIONS;
use super::{REPOSITORY, Run};
use crate::connection::{Body, Peer};
use crate::load::{on_threads, requests, share};
use crate::machine::{cpu_seconds, peak_during};
use crate::options::Name;
use crate::results::percentile;
use crate::target::sessions::CLIENT;
use crate::target::set_up::basic;
use crate::target::{Data, Target, Transport};

/// How long a refused client waits, as it was told to.
const RETRY_AFTER: Duration = Duration::from_secs(1);
const MIB: f64 = (1 << 20) as f64;
const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
const SCOPE: &str = "scope=repository:bench/a:pull,push";

impl Run<'_> {
    pub(super) fn tokens(&mut self) -> Result<()> {
        let Some(at) = self.targets.iter().position(|target| target.name == Name::Wharf) else {
            return Ok(());
        };
        self.start_on_content(Transport::Plain)?;
        for _ in 0..self.scale.repetitions {
            let target = &self.targets[at];
            let robot = &target.set_up.robot;
            let service = format!("service=127.0.0.1:{}", target.anonymous().port);
            let machine = Peer {
                authorization: Some(robot.basic()),
                ..target.anonymous()
            };
            let secret = machine.get(&format!("/oauth2/token?{service}&{SCOPE}"));
            let directory = directory_token(target)?;
            // At the base host, a registry is named by its own.
            let own = format!("service=bench.localhost:{}", machine.port);
            let exchange = format!("grant_type=access_token&{own}&access_token={directory}");
            let refresh = token_of(&target.anonymous(), "/oauth2/exchange", &exchange, "refresh_token")?;
            let refresh = format!("grant_type=refresh_token&{service}&{SCOPE}&refresh_token={refresh}");
            let anonymous = target.anonymous();
            for (row, peer, request) in [
                ("token for a secret", &machine, secret),
                ("exchange", &anonymous, anonymous.post("/oauth2/exchange", &exchange)),
                (
                    "token for a refresh token",
                    &anonymous,
                    anonymous.post("/oauth2/token", &refresh),
                ),
            ] {
                self.rate(at, row, peer, &request)?;
            }
        }
        let sessions: Vec<_> = self.targets[at]
            .set_up
            .sessions
            .iter()
            .cloned()
            .map(Mutex::new)
            .collect();
        for _ in 0..self.scale.repetitions {
            self.refreshes(at, &sessions)?;
        }
        self.targets[at].start(Data::Content, Transport::Plain)?;
        for _ in 0..self.scale.repetitions {
            self.flood(at)?;
        }
        Ok(())
    }

    /// Clients that act for people: each brings its refresh token, which is good once, and gets the next.
    fn refreshes(&mut self, at: usize, sessions: &[Mutex<String>]) -> Result<()> {
        const ROW: &str = "token for a person's refresh token";
        let target = &self.targets[at];
        let (process, name, peer) = (target.process()?, target.name, target.anonymous());
        let path = format!("/{}/oauth2/v2.0/token", target.set_up.robot.tenant);
        let before = cpu_seconds(process);
        let done = share(&peer, sessions.len(), self.scale.refreshes, |connection, piece| {
            let mut held = sessions[piece % sessions.len()]
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let form = format!("grant_type=refresh_token&client_id={CLIENT}&refresh_token={held}");
            let answer = connection
                .request("POST", &path, FORM, &Body::Bytes(form.as_bytes()))?
                .expect(200)?;
            let document: Value = serde_json::from_slice(&answer.body)?;
            document["refresh_token"]
                .as_str()
                .context("no refresh token")?
                .clone_into(&mut held);
            Ok(())
        })?;
        let used = cpu_seconds(process) - before;
        let count = done.each.len() as f64;
        self.results.add(ROW, name, count / done.elapsed.as_secs_f64())?;
        self.results
            .add(&format!("{ROW}: server CPU"), name, used / count * 1e6)?;
        let p99 = percentile(&done.each, 0.99) * 1e3;
        self.results.add(&format!("{ROW}: p99"), name, p99)
    }

    /// Pulls with a token, alone and among people who guess passwords, each from an address of their own.
    fn flood(&mut self, at: usize) -> Result<()> {
        let target = &self.targets[at];
        let (peer, time) = (target.peer(), self.scale.requests);
        let request = peer.get(&format!("/v2/{REPOSITORY}/manifests/latest"));
        let alone = requests::repeat(&peer, &request, CONNECTIONS, time)?;
        let (anonymous, guessers) = (target.anonymous(), self.scale.guessers);
        let (done, tried) = (AtomicBool::new(false), AtomicUsize::new(0));
        let (among, memory) = peak_during(target.process()?, || {
            thread::scope(|scope| {
                scope.spawn(|| on_threads(guessers, || guess(&anonymous, &done, &tried)));
                let among = requests::repeat(&peer, &request, CONNECTIONS, time * 2);
                done.store(true, Ordering::Relaxed);
                among
            })
        });
        let among = among?;
        ensure!(tried.load(Ordering::Relaxed) > 0, "nobody guessed anything");
        let rate = |rate: &requests::Rate| rate.each.len() as f64 / rate.elapsed.as_secs_f64();
        let (name, left) = (target.name, rate(&among) / rate(&alone) * 100.0);
        self.results
            .add("500 guess passwords: manifests still served", name, left)?;
        self.results
            .add("500 guess passwords: memory", name, memory as f64 / MIB)
    }
}

/// Tries one password after another, of the registry's admin user; waits where it is told to.
fn guess(peer: &Peer, done: &AtomicBool, tried: &AtomicUsize) {
    while !done.load(Ordering::Relaxed) {
        let number = tried.fetch_add(1, Ordering::Relaxed);
        let [_, _, high, low] = u32::try_from(number).unwrap_or(0).to_be_bytes();
        let guesser = Peer {
            authorization: Some(basic("bench", &format!("Summer holidays {number}"))),
            ..peer.clone()
        };
        let path = format!("/oauth2/token?service=127.0.0.1:{}&{SCOPE}", peer.port);
        let answer = guesser
            .connect_from(Ipv4Addr::new(127, 1, high, low))
            .and_then(|mut connection| connection.request("GET", &path, "", &Body::Nothing));
        if !answer.is_ok_and(|answer| answer.head.status == 401) {
            thread::sleep(RETRY_AFTER);
        }
    }
}

fn directory_token(target: &Target) -> Result<String> {
    let robot = &target.set_up.robot;
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope=https%3A%2F%2Fmanagement.azure.com%2F.default",
        robot.app_id, robot.secret
    );
    let path = format!("/{}/oauth2/v2.0/token", robot.tenant);
    token_of(&target.anonymous(), &path, &form, "access_token")
}

/// A token out of the answer to a form.
fn token_of(peer: &Peer, path: &str, form: &str, field: &str) -> Result<String> {
    let answer = peer
        .connect(None)?
        .request("POST", path, FORM, &Body::Bytes(form.as_bytes()))?
        .expect(200)?;
    let document: Value = serde_json::from_slice(&answer.body)?;
    let token = document[field].as_str();
    Ok(token.with_context(|| format!("an answer without {field}"))?.to_owned())
}
