//! Strict JSON: from bytes to a checked tree, from the tree to a typed value.
//!
//! A body passes three gates. (1) It is UTF-8 and JSON without duplicate keys, else 400. (2) Texts
//! are brought to one form (NFC, no outer blanks) and refused when they hold control characters;
//! second names of fields become the first. (3) The tree becomes the typed value: the first field
//! that is missing, unknown or of a wrong type is named with its path, 422.

use std::fmt::{self, Write as _};

use domain::text::{FieldIssue, IssueCode, Lengths};
use serde::de::{self, DeserializeOwned, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use utoipa::ToSchema;

use crate::problem::{HttpCode, Refusal};
use crate::wire::MARK;

/// Deepest nesting of a body.
pub const MAX_DEPTH: usize = 32;
/// Most elements of one array, and members of one object.
pub const MAX_ITEMS: usize = 1000;
/// Most bytes of a key: no field has a name as long, and what is refused is named in the answer.
pub const MAX_KEY: usize = 64;
/// Most things that one refusal names.
pub const MAX_ISSUES: usize = 100;
/// Bytes of names after which a refusal names no more: nested names add up.
const MAX_NAMED: usize = 8 * 1024;

/// A request body. Declare it with `#[serde(deny_unknown_fields)]`; its schema, its example and
/// the way its texts are treated belong to it.
pub trait Dto: DeserializeOwned + ToSchema + Send + Sync + 'static {
    /// Second names of fields: (name, second name). Both with different values are refused.
    const ALIASES: &'static [(&'static str, &'static str)] = &[];
    /// Fields that may hold line breaks and tabs, wherever they stand.
    const MULTILINE: &'static [&'static str] = &[];
    /// Fields whose text is taken exactly as it is (passwords), wherever they stand.
    const VERBATIM: &'static [&'static str] = &[];

    /// How long its texts may be, those of its parts included; shown in the documentation.
    const LENGTHS: &'static [Lengths] = &[];

    /// A body that the operation accepts; shown in the documentation and sent by a test.
    fn example() -> Value;
}

/// Reads a body.
///
/// # Errors
/// 400 for what is not JSON, 422 for what does not fit.
pub fn read<T: Dto>(bytes: &[u8]) -> Result<T, Refusal> {
    typed(tree::<T>(bytes)?)
}

/// The first two gates.
///
/// # Errors
/// As [`read`].
pub fn tree<T: Dto>(bytes: &[u8]) -> Result<Value, Refusal> {
    let mut value = parse(bytes)?;
    treat::<T>(&mut value)?;
    Ok(value)
}

/// The second gate.
///
/// # Errors
/// 422 with every text that is refused.
pub fn treat<T: Dto>(value: &mut Value) -> Result<(), Refusal> {
    let mut cleaning = Cleaning {
        multiline: T::MULTILINE,
        verbatim: T::VERBATIM,
        path: String::new(),
        named: 0,
        issues: Vec::new(),
    };
    cleaning.value(value, "");
    let mut issues = cleaning.issues;
    if let Value::Object(map) = value {
        for (name, second) in T::ALIASES {
            merge(map, name, second, &mut issues);
        }
    }
    if issues.is_empty() {
        Ok(())
    } else {
        Err(Refusal::App(application::AppError::Invalid(issues)))
    }
}

fn merge(map: &mut Map<String, Value>, name: &str, second: &str, issues: &mut Vec<FieldIssue>) {
    let Some(value) = map.remove(second) else { return };
    match map.get(name) {
        Some(other) if *other != value => {
            issues.push(FieldIssue::expecting(second, IssueCode::Ambiguous, name))
        }
        Some(_) => {}
        None => {
            map.insert(name.to_owned(), value);
        }
    }
}

/// The third gate.
///
/// # Errors
/// 422 with the first field that does not fit.
pub fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Refusal> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        Refusal::field(what_is_wrong(
            &error.into_inner().to_string(),
            path.trim_start_matches('.'),
        ))
    })
}

