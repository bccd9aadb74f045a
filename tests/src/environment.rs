//! The programs that the tests run, and what the run gives them.

use std::path::PathBuf;

pub use test_support::environment::{free_port, required};

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
