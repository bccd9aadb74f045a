//! Requests under construction, and their answers.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App as ActixApp, body, web::Bytes};
use api_actix::server;
use serde_json::Value;

use super::World;

/// An answer.
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {:?}", self.body))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().expect("code").to_owned()
    }

    /// Field and code of every issue.
    pub fn issues(&self) -> Vec<(String, String)> {
        let text = |v: &Value| v.as_str().expect("text").to_owned();
        let json = self.json();
        let errors = json["errors"].as_array().expect("errors");
        errors
            .iter()
            .map(|e| (text(&e["field"]), text(&e["code"])))
            .collect()
    }
}

/// A request under construction.
pub struct Ask {
    method: Method,
    path: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Vec<u8>,
    peer: IpAddr,
}

pub fn ask(method: &str, path: &str) -> Ask {
    let method = Method::from_bytes(method.as_bytes()).expect("method");
    Ask {
        method,
        path: path.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        peer: Ipv4Addr::LOCALHOST.into(),
    }
}

impl Ask {
    /// From this address.
    pub fn from(mut self, peer: &str) -> Self {
        self.peer = peer.parse().expect("address");
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("name");
        self.headers
            .push((name, HeaderValue::from_bytes(value.as_bytes()).expect("value")));
        self
    }

    pub fn json(self, body: &Value) -> Self {
        self.bytes("application/json", body.to_string().as_bytes())
    }

    pub fn bytes(mut self, kind: &str, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self.header("content-type", kind)
    }

    /// As the person with this session: 1 admin, 2 responsable, 3 technicien, 4 client.
    pub fn by(self, world: &World, id: u128) -> Self {
        let token = world.token(id);
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub async fn send(self, world: &World) -> Reply {
        let service = init_service(ActixApp::new().configure(server::configure(world.state.clone()))).await;
        let mut request = TestRequest::with_uri(&self.path)
            .method(self.method)
            .peer_addr((self.peer, 9).into());
        let mut has_body = false;
        for header in self.headers {
            has_body |= header.0 == "content-type";
            request = request.append_header(header);
        }
        if has_body || !self.body.is_empty() {
            request = request
                .append_header(("content-length", self.body.len()))
                .set_payload(self.body);
        }
        let response = actix_web::test::call_service(&service, request.to_request()).await;
        let status: StatusCode = response.status();
        let headers = response.headers().clone();
        let body = body::to_bytes(response.into_body())
            .await
            .unwrap_or_else(|_| panic!("body"));
        Reply {
            status: status.as_u16(),
            headers,
            body,
        }
    }
}
