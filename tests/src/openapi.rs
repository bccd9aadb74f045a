//! The OpenAPI document that the running API serves, read as a list of operations.

use jsonschema::Validator;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::client::{Client, PREFIX};

/// The document.
pub struct Document {
    root: Value,
}

/// One operation of it.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Method.
    pub method: Method,
    /// Path from the root, with `{parameters}`.
    pub path: String,
    /// What the document says of it.
    pub about: Value,
}

impl Document {
    /// The one that the API serves.
    pub async fn of(caller: &Client) -> Self {
        Self {
            root: caller.get("/openapi.json").await.expect(200),
        }
    }

    /// All of it.
    pub fn root(&self) -> &Value {
        &self.root
    }

    /// The operations, by path and method.
    pub fn operations(&self) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (path, item) in self.root["paths"].as_object().expect("paths") {
            for (method, about) in item.as_object().expect("methods") {
                let method = method.to_uppercase().parse().expect("a method");
                operations.push(Operation {
                    method,
                    path: path.clone(),
                    about: about.clone(),
                });
            }
        }
        operations.sort_by(|a, b| (&a.path, a.method.as_str()).cmp(&(&b.path, b.method.as_str())));
        operations
    }

    /// A schema, or an answer, without its references at the top.
    pub fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(reference) => {
                let pointer = reference.strip_prefix('#').expect("in this document");
                self.resolve(self.root.pointer(pointer).expect("a component"))
            }
            None => schema,
        }
    }

    /// The properties of a schema, those of its parts included.
    pub fn properties(&self, schema: &Value) -> Map<String, Value> {
        let schema = self.resolve(schema);
        let mut found = schema["properties"].as_object().cloned().unwrap_or_default();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            found.extend(self.properties(part));
        }
        found
    }

    /// Whether `null` is a value of the schema.
    pub fn takes_null(&self, schema: &Value) -> bool {
        let schema = self.resolve(schema);
        let null =
            |kind: &Value| kind == "null" || kind.as_array().is_some_and(|k| k.contains(&json!("null")));
        let options = ["oneOf", "anyOf"]
            .iter()
            .filter_map(|name| schema[*name].as_array())
            .flatten();
        null(&schema["type"]) || options.into_iter().any(|option| self.takes_null(option))
    }

    /// The schema of what is not `null`.
    pub fn not_null<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let schema = self.resolve(schema);
        for name in ["oneOf", "anyOf"] {
            if let Some(options) = schema[name].as_array() {
                let own = options
                    .iter()
                    .find(|option| self.resolve(option)["type"] != "null");
                return own.map_or(schema, |own| self.not_null(own));
            }
        }
        schema
    }

    /// The JSON types of a schema, without `null`.
    pub fn types(&self, schema: &Value) -> Vec<String> {
        let schema = self.not_null(schema);
        match &schema["type"] {
            Value::String(one) => vec![one.clone()],
            Value::Array(many) => many
                .iter()
                .filter_map(Value::as_str)
                .filter(|t| *t != "null")
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Checks values against a schema of the document; members that it does not name are errors.
    pub fn validator(&self, schema: &Value) -> Validator {
        let mut components = self.root["components"].clone();
        let schemas = components["schemas"].as_object_mut().expect("schemas");
        let parts: Vec<String> = schemas.values().flat_map(parts_of_all).collect();
        for (name, schema) in schemas.iter_mut() {
            // What is a part of another object cannot know the members of the other parts.
            if !parts.contains(name) {
                close(schema);
            }
        }
        let mut schema = schema.clone();
        close(&mut schema);
        let whole = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "components": components,
            "allOf": [schema],
        });
        jsonschema::validator_for(&whole).unwrap_or_else(|e| panic!("a schema of the document: {e}"))
    }
}

/// Components that are parts of an `allOf` in this schema.
fn parts_of_all(schema: &Value) -> Vec<String> {
    let parts = schema["allOf"].as_array().into_iter().flatten();
    parts
        .filter_map(|p| p["$ref"].as_str()?.rsplit('/').next().map(str::to_owned))
        .collect()
}

/// Refuses members that the schema does not name, at every level of it.
fn close(schema: &mut Value) {
    if let Some(object) = schema.as_object_mut() {
        let names_members = object.contains_key("properties") || object.contains_key("allOf");
        if names_members && !object.contains_key("additionalProperties") {
            object.insert("unevaluatedProperties".to_owned(), false.into());
        }
        for name in ["properties", "items", "oneOf", "anyOf"] {
            match object.get_mut(name) {
                Some(Value::Object(inner)) if name == "properties" => inner.values_mut().for_each(close),
                Some(inner @ Value::Object(_)) => close(inner),
                Some(Value::Array(inner)) => inner.iter_mut().for_each(close),
                _ => {}
            }
        }
    }
}

impl Operation {
    /// Method and path, as the expectation files name it.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The path below the prefix; the whole path when it is not below.
    pub fn short(&self) -> &str {
        self.path.strip_prefix(PREFIX).unwrap_or(&self.path)
    }

    /// Whether it changes something.
    pub fn writes(&self) -> bool {
        self.method != Method::GET
    }

    /// Whether it is another name of an operation.
    pub fn is_alias(&self) -> bool {
        self.about["deprecated"] == true
    }

    /// Whether it answers everybody.
    pub fn is_public(&self) -> bool {
        self.about["x-permission"] == "public"
    }

    /// Whether a body must be there.
    pub fn needs_body(&self) -> bool {
        self.about["requestBody"]["required"] == true
    }

    /// Content types of the request body.
    pub fn body_types(&self) -> Vec<String> {
        let content = self.about["requestBody"]["content"].as_object();
        content.map(|c| c.keys().cloned().collect()).unwrap_or_default()
    }

    /// Schema of the JSON body.
    pub fn body(&self) -> Option<&Value> {
        self.json_body().map(|c| &c["schema"])
    }

    fn json_body(&self) -> Option<&Value> {
        self.about["requestBody"]["content"].get("application/json")
    }

    /// The examples of the JSON body, with their names.
    pub fn examples(&self) -> Vec<(String, Value)> {
        let Some(body) = self.json_body() else {
            return Vec::new();
        };
        let named = body["examples"].as_object().into_iter().flatten();
        let mut examples: Vec<_> = named
            .map(|(name, e)| (name.clone(), e["value"].clone()))
            .collect();
        if let Some(one) = body.get("example") {
            examples.push((String::new(), one.clone()));
        }
        examples
    }

    /// Parameters in one place (`path`, `query`, `header`).
    pub fn parameters(&self, place: &str) -> Vec<&Value> {
        let all = self.about["parameters"].as_array().into_iter().flatten();
        all.filter(|p| p["in"] == place).collect()
    }

    /// The documented answer of a status.
    pub fn response(&self, status: u16) -> Option<&Value> {
        self.about["responses"].get(status.to_string())
    }

    /// The statuses of success that are documented.
    pub fn successes(&self) -> Vec<u16> {
        let responses = self.about["responses"].as_object().expect("responses");
        responses
            .keys()
            .filter_map(|s| s.parse().ok())
            .filter(|s| (200..300).contains(s))
            .collect()
    }
}
