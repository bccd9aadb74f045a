//! The two programs with everything that they need, made for one test or one suite.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use test_support::TestDb;
use tokio::sync::{Mutex, MutexGuard};

use crate::client::Client;
use crate::database::Database;
use crate::environment::{free_port, program};
use crate::process::{Process, run};
use crate::redis::Redis;

/// The first account's user name and password.
pub const ADMIN: (&str, &str) = ("direction", "Atlas-Carrefour-77!");

/// Signs the access tokens of every stack, so that tests can make hostile ones.
pub const JWT_KEY: &str = "cW4vZ2k7Qx1tT9bLr0Ym5Hs8Jd3Fa6PuNe2Vo";

/// How a stack is to be.
#[derive(Debug, Clone)]
pub struct Options {
    /// Number of API processes.
    pub apis: usize,
    /// Number of schedulers.
    pub schedulers: usize,
    /// Further settings, or others than the usual ones.
    pub settings: Vec<(String, String)>,
    /// An empty database to use instead of a copy of the template.
    pub database: Option<String>,
    /// Whether there is a Redis.
    pub redis: bool,
    /// What the database holds at the start.
    pub contents: Contents,
}

/// What the database of a stack holds at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
    /// The first account.
    Admin,
    /// The demonstration.
    Demonstration,
}

/// The password of the demonstration's accounts.
pub const DEMO_PASSWORD: &str = "Demo-MIF-2026!";

impl Default for Options {
    fn default() -> Self {
        Self {
            apis: 1,
            schedulers: 0,
            settings: Vec::new(),
            database: None,
            redis: true,
            contents: Contents::Admin,
        }
    }
}

impl Options {
    /// As `make run` starts the product.
    pub fn demonstration() -> Self {
        let options = Self {
            contents: Contents::Demonstration,
            ..Self::default()
        };
        options
            .with("APP_ENV", "development")
            .with("BCRYPT_COST", "12")
            .with("DEMO_PASSWORD", DEMO_PASSWORD)
    }

    /// With a setting.
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.settings.push((name.to_owned(), value.to_string()));
        self
    }
}

/// One API process.
pub struct Api {
    /// Where it answers.
    pub root: String,
    /// The process.
    pub process: Process,
}

/// Running programs. Everything ends with it.
pub struct Stack {
    programs: Mutex<Programs>,
    roots: Vec<String>,
    redis: Option<Mutex<Redis>>,
    db: Database,
    settings: BTreeMap<String, String>,
    dir: PathBuf,
    _copy: Option<TestDb>,
}

/// The processes of a stack.
pub struct Programs {
    /// APIs.
    pub apis: Vec<Api>,
    /// Schedulers.
    pub schedulers: Vec<Process>,
}

impl Stack {
    /// One API process, a database, a Redis.
    pub async fn start() -> Self {
        Self::with(Options::default()).await
    }

    /// What the options ask for, with the first account; returns when every API is ready.
    pub async fn with(options: Options) -> Self {
        let dir = std::env::temp_dir().join(format!("mif-erp-{}", uuid::Uuid::new_v4().simple()));
        fs::create_dir(&dir).expect("a directory for the logs");
        let copy = if options.database.is_none() {
            Some(TestDb::new().await)
        } else {
            None
        };
        let db = Database::at(
            options
                .database
                .clone()
                .or(copy.as_ref().map(TestDb::url))
                .expect("a database"),
        );
        let redis = options.redis.then(|| Redis::start(&dir));

        let mut settings: BTreeMap<String, String> = [
            ("APP_ENV", "test".to_owned()),
            ("HOST", "127.0.0.1".to_owned()),
            ("DATABASE_URL", db.url().to_owned()),
            ("JWT_SECRET_KEY", JWT_KEY.to_owned()),
            ("BCRYPT_COST", "4".to_owned()),
            ("DATABASE_POOL_SIZE", "8".to_owned()),
            ("WORKERS", "2".to_owned()),
            ("LOG_LEVEL", "info".to_owned()),
            ("MAIL_DIR", dir.join("mail").display().to_string()),
        ]
        .map(|(n, v)| (n.to_owned(), v))
        .into();
        if let Some(redis) = &redis {
            settings.insert("REDIS_URL".to_owned(), redis.url());
        }
        settings.extend(options.settings.clone());

        let mut stack = Self {
            programs: Mutex::new(Programs {
                apis: Vec::new(),
                schedulers: Vec::new(),
            }),
            roots: Vec::new(),
            redis: redis.map(Mutex::new),
            db,
            settings,
            dir,
            _copy: copy,
        };
        if options.database.is_some() {
            stack.api_command(&["migrate"], "");
        }
        match options.contents {
            Contents::Admin => stack.create_admin(),
            Contents::Demonstration => drop(stack.api_command(&["seed-demo"], "")),
        }
        let apis: Vec<_> = (0..options.apis).map(|n| stack.new_api(n)).collect();
        stack.roots = apis.iter().map(|api| api.root.clone()).collect();
        let mut programs = Programs {
            apis,
            schedulers: Vec::new(),
        };
        for api in &mut programs.apis {
            ready(api).await;
        }
        for _ in 0..options.schedulers {
            programs.schedulers.push(stack.new_scheduler());
        }
        stack.programs = Mutex::new(programs);
        stack
    }

