//! An installation on this host: its configuration, its data folder, and opening it.

mod config;
mod data;
mod open;

pub(crate) use config::{Config, LogFormat, TlsSource};
pub(crate) use data::DataFolder;
pub(crate) use open::{open, plain};
