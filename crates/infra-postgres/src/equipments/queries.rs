//! Equipment outside of a unit of work.

use async_trait::async_trait;
use diesel::dsl::exists;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable};
use diesel_async::RunQueryDsl;
use domain::Id;
use domain::equipment::store::{MAX_DOWNTIMES, TreeNode};
use domain::equipment::{
    Downtime, Equipment, EquipmentDetail, EquipmentFilter, EquipmentQueries, EquipmentSort,
};
use domain::error::Repo;
use domain::intervention::{InterventionDetail, Status};
use domain::page::{Page, PageRequest};
use domain::policy::{Reach, Visibility};

use super::row::{DetailRow, DowntimeData, EquipmentData, beside, detail};
use super::store::NodeRow;
use crate::crud::meta;
use crate::page::{CappedCount, Key, Paged, Window, keyset, keyset_nullable, page};
use crate::reader::Reader;
use crate::schema::{arrets_equipement, equipements, interventions, techniciens};
use crate::sql::{Day, PgVocab, Ts};

/// Reads equipment.
#[derive(Clone)]
pub struct PgEquipmentQueries {
    reader: Reader,
}

impl PgEquipmentQueries {
    /// Through this reader.
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }
}

const LIVE: [PgVocab<Status>; 3] = [
    PgVocab(Status::Open),
    PgVocab(Status::InProgress),
    PgVocab(Status::OnHold),
];

/// Equipment that the caller may know of: that of the own clients, and that on which the
/// technician, or the technicians of the teams, have a job that is not over.
fn visible(seen: &Visibility) -> equipements::BoxedQuery<'_, Pg> {
    let query = equipements::table.into_boxed();
    let Visibility::Only(reach) = seen else {
        return query;
    };
    let mut query = query.filter(equipements::client_id.eq_any(clients(reach)));
    if let Some(technician) = reach.technician {
        query = query.or_filter(exists(
            interventions::table
                .filter(interventions::equipement_id.eq(equipements::id))
                .filter(interventions::technicien_id.eq(technician.get()))
                .filter(interventions::statut.eq_any(LIVE)),
        ));
    }
    if !reach.teams.is_empty() {
        query = query.or_filter(exists(
            interventions::table
                .inner_join(techniciens::table)
                .filter(interventions::equipement_id.eq(equipements::id))
                .filter(techniciens::equipe_id.eq_any(teams(reach)))
                .filter(interventions::statut.eq_any(LIVE)),
        ));
    }
    query
}

fn clients(reach: &Reach) -> Vec<i64> {
    reach.clients.iter().map(|c| c.get()).collect()
}

fn teams(reach: &Reach) -> Vec<i64> {
    reach.teams.iter().map(|t| t.get()).collect()
}

fn filtered<'a>(filter: &'a EquipmentFilter, seen: &'a Visibility) -> equipements::BoxedQuery<'a, Pg> {
    let mut query = visible(seen);
    if let Some(client) = filter.client {
        query = query.filter(equipements::client_id.eq(client.get()));
    }
    if let Some(site) = filter.site {
        query = query.filter(equipements::site_id.eq(site.get()));
    }
    if let Some(status) = filter.status {
        query = query.filter(equipements::statut.eq(PgVocab(status)));
    }
    if let Some(criticality) = filter.criticality {
        query = query.filter(equipements::criticite.eq(PgVocab(criticality)));
    }
    if let Some(kind) = &filter.kind {
        query = query.filter(equipements::type_equipement.eq(kind));
    }
    if let Some(day) = filter.due_before {
        query = query.filter(equipements::prochaine_maintenance.le(Day(day)));
    }
    query
}

/// Up from the equipment to the root, then down to every part.
const TREE: &str = "WITH RECURSIVE montee AS (\
    SELECT e.id, e.parent_id FROM equipements e WHERE e.id = $1 AND ($2 OR e.client_id = ANY($3) OR EXISTS (\
        SELECT 1 FROM interventions i JOIN techniciens t ON t.id = i.technicien_id WHERE i.equipement_id = e.id \
        AND i.statut IN ('ouverte', 'en_cours', 'en_attente') AND (t.id = $4 OR t.equipe_id = ANY($5)))) \
    UNION \
    SELECT e.id, e.parent_id FROM equipements e JOIN montee m ON e.id = m.parent_id), \
    descente AS (\
    SELECT e.id, e.parent_id, e.nom_equipement, e.statut, e.criticite, 0 AS niveau \
    FROM equipements e JOIN montee m ON m.id = e.id WHERE m.parent_id IS NULL \
    UNION ALL \
    SELECT e.id, e.parent_id, e.nom_equipement, e.statut, e.criticite, d.niveau + 1 \
    FROM equipements e JOIN descente d ON e.parent_id = d.id) \
    SELECT id, parent_id, nom_equipement, statut, criticite FROM descente ORDER BY niveau, nom_equipement, id";

