//! One's own data: asked for with one's secret, and fetched soon after by the same device. Both are recorded.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use migrations_free_store::Position;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::files::{disposition, put};
use super::review::looks_told;
use crate::access::{self, CHUNKS_AHEAD, Chunks, FETCHED_WITHIN_MS, Kind};
use crate::chat::Refusal;
use crate::chat::command::{Command, Door};
use crate::http::App;
use crate::http::error::extract;
use crate::http::session::{Address, Session};

#[derive(Serialize, ToSchema)]
pub struct DataAsked {
    /// Everything before it is told; it is what the pack is fetched by.
    position: Position,
    expires_at: u64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DataIn {
    secret: String,
}

/// Asks for all that is one's own, with one's PIN or password: a device left open must not give it away.
#[utoipa::path(post, path = "/api/v1/data", request_body = DataIn, responses((status = 200, body = DataAsked)))]
pub async fn ask(
    State(app): State<Arc<App>>,
    session: Session,
    Address(address): Address,
    extract::Json(asked): extract::Json<DataIn>,
) -> Result<Json<DataAsked>, Refusal> {
    app.is_herself(session, address, &asked.secret).await?;
    app.packs
        .admit(session.person, Kind::Ask, app.clock.now_ms())?;
    let ack = app
        .door
        .submit(
            session.actor(),
            Command::Door(Door::DataAsked {
                device: session.device,
            }),
            None,
        )
        .await?;
    Ok(Json(DataAsked {
        position: ack.position.ok_or(Refusal::Unavailable)?,
        expires_at: ack.ts.unwrap_or_default() + FETCHED_WITHIN_MS,
    }))
}

/// The pack that was asked for there, made now. Recorded before the first byte leaves.
#[utoipa::path(get, path = "/api/v1/data/{position}", params(("position" = u64, Path)), responses((status = 200, body = Vec<u8>, content_type = "application/zip")))]
pub async fn fetch(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path(position): extract::Path<Position>,
) -> Result<Response, Refusal> {
    let person = session.person;
    let asked_at = app
        .read(move |app| access::asked_at(&app.views, (person, session.device), position))
        .await?;
    // By the clock that it was asked by: after that was set back, what is asked now is to be had now.
    if app.clock.now_ms().abs_diff(asked_at) >= FETCHED_WITHIN_MS {
        return Err(Refusal::Gone);
    }
    let place = app.packs.begin(person)?;
    app.packs.admit(person, Kind::Fetch, app.clock.now_ms())?;
    let fetched = Door::DataDownloaded {
        asked: position,
        person,
    };
    app.door
        .submit(session.actor(), Command::Door(fetched), None)
        .await?;
    // What is told of looks is of the time of asking, so that the same pack is the same bytes.
    let looks = looks_told(&app.views.state.read(), person, asked_at);
    let looks = serde_json::to_value(looks).map_err(|_| Refusal::Unavailable)?;
    let (send, receive) = mpsc::channel(CHUNKS_AHEAD);
    let (views, handle) = (Arc::clone(&app.views), Handle::current());
    tokio::task::spawn_blocking(move || {
        let mut out = Chunks::new(send, handle);
        // Left before the stream ends: whoever has it all may fetch again.
        let _place = place;
        if let Err(why) = access::write(&views, person, position, &looks, &mut out) {
            out.give_up(why);
        }
    });
    let chunks = futures_util::stream::unfold(receive, |mut receive| async move {
        receive.recv().await.map(|chunk| (chunk, receive))
    });
    let mut response = Body::from_stream(chunks.fuse()).into_response();
    let set = response.headers_mut();
    put(set, header::CONTENT_TYPE, "application/zip");
    put(set, header::CACHE_CONTROL, "private, no-store");
    put(
        set,
        header::CONTENT_DISPOSITION,
        &disposition(false, &format!("my-data-{position}.zip")),
    );
    Ok(response)
}
