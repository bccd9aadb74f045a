//! An operation: path, method, right, summary and handler, said once.
//!
//! The list of operations is the one source of the routing table, the gate and the OpenAPI
//! document. Nothing else is registered with actix (one default service takes every request), so
//! a handler that is not in the list cannot be reached, and one that is in the list cannot be
//! reached without passing the gate or be absent from the document.
//! This is also why actix's own router and `utoipa-actix-web` are not used: both keep a list of
//! their own, and actix tries one regular expression after the other for each request.

use std::future::Future;

use actix_web::http::Method;
use application::AppError;
use domain::policy::Permission;
use futures_util::future::LocalBoxFuture;

use crate::call::{Call, Guest};
use crate::extract::{BodyKind, Input, Parts, query};
use crate::openapi::doc::Doc;
use crate::problem::Refusal;
use crate::reply::{Answer, Answered, Output};

/// The coarse gate of an operation; the decision about the target is taken in the use case.
#[derive(Debug, Clone, Copy)]
pub enum Needs {
    /// A live session.
    SignedIn,
    /// This right, in any scope.
    One(Permission),
    /// At least one of these rights, in any scope.
    AnyOf(&'static [Permission]),
}

impl From<Permission> for Needs {
    fn from(permission: Permission) -> Self {
        Self::One(permission)
    }
}

impl Needs {
    /// The rights, for the gate and the document.
    pub fn permissions(&self) -> &[Permission] {
        match self {
            Self::SignedIn => &[],
            Self::One(permission) => std::slice::from_ref(permission),
            Self::AnyOf(permissions) => permissions,
        }
    }
}

/// Who may call an operation.
#[derive(Debug, Clone, Copy)]
pub enum Access {
    /// Anybody.
    Public,
    /// Who is signed in and has the right.
    Signed(Needs),
}

/// Who calls, as the gate found out.
pub enum Caller {
    /// Of a public operation.
    Guest(Guest),
    /// Of any other.
    Signed(Box<Call>),
}

type Running = Result<LocalBoxFuture<'static, Result<Answer, Refusal>>, Refusal>;
type Run = Box<dyn Fn(Caller, &mut Parts<'_>) -> Running + Send + Sync>;

/// One operation.
pub struct Operation {
    /// Method.
    pub method: Method,
    /// Path under the prefix (or under the root), with `{parameters}`.
    pub path: &'static str,
    /// Stands at the root only, not under the prefix.
    pub at_root: bool,
    /// Who may call it.
    pub access: Access,
    /// What it does, in French.
    pub summary: &'static str,
    /// Resource that it belongs to.
    pub tag: &'static str,
    /// The path that should be used instead: this one is for older clients.
    pub alias_of: Option<&'static str>,
    /// Deals with secrets: its answers are never stored under an idempotency key.
    pub secret: bool,
    /// Body that it reads.
    pub body: BodyKind,
    /// It reads the query.
    pub query: bool,
    /// Most bytes of that body, when fewer than those of any other.
    pub body_limit: Option<usize>,
    /// What its types say.
    pub doc: Doc,
    run: Run,
}

impl Operation {
    /// Marks an older name of another path.
    #[must_use]
    pub fn alias_of(mut self, path: &'static str) -> Self {
        self.alias_of = Some(path);
        self
    }

    /// Marks an operation whose answer must never be stored.
    #[must_use]
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// Takes short bodies only: what strangers may send must not fill the memory.
    #[must_use]
    pub fn short_body(mut self) -> Self {
        self.body_limit = Some(16 * 1024);
        self
    }

    /// Puts the operation at the root instead of under the prefix.
    #[must_use]
    pub fn at_root(mut self) -> Self {
        self.at_root = true;
        self
    }

    /// An `Idempotency-Key` is honoured.
    pub fn repeatable(&self) -> bool {
        let method = self.method == Method::POST || self.method == Method::PATCH;
        method && !self.secret && matches!(self.access, Access::Signed(_))
    }

    /// Reads the arguments and calls the handler.
    ///
    /// # Errors
    /// The refusal of an argument.
    pub fn run(&self, caller: Caller, parts: &mut Parts<'_>) -> Running {
        // The root is for people and probes, whose tools add parameters of their own.
        if !self.query && !self.at_root {
            query::none(parts.query)?;
        }
        (self.run)(caller, parts)
    }
}

/// The operations of one resource.
pub fn group(tag: &'static str, operations: Vec<Operation>) -> Vec<Operation> {
    operations
        .into_iter()
        .map(|operation| Operation { tag, ..operation })
        .collect()
}

/// A function that answers requests: who calls, then up to four arguments.
pub trait Handler<C, I, O>: Send + Sync + 'static {
    /// Calls it.
    fn call(&self, caller: C, input: I) -> impl Future<Output = Answered<O>> + 'static;
}

macro_rules! handlers {
    ($(($($arg:ident),*))+) => {$(
        impl<F, Fut, C, O, $($arg),*> Handler<C, ($($arg,)*), O> for F
        where
            F: Fn(C, $($arg),*) -> Fut + Send + Sync + 'static,
            Fut: Future<Output = Answered<O>> + 'static,
        {
            #[allow(non_snake_case)]
            fn call(&self, caller: C, ($($arg,)*): ($($arg,)*)) -> impl Future<Output = Answered<O>> + 'static {
                self(caller, $($arg),*)
            }
        }
    )+};
}
handlers! { () (A1) (A1, A2) (A1, A2, A3) (A1, A2, A3, A4) }

