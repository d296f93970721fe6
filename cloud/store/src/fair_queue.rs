//! A queue that serves whose work waits in turn, one piece each: an organisation that brings much waits for itself.
//!
//! A line that is full takes nothing more; the other lines do not notice.

use crate::connection::File;
use std::collections::{HashMap, VecDeque};

/// Work that waits, by the file it is about.
#[derive(Debug)]
pub(crate) struct FairQueue<T> {
    lines: HashMap<File, VecDeque<T>>,
    /// Whose line is not empty, the next one first.
    turns: VecDeque<File>,
    /// Most that waits in one line.
    capacity: usize,
}

impl<T> FairQueue<T> {
    /// With room for so much of each file.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            lines: HashMap::new(),
            turns: VecDeque::new(),
            capacity,
        }
    }

    /// Puts a piece at the end of its line; gives it back where the line is full.
    pub(crate) fn push(&mut self, file: File, piece: T) -> Result<(), T> {
        let line = self.lines.entry(file).or_default();
        if line.len() >= self.capacity {
            return Err(piece);
        }
        if line.is_empty() {
            self.turns.push_back(file);
        }
        line.push_back(piece);
        Ok(())
    }

    /// The first piece of the line whose turn it is.
    pub(crate) fn pop(&mut self) -> Option<(File, T)> {
        let file = self.turns.pop_front()?;
        let line = self.lines.get_mut(&file)?;
        let piece = line.pop_front()?;
        if line.is_empty() {
            self.lines.remove(&file);
        } else {
            self.turns.push_back(file);
        }
        Some((file, piece))
    }
}

#[cfg(test)]
mod tests {
    use super::FairQueue;
    use crate::connection::File;
    use protocol::{OrgId, Timestamp};

    fn file(number: u8) -> File {
        File::Tenant(OrgId::new(Timestamp::from_millis(0), [number; 10]))
    }

    #[test]
    fn whoever_brings_much_waits_for_himself() {
        let mut queue = FairQueue::new(3);
        let taken: Vec<_> = ["a1", "a2", "a3", "a4"].map(|piece| queue.push(file(1), piece)).into();
        assert_eq!(taken, [Ok(()), Ok(()), Ok(()), Err("a4")]);
        assert_eq!(queue.push(file(2), "b1"), Ok(()));
        assert_eq!(queue.push(File::Platform, "p1"), Ok(()));
        let order: Vec<&str> = std::iter::from_fn(|| queue.pop()).map(|(_, piece)| piece).collect();
        assert_eq!(order, ["a1", "b1", "p1", "a2", "a3"]);
        assert_eq!(queue.push(file(1), "a5"), Ok(()));
        assert_eq!(queue.pop(), Some((file(1), "a5")));
    }
}
