//! `docs/errors.md` from the catalogue.

use std::fmt::Write as _;

use domain::Vocab;
use domain::text::IssueCode;

use super::catalogue::{AnyCode, entry};
use super::messages;

/// The page.
pub fn page() -> String {
    let mut page = String::from(
        "# Errors\n\n\
         Generated from `crates/api-actix/src/problem/catalogue.rs` by `make docs`; do not edit.\n\n\
         Every refusal is `application/problem+json` with `type`, `title`, `status`, `detail`, `code`, `errors`, \
         `timestamp`, `path` and `correlation_id`. Programs compare `code`; `title` and the messages of `errors` are \
         for people. Some refusals carry further members, such as `version_actuelle` (412), `champ` (409), `champs` \
         (403), `retry_after` (429, 503) or what would work instead.\n\n\
         | status | code | type | title | detail |\n|---|---|---|---|---|\n",
    );
    let mut rows: Vec<_> = AnyCode::all().map(|code| (entry(code), code.as_str())).collect();
    rows.sort_by_key(|(entry, code)| (entry.status, *code));
    for (entry, code) in rows {
        let _ = writeln!(
            page,
            "| {} | `{code}` | `/problems/{}` | {} | {} |",
            entry.status, entry.family, entry.title, entry.detail
        );
    }
    page.push_str("\n## Codes of one field (`errors[].code`)\n\n| code | message |\n|---|---|\n");
    for &code in IssueCode::all() {
        let _ = writeln!(page, "| `{}` | {} |", code.code(), messages::text(code));
    }
    page
}
