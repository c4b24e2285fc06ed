//! What is preserved and what is to be forgotten before its time: matters with their holds, and orders.
//! Ids, days, counts and reasons; never what anybody wrote.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use migrations_free_store::{Id, Position};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::admin::one_of;
use crate::chat::event::{Content, Event};
use crate::chat::state::{OrderState, Ordered};
use crate::chat::subject::Subject;
use crate::chat::{Refusal, Role};
use crate::http::App;
use crate::http::error::extract;
use crate::http::session::Session;
use crate::retention::{Kept, Plan, Planner};
use crate::views::timeline::day_text;
use crate::views::{Views, unavailable};

#[derive(Serialize, ToSchema)]
pub struct Matters {
    matters: Vec<Matter>,
}

#[derive(Serialize, ToSchema)]
struct Matter {
    #[schema(value_type = String)]
    id: Id,
    name: String,
    reason: String,
    #[schema(value_type = String)]
    by: Id,
    at: u64,
    /// Since when nothing can be asked for it any more.
    closed_at: Option<u64>,
    holds: Vec<Hold>,
}

#[derive(Serialize, ToSchema)]
struct Hold {
    #[schema(value_type = String)]
    id: Id,
    /// None of them: all.
    #[schema(value_type = Vec<String>)]
    channels: Vec<Id>,
    #[schema(value_type = Vec<String>)]
    people: Vec<Id>,
    from_day: Option<String>,
    to_day: Option<String>,
    /// Only messages that one of these finds; none: all.
    words: Vec<String>,
    #[schema(value_type = String)]
    by: Id,
    at: u64,
    /// The log's position from which it protects.
    position: Position,
}

/// Matters and what they hold just now, newest first. For officers; those who are held never hear of it.
#[utoipa::path(get, path = "/api/v1/matters", responses((status = 200, body = Matters)))]
pub async fn matters(
    State(app): State<Arc<App>>,
    session: Session,
) -> Result<Json<Matters>, Refusal> {
    app.read(move |app| {
        let (mut matters, opened) = {
            let state = app.views.state.read();
            one_of(&state, session, &[Role::Officer])?;
            let mut matters = Vec::new();
            let mut opened = Vec::new();
            for (id, matter) in &state.matters {
                let mut holds: Vec<Hold> = state
                    .holds
                    .iter()
                    .filter(|(_, hold)| hold.matter == *id)
                    .map(|(id, hold)| Hold {
                        id: *id,
                        channels: hold.channels.clone(),
                        people: hold.people.clone(),
                        from_day: (hold.from_day > 0).then(|| day_text(hold.from_day)),
                        to_day: (hold.to_day < u32::MAX).then(|| day_text(hold.to_day)),
                        words: hold.words.clone(),
                        by: hold.by,
                        at: hold.at,
                        position: hold.placed,
                    })
                    .collect();
                holds.sort_unstable_by_key(|hold| hold.position);
                matters.push(Matter {
                    id: *id,
                    name: String::new(),
                    reason: String::new(),
                    by: matter.by,
                    at: matter.at,
                    closed_at: matter.closed_at,
                    holds,
                });
                opened.push(matter.opened);
            }
            (matters, opened)
        };
        for (matter, content) in matters.iter_mut().zip(contents(&app.views, &opened)?) {
            matter.name = content.case.unwrap_or_default();
            matter.reason = content.reason.unwrap_or_default();
        }
        matters.sort_unstable_by_key(|matter| std::cmp::Reverse((matter.at, matter.id)));
        Ok(Json(Matters { matters }))
    })
    .await
}

#[derive(Serialize, ToSchema)]
pub struct Orders {
    orders: Vec<Order>,
}

