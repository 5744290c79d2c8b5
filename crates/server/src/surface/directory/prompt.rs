//! What a client wants a person to be asked (OpenID Connect Core 1.0 §3.1.2.1).

use super::respond::Told;

/// The `prompt` parameter, read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Prompts {
    pub(super) none: bool,
    pub(super) login: bool,
    pub(super) consent: bool,
    pub(super) select_account: bool,
}

impl Prompts {
    pub(super) fn parse(text: &str) -> Result<Self, Told> {
        let mut prompts = Self::default();
        for word in text.split_ascii_whitespace() {
            match word {
                "none" => prompts.none = true,
                "login" => prompts.login = true,
                "consent" => prompts.consent = true,
                "select_account" => prompts.select_account = true,
                _ => {
                    let text = "prompt is none, or some of login, consent, select_account".to_owned();
                    return Err(Told("invalid_request", text));
                }
            }
        }
        if prompts.none && (prompts.login || prompts.consent || prompts.select_account) {
            return Err(Told("invalid_request", "prompt is none, or something else".to_owned()));
        }
        Ok(prompts)
    }

    /// What is still to be asked when somebody has signed in, or chosen who they are.
    pub(super) fn after_sign_in(self) -> Vec<&'static str> {
        if self.consent { vec!["consent"] } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_stands_alone() {
        let both = Prompts::parse("login  consent").ok().unwrap();
        assert_eq!((both.login, both.consent, both.none), (true, true, false));
        assert_eq!(both.after_sign_in(), ["consent"]);
        assert!(Prompts::parse("").ok().unwrap() == Prompts::default());
        for wrong in ["none login", "consent none", "create", "None"] {
            assert!(Prompts::parse(wrong).is_err(), "{wrong}");
        }
    }
}
