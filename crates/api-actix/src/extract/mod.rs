//! What handlers take: each argument type reads its part of the request and describes it.
//!
//! Arguments are read after the gate and before the handler, in one place ([`crate::endpoint`]):
//! a handler cannot see a request that has not passed. The same types make the OpenAPI
//! document, so that what is documented is what is read.

pub mod body;
pub mod list;
pub mod query;
pub mod version;

use std::marker::PhantomData;

use actix_web::http::header::HeaderMap;
use actix_web::web::Bytes;
use domain::Id;

pub use body::{Body, Change, Form, MaybeBody, MaybeChange, Replace, View};
pub use list::{List, ListFilter, ascending};
pub use query::Query;
pub use version::{IfMatch, Precondition};

use crate::openapi::doc::{Doc, PathKind};
use crate::problem::Refusal;

/// Which bodies an operation reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BodyKind {
    /// None: what is sent is refused.
    #[default]
    None,
    /// `application/json`.
    Json,
    /// `application/json` or `application/x-www-form-urlencoded`.
    JsonOrForm,
    /// The same two, or nothing at all.
    Optional,
}

impl BodyKind {
    const fn or(self, other: Self) -> Self {
        if matches!(self, Self::None) { other } else { self }
    }
}

/// A request whose body has arrived.
pub struct Parts<'a> {
    /// Parameters of the path, in their order.
    pub params: Vec<&'a str>,
    pub(crate) taken: usize,
    /// Query without `?`.
    pub query: &'a str,
    /// Headers.
    pub headers: &'a HeaderMap,
    /// Body; empty when the operation reads none.
    pub body: Bytes,
    /// The body is a form.
    pub is_form: bool,
    /// A path of older clients: a PUT without version is the last one that counts.
    pub lenient: bool,
}

/// An argument of a handler.
pub trait Input: Sized + 'static {
    /// The body that it reads.
    const BODY: BodyKind = BodyKind::None;
    /// It reads the query; a query that nothing reads is refused.
    const QUERY: bool = false;

    /// Adds itself to the documentation of the operation.
    fn describe(doc: &mut Doc);

    /// Reads itself.
    ///
    /// # Errors
    /// The refusal that the caller gets.
    fn extract(parts: &mut Parts<'_>) -> Result<Self, Refusal>;
}

macro_rules! tuples {
    ($(($($arg:ident),*))+) => {$(
        impl<$($arg: Input),*> Input for ($($arg,)*) {
            const BODY: BodyKind = BodyKind::None$(.or($arg::BODY))*;
            const QUERY: bool = false$(|| $arg::QUERY)*;
            fn describe(_doc: &mut Doc) { $($arg::describe(_doc);)* }
            fn extract(_parts: &mut Parts<'_>) -> Result<Self, Refusal> { Ok(($($arg::extract(_parts)?,)*)) }
        }
    )+};
}
tuples! { () (A) (A, B) (A, B, C) (A, B, C, D) }

/// The next identifier of the path.
///
/// The route takes digits only; a number beyond 64 bits names nothing, like any other identifier
/// that does not exist, so it becomes the largest one.
#[derive(Debug)]
pub struct PathId<T>(pub Id<T>, PhantomData<T>);

impl<T: 'static> Input for PathId<T> {
    fn describe(doc: &mut Doc) {
        doc.path_kinds.push(PathKind::Id);
    }

    fn extract(parts: &mut Parts<'_>) -> Result<Self, Refusal> {
        let id = number(parts.next_param()?);
        Ok(Self(Id::new(id), PhantomData))
    }
}

/// The number of a path's digits; the largest one for what is beyond 64 bits.
pub fn number(digits: &str) -> i64 {
    digits.parse().unwrap_or(i64::MAX)
}

/// The next text of the path.
#[derive(Debug)]
pub struct PathText(pub String);

impl Input for PathText {
    fn describe(doc: &mut Doc) {
        doc.path_kinds.push(PathKind::Text);
    }

    fn extract(parts: &mut Parts<'_>) -> Result<Self, Refusal> {
        Ok(Self(parts.next_param()?.to_owned()))
    }
}

impl<'a> Parts<'a> {
    fn next_param(&mut self) -> Result<&'a str, Refusal> {
        let param = self.params.get(self.taken).copied();
        self.taken += 1;
        param.ok_or_else(|| Refusal::App(application::AppError::internal("the path has fewer parameters")))
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }
}
