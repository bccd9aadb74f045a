//! Equipment outside of a unit of work.

use async_trait::async_trait;
use diesel::dsl::exists;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable};
use domain::Id;
use domain::equipment::store::{MAX_DOWNTIMES, TreeNode};
use domain::equipment::{
    Downtime, Equipment, EquipmentDetail, EquipmentFilter, EquipmentQueries, EquipmentSort,
};
use domain::error::Repo;
use domain::intervention::InterventionDetail;
use domain::page::{Page, PageRequest};
use domain::policy::{Reach, Visibility};

use super::row::{DetailRow, DowntimeData, EquipmentData, LIVE, beside, detail};
use super::store::NodeRow;
use crate::crud::meta;
use crate::page::{Key, Window, keyset, keyset_nullable};
use crate::reader::Reader;
use crate::schema::{arrets_equipement, equipements, interventions, techniciens};
use crate::sql::{Day, PgVocab, Ts, numbers};

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

/// Equipment that the caller may know of: that of the own clients, and that on which the
/// technician, or the technicians of the teams, have a job that is not over.
fn visible(seen: &Visibility) -> equipements::BoxedQuery<'_, Pg> {
    let query = equipements::table.into_boxed();
    let Visibility::Only(reach) = seen else {
        return query;
    };
    let mut query = query.filter(equipements::client_id.eq_any(numbers(&reach.clients)));
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
                .filter(techniciens::equipe_id.eq_any(numbers(&reach.teams)))
                .filter(interventions::statut.eq_any(LIVE)),
        ));
    }
    query
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
        let find = || {
            visible(seen).filter(equipements::id.eq(id.get())).select((
                meta!(equipements),
                EquipmentData::as_select(),
                beside(),
            ))
        };
        Ok(self.reader.first(find).await?.map(detail))
    }

    async fn list(
        &self,
        filter: &EquipmentFilter,
        seen: &Visibility,
        request: &PageRequest<EquipmentSort>,
    ) -> Repo<Page<EquipmentDetail>> {
        use equipements::dsl as e;
        let ordered = |window: &Window| -> Repo<_> {
            let query = filtered(filter, seen);
            let query = match request.sort.key {
                EquipmentSort::Id => keyset!(query, window, e::id, e::id, i64),
                EquipmentSort::Name => keyset!(query, window, e::nom_equipement, e::id, String),
                EquipmentSort::Criticality => keyset!(query, window, e::gravite, e::id, i16),
                EquipmentSort::NextMaintenance => {
                    keyset_nullable!(query, window, e::prochaine_maintenance, e::id, Day)
                }
                EquipmentSort::CreatedAt => keyset!(query, window, e::created_at, e::id, Ts),
            };
            let row = (meta!(equipements), EquipmentData::as_select(), beside());
            Ok(query.select((e::gravite, row)))
        };
        let last = |(rank, (meta, data, _)): &(i16, DetailRow)| {
            let value = match request.sort.key {
                EquipmentSort::Id => Some(meta.id.encode()),
                EquipmentSort::Name => Some(data.nom_equipement.encode()),
                EquipmentSort::Criticality => Some(rank.encode()),
                EquipmentSort::NextMaintenance => data.prochaine_maintenance.as_ref().map(Key::encode),
                EquipmentSort::CreatedAt => Some(meta.created_at.encode()),
            };
            (value, meta.id)
        };
        let all = || filtered(filter, seen).select(e::id);
        let page = self.reader.page(request, ordered, all, last).await?;
        Ok(page.map(|(_, row)| detail(row)))
    }

    async fn tree(&self, id: Id<Equipment>, seen: &Visibility) -> Repo<Vec<TreeNode>> {
        let nobody = Reach::default();
        let (all, reach) = match seen {
            Visibility::All => (true, &nobody),
            Visibility::Only(reach) => (false, reach),
        };
        let tree = || {
            diesel::sql_query(TREE)
                .bind::<BigInt, _>(id.get())
                .bind::<Bool, _>(all)
                .bind::<Array<BigInt>, _>(numbers(&reach.clients))
                .bind::<Nullable<BigInt>, _>(reach.technician.map(Id::get))
                .bind::<Array<BigInt>, _>(numbers(&reach.teams))
        };
        let rows: Vec<NodeRow> = self.reader.all(tree).await?;
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
        let latest = || {
            let known = visible(seen)
                .filter(equipements::id.eq(id.get()))
                .select(equipements::id);
            arrets_equipement::table
                .filter(arrets_equipement::equipement_id.eq(id.get()))
                .filter(exists(known))
                .order((arrets_equipement::debut.desc(), arrets_equipement::id.desc()))
                .limit(MAX_DOWNTIMES)
                .select(DowntimeData::as_select())
        };
        let rows: Vec<DowntimeData> = self.reader.all(latest).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }
}
