//! The record for strangers: checkpoint, tiles and proofs, as C2SP tlog-tiles and tlog-proof have them.
//!
//! Never an event: a tile is hashes of salted hashes. There are no entry bundles, for entries are sealed and are forgotten.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use migrations_free_store::Error;
use sha2::{Digest, Sha256};

use super::admin::one_of;
use super::files::put;
use super::health::signed_at;
use crate::chat::{Refusal, Role};
use crate::http::App;
use crate::http::error::extract;
use crate::http::session::Session;
use crate::identity::secret::same;
use crate::views::unavailable;
use crate::witness::status::Status;

const FULL: u16 = 256;

/// Who may check the record: an auditor, officer or admin who is signed in, or a tool with the auditors' token.
pub struct Checker;

impl FromRequestParts<Arc<App>> for Checker {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        if let Some(token) = bearer(&parts.headers) {
            let expected = app.config.auditors.token_hash();
            let given: [u8; 32] = Sha256::digest(token).into();
            return match expected.is_some_and(|expected| same(&given, &expected)) {
                true => Ok(Checker),
                false => Err(Refusal::NotSignedIn),
            };
        }
        let session = Session::of(app, &parts.headers)?;
        one_of(
            &app.views.state.read(),
            session,
            &[Role::Auditor, Role::Officer, Role::Admin],
        )?;
        Ok(Checker)
    }
}

/// Other schemes are passed over: a proxy in front may have its own.
pub fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let given = headers.get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, token) = given.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token)
}

/// The newest signed checkpoint, with the cosignatures there are on it.
#[utoipa::path(get, path = "/checkpoint", responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn checkpoint(State(app): State<Arc<App>>, _: Checker) -> Result<Response, Refusal> {
    newest(&app)
}

/// The same, at the prefix where the tiles are: tools are given `<address>/tiles`.
#[utoipa::path(get, path = "/tiles/checkpoint", responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn tiles_checkpoint(
    State(app): State<Arc<App>>,
    _: Checker,
) -> Result<Response, Refusal> {
    newest(&app)
}

fn newest(app: &App) -> Result<Response, Refusal> {
    let note = app
        .outside
        .with_cosignatures(&app.views.store.checkpoint().note);
    Ok(text(note))
}

/// A tile of the tree: `<L>/<N>` or `<L>/<N>.p/<W>`.
#[utoipa::path(get, path = "/tiles/tile/{*path}", params(("path" = String, Path)), responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
pub async fn tile(
    State(app): State<Arc<App>>,
    _: Checker,
    extract::Path(path): extract::Path<String>,
) -> Result<Response, Refusal> {
    let (level, index, width) = tile_of(&path).ok_or(Refusal::NotFound)?;
    app.read(move |app| {
        let store = &app.views.store;
        // Only what was signed is shown: a partial tile is of a checkpoint's size.
        let signed = store.checkpoint().size.checked_shr(8 * u32::from(level));
        let end = index
            .checked_mul(u64::from(FULL))
            .and_then(|from| from.checked_add(u64::from(width)))
            .ok_or(Refusal::NotFound)?;
        if signed.is_none_or(|signed| end > signed) {
            return Err(Refusal::NotFound);
        }
        let bytes = store.tile(level, index, width).map_err(not_proved)?;
        let mut response = bytes.into_response();
        let set = response.headers_mut();
        put(set, header::CONTENT_TYPE, "application/octet-stream");
        // A tile never changes. `private`: it was given to one who may check.
        put(
            set,
            header::CACHE_CONTROL,
            "private, max-age=31536000, immutable",
        );
        Ok(response)
    })
    .await
}

/// `x001/x234/067` and the like, exactly as it is written by whoever asks for the tile by its number.
fn tile_of(path: &str) -> Option<(u8, u64, u16)> {
    let (level, rest) = path.split_once('/')?;
    let level: u8 = level.parse().ok()?;
    let (groups, width) = match rest.split_once(".p/") {
        Some((groups, width)) => (groups, width.parse().ok().filter(|width| *width < FULL)?),
        None => (rest, FULL),
    };
    let digits: String = groups.chars().filter(char::is_ascii_digit).collect();
    let index: u64 = digits.parse().ok()?;
    // One path a tile: what would be written otherwise is not found.
    let is_exact =
        format!("tile/{path}") == migrations_free_store::verify::tile_path(level, index, width);
    is_exact.then_some((level, index, width))
}

/// The proof that the event at a position is in the log, as a C2SP tlog-proof file.
#[utoipa::path(get, path = "/api/v1/log/{position}/proof", params(("position" = u64, Path)), responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn proof(
    State(app): State<Arc<App>>,
    _: Checker,
    extract::Path(position): extract::Path<u64>,
) -> Result<Response, Refusal> {
    app.read(move |app| {
        let proof = app
            .outside
            .proof(&app.views.store, position)
            .map_err(not_proved)?;
        let mut response = text(proof.to_text());
        put(
            response.headers_mut(),
            header::CONTENT_DISPOSITION,
            &format!("attachment; filename=\"event-{position}.tlog-proof\""),
        );
        Ok(response)
    })
    .await
}

/// How long the log is, when it was signed, and who outside has seen it.
#[utoipa::path(get, path = "/api/v1/log/status", responses((status = 200, body = Status)))]
pub async fn status(State(app): State<Arc<App>>, _: Checker) -> Result<Json<Status>, Refusal> {
    let signed = app.views.store.checkpoint();
    Ok(Json(Status::new(
        &signed,
        signed_at(&app.config.data),
        &app.outside,
        app.clock.now_ms(),
    )))
}

fn text(body: String) -> Response {
    let mut response = body.into_response();
    let set = response.headers_mut();
    put(set, header::CONTENT_TYPE, "text/plain; charset=utf-8");
    put(set, header::CACHE_CONTROL, "no-store");
    response
}

fn not_proved(error: Error) -> Refusal {
    match error {
        Error::NotFound | Error::Refused { .. } => Refusal::NotFound,
        error => unavailable(error),
    }
}
