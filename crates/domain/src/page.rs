//! Asking for and answering with one page of a list.

/// Rows in a page when the caller does not say.
pub const DEFAULT_LIMIT: u32 = 50;
/// Most rows in a page.
pub const MAX_LIMIT: u32 = 200;
/// Totals are exact up to here; beyond it counting would cost more than it tells.
pub const MAX_TOTAL: u64 = 10_000;
/// Deepest offset; deeper pages need a cursor.
pub const MAX_OFFSET: u32 = 10_000;

/// Where a page starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// After this many rows.
    Offset(u32),
    /// After the row that this opaque text names (given by the page before).
    Cursor(String),
}

/// One sort key: a column of the list's allow-list and its direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort<K> {
    /// What to sort by.
    pub key: K,
    /// Largest first.
    pub descending: bool,
}

/// A request for one page, sorted by `K` (ties are broken by the identifier in the same direction).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest<K> {
    /// Most rows to return, 1 to [`MAX_LIMIT`].
    pub limit: u32,
    /// Where to start.
    pub start: Start,
    /// The order.
    pub sort: Sort<K>,
}

/// One page.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// How many rows match in all, at most [`MAX_TOTAL`].
    pub total: u64,
    /// Whether `total` stopped at [`MAX_TOTAL`].
    pub total_capped: bool,
    /// What to pass as [`Start::Cursor`] for the next page; `None` on the last.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The same page with each row turned into something else.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(f).collect(),
            total: self.total,
            total_capped: self.total_capped,
            next_cursor: self.next_cursor,
        }
    }
}
