//! Typed query parameters: an unknown one, a wrong type or a repetition is refused.

use std::borrow::Cow;

use domain::text::{FieldIssue, IssueCode};
use serde::de::value::MapDeserializer;
use serde::de::{self, DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use utoipa::IntoParams;
use utoipa::openapi::path::ParameterIn;

use super::{Input, Parts};
use crate::json;
use crate::openapi::doc::Doc;
use crate::problem::{HttpCode, Refusal};

/// The query as `T`.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + IntoParams + 'static> Input for Query<T> {
    const QUERY: bool = true;

    fn describe(doc: &mut Doc) {
        doc.parameters.extend(T::into_params(|| Some(ParameterIn::Query)));
    }

    fn extract(parts: &mut Parts<'_>) -> Result<Self, Refusal> {
        Ok(Self(typed(pairs(parts.query)?)?))
    }
}

/// The query of an operation that knows no parameter.
///
/// # Errors
/// 422 with every name, as for any unknown one.
pub fn none(query: &str) -> Result<(), Refusal> {
    #[derive(serde::Deserialize)]
    struct NoQuery {}
    typed::<NoQuery>(pairs(query)?).map(|_| ())
}

/// Most parameters of a query: twice as many as any list has.
pub const MAX_PARAMETERS: usize = 64;

/// Name and value.
pub type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The parameters, decoded, each name once, values in their normal form.
///
/// # Errors
/// 400 for a repetition or an encoding that is not UTF-8, 422 for control characters.
pub fn pairs(query: &str) -> Result<Vec<Pair<'_>>, Refusal> {
    let mut pairs: Vec<Pair<'_>> = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        // Each is compared with all before it.
        if pairs.len() == MAX_PARAMETERS {
            let most = format!("{MAX_PARAMETERS} paramètres au plus");
            return Err(Refusal::field(FieldIssue::expecting(
                "requete",
                IssueCode::TooLong,
                most,
            )));
        }
        // The decoder puts this character in place of what is not UTF-8.
        if name.contains('\u{fffd}') || value.contains('\u{fffd}') {
            return Err(Refusal::http(HttpCode::InvalidEncoding));
        }
        if pairs.iter().any(|(other, _)| *other == name) {
            return Err(Refusal::http_field(
                HttpCode::DuplicateParameter,
                name,
                IssueCode::Ambiguous,
            ));
        }
        let value = match json::normal(&value, false) {
            Ok(None) => value,
            Ok(Some(normal)) => Cow::Owned(normal),
            Err(json::HasControl) => {
                return Err(Refusal::field(FieldIssue::new(name, IssueCode::InvalidFormat)));
            }
        };
        pairs.push((name, value));
    }
    Ok(pairs)
}

/// The parameters as `T`.
///
/// # Errors
/// 422 with every unknown name, else with the first value that does not fit.
pub fn typed<T: DeserializeOwned>(pairs: Vec<Pair<'_>>) -> Result<T, Refusal> {
    let known = json::fields::<T>();
    let unknown: Vec<_> = pairs
        .iter()
        .filter(|(name, _)| !known.contains(&name.as_ref()))
        .map(|(name, _)| FieldIssue::new(name.as_ref(), IssueCode::UnknownField))
        .collect();
    if !unknown.is_empty() {
        return Err(Refusal::App(application::AppError::Invalid(unknown)));
    }
    let entries = pairs
        .into_iter()
        .map(|(name, value)| (name.into_owned(), Text(value)));
    let reader = MapDeserializer::<_, de::value::Error>::new(entries);
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let path = error.path().to_string();
        Refusal::field(json::what_is_wrong(&error.into_inner().to_string(), &path))
    })
}

/// A value of the query, read as whatever is asked for.
struct Text<'a>(Cow<'a, str>);

impl<'de> IntoDeserializer<'de, de::value::Error> for Text<'_> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($method:ident => $visit:ident: $ty:ty),+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            match self.0.parse::<$ty>() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(de::Error::invalid_type(de::Unexpected::Str(&self.0), &stringify!($ty))),
            }
        }
    )+};
}

impl<'de> Deserializer<'de> for Text<'_> {
    type Error = de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_str(&self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    /// A list is written with commas.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let items = self.0.split(',').map(|item| Text(Cow::Borrowed(item.trim())));
        visitor.visit_seq(de::value::SeqDeserializer::new(items))
    }

    parsed! {
        deserialize_bool => visit_bool: bool,
        deserialize_i16 => visit_i16: i16,
        deserialize_i32 => visit_i32: i32,
        deserialize_i64 => visit_i64: i64,
        deserialize_u16 => visit_u16: u16,
        deserialize_u32 => visit_u32: u32,
        deserialize_u64 => visit_u64: u64
    }

    serde::forward_to_deserialize_any! {
        i8 i128 u8 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple tuple_struct map
        struct enum identifier ignored_any
    }
}
