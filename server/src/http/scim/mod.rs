//! SCIM 2.0 (RFC 7643, RFC 7644): how the company's directory says who works here.
//!
//! Never answers without the directory's token, and never shows or touches anybody who is not tied to it by a login.

mod discovery;
mod fault;
mod filter;
mod list;
mod said;
mod user;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use migrations_free_store::Id;
use parking_lot::Mutex;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::routes::record::bearer;
use super::session::Address;
use super::{App, BODY_BYTES_MAX, rate};
use crate::chat::command::{Command, Door as Inner};
use crate::chat::directory::Told;
use crate::chat::{Ack, Actor, Refusal};
use crate::config::Limits;
use crate::identity::secret::same;
use crate::identity::throttle::{Attempt, Key, Limits as Paces, Throttle};
use fault::Fault;

pub const PREFIX: &str = "/scim/v2";
/// Entra ID asks for 25 requests a second.
const REQUESTS_PER_MINUTE: u32 = 1_800;
const REQUESTS_BURST: u32 = 300;
/// There is one directory.
const ONE: Id = Id([0; 16]);

/// What is known of the directory while the server runs.
pub struct Provisioning {
    /// What it proves itself with; None: there is none, and nothing of this is here.
    token: Option<[u8; 32]>,
    /// Those who guess: of their own, so that they keep nobody from signing in.
    guesses: Mutex<Throttle>,
    rates: rate::Rates,
    /// One change at a time: what it was decided on is still so when it is made.
    turn: tokio::sync::Mutex<()>,
    /// When it last proved itself, since the start; 0: not yet.
    heard_at: AtomicU64,
    /// Where this server is, for the addresses of what it tells of.
    base: String,
}

impl Provisioning {
    pub fn new(token: Option<[u8; 32]>, base: String) -> Self {
        let limits = Limits {
            commands_per_minute: REQUESTS_PER_MINUTE,
            commands_burst: REQUESTS_BURST,
            ..Limits::default()
        };
        Provisioning {
            token,
            guesses: Mutex::new(Throttle::new(Paces::default())),
            rates: rate::Rates::new(&limits),
            turn: tokio::sync::Mutex::default(),
            heard_at: AtomicU64::new(0),
            base,
        }
    }

    pub fn is_on(&self) -> bool {
        self.token.is_some()
    }

    pub fn heard_at(&self) -> Option<u64> {
        Some(self.heard_at.load(Ordering::Relaxed)).filter(|at| *at > 0)
    }

    fn location(&self, rest: &str) -> String {
        format!("{}{PREFIX}/{rest}", self.base)
    }
}

/// Everything under `PREFIX`.
pub fn router(app: Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/ServiceProviderConfig", get(discovery::config))
        .route("/ResourceTypes", get(discovery::types))
        .route("/ResourceTypes/{id}", get(discovery::one_type))
        .route("/Schemas", get(discovery::schemas))
        .route("/Schemas/{id}", get(discovery::schema))
        .nest("/Users", users())
        .route("/.search", post(list::search))
        .fallback(|| async { Fault::from(Refusal::NotFound) })
        .method_not_allowed_fallback(|| async {
            Fault::new(
                StatusCode::METHOD_NOT_ALLOWED,
                None,
                "This cannot be done here.",
            )
        })
        .layer(middleware::from_fn_with_state(app, guard))
}

fn users() -> Router<Arc<App>> {
    let one = get(user::one)
        .put(user::replace)
        .patch(user::patch)
        .delete(user::remove);
    Router::new()
        .route("/", get(list::list).post(user::create))
        .route("/.search", post(list::search))
        .route("/{id}", one)
}

/// Lets the directory through, at its pace, and nobody else.
async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let address = Address::from_request_parts(&mut parts, &app).await;
    let admitted = address
        .map_err(Fault::from)
        .and_then(|address| admit(&app, &parts.headers, &address));
    if let Err(fault) = admitted {
        return fault.into_response();
    }
    let now_ms = app.clock.now_ms();
    if let Err(refusal) = app.provisioning.rates.admit(ONE, now_ms) {
        // What it sends is read to the end, so that it hears the answer and its connection holds.
        let _ = axum::body::to_bytes(body, BODY_BYTES_MAX).await;
        return Fault::from(refusal).into_response();
    }
    next.run(Request::from_parts(parts, body)).await
}

fn admit(app: &App, headers: &HeaderMap, address: &Address) -> Result<(), Fault> {
    let directory = &app.provisioning;
    let token = directory.token.as_ref().ok_or(Refusal::NotFound)?;
    let now_ms = app.clock.now_ms();
    let given: [u8; 32] = Sha256::digest(bearer(headers).unwrap_or_default()).into();
    if !same(&given, token) {
        let guess = Attempt {
            account: Key::of(b"directory"),
            device: None,
            address: address.0,
        };
        let admitted = directory.guesses.lock().admit(now_ms, &guess);
        return Err(match admitted {
            Ok(()) => Fault::unknown(),
            Err(wait) => Fault::from(Refusal::Rate {
                after_ms: wait.retry_after_ms,
            }),
        });
    }
    directory.heard_at.store(now_ms, Ordering::Relaxed);
    Ok(())
}

/// A body of JSON, by either of its names.
async fn body(headers: &HeaderMap, body: Body) -> Result<serde_json::Map<String, Value>, Fault> {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.map(|kind| kind.to_str().unwrap_or_default());
    let kind = kind.map(|kind| kind.split(';').next().unwrap_or_default().trim());
    if !kind.is_none_or(|k| {
        k.eq_ignore_ascii_case("application/scim+json")
            || k.eq_ignore_ascii_case("application/json")
    }) {
        return Err(Fault::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            None,
            "The body is application/scim+json.",
        ));
    }
    let too_large = Refusal::TooLarge {
        limit: BODY_BYTES_MAX as u64,
    };
    let bytes = axum::body::to_bytes(body, BODY_BYTES_MAX).await;
    let bytes = bytes.map_err(|_| Fault::from(too_large))?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(Fault::syntax("The body is no JSON object.")),
    }
}

async fn tells(app: &App, told: Told) -> Result<Ack, Fault> {
    let command = Command::Door(Inner::Directory(told));
    Ok(app.door.submit(Actor::System, command, None).await?)
}

/// As SCIM answers; with the version of what it shows.
fn answer(status: StatusCode, value: &Value) -> Response {
    let mut response = (status, value.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/scim+json"),
    );
    let version = value.pointer("/meta/version").and_then(Value::as_str);
    if let Some(version) = version.and_then(|v| HeaderValue::from_str(v).ok()) {
        headers.insert(header::ETAG, version);
    }
    response
}
