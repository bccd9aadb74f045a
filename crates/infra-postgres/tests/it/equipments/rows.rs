//! The row and what the constraints hold.

use domain::equipment::{Criticality, EquipmentQueries};
use domain::error::{Constraint, RepoError};
use domain::policy::Visibility;
use domain::skill::{RequiredSkill, SkillLevel};
use domain::{Id, Record};
use infra_postgres::equipments::PgEquipmentQueries;

use super::{World, day, equipment};
use crate::support::{conflict, must, repo_error, run};

fn skills(world: &World) -> [i64; 2] {
    world
        .db
        .execute("INSERT INTO competences (nom) VALUES ('Soudage'), ('Hydraulique')");
    ["Soudage", "Hydraulique"].map(|nom| {
        world
            .db
            .number(&format!("SELECT id FROM competences WHERE nom = '{nom}'"))
    })
}

#[tokio::test]
async fn an_equipment_comes_back_as_it_went_with_the_names_around_it() {
    let world = World::new().await;
    let [welding, hydraulics] = skills(&world);
    world.db.execute(
        "INSERT INTO sites (client_id, nom) SELECT id, 'Usine' FROM clients WHERE nom_entreprise = 'Atlas'",
    );
    let site = world.db.number("SELECT id FROM sites");
    let mut new = equipment(world.atlas, "A-1");
    new.site = Some(Id::new(site));
    new.parent = Some(world.equipment("A-0").await.id);
    new.model = Some("M".into());
    new.brand = Some("B".into());
    new.kind = "hydraulique".into();
    new.criticality = Criticality::Critical;
    new.location = Some("Hall".into());
    new.installed_on = Some(day("2020-02-29"));
    new.next_maintenance = Some(day("2026-04-01"));
    new.maintenance_every_days = Some(90);
    new.meter_unit = Some("h".into());
    new.meter_value = Some("12345.678".parse().unwrap());
    new.replacement_value = Some("250000.50".parse().unwrap());
    new.notes = Some("Ligne 1\nLigne 2".into());
    new.required_skills = vec![
        RequiredSkill {
            skill: Id::new(welding),
            min_level: SkillLevel::Expert,
        },
        RequiredSkill {
            skill: Id::new(hydraulics),
            min_level: SkillLevel::Beginner,
        },
    ];
    let stored = world.insert(new.clone()).await;
    let id = stored.id;
    let (found, locked, shown) = must(&world.db, move |tx| {
        let store = tx.equipments();
        Ok((store.find(id)?, store.lock(id)?, store.detail(id)?))
    })
    .await;
    let shown = shown.unwrap();
    assert_eq!(found.as_ref().map(|r| &r.data), Some(&new));
    assert_eq!(found, locked);
    assert_eq!(Some(&shown.record), found.as_ref());
    assert_eq!(
        (
            shown.client_name.as_str(),
            shown.site_name.as_deref(),
            shown.failing_since,
            shown.held_by_hand
        ),
        ("Atlas", Some("Usine"), None, false)
    );
    assert_eq!(shown.skill_names, ["Soudage", "Hydraulique"]);
    let read = PgEquipmentQueries::new(world.db.reader())
        .find(id, &Visibility::All)
        .await
        .unwrap();
    assert_eq!(read, Some(shown));
}

#[tokio::test]
async fn a_change_raises_the_version_and_leaves_its_trace() {
    let world = World::new().await;
    let [welding, hydraulics] = skills(&world);
    let before = world
        .insert({
            let mut e = equipment(world.atlas, "A-1");
            e.required_skills = vec![RequiredSkill {
                skill: Id::new(welding),
                min_level: SkillLevel::Expert,
            }];
            e
        })
        .await;
    let (stale, id) = (before.clone(), before.id);
    let after = must(&world.db, move |tx| {
        let mut data = before.data.clone();
        data.replacement_value = Some("10.50".parse().unwrap());
        data.required_skills = vec![RequiredSkill {
            skill: Id::new(hydraulics),
            min_level: SkillLevel::Advanced,
        }];
        tx.equipments().update(&before, &data)
    })
    .await;
    assert_eq!(after.version, 2);
    let read = must(&world.db, move |tx| tx.equipments().find(id)).await;
    assert_eq!(read.as_ref().map(|r| &r.data), Some(&after.data));
    let traced = |sql: &str| {
        world
            .db
            .number(&format!("SELECT count(*) FROM audit_log WHERE {sql}"))
    };
    assert_eq!(
        traced("objet_type = 'equipements' AND apres = '{\"valeur_remplacement\": \"10.50\"}'"),
        1
    );
    let skill = format!("[{{\"competence_id\": {hydraulics}, \"niveau_min\": \"avance\"}}]");
    let sql = format!("objet_type = 'equipements_competences' AND apres->'competences_requises' = '{skill}'");
    assert_eq!(traced(&sql), 1);

    let refused = run(&world.db, move |tx| {
        let mut data = stale.data.clone();
        data.name = "Autre nom".into();
        tx.equipments().update(&stale, &data)
    })
    .await;
    assert!(matches!(repo_error(refused), RepoError::Stale));
}

