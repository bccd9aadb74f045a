//! A Redis of the test's own: counters and caches of one suite say nothing to another, and it can
//! be killed.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::environment::{free_port, required};
use crate::process::Process;

/// A running (or killed) Redis.
pub struct Redis {
    port: u16,
    dir: PathBuf,
    process: Option<Process>,
}

impl Redis {
    /// Starts one that keeps nothing on disk.
    pub fn start(dir: &Path) -> Self {
        Self::start_at(free_port(), dir)
    }

    /// The same, at a port where nobody listens.
    pub fn start_at(port: u16, dir: &Path) -> Self {
        let mut redis = Self {
            port,
            dir: dir.to_owned(),
            process: None,
        };
        redis.revive();
        redis
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Ends it as a crash would; its contents are gone.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Starts it, empty, at the same port.
    pub fn revive(&mut self) {
        let program = PathBuf::from(required("TEST_REDIS_SERVER"));
        let port = self.port.to_string();
        let args = [
            "--port",
            &port,
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ];
        let process = Process::start("redis", &program, &args, &[], self.dir.join("redis.log"));
        let process = self.process.insert(process);
        let start = Instant::now();
        while !answers(self.port) {
            assert!(
                process.is_running() && start.elapsed() < Duration::from_secs(10),
                "{}",
                process.last_lines()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let mut reply = [0; 5];
    stream.set_read_timeout(Some(Duration::from_secs(2))).is_ok()
        && stream.write_all(b"PING\r\n").is_ok()
        && stream.read_exact(&mut reply).is_ok()
        && &reply == b"+PONG"
}
