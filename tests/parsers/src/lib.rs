//! What must be true of every parser of untrusted input, for any input whatever.
//!
//! Each property takes bytes and panics where the parser does something that it must not: not only a panic of its own, but accepting what the grammar
//! does not, or reading back something else than was read. The fuzz targets in `fuzz/` call these functions with bytes that they invent
//! (`scripts/fuzz`); the test beside them calls them with the inputs that fuzzing found worth keeping (`fuzz/corpus`).
//!
//! The grammars are written here a second time, in another way than the parsers do it.

mod content;
mod grammar;
mod lists;
mod paths;
mod tokens;

/// A property of a parser, by the name of its corpus.
pub type Property = (&'static str, fn(&[u8]));

/// All of them.
pub const PROPERTIES: &[Property] = &[
    ("v2_path", paths::v2_path),
    ("digest", paths::digest),
    ("range", paths::range),
    ("content_range", paths::content_range),
    ("scope", tokens::scope),
    ("authorization", tokens::authorization),
    ("token", tokens::token),
    ("manifest", content::manifest),
    ("index", content::index),
    ("cursor", lists::cursor),
    ("link", lists::link),
];

/// The property of that name.
///
/// # Panics
/// When there is none.
pub fn property(name: &str) -> fn(&[u8]) {
    let found = PROPERTIES.iter().find(|(known, _)| *known == name);
    let (_, check) = found.unwrap_or_else(|| panic!("no parser is called {name}"));
    *check
}
