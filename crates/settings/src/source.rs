//! Where values come from: the environment before a `.env` file.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Wrong;

/// Names and raw values. An empty value counts as absent, as shells and compose files write it.
#[derive(Default)]
pub struct Source {
    values: BTreeMap<String, String>,
    pub(crate) wrong: Vec<Wrong>,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source")
            .field("names", &self.values.keys())
            .finish_non_exhaustive()
    }
}

impl Source {
    /// The environment of this process, and below it the file `.env` of the working directory.
    pub fn process() -> Self {
        let mut source = Self::default();
        source.add_file(Path::new(".env"));
        // The only place that reads the environment: everything else gets a typed value.
        #[expect(
            clippy::disallowed_methods,
            reason = "the configuration is read here and nowhere else"
        )]
        let process = std::env::vars_os();
        for (name, value) in process {
            if let (Ok(name), Ok(value)) = (name.into_string(), value.into_string()) {
                source.set(name, value);
            }
        }
        source
    }

    /// Given values only, for tests.
    pub fn of<N: Into<String>, V: Into<String>>(values: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut source = Self::default();
        for (name, value) in values {
            source.set(name.into(), value.into());
        }
        source
    }

    pub(crate) fn add_file(&mut self, path: &Path) {
        let entries = match dotenvy::from_path_iter(path) {
            Ok(entries) => entries,
            Err(error) if error.not_found() => return,
            Err(_) => return self.refuse_file(),
        };
        for entry in entries {
            match entry {
                Ok((name, value)) => self.set(name, value),
                // It would be said again and again.
                Err(dotenvy::Error::Io(_)) => return self.refuse_file(),
                // The message of the parser quotes the line, which may hold a secret.
                Err(_) => self.wrong.push(Wrong {
                    name: ".env",
                    why: "a line cannot be read".to_owned(),
                }),
            }
        }
    }

    fn refuse_file(&mut self) {
        self.wrong.push(Wrong {
            name: ".env",
            why: "is there and cannot be read".to_owned(),
        });
    }

    fn set(&mut self, name: String, value: String) {
        if !value.trim().is_empty() {
            self.values.insert(name, value);
        }
    }

    pub(crate) fn get(&self, names: &[&'static str]) -> Option<(&'static str, &str)> {
        names
            .iter()
            .find_map(|name| Some((*name, self.values.get(*name)?.as_str())))
    }
}
