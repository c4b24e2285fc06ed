//! The API document, generated from the routes themselves: what is not in it does not exist.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use std::sync::Arc;
use utoipa::openapi::{Content, InfoBuilder, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa::{PartialSchema as _, ToSchema as _};
use utoipa_axum::router::OpenApiRouter;

use super::App;
use super::error::Failure;

/// The routes as axum needs them, and as JSON.
pub fn split(routes: OpenApiRouter<Arc<App>>) -> (Router<Arc<App>>, String) {
    let (router, mut document): (_, OpenApi) = routes.split_for_parts();
    document.info = InfoBuilder::new()
        .title("Daylight")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Team chat whose record proves itself. The socket and the commands are described in docs/PROTOCOL.md."))
        .build();
    tell_of_refusals(&mut document);
    let text = document.to_json().unwrap_or_default();
    (router, text)
}

/// Every call may be refused, always in the same form. And a path is written as the standard has it.
fn tell_of_refusals(document: &mut OpenApi) {
    let content = Content::new(Some(Ref::from_schema_name(Failure::name())));
    let refused = ResponseBuilder::new()
        .description("Refused: a stable code and a sentence")
        .content("application/json", content)
        .build();
    let paths = std::mem::take(&mut document.paths.paths);
    for (path, mut item) in paths {
        let each = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
            &mut item.head,
            &mut item.patch,
        ];
        for operation in each.into_iter().flatten() {
            let responses = &mut operation.responses.responses;
            responses.insert("default".into(), RefOr::T(refused.clone()));
        }
        document.paths.paths.insert(path.replace("{*", "{"), item);
    }
    let components = document.components.get_or_insert_default();
    components
        .schemas
        .insert(Failure::name().into_owned(), Failure::schema());
}

/// The document of every route, for those who check it.
pub fn document() -> String {
    split(super::routes::all()).1
}

pub fn serve(document: String) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], document)
}
