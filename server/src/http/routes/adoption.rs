//! How the house is used, as sums, for administrators. Never a name of a person, never a word.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::admin::one_of;
use crate::chat::Refusal;
use crate::chat::command::Role;
use crate::http::App;
use crate::http::session::Session;
use crate::views::adoption::{Adoption, adoption};

/// People and announcements by community; of few people nothing.
#[utoipa::path(get, path = "/api/v1/admin/adoption", responses((status = 200, body = Adoption)))]
pub async fn sums(
    State(app): State<Arc<App>>,
    session: Session,
) -> Result<Json<Adoption>, Refusal> {
    let state = app.views.state.read();
    one_of(&state, session, &[Role::Admin])?;
    let now_ms = state.latest(app.clock.now_ms());
    Ok(Json(adoption(&state, now_ms)))
}
