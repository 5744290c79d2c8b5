//! What can go wrong with a directory.

use wharf_types::ldap::InvalidLdapSettings;

/// Why a directory gave no answer to a question: nothing about whoever asked. Each text says what to look at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LdapError {
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] InvalidLdapSettings),
    /// A filter is none.
    #[error("{0} is no filter (RFC 4515)")]
    Filter(String),
    /// The host's name leads nowhere.
    #[error("{url}: the name of the host cannot be resolved: {reason}")]
    Name {
        /// The address that was tried.
        url: String,
        /// What the resolver said.
        reason: String,
    },
    /// Nothing listens there, or nothing leads there.
    #[error("{url} cannot be connected to: {reason}")]
    Unreachable {
        /// The address that was tried.
        url: String,
        /// What the system said.
        reason: String,
    },
    /// It takes no StartTLS.
    #[error("{url} takes no StartTLS: {reason}")]
    StartTls {
        /// The address that was tried.
        url: String,
        /// What it answered.
        reason: String,
    },
    /// Its certificate is not one to believe.
    #[error("{url} shows a certificate that is not trusted: {reason}")]
    Certificate {
        /// The address that was tried.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no TLS with it.
    #[error("{url} speaks no TLS that can be used: {reason}")]
    Tls {
        /// The address that was tried.
        url: String,
        /// What failed.
        reason: String,
    },
    /// No answer in time.
    #[error("{0} did not answer in time")]
    TimedOut(String),
    /// The account that looks people up is refused.
    #[error("the bind DN or its password is not right: {0}")]
    ServiceAccount(String),
    /// There is no entry at one of the bases, or none that the account may see.
    #[error("{what} {dn} was not found: there is no such entry, or the bind account may not see it")]
    Base {
        /// Which base.
        what: &'static str,
        /// Its name.
        dn: String,
    },
    /// A person's entry does not say what is needed of it.
    #[error("the entry {dn} has no usable {attribute}: it is missing, or the bind account may not read it")]
    Attribute {
        /// The entry.
        dn: String,
        /// What is needed.
        attribute: String,
    },
    /// It answered that it cannot.
    #[error("the directory answered {step} with code {code}: {text}")]
    Answered {
        /// What was asked.
        step: &'static str,
        /// RFC 4511 §4.1.9.
        code: u32,
        /// What it said.
        text: String,
    },
    /// What came back is no LDAP, is too long, or ended too early.
    #[error("{0} answered with something that cannot be read")]
    Garbage(String),
}

/// Why somebody may not sign in. For the log and for whoever tries a provider: the person gets one answer to all of them (rule 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LdapRefusal {
    /// No entry matches.
    #[error("no entry matches")]
    Unknown,
    /// Several entries match: which one is meant cannot be known.
    #[error("more than one entry matches")]
    Several,
    /// The password is wrong, has ended, or the account is locked.
    #[error("the directory refused name and password")]
    Password,
    /// The account is switched off.
    #[error("the account is switched off in the directory")]
    Disabled,
}
