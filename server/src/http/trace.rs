//! A name for each request, in the answer and in every line that is logged on its behalf.
//!
//! A line tells the route, never the address as it was asked: names and words stand in it. Never a body or a cookie.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::body::Body;
use axum::extract::MatchedPath;
use axum::http::{HeaderValue, Request, Response};
use axum::middleware::Next;
use migrations_free_store::Id;
use tracing::Instrument as _;

const REQUEST_ID: &str = "x-request-id";

/// Tells the requests of this process from those of the one before.
static PROCESS: LazyLock<String> = LazyLock::new(|| {
    let random = Id::new(0).to_string();
    random.chars().rev().take(6).collect()
});
static COUNT: AtomicU64 = AtomicU64::new(0);

pub async fn request(request: Request<Body>, next: Next) -> Response<Body> {
    let id = format!("{}-{}", *PROCESS, COUNT.fetch_add(1, Ordering::Relaxed));
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("the client", MatchedPath::as_str);
    let span = tracing::info_span!("request", id, method = %request.method(), route);
    let begun = Instant::now();
    let answered = async move {
        let mut response = next.run(request).await;
        let (status, ms) = (response.status(), begun.elapsed().as_millis() as u64);
        if status.is_server_error() {
            tracing::warn!(status = status.as_u16(), ms, "answered");
        } else {
            tracing::debug!(status = status.as_u16(), ms, "answered");
        }
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    };
    answered.instrument(span).await
}
