//! What the run gives the tests.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::sync::Mutex;

/// The value of a variable that `make test` sets.
pub fn required(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run `make test`, or see deploy/local/test.sh for one suite alone")
    })
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
