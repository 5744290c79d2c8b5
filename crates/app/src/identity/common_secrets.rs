//! Secrets that everybody would try first (rule 1).

/// The shortest secret that somebody may choose, in characters: it is the only factor.
pub(crate) const MIN_CHARACTERS: usize = 15;
/// The longest one, in bytes, checked before anything is hashed.
pub(crate) const MAX_BYTES: usize = 1024;

/// Beginnings that lists of leaked passwords are full of; whatever is little more than one of them, or several in a row, is refused.
const WORDS: &[&str] = &[
    "password",
    "passw0rd",
    "p@ssword",
    "p@ssw0rd",
    "letmein",
    "welcome",
    "qwerty",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "iloveyou",
    "monkey",
    "dragon",
    "football",
    "baseball",
    "sunshine",
    "princess",
    "superman",
    "batman",
    "master",
    "shadow",
    "admin",
    "administrator",
    "root",
    "secret",
    "changeme",
    "default",
    "login",
    "test",
    "testing",
    "guest",
    "user",
    "abc",
    "abcdef",
    "abcdefgh",
    "trustno",
    "starwars",
    "whatever",
    "hello",
    "correcthorsebatterystaple",
    "docker",
    "registry",
    "container",
    "wharf",
    "azure",
    "acr",
    "contoso",
    "company",
    "summer",
    "winter",
    "spring",
    "autumn",
];

/// The shortest password of a person, in characters: it is one of two factors.
pub(crate) const MIN_PASSWORD_CHARACTERS: usize = 8;

/// Why a person's password is not good enough; nothing when it is. `context` is what somebody who knows them would try.
pub(crate) fn password_weakness(password: &str, context: &[&str]) -> Option<&'static str> {
    if password.len() > MAX_BYTES {
        return Some("a password has at most 1,024 bytes");
    }
    if password.chars().count() < MIN_PASSWORD_CHARACTERS {
        return Some("a password has 8 characters or more: several words are easy to keep in mind");
    }
    if is_common(&folded(password), context) {
        return Some(
            "this password is one of those that others would try first: choose another, such as several words",
        );
    }
    None
}

/// Why a chosen secret is not good enough; nothing when it is.
pub(crate) fn weakness(secret: &str, context: &[&str]) -> Option<&'static str> {
    if secret.len() > MAX_BYTES {
        return Some("a secret has at most 1024 bytes");
    }
    if secret.chars().count() < MIN_CHARACTERS {
        return Some("a secret that you choose needs 15 characters or more: leave it out, and a random one is made");
    }
    if is_common(&folded(secret), context) {
        return Some("this secret is on the list of common ones: leave it out, and a random one is made");
    }
    None
}

fn folded(secret: &str) -> String {
    secret
        .chars()
        .filter(|c| c.is_alphanumeric() || *c == '@')
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether nothing is left after known words, runs of digits and repeated characters are taken out.
fn is_common(secret: &str, context: &[&str]) -> bool {
    let known = |rest: &str| {
        let context = context.iter().map(|word| folded(word)).filter(|word| word.len() >= 3);
        let words = WORDS.iter().map(|word| (*word).to_owned()).chain(context);
        words
            .filter(|word| rest.starts_with(word.as_str()))
            .map(|word| word.len())
            .max()
    };
    let mut rest = secret;
    let mut strange = 0;
    while let Some(first) = rest.chars().next() {
        let run = rest.chars().take_while(|c| *c == first).count() * first.len_utf8();
        let digits = rest.chars().take_while(char::is_ascii_digit).count();
        let length = known(rest)
            .unwrap_or(0)
            .max(digits)
            .max(if run > 2 * first.len_utf8() { run } else { 0 });
        if length == 0 {
            strange += 1;
        }
        rest = &rest[length.max(first.len_utf8())..];
    }
    strange <= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_long_and_common_secrets_are_refused() {
        for secret in [
            "",
            "short",
            "fourteen chars",
            "password12345678",
            "PasswordPassword1!",
            "111111111111111",
            "123456789012345678",
            "aaaaaaaaaaaaaaaaaaaa",
            "Welcome2Contoso2026!",
            "correct horse battery staple",
            &"x".repeat(1025),
        ] {
            assert!(weakness(secret, &[]).is_some(), "{secret}");
        }
        assert!(weakness("deploy-bot-deploy-bot", &["deploy", "bot"]).is_some());
    }

    #[test]
    fn a_long_secret_of_any_characters_is_accepted() {
        for secret in [
            "violet tangent harbour 9",
            "ünïcödé ist auch erlaubt",
            &"long and odd ".repeat(10),
            "gT7#kP2!vX9$mQ4z",
        ] {
            assert_eq!(weakness(secret, &[]), None, "{secret}");
        }
    }
}
