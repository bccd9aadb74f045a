//! Answers that the program itself holds: pages, documents, and the way to them.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Bytes;
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::{Answer, Content, Output};
use crate::openapi::doc::{Doc, ResponseDoc};
use crate::problem::Refusal;

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
        let any = ObjectBuilder::new().schema_type(Type::String).into();
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
        let object = ObjectBuilder::new().schema_type(Type::Object).into();
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
