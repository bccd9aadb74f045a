//! Every family of refusal, by a request that causes it.

use std::time::Duration;

use actix_web::{App, HttpServer};
use api_actix::server::configure;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Setup, World, ask, world};

#[actix_web::test]
async fn unknown_routes_and_methods() {
    let world = world();
    for path in [
        "/rien",
        "/api/v1/rien",
        "/api/v1",
        "/api/v1/users/abc",
        "/api/v1/users/1x",
        "/api/v1//users",
        "/api/v2/users",
    ] {
        let reply = ask("GET", path).send(&world).await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (404, "ROUTE_NOT_FOUND"),
            "{path}"
        );
        assert_eq!(reply.json()["path"], path);
        assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    }
    for method in ["DELETE", "TRACE", "PROPFIND"] {
        let reply = ask(method, "/api/v1/users").send(&world).await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (405, "METHOD_NOT_ALLOWED"),
            "{method}"
        );
        assert_eq!(reply.header("allow"), Some("GET, HEAD, OPTIONS, POST"));
    }
}

#[actix_web::test]
async fn a_panic_is_a_500_that_tells_nothing() {
    let world = world();
    let reply = ask("GET", "/api/v1/essais/panique").send(&world).await;
    assert_eq!((reply.status, reply.code().as_str()), (500, "INTERNAL"));
    assert!(!String::from_utf8_lossy(&reply.body).contains("canary"));
    assert_eq!(
        reply.header("x-request-id"),
        reply.json()["correlation_id"].as_str()
    );
}

#[actix_web::test]
async fn an_unreachable_database_is_a_503_that_tells_nothing() {
    let world = world();
    *world.truth.down.lock().expect("flag") = true;
    let reply = ask("GET", "/api/v1/users/1").by(&world, 1).send(&world).await;
    assert_eq!((reply.status, reply.code().as_str()), (503, "UNAVAILABLE"));
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert!(!String::from_utf8_lossy(&reply.body).contains("10.0.0.5"));
}

#[actix_web::test]
async fn what_is_not_there_looks_the_same_however_large_its_number() {
    let mut setup = Setup::default();
    setup.users.expect_find().returning(|_, _| Ok(None));
    let world = setup.world();
    let mut bodies = Vec::new();
    for path in [
        "/api/v1/users/1",
        "/api/v1/users/9999",
        "/api/v1/users/99999999999999999999999",
    ] {
        let reply = ask("GET", path)
            .by(&world, 4)
            .header("x-request-id", "corr-0001")
            .send(&world)
            .await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (404, "NOT_FOUND"),
            "{path}"
        );
        let mut body = reply.json();
        body["path"] = json!("");
        bodies.push((body, reply.headers.len()));
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]));
}

/// A listening server of this process.
struct Listening {
    address: std::net::SocketAddr,
    handle: actix_web::dev::ServerHandle,
}

fn listen(world: &World) -> Listening {
    let state = world.state.clone();
    let server = HttpServer::new(move || App::new().configure(configure(state.clone())))
        .workers(1)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .expect("port");
    let address = server.addrs()[0];
    let running = server.run();
    let handle = running.handle();
    actix_web::rt::spawn(running);
    Listening { address, handle }
}

impl Listening {
    /// Sends these parts one after the other and reads until the server closes.
    async fn exchange(&self, parts: &[&[u8]]) -> String {
        let mut socket = TcpStream::connect(self.address).await.expect("connect");
        for part in parts {
            // A server that has answered already may have closed.
            if socket.write_all(part).await.is_err() {
                break;
            }
        }
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(5), socket.read_to_end(&mut answer)).await;
        assert!(
            read.is_ok(),
            "the connection stays open after {:?}",
            String::from_utf8_lossy(&answer)
        );
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// What the server itself refuses never reaches the pipeline: it has no problem body, and it closes.
#[actix_web::test]
async fn what_is_no_request_is_refused_and_the_connection_closed() {
    let world = world();
    let server = listen(&world);
    let long_head = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "a".repeat(200 * 1024));
    let long_uri = format!("GET /{} HTTP/1.1\r\nhost: erp\r\n\r\n", "a".repeat(70_000));
    for part in [
        &b"no request at all\r\n\r\n"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        long_head.as_bytes(),
        long_uri.as_bytes(),
    ] {
        let answer = server.exchange(&[part]).await;
        let status = answer.split(' ').nth(1).unwrap_or_default();
        assert!(status.is_empty() || status.starts_with('4'), "{answer}");
    }
    server.handle.stop(false).await;
}

fn head(world: &World, framing: &str, signed: bool) -> String {
    let token = if signed {
        format!("authorization: Bearer {}\r\n", world.token(1))
    } else {
        String::new()
    };
    format!(
        "POST /api/v1/essais HTTP/1.1\r\nhost: x\r\n{token}content-type: application/json\r\n{framing}\r\n\r\n"
    )
}

#[actix_web::test]
async fn a_body_that_does_not_come_is_408_and_closes() {
    let world = Setup {
        body_deadline: Duration::from_millis(100),
        ..Setup::default()
    }
    .world();
    let server = listen(&world);
    let answer = server
        .exchange(&[head(&world, "content-length: 100", true).as_bytes(), b"{\"nom\":"])
        .await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("REQUEST_TIMEOUT"), "{answer}");
    server.handle.stop(false).await;
}

#[actix_web::test]
async fn a_body_without_a_length_is_bounded_too() {
    let world = world();
    let server = listen(&world);
    let head = head(&world, "transfer-encoding: chunked", true);
    let chunk = [b"10000\r\n", &[b' '; 0x10000][..], b"\r\n"].concat();
    let mut parts = vec![head.as_bytes()];
    parts.extend(std::iter::repeat_n(&chunk[..], 17));
    let answer = server.exchange(&parts).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    server.handle.stop(false).await;
}

#[actix_web::test]
async fn a_refused_request_does_not_leave_its_body_on_the_connection() {
    let world = world();
    let server = listen(&world);
    for framing in ["content-length: 50", "transfer-encoding: chunked"] {
        let answer = server.exchange(&[head(&world, framing, false).as_bytes()]).await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{framing}: {answer}");
    }
    server.handle.stop(false).await;
}
