//! How many documents are kept, and how many bytes of them: what a quota is held against, without reading one.

use std::collections::BTreeMap;

/// The bytes of each document that is kept.
#[derive(Debug, Default)]
pub(crate) struct StoredDocuments {
    sizes: BTreeMap<String, usize>,
    total: usize,
}

impl StoredDocuments {
    pub(crate) fn put(&mut self, key: &str, bytes: usize) {
        self.remove(key);
        self.sizes.insert(key.to_owned(), bytes);
        self.total = self.total.saturating_add(bytes);
    }

    pub(crate) fn remove(&mut self, key: &str) {
        let before = self.sizes.remove(key).unwrap_or(0);
        self.total = self.total.saturating_sub(before);
    }

    /// How many there are beside one, and of how many bytes.
    pub(crate) fn without(&self, key: &str) -> (usize, usize) {
        match self.sizes.get(key) {
            Some(bytes) => (self.sizes.len() - 1, self.total.saturating_sub(*bytes)),
            None => (self.sizes.len(), self.total),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::StoredDocuments;

    #[test]
    fn a_document_counts_once_and_not_against_itself() {
        let mut stored = StoredDocuments::default();
        stored.put("device/a", 10);
        stored.put("device/b", 5);
        stored.put("device/a", 7);
        assert_eq!(stored.without("device/a"), (1, 5));
        assert_eq!(stored.without("device/c"), (2, 12));
        stored.remove("device/b");
        assert_eq!(stored.without("device/c"), (1, 7));
    }
}