#[tokio::test]
async fn a_serial_number_is_unique_for_its_client_only() {
    let world = World::new().await;
    world.equipment("A-1").await;
    let twice = equipment(world.atlas, "A-1");
    let twice = domain::equipment::Equipment {
        public_code: "autre-code-public-1".into(),
        ..twice
    };
    let refused = run(&world.db, move |tx| tx.equipments().insert(&twice, None)).await;
    assert_eq!(conflict(refused), Constraint::EquipmentSerial);
    world.insert(equipment(world.rif, "A-1")).await;
}

#[tokio::test]
async fn what_an_equipment_refers_to_exists_and_is_its_owners() {
    let world = World::new().await;
    let [welding, _] = skills(&world);
    world.db.execute(
        "INSERT INTO sites (client_id, nom) SELECT id, 'Usine' FROM clients WHERE nom_entreprise = 'Rif'; \
         UPDATE referentiels SET actif = false WHERE code = 'autre'",
    );
    let (site, foreign) = (
        world.db.number("SELECT id FROM sites"),
        world.insert(equipment(world.rif, "R-1")).await.id,
    );
    let ask = |e: domain::equipment::Equipment| must(&world.db, move |tx| tx.equipments().references(&e));

    let right = ask(equipment(world.atlas, "A-1")).await;
    assert!(right.client && right.site && right.parent && right.unknown_skills.is_empty());
    assert_eq!(right.kinds.first().map(String::as_str), Some("mecanique"));
    assert!(
        !right.kinds.iter().any(|k| k == "autre"),
        "an inactive one is not offered"
    );

    let mut wrong = equipment(world.atlas, "A-1");
    wrong.site = Some(Id::new(site));
    wrong.parent = Some(foreign);
    let required = |id| RequiredSkill {
        skill: Id::new(id),
        min_level: SkillLevel::Beginner,
    };
    wrong.required_skills = vec![required(welding), required(9_999)];
    let answer = ask(wrong.clone()).await;
    assert!(answer.client && !answer.site && !answer.parent);
    assert_eq!(answer.unknown_skills, [Id::new(9_999)]);
    assert!(!ask(equipment(Id::new(9_999), "A-1")).await.client);

    // The same, when nobody asked before.
    type Break = fn(&mut domain::equipment::Equipment);
    let breaks: [Break; 5] = [
        |e| e.client = Id::new(9_999),
        |e| e.parent = None,
        |e| e.site = None,
        |e| (e.parent, e.site, e.required_skills) = (None, None, e.required_skills.clone()),
        |e| (e.parent, e.site, e.required_skills, e.kind) = (None, None, Vec::new(), "nucleaire".into()),
    ];
    for change in breaks {
        let mut e = wrong.clone();
        change(&mut e);
        let refused = run(&world.db, move |tx| tx.equipments().insert(&e, None)).await;
        assert_eq!(conflict(refused), Constraint::MissingReference);
    }
}

#[tokio::test]
async fn what_is_used_stays_and_what_goes_leaves_its_trace() {
    let world = World::new().await;
    let [welding, _] = skills(&world);
    let (parent, used) = (world.equipment("A-1").await, world.equipment("A-2").await);
    let mut part = equipment(world.atlas, "A-3");
    part.parent = Some(parent.id);
    part.required_skills = vec![RequiredSkill {
        skill: Id::new(welding),
        min_level: SkillLevel::Beginner,
    }];
    let part = world.insert(part).await;
    world.job(used.id, "ouverte", false);
    let delete = |record: Record<domain::equipment::Equipment>| {
        run(&world.db, move |tx| tx.equipments().delete(&record))
    };
    for used in [parent.clone(), used] {
        assert_eq!(conflict(delete(used).await), Constraint::InUse);
    }
    delete(part.clone()).await.unwrap();
    assert!(
        matches!(repo_error(delete(part.clone()).await), RepoError::Stale),
        "it is gone"
    );
    let traces = format!(
        "SELECT count(*) FROM audit_log WHERE action = 'suppression' AND objet_id = {}",
        part.id
    );
    assert_eq!(world.db.number(&traces), 2, "the row and its required skills");
    delete(parent).await.unwrap();
}

#[tokio::test]
async fn a_change_of_owner_is_refused_while_anything_names_both() {
    let world = World::new().await;
    let (used, free) = (world.equipment("A-1").await, world.equipment("A-2").await);
    world.job(used.id, "ouverte", false);
    let rif = world.rif;
    let give = |record: Record<domain::equipment::Equipment>| {
        run(&world.db, move |tx| {
            let mut after = record.data.clone();
            after.client = rif;
            tx.equipments().update(&record, &after)
        })
    };
    assert_eq!(conflict(give(used).await), Constraint::InUse);
    assert_eq!(give(free).await.unwrap().client, rif);
}
