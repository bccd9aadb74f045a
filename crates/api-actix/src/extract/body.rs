//! Bodies: plain, optional, as a form, as a change, as a full replacement.

use std::marker::PhantomData;
use std::sync::Arc;

use application::{AppError, Expected};
use domain::text::{FieldIssue, IssueCode};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::version::{Given, Precondition, describe, given};
use super::{BodyKind, Input, Parts};
use crate::json::{self, Dto};
use crate::openapi::doc::{BodyDoc, Doc, properties};
use crate::problem::{HttpCode, Refusal};

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: Dto> Input for Body<T> {
    const BODY: BodyKind = BodyKind::Json;

    fn describe(doc: &mut Doc) {
        doc.body = Some(BodyDoc::json::<T>());
        doc.takes::<T>();
    }

    fn extract(parts: &mut Parts<'_>) -> Result<Self, Refusal> {
        if parts.body.is_empty() {
            return Err(Refusal::http(HttpCode::MalformedJson));
        }
        json::read(&parts.body).map(Self)
    }
}

/// How a body was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// As JSON, which no page of a foreign origin can have sent without asking first.
    Json,
    /// As a form, which any page can have sent.
    Form,
}

/// A JSON body or a form with the same fields.
#[derive(Debug)]
pub struct Form<T>(pub T, pub Sent);

impl<T: Dto> Input for Form<T> {
    const BODY: BodyKind = BodyKind::JsonOrForm;

    fn describe(doc: &mut Doc) {
        doc.body = Some(BodyDoc {
            form: true,
            ..BodyDoc::json::<T>()
        });
        doc.takes::<T>();
    }

    fn extract(parts: &mut Parts<'_>) -> Result<Self, Refusal> {
        if parts.is_form {
            form(&parts.body).map(|body| Self(body, Sent::Form))
        } else {
            Body::<T>::extract(parts).map(|b| Self(b.0, Sent::Json))
        }
    }
}

/// A JSON body or a form, or nothing.
#[derive(Debug)]
pub struct MaybeBody<T>(pub Option<T>);

impl<T: Dto> Input for MaybeBody<T> {
    const BODY: BodyKind = BodyKind::Optional;

    fn describe(doc: &mut Doc) {
        doc.body = Some(BodyDoc {
            form: true,
            required: false,
            ..BodyDoc::json::<T>()
        });
        doc.takes::<T>();
    }

    fn extract(parts: &mut Parts<'_>) -> Result<Self, Refusal> {
        if parts.body.is_empty() {
            Ok(Self(None))
        } else {
            Form::<T>::extract(parts).map(|f| Self(Some(f.0)))
        }
    }
}

/// A form says everything in texts: only fields that are texts fit.
fn form<T: Dto>(bytes: &[u8]) -> Result<T, Refusal> {
    let mut map = Map::new();
    for (name, value) in form_urlencoded::parse(bytes) {
        if name.contains('\u{fffd}') || value.contains('\u{fffd}') {
            return Err(Refusal::http(HttpCode::InvalidEncoding));
        }
        if name.len() > json::MAX_KEY {
            return Err(json::unknown_long(&name));
        }
        if map
            .insert(name.clone().into_owned(), value.into_owned().into())
            .is_some()
        {
            return Err(Refusal::http_field(
                HttpCode::DuplicateKey,
                name,
                IssueCode::Ambiguous,
            ));
        }
    }
    let mut tree = Value::Object(map);
    json::treat::<T>(&mut tree)?;
    json::typed(tree)
}

/// Makes what shall be out of what is; pure. What the use cases call `EditTeam` and so on.
pub type Edit<R, E> = Arc<dyn Fn(&R) -> Result<E, AppError> + Send + Sync>;

/// A change of the named fields, or an action: PATCH, with an optional version (`If-Match`, or
/// `version` in the body).
#[derive(Debug)]
pub struct Change<T> {
    /// The fields.
    pub body: T,
    /// The version.
    pub version: Precondition,
}

impl<T> Change<T> {
    /// For the use case.
    pub fn expected(&self) -> Expected {
        self.version.expected()
    }

