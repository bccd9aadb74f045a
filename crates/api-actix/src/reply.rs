//! What handlers give back: each type makes the answer and describes it.

use std::marker::PhantomData;
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use application::{Render, Written};
use domain::Record;
use domain::idempotency::StoredAnswer;
use domain::page::{Page, PageRequest, Start};
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::doc::{Doc, ResponseDoc};
use crate::problem::Refusal;

/// Content type of JSON.
pub const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// Says that an answer was given before, under the same key.
pub const REPLAY: HeaderName = HeaderName::from_static("idempotent-replay");

/// Body of an answer.
pub enum Content {
    /// All of it.
    Bytes(Bytes),
    /// As it comes.
    Stream(BoxBody),
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

/// An answer before the headers that every answer gets.
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Body.
    pub body: Content,
}

/// What a handler returns.
pub type Answered<T> = Result<T, Refusal>;

/// An answer of a handler.
pub trait Output: 'static {
    /// Adds itself to the documentation of the operation.
    fn describe(doc: &mut Doc);

    /// Makes the answer.
    ///
    /// # Errors
    /// A defect.
    fn answer(self) -> Result<Answer, Refusal>;
}

fn to_json<T: Serialize>(value: &T) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec(value).map_err(|e| Refusal::App(application::AppError::internal(e.to_string())))
}

/// The entity tag of a version.
pub fn etag(version: i64) -> String {
    format!("\"v{version}\"")
}

/// JSON without a version: 200.
pub struct Plain<T>(pub T);

impl<T: Serialize + ToSchema + 'static> Output for Plain<T> {
    fn describe(doc: &mut Doc) {
        doc.answers_json::<T>(200, "Succès", &[]);
    }

    fn answer(self) -> Result<Answer, Refusal> {
        let body = to_json(&self.0)?.into();
        Ok(Answer {
            status: StatusCode::OK,
            headers: vec![(header::CONTENT_TYPE, JSON)],
            body,
        })
    }
}

/// One resource with its version: 200 and `ETag`.
pub struct One<T> {
    /// Version.
    pub version: i64,
    /// View.
    pub view: T,
}

impl<T: Serialize + ToSchema + 'static> Output for One<T> {
    fn describe(doc: &mut Doc) {
        doc.answers_json::<T>(200, "La ressource", &["ETag"]);
    }

    fn answer(self) -> Result<Answer, Refusal> {
        let mut answer = Plain(self.view).answer()?;
        if let Ok(tag) = HeaderValue::try_from(etag(self.version)) {
            answer.headers.push((header::ETAG, tag));
        }
        Ok(answer)
    }
}

/// Une page d'une liste.
#[derive(Debug, Serialize, ToSchema)]
pub struct Many<T> {
    /// Éléments de la page.
    pub items: Vec<T>,
    /// Nombre d'éléments en tout, exact jusqu'à 10 000.
    pub total: u64,
    /// Vrai quand « total » s'est arrêté à 10 000.
    pub total_capped: bool,
    /// Taille de page demandée.
    pub limit: u32,
    /// Éléments sautés.
    pub offset: u32,
    /// À passer dans « cursor » pour la page suivante ; null à la dernière.
    pub next_cursor: Option<String>,
}

impl<T> Many<T> {
    /// A list that is always given whole.
    pub fn whole(items: Vec<T>) -> Self {
        let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
        Self {
            total: count.into(),
            total_capped: false,
            limit: count,
            offset: 0,
            next_cursor: None,
            items,
        }
    }

    /// The page that was asked for.
    pub fn of<R, K>(request: &PageRequest<K>, page: Page<R>, view: impl FnMut(R) -> T) -> Self {
        let page = page.map(view);
        Self {
            items: page.items,
            total: page.total,
            total_capped: page.total_capped,
            limit: request.limit,
            offset: match request.start {
                Start::Offset(offset) => offset,
                Start::Cursor(_) => 0,
            },
            next_cursor: page.next_cursor,
        }
    }
}

