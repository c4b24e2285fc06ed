//! Bringing a history in: upload, preview, commit. For the owners of a channel.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use futures_util::StreamExt as _;
use migrations_free_store::Id;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Done;
use crate::chat::Refusal;
use crate::http::App;
use crate::http::Failure;
use crate::http::error::extract;
use crate::http::session::Session;
use crate::import::{DateOrder, FILE_BYTES_MAX, ImportJob};

/// Longest time one upload may hold its place.
const UPLOAD_TIME_MAX: Duration = Duration::from_mins(20);
/// The names of the largest groups, matched.
const COMMIT_BYTES_MAX: usize = 1024 * 1024;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct UploadQuery {
    #[param(value_type = String)]
    c: Id,
    name: String,
    /// The zone of the phone that exported, in minutes before UTC's clock.
    #[serde(default)]
    offset_minutes: i32,
}

/// Takes an exported chat, a text or an archive, and says what is in it. Nothing comes in yet.
#[utoipa::path(post, path = "/api/v1/imports", params(UploadQuery), request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 200, body = ImportJob), (status = "4XX", body = Failure)))]
pub async fn upload(
    State(app): State<Arc<App>>,
    session: Session,
    headers: HeaderMap,
    extract::Query(query): extract::Query<UploadQuery>,
    body: Body,
) -> Result<Json<ImportJob>, Refusal> {
    let text = |name| {
        headers
            .get(name)
            .and_then(|v: &header::HeaderValue| v.to_str().ok())
    };
    if text(header::CONTENT_TYPE) != Some("application/octet-stream") {
        return Err(Refusal::BadRequest("Send application/octet-stream.".into()));
    }
    let length = text(header::CONTENT_LENGTH).and_then(|v| v.parse::<u64>().ok());
    if length.is_some_and(|length| length > FILE_BYTES_MAX as u64) {
        return Err(too_large());
    }
    let place = app.imports.place(session.person, query.c)?;
    let taken = tokio::time::timeout(UPLOAD_TIME_MAX, take(body, length));
    let file = taken
        .await
        .map_err(|_| Refusal::BadRequest("The upload took too long.".into()))??;
    let imports = app.imports.clone();
    imports
        .upload(
            session.person,
            query.c,
            &query.name,
            query.offset_minutes,
            file,
            place,
        )
        .await
        .map(Json)
}

/// The body in one piece, without ever holding it twice.
async fn take(body: Body, length: Option<u64>) -> Result<Bytes, Refusal> {
    /// Believed of a length that is only claimed.
    const AHEAD_MAX: u64 = 1024 * 1024;
    let mut file = Vec::with_capacity(length.unwrap_or(0).min(AHEAD_MAX) as usize);
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Refusal::BadRequest("The upload broke off.".into()))?;
        if file.len() + piece.len() > FILE_BYTES_MAX {
            return Err(too_large());
        }
        file.extend_from_slice(&piece);
    }
    Ok(file.into())
}

fn too_large() -> Refusal {
    Refusal::TooLarge {
        limit: FILE_BYTES_MAX as u64,
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Again {
    date_order: Option<DateOrder>,
    offset_minutes: Option<i32>,
}

/// Reads an upload again, with the order of its dates or its zone as its owner knows them.
#[utoipa::path(post, path = "/api/v1/imports/{id}/preview", params(("id" = String, Path)), request_body = Again, responses((status = 200, body = ImportJob), (status = "4XX", body = Failure)))]
pub async fn preview(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path(id): extract::Path<Id>,
    extract::Json(again): extract::Json<Again>,
) -> Result<Json<ImportJob>, Refusal> {
    let imports = app.imports.clone();
    imports
        .preview(session.person, id, again.date_order, again.offset_minutes)
        .await
        .map(Json)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Commit {
    /// By name in the file: a person's id, `new` or `none`. A name that is not there keeps its name only.
    #[serde(default)]
    people: HashMap<String, String>,
}

/// Brings a preview in. Progress comes as `import` frames.
#[utoipa::path(post, path = "/api/v1/imports/{id}/commit", params(("id" = String, Path)), request_body = Commit, responses((status = 200, body = ImportJob), (status = "4XX", body = Failure)))]
pub async fn commit(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path(id): extract::Path<Id>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ImportJob>, Refusal> {
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.starts_with("application/json"));
    if !is_json {
        return Err(Refusal::BadRequest("Send application/json.".into()));
    }
    let body = axum::body::to_bytes(body, COMMIT_BYTES_MAX)
        .await
        .map_err(|_| Refusal::TooLarge {
            limit: COMMIT_BYTES_MAX as u64,
        })?;
    let commit: Commit =
        serde_json::from_slice(&body).map_err(|error| Refusal::BadRequest(error.to_string()))?;
    app.imports
        .commit(session.actor(), id, &commit.people)
        .map(Json)
}

/// One import: under way to whoever started it, done to the channel's members.
#[utoipa::path(get, path = "/api/v1/imports/{id}", params(("id" = String, Path)), responses((status = 200, body = ImportJob), (status = "4XX", body = Failure)))]
pub async fn get(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path(id): extract::Path<Id>,
) -> Result<Json<ImportJob>, Refusal> {
    app.read(move |app| app.imports.get(session.person, id))
        .await
        .map(Json)
}

/// Drops a preview.
#[utoipa::path(delete, path = "/api/v1/imports/{id}", params(("id" = String, Path)), responses((status = 200, body = Done), (status = "4XX", body = Failure)))]
pub async fn cancel(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path(id): extract::Path<Id>,
) -> Result<Json<Done>, Refusal> {
    app.imports
        .cancel(session.person, id)
        .map(|()| Json(Done {}))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    #[param(value_type = String)]
    c: Id,
}

#[derive(Serialize, ToSchema)]
pub struct ImportList {
    imports: Vec<ImportJob>,
}

/// Where what stands in a channel came from: its finished imports, newest first.
#[utoipa::path(get, path = "/api/v1/imports", params(ListQuery), responses((status = 200, body = ImportList), (status = "4XX", body = Failure)))]
pub async fn list(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Query(query): extract::Query<ListQuery>,
) -> Result<Json<ImportList>, Refusal> {
    app.read(move |app| app.imports.list(session.person, query.c))
        .await
        .map(|imports| Json(ImportList { imports }))
}