    /// For the use case: the version, and the edit that puts the fields `onto` what is there.
    pub fn edit<R, E>(
        self,
        onto: impl Fn(T, &R) -> Result<E, AppError> + Send + Sync + 'static,
    ) -> (Expected, Edit<R, E>)
    where
        T: Clone + Send + Sync + 'static,
    {
        let expected = self.expected();
        (expected, Arc::new(move |before| onto(self.body.clone(), before)))
    }
}

impl<T: Dto> Input for Change<T> {
    const BODY: BodyKind = BodyKind::Json;

    fn describe(doc: &mut Doc) {
        describe(
            doc,
            "Étiquette (ETag) de la version à modifier ; 412 si elle n'est plus la dernière.",
        );
        Body::<T>::describe(doc);
        doc.accept_version::<T>(&[]);
    }

    fn extract(parts: &mut Parts<'_>) -> Result<Self, Refusal> {
        let mut map = members(&parts.body, json::tree::<T>)?;
        let own = json::fields::<T>().contains(&"version");
        let said = if own { None } else { map.remove("version") };
        let version = precondition(parts, said, false)?;
        Ok(Self {
            body: json::typed(Value::Object(map))?,
            version,
        })
    }
}

/// The same by a path of older clients: JSON, a form, or nothing at all.
#[derive(Debug)]
pub struct MaybeChange<T> {
    /// The fields; `None` without a body.
    pub body: Option<T>,
    /// The version.
    pub version: Precondition,
}

impl<T: Dto> Input for MaybeChange<T> {
    const BODY: BodyKind = BodyKind::Optional;

    fn describe(doc: &mut Doc) {
        Change::<T>::describe(doc);
        if let Some(body) = &mut doc.body {
            (body.form, body.required) = (true, false);
        }
    }

    fn extract(parts: &mut Parts<'_>) -> Result<Self, Refusal> {
        if parts.body.is_empty() || parts.is_form {
            return Ok(Self {
                body: MaybeBody::<T>::extract(parts)?.0,
                version: precondition(parts, None, false)?,
            });
        }
        let Change { body, version } = Change::<T>::extract(parts)?;
        Ok(Self {
            body: Some(body),
            version,
        })
    }
}

/// A full replacement: PUT takes back what GET gave. `T` are the fields that can be written; the
/// other fields of the view `V` are accepted as long as they say what that version says.
#[derive(Debug)]
pub struct Replace<T, V> {
    /// The fields.
    pub body: T,
    /// The version.
    pub version: Precondition,
    echo: Map<String, Value>,
    view: PhantomData<fn() -> V>,
}

/// The member that every write moves.
const WRITTEN_AT: &str = "updated_at";

/// What GET gives and PUT takes back.
pub trait View: Serialize + ToSchema + 'static {
    /// Members that the row's version does not cover: of other rows, or of the moment. They move
    /// while the version stands still, so that an honest echo may differ: of an object only its `id` is compared.
    const DERIVED: &'static [&'static str] = &[];
}

impl<T, V: View> Replace<T, V> {
    /// For the use case.
    pub fn expected(&self) -> Expected {
        self.version.expected()
    }

    /// For the use case: the version, and the edit that puts the fields `onto` what is there, after
    /// [`Self::check`] on what `view` (the one of GET) shows of it.
    pub fn edit<R, E>(
        self,
        view: impl Fn(&R) -> V + Send + Sync + 'static,
        onto: impl Fn(T, &R) -> Result<E, AppError> + Send + Sync + 'static,
    ) -> (Expected, Edit<R, E>)
    where
        T: Clone + Send + Sync + 'static,
    {
        let expected = self.expected();
        let edit = move |before: &R| {
            self.check(&view(before))?;
            onto(self.body.clone(), before)
        };
        (expected, Arc::new(edit))
    }

