//! The questions that queries put to a [`Reader`]: one row, all rows, a page with its total.
//!
//! Each is given how to build its query, not the query: a read that met a dead connection is built
//! and asked once more.

use diesel::dsl::Limit;
use diesel::query_dsl::methods::LimitDsl;
use diesel::result::{Error, OptionalExtension};
use diesel_async::methods::LoadQuery;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::Vocab;
use domain::error::Repo;
use domain::page::{Page, PageRequest};

use crate::page::{CappedCount, Paged, Window, page};
use crate::reader::{Query, Reader};

/// A query that gives rows `R` on a connection that others use too.
pub trait Gives<'q, R>: for<'c> LoadQuery<'q, &'c AsyncPgConnection, R> + Send + 'q {}

impl<'q, R, Q> Gives<'q, R> for Q where Q: for<'c> LoadQuery<'q, &'c AsyncPgConnection, R> + Send + 'q {}

impl Reader {
    /// The first row, by key; `None` when there is none.
    ///
    /// # Errors
    /// As [`Reader::point`].
    pub async fn first<'q, Q, R>(&self, query: impl Fn() -> Q) -> Repo<Option<R>>
    where
        Q: LimitDsl,
        Limit<Q>: Gives<'q, R>,
        R: Send + 'q,
    {
        self.one(|| query().limit(1)).await
    }

    /// The row of a statement that gives at most one.
    ///
    /// # Errors
    /// As [`Reader::point`].
    pub async fn one<'q, Q, R>(&self, query: impl Fn() -> Q) -> Repo<Option<R>>
    where
        Q: Gives<'q, R>,
        R: Send + 'q,
    {
        self.point(|conn| {
            let query = query();
            Box::pin(async move {
                let mut conn = &*conn;
                row(query, &mut conn).await.optional()
            })
        })
        .await
    }

    /// All rows.
    ///
    /// # Errors
    /// As [`Reader::list`].
    pub async fn all<'q, Q, R>(&self, query: impl Fn() -> Q) -> Repo<Vec<R>>
    where
        Q: Gives<'q, R>,
        R: Send + 'q,
    {
        self.list(|conn| {
            let query = query();
            Box::pin(async move {
                let mut conn = &*conn;
                rows(query, &mut conn).await
            })
        })
        .await
    }

    /// Rows and how many there are in all, asked at once.
    ///
    /// # Errors
    /// As [`Reader::list`].
    pub async fn counted<'q, Q, C, R>(
        &self,
        query: impl Fn() -> Result<Q, Error>,
        count: impl Fn() -> C,
    ) -> Repo<(Vec<R>, i64)>
    where
        Q: Gives<'q, R>,
        C: Gives<'q, i64>,
        R: Send + 'q,
    {
        self.list(|conn| {
            let (query, count) = (query(), count());
            Box::pin(async move {
                let query = query?;
                let (mut one, mut other) = (&*conn, &*conn);
                tokio::try_join!(rows(query, &mut one), row(count, &mut other))
            })
        })
        .await
    }

    /// A page of a list. `ordered` gives the rows in the asked order from the start of the window,
    /// `all` those to count, and `last` the sort key of a row and its identifier, for the cursor.
    ///
    /// # Errors
    /// `BadCursor`; as [`Reader::list`].
    pub async fn page<'q, K, Q, C, R>(
        &self,
        request: &PageRequest<K>,
        ordered: impl Fn(&Window) -> Repo<Q>,
        all: impl Fn() -> C,
        last: impl Fn(&R) -> (Option<String>, i64),
    ) -> Repo<Page<R>>
    where
        K: Vocab,
        Paged<Q>: Gives<'q, R>,
        CappedCount<C>: Gives<'q, i64>,
        R: Send + 'q,
    {
        let window = Window::of(request)?;
        // A cursor that does not fit is reported here: where the query is asked, it is no such error.
        ordered(&window)?;
        let query = || match ordered(&window) {
            Ok(query) => Ok(Paged::new(query, &window)),
            Err(error) => Err(Error::QueryBuilderError(error.into())),
        };
        let (rows, total) = self.counted(query, || CappedCount(all())).await?;
        Ok(page(request, rows, total, last))
    }
}

// Boxed here, where the lifetime of the connection has a name: inside of an `async` block the compiler
// cannot see that the future of a query that it does not know may change threads.
fn rows<'c, 'q: 'c, Q, R>(query: Q, conn: &'c mut &'c AsyncPgConnection) -> Query<'c, Vec<R>>
where
    Q: LoadQuery<'q, &'c AsyncPgConnection, R> + 'q,
    R: Send + 'q,
{
    Box::pin(query.load(conn))
}

fn row<'c, 'q: 'c, Q, R>(query: Q, conn: &'c mut &'c AsyncPgConnection) -> Query<'c, R>
where
    Q: LoadQuery<'q, &'c AsyncPgConnection, R> + 'q,
    R: Send + 'q,
{
    Box::pin(query.get_result(conn))
}
