//! LDAP directories: a password that was typed into our own page is tried there, and whoever it lets in goes the road of every other provider.
//!
//! **Invariant:** a password of ours is never sent to a directory, and none of a directory's people is compared here: [`App::password_place`](crate::App) decides by the name alone.
//!
//! **Invariant:** a directory is asked only when our own throttle admits it, one password at a time of each account. That it does not answer is nobody's failure.

mod directories;
mod look;
mod sign_in;
mod trial;

pub(crate) use directories::Directories;
pub(crate) use sign_in::PasswordPlace;
