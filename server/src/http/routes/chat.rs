//! Talking and reading: what a member's client needs.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use migrations_free_store::Id;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::chat::Refusal;
use crate::http::error::extract;
use crate::http::routes::push::Quiet;
use crate::http::session::Session;
use crate::http::socket::{self, LIMITS, Limits};
use crate::http::wire::{AckOut, Wire, payload};
use crate::http::{App, BODY_BYTES_MAX};
use crate::views::communities::{Asked, Asking, Community};
use crate::views::confirmations::{Confirmations, Pins};
use crate::views::media::{Holding, MEDIA, Media};
use crate::views::resume::Missed;
use crate::views::saved::{SAVED_ITEMS, Saved};
use crate::views::scheduled::{Waiting, WaitingItem};
use crate::views::search::{HITS, Hits, Question};
use crate::views::seen::{Channel, Person, Workspace};
use crate::views::timeline::{PAGE_ITEMS, Page, Receipts, Version, Window};

#[derive(Serialize, ToSchema)]
pub struct Bootstrap {
    me: Person,
    handle: String,
    #[schema(value_type = String)]
    device: Id,
    workspace: Workspace,
    people: Vec<Person>,
    channels: Vec<Channel>,
    /// The channels that one asks to be let in to.
    asked: Vec<Asked>,
    /// When one is told of nothing.
    quiet: Option<Quiet>,
    /// What waits to be sent, without its words.
    scheduled: Vec<WaitingItem>,
    cur: String,
    now: u64,
    /// Links can be previewed.
    previews: bool,
    limits: Limits,
}

/// Everything a fresh client needs to show its first screen.
#[utoipa::path(get, path = "/api/v1/bootstrap", responses((status = 200, body = Bootstrap)))]
pub async fn bootstrap(
    State(app): State<Arc<App>>,
    session: Session,
) -> Result<Json<Bootstrap>, Refusal> {
    app.read(move |app| {
        let views = &app.views;
        // The position first, then the data: what comes in between is told twice, never missed.
        let cur = views.cursors.seal(views.position());
        let seen = views.seen_by(session.person);
        let (channels, asked) = (seen.channels(), seen.asked());
        let scheduled = seen.waiting();
        let state = views.state.read();
        let mut people: Vec<Person> = state
            .people
            .iter()
            .filter(|(id, _)| state.may_know(session.person, **id))
            .map(|(id, p)| Person::of(*id, p))
            .collect();
        people.sort_unstable_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
        let me = state
            .people
            .get(&session.person)
            .map(|p| Person::of(session.person, p))
            .ok_or(Refusal::NotSignedIn)?;
        let quiet = state.people.get(&session.person).and_then(Quiet::of);
        Ok(Json(Bootstrap {
            quiet,
            scheduled,
            handle: me.handle.clone(),
            me,
            device: session.device,
            workspace: Workspace::of(&state),
            people,
            channels,
            asked,
            cur,
            now: app.clock.now_ms(),
            previews: app.previews.are_on(),
            limits: LIMITS,
        }))
    })
    .await
}

/// A command, as on the socket: `t`, `id` and its fields. See docs/PROTOCOL.md.
#[utoipa::path(post, path = "/api/v1/commands", request_body = serde_json::Value, responses((status = 200, body = serde_json::Value), (status = "4XX", body = crate::http::Failure)))]
pub async fn command(
    State(app): State<Arc<App>>,
    session: Session,
    headers: axum::http::HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.starts_with("application/json"));
    if !is_json {
        return Err(Refusal::BadRequest("Send application/json.".into()));
    }
    app.rates.admit(session.device, app.clock.now_ms())?;
    let body = axum::body::to_bytes(body, BODY_BYTES_MAX)
        .await
        .map_err(|_| Refusal::TooLarge {
            limit: BODY_BYTES_MAX as u64,
        })?;
    let (id, command) = socket::parse(&body)?;
    let brought = app.brought(session.person, &command).await?;
    let ack = app
        .door
        .submit_with(session.actor(), command, Some(id), brought)
        .await?;
    let out = AckOut {
        t: Some("ack"),
        id: Some(id),
        ..AckOut::of(&ack, &app.links)
    };
    Ok(Json(out).into_response())
}

#[utoipa::path(get, path = "/api/v1/channels/{c}", params(("c" = String, Path)), responses((status = 200, body = Channel)))]
pub async fn channel(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path(c): extract::Path<Id>,
) -> Result<Json<Channel>, Refusal> {
    app.read(move |app| app.views.seen_by(session.person).channel(c))
        .await
        .map(Json)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    before: Option<u64>,
    after: Option<u64>,
    around: Option<u64>,
    /// A time: around the first one that was written then or later.
    at: Option<u64>,
    limit: Option<usize>,
}

