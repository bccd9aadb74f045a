//! One page of a list: `limit`, `offset` or `cursor`, `sort`, and the list's own filters.

use domain::Vocab;
use domain::page::{DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET, PageRequest, Sort, Start};
use domain::text::{FieldIssue, IssueCode};
use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::query::{Pair, pairs, typed};
use super::{Input, Parts};
use crate::openapi::doc::Doc;
use crate::problem::Refusal;
use crate::wire::codes;

/// The filters of a list, and what it can be sorted by.
pub trait ListFilter: DeserializeOwned + IntoParams + 'static {
    /// The allow-list of sort keys; their codes are the values of `sort`.
    type Key: Vocab;
    /// The order when the caller does not say.
    const DEFAULT: Sort<Self::Key>;
}

/// Smallest first: the order of most lists.
pub const fn ascending<K: Copy>(key: K) -> Sort<K> {
    Sort {
        key,
        descending: false,
    }
}

/// A request for one page.
#[derive(Debug)]
pub struct List<F: ListFilter> {
    /// Filters.
    pub filter: F,
    /// Which page, in which order.
    pub page: PageRequest<F::Key>,
}

impl<F: ListFilter> Input for List<F> {
    const QUERY: bool = true;

    fn describe(doc: &mut Doc) {
        let number = |min: u32, max: u32| {
            ObjectBuilder::new()
                .schema_type(Type::Integer)
                .minimum(Some(min))
                .maximum(Some(max))
        };
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let sorts = F::Key::all()
            .iter()
            .flat_map(|k| [k.code().to_owned(), format!("-{}", k.code())]);
        for (name, schema, what) in [
            (
                "limit",
                number(1, MAX_LIMIT),
                "Nombre d'éléments par page (50 par défaut).",
            ),
            (
                "offset",
                number(0, MAX_OFFSET),
                "Nombre d'éléments à sauter ; au-delà de 10 000, utilisez « cursor ».",
            ),
            (
                "cursor",
                text(),
                "Suite de la page précédente : sa valeur « next_cursor ».",
            ),
            (
                "sort",
                text().enum_values(Some(sorts)),
                "Ordre ; un tiret inverse.",
            ),
        ] {
            doc.parameters.push(
                ParameterBuilder::new()
                    .name(name)
                    .parameter_in(ParameterIn::Query)
                    .description(Some(what))
                    .schema(Some(schema))
                    .build(),
            );
        }
        doc.parameters.extend(F::into_params(|| Some(ParameterIn::Query)));
    }

    fn extract(parts: &mut Parts<'_>) -> Result<Self, Refusal> {
        let mut pairs = pairs(parts.query)?;
        let page = page::<F>(&mut pairs)?;
        Ok(Self {
            filter: typed(pairs)?,
            page,
        })
    }
}

fn take(pairs: &mut Vec<Pair<'_>>, name: &str) -> Option<String> {
    let at = pairs.iter().position(|(n, _)| n == name)?;
    Some(pairs.swap_remove(at).1.into_owned())
}

fn page<F: ListFilter>(pairs: &mut Vec<Pair<'_>>) -> Result<PageRequest<F::Key>, Refusal> {
    let mut issues = Vec::new();
    let mut number = |name: &'static str, text: Option<String>, absent: u32, min: u32, max: u32| {
        let Some(text) = text else { return absent };
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse() {
            Ok(value) if digits && (min..=max).contains(&value) => value,
            _ if !digits => {
                issues.push(FieldIssue::expecting(
                    name,
                    IssueCode::WrongType,
                    "un nombre entier",
                ));
                absent
            }
            _ => {
                let hint = if name == "offset" {
                    " ; au-delà, utilisez cursor"
                } else {
                    ""
                };
                let range = format!("de {min} à {max}{hint}");
                issues.push(FieldIssue::expecting(name, IssueCode::OutOfRange, range));
                absent
            }
        }
    };
    let limit = number("limit", take(pairs, "limit"), DEFAULT_LIMIT, 1, MAX_LIMIT);
    let offset = take(pairs, "offset");
    let has_offset = offset.is_some();
    let offset = number("offset", offset, 0, 0, MAX_OFFSET);
    let start = match take(pairs, "cursor") {
        Some(_) if has_offset => {
            issues.push(FieldIssue::expecting("offset", IssueCode::Inconsistent, "cursor"));
            Start::Offset(0)
        }
        Some(cursor) => Start::Cursor(cursor),
        None => Start::Offset(offset),
    };
    let sort = match take(pairs, "sort").map(|text| sort::<F::Key>(&text)) {
        None => F::DEFAULT,
        Some(Some(sort)) => sort,
        Some(None) => {
            issues.push(FieldIssue::expecting(
                "sort",
                IssueCode::UnknownValue,
                codes::<F::Key>(),
            ));
            F::DEFAULT
        }
    };
    if issues.is_empty() {
        Ok(PageRequest { limit, start, sort })
    } else {
        Err(Refusal::App(application::AppError::Invalid(issues)))
    }
}

/// `-nom` or `nom`; the tie-break that is always added, `,-id`, may be written out.
fn sort<K: Vocab>(text: &str) -> Option<Sort<K>> {
    let split = |text: &str| match text.strip_prefix('-') {
        Some(key) => (key.to_owned(), true),
        None => (text.to_owned(), false),
    };
    let (first, rest) = text.split_once(',').map_or((text, None), |(f, r)| (f, Some(r)));
    let (key, descending) = split(first);
    if rest.is_some_and(|rest| split(rest) != ("id".to_owned(), descending)) {
        return None;
    }
    Some(Sort {
        key: K::parse(&key)?,
        descending,
    })
}
