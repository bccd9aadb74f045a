//! From exec to the first healthy answer.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Failure;
use crate::http::Client;

const LONGEST: Duration = Duration::from_secs(20);

/// Starts the program, asks until it answers 200, ends it, answers the milliseconds.
pub fn run(port: &str, path: &str, program: &str, args: &[&str]) -> Result<String, Failure> {
    let port = port.parse()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    let started = Instant::now();
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()?;
    let mut client = Client::new(port);
    let mut healthy = None;
    while healthy.is_none() && started.elapsed() < LONGEST && child.try_wait()?.is_none() {
        match client.ask(request.as_bytes()) {
            Ok(200) => healthy = Some(started.elapsed()),
            _ => std::thread::sleep(Duration::from_millis(1)),
        }
    }
    child.kill()?;
    child.wait()?;
    let healthy = healthy.ok_or_else(|| format!("{program} did not answer 200 on {path}"))?;
    Ok(format!("{:.1}", healthy.as_secs_f64() * 1000.0))
}
