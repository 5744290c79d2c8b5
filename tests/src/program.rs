//! Where the programs under test are. Absence is a failure that says what to install, never a skip.

use std::{
    env,
    path::{Path, PathBuf},
};

/// A program of a Debian package. Debian's own copy is preferred to any other on the `PATH`.
#[must_use]
pub fn debian(name: &str, package: &str) -> PathBuf {
    let folders = ["/usr/bin", "/usr/sbin"]
        .map(PathBuf::from)
        .into_iter()
        .chain(search_path());
    find(name, folders)
        .unwrap_or_else(|| panic!("`{name}` is missing: apt-get install {package}, or run scripts/install-test-tools"))
}

/// Where `scripts/install-test-tools` keeps what only the tests need.
#[must_use]
pub fn tools() -> PathBuf {
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".cache")));
    env::var_os("WHARF_TEST_TOOLS")
        .map(PathBuf::from)
        .or_else(|| cache.map(|cache| cache.join("wharf-test")))
        .unwrap_or_default()
}

/// A client that `scripts/install-test-tools` builds with Go.
#[must_use]
pub fn go(name: &str) -> PathBuf {
    let folders = std::iter::once(tools().join("bin")).chain(search_path());
    find(name, folders).unwrap_or_else(|| panic!("`{name}` is missing: run scripts/install-test-tools"))
}

/// The folder of a client that `scripts/install-test-tools` installs with npm.
#[must_use]
pub fn node_package(name: &str) -> PathBuf {
    let folder = tools().join(name);
    assert!(
        folder.join("node_modules").is_dir(),
        "`{name}` is missing: run scripts/install-test-tools"
    );
    folder
}

/// The Keycloak that `scripts/install-test-tools` unpacks and prepares.
#[must_use]
pub fn keycloak() -> PathBuf {
    let folder = tools().join("keycloak");
    assert!(
        folder.join(".pins").is_file(),
        "Keycloak is missing: run scripts/install-test-tools"
    );
    folder
}

/// A program on the `PATH`, and what to do where it is not.
#[must_use]
pub fn search(name: &str, remedy: &str) -> PathBuf {
    find(name, search_path()).unwrap_or_else(|| panic!("`{name}` is missing: {remedy}"))
}

/// The `wharf` binary of the same build as the running program, or the one that `WHARF_BIN` names.
#[must_use]
pub fn wharf() -> PathBuf {
    if let Some(path) = env::var_os("WHARF_BIN") {
        return path.into();
    }
    // target/debug/deps/it-0123 and target/debug/wharf-perf → target/debug/wharf
    let running = env::current_exe().expect("the running program has a path");
    let folders = running.ancestors().skip(1).take(2);
    let binary = folders.map(|folder| folder.join("wharf")).find(|path| path.is_file());
    binary.unwrap_or_else(|| panic!("wharf is missing beside {}: cargo build", running.display()))
}

fn search_path() -> Vec<PathBuf> {
    env::var_os("PATH")
        .map(|path| env::split_paths(&path).collect())
        .unwrap_or_default()
}

fn find(name: &str, folders: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    folders
        .into_iter()
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}
