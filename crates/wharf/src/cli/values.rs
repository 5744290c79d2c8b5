//! Values of flags that several commands share.

use std::str::FromStr;

use time::{Date, OffsetDateTime, Time, format_description::well_known::Rfc3339, macros::format_description};
use wharf_types::arm::Tags;

/// `true` or `false`; alone, the flag means true. `az` takes several spellings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Toggle(pub(crate) bool);

impl FromStr for Toggle {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "1" | "on" => Ok(Self(true)),
            "false" | "f" | "no" | "n" | "0" | "off" => Ok(Self(false)),
            _ => Err("true or false is expected".to_owned()),
        }
    }
}

/// A location: the short name, or the one for people, which is the same with blanks and capitals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Location(pub(crate) String);

impl FromStr for Location {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.replace(' ', "").to_lowercase();
        if name.is_empty() {
            Err("a location has a name".to_owned())
        } else {
            Ok(Self(name))
        }
    }
}

/// One `name=value`, or nothing: `--tags ""` removes all tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TagList(Option<(String, String)>);

impl FromStr for TagList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        if name.is_empty() {
            Err("a tag is name=value".to_owned())
        } else {
            Ok(Self(Some((name.into(), value.into()))))
        }
    }
}

impl TagList {
    /// The tags of a flag that was given.
    pub(crate) fn tags(given: Option<Vec<Self>>) -> Option<Tags> {
        given.map(|tags| tags.into_iter().filter_map(|tag| tag.0).collect())
    }
}

/// A date (`2027-12-31`, midnight UTC) or a time (RFC 3339, or without an offset: UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EndDate(pub(crate) OffsetDateTime);

impl FromStr for EndDate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let day = || Date::parse(text, format_description!("[year]-[month]-[day]")).ok();
        let time = OffsetDateTime::parse(text, &Rfc3339).ok();
        let utc = || OffsetDateTime::parse(&format!("{text}Z"), &Rfc3339).ok();
        let midnight = || day().map(|day| day.with_time(Time::MIDNIGHT).assume_utc());
        let error = || "a date such as 2027-12-31 or a time such as 2027-12-31T11:59:59+00:00 is expected".to_owned();
        time.or_else(midnight).or_else(utc).map(Self).ok_or_else(error)
    }
}

/// A text that is not empty: an empty name in a path would mean the list.
pub(crate) fn name(text: &str) -> Result<String, String> {
    let text = text.trim();
    let forbidden = |letter: char| letter == '/' || letter.is_control();
    match text {
        "" => Err("a name is expected".to_owned()),
        _ if text == "." || text == ".." || text.contains(forbidden) => Err("a name has no slashes".to_owned()),
        _ => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_read_as_utc() {
        let unix = |text: &str| text.parse::<EndDate>().unwrap().0.unix_timestamp();
        assert_eq!(unix("1970-01-02"), 86_400);
        assert_eq!(unix("1970-01-01T00:01:00"), 60);
        assert_eq!(unix("1970-01-01T01:00:00+01:00"), 0);
        assert!("soon".parse::<EndDate>().is_err());
    }

    #[test]
    fn tags_locations_and_toggles() {
        let tags = |list: &[&str]| TagList::tags(Some(list.iter().map(|tag| tag.parse().unwrap()).collect())).unwrap();
        assert_eq!(
            tags(&["a=b=c", "d"]),
            Tags::from([("a".into(), "b=c".into()), ("d".into(), String::new())])
        );
        assert!(tags(&[""]).is_empty());
        assert_eq!("West US".parse::<Location>().unwrap().0, "westus");
        assert_eq!("Yes".parse::<Toggle>().unwrap(), Toggle(true));
        assert!("maybe".parse::<Toggle>().is_err());
    }

    #[test]
    fn a_name_cannot_lead_elsewhere() {
        assert_eq!(name(" web ").unwrap(), "web");
        for bad in ["", " ", "a/b", "..", "."] {
            assert!(name(bad).is_err(), "{bad:?}");
        }
    }
}
