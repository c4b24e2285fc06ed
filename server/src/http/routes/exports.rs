//! The officer's exports: the list, and the bundle itself.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use migrations_free_store::Id;
use serde::Serialize;
use utoipa::ToSchema;

use super::files::{disposition, put, stream};
use crate::chat::Refusal;
use crate::chat::command::{Command, Door as Inner};
use crate::export::jobs::ExportJob;
use crate::http::App;
use crate::http::error::extract;
use crate::http::session::Session;

#[derive(Serialize, ToSchema)]
pub struct ExportList {
    exports: Vec<ExportJob>,
}

/// All exports, newest first.
#[utoipa::path(get, path = "/api/v1/exports", responses((status = 200, body = ExportList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    session: Session,
) -> Result<Json<ExportList>, Refusal> {
    app.read(move |app| app.exports.list(session.person))
        .await
        .map(|exports| Json(ExportList { exports }))
}

/// The bundle, to its requester only. Recorded before the first byte leaves.
#[utoipa::path(get, path = "/api/v1/exports/{id}/download", params(("id" = String, Path)), responses((status = 200, body = Vec<u8>, content_type = "application/zip")))]
pub async fn download(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path(id): extract::Path<Id>,
) -> Result<Response, Refusal> {
    app.door
        .submit(
            session.actor(),
            Command::Door(Inner::ExportDownloaded { export: id }),
            None,
        )
        .await?;
    let (blob, bytes) = {
        let state = app.views.state.read();
        let export = state.exports.get(&id).ok_or(Refusal::NotFound)?;
        (export.blob.ok_or(Refusal::NotFound)?, export.bytes)
    };
    let mut response = stream(&app, blob, 0, bytes).into_response();
    let set = response.headers_mut();
    put(set, header::CONTENT_TYPE, "application/zip");
    put(set, header::CONTENT_LENGTH, &bytes.to_string());
    put(set, header::CACHE_CONTROL, "private, no-store");
    put(
        set,
        header::CONTENT_DISPOSITION,
        &disposition(false, &format!("export-{id}.zip")),
    );
    Ok(response)
}
