//! Running the house: people, invites, channels. Never content.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use migrations_free_store::Id;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::identity::{Devices, devices_of as devices_of_person};
use crate::chat::command::ChannelKind;
use crate::chat::decide::people::{Left, leaving as leaving_of};
use crate::chat::event::Event;
use crate::chat::state::{Device, fold_handle};
use crate::chat::{Refusal, Role, State as ChatState};
use crate::http::App;
use crate::http::error::extract;
use crate::http::session::Session;
use crate::identity::links::LinkKind;
use crate::views::seen::{Person, Rule};
use crate::views::unavailable;

/// Rows of an admin's table at most.
const ROWS_MAX: usize = 10_000;

#[derive(Serialize, ToSchema)]
pub struct Invites {
    invites: Vec<Invite>,
}

#[derive(Serialize, ToSchema)]
struct Invite {
    #[schema(value_type = String)]
    id: Id,
    code: String,
    url: String,
    #[schema(value_type = String)]
    role: Role,
    channels: Vec<Named>,
    #[schema(value_type = String)]
    made_by: Id,
    made_at: u64,
    expires_at: u64,
    uses: u32,
    used: u32,
    revoked: bool,
    /// Whoever comes by it asks the channels' owners to be let in.
    ask: bool,
    note: String,
}

#[derive(Serialize, ToSchema)]
struct Named {
    #[schema(value_type = String)]
    id: Id,
    name: String,
}

