//! What the arguments and answers of one handler say about themselves.

use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::schema::{AdditionalProperties, Object, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};

use crate::json::Dto;
use crate::wire::reference;

/// What a parameter of the path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathKind {
    /// Digits.
    Id,
    /// A text.
    Text,
}

/// A request body.
pub struct BodyDoc {
    /// Name of its schema.
    pub schema: String,
    /// A body that the operation accepts.
    pub example: Value,
    /// A form is accepted beside JSON.
    pub form: bool,
    /// It must be there.
    pub required: bool,
}

impl BodyDoc {
    /// A mandatory JSON body.
    pub fn json<T: Dto>() -> Self {
        Self {
            schema: T::name().into_owned(),
            example: T::example(),
            form: false,
            required: true,
        }
    }
}

/// The answer of a success.
pub struct ResponseDoc {
    /// Status.
    pub status: u16,
    /// What it means.
    pub description: &'static str,
    /// Content type and schema of the body.
    pub content: Option<(&'static str, RefOr<Schema>)>,
    /// Headers that it carries, beside those of every answer.
    pub headers: &'static [&'static str],
}

impl Default for ResponseDoc {
    fn default() -> Self {
        Self {
            status: 200,
            description: "Succès",
            content: None,
            headers: &[],
        }
    }
}

/// Everything about one operation that its types know.
#[derive(Default)]
pub struct Doc {
    /// Parameters of the path, in their order.
    pub path_kinds: Vec<PathKind>,
    /// Parameters of the query and headers.
    pub parameters: Vec<Parameter>,
    /// Body.
    pub body: Option<BodyDoc>,
    /// The operation reads a version.
    pub versioned: bool,
    /// The operation reads the refresh cookie.
    pub cookie: bool,
    /// Answer.
    pub response: ResponseDoc,
    /// Components that are referred to.
    pub schemas: Vec<(String, RefOr<Schema>)>,
}

impl Doc {
    /// Adds `T` and what it refers to.
    pub fn component<T: ToSchema>(&mut self) {
        T::schemas(&mut self.schemas);
        self.schemas.push((T::name().into_owned(), T::schema()));
    }

    /// Adds the body `T` and what it refers to, its texts with their bounds.
    pub fn takes<T: Dto>(&mut self) {
        let from = self.schemas.len();
        self.component::<T>();
        let mut added = self.schemas.split_off(from);
        let known = added.clone();
        for (_, schema) in &mut added {
            if let RefOr::T(Schema::Object(object)) = schema {
                bound::<T>(object, &known);
            }
        }
        self.schemas.append(&mut added);
    }

    /// The body `T` also takes `version`, and fields of the view unchanged: a component of its own.
    pub fn accept_version<T: Dto>(&mut self, view: &[(String, RefOr<Schema>)]) {
        let own = T::name();
        let Some((_, RefOr::T(Schema::Object(mut object)))) = self.schemas.pop_if(|(name, _)| *name == own)
        else {
            return;
        };
        for (name, schema) in view {
            if !object.properties.contains_key(name) {
                object.properties.insert(name.clone(), read_only(schema.clone()));
            }
        }
        if !object.properties.contains_key("version") || !view.is_empty() {
            let version = ObjectBuilder::new()
                .schema_type(Type::Integer)
                .description(Some(
                    "Version connue de l'appelant ; 412 si elle n'est plus la dernière.",
                ))
                .build();
            object.properties.insert("version".to_owned(), version.into());
        }
        object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        let name = format!("{own}Version");
        if let Some(body) = &mut self.body {
            body.schema.clone_from(&name);
        }
        self.schemas.push((name, RefOr::T(Schema::Object(object))));
    }

    /// Sets the answer to JSON of type `T`.
    pub fn answers_json<T: ToSchema>(
        &mut self,
        status: u16,
        description: &'static str,
        headers: &'static [&'static str],
    ) {
        self.component::<T>();
        let content = Some(("application/json", reference(&T::name())));
        self.response = ResponseDoc {
            status,
            description,
            content,
            headers,
        };
    }
}

fn bound<T: Dto>(object: &mut Object, known: &[(String, RefOr<Schema>)]) {
    for (name, min, max) in T::LENGTHS.iter().copied().flatten() {
        let Some(schema) = object.properties.get_mut(*name) else {
            continue;
        };
        // A component that many fields share has no bound of one of them.
        if let RefOr::Ref(reference) = schema
            && let Some(mut own) = found(reference, known).and_then(text)
        {
            own.description = Some(reference.description.clone());
            *schema = RefOr::T(Schema::Object(own));
        }
        if let RefOr::T(Schema::Object(text)) = schema {
            text.max_length = Some(*max);
            // What may be absent may be empty: it is the same.
            text.min_length = Some(*min).filter(|min| *min > 0);
        }
    }
}

/// A text that stands by itself, or beside `null`.
fn text(schema: &RefOr<Schema>) -> Option<Object> {
    match schema {
        RefOr::T(Schema::Object(text)) => Some(text.clone()),
        RefOr::T(Schema::OneOf(one)) => {
            let mut own = one
                .items
                .iter()
                .filter_map(text)
                .find(|item| item.schema_type == Type::String.into())?;
            own.schema_type = SchemaType::Array(vec![Type::String, Type::Null]);
            Some(own)
        }
        _ => None,
    }
}

fn read_only(mut schema: RefOr<Schema>) -> RefOr<Schema> {
    match &mut schema {
        RefOr::T(Schema::Object(object)) => object.read_only = Some(true),
        // The type has no member for it.
        RefOr::T(Schema::Array(array)) => {
            array.extensions = Some(Extensions::from_iter([("readOnly", true)]));
        }
        RefOr::T(Schema::OneOf(one)) => one.read_only = Some(true),
        RefOr::Ref(reference) => reference.read_only = Some(true),
        RefOr::T(_) => {}
    }
    schema
}

/// The properties of a type, those of its flattened parts and of each of its forms included.
pub fn properties<T: ToSchema>() -> Vec<(String, RefOr<Schema>)> {
    let (mut components, mut found) = (Vec::new(), Vec::new());
    T::schemas(&mut components);
    collect(T::schema(), &components, &mut found);
    found
}

fn found<'a>(reference: &Ref, components: &'a [(String, RefOr<Schema>)]) -> Option<&'a RefOr<Schema>> {
    let name = reference.ref_location.rsplit('/').next()?;
    components
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, schema)| schema)
}

fn collect(
    schema: RefOr<Schema>,
    components: &[(String, RefOr<Schema>)],
    into: &mut Vec<(String, RefOr<Schema>)>,
) {
    match schema {
        RefOr::T(Schema::Object(object)) => into.extend(object.properties),
        RefOr::T(Schema::AllOf(all)) => all
            .items
            .into_iter()
            .for_each(|item| collect(item, components, into)),
        RefOr::T(Schema::OneOf(one)) => one
            .items
            .into_iter()
            .for_each(|item| collect(item, components, into)),
        RefOr::Ref(reference) => {
            if let Some(schema) = found(&reference, components) {
                collect(schema.clone(), components, into);
            }
        }
        RefOr::T(_) => {}
    }
}
