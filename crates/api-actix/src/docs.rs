//! The pages of `docs/` that come from the code.

use std::io;
use std::path::Path;

use crate::openapi;
use crate::problem;
use crate::state::HttpConfig;

/// A page: file name and content.
pub type Page = (&'static str, String);

/// All pages of this crate's knowledge.
///
/// # Errors
/// When the OpenAPI document cannot be written as JSON.
pub fn pages(config: &HttpConfig) -> Result<Vec<Page>, serde_json::Error> {
    let document = openapi::document(&crate::routes::operations(), config);
    let mut openapi = serde_json::to_string_pretty(&document)?;
    openapi.push('\n');
    Ok(vec![
        ("errors.md", problem::docs::page()),
        ("rbac.md", domain::docs::rbac_markdown()),
        ("state-machines.md", domain::docs::state_machines_markdown()),
        ("configuration.md", settings::docs::page()),
        ("openapi.json", openapi),
    ])
}

/// Writes the pages; with `check` only says which ones differ.
///
/// # Errors
/// When a file cannot be written.
pub fn write(pages: &[Page], directory: &Path, check: bool) -> io::Result<Vec<&'static str>> {
    let mut different = Vec::new();
    for (name, content) in pages {
        let path = directory.join(name);
        if std::fs::read_to_string(&path).is_ok_and(|present| present == *content) {
            continue;
        }
        different.push(*name);
        if !check {
            std::fs::create_dir_all(directory)?;
            std::fs::write(&path, content)?;
        }
    }
    Ok(different)
}
