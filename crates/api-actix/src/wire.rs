//! Values as they look on the wire: codes, instants, days, amounts, fields of a PATCH.

use std::borrow::Cow;
use std::fmt;

use domain::text::IssueCode;
use domain::{Id, Vocab};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
// What the derive calls for a field with type arguments; `PartialSchema` follows from it.
use utoipa::__dev::ComposeSchema;
use utoipa::ToSchema;

/// Marks an error of a wire type with the code of the issue that it becomes (see [`crate::json`]).
pub(crate) const MARK: char = '\u{1}';

/// An error with the issue that it becomes and what would be right.
pub fn issue<E: de::Error>(code: IssueCode, expected: impl fmt::Display) -> E {
    let code: &str = code.into();
    E::custom(format_args!("{MARK}{code}{MARK}{expected}{MARK}"))
}

/// A member of a vocabulary as its code.
///
/// In a DTO write `type StatusCode = Wire<Status>` and use the alias: the schema of the vocabulary
/// is referred to by name only through a type without arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wire<T>(pub T);

impl<T: Vocab> Serialize for Wire<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.0.code())
    }
}

impl<'de, T: Vocab> Deserialize<'de> for Wire<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let code = String::deserialize(d)?;
        T::parse(&code)
            .map(Wire)
            .ok_or_else(|| issue(IssueCode::UnknownValue, codes::<T>()))
    }
}

/// The codes of a vocabulary, for messages.
pub fn codes<T: Vocab>() -> String {
    T::all().iter().map(|v| v.code()).collect::<Vec<_>>().join(", ")
}

impl<T: Vocab> ComposeSchema for Wire<T> {
    fn compose(_: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        let codes = T::all().iter().map(|v| v.code());
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(codes))
            .into()
    }
}

impl<T: Vocab> ToSchema for Wire<T> {
    /// `InterventionStatus` for `intervention::Status`: vocabularies of two aggregates may have one name.
    fn name() -> Cow<'static, str> {
        let mut parts = std::any::type_name::<T>().rsplit("::");
        let own = parts.next().unwrap_or_default();
        // Each aggregate with a state machine calls its actions so.
        let module = parts.find(|part| *part != "machine").unwrap_or_default();
        if own.to_lowercase().starts_with(&module.replace('_', ""))
            || matches!(module, "role" | "rules" | "store")
        {
            return own.into();
        }
        let mut name = String::new();
        for word in module.split('_') {
            let mut letters = word.chars();
            name.extend(letters.next().map(|c| c.to_ascii_uppercase()));
            name.push_str(letters.as_str());
        }
        name.push_str(own);
        name.into()
    }
}

macro_rules! text_type {
    ($(#[$meta:meta])* $name:ident($inner:ty), $form:literal, $format:expr, $parse:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(pub $inner);

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let parse: fn(&str) -> Option<$inner> = $parse;
                let text = String::deserialize(d)?;
                parse(&text).map($name).ok_or_else(|| issue(IssueCode::InvalidFormat, $form))
            }
        }
        impl ComposeSchema for $name {
            fn compose(_: Vec<RefOr<Schema>>) -> RefOr<Schema> {
                ObjectBuilder::new().schema_type(Type::String).format(Some($format)).into()
            }
        }
        impl ToSchema for $name {}
        impl From<$name> for $inner {
            fn from(wire: $name) -> $inner {
                wire.0
            }
        }
        impl From<$inner> for $name {
            fn from(inner: $inner) -> $name {
                $name(inner)
            }
        }
    };
}

text_type! {
    /// An instant: RFC 3339, given in UTC.
    Instant(Timestamp), "2026-01-27T10:00:00Z", SchemaFormat::KnownFormat(KnownFormat::DateTime),
    |t| t.parse().ok().filter(|at| domain::time::is_storable(*at))
}

text_type! {
    /// A calendar day.
    Day(Date), "AAAA-MM-JJ", SchemaFormat::KnownFormat(KnownFormat::Date),
    // The library also reads a date with a time behind it, which would be dropped in silence.
    |t| t.parse().ok().filter(|_| t.len() == 10)
}

