//! How many connections an address has: one client must not take the places of all others.

use bursar_api::layers::Peer;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Connections of each address that has one: bounded by the connections there may be.
#[derive(Clone, Default)]
pub(super) struct Places(Arc<Mutex<HashMap<Peer, Taken>>>);

#[derive(Default)]
struct Taken {
    connections: u32,
    told: bool,
}

/// A place, given back when it is dropped.
pub(super) struct Place {
    peer: Peer,
    places: Places,
}

impl Places {
    /// A place for a connection of that address; `None` when it has as many as it may. 0 is no limit.
    pub(super) fn take(&self, peer: Peer, limit: u32) -> Option<Place> {
        let mut all = self.lock();
        let taken = all.entry(peer).or_default();
        if limit > 0 && taken.connections >= limit {
            if !std::mem::replace(&mut taken.told, true) {
                tracing::warn!(address = %peer, limit, "an address has as many connections as it may; more are closed at once");
            }
            return None;
        }
        taken.connections += 1;
        taken.told = false;
        Some(Place { peer, places: self.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Peer, Taken>> {
        // The map is whole even if a thread panicked while it held the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.places.lock();
        if let Entry::Occupied(mut taken) = all.entry(self.peer) {
            taken.get_mut().connections -= 1;
            if taken.get().connections == 0 {
                taken.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_given_back() {
        let places = Places::default();
        let of = |address: &str| Peer::new(address.parse().unwrap());
        let (one, other) = (of("192.0.2.1"), of("192.0.2.2"));
        let first = places.take(one, 2).unwrap();
        let second = places.take(one, 2).unwrap();
        assert!(places.take(one, 2).is_none() && places.take(other, 2).is_some());
        assert!(places.take(one, 0).is_some(), "no limit");
        drop(first);
        drop(places.take(one, 2).unwrap());
        drop(second);
        assert!(places.lock().is_empty(), "nothing is kept of an address that left");
    }
}