/// Invites: all for an admin, their own for others. Newest first.
#[utoipa::path(get, path = "/api/v1/invites", responses((status = 200, body = Invites)))]
pub async fn invites(
    State(app): State<Arc<App>>,
    session: Session,
) -> Result<Json<Invites>, Refusal> {
    app.read(move |app| {
        let mut rows: Vec<_> = {
            let state = app.views.state.read();
            let role = state.role(session.person).ok_or(Refusal::NotSignedIn)?;
            state
                .invites
                .iter()
                .filter(|(_, i)| role == Role::Admin || i.made_by == session.person)
                .map(|(id, i)| {
                    let channels = i.channels.iter().filter_map(|c| {
                        state.channels.get(c).map(|ch| Named {
                            id: *c,
                            name: ch.name.clone(),
                        })
                    });
                    (*id, i.clone(), channels.collect::<Vec<_>>())
                })
                .collect()
        };
        rows.sort_unstable_by_key(|(_, i, _)| std::cmp::Reverse(i.made_at));
        rows.truncate(ROWS_MAX);
        let positions: Vec<_> = rows.iter().map(|(_, i, _)| i.position).collect();
        let records = app.views.store.read_many(&positions).map_err(unavailable)?;
        let invites = rows
            .into_iter()
            .zip(records)
            .map(|((id, i, channels), record)| {
                let code = app.links.code(LinkKind::Invite, id);
                let note = Event::read(&record)
                    .ok()
                    .and_then(|e| e.content)
                    .and_then(|c| c.note)
                    .unwrap_or_default();
                Invite {
                    id,
                    url: app.links.url(&code),
                    code,
                    role: i.role,
                    channels,
                    made_by: i.made_by,
                    made_at: i.made_at,
                    expires_at: i.expires_at,
                    uses: i.uses,
                    used: i.used,
                    revoked: i.revoked,
                    ask: i.asks,
                    note,
                }
            })
            .collect();
        Ok(Json(Invites { invites }))
    })
    .await
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PeopleQuery {
    text: Option<String>,
    role: Option<String>,
    /// `active` or `inactive`
    state: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct People {
    people: Vec<PersonRow>,
}

#[derive(Serialize, ToSchema)]
struct PersonRow {
    #[serde(flatten)]
    person: Person,
    joined_at: u64,
    /// Null: never signed in.
    seen_at: Option<u64>,
    devices: usize,
    channels: usize,
    /// When the company's directory last said something of this person; null: never.
    directory_at: Option<u64>,
    /// Something is asked for beside the secret.
    second: bool,
    /// Her name at the company's sign-in.
    login: Option<String>,
    /// Whether she has come in by the company's provider: from then on it is known by more than that name.
    tied: bool,
    /// Whether she has a PIN or password here.
    secret: bool,
}

/// Everyone, with what running the house needs to know.
#[utoipa::path(get, path = "/api/v1/admin/people", params(PeopleQuery), responses((status = 200, body = People)))]
pub async fn people(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Query(query): extract::Query<PeopleQuery>,
) -> Result<Json<People>, Refusal> {
    let state = app.views.state.read();
    one_of(&state, session, &[Role::Admin])?;
    let wanted = query.text.as_deref().map(fold_handle).unwrap_or_default();
    let mut devices: HashMap<Id, (usize, u64)> = HashMap::new();
    for device in state.devices.values() {
        let entry = devices.entry(device.person).or_default();
        entry.0 += usize::from(device.live);
        entry.1 = entry.1.max(device.opened_at);
    }
    let mut people: Vec<PersonRow> = state
        .people
        .iter()
        .filter(|(_, p)| {
            wanted.is_empty()
                || fold_handle(&p.name).contains(&wanted)
                || p.handle.contains(&wanted)
        })
        .filter(|(_, p)| {
            query
                .role
                .as_deref()
                .is_none_or(|r| serde_json::to_value(p.role).is_ok_and(|v| v == r))
        })
        .filter(|(_, p)| {
            query
                .state
                .as_deref()
                .is_none_or(|s| (s == "active") == p.active)
        })
        .map(|(id, p)| {
            let (live, opened) = devices.get(id).copied().unwrap_or_default();
            PersonRow {
                person: Person::of(*id, p),
                joined_at: p.joined_at,
                // A command id carries the time it was made.
                seen_at: Some(p.mark.ms().max(opened)).filter(|at| *at > 0),
                devices: live,
                channels: state.channels_of(*id).count(),
                directory_at: state.accounts.told_at(*id),
                second: p.seconds.any(),
                login: state.accounts.of(*id).map(|a| a.login.clone()),
                tied: state.accounts.of(*id).is_some_and(|a| a.subject.is_some()),
                secret: p.credential_at.is_some(),
            }
        })
        .collect();
    people.sort_unstable_by(|a, b| {
        a.person
            .name
            .cmp(&b.person.name)
            .then(a.person.id.cmp(&b.person.id))
    });
    people.truncate(ROWS_MAX);
    Ok(Json(People { people }))
}

/// A person's signed-in devices.
#[utoipa::path(get, path = "/api/v1/admin/people/{p}/devices", params(("p" = String, Path)), responses((status = 200, body = Devices)))]
pub async fn devices_of(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path(person): extract::Path<Id>,
) -> Result<Json<Devices>, Refusal> {
    one_of(&app.views.state.read(), session, &[Role::Admin])?;
    if !app.views.state.read().people.contains_key(&person) {
        return Err(Refusal::NotFound);
    }
    Ok(Json(devices_of_person(&app, person, None)))
}

#[derive(Serialize, ToSchema)]
pub struct Leaving {
    devices: usize,
    /// Channels that the person would go out of.
    channels: usize,
    /// Those of them that nobody else owns, by name.
    passes: Vec<Passes>,
}

#[derive(Serialize, ToSchema)]
struct Passes {
    #[schema(value_type = String)]
    id: Id,
    name: String,
    /// Null: none of its members may own it.
    #[schema(value_type = Option<String>)]
    to: Option<Id>,
}

/// What leaving the company would mean for a person, before it is done.
#[utoipa::path(get, path = "/api/v1/admin/people/{p}/leaving", params(("p" = String, Path)), responses((status = 200, body = Leaving)))]
pub async fn leaving(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path(person): extract::Path<Id>,
) -> Result<Json<Leaving>, Refusal> {
    let state = app.views.state.read();
    one_of(&state, session, &[Role::Admin])?;
    if !state.people.contains_key(&person) {
        return Err(Refusal::NotFound);
    }
    let live = |device: &&Device| device.person == person && device.live;
    let left: Vec<Left> = leaving_of(&state, person).collect();
    let passes = left.iter().filter(|left| left.was_last).map(|left| Passes {
        id: left.channel,
        name: state
            .channels
            .get(&left.channel)
            .map(|channel| channel.name.clone())
            .unwrap_or_default(),
        to: left.heir,
    });
    Ok(Json(Leaving {
        devices: state.devices.values().filter(live).count(),
        channels: left.len(),
        passes: passes.collect(),
    }))
}

#[derive(Serialize, ToSchema)]
pub struct Channels {
    channels: Vec<ChannelRow>,
}

#[derive(Serialize, ToSchema)]
struct ChannelRow {
    #[schema(value_type = String)]
    id: Id,
    #[schema(value_type = String)]
    kind: ChannelKind,
    name: Option<String>,
    members: usize,
    #[schema(value_type = Vec<String>)]
    owners: Vec<Id>,
    /// Of a direct channel, for officers: they search by person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    people: Option<Vec<Id>>,
    created_at: u64,
    archived: bool,
    messages: u64,
    last_at: u64,
    rule: Rule,
}

/// All channels by name and count, never by content.
#[utoipa::path(get, path = "/api/v1/admin/channels", responses((status = 200, body = Channels)))]
pub async fn channels(
    State(app): State<Arc<App>>,
    session: Session,
) -> Result<Json<Channels>, Refusal> {
    let state = app.views.state.read();
    let role = one_of(&state, session, &[Role::Admin, Role::Officer])?;
    let mut channels: Vec<ChannelRow> = state
        .channels
        .iter()
        .map(|(id, c)| {
            let direct = c.kind == ChannelKind::Direct;
            ChannelRow {
                id: *id,
                kind: c.kind,
                name: (!direct).then(|| c.name.clone()),
                members: c.members.len(),
                owners: c
                    .members
                    .iter()
                    .filter(|(_, m)| m.owner)
                    .map(|(p, _)| *p)
                    .collect(),
                people: (direct && role == Role::Officer)
                    .then(|| c.members.keys().copied().collect()),
                created_at: c.created_at,
                archived: c.archived,
                messages: c.messages,
                last_at: c.last_at,
                rule: Rule::of(&state, *id, c),
            }
        })
        .collect();
    channels.sort_unstable_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
    channels.truncate(ROWS_MAX);
    Ok(Json(Channels { channels }))
}

/// The asker's role, if it is one of these. Reads of governance are authorised here, by role alone.
pub fn one_of(state: &ChatState, session: Session, roles: &[Role]) -> Result<Role, Refusal> {
    let role = state.role(session.person).ok_or(Refusal::NotSignedIn)?;
    if roles.contains(&role) {
        Ok(role)
    } else {
        Err(Refusal::Forbidden)
    }
}
