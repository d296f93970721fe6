//! Room that many share: so much for all together, and so much for each, so that nobody's share is everybody's.
//!
//! Whoever finds no room is told so at once; nobody waits here. What was taken comes back when its lease is dropped.

use std::{
    collections::HashMap,
    fmt::Debug,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

/// There is no room now: neither for this one, or for nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QuotaExceeded;

/// The room.
#[derive(Debug)]
pub(crate) struct QuotaPool<K> {
    total: usize,
    each: usize,
    taken: Mutex<PoolUsage<K>>,
}

/// What is taken of it.
#[derive(Debug)]
struct PoolUsage<K> {
    all: usize,
    by_holder: HashMap<K, usize>,
}

impl<K: Copy + Eq + Hash + Debug> QuotaPool<K> {
    pub(crate) fn new(total: usize, each: usize) -> Arc<Self> {
        let taken = PoolUsage {
            all: 0,
            by_holder: HashMap::new(),
        };
        Arc::new(Self {
            total,
            each,
            taken: Mutex::new(taken),
        })
    }

    /// A lease of nothing yet.
    pub(crate) fn lease(self: &Arc<Self>, holder: K) -> QuotaLease<K> {
        QuotaLease {
            pool: Arc::clone(self),
            holder,
            amount: 0,
        }
    }

    fn take(&self, holder: K, amount: usize) -> Result<(), QuotaExceeded> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken
            .by_holder
            .get(&holder)
            .copied()
            .unwrap_or(0)
            .saturating_add(amount);
        let all = taken.all.saturating_add(amount);
        if own > self.each || all > self.total {
            return Err(QuotaExceeded);
        }
        taken.all = all;
        taken.by_holder.insert(holder, own);
        Ok(())
    }

    fn give_back(&self, holder: K, amount: usize) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all = taken.all.saturating_sub(amount);
        let left = taken.by_holder.get(&holder).map_or(0, |own| own.saturating_sub(amount));
        if left == 0 {
            taken.by_holder.remove(&holder);
        } else {
            taken.by_holder.insert(holder, left);
        }
    }
}

/// What one holder has of it.
#[derive(Debug)]
pub(crate) struct QuotaLease<K: Copy + Eq + Hash + Debug> {
    pool: Arc<QuotaPool<K>>,
    holder: K,
    amount: usize,
}

impl<K: Copy + Eq + Hash + Debug> QuotaLease<K> {
    /// Takes more.
    pub(crate) fn grow(&mut self, by: usize) -> Result<(), QuotaExceeded> {
        self.pool.take(self.holder, by)?;
        self.amount = self.amount.saturating_add(by);
        Ok(())
    }

    /// Gives back what is beyond this.
    pub(crate) fn shrink_to(&mut self, amount: usize) {
        let back = self.amount.saturating_sub(amount);
        self.pool.give_back(self.holder, back);
        self.amount -= back;
    }
}

impl<K: Copy + Eq + Hash + Debug> Drop for QuotaLease<K> {
    fn drop(&mut self) {
        self.pool.give_back(self.holder, self.amount);
    }
}

#[cfg(test)]
mod tests {
    use super::{QuotaExceeded, QuotaPool};

    #[test]
    fn a_share_ends_before_the_whole_does_and_comes_back() {
        let pool = QuotaPool::new(10, 4);
        let (mut first, mut again, mut second) = (pool.lease(1), pool.lease(1), pool.lease(2));
        assert_eq!(first.grow(3), Ok(()));
        assert_eq!(again.grow(2), Err(QuotaExceeded));
        assert_eq!(again.grow(1), Ok(()));
        assert_eq!(second.grow(4), Ok(()));
        let mut third = pool.lease(3);
        assert_eq!(third.grow(3), Err(QuotaExceeded));
        first.shrink_to(1);
        assert_eq!(third.grow(3), Ok(()));
        drop((first, again, second, third));
        assert!(pool.taken.lock().expect("not poisoned").by_holder.is_empty());
        assert_eq!(pool.lease(4).grow(4), Ok(()));
    }
}
