//! Rules of retention before they hold: what one would destroy, and those that wait. Counts and days, never content.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use migrations_free_store::Id;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::admin::one_of;
use crate::chat::command::ChannelKind;
use crate::chat::decide::policy::Wanted;
use crate::chat::event::Keep;
use crate::chat::proposal::{self, Dooms, ProposalState, Ruling};
use crate::chat::{Refusal, Role};
use crate::http::App;
use crate::http::error::extract;
use crate::http::session::Session;
use crate::views::timeline::day_text;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PolicyQuery {
    #[param(value_type = Option<String>)]
    c: Option<Id>,
    keep_days: Option<u32>,
    #[serde(default)]
    inherit: bool,
    /// Absent: the floor that was set; 0: none.
    floor_days: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub struct PolicyPreview {
    channels: Vec<PolicyChannel>,
    messages: u64,
    files: u64,
    next_run_at: u64,
    /// Something could go sooner: a second person has to approve it.
    needs_approval: bool,
    /// How many others there are who may.
    approvers: usize,
    /// How long it waits after that.
    grace_hours: u32,
}

#[derive(Serialize, ToSchema)]
struct PolicyChannel {
    #[schema(value_type = String)]
    id: Id,
    name: Option<String>,
    days: u64,
    messages: u64,
    files: u64,
    first_day: Option<String>,
    last_day: Option<String>,
}

/// Exactly what the next run would destroy under a rule that is not yet set, and who stands before it.
#[utoipa::path(get, path = "/api/v1/admin/policy/preview", params(PolicyQuery), responses((status = 200, body = PolicyPreview)))]
pub async fn preview(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Query(query): extract::Query<PolicyQuery>,
) -> Result<Json<PolicyPreview>, Refusal> {
    let now = app.clock.now_ms();
    let state = app.views.state.read();
    one_of(&state, session, &[Role::Admin, Role::Officer])?;
    let set = state.ruling(query.c).ok_or(Refusal::NotFound)?;
    let wanted = Wanted {
        c: query.c,
        keep_days: query.keep_days,
        inherit: query.inherit,
        floor_days: query.floor_days.or(set.floor.days).filter(|days| *days > 0),
        lock: false,
    };
    let ruling = wanted.ruling(&state)?;
    let mut preview = PolicyPreview {
        channels: vec![],
        messages: 0,
        files: 0,
        next_run_at: app.sweeper.next_ms(),
        needs_approval: state.destroys_sooner(query.c, ruling),
        approvers: state.other_approvers(session.person),
        grace_hours: app.config.retention.grace_hours,
    };
    for (id, dooms) in state.dooms(query.c, ruling, now) {
        let Some(channel) = state.channels.get(&id) else {
            continue;
        };
        preview.messages += dooms.messages;
        preview.files += dooms.files;
        preview.channels.push(PolicyChannel {
            id,
            name: (channel.kind != ChannelKind::Direct).then(|| channel.name.clone()),
            days: dooms.days,
            messages: dooms.messages,
            files: dooms.files,
            first_day: dooms.first_day.map(day_text),
            last_day: dooms.last_day.map(day_text),
        });
    }
    preview
        .channels
        .sort_unstable_by(|a, b| b.messages.cmp(&a.messages).then(a.id.cmp(&b.id)));
    Ok(Json(preview))
}

#[derive(Serialize, ToSchema)]
pub struct Proposals {
    proposals: Vec<Proposal>,
    /// How long a rule waits after it is approved now.
    grace_hours: u32,
}

#[derive(Serialize, ToSchema)]
struct Proposal {
    #[schema(value_type = String)]
    id: Id,
    /// None: of the workspace.
    #[schema(value_type = Option<String>)]
    c: Option<Id>,
    old: RuleOut,
    new: RuleOut,
    #[schema(value_type = String)]
    by: Id,
    at: u64,
    /// Then it can no longer be approved.
    lapses_at: u64,
    #[schema(value_type = String)]
    state: ProposalState,
    #[schema(value_type = Option<String>)]
    approved_by: Option<Id>,
    approved_at: Option<u64>,
    takes_effect_at: Option<u64>,
    #[schema(value_type = Option<String>)]
    stopped_by: Option<Id>,
    /// What the next run would have destroyed when it was proposed.
    dooms: DoomsOut,
    /// And what it would destroy by now, while it waits.
    dooms_now: Option<DoomsOut>,
}

#[derive(Serialize, ToSchema)]
struct RuleOut {
    keep_days: Option<u32>,
    inherit: bool,
    floor_days: Option<u32>,
    locked: bool,
}

#[derive(Serialize, ToSchema)]
struct DoomsOut {
    channels: u64,
    days: u64,
    messages: u64,
    files: u64,
    first_day: Option<String>,
    last_day: Option<String>,
}

/// Changes that could destroy something sooner: those that wait, and what became of the others; newest first.
#[utoipa::path(get, path = "/api/v1/proposals", responses((status = 200, body = Proposals)))]
pub async fn proposals(
    State(app): State<Arc<App>>,
    session: Session,
) -> Result<Json<Proposals>, Refusal> {
    let now = app.clock.now_ms();
    let state = app.views.state.read();
    one_of(&state, session, &[Role::Admin, Role::Officer])?;
    let row = |(id, known): (&Id, &proposal::Proposal)| {
        let dooms_now = known
            .is_open()
            .then(|| Dooms::total(&state.dooms(known.channel, known.ruling, now)).into());
        Proposal {
            id: *id,
            c: known.channel,
            old: state.ruling(known.channel).unwrap_or_default().into(),
            new: known.ruling.into(),
            by: known.by,
            at: known.at,
            lapses_at: known.lapses_at,
            state: known.state,
            approved_by: known.approval.map(|approval| approval.by),
            approved_at: known.approval.map(|approval| approval.at),
            takes_effect_at: known.approval.map(|approval| approval.takes_effect_at),
            stopped_by: known.stopped_by,
            dooms: known.dooms.into(),
            dooms_now,
        }
    };
    let mut proposals: Vec<Proposal> = state.proposals.iter().map(row).collect();
    proposals.sort_unstable_by_key(|proposal| std::cmp::Reverse((proposal.at, proposal.id)));
    Ok(Json(Proposals {
        proposals,
        grace_hours: app.config.retention.grace_hours,
    }))
}

impl From<Ruling> for RuleOut {
    fn from(ruling: Ruling) -> Self {
        RuleOut {
            keep_days: ruling.keep.days(),
            inherit: ruling.keep == Keep::Inherit,
            floor_days: ruling.floor.days,
            locked: ruling.floor.locked,
        }
    }
}

impl From<Dooms> for DoomsOut {
    fn from(dooms: Dooms) -> Self {
        DoomsOut {
            channels: dooms.channels,
            days: dooms.days,
            messages: dooms.messages,
            files: dooms.files,
            first_day: dooms.first_day.map(day_text),
            last_day: dooms.last_day.map(day_text),
        }
    }
}
