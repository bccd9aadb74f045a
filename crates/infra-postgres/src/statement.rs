//! Statements written in SQL whose plan is kept.
//!
//! `diesel::sql_query` has its text parsed and planned anew each time, and reads rows by the names
//! of their columns. Here the text consists of constants of the program and is prepared once per
//! connection, values are bound, and rows are read by position as the type `ST`.

use std::marker::PhantomData;

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{
    Array, BigInt, Bool, Bytea, Date, Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid,
};
use diesel::{QueryResult, RunQueryDsl};

use crate::sql::{Day, Ts};

/// A statement that gives rows of the SQL type `ST`.
#[derive(Debug, Clone)]
pub struct Statement<ST = Bool> {
    parts: Vec<Part>,
    row: PhantomData<fn() -> ST>,
}

#[derive(Debug, Clone)]
enum Part {
    Sql(&'static str),
    Value(Value),
}

macro_rules! values {
    ($($variant:ident($ty:ty): $sql:ty),+ $(,)?) => {
        /// A value to be bound.
        #[derive(Debug, Clone)]
        pub enum Value {
            $(#[doc = concat!("`", stringify!($ty), "`")] $variant($ty)),+
        }

        $(impl From<$ty> for Value {
            fn from(value: $ty) -> Self {
                Self::$variant(value)
            }
        })+

        impl Value {
            fn bind<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
                match self {
                    $(Self::$variant(value) => out.push_bind_param::<$sql, _>(value)),+
                }
            }
        }
    };
}

values! {
    Truth(bool): Bool,
    Small(i16): SmallInt,
    Number(i32): Integer,
    Id(i64): BigInt,
    MaybeId(Option<i64>): Nullable<BigInt>,
    Ids(Vec<i64>): Array<BigInt>,
    Code(&'static str): Text,
    Codes(Vec<&'static str>): Array<Text>,
    Words(String): Text,
    At(Ts): Timestamptz,
    MaybeAt(Option<Ts>): Nullable<Timestamptz>,
    On(Day): Date,
    Tree(serde_json::Value): Jsonb,
    Bytes(Vec<u8>): Bytea,
    Unique(uuid::Uuid): Uuid,
}

impl<ST> Statement<ST> {
    /// Begins with this text.
    pub fn new(sql: &'static str) -> Self {
        let mut parts = Vec::with_capacity(16);
        parts.push(Part::Sql(sql));
        Self {
            parts,
            row: PhantomData,
        }
    }

    /// Goes on with this text.
    #[must_use]
    pub fn sql(mut self, sql: &'static str) -> Self {
        self.parts.push(Part::Sql(sql));
        self
    }

    /// Goes on with a bound value.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.parts.push(Part::Value(value.into()));
        self
    }
}

impl<ST> Query for Statement<ST> {
    type SqlType = ST;
}

impl<ST> QueryId for Statement<ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST, C> RunQueryDsl<C> for Statement<ST> {}

impl<ST> QueryFragment<Pg> for Statement<ST> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for part in &self.parts {
            match part {
                Part::Sql(sql) => out.push_sql(sql),
                Part::Value(value) => value.bind(&mut out)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_bound_and_never_become_text() {
        let id = "1; DROP TABLE users".to_owned();
        let statement: Statement = Statement::new("SELECT true WHERE 'a' = ")
            .bind(id)
            .sql(" AND 2 = ")
            .bind(2_i64);
        let shown = diesel::debug_query::<Pg, _>(&statement).to_string();
        let (sql, _binds) = shown.split_once(" -- ").expect("text and values");
        assert_eq!(sql, "SELECT true WHERE 'a' = $1 AND 2 = $2");
    }
}
