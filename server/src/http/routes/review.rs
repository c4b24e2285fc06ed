//! Reading for a matter: grants, counts, and what a grant reaches. Every look is on record before its answer leaves.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use migrations_free_store::{Id, Position};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::files::{DownloadQuery, place, send};
use super::governance::contents;
use crate::chat::Refusal;
use crate::chat::command::{Command, Door as Inner, Look};
use crate::chat::decide::preserve::clean_words;
use crate::chat::decide::review::reach;
use crate::chat::grant::{GrantEnd, GrantState, Reach};
use crate::chat::tag::Tag;
use crate::http::App;
use crate::http::error::extract;
use crate::http::session::Session;
use crate::views::granted::{GrantedHits, GrantedPage, HITS, PAGE_MESSAGES, Side, Sought, officer};
use crate::views::record::Mark;
use crate::views::tagged::Sieve;
use crate::views::tally::Tally;
use crate::views::timeline::day_text;

#[derive(Serialize, ToSchema)]
pub struct Grants {
    grants: Vec<Grant>,
}

#[derive(Serialize, ToSchema)]
struct Grant {
    #[schema(value_type = String)]
    id: Id,
    #[schema(value_type = String)]
    matter: Id,
    /// None of them: all.
    #[schema(value_type = Vec<String>)]
    channels: Vec<Id>,
    #[schema(value_type = Vec<String>)]
    people: Vec<Id>,
    from_day: Option<String>,
    to_day: Option<String>,
    days: u32,
    reason: String,
    #[schema(value_type = String)]
    by: Id,
    at: u64,
    #[schema(value_type = Option<String>)]
    decided_by: Option<Id>,
    #[schema(value_type = String)]
    state: GrantState,
    expires_at: Option<u64>,
    ended_at: Option<u64>,
    /// `given_back`, `expired`, `matter_closed` or `role_lost`.
    #[schema(value_type = Option<String>)]
    ended_why: Option<GrantEnd>,
}

/// All grants, newest first. For officers; whoever is looked at is told later, and of the channel alone.
#[utoipa::path(get, path = "/api/v1/grants", responses((status = 200, body = Grants)))]
pub async fn grants(
    State(app): State<Arc<App>>,
    session: Session,
) -> Result<Json<Grants>, Refusal> {
    app.read(move |app| {
        let (mut grants, requested): (Vec<Grant>, Vec<Position>) = {
            let state = app.views.state.read();
            officer(&state, session.person)?;
            let now_ms = state.latest(app.clock.now_ms());
            let each = state.grants.iter().map(|(id, grant)| {
                // What is over is shown so, also before the log says it.
                let mut grant = grant.clone();
                if grant.has_expired(now_ms) {
                    grant.end(grant.expires_at, GrantEnd::Expired);
                }
                let shown = Grant {
                    id: *id,
                    matter: grant.matter,
                    from_day: grant.from_day.map(day_text),
                    to_day: grant.to_day.map(day_text),
                    days: grant.days,
                    reason: String::new(),
                    by: grant.by,
                    at: grant.at,
                    decided_by: grant.decided_by,
                    state: grant.state,
                    expires_at: Some(grant.expires_at).filter(|at| *at > 0),
                    ended_at: grant.ended.map(|(at, _)| at),
                    ended_why: grant.ended.map(|(_, why)| why),
                    channels: grant.channels,
                    people: grant.people,
                };
                (shown, grant.requested)
            });
            each.unzip()
        };
        for (grant, content) in grants.iter_mut().zip(contents(&app.views, &requested)?) {
            grant.reason = content.reason.unwrap_or_default();
        }
        grants.sort_unstable_by_key(|grant| std::cmp::Reverse((grant.at, grant.id)));
        Ok(Json(Grants { grants }))
    })
    .await
}

