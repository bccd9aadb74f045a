//! Pages of lists: keyset conditions, cursors, capped totals.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use domain::Vocab;
use domain::error::{Repo, RepoError};
use domain::page::{MAX_LIMIT, MAX_TOTAL, Page, PageRequest, Start};
use serde::{Deserialize, Serialize};

pub use crate::paged::{CappedCount, Paged};
use crate::sql::{Day, Ts};

/// Rows that a page is fetched with.
const STEPS: [(i64, &str); 6] = [
    (6, "6"),
    (11, "11"),
    (21, "21"),
    (51, "51"),
    (101, "101"),
    (MAX_LIMIT as i64 + 1, "201"),
];

/// One row more than a total goes to, to know that there are more. Text, as [`fetch`].
pub const MOST_COUNTED: &str = "10001";

/// Where the page before ended: the sort key of its last row (as text) and its identifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct After {
    /// Sort key of the list, so that a cursor is not taken for another order.
    k: String,
    /// Descending.
    d: bool,
    /// Value of the sort key; `None` for NULL.
    pub v: Option<String>,
    /// Identifier.
    pub i: i64,
}

/// A page as SQL wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Rows to return.
    pub limit: i64,
    /// Rows to skip.
    pub offset: i64,
    /// Start after this row.
    pub after: Option<After>,
    /// The largest sort key comes first.
    pub descending: bool,
}

impl After {
    /// The identifier after which a list that has no other order goes on, newest first. `list` is its
    /// name, so that a cursor is not taken for another list.
    ///
    /// # Errors
    /// `BadCursor` when the cursor is not one of this list.
    pub fn by_id(list: &str, cursor: Option<&str>) -> Repo<Option<i64>> {
        let Some(text) = cursor else { return Ok(None) };
        let after = decode(text)?;
        if after.k == list && after.d && after.v.is_none() {
            Ok(Some(after.i))
        } else {
            Err(RepoError::BadCursor)
        }
    }
}

impl Window {
    /// Reads a request.
    ///
    /// # Errors
    /// `BadCursor` when the cursor is not one of this list in this order.
    pub fn of<K: Vocab>(page: &PageRequest<K>) -> Repo<Self> {
        let limit = i64::from(page.limit);
        let descending = page.sort.descending;
        match &page.start {
            Start::Offset(n) => Ok(Self {
                limit,
                offset: i64::from(*n),
                after: None,
                descending,
            }),
            Start::Cursor(text) => {
                let after = decode(text)?;
                if after.k != page.sort.key.code() || after.d != descending {
                    return Err(RepoError::BadCursor);
                }
                Ok(Self {
                    limit,
                    offset: 0,
                    after: Some(after),
                    descending,
                })
            }
        }
    }

    /// As [`fetch`].
    pub fn fetch(&self) -> &'static str {
        fetch(self.limit)
    }
}

/// At least one row more than asked for, to know whether there is a next page. Text from a few steps:
/// the planner must know that a page is short, and each step is a statement of its own.
pub fn fetch(limit: i64) -> &'static str {
    let enough = STEPS.iter().find(|(rows, _)| *rows > limit);
    enough.or(STEPS.last()).map_or("", |(_, text)| *text)
}

fn decode(text: &str) -> Repo<After> {
    let bytes = BASE64.decode(text).map_err(|_| RepoError::BadCursor)?;
    serde_json::from_slice(&bytes).map_err(|_| RepoError::BadCursor)
}

/// A value that a list is sorted by, as text in a cursor.
pub trait Key: Sized {
    /// To text.
    fn encode(&self) -> String;
    /// From text.
    fn decode(text: &str) -> Option<Self>;
}

