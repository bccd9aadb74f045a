//! Many at once: one effect, one trace of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use application::intervention::{Asked, CreateJob, Goal, JobView, create, transition};
use application::write::{Written, silent};
use application::{App, AppError, Ctx};
use domain::Id;
use domain::audit::Origin;
use domain::intervention::{Action, Kind, Priority};
use domain::policy::{Actor, Role};
use futures_util::future::join_all;
use infra_postgres::{PgUnitOfWork, WritePool};

use super::Shop;

type Outcome = Result<Written<JobView>, AppError>;

/// The use cases on connections that everybody waits for as long as it takes.
fn patient(shop: &Shop) -> App {
    let mut config = shop.s.db.config().clone();
    config.checkout_timeout = Duration::from_secs(120);
    config.lock_timeout = Duration::from_secs(60);
    App {
        uow: Arc::new(PgUnitOfWork::new(WritePool::new(&config))),
        ..shop.s.world.state.app.clone()
    }
}

fn manager(shop: &Shop) -> Ctx {
    let actor = Actor {
        user: Id::new(2),
        roles: vec![Role::Manager],
        technician: None,
        clients: Vec::new(),
        teams: Vec::new(),
    };
    let origin = Origin {
        actor: Some(actor.user),
        ip: None,
        correlation_id: "course-0001".to_owned(),
    };
    Ctx {
        actor,
        session: None,
        origin,
        now: shop.s.world.state.app.clock.now(),
        idempotency: None,
    }
}

fn codes(outcomes: &[Outcome]) -> BTreeSet<&'static str> {
    outcomes
        .iter()
        .filter_map(|o| o.as_ref().err())
        .map(|e| e.code().as_str())
        .collect()
}

async fn all_at_once(shop: &Shop, job: i64, asked: Asked) -> Vec<Outcome> {
    let (app, ctx) = (patient(shop), manager(shop));
    join_all((0..200).map(|_| transition(&app, &ctx, Id::new(job), None, asked.clone(), silent()))).await
}

#[actix_web::test]
async fn two_hundred_starts_and_closes_have_one_effect_each() {
    let shop = Shop::open().await;
    let job = shop.job(Some(shop.tech)).await;
    let starts = all_at_once(&shop, job, Asked::to(Goal::Action(Action::Start))).await;
    assert_eq!(
        (starts.iter().filter(|o| o.is_ok()).count(), codes(&starts)),
        (1, ["INVALID_TRANSITION"].into())
    );
    shop.assert_states("maintenance", "occupe");
    assert_eq!(shop.history(job).await, ["creation", "changement_statut"]);
    assert_eq!(shop.count("equipements_detentions"), 1);
    assert_eq!(
        shop.count("evenements WHERE kind = 'intervention.statut_change'"),
        1
    );
    assert_eq!(
        shop.s.db.number(&format!(
            "SELECT version FROM techniciens WHERE id = {}",
            shop.tech
        )),
        2
    );

    let close = Asked {
        report: Some("Roulement remplacé".to_owned()),
        ..Asked::to(Goal::Action(Action::Close))
    };
    let closes = all_at_once(&shop, job, close).await;
    assert_eq!(
        (closes.iter().filter(|o| o.is_ok()).count(), codes(&closes)),
        (1, ["INVALID_TRANSITION"].into())
    );
    shop.assert_states("operationnel", "disponible");
    assert_eq!(
        shop.history(job).await,
        ["creation", "changement_statut", "cloture"]
    );
    assert_eq!(shop.count("evenements WHERE kind = 'intervention.cloturee'"), 1);
}

#[actix_web::test]
async fn a_technician_starts_one_of_many_jobs() {
    let shop = Shop::open().await;
    let mut jobs = Vec::new();
    for _ in 0..10 {
        jobs.push(shop.job(Some(shop.tech)).await);
        jobs.push(shop.job_on(shop.press, Some(shop.tech)).await);
    }
    let (app, ctx, asked) = (
        patient(&shop),
        manager(&shop),
        Asked::to(Goal::Action(Action::Start)),
    );
    let starts = jobs
        .iter()
        .map(|job| transition(&app, &ctx, Id::new(*job), None, asked.clone(), silent()));
    let outcomes = join_all(starts).await;
    assert_eq!(
        (outcomes.iter().filter(|o| o.is_ok()).count(), codes(&outcomes)),
        (1, ["TECHNICIAN_BUSY"].into())
    );
    assert_eq!(shop.count("interventions WHERE statut = 'en_cours'"), 1);
}

#[actix_web::test]
async fn parallel_creations_have_numbers_of_their_own_and_one_failure() {
    let shop = Shop::open().await;
    let (app, ctx) = (patient(&shop), manager(&shop));
    let cmd = CreateJob {
        equipment: Id::new(shop.pump),
        title: None,
        description: "Bruit anormal au démarrage".to_owned(),
        kind: Kind::Corrective,
        priority: Priority::Normal,
        urgent: false,
        planned_at: None,
        estimated_minutes: None,
        follow_up_of: None,
        required_skills: Vec::new(),
        technician: None,
        failure: true,
    };
    let outcomes = join_all((0..60).map(|_| create(&app, &ctx, cmd.clone(), silent()))).await;
    assert!(outcomes.iter().all(Result::is_ok), "{:?}", codes(&outcomes));
    assert_eq!(
        shop.s
            .db
            .number("SELECT count(DISTINCT numero) FROM interventions WHERE numero LIKE 'INT-2026-%'"),
        60
    );
    assert_eq!(
        shop.count("pannes"),
        1,
        "declaring again refers to the open failure"
    );
    assert_eq!(
        shop.s
            .db
            .number("SELECT count(DISTINCT panne_id) FROM interventions"),
        1
    );
    assert_eq!(shop.count("interventions WHERE panne_id IS NULL"), 0);
}
