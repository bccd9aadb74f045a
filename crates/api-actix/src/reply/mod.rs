//! What handlers give back: each type makes the answer and describes it. Here are the answers of
//! reads; those of writes and of files are in modules of their own.

mod file;
mod write;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use domain::page::{Page, PageRequest, Start};
use serde::Serialize;
use utoipa::ToSchema;

pub use file::{File, JsonFile, Redirect};
pub use write::{Created, Removed, Show, Updated, Versioned};

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

impl<T> One<T> {
    /// What was found, as `view` shows it.
    pub fn of<R: Versioned>(found: &R, view: impl FnOnce(&R) -> T) -> Self {
        Self {
            version: found.version(),
            view: view(found),
        }
    }
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
        let offset = match request.start {
            Start::Offset(offset) => offset,
            Start::Cursor(_) => 0,
        };
        Self::page(request.limit, offset, page, view)
    }

    /// A page of what is read by cursor only.
    pub fn by_cursor<R>(limit: u32, page: Page<R>, view: impl FnMut(R) -> T) -> Self {
        Self::page(limit, 0, page, view)
    }

    fn page<R>(limit: u32, offset: u32, page: Page<R>, view: impl FnMut(R) -> T) -> Self {
        let page = page.map(view);
        Self {
            items: page.items,
            total: page.total,
            total_capped: page.total_capped,
            limit,
            offset,
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
