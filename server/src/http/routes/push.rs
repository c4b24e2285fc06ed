//! A device that wants to be told while nobody looks at it: where, what, and whether it works.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use migrations_free_store::Id;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Done;
use crate::chat::command::{ChannelKind, Command, Door as Inner};
use crate::chat::{Refusal, state};
use crate::http::App;
use crate::http::error::extract;
use crate::http::session::{Asleep, Session};
use crate::push::{News, Outcome};

#[derive(Serialize, ToSchema)]
pub struct Standing {
    /// What the browser subscribes with; null: this server pushes nothing.
    key: Option<String>,
    /// This device is told.
    on: bool,
    /// Its push service could be reached when it was last called.
    reached: bool,
    /// When oneself is told of nothing.
    quiet: Option<Quiet>,
}

/// From one minute of the day to another, by the clock of that zone.
#[derive(Serialize, ToSchema)]
pub struct Quiet {
    from: u16,
    to: u16,
    zone: String,
}

impl Quiet {
    pub fn of(person: &state::Person) -> Option<Quiet> {
        let hours = person.quiet.as_ref()?;
        Some(Quiet {
            from: hours.from,
            to: hours.to,
            zone: hours.zone.clone(),
        })
    }
}

/// How one is told on this device.
#[utoipa::path(get, path = "/api/v1/push", responses((status = 200, body = Standing)))]
pub async fn standing(
    State(app): State<Arc<App>>,
    session: Session,
) -> Result<Json<Standing>, Refusal> {
    let key = match app.push.is_enabled() {
        true => Some(app.push.public_key(&app.door).await?.to_owned()),
        false => None,
    };
    let state = app.views.state.read();
    let device = state.devices.get(&session.device);
    let person = state.people.get(&session.person);
    Ok(Json(Standing {
        key,
        on: device.is_some_and(|device| device.push.is_some()),
        reached: app.push.is_reached(session.device),
        quiet: person.and_then(Quiet::of),
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartIn {
    /// As the browser's subscription has it.
    endpoint: String,
}

/// Tells this device from now on.
#[utoipa::path(post, path = "/api/v1/push/start", request_body = StartIn, responses((status = 200, body = Done), (status = "4XX", body = crate::http::Failure)))]
pub async fn start(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Json(asked): extract::Json<StartIn>,
) -> Result<Json<Done>, Refusal> {
    app.rates.admit(session.device, app.clock.now_ms())?;
    app.push.admit(&asked.endpoint).await?;
    let on = Command::Door(Inner::PushOn {
        endpoint: asked.endpoint,
    });
    app.door.submit(session.actor(), on, None).await?;
    Ok(Json(Done {}))
}

/// Tells this device no more.
#[utoipa::path(post, path = "/api/v1/push/end", responses((status = 200, body = Done)))]
pub async fn end(State(app): State<Arc<App>>, session: Session) -> Result<Json<Done>, Refusal> {
    app.rates.admit(session.device, app.clock.now_ms())?;
    let off = Command::Door(Inner::PushOff);
    app.door.submit(session.actor(), off, None).await?;
    Ok(Json(Done {}))
}

#[derive(Serialize, ToSchema)]
pub struct Tried {
    /// `sent`, `gone`, `unreachable` or `refused`.
    result: &'static str,
}

/// Pushes to this device now, and says what its push service made of it.
#[utoipa::path(post, path = "/api/v1/push/test", responses((status = 200, body = Tried), (status = "4XX", body = crate::http::Failure)))]
pub async fn test(State(app): State<Arc<App>>, session: Session) -> Result<Json<Tried>, Refusal> {
    app.rates.admit(session.device, app.clock.now_ms())?;
    let outcome = app.push.test(&app.door, session.device).await?;
    let result = match outcome {
        Outcome::Sent => "sent",
        Outcome::Gone => "gone",
        Outcome::Later(_) => "unreachable",
        Outcome::Refused(_) => "refused",
    };
    Ok(Json(Tried { result }))
}

#[derive(Serialize, ToSchema)]
pub struct Woken {
    items: Vec<Waking>,
    /// For the badge: channels with something unread.
    unread: usize,
    /// The push was a test.
    test: bool,
}

/// One channel that this device was woken for.
#[derive(Serialize, ToSchema)]
pub struct Waking {
    #[schema(value_type = String)]
    c: Id,
    q: u64,
    #[schema(value_type = String)]
    kind: ChannelKind,
    /// A direct channel has none.
    name: Option<String>,
    /// Who wrote last.
    from: String,
    unread: u64,
    /// Something of it is urgent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    urgent: bool,
}

/// What this device was woken for. Names and numbers, no text; told once.
#[utoipa::path(post, path = "/api/v1/push/news", responses((status = 200, body = Woken)))]
pub async fn news(
    State(app): State<Arc<App>>,
    Asleep(session): Asleep,
) -> Result<Json<Woken>, Refusal> {
    app.rates.admit(session.device, app.clock.now_ms())?;
    let told = app.push.take_told(session.device);
    let state = app.views.state.read();
    let counts = |c: &state::Channel| {
        c.members.get(&session.person).is_some_and(|m| {
            m.read_n < c.messages && !m.muted_all && (!m.muted || !m.mentions.is_empty())
        })
    };
    let unread = state.channels_of(session.person);
    let unread = unread.filter(|(_, c)| counts(c)).count();
    let waking = |(c, news): (&Id, &News)| {
        let (channel, member) = state.seen_channel(*c, session.person)?;
        let from = state.people.get(&news.by);
        (member.read < news.q).then(|| Waking {
            c: *c,
            q: news.q,
            kind: channel.kind,
            name: (channel.kind != ChannelKind::Direct).then(|| channel.name.clone()),
            from: from.map(|p| p.name.clone()).unwrap_or_default(),
            unread: channel.messages.saturating_sub(member.read_n),
            urgent: news.urgent,
        })
    };
    Ok(Json(Woken {
        items: told.news.iter().filter_map(waking).collect(),
        unread,
        test: told.test,
    }))
}