/// Which messages are meant; an empty list means all, and times are whole UTC days.
#[derive(Deserialize, ToSchema, Default)]
#[serde(deny_unknown_fields, default)]
#[schema(as = Reach)]
pub struct Asked {
    #[schema(value_type = Vec<String>)]
    channels: Vec<Id>,
    #[schema(value_type = Vec<String>)]
    people: Vec<Id>,
    from: Option<u64>,
    to: Option<u64>,
    text: String,
    /// Of a count, instead of `text`: what one of these finds, as a hold by words does.
    words: Vec<String>,
    /// Of a search: only messages with an attachment.
    files: bool,
    /// Of a search: with all of these tags, with none of those; or without any tag.
    #[schema(value_type = Vec<String>)]
    tagged: Vec<Tag>,
    #[schema(value_type = Vec<String>)]
    not_tagged: Vec<Tag>,
    untagged: bool,
    limit: Option<usize>,
    cursor: Option<String>,
}

impl Asked {
    fn reach(&self, app: &App) -> Result<Reach, Refusal> {
        let state = app.views.state.read();
        reach(&state, &self.channels, &self.people, self.from, self.to)
    }
}

/// How many messages there are, for a matter and without a grant. Numbers alone.
#[utoipa::path(post, path = "/api/v1/matters/{id}/count", params(("id" = String, Path)), request_body = Asked, responses((status = 200, body = Tally)))]
pub async fn count(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path(matter): extract::Path<Id>,
    extract::Json(asked): extract::Json<Asked>,
) -> Result<Json<Tally>, Refusal> {
    app.rates.admit(session.device, app.clock.now_ms())?;
    let words = match asked.words.is_empty() {
        true => vec![asked.text.clone()],
        false => clean_words(&asked.words)?,
    };
    let sealed = words.join("\n");
    let (reach, mut tally) = app
        .read(move |app| {
            let state = &app.views.state;
            officer(&state.read(), session.person)?;
            let known = state.read().matters.contains_key(&matter);
            known.then_some(()).ok_or(Refusal::NotFound)?;
            let reach = asked.reach(app)?;
            let tally = app.views.tally(session.person, &reach, &words)?;
            Ok((reach, tally))
        })
        .await?;
    let look = Look::Counted {
        matter,
        reach,
        words: sealed,
    };
    tally.position = app.record(session, look).await?;
    Ok(Json(tally))
}