/// An amount of money or a quantity: a JSON string with a dot; a number is accepted too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub Decimal);

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Visit;
        impl Visitor<'_> for Visit {
            type Value = Amount;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("un nombre décimal")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Amount, E> {
                let digits = text.strip_prefix('-').unwrap_or(text);
                let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
                    && digits.starts_with(|c: char| c.is_ascii_digit())
                    && !digits.ends_with('.');
                let value = plain.then(|| Decimal::from_str_exact(text).ok()).flatten();
                value
                    .map(Amount)
                    .ok_or_else(|| issue(IssueCode::InvalidFormat, "1250.00"))
            }
            fn visit_i64<E: de::Error>(self, n: i64) -> Result<Amount, E> {
                Ok(Amount(n.into()))
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Amount, E> {
                Ok(Amount(n.into()))
            }
            fn visit_f64<E: de::Error>(self, n: f64) -> Result<Amount, E> {
                // The shortest text that reads back as the same number is what the caller wrote.
                self.visit_str(&n.to_string())
            }
        }
        d.deserialize_any(Visit)
    }
}

impl From<Amount> for Decimal {
    fn from(amount: Amount) -> Self {
        amount.0
    }
}

impl ComposeSchema for Amount {
    fn compose(_: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        let types = SchemaType::Array(vec![Type::String, Type::Number]);
        ObjectBuilder::new()
            .schema_type(types)
            .pattern(Some(r"^-?[0-9]+(\.[0-9]+)?$"))
            .into()
    }
}

impl ToSchema for Amount {}

/// A field of a PATCH that cannot be emptied: absent or a value; `null` is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Set<T> {
    /// Not named: stays.
    #[default]
    Absent,
    /// The new value.
    Value(T),
}

/// A field of a PATCH that can be emptied: absent, `null` or a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Field<T> {
    /// Not named: stays.
    #[default]
    Absent,
    /// To be emptied.
    Null,
    /// The new value.
    Value(T),
}

impl<T> Set<T> {
    /// Whether it is named.
    pub fn is_said(&self) -> bool {
        matches!(self, Self::Value(_))
    }

    /// Puts the value, if there is one, in place of the present one.
    pub fn apply<U: From<T>>(self, present: &mut U) {
        if let Self::Value(value) = self {
            *present = value.into();
        }
    }
}

impl<T> Field<T> {
    /// Whether it is named, if only to be emptied.
    pub fn is_said(&self) -> bool {
        !matches!(self, Self::Absent)
    }

    /// Puts the value, or nothing, in place of the present one.
    pub fn apply<U: From<T>>(self, present: &mut Option<U>) {
        match self {
            Self::Absent => {}
            Self::Null => *present = None,
            Self::Value(value) => *present = Some(value.into()),
        }
    }
}

impl<T: Vocab> Set<Wire<T>> {
    /// The same for a code.
    pub fn apply_code(self, present: &mut T) {
        if let Self::Value(Wire(value)) = self {
            *present = value;
        }
    }
}

impl Set<i64> {
    /// The same for an identifier.
    pub fn apply_id<T>(self, present: &mut Id<T>) {
        if let Self::Value(id) = self {
            *present = Id::new(id);
        }
    }
}

impl Field<i64> {
    /// The same for an identifier.
    pub fn apply_id<T>(self, present: &mut Option<Id<T>>) {
        match self {
            Self::Absent => {}
            Self::Null => *present = None,
            Self::Value(id) => *present = Some(Id::new(id)),
        }
    }
}

impl Field<String> {
    /// The same for a text: an empty one is none.
    pub fn apply_text(self, present: &mut Option<String>) {
        match self {
            Self::Value(text) if text.is_empty() => *present = None,
            other => other.apply(present),
        }
    }
}

/// A text that may be absent: an empty one is.
pub fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Set<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        T::deserialize(d).map(Self::Value)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(d)?.map_or(Self::Null, Self::Value))
    }
}

impl<T: ComposeSchema> ComposeSchema for Set<T> {
    fn compose(arguments: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        arguments
            .into_iter()
            .next()
            .unwrap_or_else(|| T::compose(Vec::new()))
    }
}

impl<T: ComposeSchema> ComposeSchema for Field<T> {
    fn compose(arguments: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        Option::<T>::compose(arguments)
    }
}

impl<T: ToSchema + ComposeSchema> ToSchema for Set<T> {
    fn name() -> Cow<'static, str> {
        "Remplacer".into()
    }
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

impl<T: ToSchema + ComposeSchema> ToSchema for Field<T> {
    fn name() -> Cow<'static, str> {
        "Modifier".into()
    }
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

/// A reference to a component by name.
pub(crate) fn reference(name: &str) -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(name))
}
