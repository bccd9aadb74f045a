//! Rights, versions, references and effects, on fakes of the ports.

mod data;
mod reads;
mod state;

use application::{AppError, Ctx};
use domain::equipment::store::{MockEquipmentStore, References};
use domain::equipment::{Equipment, EquipmentDetail, EquipmentStatus};
use domain::ports::unit_of_work::FakeTx;
use domain::samples;
use domain::{Id, Record};

use crate::support::{Fakes, admin, fields, manager, now, portal, technician};

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

/// Field and code of every issue, the code as callers read it.
fn issues(error: AppError) -> Vec<(String, &'static str)> {
    let coded = |(field, code)| (field, domain::Vocab::code(code));
    fields(error).into_iter().map(coded).collect()
}
