//! A caller of the API.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

/// A caller with or without a token.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    root: String,
    token: Option<String>,
}

/// The prefix of every business endpoint.
pub const PREFIX: &str = "/api/v1";

impl Client {
    /// A caller without token of the API at `root` (`http://127.0.0.1:8000`).
    pub fn anonymous(root: &str) -> Self {
        // Longer than any answer may take (5 s), so that a hang shows as a failed test.
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(30))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Self {
            http,
            root: root.to_owned(),
            token: None,
        }
    }

    /// The same caller with a token.
    pub fn bearing(&self, token: impl Into<String>) -> Self {
        Self {
            token: Some(token.into()),
            ..self.clone()
        }
    }

    /// The same caller at another process.
    pub fn at(&self, root: &str) -> Self {
        Self {
            root: root.to_owned(),
            ..self.clone()
        }
    }

    /// The access token.
    pub fn token(&self) -> &str {
        self.token.as_deref().expect("a caller who has signed in")
    }

    /// Where the API is.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Signs in; answers the caller with its token, and the answer.
    pub async fn login(&self, username: &str, password: &str) -> (Self, Value) {
        let answer = self
            .post("/auth/login", json!({"username": username, "password": password}))
            .await
            .expect(200);
        let token = answer["access_token"].as_str().expect("access_token").to_owned();
        (self.bearing(token), answer)
    }

    /// A request to a path below the prefix.
    pub fn call(&self, method: Method, path: &str) -> Call {
        self.call_root(method, &format!("{PREFIX}{path}"))
    }

    /// A request to a path from the root.
    pub fn call_root(&self, method: Method, path: &str) -> Call {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.root));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        Call {
            request,
            what: format!("{method} {path}"),
        }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path).send().await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path).json(body).send().await
    }

    /// PATCH of JSON.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path).json(body).send().await
    }

    /// PUT of JSON.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path).json(body).send().await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path).send().await
    }
}

/// A request that is being put together.
pub struct Call {
    request: reqwest::RequestBuilder,
    what: String,
}

impl Call {
    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// Puts JSON into the body.
    pub fn json(mut self, body: Value) -> Self {
        self.what = format!("{} {}", self.what, shortened(&body.to_string()));
        self.request = self.request.json(&body);
        self
    }

    /// Puts bytes into the body.
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let body: Vec<u8> = body.into();
        self.what = format!(
            "{} [{content_type}] {}",
            self.what,
            shortened(&String::from_utf8_lossy(&body))
        );
        self.request = self.request.header("Content-Type", content_type).body(body);
        self
    }

    /// Sends it.
    ///
    /// # Panics
    /// When no answer comes.
    pub async fn send(self) -> Answer {
        let what = self.what.clone();
        self.try_send()
            .await
            .unwrap_or_else(|e| panic!("{what}: no answer: {e:?}"))
    }

    /// Sends it; the error is that no answer came.
    ///
    /// # Errors
    /// What happened to the connection.
    pub async fn try_send(self) -> Result<Answer, reqwest::Error> {
        let response = self.request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Answer {
            what: self.what,
            status,
            headers,
            body: response.bytes().await?.to_vec(),
        })
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(300).collect()
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The request, for messages.
    pub what: String,
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap<HeaderValue>,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; null when it is not.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// A header as text; empty when absent.
    pub fn header(&self, name: &str) -> &str {
        let name: HeaderName = name.parse().expect("a header name");
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("")
    }

    /// The `code` of a refusal.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The body of an answer that must have this status.
    ///
    /// # Panics
    /// When it has another one.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(
            self.status.as_u16(),
            status,
            "{}\n{}",
            self.what,
            shortened(&self.text())
        );
        self.json()
    }

    /// The body of a refusal that must have this status and code.
    ///
    /// # Panics
    /// When it has others.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> Value {
        let body = self.expect(status);
        self.assert_problem();
        assert_eq!(body["code"], code, "{}\n{}", self.what, self.text());
        body
    }

    /// Whether the answer has the one shape of every refusal.
    ///
    /// # Panics
    /// When something of it is missing.
    #[track_caller]
    pub fn assert_problem(&self) {
        let (body, what) = (self.json(), &self.what);
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{what}\n{}",
            self.text()
        );
        assert_eq!(body["status"], self.status.as_u16(), "{what}");
        for name in [
            "type",
            "title",
            "detail",
            "code",
            "timestamp",
            "path",
            "correlation_id",
        ] {
            let text = body[name].as_str();
            assert!(text.is_some_and(|t| !t.is_empty()), "{what}: `{name}` of {body}");
        }
        assert!(body["errors"].is_array(), "{what}: `errors` of {body}");
        assert!(
            body["type"].as_str().unwrap().starts_with("/problems/"),
            "{what}: {body}"
        );
        assert_eq!(body["correlation_id"], self.header("x-request-id"), "{what}");
        if matches!(self.status.as_u16(), 429 | 503) {
            assert!(
                self.header("retry-after").parse::<u32>().is_ok(),
                "{what}: no Retry-After"
            );
        }
        if self.status == StatusCode::UNAUTHORIZED {
            assert!(
                !self.header("www-authenticate").is_empty(),
                "{what}: no WWW-Authenticate"
            );
        }
    }
}