impl<T: Serialize + ToSchema + 'static> Output for Many<T> {
    fn describe(doc: &mut Doc) {
        T::schemas(&mut doc.schemas);
        doc.schemas.push((T::name().into_owned(), T::schema()));
        doc.response = ResponseDoc {
            description: "Une page de la liste",
            content: Some(("application/json", crate::openapi::page_of(&T::name()))),
            ..ResponseDoc::default()
        };
    }

    fn answer(self) -> Result<Answer, Refusal> {
        let body = to_json(&self)?.into();
        Ok(Answer {
            status: StatusCode::OK,
            headers: vec![(header::CONTENT_TYPE, JSON)],
            body,
        })
    }
}

/// Done, and nothing to say: 204.
pub struct Nothing;

impl Output for Nothing {
    fn describe(doc: &mut Doc) {
        doc.response = ResponseDoc {
            status: 204,
            description: "Fait",
            ..ResponseDoc::default()
        };
    }

    fn answer(self) -> Result<Answer, Refusal> {
        Ok(Answer {
            status: StatusCode::NO_CONTENT,
            headers: Vec::new(),
            body: Vec::new().into(),
        })
    }
}

/// Any output that gives or takes cookies.
pub struct Cookies<T> {
    /// The output.
    pub output: T,
    /// The headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl<T: Output> Output for Cookies<T> {
    fn describe(doc: &mut Doc) {
        T::describe(doc);
        doc.response.headers = &["Set-Cookie"];
    }

    fn answer(self) -> Result<Answer, Refusal> {
        let mut answer = self.output.answer()?;
        answer.headers.extend(self.headers);
        Ok(answer)
    }
}

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

/// How the result `R` of a write is shown: [`Show::render`] goes into the use case, which stores
/// the answer with its effect, and [`Show::sent`] sends what came back.
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
    /// For the use case.
    pub fn render(&self) -> Render<R> {
        self.render.clone()
    }

    /// What to send for what the use case answered.
    pub fn sent(&self, written: Written<R>) -> O {
        let (answer, replayed) = match written {
            Written::Fresh { answer, .. } => (answer, false),
            Written::Replayed(answer) => (answer, true),
        };
        (self.output)(Sent { answer, replayed })
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
        let defect = |what: &str| Refusal::App(application::AppError::internal(what));
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

/// A page or file of the program itself, with the policy that its scripts need.
pub struct File {
    /// Content type.
    pub kind: HeaderValue,
    /// Bytes.
    pub bytes: Bytes,
    /// Content-Security-Policy in place of the strict one.
    pub policy: Option<HeaderValue>,
}

impl Output for File {
    fn describe(doc: &mut Doc) {
        let any = utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .into();
        doc.response = ResponseDoc {
            content: Some(("*/*", any)),
            ..ResponseDoc::default()
        };
    }

    fn answer(self) -> Result<Answer, Refusal> {
        let mut headers = vec![
            (header::CONTENT_TYPE, self.kind),
            (
                header::CACHE_CONTROL,
                HeaderValue::from_static("public, max-age=3600"),
            ),
        ];
        headers.extend(
            self.policy
                .map(|policy| (header::CONTENT_SECURITY_POLICY, policy)),
        );
        Ok(Answer {
            status: StatusCode::OK,
            headers,
            body: Content::Bytes(self.bytes),
        })
    }
}

/// A JSON document of the program itself.
pub struct JsonFile(pub File);

impl Output for JsonFile {
    fn describe(doc: &mut Doc) {
        let object = utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Object)
            .into();
        doc.response = ResponseDoc {
            content: Some(("application/json", object)),
            ..ResponseDoc::default()
        };
    }

    fn answer(self) -> Result<Answer, Refusal> {
        self.0.answer()
    }
}

/// Go there: 302.
pub struct Redirect(pub &'static str);

impl Output for Redirect {
    fn describe(doc: &mut Doc) {
        doc.response = ResponseDoc {
            status: 302,
            description: "Voir l'adresse donnée",
            content: None,
            headers: &["Location"],
        };
    }

    fn answer(self) -> Result<Answer, Refusal> {
        let headers = vec![(header::LOCATION, HeaderValue::from_static(self.0))];
        Ok(Answer {
            status: StatusCode::FOUND,
            headers,
            body: Vec::new().into(),
        })
    }
}
