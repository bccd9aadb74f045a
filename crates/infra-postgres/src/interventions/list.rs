//! Pages of jobs.

use diesel::sql_types::BigInt;
use domain::equipment::Equipment;
use domain::error::{Repo, RepoError};
use domain::intervention::{InterventionDetail, InterventionFilter, InterventionSort};
use domain::page::{Page, PageRequest, Sort, Start};
use domain::policy::Visibility;
use domain::{Id, Vocab};

use super::row::{
    DETAIL, DetailRow, DetailSql, FROM_DETAIL, FROM_SHOWN, SHOWN, ShownRow, ShownSql, detail, shown,
};
use crate::page::{After, MOST_COUNTED, Window, key, page};
use crate::reader::Reader;
use crate::sql::{Ts, numbers};
use crate::statement::Statement;

/// Order of numbers: as text INT-2026-100000 would come before INT-2026-99999. The text of the index
/// `ix_interventions_rang`.
macro_rules! rank {
    ($number:literal) => {
        concat!(
            "(left(",
            $number,
            ", 9) || lpad(substr(",
            $number,
            ", 10), 12, '0'))"
        )
    };
}

/// Leaves what the caller may know of; a reach of nothing leaves nothing. Each tie that the caller
/// does not have stays out of the text, so that the one they have can be looked up in its index.
pub(super) fn seen_by<ST>(statement: Statement<ST>, seen: &Visibility) -> Statement<ST> {
    let Visibility::Only(reach) = seen else {
        return statement;
    };
    let mut statement = statement.sql(" AND (FALSE");
    if let Some(technician) = reach.technician {
        statement = statement.sql(" OR i.technicien_id = ").bind(technician.get());
    }
    match reach.clients.as_slice() {
        [] => {}
        [client] => statement = statement.sql(" OR i.client_id = ").bind(client.get()),
        clients => {
            statement = statement
                .sql(" OR i.client_id = ANY(")
                .bind(numbers(clients))
                .sql(")");
        }
    }
    if !reach.teams.is_empty() {
        statement = statement
            .sql(" OR i.technicien_id IN (SELECT m.id FROM techniciens m WHERE m.equipe_id = ANY(")
            .bind(numbers(&reach.teams))
            .sql("))");
    }
    statement.sql(")")
}

fn filtered<ST>(statement: Statement<ST>, filter: &InterventionFilter, seen: &Visibility) -> Statement<ST> {
    let archived = if filter.archived {
        " WHERE i.archived_at IS NOT NULL"
    } else {
        " WHERE i.archived_at IS NULL"
    };
    let mut s = seen_by(statement.sql(archived), seen);
    match filter.statuses.as_slice() {
        [] => {}
        [status] => s = s.sql(" AND i.statut = ").bind(status.code()),
        several => {
            let codes: Vec<&'static str> = several.iter().map(|status| status.code()).collect();
            s = s.sql(" AND i.statut = ANY(").bind(codes).sql(")");
        }
    }
    if let Some(kind) = filter.kind {
        s = s.sql(" AND i.type = ").bind(kind.code());
    }
    if let Some(priority) = filter.priority {
        s = s.sql(" AND i.priorite = ").bind(priority.code());
    }
    if let Some(urgent) = filter.urgent {
        s = s.sql(if urgent {
            " AND i.est_urgente"
        } else {
            " AND NOT i.est_urgente"
        });
    }
    for (column, id) in [
        (" AND i.client_id = ", filter.client.map(Id::get)),
        (" AND i.equipement_id = ", filter.equipment.map(Id::get)),
        (" AND i.technicien_id = ", filter.technician.map(Id::get)),
        (" AND i.contrat_id = ", filter.contract),
    ] {
        if let Some(id) = id {
            s = s.sql(column).bind(id);
        }
    }
    for (bound, instant) in [
        (" AND i.date_creation >= ", filter.opened_from),
        (" AND i.date_creation <= ", filter.opened_to),
        (" AND i.date_prevue >= ", filter.planned_from),
        (" AND i.date_prevue <= ", filter.planned_to),
    ] {
        if let Some(instant) = instant {
            s = s.sql(bound).bind(Ts(instant));
        }
    }
    s
}

/// Starts after the cursor, orders, and ends the statement.
fn windowed<ST>(s: Statement<ST>, sort: Sort<InterventionSort>, window: &Window) -> Repo<Statement<ST>> {
    use InterventionSort as S;
    let s = match &window.after {
        None => s,
        Some(after) => starting_after(s, sort, after)?,
    };
    let order = match (sort.key, sort.descending) {
        (S::OpenedAt, true) => " ORDER BY i.date_creation DESC, i.id DESC LIMIT ",
        (S::OpenedAt, false) => " ORDER BY i.date_creation, i.id LIMIT ",
        (S::PlannedAt, true) => " ORDER BY i.date_prevue DESC, i.id DESC LIMIT ",
        (S::PlannedAt, false) => " ORDER BY i.date_prevue, i.id LIMIT ",
        (S::Urgency, true) => " ORDER BY i.urgence DESC, i.id DESC LIMIT ",
        (S::Urgency, false) => " ORDER BY i.urgence, i.id LIMIT ",
        (S::Number, true) => concat!(" ORDER BY ", rank!("i.numero"), " DESC, i.id DESC LIMIT "),
        (S::Number, false) => concat!(" ORDER BY ", rank!("i.numero"), ", i.id LIMIT "),
    };
    let s = s.sql(order).sql(window.fetch());
    // As `Paged` has it.
    Ok(match window.offset {
        0 => s,
        offset => s.sql(" OFFSET ").bind(offset),
    })
}

