//! People as the directory sees them: one at a time.
//!
//! Never shows a role that an admin gave, or anything that somebody wrote.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use migrations_free_store::Id;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::fault::Fault;
use super::list::{Shown, Wanted};
use super::{answer, body, said, tells};
use crate::chat::account::Account;
use crate::chat::directory::{Says, Told, as_told, sees};
use crate::chat::state::Person;
use crate::chat::{Refusal, Role, State as ChatState};
use crate::export::line::iso;
use crate::http::App;

pub const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// Enough to tell two versions of one record apart.
const VERSION_BYTES: usize = 8;

/// All that is told of her.
pub fn shown(app: &App, state: &ChatState, id: Id, person: &Person, account: &Account) -> Value {
    let mut user = json!({
        "schemas": [SCHEMA],
        "id": id.to_string(),
        "userName": account.login,
        "displayName": person.name,
        "name": {"formatted": person.name},
        "active": person.active,
    });
    if let Some(external) = &account.external {
        user["externalId"] = external.as_str().into();
    }
    if as_told(person.role) == Role::Guest {
        user["roles"] = json!([{"value": "guest"}]);
    }
    let hash = Sha256::digest(user.to_string());
    let version: String = hash
        .iter()
        .take(VERSION_BYTES)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let told_at = state.accounts.told_at(id).unwrap_or(person.joined_at);
    user["meta"] = json!({
        "resourceType": "User",
        "created": iso(person.joined_at),
        "lastModified": iso(told_at),
        "location": app.provisioning.location(&format!("Users/{id}")),
        "version": format!("W/\"{version}\""),
    });
    user
}

fn look(app: &App, id: Id) -> Result<Value, Fault> {
    let state = app.views.state.read();
    let (person, account) = sees(&state, id).ok_or(Refusal::NotFound)?;
    Ok(shown(app, &state, id, person, account))
}

fn id_of(text: &str) -> Result<Id, Fault> {
    Ok(text.parse().map_err(|_| Refusal::NotFound)?)
}

/// Has what is there one of the versions that the header names?
fn is_named(headers: &HeaderMap, name: HeaderName, user: &Value) -> Option<bool> {
    let named = headers.get(name)?.to_str().unwrap_or_default();
    let version = user["meta"]["version"].as_str().unwrap_or_default();
    let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let mut tags = named.split(',').map(strong);
    Some(tags.any(|tag| tag == "*" || tag == strong(version)))
}

fn if_it_is_so(headers: &HeaderMap, user: &Value) -> Result<(), Fault> {
    match is_named(headers, header::IF_MATCH, user) {
        Some(false) => Err(Fault::new(
            StatusCode::PRECONDITION_FAILED,
            None,
            "It has changed since.",
        )),
        _ => Ok(()),
    }
}

pub async fn one(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    shown: Shown,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let user = look(&app, id_of(&id)?)?;
    if is_named(&headers, header::IF_NONE_MATCH, &user) == Some(true) {
        let version = user["meta"]["version"].as_str().unwrap_or_default();
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, version)]).into_response());
    }
    Ok(answer(StatusCode::OK, &shown.0.of(user)))
}

pub async fn create(
    State(app): State<Arc<App>>,
    shown: Shown,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Fault> {
    let mut says = said::record(&body(&headers, sent).await?)?;
    if says.name.is_none() {
        // Of an address what stands before the sign: it is a name to colleagues, the rest is where mail goes.
        let login = says.login.as_deref().unwrap_or_default();
        says.name = login.split('@').next().map(str::to_owned);
    }
    let _turn = app.provisioning.turn.lock().await;
    let ack = tells(&app, Told::Comes(says)).await?;
    let user = look(&app, ack.person.ok_or(Refusal::Unavailable)?)?;
    let location = user["meta"]["location"].as_str().map(HeaderValue::from_str);
    let mut response = answer(StatusCode::CREATED, &shown.0.of(user.clone()));
    if let Some(Ok(location)) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

pub async fn replace(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    shown: Shown,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let says = said::record(&body(&headers, sent).await?)?;
    is(&app, id, says, &headers, &shown.0).await
}

pub async fn patch(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    shown: Shown,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Fault> {
    let id = id_of(&id)?;
    let says = said::patch(&body(&headers, sent).await?)?;
    is(&app, id, says, &headers, &shown.0).await
}

async fn is(
    app: &App,
    person: Id,
    says: Says,
    headers: &HeaderMap,
    wanted: &Wanted,
) -> Result<Response, Fault> {
    let _turn = app.provisioning.turn.lock().await;
    if_it_is_so(headers, &look(app, person)?)?;
    tells(app, Told::Is { person, says }).await?;
    Ok(answer(StatusCode::OK, &wanted.of(look(app, person)?)))
}

pub async fn remove(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Fault> {
    let person = id_of(&id)?;
    let _turn = app.provisioning.turn.lock().await;
    if_it_is_so(&headers, &look(&app, person)?)?;
    tells(&app, Told::Leaves { person }).await?;
    Ok(StatusCode::NO_CONTENT)
}
