//! Plain HTTP that leads to HTTPS, and does nothing else. Where to is the configuration's word, never the visitor's.

use axum::Router;
use axum::http::{StatusCode, Uri, header};

pub fn router(base: String) -> Router {
    Router::new().fallback(move |uri: Uri| {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let to = format!("{base}{path}");
        async move { (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, to)]) }
    })
}
