//! A name for each request, in the answer and in every line that is logged on its behalf.
//!
//! A line tells the route, never the address as it was asked: names and words stand in it. Never a body or a cookie.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, State};
use axum::http::{HeaderValue, Request, Response};
use axum::middleware::Next;
use migrations_free_store::Id;
use tracing::Instrument as _;

use super::App;
use crate::telemetry::Answered;

const REQUEST_ID: &str = "x-request-id";

/// Tells the requests of this process from those of the one before.
static PROCESS: LazyLock<String> = LazyLock::new(|| {
    let random = Id::new(0).to_string();
    random.chars().rev().take(6).collect()
});
static COUNT: AtomicU64 = AtomicU64::new(0);

pub async fn request(
    State(app): State<Arc<App>>,
    request: Request<Body>,
    next: Next,
) -> Response<Body> {
    let id = format!("{}-{}", *PROCESS, COUNT.fetch_add(1, Ordering::Relaxed));
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("the client", MatchedPath::as_str)
        .to_owned();
    let method = request.method().clone();
    let span = tracing::info_span!("request", id, %method, route);
    let (begun, named) = (Instant::now(), id.clone());
    let answered = async move {
        let mut response = next.run(request).await;
        let (status, ms) = (response.status(), begun.elapsed().as_millis() as u64);
        if status.is_server_error() {
            tracing::warn!(status = status.as_u16(), ms, "answered");
        } else {
            tracing::debug!(status = status.as_u16(), ms, "answered");
        }
        if let Ok(id) = HeaderValue::from_str(&named) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    };
    let told = |response: &Response<Body>| Answered {
        id,
        method: method.to_string(),
        route,
        status: response.status().as_u16(),
    };
    app.traces.request(answered.instrument(span), told).await
}
