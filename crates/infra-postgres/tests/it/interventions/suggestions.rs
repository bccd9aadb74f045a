//! Who could take a job.

use domain::intervention::{Intervention, InterventionQueries};
use domain::policy::Role;
use domain::skill::{HeldSkill, RequiredSkill, Skill, SkillLevel};
use domain::technician::{Availability, Technician};
use domain::{Id, Record};
use infra_postgres::interventions::PgInterventionQueries;
use jiff::civil::{Date, date};

use super::World;
use crate::support::{must, user};
use crate::workplace::technician;

const DAY: Date = date(2026, 3, 2);

async fn names(world: &World, job: &Record<Intervention>) -> Vec<String> {
    let queries = PgInterventionQueries::new(world.db.reader());
    let found = queries.suggestions(job.id, DAY, 10).await.unwrap();
    let id = job.id;
    let inside = must(&world.db, move |tx| tx.interventions().suggestions(id, DAY, 10)).await;
    assert_eq!(inside, found, "the same inside of a unit of work");
    found.into_iter().map(|s| s.technician.name).collect()
}

async fn skill(world: &World, name: &'static str, certification_required: bool) -> Id<Skill> {
    let skill = Skill {
        name: name.into(),
        domain: None,
        certification_required,
    };
    must(&world.db, move |tx| Ok(tx.skills().insert(&skill, None)?.id)).await
}

async fn hire(world: &World, name: &'static str, skills: Vec<HeldSkill>) -> Id<Technician> {
    must(&world.db, move |tx| {
        let account = tx.users().insert(&user(name, Role::Technician), None)?.id;
        let new = Technician {
            zone: Some("Sud".into()),
            skills: skills.clone(),
            ..technician(account)
        };
        Ok(tx.technicians().insert(&new, None)?.id)
    })
    .await
}

fn held(skill: Id<Skill>, level: SkillLevel, valid_until: Option<Date>) -> Vec<HeldSkill> {
    vec![HeldSkill {
        skill,
        level,
        valid_until,
    }]
}

#[tokio::test]
async fn the_zone_comes_first_then_who_has_least_to_do() {
    let world = World::new().await;
    hire(&world, "adil", Vec::new()).await;
    let job = world.insert(world.job(1)).await;
    assert_eq!(
        names(&world, &job).await,
        ["Prénom samir", "Prénom adil", "Prénom yassine"]
    );
    // Samir serves the zone of the site, however it is spelt; among the others the load decides.
    let load = |number, technician| Intervention {
        technician: Some(technician),
        ..world.job(number)
    };
    world.insert(load(2, world.samir)).await;
    world.insert(load(3, world.samir)).await;
    let adil = world
        .db
        .number("SELECT t.id FROM techniciens t JOIN users u ON u.id = t.user_id WHERE u.username = 'adil'");
    world.insert(load(4, Id::new(adil))).await;
    assert_eq!(
        names(&world, &job).await,
        ["Prénom samir", "Prénom yassine", "Prénom adil"]
    );
    let queries = PgInterventionQueries::new(world.db.reader());
    let best = queries.suggestions(job.id, DAY, 1).await.unwrap();
    assert_eq!(best.len(), 1);
    assert_eq!(
        (best[0].technician.id, best[0].same_zone, best[0].open_jobs),
        (world.samir, true, 2)
    );
    // Closed jobs are no load, and a job without site has no zone.
    world.db.execute(
        "UPDATE interventions SET statut = 'annulee' WHERE numero IN ('INT-2026-00002', 'INT-2026-00003')",
    );
    let elsewhere = Intervention {
        equipment: world.press,
        client: world.rif,
        site: None,
        ..world.job(5)
    };
    let elsewhere = world.insert(elsewhere).await;
    assert_eq!(
        names(&world, &elsewhere).await,
        ["Prénom samir", "Prénom yassine", "Prénom adil"]
    );
}

#[tokio::test]
async fn only_active_free_technicians_who_do_not_have_the_job() {
    let world = World::new().await;
    let job = world
        .insert(Intervention {
            technician: Some(world.samir),
            ..world.job(1)
        })
        .await;
    assert_eq!(names(&world, &job).await, ["Prénom yassine"]);
    for away in [
        Availability::Busy,
        Availability::OnLeave,
        Availability::InTraining,
        Availability::Unavailable,
    ] {
        let yassine = world.yassine;
        must(&world.db, move |tx| {
            let before = tx.technicians().lock(yassine)?.unwrap();
            let after = Technician {
                availability: away,
                ..before.data.clone()
            };
            tx.technicians().update(&before, &after)
        })
        .await;
        assert_eq!(names(&world, &job).await, Vec::<String>::new(), "{away:?}");
    }
    world
        .db
        .execute("UPDATE techniciens SET disponibilite = 'disponible'");
    world
        .db
        .execute("UPDATE users SET is_active = false WHERE username = 'yassine'");
    assert_eq!(
        names(&world, &job).await,
        Vec::<String>::new(),
        "an inactive account"
    );
}

#[tokio::test]
async fn skills_of_the_job_and_of_its_equipment_count_with_valid_certificates() {
    let world = World::new().await;
    let (soudure, froid) = (
        skill(&world, "Soudure", true).await,
        skill(&world, "Froid", false).await,
    );
    let later = Some(date(2027, 1, 31));
    hire(&world, "adil", held(soudure, SkillLevel::Advanced, later)).await;
    hire(&world, "brahim", held(soudure, SkillLevel::Expert, Some(DAY))).await;
    hire(
        &world,
        "chakib",
        held(soudure, SkillLevel::Expert, Some(date(2026, 3, 1))),
    )
    .await;
    hire(&world, "driss", held(soudure, SkillLevel::Intermediate, later)).await;
    hire(&world, "elias", held(soudure, SkillLevel::Expert, None)).await;
    hire(&world, "fouad", held(froid, SkillLevel::Expert, None)).await;
    let required_skills = vec![RequiredSkill {
        skill: soudure,
        min_level: SkillLevel::Advanced,
    }];
    let job = world
        .insert(Intervention {
            required_skills,
            ..world.job(1)
        })
        .await;
    assert_eq!(
        names(&world, &job).await,
        ["Prénom adil", "Prénom brahim"],
        "not who lacks it, has too little of it, has no certificate, or one that ended the day before"
    );
    let both = vec![
        HeldSkill {
            skill: soudure,
            level: SkillLevel::Expert,
            valid_until: later,
        },
        HeldSkill {
            skill: froid,
            level: SkillLevel::Beginner,
            valid_until: None,
        },
    ];
    hire(&world, "ghali", both).await;
    world.db.execute(&format!(
        "INSERT INTO equipements_competences (equipement_id, competence_id) VALUES ({}, {froid})",
        world.pump
    ));
    assert_eq!(names(&world, &job).await, ["Prénom ghali"]);
}
