//! Pages of lists, by key.

/// How many entries a page holds: 1 to 1,000 (rule 45).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSize(u16);

impl PageSize {
    /// The largest page, and the one that is given when none is asked for.
    pub const MAX: PageSize = PageSize(1000);

    /// The page for a client's `n`: whatever is larger than the largest page is cut to it.
    pub fn new(n: u64) -> Self {
        Self(u16::try_from(n).unwrap_or(u16::MAX).min(Self::MAX.0))
    }

    /// The number of entries.
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

/// Which page of a list ordered by name is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// At most so many entries.
    pub size: PageSize,
    /// Only entries after this name, in byte order.
    pub after: Option<String>,
}

/// `n` of a query is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("n is a number of entries")]
pub struct InvalidPageSize;

impl PageRequest {
    /// What `n` and `last` of a query ask for (distribution-spec, "Listing Tags"). Without a number, or with an empty one, the largest page. `last` may be any
    /// text: the entry that it named may be gone.
    pub fn read(n: Option<&str>, last: Option<&str>) -> Result<Self, InvalidPageSize> {
        let size = match n.filter(|n| !n.is_empty()) {
            None => PageSize::MAX,
            Some(text) => {
                let digits = text.bytes().all(|byte| byte.is_ascii_digit());
                PageSize::new(text.parse().ok().filter(|_| digits).ok_or(InvalidPageSize)?)
            }
        };
        Ok(Self {
            size,
            after: last.map(str::to_owned),
        })
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self {
            size: PageSize::MAX,
            after: None,
        }
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries.
    pub entries: Vec<T>,
    /// Where the next page starts (its `after`), when there is one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Cuts `entries`, which were asked for with one more than the page holds, and names the next page by its last entry's `key`.
    pub fn cut(mut entries: Vec<T>, size: PageSize, key: impl Fn(&T) -> String) -> Self {
        let more = entries.len() > size.get();
        entries.truncate(size.get());
        let next = if more { entries.last().map(key) } else { None };
        Self { entries, next }
    }

    /// The same page of other entries.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page {
            entries: self.entries.into_iter().map(f).collect(),
            next: self.next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_the_next_one_only_when_there_is_more() {
        let cut = |n: u64| Page::cut(vec!["a", "b", "c"], PageSize::new(n), |e| (*e).to_owned());
        assert_eq!(
            cut(2),
            Page {
                entries: vec!["a", "b"],
                next: Some("b".into())
            }
        );
        assert_eq!(
            cut(3),
            Page {
                entries: vec!["a", "b", "c"],
                next: None
            }
        );
        assert_eq!(
            cut(0),
            Page {
                entries: vec![],
                next: None
            }
        );
    }

    #[test]
    fn a_query_asks_for_a_page_by_number_and_last_name() {
        let read = |n, last| PageRequest::read(n, last).map(|page| (page.size.get(), page.after));
        assert_eq!(read(None, None), Ok((1000, None)));
        assert_eq!(read(Some(""), Some("")), Ok((1000, Some(String::new()))));
        assert_eq!(read(Some("2"), Some("v1")), Ok((2, Some("v1".to_owned()))));
        for n in ["-1", "+1", "1.0", "x", " 1", "18446744073709551616"] {
            assert_eq!(read(Some(n), None), Err(InvalidPageSize), "{n}");
        }
    }

    #[test]
    fn no_client_gets_more_than_the_largest_page() {
        assert_eq!(PageSize::new(u64::MAX), PageSize::MAX);
    }
}
