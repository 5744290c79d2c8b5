//! Paths of the resource manager and the graph: segments, decoded, compared without regard to case where they are keywords.

use http::Method;
use percent_encoding::percent_decode_str;

/// A path that names nothing of the surface, or not for that method.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RouteError {
    /// No such path.
    #[error("the path names nothing that this server has")]
    Unknown,
    /// The path exists for other methods.
    #[error("this path accepts {}", .0.join(", "))]
    Method(Vec<&'static str>),
    /// A part of it is not what it has to be.
    #[error("{message}")]
    Invalid {
        /// The resource manager's code.
        code: &'static str,
        /// What it has to be.
        message: String,
    },
}

/// The decoded segments. Empty ones are left out: `az` doubles slashes when the address that it was given ends with one. Nothing when a segment would
/// not be one if it were written plainly, such as an encoded slash (rule 42).
pub(crate) fn segments(path: &str) -> Option<Vec<String>> {
    let decode = |segment: &str| {
        let text = percent_decode_str(segment).decode_utf8().ok()?.into_owned();
        let plain = !text.contains('/') && !text.chars().any(char::is_control) && !matches!(text.as_str(), "." | "..");
        plain.then_some(text)
    };
    path.split('/')
        .filter(|segment| !segment.is_empty())
        .map(decode)
        .collect()
}

/// A part of the path as its type; `code` is the resource manager's word for one that is not.
pub(crate) fn part<T: std::str::FromStr>(text: &str, code: &'static str) -> Result<T, RouteError>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error| RouteError::Invalid {
        code,
        message: format!("'{text}': {error}"),
    })
}

const METHODS: [Method; 6] = [
    Method::GET,
    Method::HEAD,
    Method::PUT,
    Method::POST,
    Method::PATCH,
    Method::DELETE,
];

/// The operation of a method and a path. `find` knows the pairs; for a path that it knows with other methods the answer says which.
pub(crate) fn find<T>(
    method: &Method,
    find: impl Fn(&Method) -> Result<Option<T>, RouteError>,
) -> Result<T, RouteError> {
    if let Some(found) = find(method)? {
        return Ok(found);
    }
    let names = ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"];
    let known = METHODS
        .iter()
        .zip(names)
        .filter(|(other, _)| matches!(find(other), Ok(Some(_))));
    let known: Vec<_> = known.map(|(_, name)| name).collect();
    Err(if known.is_empty() {
        RouteError::Unknown
    } else {
        RouteError::Method(known)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubled_slashes_are_one_and_encoded_ones_are_none() {
        assert_eq!(segments("//a///b%20c/").unwrap(), ["a", "b c"]);
        for path in ["/a%2fb", "/a/%2e%2e/b", "/..", "/a%00", "/%ff"] {
            assert_eq!(segments(path), None, "{path}");
        }
    }

    #[test]
    fn a_path_that_other_methods_have_says_which() {
        let known = |method: &Method| Ok(matches!(*method, Method::GET | Method::PUT).then_some(()));
        assert_eq!(find(&Method::POST, known), Err(RouteError::Method(vec!["GET", "PUT"])));
        assert_eq!(find(&Method::POST, |_| Ok(None::<()>)), Err(RouteError::Unknown));
    }
}
