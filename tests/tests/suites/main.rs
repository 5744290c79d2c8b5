//! The OCI's own conformance suites against the real program. Run by `scripts/conformance`, which gets the suites first; `tests/it/conformance` holds our own
//! specifications of the same, which need nothing from elsewhere.

use std::fs;

use tempfile::TempDir;
use wharf_tests::{Options, Ran, Run, World, go};

/// A suite's name and settings, in a folder of its own for what it writes.
fn run(program: &str, settings: &[(&str, &str)]) -> (Ran, TempDir) {
    let world = World::new(Options::default().sparse_images());
    let (endpoint, admin) = (world.endpoint(), &world.admins()[0]);
    let folder = TempDir::with_prefix("wharf-suite-").expect("a temporary folder can be made");
    let repository = |name: &str| format!("{}conformance/{name}", endpoint.prefix);
    let mut run = Run::new(go(program)).folder(folder.path()).limit_seconds(600);
    for (name, value) in [
        ("OCI_REGISTRY", endpoint.host.as_str()),
        ("OCI_TLS", "disabled"),
        ("OCI_REPO1", &repository("one")),
        ("OCI_REPO2", &repository("two")),
        ("OCI_ROOT_URL", &world.wharf.url()),
        ("OCI_NAMESPACE", &repository("one")),
        ("OCI_CROSSMOUNT_NAMESPACE", &repository("two")),
        ("OCI_USERNAME", &admin.name),
        ("OCI_PASSWORD", &admin.password),
        ("OCI_RESULTS_DIR", "."),
    ] {
        run = run.env(name, value);
    }
    for (name, value) in settings {
        run = run.env(name, value);
    }
    (run.go(), folder)
}

/// Failures and skips, as the suite's JUnit report counts them. A count of nothing is left out there.
fn counts(ran: &Ran, folder: &TempDir) -> (u32, u32) {
    let report = fs::read_to_string(folder.path().join("junit.xml"));
    let report = report.unwrap_or_else(|error| panic!("the suite wrote no report: {error}\n{ran}"));
    let (_, rest) = report.split_once("<testsuites").expect("a report of suites");
    let (head, _) = rest.split_once('>').expect("a tag ends");
    let count = |name: &str| {
        let text = head.split_once(&format!(" {name}=\"")).map_or("0", |(_, rest)| rest);
        let text = text.split('"').next().unwrap_or("");
        text.parse::<u32>()
            .unwrap_or_else(|error| panic!("{name} is {text:?}: {error}"))
    };
    assert!(count("tests") > 500, "the suite ran {} tests:\n{ran}", count("tests"));
    (count("failures") + count("errors"), count("skipped"))
}

const STRICT: [(&str, &str); 4] = [
    ("OCI_API_BLOBS_DIGEST_HEADER", "true"),
    ("OCI_API_MANIFESTS_DIGEST_HEADER", "true"),
    ("OCI_API_BLOBS_UPLOAD_CANCEL", "true"),
    ("OCI_DATA_SPARSE", "true"),
];

#[test]
fn version_1_1_holds_with_all_strict_switches() {
    for cached in ["true", "false"] {
        let settings = [&STRICT[..], &[("OCI_VERSION", "1.1"), ("OCI_CACHE_AUTH", cached)]].concat();
        let (ran, folder) = run("conformance", &settings);
        let (failures, skips) = counts(&ran, &folder);
        assert!(
            failures == 0 && skips <= 2,
            "{failures} failures, {skips} skips:\n{ran}"
        );
    }
}

#[test]
fn the_coming_version_holds() {
    let settings = [&STRICT[..], &[("OCI_VERSION", "dev")]].concat();
    let (ran, folder) = run("conformance", &settings);
    assert_eq!(counts(&ran, &folder).0, 0, "{ran}");
}

#[test]
fn the_older_suite_holds() {
    let all = ["PULL", "PUSH", "CONTENT_DISCOVERY", "CONTENT_MANAGEMENT"].map(|name| format!("OCI_TEST_{name}"));
    let mut settings: Vec<_> = all.iter().map(|name| (name.as_str(), "1")).collect();
    settings.extend([
        ("OCI_DELETE_MANIFEST_BEFORE_BLOBS", "1"),
        ("OCI_AUTOMATIC_CROSSMOUNT", "1"),
    ]);
    let (ran, _folder) = run("conformance-1.1.1.test", &settings);
    // `SUCCESS! -- 74 Passed | 0 Failed | 0 Pending | 5 Skipped`, with colours.
    let (_, summary) = ran
        .stdout
        .rsplit_once(" -- ")
        .unwrap_or_else(|| panic!("no summary: {ran}"));
    let count = |name: &str| {
        let before = summary.split(&format!(" {name}")).next().unwrap_or("");
        let text = before.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or("");
        text.parse::<u32>()
            .unwrap_or_else(|error| panic!("{name}: {error}\n{ran}"))
    };
    assert!(
        count("Failed") == 0 && count("Skipped") <= 5 && count("Passed") > 50,
        "{ran}"
    );
}
