//! From method and path to the operation: one lookup in a prefix tree, no regular expressions.

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::http::header::HeaderValue;
use matchit::Router;

use crate::openapi::doc::PathKind;
use crate::operation::Operation;

/// All operations and the ways to them.
pub struct Table {
    operations: Vec<Operation>,
    prefixed: Router<Slot>,
    rooted: Router<Slot>,
    prefix: String,
    legacy: bool,
}

/// The operations of one path.
#[derive(Default)]
struct Slot {
    methods: Vec<(Method, usize)>,
    allow: String,
}

/// What a request asks for.
pub enum Found<'a> {
    /// This operation.
    Operation {
        /// It.
        operation: &'a Operation,
        /// Parameters of the path, in their order.
        params: Vec<&'a str>,
        /// By a path without prefix, as older clients do.
        legacy: bool,
    },
    /// The path is known, the method is not.
    OtherMethods(HeaderValue),
    /// Nothing.
    Nothing,
}

/// Why a list of operations cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("operation {method} {path}: {why}")]
pub struct BadOperation {
    method: Method,
    path: &'static str,
    why: String,
}

impl Table {
    /// Builds the tree.
    ///
    /// # Errors
    /// Two operations on one method and path, a path that cannot be matched, or a handler that
    /// takes another number of path parameters than the path has.
    pub fn new(operations: Vec<Operation>, prefix: &str, legacy: bool) -> Result<Self, BadOperation> {
        let (mut prefixed, mut rooted) = (BTreeMap::new(), BTreeMap::new());
        for (index, operation) in operations.iter().enumerate() {
            let bad = |why: String| BadOperation {
                method: operation.method.clone(),
                path: operation.path,
                why,
            };
            let params = operation.path.matches('{').count();
            if params != operation.doc.path_kinds.len() {
                return Err(bad(format!(
                    "{params} parameters, the handler takes {}",
                    operation.doc.path_kinds.len()
                )));
            }
            let slots: &mut BTreeMap<&str, Slot> = if operation.at_root {
                &mut rooted
            } else {
                &mut prefixed
            };
            let slot = slots.entry(operation.path).or_default();
            if slot.methods.iter().any(|(method, _)| *method == operation.method) {
                return Err(bad("registered twice".to_owned()));
            }
            slot.methods.push((operation.method.clone(), index));
        }
        let router = |slots: BTreeMap<&'static str, Slot>| {
            let mut router = Router::new();
            for (path, mut slot) in slots {
                slot.allow = allow(&slot);
                router.insert(path, slot).map_err(|e| BadOperation {
                    method: Method::GET,
                    path,
                    why: e.to_string(),
                })?;
            }
            Ok(router)
        };
        Ok(Self {
            prefixed: router(prefixed)?,
            rooted: router(rooted)?,
            operations,
            prefix: prefix.to_owned(),
            legacy,
        })
    }

    /// All operations.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// Finds what a request asks for. A trailing slash does not matter; HEAD asks for GET.
    pub fn find<'a>(&'a self, method: &Method, path: &'a str) -> Found<'a> {
        let path = match path.strip_suffix('/') {
            Some(shorter) if !shorter.is_empty() => shorter,
            _ => path,
        };
        let under_prefix = path
            .strip_prefix(self.prefix.as_str())
            .filter(|rest| rest.starts_with('/'));
        if let Some(rest) = under_prefix {
            return self.at(&self.prefixed, rest, method, false);
        }
        match self.at(&self.rooted, path, method, false) {
            Found::Nothing if self.legacy => self.at(&self.prefixed, path, method, true),
            found => found,
        }
    }

    fn at<'a>(&'a self, router: &'a Router<Slot>, path: &'a str, method: &Method, legacy: bool) -> Found<'a> {
        let Ok(matched) = router.at(path) else {
            return Found::Nothing;
        };
        let asked = if *method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        let operation = matched
            .value
            .methods
            .iter()
            .find(|(known, _)| known == asked)
            .and_then(|(_, index)| self.operations.get(*index));
        let Some(operation) = operation else {
            return match HeaderValue::from_str(&matched.value.allow) {
                Ok(allow) => Found::OtherMethods(allow),
                Err(_) => Found::Nothing,
            };
        };
        let params: Vec<&str> = matched.params.iter().map(|(_, value)| value).collect();
        let fits = params
            .iter()
            .zip(&operation.doc.path_kinds)
            .all(|(value, kind)| match kind {
                PathKind::Id => !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()),
                PathKind::Text => value
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"._~-/".contains(&b)),
            });
        if fits {
            Found::Operation {
                operation,
                params,
                legacy,
            }
        } else {
            Found::Nothing
        }
    }
}

fn allow(slot: &Slot) -> String {
    let mut names: Vec<_> = slot.methods.iter().map(|(method, _)| method.as_str()).collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    names.push("OPTIONS");
    names.sort_unstable();
    names.join(", ")
}
