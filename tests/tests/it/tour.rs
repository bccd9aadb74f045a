//! The tour of the README, as a reader would run it.

use std::process::Stdio;

use black_box::Stack;
use black_box::environment::repository;
use black_box::stack::{DEMO_PASSWORD, Options};
use tokio::process::Command;

const MARK: &str = "<!-- tour -->";

/// The shell blocks between the marks, in order.
fn blocks(readme: &str) -> Vec<String> {
    let parts: Vec<_> = readme.split(MARK).collect();
    assert!(
        parts.len() >= 3 && parts.len() % 2 == 1,
        "README.md marks the beginning and the end of its tour with {MARK}"
    );
    let tour = parts.iter().skip(1).step_by(2);
    tour.flat_map(|part| {
        part.split("```sh\n")
            .skip(1)
            .map(|block| block.split("\n```").next().unwrap_or_default().to_owned())
    })
    .collect()
}

#[tokio::test]
async fn the_tour_of_the_readme_works_as_it_is_written() {
    let path = repository().join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let blocks = blocks(&readme);
    assert!(!blocks.is_empty(), "the tour has no ```sh block");
    let stack = Stack::with(Options {
        schedulers: 1,
        ..Options::demonstration()
    })
    .await;
    // One shell for all blocks: what one sets, the next may use. With the history of a terminal, where `!` has a
    // meaning, and no `set` of its own: it would close a reader's terminal.
    assert!(!blocks.iter().any(|b| b.lines().any(|l| l.starts_with("set "))));
    let script = blocks
        .join("\n")
        .replace("http://localhost:8000", stack.root())
        .replace("http://127.0.0.1:8000", stack.root());
    assert!(
        script.contains(stack.root()),
        "the tour calls the API at http://localhost:8000"
    );
    let script = format!("set -o history -o histexpand\n{script}");
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script])
        .current_dir(repository())
        .env("DEMO_PASSWORD", DEMO_PASSWORD)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("bash");
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        output.status.success(),
        "the tour ended with {}\n{out}\n{err}\n---- of\n{script}",
        output.status
    );
    assert!(err.is_empty(), "the tour complains:\n{err}\n{out}");
    // What the text promises, in this order.
    let mut rest = &*out;
    for expected in [
        "en_panne\n",
        "\"numero\": \"INT-",
        "\"actions_possibles\"",
        " en_cours, équipement maintenance\n",
        " en_attente, équipement maintenance\n",
        " en_cours, équipement maintenance\n",
        " cloturee, équipement operationnel\n",
        "\"status\": 409",
        "\"code\": \"INVALID_TRANSITION\"",
        "\"actions_possibles\": [",
    ] {
        let at = rest.find(expected);
        let at = at.unwrap_or_else(|| panic!("{expected:?} is not shown, or not in its place:\n{out}"));
        rest = &rest[at + expected.len()..];
    }
}