#[derive(Serialize, ToSchema)]
struct Order {
    #[schema(value_type = String)]
    id: Id,
    #[serde(flatten)]
    what: What,
    reason: String,
    #[schema(value_type = String)]
    by: Id,
    at: u64,
    #[schema(value_type = Option<String>)]
    decided_by: Option<Id>,
    #[schema(value_type = String)]
    state: OrderState,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
enum What {
    Erase {
        #[schema(value_type = String)]
        person: Id,
    },
    Redact {
        #[schema(value_type = String)]
        c: Id,
        /// What is left to do.
        q: Vec<u64>,
    },
}

/// What somebody asked to have forgotten before its time, newest first.
#[utoipa::path(get, path = "/api/v1/orders", responses((status = 200, body = Orders)))]
pub async fn orders(
    State(app): State<Arc<App>>,
    session: Session,
) -> Result<Json<Orders>, Refusal> {
    app.read(move |app| {
        let (mut orders, requested) = {
            let state = app.views.state.read();
            one_of(&state, session, &[Role::Officer, Role::Admin])?;
            let mut orders = Vec::new();
            let mut requested = Vec::new();
            for (id, order) in &state.orders {
                let what = match &order.what {
                    Ordered::Erase { person } => What::Erase { person: *person },
                    Ordered::Redact {
                        channel,
                        messages,
                        done,
                    } => What::Redact {
                        c: *channel,
                        // One that waited before it was sent is named with each of its days.
                        q: {
                            let all = messages.values().flatten().chain(done).copied();
                            all.collect::<BTreeSet<u64>>().into_iter().collect()
                        },
                    },
                };
                orders.push(Order {
                    id: *id,
                    what,
                    reason: String::new(),
                    by: order.by,
                    at: order.at,
                    decided_by: order.decided_by,
                    state: order.state,
                });
                requested.push(order.requested);
            }
            (orders, requested)
        };
        for (order, content) in orders.iter_mut().zip(contents(&app.views, &requested)?) {
            order.reason = content.reason.unwrap_or_default();
        }
        orders.sort_unstable_by_key(|order| std::cmp::Reverse((order.at, order.id)));
        Ok(Json(Orders { orders }))
    })
    .await
}

pub(super) fn contents(views: &Views, positions: &[Position]) -> Result<Vec<Content>, Refusal> {
    let records = views.store.read_many(positions).map_err(unavailable)?;
    let content = |record| Event::read(record).ok().and_then(|event| event.content);
    Ok(records
        .iter()
        .map(|record| content(record).unwrap_or_default())
        .collect())
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct OrderQuery {
    #[param(value_type = String)]
    order: Id,
}

#[derive(Serialize, ToSchema)]
pub struct OrderPreview {
    /// Messages that nobody will see any more.
    messages: u64,
    /// For officers: what is forgotten, to the record, and what is kept out of sight, with its reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    exact: Option<Exact>,
}

#[derive(Serialize, ToSchema)]
struct Exact {
    records: u64,
    files: u64,
    kept: Vec<KeptRow>,
}

#[derive(Serialize, ToSchema)]
struct KeptRow {
    /// `hold` or `floor`.
    why: &'static str,
    #[schema(value_type = Option<String>)]
    matter: Option<Id>,
    #[schema(value_type = Option<String>)]
    channel: Option<Id>,
    /// With a floor: the first day on which it goes.
    until: Option<String>,
    records: u64,
}

/// Exactly what an order would destroy if it were carried out now. An admin is not told what is held.
#[utoipa::path(get, path = "/api/v1/orders/preview", params(OrderQuery), responses((status = 200, body = OrderPreview)))]
pub async fn preview(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Query(query): extract::Query<OrderQuery>,
) -> Result<Json<OrderPreview>, Refusal> {
    app.read(move |app| {
        let (role, subjects) = {
            let state = app.views.state.read();
            let role = one_of(&state, session, &[Role::Officer, Role::Admin])?;
            let order = state.orders.get(&query.order).ok_or(Refusal::NotFound)?;
            (role, order.subjects(query.order))
        };
        let mut planner = Planner::new(&app.views, app.clock.now_ms());
        let mut preview = OrderPreview {
            messages: 0,
            exact: (role == Role::Officer).then_some(Exact {
                records: 0,
                files: 0,
                kept: Vec::new(),
            }),
        };
        for subject in subjects {
            if let Some(plan) = planner.plan(&subject).map_err(unavailable)? {
                preview.messages += plan.messages;
                if let Some(exact) = &mut preview.exact {
                    exact.add(&subject, &plan);
                }
            }
        }
        Ok(Json(preview))
    })
    .await
}

impl Exact {
    fn add(&mut self, subject: &Subject, plan: &Plan) {
        self.records += plan.intent.records;
        self.files += plan.intent.blobs;
        for (kept, count) in &plan.kept {
            let records = count.records;
            let row = match kept {
                Kept::Held { matter, channel } => KeptRow {
                    why: "hold",
                    matter: Some(*matter),
                    channel: channel.or(subject.channel()),
                    until: None,
                    records,
                },
                Kept::Floored { until_day, channel } => KeptRow {
                    why: "floor",
                    matter: None,
                    channel: channel.or(subject.channel()),
                    until: Some(day_text(*until_day)),
                    records,
                },
            };
            self.kept.push(row);
        }
    }
}