    /// Refuses a replacement without version, and changes of fields that cannot be written. To be
    /// called on the present state, inside the edit.
    ///
    /// # Errors
    /// `VersionRequired`; `Invalid` naming each field.
    pub fn check(&self, present: &V) -> Result<(), AppError> {
        self.version.check()?;
        if self.echo.is_empty() {
            return Ok(());
        }
        // Who names no version replaces whatever is there, however often it was written meanwhile. What
        // only actions change is compared all the same: to ignore it would be to lose a wish silently.
        let any_version = !matches!(self.version.given, Given::Version(_));
        let same = |name: &str, said: &Value, shown: &Value| {
            if V::DERIVED.contains(&name) {
                // Which row it is, the version covers; a text or a list has no such member.
                said.get("id") == shown.get("id")
            } else {
                said == shown || (any_version && name == WRITTEN_AT)
            }
        };
        let present = serde_json::to_value(present).map_err(|e| AppError::internal(e.to_string()))?;
        let changed: Vec<_> = self
            .echo
            .iter()
            .filter(|(name, said)| !same(name, said, present.get(name.as_str()).unwrap_or(&Value::Null)))
            .map(|(name, _)| FieldIssue::new(name, IssueCode::ReadOnly))
            .collect();
        if changed.is_empty() {
            Ok(())
        } else {
            Err(AppError::Invalid(changed))
        }
    }
}

impl<T: Dto, V: View> Input for Replace<T, V> {
    const BODY: BodyKind = BodyKind::Json;

    fn describe(doc: &mut Doc) {
        describe(
            doc,
            "Étiquette (ETag) de la version à remplacer ; à défaut, le champ « version ».",
        );
        Body::<T>::describe(doc);
        if let Some(Value::Object(example)) = doc.body.as_mut().map(|body| &mut body.example) {
            // The same fields may create (without version) and replace (with one).
            example.entry("version").or_insert_with(|| 1.into());
        }
        doc.accept_version::<T>(&properties::<V>());
    }

    fn extract(parts: &mut Parts<'_>) -> Result<Self, Refusal> {
        let mut map = members(&parts.body, json::parse)?;
        let version = precondition(parts, map.remove("version"), !parts.lenient)?;
        let written = json::fields::<T>();
        let is_written =
            |name: &str| written.contains(&name) || T::ALIASES.iter().any(|(_, second)| *second == name);
        // What is only compared stays as it was sent: it may be a text of several lines.
        let (own, others): (Map<_, _>, Map<_, _>) = map.into_iter().partition(|(name, _)| is_written(name));
        let shown = if others.is_empty() {
            Vec::new()
        } else {
            properties::<V>()
        };
        let unknown: Vec<_> = others
            .keys()
            .filter(|name| !shown.iter().any(|(shown, _)| shown == *name))
            .map(|name| FieldIssue::new(name, IssueCode::UnknownField))
            .collect();
        if !unknown.is_empty() {
            return Err(Refusal::App(AppError::Invalid(unknown)));
        }
        let mut own = Value::Object(own);
        json::treat::<T>(&mut own)?;
        Ok(Self {
            body: json::typed(own)?,
            version,
            echo: others,
            view: PhantomData,
        })
    }
}

/// The members of a body that must be an object.
fn members(body: &[u8], read: fn(&[u8]) -> Result<Value, Refusal>) -> Result<Map<String, Value>, Refusal> {
    if body.is_empty() {
        return Err(Refusal::http(HttpCode::MalformedJson));
    }
    match read(body)? {
        Value::Object(map) => Ok(map),
        _ => Err(Refusal::field(FieldIssue::expecting(
            "corps",
            IssueCode::WrongType,
            "un objet",
        ))),
    }
}

/// The version of the header and the one of the body, which must not contradict each other.
fn precondition(parts: &Parts<'_>, said: Option<Value>, required: bool) -> Result<Precondition, Refusal> {
    let header = given(parts)?;
    let body = match said {
        None | Some(Value::Null) => Given::Nothing,
        Some(value) => Given::Version(value.as_i64().ok_or_else(|| {
            Refusal::field(FieldIssue::expecting(
                "version",
                IssueCode::WrongType,
                "un nombre entier",
            ))
        })?),
    };
    let given = match (header, body) {
        (Given::Nothing, said) | (said, Given::Nothing) => said,
        (Given::Any, version) => version,
        (header, body) if header == body => header,
        _ => {
            return Err(Refusal::field(FieldIssue::expecting(
                "version",
                IssueCode::Ambiguous,
                "If-Match",
            )));
        }
    };
    Ok(Precondition { given, required })
}