impl Key for String {
    fn encode(&self) -> String {
        self.clone()
    }
    fn decode(text: &str) -> Option<Self> {
        (!text.contains('\0')).then(|| text.to_owned())
    }
}
impl Key for i64 {
    fn encode(&self) -> String {
        self.to_string()
    }
    fn decode(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}
impl Key for i16 {
    fn encode(&self) -> String {
        self.to_string()
    }
    fn decode(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}
impl Key for Ts {
    fn encode(&self) -> String {
        self.0.as_microsecond().to_string()
    }
    fn decode(text: &str) -> Option<Self> {
        // The server knows no instants as early as the library does.
        let at = jiff::Timestamp::from_microsecond(text.parse().ok()?).ok();
        at.filter(|at| domain::time::is_storable(*at)).map(Ts)
    }
}
impl Key for Day {
    fn encode(&self) -> String {
        self.0.to_string()
    }
    fn decode(text: &str) -> Option<Self> {
        // The server knows no days as early as the library does.
        text.parse()
            .ok()
            .filter(|day: &jiff::civil::Date| day.year() >= 0)
            .map(Day)
    }
}

/// The value in a cursor.
///
/// # Errors
/// `BadCursor` when it is not one.
pub fn key<T: Key>(text: &str) -> Repo<T> {
    T::decode(text).ok_or(RepoError::BadCursor)
}

/// The cursor after a row.
pub fn cursor<K: Vocab>(page: &PageRequest<K>, value: Option<String>, id: i64) -> String {
    encode(&After {
        k: page.sort.key.code().to_owned(),
        d: page.sort.descending,
        v: value,
        i: id,
    })
}

fn encode(after: &After) -> String {
    BASE64.encode(serde_json::to_vec(after).unwrap_or_default())
}

/// Makes a page of the fetched rows: drops the one too many, and gives the cursor of the last.
pub fn page<K: Vocab, R>(
    request: &PageRequest<K>,
    rows: Vec<R>,
    total: i64,
    last: impl Fn(&R) -> (Option<String>, i64),
) -> Page<R> {
    cut(request.limit, rows, total, |row| {
        let (value, id) = last(row);
        cursor(request, value, id)
    })
}

/// The same for a list whose cursors are those of [`After::by_id`].
pub fn page_by_id<R>(list: &str, limit: u32, rows: Vec<R>, total: i64, id: impl Fn(&R) -> i64) -> Page<R> {
    cut(limit, rows, total, |row| {
        encode(&After {
            k: list.to_owned(),
            d: true,
            v: None,
            i: id(row),
        })
    })
}

fn cut<R>(limit: u32, mut rows: Vec<R>, total: i64, cursor: impl Fn(&R) -> String) -> Page<R> {
    let limit = limit as usize;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| more).map(cursor);
    let total = u64::try_from(total).unwrap_or(0);
    Page {
        items: rows,
        total: total.min(MAX_TOTAL),
        total_capped: total > MAX_TOTAL,
        next_cursor,
    }
}

/// Orders a boxed query by a column that is never NULL, then by id, and starts after the cursor.
/// `col <= v` beside the exact condition lets the index be entered at the right place.
macro_rules! keyset {
    ($query:expr, $window:expr, $column:expr, $id:expr, $ty:ty) => {{
        let mut query = $query;
        if let Some(after) = &$window.after {
            let text = after.v.as_deref().ok_or(domain::error::RepoError::BadCursor)?;
            let value: $ty = $crate::page::key(text)?;
            query = if $window.descending {
                query
                    .filter($column.le(value.clone()))
                    .filter($column.lt(value).or($id.lt(after.i)))
            } else {
                query
                    .filter($column.ge(value.clone()))
                    .filter($column.gt(value).or($id.gt(after.i)))
            };
        }
        if $window.descending {
            query.order(($column.desc(), $id.desc()))
        } else {
            query.order(($column.asc(), $id.asc()))
        }
    }};
}
pub(crate) use keyset;

/// The same for a column that may be NULL; NULL counts as the largest value, as PostgreSQL sorts it.
macro_rules! keyset_nullable {
    ($query:expr, $window:expr, $column:expr, $id:expr, $ty:ty) => {{
        let mut query = $query;
        if let Some(after) = &$window.after {
            query = match (&after.v, $window.descending) {
                (None, true) => query.filter(
                    $column
                        .is_not_null()
                        .or($id.lt(after.i).is_not_distinct_from(true)),
                ),
                (None, false) => query.filter($column.is_null()).filter($id.gt(after.i)),
                (Some(text), descending) => {
                    let value: $ty = $crate::page::key(text)?;
                    if descending {
                        query
                            .filter($column.le(value.clone()))
                            .filter($column.lt(value).or($id.lt(after.i).nullable()))
                    } else {
                        query.filter(
                            $column
                                .is_null()
                                .or(($column.gt(value.clone())).is_not_distinct_from(true))
                                .or(($column.eq(value).and($id.gt(after.i))).is_not_distinct_from(true)),
                        )
                    }
                }
            };
        }
        if $window.descending {
            query.order(($column.desc(), $id.desc()))
        } else {
            query.order(($column.asc(), $id.asc()))
        }
    }};
}
pub(crate) use keyset_nullable;

#[cfg(test)]
mod tests {
    use domain::page::Sort;
    use domain::user::UserSort;

    use super::*;

    fn request(start: Start) -> PageRequest<UserSort> {
        PageRequest {
            limit: 2,
            start,
            sort: Sort {
                key: UserSort::Email,
                descending: true,
            },
        }
    }

    #[test]
    fn a_cursor_comes_back_and_fits_only_its_own_order() {
        let text = cursor(&request(Start::Offset(0)), Some("a@b.ma".into()), 7);
        let window = Window::of(&request(Start::Cursor(text.clone()))).expect("window");
        assert_eq!(window.after.map(|a| (a.v, a.i)), Some((Some("a@b.ma".into()), 7)));
        let mut other = request(Start::Cursor(text));
        other.sort.descending = false;
        assert!(matches!(Window::of(&other), Err(RepoError::BadCursor)));
        for bad in ["", "x", "AAAA", "e30"] {
            assert!(
                matches!(
                    Window::of(&request(Start::Cursor(bad.into()))),
                    Err(RepoError::BadCursor)
                ),
                "{bad}"
            );
        }
    }

    #[test]
    fn every_page_is_fetched_with_a_row_too_many() {
        for limit in 1..=MAX_LIMIT {
            let rows: u32 = fetch(i64::from(limit)).parse().expect("a number");
            assert!(rows > limit, "{limit}: {rows}");
        }
        assert_eq!(MOST_COUNTED.parse(), Ok(MAX_TOTAL + 1), "one more than is told");
    }

    #[test]
    fn the_row_too_many_makes_the_cursor_and_totals_are_capped() {
        let r = request(Start::Offset(0));
        let full = page(&r, vec![1_i64, 2, 3], 10_001, |i| (None, *i));
        assert_eq!(
            (full.items.as_slice(), full.total, full.total_capped),
            ([1, 2].as_slice(), 10_000, true)
        );
        assert!(full.next_cursor.is_some());
        let last = page(&r, vec![1_i64, 2], 2, |i| (None, *i));
        assert_eq!((last.next_cursor, last.total_capped), (None, false));
    }
}