/// Messages that a grant reaches, newest first.
#[utoipa::path(post, path = "/api/v1/grants/{id}/search", params(("id" = String, Path)), request_body = Asked, responses((status = 200, body = GrantedHits)))]
pub async fn search(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path(grant): extract::Path<Id>,
    extract::Json(asked): extract::Json<Asked>,
) -> Result<Json<GrantedHits>, Refusal> {
    app.rates.admit(session.device, app.clock.now_ms())?;
    let words = asked.text.clone();
    let (reach, mut hits) = app
        .read(move |app| {
            let now_ms = app.clock.now_ms();
            let granted = app.views.granted(session.person, grant, now_ms)?;
            let within = asked.reach(app)?;
            let from = asked.cursor.as_deref().map(Mark::parse);
            let sought = Sought {
                words: asked.text,
                within: within.clone(),
                files: asked.files,
                sieve: Sieve {
                    tagged: asked.tagged,
                    not_tagged: asked.not_tagged,
                    untagged: asked.untagged,
                },
                from: match from {
                    Some(None) => return Err(Refusal::invalid("This is no cursor.")),
                    from => from.flatten(),
                },
                limit: asked.limit.unwrap_or(HITS),
            };
            Ok((within, granted.search(&sought)?))
        })
        .await?;
    let look = Look::Searched {
        grant,
        reach,
        words,
        channels: hits.seen(),
        shown: hits.hits.len() as u64,
    };
    hits.position = app.record(session, look).await?;
    Ok(Json(hits))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct SideQuery {
    before: Option<u64>,
    after: Option<u64>,
    around: Option<u64>,
    limit: Option<usize>,
}

/// A page of a channel as far as a grant reaches, oldest first.
#[utoipa::path(get, path = "/api/v1/grants/{id}/channels/{c}", params(("id" = String, Path), ("c" = String, Path), SideQuery), responses((status = 200, body = GrantedPage)))]
pub async fn page(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path((grant, c)): extract::Path<(Id, Id)>,
    extract::Query(query): extract::Query<SideQuery>,
) -> Result<Json<GrantedPage>, Refusal> {
    app.rates.admit(session.device, app.clock.now_ms())?;
    let side = match (query.before, query.after, query.around) {
        (None, None, None) => Side::Newest,
        (Some(q), None, None) => Side::Before(q),
        (None, Some(q), None) => Side::After(q),
        (None, None, Some(q)) => Side::Around(q),
        _ => {
            return Err(Refusal::BadRequest(
                "At most one of before, after and around.".into(),
            ));
        }
    };
    let mut page = app
        .read(move |app| {
            let now_ms = app.clock.now_ms();
            let granted = app.views.granted(session.person, grant, now_ms)?;
            granted.page(c, side, query.limit.unwrap_or(PAGE_MESSAGES))
        })
        .await?;
    let look = Look::Read {
        grant,
        channels: vec![c],
        ranges: page.ranges(),
    };
    page.position = app.record(session, look).await?;
    Ok(Json(page))
}

/// A file of a message that a grant reaches, named as its message names it.
#[utoipa::path(get, path = "/api/v1/grants/{id}/files/{file}", params(("id" = String, Path), ("file" = String, Path), DownloadQuery), responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
pub async fn file(
    State(app): State<Arc<App>>,
    session: Session,
    headers: HeaderMap,
    extract::Path((grant, name)): extract::Path<(Id, String)>,
    extract::Query(query): extract::Query<DownloadQuery>,
) -> Result<Response, Refusal> {
    let (c, q, id) = place(&name).ok_or(Refusal::NotFound)?;
    let fact = app
        .read(move |app| {
            let now_ms = app.clock.now_ms();
            let granted = app.views.granted(session.person, grant, now_ms)?;
            granted.file(c, q, id)
        })
        .await?;
    let look = Look::Opened {
        grant,
        channels: vec![c],
        of: q,
        file: id,
    };
    app.record(session, look).await?;
    send(&app, &fact, &query, &headers).await
}

#[derive(Serialize, ToSchema)]
pub struct LooksSeen {
    looks: Vec<LookSeen>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct LookSeen {
    #[schema(value_type = String)]
    c: Id,
    day: String,
    /// How often on that day.
    n: u32,
    /// `matter`: read for a legal matter; `export`: a bundle was taken out.
    how: &'static str,
    /// Since when this is told.
    told_at: u64,
}

/// That officers opened content of one's channels: told when the matter is closed, or a year after.
#[utoipa::path(get, path = "/api/v1/looks", responses((status = 200, body = LooksSeen)))]
pub async fn looks(
    State(app): State<Arc<App>>,
    session: Session,
) -> Result<Json<LooksSeen>, Refusal> {
    let state = app.views.state.read();
    let now_ms = state.latest(app.clock.now_ms());
    let looks = looks_told(&state, session.person, now_ms);
    Ok(Json(LooksSeen { looks }))
}

/// What may be told of looks by then, newest day first.
pub(super) fn looks_told(state: &crate::chat::State, person: Id, now_ms: u64) -> Vec<LookSeen> {
    let mut looks = Vec::new();
    for (c, _) in state.channels_of(person) {
        for seen in state.looks.get(&c).into_iter().flatten() {
            let matter = seen.matter.and_then(|m| state.matters.get(&m));
            let told_at = seen.told_at(matter.and_then(|m| m.closed_at));
            if told_at <= now_ms {
                looks.push(LookSeen {
                    c,
                    day: day_text(seen.day),
                    n: seen.n,
                    how: if seen.matter.is_some() {
                        "matter"
                    } else {
                        "export"
                    },
                    told_at,
                });
            }
        }
    }
    looks.sort_unstable_by(|a, b| b.day.cmp(&a.day).then(a.c.cmp(&b.c)));
    looks
}

impl App {
    /// Durable when this returns: only then may anything leave. The door asks again whether it is allowed.
    pub(super) async fn record(&self, session: Session, look: Look) -> Result<Position, Refusal> {
        let command = Command::Door(Inner::Look(look));
        let ack = self.door.submit(session.actor(), command, None).await?;
        ack.position.ok_or(Refusal::Unavailable)
    }
}
