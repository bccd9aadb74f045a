//! A client that keeps a constant rate whatever the server does.
//!
//! Each request has its moment. Any free connection takes the next one, waits for its moment and
//! sends it; when all connections were busy at that moment the time lost counts as latency, so a
//! slow server cannot hide behind requests that were never sent.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::Failure;
use crate::http::Client;
use crate::quantile::per_mille;

/// Values that `{n}` takes.
const RANGE: u64 = 20_000;
/// Values that `{m}` takes, written with four digits.
const SMALL_RANGE: u64 = 2_400;

struct Plan {
    port: u16,
    rate: f64,
    requests: u64,
    head: String,
    body: Option<String>,
    next: AtomicU64,
}

impl Plan {
    fn request(&self, k: u64) -> String {
        // A walk that meets every number once, in no visible order.
        let walk = |range| k.wrapping_mul(7_919) % range + 1;
        let (n, m) = (walk(RANGE).to_string(), format!("{:04}", walk(SMALL_RANGE)));
        let fill = |text: &str| {
            text.replace("{n}", &n)
                .replace("{m}", &m)
                .replace("{k}", &k.to_string())
        };
        let mut request = fill(&self.head);
        if let Some(body) = &self.body {
            let body = fill(body);
            request.push_str(&format!(
                "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            ));
        } else {
            request.push_str("\r\n");
        }
        request
    }
}

/// One line for all answers and one per status: what, how many, p50, p99 and longest in microseconds.
pub fn run(args: &[&str]) -> Result<String, Failure> {
    let [port, rate, seconds, connections, method, path, rest @ ..] = args else {
        return Err(crate::USAGE.into());
    };
    let (headers, body) = match rest.iter().position(|arg| *arg == "--") {
        Some(at) => (
            rest.get(..at).unwrap_or_default(),
            rest.get(at + 1).map(|text| (*text).to_owned()),
        ),
        None => (rest, None),
    };
    let (rate, seconds): (f64, f64) = (rate.parse()?, seconds.parse()?);
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n");
    for header in headers {
        head.push_str(&format!("{header}\r\n"));
    }
    let port = port.parse()?;
    let requests = (1..)
        .take_while(|k| f64::from(*k) <= rate * seconds)
        .last()
        .map_or(0, |k: u32| u64::from(k));
    let plan = Plan {
        port,
        rate,
        requests,
        head,
        body,
        next: AtomicU64::new(0),
    };
    let connections: usize = connections.parse()?;
    let start = Instant::now() + Duration::from_millis(200);
    let mut seen: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..connections)
            .map(|_| scope.spawn(|| work(&plan, start)))
            .collect();
        for worker in workers {
            for (status, latency) in worker.join().unwrap_or_default() {
                seen.entry("all".to_owned()).or_default().push(latency);
                seen.entry(status).or_default().push(latency);
            }
        }
    });
    let mut text = String::new();
    for (what, mut latencies) in seen {
        latencies.sort_unstable();
        let [p50, p99, longest] = [500, 990, 1000].map(|share| per_mille(&latencies, share));
        text.push_str(&format!("{what} {} {p50} {p99} {longest}\n", latencies.len()));
    }
    Ok(text)
}

fn work(plan: &Plan, start: Instant) -> Vec<(String, u64)> {
    let mut client = Client::new(plan.port);
    let mut seen = Vec::new();
    loop {
        let k = plan.next.fetch_add(1, Ordering::Relaxed);
        if k >= plan.requests {
            return seen;
        }
        #[expect(clippy::cast_precision_loss, reason = "far fewer requests than 2^52")]
        let due = start + Duration::from_secs_f64(k as f64 / plan.rate);
        let request = plan.request(k);
        // Failing to connect shows when the request is sent.
        let _ = client.connect();
        let late = Instant::now() > due;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        // Waking up late is this program's own delay, not the server's.
        let sent = if late { due } else { Instant::now() };
        let status = client
            .ask(request.as_bytes())
            .map_or_else(|_| "broken".to_owned(), |status| status.to_string());
        seen.push((
            status,
            u64::try_from(sent.elapsed().as_micros()).unwrap_or(u64::MAX),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_whole_and_differ() {
        let plan = Plan {
            port: 1,
            rate: 1.0,
            requests: 2,
            head: "POST /x/{n} HTTP/1.1\r\nIdempotency-Key: a-{k}\r\n".to_owned(),
            body: Some("{\"u\":\"é{n} {m}\"}".to_owned()),
            next: AtomicU64::new(0),
        };
        let expected = "POST /x/7920 HTTP/1.1\r\nIdempotency-Key: a-1\r\nContent-Type: application/json\r\n\
                        Content-Length: 19\r\n\r\n{\"u\":\"é7920 0720\"}";
        assert_eq!(plan.request(1), expected);
        assert_ne!(plan.request(1), plan.request(2));
    }
}
