//! What a directory may ask before it starts: what is spoken here, and what a user is.
//!
//! Never tells of anybody.

use std::sync::{Arc, LazyLock};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::answer;
use super::fault::Fault;
use super::filter::CHARS_MAX;
use super::list::{LIST, PAGE_MAX};
use super::user::SCHEMA;
use crate::chat::Refusal;
use crate::http::App;

const CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";

/// The standard's own schemas (RFC 7643, 7), and ours of a user: what is kept, and nothing else.
static SCHEMAS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let read = |text| serde_json::from_str::<Vec<Value>>(text).unwrap_or_default();
    let own = read(include_str!("user.json"));
    own.into_iter()
        .chain(read(include_str!("schemas.json")))
        .collect()
});

pub async fn config(State(app): State<Arc<App>>) -> Response {
    let config = json!({
        "schemas": [CONFIG],
        "patch": {"supported": true},
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": PAGE_MAX},
        "changePassword": {"supported": false},
        "sort": {"supported": false},
        "etag": {"supported": true},
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": format!("The token in the file that directory.token_file names. A filter has at most {CHARS_MAX} characters."),
            "primary": true,
        }],
        "meta": meta(&app, "ServiceProviderConfig", "ServiceProviderConfig"),
    });
    answer(StatusCode::OK, &config)
}

pub async fn types(State(app): State<Arc<App>>) -> Response {
    listed(vec![user_type(&app)])
}

pub async fn one_type(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    match id.as_str() {
        "User" => Ok(answer(StatusCode::OK, &user_type(&app))),
        _ => Err(Refusal::NotFound.into()),
    }
}

pub async fn schemas(State(app): State<Arc<App>>) -> Response {
    let all = SCHEMAS.iter().map(|schema| with_meta(&app, schema));
    listed(all.collect())
}

pub async fn schema(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let schema = SCHEMAS.iter().find(|schema| schema["id"] == id.as_str());
    let schema = schema.ok_or(Refusal::NotFound)?;
    Ok(answer(StatusCode::OK, &with_meta(&app, schema)))
}

fn user_type(app: &App) -> Value {
    json!({
        "schemas": [TYPE],
        "id": "User",
        "name": "User",
        "description": "Somebody who works here",
        "endpoint": "/Users",
        "schema": SCHEMA,
        "meta": meta(app, "ResourceType", "ResourceTypes/User"),
    })
}

fn with_meta(app: &App, schema: &Value) -> Value {
    let mut schema = schema.clone();
    let id = schema["id"].as_str().unwrap_or_default();
    schema["meta"] = meta(app, "Schema", &format!("Schemas/{id}"));
    schema
}

fn meta(app: &App, kind: &str, rest: &str) -> Value {
    json!({"resourceType": kind, "location": app.provisioning.location(rest)})
}

fn listed(all: Vec<Value>) -> Response {
    let list = json!({
        "schemas": [LIST],
        "totalResults": all.len(),
        "startIndex": 1,
        "itemsPerPage": all.len(),
        "Resources": all,
    });
    answer(StatusCode::OK, &list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_is_there_to_be_read() {
        let ids: Vec<_> = SCHEMAS.iter().filter_map(|s| s["id"].as_str()).collect();
        assert_eq!(ids.len(), 4);
        assert!(ids.contains(&SCHEMA) && ids.contains(&CONFIG) && ids.contains(&TYPE));
    }
}