    /// The tables.
    pub fn db(&self) -> &Database {
        &self.db
    }

    /// A directory of the stack's own.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where the first API answers.
    pub fn root(&self) -> &str {
        &self.roots[0]
    }

    /// Where each API answers.
    pub fn roots(&self) -> &[String] {
        &self.roots
    }

    /// A caller without token.
    pub fn anonymous(&self) -> Client {
        Client::anonymous(self.root())
    }

    /// The first account, signed in.
    pub async fn admin(&self) -> Client {
        self.anonymous().login(ADMIN.0, ADMIN.1).await.0
    }

    /// The processes.
    pub async fn programs(&self) -> MutexGuard<'_, Programs> {
        self.programs.lock().await
    }

    /// The Redis, to be killed and revived.
    pub async fn redis(&self) -> MutexGuard<'_, Redis> {
        self.redis.as_ref().expect("a stack with Redis").lock().await
    }

    /// Starts one more scheduler.
    pub async fn start_scheduler(&self) {
        let mut programs = self.programs.lock().await;
        programs.schedulers.push(self.new_scheduler());
    }

    /// Runs the API program with a command and an input, to its end.
    pub fn api_command(&self, args: &[&str], input: &str) -> String {
        let env: Vec<_> = self.settings.clone().into_iter().collect();
        run(&program("api-actix"), args, &env, input)
    }

    fn create_admin(&self) {
        let (username, password) = ADMIN;
        let args = [
            "create-admin",
            "--username",
            username,
            "--email",
            "direction@essai.ma",
            "--full-name",
            "Salma Direction",
        ];
        self.api_command(&args, &format!("{password}\n"));
    }

    fn new_api(&self, number: usize) -> Api {
        let port = free_port();
        let mut env: Vec<_> = self.settings.clone().into_iter().collect();
        env.push(("PORT".to_owned(), port.to_string()));
        let log = self.dir.join(format!("api-{number}.log"));
        let process = Process::start("api-actix", &program("api-actix"), &["serve"], &env, log);
        Api {
            root: format!("http://127.0.0.1:{port}"),
            process,
        }
    }

    fn new_scheduler(&self) -> Process {
        // Each with a log of its own, also when another has ended.
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let env: Vec<_> = self.settings.clone().into_iter().collect();
        let log = self.dir.join(format!("scheduler-{number}.log"));
        Process::start("scheduler", &program("scheduler"), &["run"], &env, log)
    }
}

async fn ready(api: &mut Api) {
    let start = Instant::now();
    let client = Client::anonymous(&api.root);
    loop {
        let answer = client
            .call_root(reqwest::Method::GET, "/health/ready")
            .try_send()
            .await;
        if answer.is_ok_and(|a| a.status == 200) {
            return;
        }
        let alive = api.process.is_running() && start.elapsed() < Duration::from_secs(60);
        assert!(alive, "{}", api.process.last_lines());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // The programs first: they use what goes away after them.
        let programs = self.programs.get_mut();
        programs.apis.clear();
        programs.schedulers.clear();
        self.redis = None;
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.dir);
        } else {
            eprintln!("the logs of this stack are in {}", self.dir.display());
        }
    }
}
