//! The two questions of a list: its rows, and how many there are.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;
use diesel::{QueryResult, RunQueryDsl};

use crate::page::{MOST_COUNTED, Window};

/// A query whose rows end with a window: see [`Window::fetch`]. Where nothing is passed over, the text
/// does not speak of it: the planner takes an offset that it does not know for a tenth of all rows.
#[derive(Debug, Clone, Copy)]
pub struct Paged<Q> {
    rows: Q,
    fetch: &'static str,
    offset: i64,
}

impl<Q> Paged<Q> {
    /// The rows of `rows` that the window shows.
    pub fn new(rows: Q, window: &Window) -> Self {
        Self {
            rows,
            fetch: window.fetch(),
            offset: window.offset,
        }
    }
}

impl<Q: Query> Query for Paged<Q> {
    type SqlType = Q::SqlType;
}

impl<Q> QueryId for Paged<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q, C> RunQueryDsl<C> for Paged<Q> {}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Paged<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.rows.walk_ast(out.reborrow())?;
        out.push_sql(" LIMIT ");
        out.push_sql(self.fetch);
        if self.offset > 0 {
            out.push_sql(" OFFSET ");
            out.push_bind_param::<BigInt, _>(&self.offset)?;
        }
        Ok(())
    }
}

/// `SELECT count(*)` over a query, that stops counting one past [`MAX_TOTAL`].
#[derive(Debug, Clone, Copy)]
pub struct CappedCount<Q>(pub Q);

impl<Q> Query for CappedCount<Q> {
    type SqlType = BigInt;
}

impl<Q> QueryId for CappedCount<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q, C> RunQueryDsl<C> for CappedCount<Q> {}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for CappedCount<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT COUNT(*) FROM (");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(" LIMIT ");
        out.push_sql(MOST_COUNTED);
        out.push_sql(") AS counted");
        Ok(())
    }
}
