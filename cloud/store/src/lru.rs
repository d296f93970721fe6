//! Open files by most recent use: opening one more closes the one left alone for longest.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
};

/// At most `capacity` values, each under a key.
#[derive(Debug)]
pub(crate) struct Lru<K, T> {
    capacity: usize,
    tick: u64,
    entries: HashMap<K, (u64, T)>,
}

impl<K: Eq + Hash + Clone, T> Lru<K, T> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            tick: 0,
            entries: HashMap::new(),
        }
    }

    /// The value under `key`, made with `make` where there is none yet.
    pub(crate) fn get_or<E>(&mut self, key: &K, make: impl FnOnce() -> Result<T, E>) -> Result<&mut T, E> {
        self.tick += 1;
        if !self.entries.contains_key(key) {
            self.make_room();
        }
        let (used, value) = match self.entries.entry(key.clone()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert((self.tick, make()?)),
        };
        *used = self.tick;
        Ok(value)
    }

    fn make_room(&mut self) {
        while self.entries.len() >= self.capacity {
            let oldest = self
                .entries
                .iter()
                .min_by_key(|(_, (used, _))| *used)
                .map(|(key, _)| key.clone());
            match oldest {
                Some(key) => self.entries.remove(&key),
                None => return,
            };
        }
    }
}
