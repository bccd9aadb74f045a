//! `make run`, `make dev` and `make clean-local`, as the README offers them.

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use black_box::environment::{free_port, program};
use black_box::stack::DEMO_PASSWORD;
use black_box::world::{self, unique};
use black_box::{Checkout, Client, Database, eventually, within};
use serde_json::json;

const SOON: Duration = Duration::from_secs(60);

async fn manager(port: u16) -> Client {
    let anonymous = Client::anonymous(&format!("http://127.0.0.1:{port}"));
    anonymous.login("responsable@mif.ma", DEMO_PASSWORD).await.0
}

#[tokio::test]
async fn one_command_starts_everything_and_ctrl_c_stops_it() {
    let checkout = Checkout::new();
    let port = free_port();

    // Interrupted while it makes the demonstration: what there is of it is no demonstration.
    let run = checkout.start("run", port);
    let seeding = eventually("the demonstration is being made", SOON, || async {
        checkout
            .state("seeding")
            .exists()
            .then(|| checkout.database_url())?
    })
    .await;
    let db = Database::at(seeding);
    within("a first account", SOON, || async {
        db.number("SELECT count(*) FROM users") > 0
    })
    .await;
    run.interrupt().await;

    let mut run = checkout.start("run", port);
    run.says("ERP MIF Maroc is running").await;
    assert!(run.said().contains("making it again"), "{}", run.said());
    assert!(
        run.said().contains(&format!("http://127.0.0.1:{port}\n")),
        "{}",
        run.said()
    );
    assert_eq!(checkout.processes().len(), 5, "{:?}", checkout.processes());
    let caller = manager(port).await;
    let jobs = caller.get("/interventions?limit=1").await.expect(200);
    assert!(jobs["items"][0]["numero"].is_string(), "{jobs}");
    let name = format!("Équipe gardée {}", unique());
    let team = world::id(&caller.post("/equipes", json!({"nom": name})).await.expect(201));
    // One at a time, and the first is none the worse for it.
    let mut second = checkout.start("run", free_port());
    assert!(!second.ended().await.success());
    assert!(
        second.said().contains("already running here"),
        "{}",
        second.said()
    );
    run.interrupt().await;

    // The port of somebody else is told before anything is started.
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free again");
    let mut refused = checkout.start("run", port);
    assert!(!refused.ended().await.success());
    assert!(
        refused.said().contains(&format!("port {port} is taken")),
        "{}",
        refused.said()
    );
    assert_eq!(checkout.processes(), Vec::<String>::new());
    drop(listener);

    // The data are there again, and cleaning ends what runs before it deletes them.
    let mut run = checkout.start("run", port);
    run.says("ERP MIF Maroc is running").await;
    let kept = manager(port)
        .await
        .get(&format!("/equipes/{team}"))
        .await
        .expect(200);
    assert_eq!(kept["nom"], name);
    let processes = checkout.processes();
    let cleaned = checkout.clean();
    let said = String::from_utf8_lossy(&cleaned.stderr).into_owned();
    assert!(cleaned.status.success() && said.contains("Clean"), "{said}");
    assert!(run.ended().await.success(), "{}", run.said());
    for pid in processes {
        assert!(!checkout.lives(&pid), "process {pid} is left\n{said}");
    }
    let left = fs::read_dir(checkout.root().join(".local")).expect(".local");
    let left: Vec<_> = left.map(|entry| entry.expect("an entry").file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// The API program, but not while there is a file `broken`; a database that needs no demonstration.
const BREAKABLE: &str = r#"#!/usr/bin/env bash
case $1 in
    seed-demo) echo other; exit ;;
    serve) [ ! -f broken ] || exit 1 ;;
esac
exec -a "$0" "PROGRAM" "$@"
"#;

#[tokio::test]
async fn a_developer_is_told_what_runs() {
    let checkout = Checkout::new();
    let api = checkout.root().join("api-actix");
    let real = program("api-actix");
    fs::write(&api, BREAKABLE.replace("PROGRAM", real.to_str().expect("a path"))).expect("a script");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&api, mode).expect("a program");
    let checkout = checkout.with_api(api);
    let sources = ["crates", "migrations", "third_party"].map(|dir| checkout.root().join(dir));
    for dir in &sources {
        fs::create_dir(dir).expect("a directory");
        fs::write(dir.join("first"), "").expect("a source");
    }
    let broken = checkout.root().join("broken");
    fs::write(&broken, "").expect("a file");
    let port = free_port();

    let mut run = checkout.start("dev", port);
    run.says("not running; waiting for the next change").await;
    assert!(!run.said().contains("is running"), "{}", run.said());

    // Every kind of change makes it try again: one that is new, one that is written anew, one that is gone.
    fs::remove_file(&broken).expect("the file");
    fs::write(sources[0].join("second"), "").expect("a source");
    run.says_times("---- restarted", 1).await;
    fs::write(sources[2].join("first"), "x").expect("a source");
    run.says_times("---- restarted", 2).await;
    fs::remove_file(sources[1].join("first")).expect("a source");
    run.says_times("---- restarted", 3).await;
    let client = Client::anonymous(&format!("http://127.0.0.1:{port}"));
    client
        .call_root(reqwest::Method::GET, "/health/ready")
        .send()
        .await
        .expect(200);

    // An end is told, once.
    let line = fs::read_to_string(checkout.state("api.pid")).expect("the API's process");
    let kill = format!("kill -KILL {}", line.split_whitespace().next().expect("a number"));
    assert!(
        std::process::Command::new("sh")
            .args(["-c", &kill])
            .status()
            .expect("sh")
            .success()
    );
    run.says("---- the API or the scheduler has ended; waiting for the next change")
        .await;
    fs::write(sources[0].join("second"), "x").expect("a source");
    run.says_times("---- restarted", 4).await;
    assert_eq!(run.said().matches("has ended").count(), 1, "{}", run.said());
    run.interrupt().await;
}
