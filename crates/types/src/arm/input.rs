//! Reading a request body: bounded by the caller, strict about what it does not know.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// A request body that is read with [`parse`].
pub trait InputBody: DeserializeOwned {
    /// Dotted paths of fields that an answer shows but a request cannot set. They are dropped before reading, as the
    /// resource manager does: clients that read, change one thing and write the whole object back send them.
    const READ_ONLY: &'static [&'static str];
}

/// Why a request body was not accepted. The text is for the caller: it names the field.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// Not JSON, or not of the expected shape.
    #[error("The request content was invalid and could not be deserialized: {0}.")]
    Invalid(#[from] serde_json::Error),
}

/// Reads a request body. An empty one reads as `{}`: several operations take an optional body.
///
/// # Errors
/// [`InputError::Invalid`] for malformed JSON, a wrong type, a missing required field or an unknown field.
pub fn parse<T: InputBody>(body: &[u8]) -> Result<T, InputError> {
    let mut value = if body.iter().all(u8::is_ascii_whitespace) {
        Value::Object(serde_json::Map::new())
    } else {
        serde_json::from_slice(body)?
    };
    for path in T::READ_ONLY {
        remove(&mut value, path);
    }
    Ok(serde_json::from_value(value)?)
}

fn remove(value: &mut Value, path: &str) {
    let Some(object) = value.as_object_mut() else { return };
    match path.split_once('.') {
        None => {
            object.remove(path);
        }
        Some((head, tail)) => {
            if let Some(inner) = object.get_mut(head) {
                remove(inner, tail);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[serde(default)]
        size: u8,
    }

    impl InputBody for Body {
        const READ_ONLY: &'static [&'static str] = &["id", "size.x"];
    }

    #[test]
    fn read_only_fields_are_ignored_and_unknown_ones_are_named() {
        assert_eq!(parse::<Body>(br#"{"id":"/x","size":3}"#).unwrap().size, 3);
        let error = parse::<Body>(br#"{"colour":1}"#).unwrap_err().to_string();
        assert!(error.contains("unknown field `colour`"), "{error}");
    }

    #[test]
    fn an_empty_body_is_an_empty_object() {
        assert_eq!(parse::<Body>(b"").unwrap().size, 0);
        assert!(parse::<Body>(b"[").is_err());
    }
}