fn start<C, I: Input, O: Output>(
    handler: &impl Handler<C, I, O>,
    caller: C,
    parts: &mut Parts<'_>,
) -> Running {
    let running = handler.call(caller, I::extract(parts)?);
    Ok(Box::pin(async move { running.await?.answer() }))
}

fn build<I: Input, O: Output>(
    method: Method,
    path: &'static str,
    access: Access,
    summary: &'static str,
    run: Run,
) -> Operation {
    let mut doc = Doc::default();
    I::describe(&mut doc);
    O::describe(&mut doc);
    Operation {
        method,
        path,
        at_root: false,
        access,
        summary,
        tag: "",
        alias_of: None,
        secret: false,
        body: I::BODY,
        query: I::QUERY,
        body_limit: None,
        doc,
        run,
    }
}

/// An operation for those who are signed in and have the right.
pub fn signed<I: Input, O: Output>(
    method: Method,
    path: &'static str,
    needs: impl Into<Needs>,
    summary: &'static str,
    handler: impl Handler<Call, I, O>,
) -> Operation {
    let run: Run = Box::new(move |caller, parts| match caller {
        Caller::Signed(call) => start(&handler, *call, parts),
        Caller::Guest(_) => Err(crate::problem::unauthenticated()),
    });
    build::<I, O>(method, path, Access::Signed(needs.into()), summary, run)
}

/// An operation for everybody.
pub fn public<I: Input, O: Output>(
    method: Method,
    path: &'static str,
    summary: &'static str,
    handler: impl Handler<Guest, I, O>,
) -> Operation {
    let run: Run = Box::new(move |caller, parts| match caller {
        Caller::Guest(guest) => start(&handler, guest, parts),
        Caller::Signed(_) => Err(AppError::internal("the gate took a public operation for another").into()),
    });
    build::<I, O>(method, path, Access::Public, summary, run)
}

macro_rules! methods {
    ($($(#[$meta:meta])* $name:ident = $method:ident),+) => {$(
        $(#[$meta])*
        pub fn $name<I: Input, O: Output>(
            path: &'static str,
            needs: impl Into<Needs>,
            summary: &'static str,
            handler: impl Handler<Call, I, O>,
        ) -> Operation {
            signed(Method::$method, path, needs, summary, handler)
        }
    )+};
}

methods! {
    /// GET for those who have the right.
    get = GET,
    /// POST for those who have the right.
    post = POST,
    /// PUT for those who have the right.
    put = PUT,
    /// PATCH for those who have the right.
    patch = PATCH,
    /// DELETE for those who have the right.
    delete = DELETE
}
