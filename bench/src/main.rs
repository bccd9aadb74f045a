//! What `make bench` needs beside wrk and pgbench; `bench/run.sh` is the caller.

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

mod capture;
mod http;
mod pace;
mod quantile;
mod ready;

type Failure = Box<dyn Error + Send + Sync>;

const USAGE: &str = "usage:
  bench pace PORT RATE SECONDS CONNECTIONS METHOD PATH [HEADER]… [-- BODY]   constant rate; {n} is 1..=20000, {k} counts
  bench ready PORT PATH PROGRAM [ARGUMENT]…            milliseconds from exec to the first 200
  bench script [VALUE=NAME]…                           server log on stdin to a pgbench script
  bench p99 [COLUMN]                                   99th percentile of a column of numbers on stdin";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["pace", rest @ ..] => pace::run(rest),
        ["ready", port, path, program, rest @ ..] => ready::run(port, path, program, rest),
        ["script", rest @ ..] => capture::run(rest),
        ["p99", rest @ ..] => quantile::run(rest),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(text) => {
            let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}
