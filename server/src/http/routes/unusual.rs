//! What is unusual among those who look and export, for officers and auditors.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::chat::Refusal;
use crate::http::App;
use crate::http::error::extract;
use crate::http::session::Session;
use crate::views::unusual::Unusual;

/// No clock on earth is further from UTC.
const AHEAD_MAX: i32 = 14 * 60;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct UnusualQuery {
    /// Minutes that the asker's clock is ahead of UTC.
    ahead: Option<i32>,
}

/// Many exports or looks on one day, and any of them at hours when the house sleeps.
#[utoipa::path(get, path = "/api/v1/ledger/unusual", params(UnusualQuery), responses((status = 200, body = Unusual)))]
pub async fn unusual(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Query(query): extract::Query<UnusualQuery>,
) -> Result<Json<Unusual>, Refusal> {
    let ahead = query.ahead.unwrap_or_default().clamp(-AHEAD_MAX, AHEAD_MAX);
    app.read(move |app| {
        let now_ms = app.views.state.read().latest(app.clock.now_ms());
        app.views.unusual(session.person, now_ms, ahead)
    })
    .await
    .map(Json)
}
