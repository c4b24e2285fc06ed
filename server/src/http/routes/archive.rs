//! Days that leave by themselves: the schedules, where they go, and what arrived.

use std::cmp::Reverse;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use migrations_free_store::Id;
use serde::Serialize;
use utoipa::ToSchema;

use super::admin::one_of;
use crate::archive::{Condition, conditions};
use crate::chat::Refusal;
use crate::chat::command::{ExportFormat, Role};
use crate::chat::event::Event;
use crate::chat::state::{self, Archive, ArchiveState};
use crate::export::line::hex;
use crate::http::App;
use crate::http::session::Session;

#[derive(Serialize, ToSchema)]
pub struct Archives {
    destinations: Vec<Condition>,
    /// Newest first.
    schedules: Vec<ArchiveSchedule>,
}

#[derive(Serialize, ToSchema)]
pub struct ArchiveSchedule {
    #[schema(value_type = String)]
    id: Id,
    to: String,
    /// Empty: all.
    channels: Vec<ArchiveChannel>,
    #[schema(value_type = Vec<String>)]
    formats: Vec<ExportFormat>,
    reason: String,
    case: String,
    #[schema(value_type = String)]
    by: Id,
    at: u64,
    #[schema(value_type = String)]
    state: ArchiveState,
    #[schema(value_type = Option<String>)]
    decided_by: Option<Id>,
    #[schema(value_type = Option<String>)]
    ended_by: Option<Id>,
    /// The first day that it delivers, counted from 1970.
    since_day: u32,
    /// Every day before it is delivered, or said to be missed.
    next_day: u32,
    delivered: u64,
    missed: u64,
    /// The newest deliveries, newest first.
    recent: Vec<ArchiveDelivery>,
}

#[derive(Serialize, ToSchema)]
pub struct ArchiveChannel {
    #[schema(value_type = String)]
    c: Id,
    name: String,
}

#[derive(Serialize, ToSchema)]
pub struct ArchiveDelivery {
    #[schema(value_type = String)]
    export: Id,
    #[schema(value_type = String)]
    c: Id,
    channel_name: String,
    day: u32,
    at: u64,
    bytes: u64,
    sha256: String,
    /// Files or mails.
    pieces: u32,
    /// Until when the destination said that it keeps it unchanged.
    locked_until: Option<u64>,
}

/// Where days that are over go by themselves, and what arrived there.
#[utoipa::path(get, path = "/api/v1/archive", responses((status = 200, body = Archives)))]
pub async fn archive(
    State(app): State<Arc<App>>,
    session: Session,
) -> Result<Json<Archives>, Refusal> {
    let allowed = [Role::Officer, Role::Admin, Role::Auditor];
    one_of(&app.views.state.read(), session, &allowed)?;
    app.read(|app| Ok(Json(look(app)))).await
}

fn look(app: &App) -> Archives {
    let (destinations, mut schedules, proposed) = {
        let state = app.views.state.read();
        let destinations = conditions(
            &state,
            &app.config.archive,
            &app.archives.lock(),
            app.clock.now_ms(),
        );
        let all = state.archives.iter();
        let (schedules, proposed): (Vec<_>, Vec<_>) = all
            .map(|(id, archive)| (schedule(&state, *id, archive), archive.proposed))
            .unzip();
        (destinations, schedules, proposed)
    };
    for (schedule, proposed) in schedules.iter_mut().zip(proposed) {
        // What was asked is gone once its key is destroyed; the facts remain.
        let asked = app.views.store.read(proposed).ok();
        let content = asked
            .and_then(|record| Event::read(&record).ok())
            .and_then(|event| event.content)
            .unwrap_or_default();
        schedule.reason = content.reason.unwrap_or_default();
        schedule.case = content.case.unwrap_or_default();
    }
    schedules.sort_unstable_by_key(|schedule| Reverse(schedule.id));
    Archives {
        destinations,
        schedules,
    }
}

fn schedule(state: &state::State, id: Id, archive: &Archive) -> ArchiveSchedule {
    let name = |c: &Id| state.channels.get(c).map(|known| known.name.clone());
    let channel = |c: &Id| ArchiveChannel {
        c: *c,
        name: name(c).unwrap_or_default(),
    };
    let delivery = |one: &state::Delivery| ArchiveDelivery {
        export: one.export,
        c: one.channel,
        channel_name: name(&one.channel).unwrap_or_default(),
        day: one.day,
        at: one.at,
        bytes: one.bytes,
        sha256: hex(&one.sha256.0),
        pieces: one.pieces,
        locked_until: one.locked_until,
    };
    ArchiveSchedule {
        id,
        to: archive.to.clone(),
        channels: archive.channels.iter().map(channel).collect(),
        formats: archive.formats.clone(),
        reason: String::new(),
        case: String::new(),
        by: archive.by,
        at: archive.at,
        state: archive.state,
        decided_by: archive.decided_by,
        ended_by: archive.ended_by,
        since_day: archive.since_day,
        next_day: archive.next_day,
        delivered: archive.delivered,
        missed: archive.missed,
        recent: archive.recent.iter().map(delivery).collect(),
    }
}
