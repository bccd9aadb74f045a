//! Which version the caller means to change: `If-Match: "v3"`, or `version` in the body.

use actix_web::http::header;
use application::{AppError, Expected};
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::{Input, Parts};
use crate::openapi::doc::Doc;
use crate::problem::{HttpCode, Refusal};

/// What the caller said about the version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// Nothing.
    Nothing,
    /// Whatever is there (`*`).
    Any,
    /// This one. A tag that no version has becomes one that none has.
    Version(i64),
}

/// The version that the caller named, and whether it had to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Precondition {
    /// What was said.
    pub given: Given,
    /// A full replacement must say which version it replaces.
    pub required: bool,
}

impl Precondition {
    /// For the use case.
    pub fn expected(self) -> Expected {
        match self.given {
            Given::Version(version) => Some(version),
            Given::Nothing | Given::Any => None,
        }
    }

    /// Refuses a replacement that does not say what it replaces. To be asked on the loaded object,
    /// so that a caller who may not know of it hears 404 first.
    ///
    /// # Errors
    /// `VersionRequired`.
    pub fn check(self) -> Result<(), AppError> {
        if self.required && self.given == Given::Nothing {
            Err(AppError::VersionRequired)
        } else {
            Ok(())
        }
    }
}

/// `If-Match`, when the caller sends it.
#[derive(Debug, Clone, Copy)]
pub struct IfMatch(pub Precondition);

impl IfMatch {
    /// For the use case.
    pub fn expected(self) -> Expected {
        self.0.expected()
    }
}

impl Input for IfMatch {
    fn describe(doc: &mut Doc) {
        describe(
            doc,
            "Étiquette (ETag) de la version à modifier ; 412 si elle n'est plus la dernière.",
        );
    }

    fn extract(parts: &mut Parts<'_>) -> Result<Self, Refusal> {
        Ok(Self(Precondition {
            given: given(parts)?,
            required: false,
        }))
    }
}

pub(super) fn describe(doc: &mut Doc, what: &str) {
    doc.parameters.push(
        ParameterBuilder::new()
            .name("If-Match")
            .parameter_in(ParameterIn::Header)
            .description(Some(what))
            .schema(Some(
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .examples(["\"v3\""]),
            ))
            .build(),
    );
    doc.versioned = true;
}

/// What the header says.
pub(super) fn given(parts: &Parts<'_>) -> Result<Given, Refusal> {
    let mut values = parts.headers.get_all(header::IF_MATCH);
    let Some(value) = values.next() else {
        return Ok(Given::Nothing);
    };
    let invalid = || Refusal::http(HttpCode::InvalidIfMatch);
    if values.next().is_some() {
        return Err(invalid());
    }
    let text = value.to_str().map_err(|_| invalid())?.trim();
    if text == "*" {
        return Ok(Given::Any);
    }
    // Proxies that compress turn a tag into a weak one.
    let text = text.strip_prefix("W/").unwrap_or(text);
    let tag = text
        .strip_prefix('"')
        .and_then(|t| t.strip_suffix('"'))
        .ok_or_else(invalid)?;
    if tag.contains('"') {
        return Err(invalid());
    }
    let version = tag
        .strip_prefix('v')
        .filter(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()));
    Ok(Given::Version(
        version.and_then(|digits| digits.parse().ok()).unwrap_or(-1),
    ))
}
