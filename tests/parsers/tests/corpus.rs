//! What fuzzing found worth keeping, checked with every test run.

use std::fs;
use std::path::Path;

use wharf_parsers::PROPERTIES;

fn folder(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz").join(name)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("an entry can be read")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn every_parser_keeps_its_properties_on_its_corpus() {
    for (name, check) in PROPERTIES {
        let corpus = folder("corpus").join(name);
        let inputs = names(&corpus);
        assert!(inputs.len() > 3, "{name} has no corpus");
        for input in inputs {
            check(&fs::read(corpus.join(input)).unwrap());
        }
    }
}

#[test]
fn every_parser_has_a_fuzz_target_and_a_corpus() {
    let mut expected: Vec<String> = PROPERTIES.iter().map(|(name, _)| (*name).to_owned()).collect();
    expected.sort();
    assert_eq!(names(&folder("corpus")), expected);
    let targets: Vec<String> = expected.iter().map(|name| format!("{name}.rs")).collect();
    assert_eq!(names(&folder("fuzz_targets")), targets);
}
