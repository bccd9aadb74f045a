//! How values of the domain stand in columns: one adapter per kind of value.

use std::fmt::Display;
use std::marker::PhantomData;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::dsl::AsExprOf;
use diesel::expression::{AppearsOnTable, AsExpression, Expression, SelectableExpression, ValidGrouping};
use diesel::expression::{TypedExpressionType, is_aggregate};
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text, Timestamptz};
use diesel::{IntoSql, QueryResult};
use domain::{Id, Vocab};
use jiff::civil;
use serde::{Serialize, Serializer};

/// Microseconds from the Unix epoch to PostgreSQL's, 2000-01-01.
const PG_EPOCH_MICROS: i64 = 946_684_800_000_000;

/// An instant in a `timestamptz` column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Timestamptz)]
pub struct Ts(pub jiff::Timestamp);

impl ToSql<Timestamptz, Pg> for Ts {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let micros = self.0.as_microsecond() - PG_EPOCH_MICROS;
        <i64 as ToSql<BigInt, Pg>>::to_sql(&micros, &mut out.reborrow())
    }
}

impl FromSql<Timestamptz, Pg> for Ts {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<BigInt, Pg>>::from_sql(bytes)?;
        let unix = micros
            .checked_add(PG_EPOCH_MICROS)
            .ok_or("timestamptz out of range")?;
        Ok(Self(jiff::Timestamp::from_microsecond(unix)?))
    }
}

impl Serialize for Ts {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0)
    }
}

/// A day in a `date` column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Date)]
pub struct Day(pub civil::Date);

const PG_EPOCH_DAY: civil::Date = civil::date(2000, 1, 1);

impl ToSql<Date, Pg> for Day {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let days = (self.0 - PG_EPOCH_DAY).get_days();
        <i32 as ToSql<Integer, Pg>>::to_sql(&days, &mut out.reborrow())
    }
}

impl FromSql<Date, Pg> for Day {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        let days = <i32 as FromSql<Integer, Pg>>::from_sql(bytes)?;
        Ok(Self(PG_EPOCH_DAY.checked_add(jiff::Span::new().try_days(days)?)?))
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0)
    }
}

/// A member of a closed list in a text column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct PgVocab<T: Vocab>(pub T);

impl<T: Vocab> ToSql<Text, Pg> for PgVocab<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        use std::io::Write;
        out.write_all(self.0.code().as_bytes())?;
        Ok(IsNull::No)
    }
}

impl<T: Vocab> FromSql<Text, Pg> for PgVocab<T> {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        let code = std::str::from_utf8(bytes.as_bytes())?;
        T::parse(code).map(Self).ok_or_else(|| {
            format!(
                "unknown code {code:?} in a column of {}",
                std::any::type_name::<T>()
            )
            .into()
        })
    }
}

impl<T: Vocab> Serialize for PgVocab<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.0.code())
    }
}

/// As PostgreSQL writes it in lower case.
#[diesel::declare_sql_function]
extern "SQL" {
    /// `lower(x)`.
    fn lower(x: Nullable<Text>) -> Nullable<Text>;
}

diesel::postfix_operator!(AsName, " COLLATE \"fr-x-icu\"", Nullable<Text>, backend: Pg);

/// A value in lower case, by the hand of the columns that hold names: the server's own locale knows other
/// letters.
pub fn lower_name(name: &str) -> lower<AsName<AsExprOf<Option<&str>, Nullable<Text>>>> {
    lower(AsName::new(Some(name).into_sql::<Nullable<Text>>()))
}

/// `Some(instant)` as the column's type.
pub fn ts(instant: Option<jiff::Timestamp>) -> Option<Ts> {
    instant.map(Ts)
}

/// A present instant back from the column's type.
pub fn un_ts(column: Option<Ts>) -> Option<jiff::Timestamp> {
    column.map(|t| t.0)
}

/// Identifiers as an array of the server.
pub fn numbers<T>(ids: &[Id<T>]) -> Vec<i64> {
    ids.iter().map(|id| id.get()).collect()
}

/// Serialises a value that may be absent as its text; for audit rows.
///
/// # Errors
/// Those of the serialiser.
pub fn as_text<T: Display, S: Serializer>(value: &Option<T>, s: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => s.collect_str(value),
        None => s.serialize_none(),
    }
}

/// A constant piece of SQL. `diesel::dsl::sql` would do, but its statements are parsed and planned
/// anew each time; this text cannot change, so its statement is prepared once per connection.
#[derive(Debug, Clone, Copy)]
pub struct Raw<ST>(&'static str, PhantomData<ST>);

/// A constant expression of type `ST`.
pub const fn raw<ST>(sql: &'static str) -> Raw<ST> {
    Raw(sql, PhantomData)
}

impl<ST: TypedExpressionType> Expression for Raw<ST> {
    type SqlType = ST;
}
impl<ST, QS> SelectableExpression<QS> for Raw<ST> where Self: Expression {}
impl<ST, QS> AppearsOnTable<QS> for Raw<ST> where Self: Expression {}
impl<ST, GB> ValidGrouping<GB> for Raw<ST> {
    type IsAggregate = is_aggregate::Never;
}
impl<ST> QueryId for Raw<ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl<ST> QueryFragment<Pg> for Raw<ST> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(self.0);
        Ok(())
    }
}

/// A statement with a constant text and bound values, in the order of its `?`. Unlike
/// `diesel::sql_query` it is prepared once per connection.
pub struct Prepared<'a, ST> {
    text: &'static str,
    binds: Vec<Box<dyn QueryFragment<Pg> + Send + 'a>>,
    row: PhantomData<ST>,
}

impl<'a, ST> Prepared<'a, ST> {
    /// A statement whose rows are of type `ST`; `()` for one without.
    pub fn new(text: &'static str) -> Self {
        Self {
            text,
            binds: Vec::new(),
            row: PhantomData,
        }
    }

    /// Binds the next value.
    #[must_use]
    pub fn bind<T, V>(mut self, value: V) -> Self
    where
        T: diesel::sql_types::SqlType + diesel::sql_types::SingleValue,
        V: AsExpression<T>,
        V::Expression: QueryFragment<Pg> + Send + 'a,
    {
        self.binds.push(Box::new(value.as_expression()));
        self
    }
}

impl<ST> diesel::query_builder::Query for Prepared<'_, ST> {
    type SqlType = ST;
}
impl<ST> QueryId for Prepared<'_, ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl<ST, C> diesel::RunQueryDsl<C> for Prepared<'_, ST> {}
impl<ST> QueryFragment<Pg> for Prepared<'_, ST> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut binds = self.binds.iter();
        for (index, piece) in self.text.split('?').enumerate() {
            if index > 0 {
                let missing = || diesel::result::Error::QueryBuilderError("too few values bound".into());
                binds.next().ok_or_else(missing)?.walk_ast(out.reborrow())?;
            }
            out.push_sql(piece);
        }
        match binds.next() {
            None => Ok(()),
            Some(_) => Err(diesel::result::Error::QueryBuilderError(
                "too many values bound".into(),
            )),
        }
    }
}
