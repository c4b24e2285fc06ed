//! What a matter has tagged, in numbers: for officers, and without a grant. Never a message.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use migrations_free_store::Id;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::chat::Refusal;
use crate::chat::tag::{Tag, WORDS_MAX};
use crate::http::App;
use crate::http::error::extract;
use crate::http::session::Session;
use crate::views::granted::officer;
use crate::views::tagged::{ChosenChannels, Tagged};

/// The tags of a matter, and how many messages have each.
#[utoipa::path(get, path = "/api/v1/matters/{id}/tags", params(("id" = String, Path)), responses((status = 200, body = Tagged)))]
pub async fn tags(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path(matter): extract::Path<Id>,
) -> Result<Json<Tagged>, Refusal> {
    app.read(move |app| {
        officer(&app.views.state.read(), session.person)?;
        app.views.tagged(matter).map(Json)
    })
    .await
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ChosenQuery {
    /// Tags between commas: a message has all of these, and none of those.
    tagged: String,
    #[serde(default)]
    not_tagged: String,
}

/// How many messages are tagged so, by channel: what an export of them would ask for.
#[utoipa::path(get, path = "/api/v1/matters/{id}/tagged", params(("id" = String, Path), ChosenQuery), responses((status = 200, body = ChosenChannels)))]
pub async fn chosen(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path(matter): extract::Path<Id>,
    extract::Query(query): extract::Query<ChosenQuery>,
) -> Result<Json<ChosenChannels>, Refusal> {
    app.read(move |app| {
        officer(&app.views.state.read(), session.person)?;
        let (tagged, not_tagged) = (list(&query.tagged)?, list(&query.not_tagged)?);
        app.views.chosen(matter, &tagged, &not_tagged).map(Json)
    })
    .await
}

fn list(text: &str) -> Result<Vec<Tag>, Refusal> {
    /// Those that every matter has, beside its own.
    const FIXED: usize = 4;
    let each = text.split(',').filter(|tag| !tag.is_empty());
    let tags = each.take(FIXED + WORDS_MAX + 1).map(str::parse);
    let tags: Result<Vec<Tag>, _> = tags.collect();
    tags.map_err(Refusal::invalid)
        .and_then(|tags| match tags.len() > FIXED + WORDS_MAX {
            true => Err(Refusal::invalid("These are more tags than there are.")),
            false => Ok(tags),
        })
}
