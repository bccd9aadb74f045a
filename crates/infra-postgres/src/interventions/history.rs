//! The history of jobs: rows are only ever added, so they need no audit rows of their own.

use diesel::ExpressionMethods;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text, Timestamptz};
use domain::Id;
use domain::error::Repo;
use domain::intervention::history::{FieldChange, HistoryAction, HistoryEntry, NewHistory};
use domain::page::Page;
use serde_json::{Value, json};

use crate::error::repo;
use crate::page::{After, MOST_COUNTED, fetch, page_by_id};
use crate::reader::Reader;
use crate::schema::historiques_interventions as h;
use crate::sql::{PgVocab, Ts};
use crate::statement::Statement;
use crate::tx::PgTx;

/// Names of the two lists, in their cursors.
const OF_JOB: &str = "historique";
const OF_USER: &str = "activite";

type EntrySql = (
    BigInt,
    BigInt,
    Text,
    Nullable<BigInt>,
    Nullable<Text>,
    Text,
    Nullable<Text>,
    Timestamptz,
    Jsonb,
);
type EntryRow = (
    i64,
    i64,
    String,
    Option<i64>,
    Option<String>,
    PgVocab<HistoryAction>,
    Option<String>,
    Ts,
    Value,
);

const ENTRIES: &str = "SELECT h.id, h.intervention_id, i.numero, h.user_id, u.full_name, h.action_type, h.details, \
    h.date_action, h.metadata FROM historiques_interventions h \
    JOIN interventions i ON i.id = h.intervention_id LEFT JOIN users u ON u.id = h.user_id WHERE ";
const COUNTED: &str = "SELECT count(*) FROM (SELECT 1 FROM historiques_interventions h WHERE ";

/// Appends an entry.
pub fn append(tx: &mut PgTx<'_>, entry: &NewHistory) -> Repo<()> {
    let new = diesel::insert_into(h::table).values((
        h::intervention_id.eq(entry.intervention.get()),
        h::user_id.eq(entry.user.map(Id::get)),
        h::action_type.eq(PgVocab(entry.action)),
        h::details.eq(&entry.details),
        h::date_action.eq(Ts(entry.at)),
        h::metadata.eq(metadata(&entry.changes)),
    ));
    diesel::RunQueryDsl::execute(new, tx.conn).map_err(repo)?;
    Ok(())
}

fn metadata(changes: &[FieldChange]) -> Value {
    let changes: Vec<Value> = changes
        .iter()
        .map(|c| json!({ "champ": c.field, "avant": c.before, "apres": c.after }))
        .collect();
    json!({ "changements": changes })
}

fn changes(metadata: &Value) -> Vec<(String, Option<String>, Option<String>)> {
    let text = |change: &Value, name: &str| change.get(name).and_then(Value::as_str).map(str::to_owned);
    let changes = metadata.get("changements").and_then(Value::as_array);
    changes
        .into_iter()
        .flatten()
        .filter_map(|c| Some((text(c, "champ")?, text(c, "avant"), text(c, "apres"))))
        .collect()
}

fn entry(row: EntryRow) -> HistoryEntry {
    let (id, intervention, number, user, user_name, action, details, at, metadata) = row;
    HistoryEntry {
        id,
        intervention: Id::new(intervention),
        number,
        user: user.map(Id::new),
        user_name,
        action: action.0,
        details: details.unwrap_or_default(),
        at: at.0,
        changes: changes(&metadata),
    }
}

/// One page of the history of a job, newest first.
pub async fn of_job(
    reader: &Reader,
    job: i64,
    limit: u32,
    cursor: Option<String>,
) -> Repo<Page<HistoryEntry>> {
    read(reader, OF_JOB, "h.intervention_id = ", job, limit, cursor).await
}

/// One page of what a user did, newest first.
pub async fn of_user(
    reader: &Reader,
    user: i64,
    limit: u32,
    cursor: Option<String>,
) -> Repo<Page<HistoryEntry>> {
    read(reader, OF_USER, "h.user_id = ", user, limit, cursor).await
}

async fn read(
    reader: &Reader,
    list: &'static str,
    of: &'static str,
    id: i64,
    limit: u32,
    cursor: Option<String>,
) -> Repo<Page<HistoryEntry>> {
    let mut rows: Statement<EntrySql> = Statement::new(ENTRIES).sql(of).bind(id);
    if let Some(after) = After::by_id(list, cursor.as_deref())? {
        rows = rows.sql(" AND h.id < ").bind(after);
    }
    let rows = rows
        .sql(" ORDER BY h.id DESC LIMIT ")
        .sql(fetch(i64::from(limit)));
    let counted: Statement<BigInt> = Statement::new(COUNTED)
        .sql(of)
        .bind(id)
        .sql(" LIMIT ")
        .sql(MOST_COUNTED)
        .sql(") AS comptees");
    let (rows, total): (Vec<EntryRow>, i64) = reader.counted(|| Ok(rows.clone()), || counted.clone()).await?;
    Ok(page_by_id(list, limit, rows, total, |row| row.0).map(entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_come_back_as_they_went() {
        let written = [
            FieldChange {
                field: "statut",
                before: Some("ouverte".into()),
                after: Some("en_cours".into()),
            },
            FieldChange {
                field: "date_debut",
                before: None,
                after: Some("2026-03-02T09:00:00Z".into()),
            },
        ];
        let stored = metadata(&written);
        assert_eq!(
            stored,
            json!({ "changements": [
                { "champ": "statut", "avant": "ouverte", "apres": "en_cours" },
                { "champ": "date_debut", "avant": null, "apres": "2026-03-02T09:00:00Z" },
            ] })
        );
        let read: Vec<_> = written
            .into_iter()
            .map(|c| (c.field.to_owned(), c.before, c.after))
            .collect();
        assert_eq!(changes(&stored), read);
        assert_eq!(changes(&json!({})), []);
    }
}
