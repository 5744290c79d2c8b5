//! A crowd: slow clients, pushes and pulls, all at once, beside others who only want to work.

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::{runtime::Runtime, sync::watch, task::JoinSet, time::timeout};

use crate::{Request, User, Wharf, digest, eventually, wire::Wire};

/// How many of each kind.
#[derive(Debug, Clone, Copy)]
pub struct Crowd {
    /// Connections whose heads or bodies dribble, or whose answers nobody reads: a third each. Who is ended comes again.
    pub slow: usize,
    /// Images pushed at once, each over a connection of its own.
    pub pushes: usize,
    /// Pulls of one tag at once, each over a connection of its own.
    pub pulls: usize,
    /// How long the others are looked at without the crowd, and among the slow.
    pub look: Duration,
}

/// What came of it.
#[derive(Debug)]
pub struct Found {
    /// How often each status was answered to pushes and pulls. 0 counts those that got no answer.
    pub statuses: BTreeMap<u16, usize>,
    /// How long the slowest in a hundred of the others' requests took: without the crowd, among the slow, among all.
    pub others_p99: [Duration; 3],
    /// How long the pushes and pulls took together.
    pub took: Duration,
    /// The server's memory at its peak: without the crowd, among the slow, among all.
    pub peak_mebibytes: [u64; 3],
}

/// Connections of the others, each asking for the same manifest without a pause.
const OTHERS: usize = 4;
/// Connections of one source in the crowd. A source is an address of 127.0.0.0/8.
const OF_ONE_SOURCE: usize = 250;
/// No push or pull takes longer than this.
const LIMIT: Duration = Duration::from_secs(240);
/// A slow client sends a byte as often as this: less than the server's slowest rate.
const DRIBBLE: Duration = Duration::from_secs(2);
/// The blob that nobody reads to its end.
const LARGE_BYTES: usize = 16 * 1024 * 1024;
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// The crowd's `number`th member of a `kind`, and where it comes from.
fn source(kind: u8, number: usize) -> Ipv4Addr {
    let block = u8::try_from(number / OF_ONE_SOURCE).expect("a crowd of at most 64,000");
    Ipv4Addr::new(127, 0, kind, 1 + block)
}

impl Crowd {
    /// Lets it loose on a server whose registry `user` may push to.
    #[must_use]
    pub fn on(self, wharf: &Wharf, user: &User) -> Found {
        let runtime = Runtime::new().expect("a runtime starts");
        let place = Arc::new(Place::prepare(wharf, user, &runtime));
        let mut others_p99 = [Duration::ZERO; 3];
        let mut peak_mebibytes = [0; 3];

        others_p99[0] = place.others(|| thread::sleep(self.look));
        peak_mebibytes[0] = wharf.peak_mebibytes();

        let (stop, stopped) = watch::channel(false);
        let arrived = Arc::new(AtomicUsize::new(0));
        for number in 0..self.slow {
            let slow = Arc::clone(&place).slow(number, Arc::clone(&arrived), stopped.clone());
            runtime.spawn(slow);
        }
        eventually("the slow are there", LIMIT, || {
            arrived.load(Ordering::Relaxed) >= self.slow
        });
        others_p99[1] = place.others(|| thread::sleep(self.look));
        peak_mebibytes[1] = wharf.peak_mebibytes();

        let began = Instant::now();
        let mut statuses = BTreeMap::new();
        others_p99[2] = place.others(|| statuses = runtime.block_on(Arc::clone(&place).many(self.pushes, self.pulls)));
        let took = began.elapsed();
        peak_mebibytes[2] = wharf.peak_mebibytes();
        stop.send_replace(true);
        runtime.shutdown_timeout(Duration::from_secs(10));
        Found {
            statuses,
            others_p99,
            took,
            peak_mebibytes,
        }
    }
}

/// What the crowd knows of the server.
struct Place {
    port: u16,
    authorization: String,
    layer: String,
    large: String,
}

