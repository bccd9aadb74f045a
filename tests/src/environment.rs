//! What the run gives the tests, and the programs that they run.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Mutex;

/// The value of a variable that `make test` sets.
pub fn required(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run `make test`, or see deploy/local/test.sh for one suite alone")
    })
}

/// One of the two programs, as the build of this very test run made it.
pub fn program(name: &str) -> PathBuf {
    let tests = std::env::current_exe().expect("the path of the test program");
    let profile = tests
        .parent()
        .and_then(|deps| deps.parent())
        .expect("target/<profile>/deps");
    let path = profile.join(name);
    assert!(
        path.is_file(),
        "{} is not built: run `make test`, which builds both programs first",
        path.display()
    );
    path
}

/// The root of the checkout.
pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies in the repository")
        .to_owned()
}

/// A port that nobody listens on, below the range of outgoing connections: in that range a client
/// that keeps trying a stopped server can end up connected to itself and hold the port.
pub fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    for _ in 0..1000 {
        let [a, b, ..] = *uuid::Uuid::new_v4().as_bytes();
        let port = 10_000 + u16::from_be_bytes([a, b]) % 10_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() && GIVEN.lock().unwrap().insert(port) {
            return port;
        }
    }
    panic!("no free port between 10000 and 20000");
}