/// How a key that is too long is told.
const LONG: &str = "l";
/// How a key that is there twice is told.
const TWICE: &str = "2";

/// The first gate: UTF-8, JSON, no key twice, bounded.
///
/// # Errors
/// 400; 422 for a key that no field can have.
pub fn parse(bytes: &[u8]) -> Result<Value, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::http(HttpCode::InvalidEncoding))?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Tree { depth: 0 }
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| {
        let text = error.to_string();
        // Between the first mark and the last one: what is wrong with a key, and the key, whatever is in it.
        let told = text.strip_prefix(MARK).and_then(|rest| rest.rsplit_once(MARK));
        match told.and_then(|(told, _)| told.split_at_checked(1)) {
            Some((LONG, key)) => unknown_long(key),
            Some((TWICE, key)) => Refusal::http_field(HttpCode::DuplicateKey, key, IssueCode::Ambiguous),
            _ => Refusal::http(HttpCode::MalformedJson),
        }
    })
}

/// A name that no field can have, of which the answer has the beginning.
pub fn unknown_long(name: &str) -> Refusal {
    let end = (0..=MAX_KEY.min(name.len()))
        .rev()
        .find(|end| name.is_char_boundary(*end))
        .unwrap_or_default();
    Refusal::field(FieldIssue::new(&name[..end], IssueCode::UnknownField))
}

/// Builds the tree and refuses keys that are there twice, which `serde_json` would overwrite.
#[derive(Clone, Copy)]
struct Tree {
    depth: usize,
}

impl Tree {
    fn below<E: de::Error>(self) -> Result<Self, E> {
        if self.depth < MAX_DEPTH {
            Ok(Self {
                depth: self.depth + 1,
            })
        } else {
            Err(E::custom("too deep"))
        }
    }
}

impl<'de> DeserializeSeed<'de> for Tree {
    type Value = Value;
    fn deserialize<D: de::Deserializer<'de>>(self, d: D) -> Result<Value, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(below)? {
            if items.len() == MAX_ITEMS {
                return Err(de::Error::custom("too many elements"));
            }
            items.push(item);
        }
        Ok(items.into())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if key.len() > MAX_KEY {
                return Err(de::Error::custom(format_args!("{MARK}{LONG}{key}{MARK}")));
            }
            if map.contains_key(&key) {
                return Err(de::Error::custom(format_args!("{MARK}{TWICE}{key}{MARK}")));
            }
            if map.len() == MAX_ITEMS {
                return Err(de::Error::custom("too many members"));
            }
            map.insert(key, entries.next_value_seed(below)?);
        }
        Ok(map.into())
    }
}

struct Cleaning {
    multiline: &'static [&'static str],
    verbatim: &'static [&'static str],
    /// Where the walk is: one buffer, for a body may have a hundred thousand elements.
    path: String,
    named: usize,
    issues: Vec<FieldIssue>,
}

