//! The web client, embedded, with its compressed forms. Never reads the disk.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use axum::response::IntoResponse;

use crate::chat::Refusal;

include!(concat!(env!("OUT_DIR"), "/site.rs"));

pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response<Body> {
    let path = uri.path().trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    if path.starts_with("api/") || !matches!(method, Method::GET | Method::HEAD) {
        return Refusal::NotFound.into_response();
    }
    let Some(plain) = find(path) else {
        return Refusal::NotFound.into_response();
    };
    let accepts = |coding: &str| {
        headers
            .get(header::ACCEPT_ENCODING)
            .and_then(|v| v.to_str().ok())
            .is_some_and(|v| {
                v.split(',')
                    .any(|c| c.trim().split(';').next() == Some(coding))
            })
    };
    let (body, coding) = [("br", ".br"), ("gzip", ".gz")]
        .iter()
        .filter(|(coding, _)| accepts(coding))
        .find_map(|(coding, ending)| {
            find(&format!("{path}{ending}")).map(|body| (body, Some(*coding)))
        })
        .unwrap_or((plain, None));
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::OK;
    let set = response.headers_mut();
    set.insert(header::CONTENT_TYPE, HeaderValue::from_static(mime(path)));
    set.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    // What carries a hash in its name never changes; the rest is asked for each time.
    let cache = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    set.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Some(coding) = coding {
        set.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}

fn find(path: &str) -> Option<&'static [u8]> {
    FILES
        .binary_search_by(|(name, _)| (*name).cmp(path))
        .ok()
        .and_then(|at| FILES.get(at))
        .map(|(_, bytes)| *bytes)
}

fn mime(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("webmanifest") => "application/manifest+json",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}
