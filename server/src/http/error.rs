//! Refusals as HTTP answers: a status, a stable code, a sentence.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use migrations_free_store::Id;
use serde::Serialize;
use utoipa::ToSchema;

use crate::chat::Refusal;

/// The body of every answer that is not a success.
#[derive(Serialize, ToSchema)]
pub struct Failure {
    /// Stable; see docs/PROTOCOL.md.
    pub code: String,
    /// For a person.
    pub message: String,
    /// Milliseconds until a retry makes sense.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// For an id of the future, or of long ago: the server's time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<u64>,
    /// For a nudge: the rules to name in `acknowledged`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub rules: Vec<Id>,
    /// For an upload: how much the server has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received: Option<u64>,
}

impl From<&Refusal> for Failure {
    fn from(refusal: &Refusal) -> Self {
        Failure {
            code: refusal.code().into(),
            message: refusal.message(),
            after: refusal.after_ms(),
            now: refusal.now_ms(),
            rules: refusal.asks().to_vec(),
            received: None,
        }
    }
}

pub fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::BadRequest(_) => StatusCode::BAD_REQUEST,
        Refusal::NotSignedIn | Refusal::WrongCredentials => StatusCode::UNAUTHORIZED,
        Refusal::Forbidden | Refusal::BadOrigin | Refusal::SecondFirst => StatusCode::FORBIDDEN,
        Refusal::NotFound => StatusCode::NOT_FOUND,
        Refusal::Conflict(_) | Refusal::IdReused => StatusCode::CONFLICT,
        Refusal::Gone => StatusCode::GONE,
        Refusal::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::Invalid(_)
        | Refusal::Fault { .. }
        | Refusal::Supervised { .. }
        | Refusal::IdTooOld { .. }
        | Refusal::IdAhead { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::Rate { .. } | Refusal::Slow { .. } | Refusal::LockedOut { .. } => {
            StatusCode::TOO_MANY_REQUESTS
        }
        Refusal::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
        Refusal::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Goes with a refusal to where they are counted.
#[derive(Clone, Copy)]
pub struct RefusedBy(pub &'static str);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (status(&self), Json(Failure::from(&self))).into_response();
        response.extensions_mut().insert(RefusedBy(self.code()));
        response
    }
}

impl From<JsonRejection> for Refusal {
    fn from(rejection: JsonRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge {
                limit: super::BODY_BYTES_MAX as u64,
            },
            _ => Refusal::BadRequest(rejection.body_text()),
        }
    }
}

impl From<QueryRejection> for Refusal {
    fn from(rejection: QueryRejection) -> Self {
        Refusal::BadRequest(rejection.body_text())
    }
}

impl From<PathRejection> for Refusal {
    fn from(rejection: PathRejection) -> Self {
        Refusal::BadRequest(rejection.body_text())
    }
}

/// Our extractors: as axum's, with our refusals.
pub mod extract {
    use axum::extract::{FromRequest, FromRequestParts};

    use crate::chat::Refusal;

    #[derive(FromRequest)]
    #[from_request(via(axum::Json), rejection(Refusal))]
    pub struct Json<T>(pub T);

    #[derive(FromRequestParts)]
    #[from_request(via(axum::extract::Query), rejection(Refusal))]
    pub struct Query<T>(pub T);

    #[derive(FromRequestParts)]
    #[from_request(via(axum::extract::Path), rejection(Refusal))]
    pub struct Path<T>(pub T);
}
