//! The API document, generated from the routes themselves: what is not in it does not exist.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use std::sync::Arc;
use utoipa::openapi::{InfoBuilder, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use super::App;

/// The routes as axum needs them, and as JSON.
pub fn split(routes: OpenApiRouter<Arc<App>>) -> (Router<Arc<App>>, String) {
    let (router, mut document): (_, OpenApi) = routes.split_for_parts();
    document.info = InfoBuilder::new()
        .title("Daylight")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Team chat whose record proves itself. The socket and the commands are described in docs/PROTOCOL.md."))
        .build();
    let text = document.to_json().unwrap_or_default();
    (router, text)
}

/// The document of every route, for those who check it.
pub fn document() -> String {
    split(super::routes::all()).1
}

pub fn serve(document: String) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], document)
}