impl Place {
    /// Signs in, and pushes what the crowd pulls.
    fn prepare(wharf: &Wharf, user: &User, runtime: &Runtime) -> Self {
        let port = wharf.port();
        let url = format!(
            "{}/oauth2/token?service=localhost:{port}&scope=repository:myregistry/crowd:pull,push",
            wharf.url()
        );
        let reply = Request::new("GET", url).basic(&user.name, &user.password).send();
        let token: serde_json::Value = serde_json::from_str(&reply.expect("it answers").body).expect("a token is JSON");
        let token = token["access_token"].as_str().expect("there is a token");
        let mut place = Self {
            port,
            authorization: format!("Authorization: Bearer {token}\r\n"),
            layer: String::new(),
            large: String::new(),
        };
        runtime.block_on(async {
            place.layer = place
                .push(source(0, 0), "common", &[1; 4096])
                .await
                .expect("the first push succeeds");
            place.large = place
                .push(source(0, 0), "large", &vec![2; LARGE_BYTES])
                .await
                .expect("so does the second");
        });
        place
    }

    /// Pushes an image that is one blob. Returns the blob's digest; an error is the status that was not the right one.
    async fn push(&self, source: Ipv4Addr, tag: &str, blob: &[u8]) -> Result<String, u16> {
        let lines = &self.authorization;
        let digest = digest(blob);
        let mut wire = Wire::open(self.port, source).await.map_err(|_| 0u16)?;
        let started = wire
            .ask("POST", "/v2/myregistry/crowd/blobs/uploads/", lines, b"")
            .await;
        let location = started
            .map_err(|_| 0u16)
            .and_then(|answer| expect(answer.status, 202, answer.location))?;
        let put = wire
            .ask("PUT", &format!("{location}?digest={digest}"), lines, blob)
            .await;
        put.map_err(|_| 0u16)
            .and_then(|answer| expect(answer.status, 201, ()))?;
        let descriptor = |kind: &str| json!({"mediaType": kind, "digest": digest, "size": blob.len()});
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor("application/vnd.oci.image.config.v1+json"),
            "layers": [descriptor("application/vnd.oci.image.layer.v1.tar")],
        });
        let lines = format!("{lines}Content-Type: {MANIFEST}\r\n");
        let target = format!("/v2/myregistry/crowd/manifests/{tag}");
        let put = wire.ask("PUT", &target, &lines, manifest.to_string().as_bytes()).await;
        put.map_err(|_| 0u16)
            .and_then(|answer| expect(answer.status, 201, digest))
    }

    /// Pulls the common tag with its blob.
    async fn pull(&self, source: Ipv4Addr) -> Result<(), u16> {
        let mut wire = Wire::open(self.port, source).await.map_err(|_| 0u16)?;
        for target in ["manifests/common".to_owned(), format!("blobs/{}", self.layer)] {
            let target = format!("/v2/myregistry/crowd/{target}");
            let answer = wire
                .ask("GET", &target, &self.authorization, b"")
                .await
                .map_err(|_| 0u16)?;
            expect(answer.status, 200, ())?;
        }
        Ok(())
    }

    async fn many(self: Arc<Self>, pushes: usize, pulls: usize) -> BTreeMap<u16, usize> {
        let mut tasks = JoinSet::new();
        for number in 0..pulls {
            let place = Arc::clone(&self);
            let pull = async move {
                place
                    .pull(source(3, number))
                    .await
                    .map_or_else(|status| status, |()| 200)
            };
            tasks.spawn(timeout(LIMIT, pull));
        }
        for number in 0..pushes {
            let place = Arc::clone(&self);
            let push = async move {
                let blob = [number.to_le_bytes(); 1024].concat();
                let pushed = place.push(source(2, number), &format!("pushed-{number}"), &blob).await;
                pushed.map_or_else(|status| status, |_| 201)
            };
            tasks.spawn(timeout(LIMIT, push));
        }
        let mut statuses = BTreeMap::new();
        for status in tasks.join_all().await {
            *statuses.entry(status.unwrap_or(0)).or_default() += 1;
        }
        statuses
    }

    /// One slow client, which comes again when it is ended, until it is told to stop.
    async fn slow(self: Arc<Self>, number: usize, arrived: Arc<AtomicUsize>, mut stopped: watch::Receiver<bool>) {
        let mut is_first = true;
        let again = async {
            loop {
                // Whoever could not connect tries again, as after an end.
                let _ = self
                    .slowly(number, || {
                        if std::mem::take(&mut is_first) {
                            arrived.fetch_add(1, Ordering::Relaxed);
                        }
                    })
                    .await;
            }
        };
        tokio::select! {
            () = again => {}
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
    }

    async fn slowly(&self, number: usize, there: impl FnOnce()) -> io::Result<()> {
        let mut wire = Wire::open(self.port, source(1, number)).await?;
        let lines = &self.authorization;
        let (head, dribbles) = match number % 3 {
            0 => ("GET /v2/ HTTP/1.1\r\nX: ".to_owned(), true),
            1 => {
                let target = format!(
                    "/v2/myregistry/crowd/blobs/uploads/?digest={}",
                    digest(&number.to_le_bytes())
                );
                (
                    format!("POST {target} HTTP/1.1\r\nHost: localhost\r\n{lines}Content-Length: 1000000\r\n\r\n"),
                    true,
                )
            }
            _ => {
                let target = format!("/v2/myregistry/crowd/blobs/{}", self.large);
                (
                    format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n"),
                    false,
                )
            }
        };
        wire.send(head).await?;
        there();
        if !dribbles {
            // Nothing is read, for longer than the server lets anybody do that.
            return timeout(LIMIT, wire.reset()).await.map_err(io::Error::other)?;
        }
        while timeout(DRIBBLE, wire.answer()).await.is_err() {
            wire.send("x").await?;
        }
        Ok(())
    }

    /// How long the slowest in a hundred of the others' requests takes while `meanwhile` runs. Each is a thread, so that the crowd's own tasks do not stand in
    /// its way.
    fn others(self: &Arc<Self>, meanwhile: impl FnOnce()) -> Duration {
        let done = AtomicBool::new(false);
        let times = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for _ in 0..OTHERS {
                scope.spawn(|| {
                    let own = self.other(&done);
                    times.lock().unwrap_or_else(PoisonError::into_inner).extend(own);
                });
            }
            meanwhile();
            done.store(true, Ordering::Relaxed);
        });
        let mut times = times.into_inner().unwrap_or_else(PoisonError::into_inner);
        times.sort_unstable();
        times[times.len() * 99 / 100]
    }

    fn other(&self, done: &AtomicBool) -> Vec<Duration> {
        let mut stream =
            TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))).expect("the others connect");
        stream.set_read_timeout(Some(LIMIT)).expect("a limit can be set");
        let request = format!(
            "GET /v2/myregistry/crowd/manifests/common HTTP/1.1\r\nHost: localhost\r\n{}\r\n",
            self.authorization
        );
        let mut times = Vec::new();
        let mut buffer = [0; 16 * 1024];
        while !done.load(Ordering::Relaxed) {
            let began = Instant::now();
            stream.write_all(request.as_bytes()).expect("the others are served");
            let mut seen = 0;
            // The manifest's last key is the only one whose value ends it so.
            while !buffer[..seen].ends_with(b":2}") {
                let bytes = stream.read(&mut buffer[seen..]).expect("the others are answered");
                assert!(bytes > 0, "the others' connections stay open");
                seen += bytes;
                let said = String::from_utf8_lossy(&buffer[..seen]);
                assert!(
                    seen < 13 || said.starts_with("HTTP/1.1 200 "),
                    "the others are served: {said}"
                );
            }
            times.push(began.elapsed());
        }
        times
    }
}

fn expect<T>(status: u16, wanted: u16, value: T) -> Result<T, u16> {
    if status == wanted { Ok(value) } else { Err(status) }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [alone, slow, all] = self.others_p99;
        writeln!(
            f,
            "statuses of pushes (201) and pulls (200): {:?}, in {:.1?}",
            self.statuses, self.took
        )?;
        writeln!(
            f,
            "p99 of the others: {alone:.2?} without the crowd, {slow:.2?} among the slow, {all:.2?} among all"
        )?;
        let [alone, slow, all] = self.peak_mebibytes;
        write!(
            f,
            "memory at its peak: {alone} MiB without the crowd, {slow} among the slow, {all} among all"
        )
    }
}
