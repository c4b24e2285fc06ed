//! What was destroyed, and the certificate of each time: counts, rules and positions, never what anybody wrote.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use migrations_free_store::Position;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::files::{disposition, put};
use crate::chat::Refusal;
use crate::chat::command::{Command, Door as Inner};
use crate::destruction::{Certificate, Facts, RUNS_MAX, packed};
use crate::http::App;
use crate::http::error::extract;
use crate::http::session::Session;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct RunsQuery {
    before: Option<Position>,
    limit: Option<usize>,
}

#[derive(Serialize, ToSchema)]
pub struct Destructions {
    destructions: Vec<Facts>,
    /// Give as `before` to go on; null: there are no older ones.
    next: Option<Position>,
}

/// Every destruction that was carried out, newest first, as the asker's role may know of it.
#[utoipa::path(get, path = "/api/v1/destructions", params(RunsQuery), responses((status = 200, body = Destructions)))]
pub async fn list(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Query(query): extract::Query<RunsQuery>,
) -> Result<Json<Destructions>, Refusal> {
    let before = query.before.unwrap_or(Position::MAX);
    let limit = query.limit.unwrap_or(RUNS_MAX);
    app.read(move |app| app.views.destroyed(session.person, before, limit))
        .await
        .map(|(destructions, next)| Json(Destructions { destructions, next }))
}

/// What is certified of the one that was done at this position.
#[utoipa::path(get, path = "/api/v1/destructions/{position}", params(("position" = u64, Path)), responses((status = 200, body = Certificate)))]
pub async fn one(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path(position): extract::Path<Position>,
) -> Result<Json<Certificate>, Refusal> {
    app.read(move |app| {
        let found = app.views.destruction(session.person, position)?;
        found.certificate(&app.views, session.person).map(Json)
    })
    .await
}

/// The certificate with its proofs, as a file. Recorded before the first byte leaves.
#[utoipa::path(get, path = "/api/v1/destructions/{position}/certificate", params(("position" = u64, Path)), responses((status = 200, body = Vec<u8>, content_type = "application/zip")))]
pub async fn download(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path(position): extract::Path<Position>,
) -> Result<Response, Refusal> {
    let (zip, about) = app
        .read(move |app| {
            let found = app.views.destruction(session.person, position)?;
            let certificate = found.certificate(&app.views, session.person)?;
            let zip = packed(&app.views, &app.outside, &found, &certificate)?;
            Ok((zip, found.about))
        })
        .await?;
    let taken = Inner::CertificateDownloaded {
        done: position,
        about,
    };
    app.door
        .submit(session.actor(), Command::Door(taken), None)
        .await?;
    let mut response = zip.into_response();
    let set = response.headers_mut();
    put(set, header::CONTENT_TYPE, "application/zip");
    put(set, header::CACHE_CONTROL, "private, no-store");
    put(
        set,
        header::CONTENT_DISPOSITION,
        &disposition(false, &format!("destruction-{position}.zip")),
    );
    Ok(response)
}
