//! Audit rows, collected by the stores of a unit of work and written right before its commit.

use diesel::prelude::*;
use domain::audit::{AuditEvent, AuditLog, Origin};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::schema::audit_log;
use crate::tx::PgTx;

/// Columns of which the log tells that they changed, never what they hold.
const SECRET: &[&str] = &["hashed_password"];
/// Stands in their place.
const MASK: &str = "***";

/// One row.
#[derive(Debug, Insertable)]
#[diesel(table_name = audit_log)]
pub struct AuditRow {
    actor_id: Option<i64>,
    ip: Option<String>,
    action: String,
    objet_type: String,
    objet_id: Option<i64>,
    avant: Option<Value>,
    apres: Option<Value>,
    correlation_id: Option<String>,
}

/// What the stores note.
#[derive(Debug)]
pub struct AuditTrail {
    origin: Origin,
    rows: Vec<AuditRow>,
}

impl AuditTrail {
    /// Nothing noted yet.
    pub fn new(origin: Origin) -> Self {
        Self {
            origin,
            rows: Vec::new(),
        }
    }

    fn push(
        &mut self,
        action: &str,
        object: &str,
        id: Option<i64>,
        before: Option<Map<String, Value>>,
        after: Option<Map<String, Value>>,
    ) {
        self.rows.push(AuditRow {
            actor_id: self.origin.actor.map(domain::Id::get),
            ip: self.origin.ip.clone(),
            action: action.to_owned(),
            objet_type: object.to_owned(),
            objet_id: id,
            avant: before.map(masked),
            apres: after.map(masked),
            correlation_id: Some(self.origin.correlation_id.clone()),
        });
    }

    /// A new row of `table`.
    pub fn inserted(&mut self, table: &str, id: Option<i64>, after: &impl Serialize) {
        self.push("creation", table, id, None, Some(columns(after)));
    }

    /// A changed row of `table`: only what differs is kept, and nothing when nothing does (what
    /// changed stands in a side table, which has a row of its own). A row struct therefore leaves out
    /// no column that may change.
    pub fn updated(&mut self, table: &str, id: Option<i64>, before: &impl Serialize, after: &impl Serialize) {
        let (before, after) = differences(before, after);
        if !before.is_empty() || !after.is_empty() {
            self.push("modification", table, id, Some(before), Some(after));
        }
    }

    /// A removed row of `table`.
    pub fn deleted(&mut self, table: &str, id: Option<i64>, before: &impl Serialize) {
        self.push("suppression", table, id, Some(columns(before)), None);
    }

    /// Writes what was noted, in one statement.
    pub fn flush(&mut self, conn: &mut PgConnection) -> QueryResult<()> {
        let rows = std::mem::take(&mut self.rows);
        if !rows.is_empty() {
            diesel::insert_into(audit_log::table).values(rows).execute(conn)?;
        }
        Ok(())
    }

    /// Who stands behind the unit of work.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}

fn columns(row: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(row) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

/// After the comparison: a secret that changed stays as a column without its value.
fn masked(mut row: Map<String, Value>) -> Value {
    for column in SECRET {
        if let Some(value) = row.get_mut(*column) {
            *value = Value::String(MASK.to_owned());
        }
    }
    Value::Object(row)
}

fn differences(before: &impl Serialize, after: &impl Serialize) -> (Map<String, Value>, Map<String, Value>) {
    let (mut b, mut a) = (columns(before), columns(after));
    let same: Vec<String> = b
        .iter()
        .filter(|(k, v)| a.get(*k) == Some(v))
        .map(|(k, _)| k.clone())
        .collect();
    for key in same {
        b.remove(&key);
        a.remove(&key);
    }
    (b, a)
}

impl AuditLog for PgTx<'_> {
    fn record(&mut self, event: &AuditEvent) {
        let facts: Map<String, Value> = event
            .facts
            .iter()
            // Facts quote others, such as a mail server: no column takes this character.
            .map(|(k, v)| ((*k).to_owned(), Value::String(v.replace('\0', ""))))
            .collect();
        self.audit
            .push(event.action, event.object, event.object_id, None, Some(facts));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::differences;

    #[test]
    fn only_what_changed_is_kept() {
        let (before, after) = differences(
            &json!({"a": 1, "b": 2, "c": null}),
            &json!({"a": 1, "b": 3, "c": "x"}),
        );
        assert_eq!(serde_json::Value::Object(before), json!({"b": 2, "c": null}));
        assert_eq!(serde_json::Value::Object(after), json!({"b": 3, "c": "x"}));
    }
}
