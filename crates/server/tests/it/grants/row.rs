//! A row of the table: a good request, one thing that is wrong with it, and what is answered.

/// What happens before the request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    Nothing,
    /// So many seconds pass.
    Wait(u64),
    /// It is sent as it would be good.
    Used,
    /// The person says no.
    Declined,
    /// Nobody has said anything yet.
    Undecided,
    /// The device asked a moment ago.
    Polled,
    /// The person may not sign in any more.
    Disabled,
    /// They took back what they agreed to.
    TakenBack,
    /// They signed out.
    SignedOut,
}

/// How the request comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Form,
    /// As JSON, and says so.
    Json,
    /// With a field of more than a megabyte.
    Large,
    /// Compressed, as it says.
    Compressed,
    /// By another method.
    Get,
    /// With name and secret in a header as well.
    Basic,
    /// With a wrong secret there.
    WrongBasic,
    /// With a bearer token.
    Bearer,
}

/// What is wrong, and what is answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) what: &'static str,
    pub(super) before: Before,
    pub(super) sent: Sent,
    /// Fields that are otherwise; an empty one is left out. `{name}` is what the world calls so.
    pub(super) fields: &'static [(&'static str, &'static str)],
    /// Fields that come twice.
    pub(super) twice: &'static str,
    /// The directory in the path.
    pub(super) tenant: &'static str,
    pub(super) status: u16,
    pub(super) error: &'static str,
    pub(super) number: u32,
    /// Whether it ends a session, which is written down.
    pub(super) ends: bool,
}

pub(super) const fn row(what: &'static str, status: u16, error: &'static str, number: u32) -> Row {
    Row {
        what,
        before: Before::Nothing,
        sent: Sent::Form,
        fields: &[],
        twice: "",
        tenant: "{tenant}",
        status,
        error,
        number,
        ends: false,
    }
}

/// As most are: 400.
pub(super) const fn bad(what: &'static str, error: &'static str, number: u32) -> Row {
    row(what, 400, error, number)
}

/// A request that lacks something, or has it twice.
pub(super) const fn malformed(what: &'static str) -> Row {
    bad(what, "invalid_request", 900_144)
}

/// A client that is not who it says.
pub(super) const fn stranger(what: &'static str, number: u32) -> Row {
    row(what, 401, "invalid_client", number)
}

impl Row {
    pub(super) const fn with(mut self, fields: &'static [(&'static str, &'static str)]) -> Self {
        self.fields = fields;
        self
    }

    pub(super) const fn twice(mut self, name: &'static str) -> Self {
        self.twice = name;
        self
    }

    pub(super) const fn after(mut self, before: Before) -> Self {
        self.before = before;
        self
    }

    pub(super) const fn sent(mut self, sent: Sent) -> Self {
        self.sent = sent;
        self
    }

    pub(super) const fn at(mut self, tenant: &'static str) -> Self {
        self.tenant = tenant;
        self
    }

    pub(super) const fn ends_a_session(mut self) -> Self {
        self.ends = true;
        self
    }
}
