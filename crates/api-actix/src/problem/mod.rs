//! Refusals on the wire: `application/problem+json`, one shape for everything.

pub mod catalogue;
pub mod docs;
pub mod messages;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{StatusCode, header};
use application::{AppError, Code, Detail};
use domain::text::{FieldIssue, IssueCode};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

pub use catalogue::{AnyCode, Entry, HttpCode, entry};

use crate::json::MAX_ISSUES;
use crate::reply::Answer;

/// Content type of refusals.
pub const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Why a request was not answered as asked: what a use case said, or the adapter itself.
#[derive(Debug)]
pub enum Refusal {
    /// A use case refused, or failed.
    App(AppError),
    /// The same, with headers that go with it: cookies that are good for nothing any more.
    AppWith(AppError, Vec<(HeaderName, HeaderValue)>),
    /// The adapter refused before any use case.
    Http {
        /// Which rule of HTTP or of the contract.
        code: HttpCode,
        /// The fields that are concerned.
        issues: Vec<FieldIssue>,
        /// Headers that belong to the refusal (`Allow`).
        headers: Vec<(HeaderName, HeaderValue)>,
    },
}

impl<E: Into<AppError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::App(error.into())
    }
}

impl Refusal {
    /// A refusal of the adapter without details.
    pub fn http(code: HttpCode) -> Self {
        Self::Http {
            code,
            issues: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// A refusal of one field: 422.
    pub fn field(issue: FieldIssue) -> Self {
        Self::App(AppError::field(issue))
    }

    /// A refusal that names a field but is not about its value (duplicate keys).
    pub fn http_field(code: HttpCode, field: impl Into<String>, issue: IssueCode) -> Self {
        Self::Http {
            code,
            issues: vec![FieldIssue::new(field, issue)],
            headers: Vec::new(),
        }
    }

    /// The code.
    pub fn code(&self) -> AnyCode {
        match self {
            Self::App(error) | Self::AppWith(error, _) => AnyCode::App(error.code()),
            Self::Http { code, .. } => AnyCode::Http(*code),
        }
    }

    /// Status of the answer.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(entry(self.code()).status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Every cause of a failure in one line, for the log; `None` when it is the caller's doing.
    pub fn chain(&self) -> Option<String> {
        let (Self::App(error) | Self::AppWith(error, _)) = self else {
            return None;
        };
        if !self.status().is_server_error() {
            return None;
        }
        let mut text = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        Some(text)
    }

    fn issues(&self) -> &[FieldIssue] {
        match self {
            Self::App(AppError::Invalid(issues))
            | Self::AppWith(AppError::Invalid(issues), _)
            | Self::Http { issues, .. } => issues,
            Self::App(_) | Self::AppWith(..) => &[],
        }
    }

    /// The answer: status, headers, body.
    pub fn answer(&self, path: &str, correlation_id: &str, now: Timestamp) -> Answer {
        let mut headers = vec![(header::CONTENT_TYPE, CONTENT_TYPE)];
        let mut members = Map::new();
        match self {
            Self::Http { headers: own, .. } => headers.extend(own.iter().cloned()),
            Self::App(error) => describe(error, &mut members, &mut headers),
            Self::AppWith(error, own) => {
                headers.extend(own.iter().cloned());
                describe(error, &mut members, &mut headers);
            }
        }
        if self.status() == StatusCode::UNAUTHORIZED {
            headers.push((
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"erp\""),
            ));
        }
        if self.status() == StatusCode::SERVICE_UNAVAILABLE
            && !headers.iter().any(|(name, _)| name == header::RETRY_AFTER)
        {
            headers.push((header::RETRY_AFTER, HeaderValue::from_static("1")));
        }
        let what = entry(self.code());
        for (name, value) in [
            ("type", Value::from(format!("/problems/{}", what.family))),
            ("title", what.title.into()),
            ("status", what.status.into()),
            ("detail", what.detail.into()),
            ("code", self.code().as_str().into()),
            (
                "errors",
                self.issues().iter().take(MAX_ISSUES).map(issue_json).collect(),
            ),
            ("timestamp", now.to_string().into()),
            ("path", path.into()),
            ("correlation_id", correlation_id.into()),
        ] {
            members.insert(name.to_owned(), value);
        }
        let body = serde_json::to_vec(&Value::Object(members)).unwrap_or_default();
        Answer {
            status: self.status(),
            headers,
            body: body.into(),
        }
    }
}

fn issue_json(issue: &FieldIssue) -> Value {
    let code: &str = issue.code.into();
    json!({ "field": issue.field, "message": messages::message(issue), "code": code })
}

/// What a use case adds to its refusal.
fn describe(
    error: &AppError,
    members: &mut Map<String, Value>,
    headers: &mut Vec<(HeaderName, HeaderValue)>,
) {
    match error {
        AppError::Rule { details, .. } => {
            for (name, detail) in details {
                let value = match detail {
                    Detail::Text(text) => Value::from(text.as_str()),
                    Detail::Number(number) => Value::from(*number),
                    Detail::List(items) => Value::from(items.clone()),
                };
                members.insert((*name).to_owned(), value);
            }
        }
        AppError::DeniedFields(fields) => {
            members.insert("champs".to_owned(), Value::from(fields.clone()));
        }
        AppError::StaleVersion {
            current: Some(version),
        } => {
            members.insert("version_actuelle".to_owned(), Value::from(*version));
        }
        AppError::Busy { retry_after, .. } => {
            members.insert("retry_after".to_owned(), Value::from(*retry_after));
            headers.push((header::RETRY_AFTER, HeaderValue::from(*retry_after)));
        }
        _ => {}
    }
}

/// The refusal for a request that found nothing to run.
pub fn not_found() -> Refusal {
    Refusal::App(AppError::NotFound)
}

/// The refusal of a request without a usable token.
pub fn unauthenticated() -> Refusal {
    Refusal::App(AppError::Unauthenticated(Code::Unauthenticated))
}
