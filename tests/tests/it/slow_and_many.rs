//! Slow and many (docs/operate/reliability.md): clients that dribble, never read, or come all at once cost nobody else anything.

use std::time::Duration;

use wharf_tests::{Crowd, Found, Options, World};

fn run(crowd: Crowd) -> Found {
    let world = World::new(Options::default());
    let found = crowd.on(&world.wharf, &world.admins()[0]);
    let served = [(200, crowd.pulls), (201, crowd.pushes)].into();
    assert_eq!(found.statuses, served, "every push and every pull is served: {found}");
    assert!(world.wharf.ready(), "and the server goes on");
    found
}

#[test]
fn a_crowd_is_served_beside_slow_clients() {
    let found = run(Crowd {
        slow: 300,
        pushes: 200,
        pulls: 1000,
        look: Duration::from_secs(3),
    });
    // The build of the tests is a slow one, and others test at the same time: what is seen here is that nobody hangs. The full form measures.
    let [_, slow, all] = found.others_p99;
    assert!(slow < Duration::from_secs(1) && all < Duration::from_secs(5), "{found}");
    assert!(found.peak_mebibytes[2] < 768, "{found}");
}

#[test]
#[ignore = "the full form, run by scripts/trial slow-and-many"]
fn a_large_crowd_is_served_beside_thousands_of_slow_clients() {
    let found = run(Crowd {
        slow: 5000,
        pushes: 3000,
        pulls: 10_000,
        look: Duration::from_secs(20),
    });
    println!("{found}");
    let [alone, slow, _] = found.others_p99;
    assert!(slow <= 2 * alone, "the slow at most double what others wait: {found}");
}