impl Cleaning {
    /// Treats every text below, until so much is wrong that the rest does not matter. `field` is
    /// the key that the value, or the list around it, stands under.
    fn value(&mut self, value: &mut Value, field: &str) {
        if self.issues.len() >= MAX_ISSUES || self.named >= MAX_NAMED {
            return;
        }
        match value {
            Value::String(text) => self.text(text, field),
            Value::Array(items) => {
                for (i, item) in items.iter_mut().enumerate() {
                    self.below(item, field, |path| {
                        let _ = write!(path, "[{i}]");
                    });
                }
            }
            Value::Object(map) => {
                for (key, value) in map.iter_mut() {
                    self.below(value, key, |path| {
                        if !path.is_empty() {
                            path.push('.');
                        }
                        path.push_str(key);
                    });
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn below(&mut self, value: &mut Value, field: &str, step: impl FnOnce(&mut String)) {
        // Only containers and texts need their path.
        if matches!(value, Value::String(_) | Value::Array(_) | Value::Object(_)) {
            let here = self.path.len();
            step(&mut self.path);
            self.value(value, field);
            self.path.truncate(here);
        }
    }

    fn text(&mut self, text: &mut String, field: &str) {
        if self.verbatim.contains(&field) {
            return;
        }
        match normal(text, self.multiline.contains(&field)) {
            Ok(None) => {}
            Ok(Some(normal)) => *text = normal,
            Err(HasControl) => {
                self.named += self.path.len();
                self.issues.push(FieldIssue::expecting(
                    self.path.as_str(),
                    IssueCode::InvalidFormat,
                    "texte sans caractère de contrôle",
                ));
            }
        }
    }
}

/// The text holds control characters that it may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HasControl;

/// The normal form of a text; `None` when it has it already.
///
/// # Errors
/// [`HasControl`].
pub fn normal(text: &str, multiline: bool) -> Result<Option<String>, HasControl> {
    let allowed = |c: char| multiline && matches!(c, '\n' | '\t' | '\r');
    if text.chars().any(|c| c.is_control() && !allowed(c)) {
        return Err(HasControl);
    }
    let trimmed = text.trim();
    let composed = is_nfc_quick(trimmed.chars()) == IsNormalized::Yes;
    if composed && trimmed.len() == text.len() && !text.contains('\r') {
        return Ok(None);
    }
    let one_line_end = trimmed.replace("\r\n", "\n").replace('\r', "\n");
    Ok(Some(if composed {
        one_line_end
    } else {
        one_line_end.nfc().collect()
    }))
}

/// Translates an error of `serde`, whose sentences are fixed by its `de::Error` trait.
pub(crate) fn what_is_wrong(sentence: &str, path: &str) -> FieldIssue {
    let quoted = |prefix: &str| sentence.strip_prefix(prefix)?.split('`').next();
    let join = |name: &str| match path {
        "" | "?" => name.to_owned(),
        // The path of an unknown key ends with the key itself.
        _ if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        _ => format!("{path}.{name}"),
    };
    if let Some(name) = quoted("missing field `") {
        return FieldIssue::new(join(name), IssueCode::Required);
    }
    if let Some(name) = quoted("unknown field `") {
        return FieldIssue::new(join(name), IssueCode::UnknownField);
    }
    let here = if path.is_empty() || path == "?" {
        "corps"
    } else {
        path
    };
    let mut marked = sentence.split(MARK).skip(1);
    if let (Some(code), Some(expected)) = (marked.next(), marked.next()) {
        let code = <IssueCode as domain::Vocab>::parse(code).unwrap_or(IssueCode::InvalidFormat);
        return match expected {
            "" => FieldIssue::new(here, code),
            expected => FieldIssue::expecting(here, code, expected),
        };
    }
    if sentence.starts_with("invalid value: ") {
        return FieldIssue::new(here, IssueCode::OutOfRange);
    }
    let expected = sentence.rsplit_once(", expected ").map_or("", |(_, e)| e);
    FieldIssue::expecting(here, IssueCode::WrongType, french(expected))
}

/// What `serde` expects, in French.
fn french(expected: &str) -> &'static str {
    let word = expected.trim_start_matches("a ").trim_start_matches("an ");
    match word {
        w if w.starts_with("string") || w.starts_with("borrowed string") => "un texte",
        w if w.starts_with("bool") => "true ou false",
        w if w.starts_with(['i', 'u']) && w[1..].starts_with(|c: char| c.is_ascii_digit()) => {
            "un nombre entier"
        }
        w if w.starts_with("sequence") => "une liste",
        w if w.starts_with("f64") || w.starts_with("f32") || w.contains("décimal") => "un nombre décimal",
        _ => "un objet",
    }
}

/// The fields that a type reads, by its own `Deserialize`.
pub(crate) fn fields<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut found: &'static [&'static str] = &[];
    let _ = T::deserialize(FieldNames(&mut found));
    found
}

/// Answers nothing and notes what a struct asks for.
struct FieldNames<'a>(&'a mut &'static [&'static str]);

impl<'de> de::Deserializer<'de> for FieldNames<'_> {
    type Error = de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(de::Error::custom("only structs have fields"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
