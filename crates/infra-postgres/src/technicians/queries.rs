//! Technicians outside of a unit of work.

use async_trait::async_trait;
use diesel::dsl::{InnerJoin, IntoBoxed, LeftJoin, exists, not};
use diesel::pg::Pg;
use diesel::prelude::*;
use domain::error::Repo;
use domain::page::{Page, PageRequest};
use domain::policy::Visibility;
use domain::skill::{RequiredSkill, SkillLevel};
use domain::technician::{Technician, TechnicianDetail, TechnicianFilter, TechnicianQueries, TechnicianSort};
use domain::{Id, Vocab};
use jiff::civil::Date;

use super::row::{DetailRow, detail_columns, detail_tables};
use crate::page::{Key, Window, keyset, keyset_nullable};
use crate::reader::Reader;
use crate::schema::{competences, equipes, techniciens, techniciens_competences, users};
use crate::sql::{Day, PgVocab, lower, lower_name, numbers};

/// Reads technicians.
#[derive(Clone)]
pub struct PgTechnicianQueries {
    reader: Reader,
}

impl PgTechnicianQueries {
    /// Through this reader.
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }
}

type Details<'a> = IntoBoxed<'a, LeftJoin<InnerJoin<techniciens::table, users::table>, equipes::table>, Pg>;

/// Technicians that the caller may know of: itself, and those of its teams.
fn visible(seen: &Visibility) -> Details<'_> {
    let query = detail_tables!().into_boxed();
    let Visibility::Only(reach) = seen else {
        return query;
    };
    query
        .filter(techniciens::user_id.eq(reach.user.map_or(0, Id::get)))
        .or_filter(techniciens::id.eq(reach.technician.map_or(0, Id::get)))
        .or_filter(
            techniciens::equipe_id
                .eq_any(numbers(&reach.teams))
                .is_not_distinct_from(true),
        )
}

fn filtered<'a>(filter: &'a TechnicianFilter, seen: &'a Visibility, today: Date) -> Details<'a> {
    let mut query = visible(seen);
    let asked = filter.skill.map(|skill| RequiredSkill {
        skill,
        min_level: filter.min_level.unwrap_or(SkillLevel::Beginner),
    });
    for required in asked.iter().chain(&filter.required) {
        let enough: Vec<_> = SkillLevel::all()
            .iter()
            .copied()
            .filter(|l| *l >= required.min_level)
            .map(PgVocab)
            .collect();
        query = query.filter(exists(
            techniciens_competences::table
                .inner_join(competences::table)
                .filter(techniciens_competences::technicien_id.eq(techniciens::id))
                .filter(techniciens_competences::competence_id.eq(required.skill.get()))
                .filter(techniciens_competences::niveau.eq_any(enough))
                // Without a day the skill does not expire, unless it needs a certificate.
                .filter(
                    techniciens_competences::valide_jusqu_au
                        .is_null()
                        .and(not(competences::certification_requise))
                        .or(techniciens_competences::valide_jusqu_au
                            .ge(Day(today))
                            .is_not_distinct_from(true)),
                ),
        ));
    }
    if let Some(zone) = &filter.zone {
        query = query.filter(lower(techniciens::zone_intervention).eq(lower_name(zone)));
    }
    if let Some(team) = filter.team {
        query = query.filter(techniciens::equipe_id.eq(team.get()));
    }
    if let Some(availability) = filter.availability {
        query = query.filter(techniciens::disponibilite.eq(PgVocab(availability)));
    }
    if let Some(active) = filter.is_active {
        query = query.filter(users::is_active.eq(active));
    }
    query
}

#[async_trait]
impl TechnicianQueries for PgTechnicianQueries {
    async fn find(&self, id: Id<Technician>, seen: &Visibility) -> Repo<Option<TechnicianDetail>> {
        let find = || {
            visible(seen)
                .filter(techniciens::id.eq(id.get()))
                .select(detail_columns!())
        };
        let row: Option<DetailRow> = self.reader.first(find).await?;
        Ok(row.map(TechnicianDetail::from))
    }

    async fn list(
        &self,
        filter: &TechnicianFilter,
        seen: &Visibility,
        today: Date,
        request: &PageRequest<TechnicianSort>,
    ) -> Repo<Page<TechnicianDetail>> {
        use techniciens as t;
        let ordered = |window: &Window| -> Repo<_> {
            let query = filtered(filter, seen, today);
            let query = match request.sort.key {
                TechnicianSort::Id => keyset!(query, window, t::id, t::id, i64),
                TechnicianSort::FullName => keyset!(query, window, users::full_name, t::id, String),
                TechnicianSort::Zone => {
                    keyset_nullable!(query, window, t::zone_intervention, t::id, String)
                }
                TechnicianSort::HiredOn => keyset_nullable!(query, window, t::date_embauche, t::id, Day),
            };
            Ok(query.select(detail_columns!()))
        };
        let last = |row: &DetailRow| {
            let value = match request.sort.key {
                TechnicianSort::Id => Some(row.meta.id.encode()),
                TechnicianSort::FullName => Some(row.full_name.encode()),
                TechnicianSort::Zone => row.data.zone_intervention.as_ref().map(Key::encode),
                TechnicianSort::HiredOn => row.data.date_embauche.as_ref().map(Key::encode),
            };
            (value, row.meta.id)
        };
        let all = || filtered(filter, seen, today).select(t::id);
        let page = self.reader.page(request, ordered, all, last).await?;
        Ok(page.map(TechnicianDetail::from))
    }
}