#[async_trait]
impl EquipmentQueries for PgEquipmentQueries {
    async fn find(&self, id: Id<Equipment>, seen: &Visibility) -> Repo<Option<EquipmentDetail>> {
        let row: Option<DetailRow> = self
            .reader
            .point(|conn| {
                let query = visible(seen).filter(equipements::id.eq(id.get())).select((
                    meta!(equipements),
                    EquipmentData::as_select(),
                    beside(),
                ));
                Box::pin(async move { query.first(&mut &*conn).await.optional() })
            })
            .await?;
        Ok(row.map(detail))
    }

    async fn list(
        &self,
        filter: &EquipmentFilter,
        seen: &Visibility,
        request: &PageRequest<EquipmentSort>,
    ) -> Repo<Page<EquipmentDetail>> {
        use equipements::dsl as e;
        let window = Window::of(request)?;
        let ordered = |window: &Window| -> Repo<equipements::BoxedQuery<'_, Pg>> {
            let (query, desc) = (filtered(filter, seen), request.sort.descending);
            Ok(match request.sort.key {
                EquipmentSort::Id => keyset!(query, window, desc, e::id, e::id, i64),
                EquipmentSort::Name => keyset!(query, window, desc, e::nom_equipement, e::id, String),
                EquipmentSort::Criticality => keyset!(query, window, desc, e::gravite, e::id, i16),
                EquipmentSort::NextMaintenance => {
                    keyset_nullable!(query, window, desc, e::prochaine_maintenance, e::id, Day)
                }
                EquipmentSort::CreatedAt => keyset!(query, window, desc, e::created_at, e::id, Ts),
            })
        };
        // Reported here, because the query itself is built where it can be built again.
        ordered(&window)?;
        let (rows, total): (Vec<(i16, DetailRow)>, i64) = self
            .reader
            .list(|conn| {
                let rows = ordered(&window)
                    .map_err(|e| diesel::result::Error::QueryBuilderError(e.into()))
                    .map(|q| {
                        Paged::new(
                            q.select((
                                e::gravite,
                                (meta!(equipements), EquipmentData::as_select(), beside()),
                            )),
                            &window,
                        )
                    });
                let count = CappedCount(filtered(filter, seen).select(e::id));
                Box::pin(async move {
                    let rows = rows?;
                    tokio::try_join!(rows.load(&mut &*conn), count.get_result(&mut &*conn))
                })
            })
            .await?;
        let rows: Vec<_> = rows.into_iter().map(|(rank, row)| (rank, detail(row))).collect();
        let page = page(request, rows, total, |(rank, row)| {
            let record = &row.record;
            let value = match request.sort.key {
                EquipmentSort::Id => Some(record.id.get().encode()),
                EquipmentSort::Name => Some(record.name.encode()),
                EquipmentSort::Criticality => Some(rank.encode()),
                EquipmentSort::NextMaintenance => record.next_maintenance.map(|day| Day(day).encode()),
                EquipmentSort::CreatedAt => Some(Ts(record.created_at).encode()),
            };
            (value, record.id.get())
        });
        Ok(page.map(|(_, row)| row))
    }

    async fn tree(&self, id: Id<Equipment>, seen: &Visibility) -> Repo<Vec<TreeNode>> {
        let nobody = Reach::default();
        let (all, reach) = match seen {
            Visibility::All => (true, &nobody),
            Visibility::Only(reach) => (false, reach),
        };
        let rows: Vec<NodeRow> = self
            .reader
            .list(|conn| {
                let query = diesel::sql_query(TREE)
                    .bind::<BigInt, _>(id.get())
                    .bind::<Bool, _>(all)
                    .bind::<Array<BigInt>, _>(clients(reach))
                    .bind::<Nullable<BigInt>, _>(reach.technician.map(Id::get))
                    .bind::<Array<BigInt>, _>(teams(reach));
                Box::pin(async move { query.load(&mut &*conn).await })
            })
            .await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    async fn maintenance(
        &self,
        id: Id<Equipment>,
        seen: &Visibility,
        limit: u32,
        cursor: Option<String>,
    ) -> Repo<Page<InterventionDetail>> {
        crate::interventions::of_equipment(&self.reader, id, seen, limit, cursor).await
    }

    async fn downtimes(&self, id: Id<Equipment>, seen: &Visibility) -> Repo<Vec<Downtime>> {
        let rows: Vec<DowntimeData> = self
            .reader
            .list(|conn| {
                let query = arrets_equipement::table
                    .filter(arrets_equipement::equipement_id.eq(id.get()))
                    .filter(exists(
                        visible(seen)
                            .filter(equipements::id.eq(id.get()))
                            .select(equipements::id),
                    ))
                    .order((arrets_equipement::debut.desc(), arrets_equipement::id.desc()))
                    .limit(MAX_DOWNTIMES)
                    .select(DowntimeData::as_select());
                Box::pin(async move { query.load(&mut &*conn).await })
            })
            .await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }
}
