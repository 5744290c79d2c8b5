//! The server's life: start, stop, crash, restart, a full disk; on both metadata engines.

use std::{fs, path::Path, thread, time::Duration};

use wharf_tests::{
    Client, Crane, Layout, Options, Request, Role, Run, Wharf, World, digest, eventually, free_port, wharf,
};

const ENGINES: [fn(Options) -> Options; 2] = [|options| options, Options::postgres];

/// Bytes below a folder.
fn size(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let of = |entry: fs::DirEntry| match entry.metadata() {
        Ok(about) if about.is_dir() => size(&entry.path()),
        Ok(about) => about.len(),
        // It may be gone by now.
        Err(_) => 0,
    };
    entries.flatten().map(of).sum()
}

#[test]
fn it_is_ready_once_it_serves_and_ends_with_0_on_sigterm() {
    for engine in ENGINES {
        let mut wharf = engine(Options::default()).start();
        assert!(wharf.ready());
        let status = wharf.stop();
        assert!(status.success(), "{status}:\n{}", wharf.log());
        assert!(!wharf.ready());
    }
}

#[test]
fn what_was_pushed_and_granted_is_there_after_a_crash() {
    for engine in ENGINES {
        let mut world = World::new(engine(Options::default()));
        let robot = world.new_principal(Some(Role::AcrPush));
        Crane::signed_in(&world.endpoint(), &robot).push("web:1.0.0").ok();
        world.wharf.kill();
        world.wharf.start_again();
        let crane = Crane::signed_in(&world.endpoint(), &robot);
        crane.pull("web:1.0.0").ok();
        crane.push("web:2.0.0").ok();
        world.owner.run("acr show -n myregistry").ok();
    }
}

#[test]
fn a_push_that_a_crash_cut_off_succeeds_when_it_is_repeated() {
    let mut world = World::new(Options::default());
    let admin = world.admins()[0].clone();
    let layout = Layout::big(48);
    let image = world.endpoint().image("web:1.0.0");
    let push = || {
        let crane = Crane::signed_in(&world.endpoint(), &admin);
        crane.command().arg("push").arg(layout.path()).arg(&image).go()
    };
    let before = size(&world.wharf.data());
    thread::scope(|scope| {
        let cut = scope.spawn(push);
        let arrived = || size(&world.wharf.data()) > before + 4 * 1024 * 1024;
        eventually("a part of the layer has arrived", Duration::from_secs(30), || {
            arrived() || cut.is_finished()
        });
        world.wharf.signal(rustix::process::Signal::KILL);
        // The client may try again for a while by itself, and must then give up, because nothing listens.
        cut.join().expect("the client ends").fails();
    });
    world.wharf.wait();
    world.wharf.start_again();
    let crane = Crane::signed_in(&world.endpoint(), &admin);
    crane.pull("web:1.0.0").fails();
    crane.command().arg("push").arg(layout.path()).arg(&image).go().ok();
    crane.run(&format!("validate --remote {image}")).ok();
}

#[test]
fn an_upload_goes_on_after_a_crash_where_it_was() {
    for engine in ENGINES {
        let mut world = World::new(engine(Options::default()));
        let admin = world.admins()[0].clone();
        let base = world.wharf.url();
        let send = |method: &str, location: &str, body: &[u8]| {
            let url = if location.starts_with('/') {
                format!("{base}{location}")
            } else {
                location.to_owned()
            };
            let request = Request::new(method, url).basic(&admin.name, &admin.password);
            let reply = request
                .header("Content-Type", "application/octet-stream")
                .body(body)
                .send()
                .expect("the server answers");
            assert!(reply.status < 300, "{method} {location}: {reply:?}");
            reply
        };
        let location =
            |reply: &wharf_tests::Reply| reply.header("location").expect("an upload has a location").to_owned();

        let blob = [
            b"a part that arrives before the crash, ".as_slice(),
            b"and one after it",
        ];
        let started = send("POST", "/v2/myregistry/web/blobs/uploads/", b"");
        let half = send("PATCH", &location(&started), blob[0]);
        world.wharf.kill();
        world.wharf.start_again();

        let state = send("GET", &location(&half), b"");
        assert_eq!(state.header("range"), Some(format!("0-{}", blob[0].len() - 1).as_str()));
        let whole = location(&send("PATCH", &location(&half), blob[1]));
        let digest = digest(&blob.concat());
        let and = if whole.contains('?') { '&' } else { '?' };
        send("PUT", &format!("{whole}{and}digest={digest}"), b"");
        let read = send("GET", &format!("/v2/myregistry/web/blobs/{digest}"), b"");
        assert_eq!(read.body.as_bytes(), blob.concat());
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let first = Wharf::start();
    let other = tempfile::tempdir().expect("a temporary folder can be made");
    let second = Run::new(wharf())
        .words("serve --domain wharf.test --listen")
        .arg(format!("127.0.0.1:{}", first.port()));
    let ran = second
        .arg("--data")
        .arg(other.path())
        .env("HOME", other.path())
        .go()
        .fails();
    ran.says(&first.port().to_string()).says("in use");
}

#[test]
fn a_data_folder_serves_one_process_at_a_time() {
    let first = Wharf::start();
    let second = Run::new(wharf())
        .words("serve --domain wharf.test --listen")
        .arg(format!("127.0.0.1:{}", free_port()));
    let ran = second
        .arg("--data")
        .arg(first.data())
        .env("HOME", first.data())
        .go()
        .fails();
    ran.says("in use").says(&first.data().display().to_string());
    assert!(first.ready(), "the first one goes on");
}

#[test]
fn there_is_one_first_owner() {
    let wharf = Wharf::start();
    let first = wharf.bootstrap();
    for key in ["tenant", "subscription", "appId", "password"] {
        assert!(first[key].is_string(), "no {key} in {first}");
    }
    wharf
        .admin("bootstrap -o json")
        .fails()
        .says("owner")
        .never_says("\"password\"");
}

#[test]
fn a_disk_that_is_full_refuses_the_push_and_nothing_else() {
    let world = World::new(Options::default().disk(48));
    let crane = Crane::signed_in(&world.endpoint(), &world.admins()[0]);
    crane.push("small:1.0.0").ok();
    let image = world.endpoint().image("large:1.0.0");
    let layout = Layout::big(64);
    crane.command().arg("push").arg(layout.path()).arg(&image).go().fails();
    assert!(world.wharf.ready());
    crane.pull("small:1.0.0").ok();
    // What the refused push had written is given back.
    crane.push("small:2.0.0").ok();
}
