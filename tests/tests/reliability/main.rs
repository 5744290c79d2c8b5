//! Trials of what `wharf` promises: nothing that was acknowledged is lost, and nothing wrong is served, whatever happens to the process, the machine
//! and the disk.
//!
//! Each trial has a short form, which a test run does, and a full one (`scripts/trial NAME`); both print what they counted.
//! `docs/operate/reliability.md` says what was found.

mod check;
mod damage;
mod disk;
mod extent;
mod faults;
mod full;
mod http;
mod kill_inside;
mod kill_outside;
mod ledger;
mod power;
mod registers;
mod script;
mod server;
mod site;
