//! How the server plans what lists ask: it keeps one plan per text, and must know from the text that a
//! page is short.

use diesel::sql_types::{Integer, Text};
use diesel_async::AsyncPgConnection;
use diesel_async::methods::LoadQuery;
use domain::Vocab;
use domain::client::{ClientFilter, ClientQueries, ClientSort};
use domain::intervention::{InterventionFilter, InterventionQueries, InterventionSort};
use domain::page::Start;
use domain::policy::Visibility;
use infra_postgres::Reader;
use infra_postgres::clients::PgClientQueries;
use infra_postgres::interventions::PgInterventionQueries;
use infra_postgres::reader::{Conn, Query};
use infra_postgres::statement::Statement;

use super::World;
use crate::support::page;

/// Two thousand clients and jobs, with statistics.
async fn grown() -> World {
    let world = World::new().await;
    world.insert(world.job(1)).await;
    world.db.execute(
        "INSERT INTO clients (nom_entreprise) SELECT 'Client ' || n FROM generate_series(1, 2000) n; \
         INSERT INTO interventions (numero, equipement_id, client_id, titre, description, type, origine, date_creation, date_prevue) \
         SELECT 'INT-2026-' || lpad(n::text, 5, '0'), equipement_id, client_id, titre, description, type, origine, \
             date_creation + n * interval '1 hour', date_creation + n * interval '1 day' \
         FROM interventions, generate_series(2, 2000) n; \
         ANALYZE",
    );
    world
}

/// A reader with one connection for lists.
fn reader(world: &World) -> Reader {
    let mut config = world.db.config().clone();
    config.list_pool = 1;
    Reader::new(&config)
}

async fn rows<ST, R>(reader: &Reader, statement: Statement<ST>) -> Vec<R>
where
    for<'c> Statement<ST>: LoadQuery<'static, &'c AsyncPgConnection, R> + Send,
    ST: Clone + Send + 'static,
    R: Send + 'static,
{
    let ask = |conn: Conn| {
        let statement = statement.clone();
        let asked: Query<'static, Vec<R>> =
            Box::pin(async move { diesel_async::RunQueryDsl::load(statement, &mut &*conn).await });
        asked
    };
    reader.list(ask).await.unwrap()
}

/// The plans that the reader's connection keeps for statements that end a page, as text.
async fn plans(reader: &Reader) -> Vec<String> {
    let kept: Statement<(Text, Text, Integer)> = Statement::new(
        "SELECT name, statement, coalesce(cardinality(parameter_types), 0) FROM pg_prepared_statements \
         WHERE statement LIKE '%ORDER BY%LIMIT%' AND statement NOT LIKE '%pg_prepared_statements%'",
    );
    let kept: Vec<(String, String, i32)> = rows(reader, kept).await;
    let mut plans = Vec::new();
    for (name, statement, parameters) in kept {
        let values = vec!["NULL"; usize::try_from(parameters).unwrap()].join(", ");
        let values = if values.is_empty() {
            values
        } else {
            format!("({values})")
        };
        let explain: &'static str =
            Box::leak(format!("EXPLAIN EXECUTE \"{name}\" {values}").into_boxed_str());
        let lines: Vec<String> = rows(reader, Statement::<Text>::new(explain)).await;
        plans.push(format!("{statement}\n{}", lines.join("\n")));
    }
    plans
}

#[tokio::test]
async fn first_pages_and_those_after_a_cursor_are_planned_as_short_ones() {
    let world = grown().await;
    for key in InterventionSort::all() {
        for descending in [false, true] {
            let reader = reader(&world);
            let queries = PgInterventionQueries::new(reader.clone());
            let filter = InterventionFilter::default();
            let list = async |start| {
                let request = page(*key, descending, start);
                queries.list(&filter, &Visibility::All, &request).await.unwrap()
            };
            let first = list(Start::Offset(0)).await;
            list(Start::Cursor(first.next_cursor.unwrap())).await;
            assert_short(&plans(&reader).await, 2);
        }
    }
    for key in ClientSort::all() {
        let reader = reader(&world);
        let queries = PgClientQueries::new(reader.clone());
        let filter = ClientFilter::default();
        let list = async |start| {
            let request = page(*key, false, start);
            queries.list(&filter, &Visibility::All, &request).await.unwrap()
        };
        let first = list(Start::Offset(0)).await;
        list(Start::Cursor(first.next_cursor.unwrap())).await;
        assert_short(&plans(&reader).await, 2);
    }
}

#[tokio::test]
async fn a_history_is_planned_as_a_short_page() {
    let world = grown().await;
    world.db.execute(
        "INSERT INTO historiques_interventions (intervention_id, action_type) \
         SELECT i.id, 'creation' FROM interventions i, generate_series(1, 20); ANALYZE",
    );
    let reader = reader(&world);
    let job = world.db.number("SELECT min(id) FROM interventions");
    let queries = PgInterventionQueries::new(reader.clone());
    queries.history(domain::Id::new(job), 2, None).await.unwrap();
    assert_short(&plans(&reader).await, 1);
}

/// Six rows, the least step, are asked for; none are taken to be passed over before them, and none sorted.
fn assert_short(plans: &[String], texts: usize) {
    assert_eq!(plans.len(), texts, "{plans:#?}");
    for plan in plans {
        let mut nodes = plan.lines().filter(|line| line.contains("(cost="));
        let (limit, below) = (nodes.next().unwrap(), nodes.next().unwrap());
        assert!(limit.starts_with("Limit") && limit.contains(" rows=6 "), "{plan}");
        assert_eq!(before_first(limit), before_first(below), "{plan}");
        assert!(!plan.contains("Sort Key"), "an index gives the order: {plan}");
    }
}

/// What a node costs before its first row.
fn before_first(node: &str) -> &str {
    let (_, costs) = node.split_once("(cost=").unwrap();
    costs.split_once("..").unwrap().0
}
