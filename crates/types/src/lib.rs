//! types

pub mod arm;
pub mod graph;
