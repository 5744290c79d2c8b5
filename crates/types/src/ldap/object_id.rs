//! What identifies an entry for good, whatever becomes of its name.

use uuid::Uuid;

/// Longest identifier that is taken, in bytes.
const MAX_BYTES: usize = 255;

/// The value of an entry's identifying attribute, as text: `entryUUID` and its like as they are, Active Directory's `objectGUID`, whose 16 bytes are none, in the form
/// in which Microsoft's own tools show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectId(String);

impl SubjectId {
    /// Reads the value of `attribute`; nothing when it identifies nobody.
    pub fn from_value(attribute: &str, value: &[u8]) -> Option<Self> {
        if is_guid(attribute) {
            return Some(Self(Uuid::from_bytes_le(value.try_into().ok()?).to_string()));
        }
        let text = std::str::from_utf8(value).ok()?.trim();
        let good = !text.is_empty() && text.len() <= MAX_BYTES && !text.chars().any(char::is_control);
        good.then(|| Self(text.to_owned()))
    }

    /// The identifier that was kept under this text.
    pub fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text that is kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A filter that the entry alone matches (RFC 4515).
    pub fn filter(&self, attribute: &str) -> String {
        let guid = is_guid(attribute).then(|| self.0.parse::<Uuid>().ok()).flatten();
        let value = match guid {
            Some(guid) => guid.to_bytes_le().iter().map(|byte| format!("\\{byte:02x}")).collect(),
            None => super::filter_value(&self.0),
        };
        format!("({attribute}={value})")
    }
}

/// Whether an attribute's values are 16 bytes with the first three fields in little-endian order ([MS-DTYP] §2.3.4).
fn is_guid(attribute: &str) -> bool {
    attribute.eq_ignore_ascii_case("objectGUID")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_guid_reads_as_microsofts_tools_show_it_and_is_looked_for_by_its_bytes() {
        let bytes = [
            0x85, 0x6b, 0xd0, 0x6a, 0xba, 0xd8, 0x8f, 0x40, 0x92, 0xf4, 0x14, 0x0a, 0x3b, 0x6b, 0x5a, 0x4c,
        ];
        let subject = SubjectId::from_value("objectguid", &bytes).unwrap();
        assert_eq!(subject.as_str(), "6ad06b85-d8ba-408f-92f4-140a3b6b5a4c");
        assert_eq!(
            SubjectId::from_text(subject.as_str()).filter("objectGUID"),
            r"(objectGUID=\85\6b\d0\6a\ba\d8\8f\40\92\f4\14\0a\3b\6b\5a\4c)"
        );
        assert_eq!(SubjectId::from_value("objectGUID", &bytes[1..]), None);
    }

    #[test]
    fn an_entry_uuid_is_its_text() {
        let text = "7c1ea5a2-95a2-1039-8f43-7ff8c1d2b9a4";
        let subject = SubjectId::from_value("entryUUID", text.as_bytes()).unwrap();
        assert_eq!(subject.as_str(), text);
        assert_eq!(subject.filter("entryUUID"), format!("(entryUUID={text})"));
        for value in [&b""[..], b" ", b"\xff\xfe", b"a\nb", &[b'a'; 256]] {
            assert_eq!(SubjectId::from_value("entryUUID", value), None, "{value:?}");
        }
    }

    #[test]
    fn an_identifier_that_looks_like_a_filter_is_none() {
        assert_eq!(
            SubjectId::from_text("a)(uid=*").filter("entryUUID"),
            r"(entryUUID=a\29\28uid=\2a)"
        );
    }
}
