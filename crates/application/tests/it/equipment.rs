//! Rights, versions, references and effects, on fakes of the ports.

mod data;
mod reads;
mod state;

use application::{AppError, Ctx};
use domain::client::Client;
use domain::equipment::store::{MockEquipmentStore, References};
use domain::equipment::{Equipment, EquipmentDetail, EquipmentStatus};
use domain::policy::Role;
use domain::ports::unit_of_work::FakeTx;
use domain::samples;
use domain::technician::Technician;
use domain::{Id, Record};

use crate::support::{Fakes, actor, ctx, now};

/// The equipment of every test.
fn equipment() -> Equipment {
    Equipment {
        name: "Compresseur".into(),
        serial_number: "C-1".into(),
        kind: "pneumatique".into(),
        ..samples::equipment(Id::new(1))
    }
}

fn record(data: Equipment) -> Record<Equipment> {
    Record {
        version: 3,
        ..Record::fresh(Id::new(5), now(), data)
    }
}

fn detail(record: Record<Equipment>) -> EquipmentDetail {
    EquipmentDetail {
        record,
        client_name: "Client".into(),
        site_name: None,
        skill_names: Vec::new(),
        failing_since: None,
        held_by_hand: false,
    }
}

fn known() -> References {
    References {
        client: true,
        site: true,
        parent: true,
        kinds: vec!["mecanique".into(), "pneumatique".into()],
        unknown_skills: Vec::new(),
    }
}

/// A store with this equipment; its answer shows whatever was written last.
fn store_with(equipment: Equipment) -> MockEquipmentStore {
    let mut store = MockEquipmentStore::new();
    let found = record(equipment);
    let (locked, seen) = (found.clone(), found.clone());
    store.expect_lock().returning(move |_| Ok(Some(locked.clone())));
    store.expect_find().returning(move |_| Ok(Some(found.clone())));
    store
        .expect_detail()
        .returning(move |_| Ok(Some(detail(seen.clone()))));
    store
}

fn app(tx: FakeTx) -> application::App {
    Fakes {
        tx,
        ..Fakes::default()
    }
    .app()
}

fn admin() -> Ctx {
    ctx(actor(1, Role::Admin))
}

fn manager() -> Ctx {
    ctx(actor(2, Role::Manager))
}

/// A technician with this profile.
fn technician(profile: Id<Technician>) -> Ctx {
    let mut who = actor(7, Role::Technician);
    who.technician = Some(profile);
    ctx(who)
}

/// The portal account of a client.
fn portal(client: Id<Client>) -> Ctx {
    let mut who = actor(8, Role::Client);
    who.clients = vec![client];
    ctx(who)
}

/// Field and code of every issue.
fn issues(error: AppError) -> Vec<(String, &'static str)> {
    match error {
        AppError::Invalid(issues) => issues
            .into_iter()
            .map(|i| (i.field, domain::Vocab::code(i.code)))
            .collect(),
        other => panic!("not a validation error: {other:?}"),
    }
}