/// A page of the main timeline, oldest first.
#[utoipa::path(get, path = "/api/v1/channels/{c}/messages", params(("c" = String, Path), PageQuery), responses((status = 200, body = Page)))]
pub async fn messages(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path(c): extract::Path<Id>,
    extract::Query(query): extract::Query<PageQuery>,
) -> Result<Json<Page>, Refusal> {
    let window = match (query.before, query.after, query.around, query.at) {
        (None, None, None, None) => Window::Newest,
        (Some(q), None, None, None) => Window::Before(q),
        (None, Some(q), None, None) => Window::After(q),
        (None, None, Some(q), None) => Window::Around(q),
        (None, None, None, Some(ms)) => Window::At(ms),
        _ => {
            return Err(Refusal::BadRequest(
                "At most one of before, after, around and at.".into(),
            ));
        }
    };
    app.read(move |app| {
        app.views
            .seen_by(session.person)
            .page(c, window, query.limit.unwrap_or(PAGE_ITEMS))
    })
    .await
    .map(Json)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ThreadQuery {
    after: Option<u64>,
    limit: Option<usize>,
}

/// A thread: its root, then the replies.
#[utoipa::path(get, path = "/api/v1/channels/{c}/thread/{q}", params(("c" = String, Path), ("q" = u64, Path), ThreadQuery), responses((status = 200, body = Page)))]
pub async fn thread(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path((c, q)): extract::Path<(Id, u64)>,
    extract::Query(query): extract::Query<ThreadQuery>,
) -> Result<Json<Page>, Refusal> {
    app.read(move |app| {
        app.views.seen_by(session.person).thread(
            c,
            q,
            query.after.unwrap_or(0),
            query.limit.unwrap_or(PAGE_ITEMS),
        )
    })
    .await
    .map(Json)
}

#[derive(Serialize, ToSchema)]
pub struct History {
    versions: Vec<Version>,
}

/// Earlier texts of an edited message.
#[utoipa::path(get, path = "/api/v1/channels/{c}/messages/{q}/history", params(("c" = String, Path), ("q" = u64, Path)), responses((status = 200, body = History)))]
pub async fn history(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path((c, q)): extract::Path<(Id, u64)>,
) -> Result<Json<History>, Refusal> {
    app.read(move |app| app.views.seen_by(session.person).history(c, q))
        .await
        .map(|versions| Json(History { versions }))
}

/// Who has one's own message.
#[utoipa::path(get, path = "/api/v1/channels/{c}/messages/{q}/receipts", params(("c" = String, Path), ("q" = u64, Path)), responses((status = 200, body = Receipts)))]
pub async fn receipts(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path((c, q)): extract::Path<(Id, u64)>,
) -> Result<Json<Receipts>, Refusal> {
    app.read(move |app| app.views.seen_by(session.person).receipts(c, q))
        .await
        .map(Json)
}

/// Who has confirmed a message, who has only seen it, and who has not: for its author and the channel's owners.
#[utoipa::path(get, path = "/api/v1/channels/{c}/messages/{q}/confirmations", params(("c" = String, Path), ("q" = u64, Path)), responses((status = 200, body = Confirmations)))]
pub async fn confirmations(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path((c, q)): extract::Path<(Id, u64)>,
) -> Result<Json<Confirmations>, Refusal> {
    app.read(move |app| app.views.seen_by(session.person).confirmations(c, q))
        .await
        .map(Json)
}

/// What the channel keeps at hand.
#[utoipa::path(get, path = "/api/v1/channels/{c}/pins", params(("c" = String, Path)), responses((status = 200, body = Pins)))]
pub async fn pins(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path(c): extract::Path<Id>,
) -> Result<Json<Pins>, Refusal> {
    app.read(move |app| app.views.seen_by(session.person).pins(c))
        .await
        .map(Json)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct MediaQuery {
    #[param(inline)]
    has: Holding,
    before: Option<u64>,
    limit: Option<usize>,
}

/// The channel's messages with pictures, files or links, newest first.
#[utoipa::path(get, path = "/api/v1/channels/{c}/media", params(("c" = String, Path), MediaQuery), responses((status = 200, body = Media)))]
pub async fn media(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path(c): extract::Path<Id>,
    extract::Query(query): extract::Query<MediaQuery>,
) -> Result<Json<Media>, Refusal> {
    app.read(move |app| {
        let limit = query.limit.unwrap_or(MEDIA);
        app.views
            .seen_by(session.person)
            .media(c, query.has, query.before, limit)
    })
    .await
    .map(Json)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct SearchQuery {
    #[serde(default)]
    text: String,
    #[param(value_type = Option<String>)]
    c: Option<Id>,
    #[param(value_type = Option<String>)]
    from: Option<Id>,
    /// Only messages with some.
    #[param(inline)]
    has: Option<Holding>,
    before: Option<u64>,
    after: Option<u64>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// The channels of a community, to who is in it.
#[utoipa::path(get, path = "/api/v1/channels/{c}/community", params(("c" = String, Path)), responses((status = 200, body = Community)))]
pub async fn community(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path(c): extract::Path<Id>,
) -> Result<Json<Community>, Refusal> {
    app.read(move |app| app.views.seen_by(session.person).community(c))
        .await
        .map(Json)
}

/// Who asks to be let in to a channel, to its owners.
#[utoipa::path(get, path = "/api/v1/channels/{c}/asking", params(("c" = String, Path)), responses((status = 200, body = Asking)))]
pub async fn asking(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path(c): extract::Path<Id>,
) -> Result<Json<Asking>, Refusal> {
    app.read(move |app| app.views.seen_by(session.person).asking(c))
        .await
        .map(Json)
}

/// Search in one's own channels, newest first.
#[utoipa::path(get, path = "/api/v1/search", params(SearchQuery), responses((status = 200, body = Hits)))]
pub async fn search(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Query(query): extract::Query<SearchQuery>,
) -> Result<Json<Hits>, Refusal> {
    app.rates.admit(session.device, app.clock.now_ms())?;
    let question = Question {
        text: query.text,
        channel: query.c,
        from: query.from,
        has: query.has,
        before: query.before,
        after: query.after,
        limit: query.limit.unwrap_or(HITS),
        cursor: query.cursor,
    };
    app.read(move |app| app.views.seen_by(session.person).search(&question))
        .await
        .map(Json)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct SavedQuery {
    cursor: Option<String>,
    limit: Option<usize>,
}

/// What one keeps at hand, newest first.
#[utoipa::path(get, path = "/api/v1/saved", params(SavedQuery), responses((status = 200, body = Saved)))]
pub async fn saved(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Query(query): extract::Query<SavedQuery>,
) -> Result<Json<Saved>, Refusal> {
    app.read(move |app| {
        let limit = query.limit.unwrap_or(SAVED_ITEMS);
        app.views
            .seen_by(session.person)
            .saved(query.cursor.as_deref(), limit)
    })
    .await
    .map(Json)
}

/// What waits to be sent, soonest first, and what could not be sent.
#[utoipa::path(get, path = "/api/v1/scheduled", responses((status = 200, body = Waiting)))]
pub async fn scheduled(
    State(app): State<Arc<App>>,
    session: Session,
) -> Result<Json<Waiting>, Refusal> {
    app.read(move |app| app.views.seen_by(session.person).scheduled())
        .await
        .map(Json)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct SyncQuery {
    cur: String,
    wait: Option<u64>,
}

/// Longest wait for news, in seconds: under the time most proxies allow.
const WAIT_SECONDS_MAX: u64 = 25;

/// What the socket would have sent since `cur`; for catching up, and where sockets do not get through.
#[utoipa::path(get, path = "/api/v1/sync", params(SyncQuery), responses((status = 200, body = serde_json::Value)))]
pub async fn sync(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Query(query): extract::Query<SyncQuery>,
) -> Result<Response, Refusal> {
    let until = tokio::time::Instant::now()
        + Duration::from_secs(query.wait.unwrap_or(0).min(WAIT_SECONDS_MAX));
    let mut news = app.news.clone();
    let Some(mut from) = app.views.cursors.open(&query.cur) else {
        return Ok(synced(&[], &query.cur, true));
    };
    loop {
        let size = *news.borrow_and_update();
        let missed = app
            .read(move |app| {
                let mut encode = Wire {
                    views: Arc::clone(&app.views),
                };
                app.views
                    .missed(session.person, from, size, app.clock.now_ms(), &mut encode)
            })
            .await?;
        match missed {
            Missed::Reset => return Ok(synced(&[], &app.views.cursors.seal(size), true)),
            Missed::Frames { frames, upto } if !frames.is_empty() => {
                return Ok(synced(&frames, &app.views.cursors.seal(upto), false));
            }
            Missed::Frames { upto, .. } => from = upto,
        }
        let waited = tokio::time::timeout_at(until, news.changed()).await;
        // A session may have ended while waiting.
        if !app
            .views
            .state
            .read()
            .device_is_live(session.device, session.person)
        {
            return Err(Refusal::NotSignedIn);
        }
        if !matches!(waited, Ok(Ok(()))) {
            return Ok(synced(&[], &app.views.cursors.seal(from), false));
        }
    }
}

/// Frames are already JSON: put together, not encoded again.
fn synced(frames: &[bytes::Bytes], cur: &str, reset: bool) -> Response {
    let mut body = b"{\"frames\":[".to_vec();
    for (index, frame) in frames.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        body.extend_from_slice(payload(frame));
    }
    body.extend_from_slice(
        format!(
            "],\"cur\":{},\"reset\":{reset}}}",
            serde_json::Value::from(cur)
        )
        .as_bytes(),
    );
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

impl App {
    /// Reads on a thread that may wait for the disk.
    pub(in crate::http) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        look: impl FnOnce(&App) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let (app, request) = (Arc::clone(self), tracing::Span::current());
        tokio::task::spawn_blocking(move || request.in_scope(|| look(&app)))
            .await
            .map_err(|_| Refusal::Unavailable)?
    }
}
