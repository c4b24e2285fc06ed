//! The log's proofs and the ledger: for those who check.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use migrations_free_store::{Error, Id};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::admin::one_of;
use super::health::signed_at;
use crate::chat::{Refusal, Role};
use crate::http::App;
use crate::http::error::extract;
use crate::http::session::Session;
use crate::views::ledger::{ENTRIES_MAX, Filter, Ledger};
use crate::views::unavailable;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct LedgerQuery {
    before: Option<u64>,
    /// A name or its beginning, as `export.`
    act: Option<String>,
    #[param(value_type = Option<String>)]
    actor: Option<Id>,
    limit: Option<usize>,
}

/// The ledger, newest first, as the asker's role may see it.
#[utoipa::path(get, path = "/api/v1/ledger", params(LedgerQuery), responses((status = 200, body = Ledger)))]
pub async fn ledger(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Query(query): extract::Query<LedgerQuery>,
) -> Result<Json<Ledger>, Refusal> {
    let filter = Filter {
        before: query.before,
        act: query.act,
        actor: query.actor,
        limit: query.limit.unwrap_or(ENTRIES_MAX / 2),
    };
    app.read(move |app| app.views.ledger(session.person, &filter))
        .await
        .map(Json)
}

#[derive(Serialize, ToSchema)]
pub struct Checkpoint {
    /// The C2SP signed note.
    note: String,
    size: u64,
    root: String,
    at: Option<u64>,
    /// The verifier key that opens the note.
    key: String,
}

/// The newest signed size and root of the log.
#[utoipa::path(get, path = "/api/v1/log/checkpoint", responses((status = 200, body = Checkpoint)))]
pub async fn checkpoint(
    State(app): State<Arc<App>>,
    session: Session,
) -> Result<Json<Checkpoint>, Refusal> {
    one_of(
        &app.views.state.read(),
        session,
        &[Role::Auditor, Role::Officer, Role::Admin],
    )?;
    let signed = app.views.store.checkpoint();
    Ok(Json(Checkpoint {
        note: signed.note,
        size: signed.size,
        root: STANDARD.encode(signed.root),
        at: signed_at(&app.config.data),
        key: app.views.store.verifier_key(),
    }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyQuery {
    old: u64,
    new: u64,
}

#[derive(Serialize, ToSchema)]
pub struct Proof {
    #[serde(skip_serializing_if = "Option::is_none")]
    leaf: Option<String>,
    proof: Vec<String>,
}

/// That the log of size `new` only adds to the log of size `old` (RFC 6962).
#[utoipa::path(get, path = "/api/v1/log/consistency", params(ConsistencyQuery), responses((status = 200, body = Proof)))]
pub async fn consistency(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Query(query): extract::Query<ConsistencyQuery>,
) -> Result<Json<Proof>, Refusal> {
    one_of(
        &app.views.state.read(),
        session,
        &[Role::Auditor, Role::Officer],
    )?;
    if query.old > query.new || query.new > app.views.store.size() {
        return Err(Refusal::invalid("Sizes rise and lie within the log."));
    }
    app.read(move |app| {
        let proof = app
            .views
            .store
            .consistency(query.old, query.new)
            .map_err(proof_error)?;
        Ok(Json(Proof {
            leaf: None,
            proof: proof.iter().map(|h| STANDARD.encode(h)).collect(),
        }))
    })
    .await
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct InclusionQuery {
    position: u64,
    size: u64,
}

/// That the event at `position` is in the log of size `size`.
#[utoipa::path(get, path = "/api/v1/log/inclusion", params(InclusionQuery), responses((status = 200, body = Proof)))]
pub async fn inclusion(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Query(query): extract::Query<InclusionQuery>,
) -> Result<Json<Proof>, Refusal> {
    one_of(
        &app.views.state.read(),
        session,
        &[Role::Auditor, Role::Officer],
    )?;
    if query.position >= query.size || query.size > app.views.store.size() {
        return Err(Refusal::invalid(
            "The position lies below the size, and the size within the log.",
        ));
    }
    app.read(move |app| {
        let leaf = app
            .views
            .store
            .read(query.position)
            .map_err(proof_error)?
            .leaf;
        let proof = app
            .views
            .store
            .inclusion(query.position, query.size)
            .map_err(proof_error)?;
        Ok(Json(Proof {
            leaf: Some(STANDARD.encode(leaf)),
            proof: proof.iter().map(|h| STANDARD.encode(h)).collect(),
        }))
    })
    .await
}

fn proof_error(error: Error) -> Refusal {
    match error {
        Error::NotFound | Error::Refused { .. } => Refusal::NotFound,
        error => unavailable(error),
    }
}
