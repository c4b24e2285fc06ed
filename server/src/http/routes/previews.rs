//! What a link leads to, while somebody writes it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use migrations_free_store::Id;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::chat::Refusal;
use crate::chat::preview::LinkPreview;
use crate::http::App;
use crate::http::error::extract;
use crate::http::session::Session;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkIn {
    /// As it stands in the text.
    url: String,
}

#[derive(Serialize, ToSchema)]
pub struct LinkOut {
    /// What `send` names; null: there is nothing to show.
    #[schema(value_type = Option<String>)]
    id: Option<Id>,
    #[schema(value_type = Option<Object>)]
    preview: Option<LinkPreview>,
}

/// Reads a page and keeps its words for the message, for 15 minutes. Why nothing could be read is not told.
#[utoipa::path(post, path = "/api/v1/previews", request_body = LinkIn, responses((status = 200, body = LinkOut), (status = "4XX", body = crate::http::Failure)))]
pub async fn make(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Json(asked): extract::Json<LinkIn>,
) -> Result<Json<LinkOut>, Refusal> {
    let now_ms = app.clock.now_ms();
    app.rates.admit(session.device, now_ms)?;
    let made = app
        .previews
        .make(session.person, &asked.url, now_ms)
        .await?;
    let (id, preview) = made.unzip();
    Ok(Json(LinkOut { id, preview }))
}
