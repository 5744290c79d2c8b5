//! Where connections come from, and how many from each (rule 46).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::limits::Limits;

/// One source: an IPv4 address, or an IPv6 /64, since that is what one subscriber has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key(u128);

impl Key {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(u128::from(address.to_bits())),
            // No /64 is below 2^32, but for the unspecified and loopback addresses: they may share a count with 0.0.0.0.
            IpAddr::V6(address) => Self(address.to_bits() >> 64 << 64),
        }
    }
}

/// The sources that have connections now.
#[derive(Debug)]
pub(super) struct Sources {
    trusted: Vec<IpAddr>,
    connections: u32,
    requests: usize,
    present: Mutex<HashMap<Key, Present>>,
}

#[derive(Debug)]
struct Present {
    connections: u32,
    turns: Arc<Semaphore>,
}

/// A connection's place among those of its source. Given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    source: Option<(Arc<Sources>, Key, Arc<Semaphore>)>,
}

impl Sources {
    pub(super) fn new(limits: &Limits, trusted: Vec<IpAddr>) -> Self {
        Self {
            trusted,
            connections: limits.connections_per_source,
            requests: limits.requests_per_source as usize,
            present: Mutex::default(),
        }
    }

    /// A place for one more connection from there; none when there are as many as may be.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        if self.trusted.contains(&address.to_canonical()) {
            return Some(Place { source: None });
        }
        let key = Key::of(address);
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        let source = present.entry(key).or_insert_with(|| Present {
            connections: 0,
            turns: Arc::new(Semaphore::new(self.requests)),
        });
        if source.connections >= self.connections {
            return None;
        }
        source.connections += 1;
        let source = Some((Arc::clone(self), key, Arc::clone(&source.turns)));
        Some(Place { source })
    }
}

impl Place {
    /// What requests of this source take turns by; nothing for a proxy, behind which there are many sources.
    pub(super) fn turns(&self) -> Option<&Semaphore> {
        self.source.as_ref().map(|(_, _, turns)| turns.as_ref())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((sources, key, _)) = &self.source else { return };
        let mut present = sources.present.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(source) = present.get_mut(key) {
            source.connections -= 1;
            if source.connections == 0 {
                present.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources() -> Arc<Sources> {
        let limits = Limits {
            connections_per_source: 2,
            ..Limits::default()
        };
        Arc::new(Sources::new(&limits, vec!["10.0.0.1".parse().unwrap()]))
    }

    fn enter(sources: &Arc<Sources>, address: &str) -> Option<Place> {
        sources.enter(address.parse().unwrap())
    }

    #[test]
    fn a_source_has_its_own_places_and_gets_them_back() {
        let sources = sources();
        let first = enter(&sources, "192.0.2.1").unwrap();
        let _second = enter(&sources, "::ffff:192.0.2.1").unwrap();
        assert!(enter(&sources, "192.0.2.1").is_none());
        assert!(enter(&sources, "192.0.2.2").is_some());
        drop(first);
        assert!(enter(&sources, "192.0.2.1").is_some());
    }

    #[test]
    fn a_network_of_64_bits_is_one_source() {
        let sources = sources();
        let places = [
            enter(&sources, "2001:db8::1"),
            enter(&sources, "2001:db8::ffff:1"),
            enter(&sources, "2001:db8::2"),
        ];
        assert_eq!(places.iter().flatten().count(), 2);
        assert!(enter(&sources, "2001:db8:0:1::1").is_some());
    }

    #[test]
    fn a_trusted_proxy_has_no_cap() {
        let sources = sources();
        let places: Vec<_> = (0..10).filter_map(|_| enter(&sources, "10.0.0.1")).collect();
        assert_eq!(places.len(), 10);
    }

    #[test]
    fn whoever_has_left_is_forgotten() {
        let sources = sources();
        drop(enter(&sources, "192.0.2.1"));
        assert!(sources.present.lock().unwrap().is_empty());
    }
}
