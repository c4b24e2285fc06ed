//! Supervision, for officers: its rules with their figures, the queue, and a message of it, which is on record before
//! it is answered.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use migrations_free_store::{Id, Position};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::governance::contents;
use crate::chat::Refusal;
use crate::chat::command::Look;
use crate::chat::supervision::Action;
use crate::http::App;
use crate::http::error::extract;
use crate::http::session::Session;
use crate::views::granted::officer;
use crate::views::record::Found;
use crate::views::supervised::{Figures, ITEMS, Queue, backlog};

#[derive(Serialize, ToSchema)]
pub struct Supervision {
    /// Newest first.
    rules: Vec<Rule>,
    /// What waits for oneself, and since when the oldest of it does.
    open: usize,
    oldest_at: Option<u64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WatchRule)]
struct Rule {
    #[schema(value_type = String)]
    id: Id,
    name: String,
    #[schema(value_type = String)]
    action: Action,
    notice: String,
    words: Vec<String>,
    patterns: Vec<String>,
    /// None: everywhere.
    #[schema(value_type = Vec<String>)]
    channels: Vec<Id>,
    /// Of a thousand messages that it does not match.
    sample: u16,
    /// `waiting`, `standing` or `removed`.
    state: &'static str,
    #[schema(value_type = String)]
    by: Id,
    at: u64,
    #[schema(value_type = Option<String>)]
    approved_by: Option<Id>,
    approved_at: Option<u64>,
    #[schema(value_type = Option<String>)]
    removed_by: Option<Id>,
    removed_at: Option<u64>,
    matched: Figures,
    sampled: Figures,
}

/// The rules and what became of what they took; the secret that samples are drawn by is told to nobody.
#[utoipa::path(get, path = "/api/v1/supervision", responses((status = 200, body = Supervision)))]
pub async fn rules(
    State(app): State<Arc<App>>,
    session: Session,
) -> Result<Json<Supervision>, Refusal> {
    let state = app.views.state.read();
    officer(&state, session.person)?;
    let each = state.supervision.rules.iter().map(|(id, rule)| Rule {
        id: *id,
        name: rule.words.name.clone(),
        action: rule.action,
        notice: rule.words.notice.clone(),
        words: rule.words.words.clone(),
        patterns: rule.words.patterns.clone(),
        channels: rule.channels.clone(),
        sample: rule.sample,
        state: match (rule.approved, rule.removed) {
            (_, Some(_)) => "removed",
            (Some(_), None) => "standing",
            (None, None) => "waiting",
        },
        by: rule.by,
        at: rule.at,
        approved_by: rule.approved.map(|(by, _)| by),
        approved_at: rule.approved.map(|(_, at)| at),
        removed_by: rule.removed.map(|(by, _)| by),
        removed_at: rule.removed.map(|(_, at)| at),
        matched: Figures::of(&rule.matched),
        sampled: Figures::of(&rule.sampled),
    });
    let mut rules: Vec<Rule> = each.collect();
    rules.sort_unstable_by_key(|rule| std::cmp::Reverse((rule.at, rule.id)));
    let (open, oldest_at) = backlog(&state, session.person);
    Ok(Json(Supervision {
        rules,
        open,
        oldest_at,
    }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct QueueQuery {
    #[serde(default)]
    after: Position,
    limit: Option<usize>,
}

/// What waits to be reviewed, oldest first, without what it says.
#[utoipa::path(get, path = "/api/v1/supervision/queue", params(QueueQuery), responses((status = 200, body = Queue)))]
pub async fn queue(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Query(query): extract::Query<QueueQuery>,
) -> Result<Json<Queue>, Refusal> {
    app.read(move |app| {
        let limit = query.limit.unwrap_or(ITEMS);
        let (mut queue, notes) = app.views.supervised(session.person, query.after, limit)?;
        let positions: Vec<Position> = notes.iter().map(|(_, noted)| *noted).collect();
        for ((at, _), content) in notes.iter().zip(contents(&app.views, &positions)?) {
            let item = queue.items.get_mut(*at);
            if let Some(followed) = item.and_then(|item| item.followed.as_mut()) {
                followed.note = content.note.unwrap_or_default();
            }
        }
        Ok(Json(queue))
    })
    .await
}

#[derive(Serialize, ToSchema)]
#[schema(as = TakenShown)]
pub struct Shown {
    message: Found,
    /// Where this look stands in the log.
    position: Position,
}

/// A message of the queue.
#[utoipa::path(get, path = "/api/v1/supervision/queue/{item}", params(("item" = u64, Path)), responses((status = 200, body = Shown)))]
pub async fn one(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path(item): extract::Path<Position>,
) -> Result<Json<Shown>, Refusal> {
    app.rates.admit(session.device, app.clock.now_ms())?;
    let message = app
        .read(move |app| app.views.supervised_one(session.person, item))
        .await?;
    let position = app.record(session, Look::Supervised { item }).await?;
    Ok(Json(Shown { message, position }))
}
