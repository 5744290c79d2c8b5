//! What the documents say of tests is true.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The names of all functions of the project's Rust files.
fn functions() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut folders = ["crates", "tests", "fuzz"].map(|folder| root().join(folder)).to_vec();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder can be read").flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a file can be read");
                let name = |rest: &str| {
                    rest.split(|c: char| !c.is_alphanumeric() && c != '_')
                        .next()
                        .map(str::to_owned)
                };
                names.extend(text.split("fn ").skip(1).filter_map(name));
                // Cases of the storage contract and the conformance suite are made by macros of their names.
            }
        }
    }
    names
}

/// What a cell calls a test: names in small letters with several words. One that ends in `…` is the beginning of a name.
fn tests_of(cell: &str) -> impl Iterator<Item = &str> {
    let is_name = |text: &&str| {
        let plain = text.trim_end_matches('…');
        plain.matches('_').count() > 1
            && plain
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    cell.split('`').skip(1).step_by(2).filter(is_name)
}

/// The rules that a row is about: `13 to 15`, `5, 6 for people: …`.
fn rules_of(cell: &str) -> BTreeSet<u32> {
    let head: Vec<&str> = cell
        .split_whitespace()
        .take_while(|word| *word == "to" || word.trim_end_matches([',', ':']).parse::<u32>().is_ok())
        .map(|word| word.trim_end_matches([',', ':']))
        .collect();
    let mut rules = BTreeSet::new();
    for (at, word) in head.iter().enumerate() {
        match word.parse::<u32>() {
            Ok(number) => drop(rules.insert(number)),
            Err(_) => {
                let bound = |word: Option<&&str>| word.and_then(|word| word.parse::<u32>().ok());
                if let (Some(from), Some(to)) = (bound(head.get(at.wrapping_sub(1))), bound(head.get(at + 1))) {
                    rules.extend(from..=to);
                }
            }
        }
    }
    rules
}

#[test]
fn every_rule_of_sign_in_and_tokens_names_a_test_and_the_tests_exist() {
    let document = fs::read_to_string(root().join("docs/develop/security.md")).expect("the document is there");
    let known = functions();
    let (mut kept, mut missing) = (BTreeSet::new(), Vec::new());
    for row in document.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, rule, _, shown, _] = cells[..] else {
            panic!("a row has three cells: {row}");
        };
        for test in tests_of(shown) {
            kept.extend(rules_of(rule));
            let found = match test.strip_suffix('…') {
                Some(start) => known
                    .range(start.to_owned()..)
                    .next()
                    .is_some_and(|name| name.starts_with(start)),
                None => known.contains(test),
            };
            if !found {
                missing.push(test);
            }
        }
    }
    assert!(missing.is_empty(), "there are no tests {missing:?}");
    let bare: Vec<u32> = (1..=28).filter(|rule| !kept.contains(rule)).collect();
    assert!(bare.is_empty(), "no test is named for the rules {bare:?}");
}
