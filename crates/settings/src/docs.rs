//! `docs/configuration.md` from the table.

use std::fmt::Write as _;

use crate::table::TABLE;

/// The page.
pub fn page() -> String {
    let mut page = String::from(
        "# Configuration\n\n\
         Generated from `crates/settings/src/table.rs` by `make docs`; do not edit.\n\n\
         A value comes from the environment, else from the file `.env` in the working directory, else from the \
         default below. An empty value counts as unset. Everything that is wrong is reported at once and refuses \
         the start. Secrets are never logged.\n",
    );
    let mut group = "";
    for spec in TABLE {
        if spec.group != group {
            group = spec.group;
            let _ = write!(
                page,
                "\n## {group}\n\n| variable | type | default | meaning |\n|---|---|---|---|\n"
            );
        }
        let (name, older) = spec.names.split_first().map_or(("", &[][..]), |(n, o)| (*n, o));
        let default = match spec.default {
            Some(",") => "none".to_owned(),
            Some(text) => format!("`{text}`"),
            None if (spec.optional)() => "none".to_owned(),
            None => "**mandatory**".to_owned(),
        };
        let also = match older {
            [] => String::new(),
            names => format!(" Also read from `{}`.", names.join("`, `")),
        };
        let _ = writeln!(
            page,
            "| `{name}` | {} | {default} | {}{also} |",
            spec.kind,
            spec.doc.trim()
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_is_named_once() {
        let mut names: Vec<_> = TABLE.iter().flat_map(|s| s.names).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        let page = page();
        for name in names {
            assert!(page.contains(&format!("`{name}`")), "{name}");
        }
    }
}
