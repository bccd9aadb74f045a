//! Who could take a job.

use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use domain::intervention::{Intervention, Named, Suggestion};
use domain::skill::SkillLevel;
use domain::{Id, Vocab};
use jiff::civil::Date;

use crate::sql::Day;
use crate::statement::Statement;

/// SQL type of a suggestion.
pub type SuggestionSql = (BigInt, Text, Nullable<Text>, Bool, BigInt);
/// A suggestion as a row.
pub type SuggestionRow = (i64, String, Option<String>, bool, i64);

/// The technicians with an active account who are free, have every skill that the job and its
/// equipment ask for on `day` with the certificate it needs, and do not have the job already. Those of the site's zone come
/// first, then those with the fewest live jobs.
pub fn suggestions(id: Id<Intervention>, day: Date, limit: u32) -> Statement<SuggestionSql> {
    // From least to most, as the vocabulary has them.
    let levels: Vec<&'static str> = SkillLevel::all().iter().map(|level| level.code()).collect();
    Statement::new(
        "WITH demandees AS MATERIALIZED (\
            SELECT r.competence_id, r.niveau_min FROM interventions_competences r WHERE r.intervention_id = ",
    )
    .bind(id.get())
    .sql(
        " UNION ALL \
            SELECT r.competence_id, r.niveau_min FROM equipements_competences r \
            JOIN interventions i ON i.equipement_id = r.equipement_id WHERE i.id = ",
    )
    .bind(id.get())
    .sql(
        "), libres AS (\
            SELECT t.id, u.full_name, t.zone_intervention, \
                coalesce(lower(t.zone_intervention) = lower(s.zone), false) AS meme_zone, \
                (SELECT count(*) FROM interventions o WHERE o.technicien_id = t.id \
                    AND o.statut IN ('ouverte', 'en_cours', 'en_attente')) AS charge \
            FROM interventions i LEFT JOIN sites s ON s.id = i.site_id \
            CROSS JOIN techniciens t JOIN users u ON u.id = t.user_id \
            WHERE u.is_active AND t.disponibilite = 'disponible' AND t.id IS DISTINCT FROM i.technicien_id \
            AND NOT EXISTS (SELECT 1 FROM demandees d WHERE NOT EXISTS (\
                SELECT 1 FROM techniciens_competences p \
                WHERE p.technicien_id = t.id AND p.competence_id = d.competence_id \
                AND array_position(",
    )
    .bind(levels.clone())
    .sql(", p.niveau) >= array_position(")
    .bind(levels)
    .sql(", d.niveau_min) AND coalesce(p.valide_jusqu_au >= ")
    .bind(Day(day))
    .sql(
        ", NOT (SELECT c.certification_requise FROM competences c WHERE c.id = p.competence_id)))) \
            AND i.id = ",
    )
    .bind(id.get())
    .sql(
        ") SELECT id, full_name, zone_intervention, meme_zone, charge FROM libres \
         ORDER BY meme_zone DESC, charge, full_name, id LIMIT ",
    )
    // Bound: all of them are ranked whatever the number, so that there is nothing for the planner to choose.
    .bind(i64::from(limit))
}

/// The suggestion of a row.
pub fn suggestion((id, name, zone, same_zone, open_jobs): SuggestionRow) -> Suggestion {
    Suggestion {
        technician: Named {
            id: Id::new(id),
            name,
        },
        zone,
        same_zone,
        open_jobs,
    }
}