fn starting_after<ST>(s: Statement<ST>, sort: Sort<InterventionSort>, after: &After) -> Repo<Statement<ST>> {
    use InterventionSort as S;
    let value = || after.v.as_deref().ok_or(RepoError::BadCursor);
    let (s, by_id) = match (sort.key, sort.descending) {
        (S::OpenedAt, true) => (
            s.sql(" AND (i.date_creation, i.id) < (")
                .bind(key::<Ts>(value()?)?),
            ")",
        ),
        (S::OpenedAt, false) => (
            s.sql(" AND (i.date_creation, i.id) > (")
                .bind(key::<Ts>(value()?)?),
            ")",
        ),
        (S::Urgency, true) => (
            s.sql(" AND (i.urgence, i.id) < (").bind(key::<i16>(value()?)?),
            ")",
        ),
        (S::Urgency, false) => (
            s.sql(" AND (i.urgence, i.id) > (").bind(key::<i16>(value()?)?),
            ")",
        ),
        (S::Number, descending) => {
            let number: String = key(value()?)?;
            let s = s
                .sql(concat!(" AND (", rank!("i.numero"), ", i.id) "))
                .sql(if descending { "< (left(" } else { "> (left(" })
                .bind(number.clone())
                .sql(", 9) || lpad(substr(")
                .bind(number)
                .sql(", 10), 12, '0')");
            (s, ")")
        }
        // Without a date counts as the latest, as PostgreSQL sorts it.
        (S::PlannedAt, descending) => match (&after.v, descending) {
            (None, true) => {
                return Ok(s
                    .sql(" AND (i.date_prevue IS NOT NULL OR i.id < ")
                    .bind(after.i)
                    .sql(")"));
            }
            (None, false) => return Ok(s.sql(" AND i.date_prevue IS NULL AND i.id > ").bind(after.i)),
            (Some(text), true) => (
                s.sql(" AND (i.date_prevue, i.id) < (").bind(key::<Ts>(text)?),
                ")",
            ),
            (Some(text), false) => (
                s.sql(" AND ((i.date_prevue, i.id) > (").bind(key::<Ts>(text)?),
                ") OR i.date_prevue IS NULL)",
            ),
        },
    };
    Ok(s.sql(", ").bind(after.i).sql(by_id))
}

/// One page of jobs as lists show them.
pub(super) async fn list(
    reader: &Reader,
    filter: &InterventionFilter,
    seen: &Visibility,
    request: &PageRequest<InterventionSort>,
) -> Repo<Page<InterventionDetail>> {
    let window = Window::of(request)?;
    let rows: Statement<ShownSql> = Statement::new(SHOWN).sql(FROM_SHOWN);
    let rows = windowed(filtered(rows, filter, seen), request.sort, &window)?;
    let counted: Statement<BigInt> = Statement::new("SELECT count(*) FROM (SELECT 1 FROM interventions i");
    let counted = filtered(counted, filter, seen)
        .sql(" LIMIT ")
        .sql(MOST_COUNTED)
        .sql(") AS comptees");
    let (rows, total): (Vec<ShownRow>, i64) = reader.counted(|| Ok(rows.clone()), || counted.clone()).await?;
    let page = page(request, rows, total, |(meta, data, beside)| {
        (data.sorted_by(request.sort.key, beside.9), meta.id)
    });
    Ok(page.map(shown))
}

/// One page of the jobs of an equipment, newest first, archived ones too, each whole.
///
/// # Errors
/// `BadCursor`; that the database cannot be reached.
pub async fn of_equipment(
    reader: &Reader,
    equipment: Id<Equipment>,
    seen: &Visibility,
    limit: u32,
    cursor: Option<String>,
) -> Repo<Page<InterventionDetail>> {
    let request = PageRequest {
        limit,
        start: cursor.map_or(Start::Offset(0), Start::Cursor),
        sort: Sort {
            key: InterventionSort::OpenedAt,
            descending: true,
        },
    };
    let window = Window::of(&request)?;
    let condition = " WHERE i.equipement_id = ";
    let rows: Statement<DetailSql> = Statement::new(SHOWN).sql(DETAIL).sql(FROM_SHOWN).sql(FROM_DETAIL);
    let rows = windowed(
        seen_by(rows.sql(condition).bind(equipment.get()), seen),
        request.sort,
        &window,
    )?;
    let counted: Statement<BigInt> = Statement::new("SELECT count(*) FROM (SELECT 1 FROM interventions i");
    let counted = seen_by(counted.sql(condition).bind(equipment.get()), seen);
    let counted = counted.sql(" LIMIT ").sql(MOST_COUNTED).sql(") AS comptees");
    let (rows, total): (Vec<DetailRow>, i64) =
        reader.counted(|| Ok(rows.clone()), || counted.clone()).await?;
    let page = page(&request, rows, total, |(meta, data, ..)| {
        (data.sorted_by(request.sort.key, 0), meta.id)
    });
    Ok(page.map(detail))
}
