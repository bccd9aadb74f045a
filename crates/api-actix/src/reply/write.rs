//! Answers of writes: rendered in the transaction, so that they can be given again under the same key.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use application::{AppError, Render, Written};
use domain::Record;
use domain::idempotency::StoredAnswer;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Answer, Answered, JSON, Nothing, Output, REPLAY, etag};
use crate::openapi::doc::Doc;
use crate::problem::Refusal;

/// What has an identity and a version on the wire.
pub trait Versioned {
    /// Identity.
    fn key(&self) -> i64;
    /// Version.
    fn version(&self) -> i64;
}

impl<T> Versioned for Record<T> {
    fn key(&self) -> i64 {
        self.id.get()
    }
    fn version(&self) -> i64 {
        self.version
    }
}

/// The answer of a write that created a `V`: 201, `Location`, `ETag`.
pub struct Created<V>(Sent, PhantomData<fn() -> V>);
/// The answer of a write that changed a `V`: 200, `ETag`.
pub struct Updated<V>(Sent, PhantomData<fn() -> V>);
/// The answer of a write that removed something: 204.
pub struct Removed(Sent);

/// A rendered write, possibly an earlier one.
struct Sent {
    answer: StoredAnswer,
    replayed: bool,
}

/// How the result `R` of a write is shown. The rendering goes into the use case, which stores the
/// answer with its effect; what comes back is sent.
pub struct Show<R, O> {
    render: Render<R>,
    output: fn(Sent) -> O,
}

impl<R: Versioned + 'static, V: Serialize + ToSchema + 'static> Show<R, Created<V>> {
    /// 201 at `location` + `/{id}`.
    pub fn created(location: String, view: impl Fn(&R) -> V + Send + Sync + 'static) -> Self {
        let render: Render<R> = Arc::new(move |result| {
            let mut answer = rendered(201, result.version(), &view(result));
            answer
                .headers
                .push(("location".to_owned(), format!("{location}/{}", result.key())));
            answer
        });
        Self {
            render,
            output: |sent| Created(sent, PhantomData),
        }
    }
}

impl<R: Versioned + 'static, V: Serialize + ToSchema + 'static> Show<R, Updated<V>> {
    /// 200.
    pub fn updated(view: impl Fn(&R) -> V + Send + Sync + 'static) -> Self {
        let render: Render<R> = Arc::new(move |result| rendered(200, result.version(), &view(result)));
        Self {
            render,
            output: |sent| Updated(sent, PhantomData),
        }
    }
}

impl<R: 'static> Show<R, Removed> {
    /// 204.
    pub fn removed() -> Self {
        let render: Render<R> = Arc::new(|_| StoredAnswer {
            status: 204,
            headers: Vec::new(),
            body: Vec::new(),
        });
        Self {
            render,
            output: Removed,
        }
    }
}

impl<R, O> Show<R, O> {
    /// The answer of `write`, a use case that takes the rendering.
    ///
    /// # Errors
    /// What the use case refuses.
    pub async fn by<F>(self, write: impl FnOnce(Render<R>) -> F) -> Answered<O>
    where
        F: Future<Output = Result<Written<R>, AppError>>,
    {
        let (answer, replayed) = match write(self.render).await? {
            Written::Fresh { answer, .. } => (answer, false),
            Written::Replayed(answer) => (answer, true),
        };
        Ok((self.output)(Sent { answer, replayed }))
    }
}

fn rendered<V: Serialize>(status: u16, version: i64, view: &V) -> StoredAnswer {
    // Views are plain structs: writing them to memory cannot fail.
    let body = serde_json::to_vec(view).unwrap_or_default();
    StoredAnswer {
        status,
        headers: vec![("etag".to_owned(), etag(version))],
        body,
    }
}

impl Sent {
    fn answer(self) -> Result<Answer, Refusal> {
        let defect = |what: &str| Refusal::App(AppError::internal(what));
        let status =
            StatusCode::from_u16(self.answer.status).map_err(|_| defect("status of a stored answer"))?;
        let mut headers = Vec::with_capacity(self.answer.headers.len() + 2);
        if !self.answer.body.is_empty() {
            headers.push((header::CONTENT_TYPE, JSON));
        }
        for (name, value) in self.answer.headers {
            let name = HeaderName::try_from(name).map_err(|_| defect("header of a stored answer"))?;
            headers.push((
                name,
                HeaderValue::try_from(value).map_err(|_| defect("header of a stored answer"))?,
            ));
        }
        if self.replayed {
            headers.push((REPLAY, HeaderValue::from_static("true")));
        }
        Ok(Answer {
            status,
            headers,
            body: self.answer.body.into(),
        })
    }
}

impl<V: ToSchema + 'static> Output for Created<V> {
    fn describe(doc: &mut Doc) {
        doc.answers_json::<V>(201, "Créé", &["ETag", "Location"]);
    }
    fn answer(self) -> Result<Answer, Refusal> {
        self.0.answer()
    }
}

impl<V: ToSchema + 'static> Output for Updated<V> {
    fn describe(doc: &mut Doc) {
        doc.answers_json::<V>(200, "Modifié", &["ETag"]);
    }
    fn answer(self) -> Result<Answer, Refusal> {
        self.0.answer()
    }
}

impl Output for Removed {
    fn describe(doc: &mut Doc) {
        Nothing::describe(doc);
    }
    fn answer(self) -> Result<Answer, Refusal> {
        self.0.answer()
    }
}
