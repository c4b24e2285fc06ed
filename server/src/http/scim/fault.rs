//! Refusals as SCIM tells them (RFC 7644, 3.12).
//!
//! Never repeats what was sent.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::answer;
use crate::chat::Refusal;
use crate::http::error::{RefusedBy, status};

pub const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

#[derive(Debug)]
pub struct Fault {
    pub status: StatusCode,
    /// `scimType`: of the standard's list.
    pub kind: Option<&'static str>,
    pub detail: String,
    code: &'static str,
    after_ms: Option<u64>,
}

impl Fault {
    pub fn new(status: StatusCode, kind: Option<&'static str>, detail: impl Into<String>) -> Self {
        Fault {
            status,
            kind,
            detail: detail.into(),
            code: "scim",
            after_ms: None,
        }
    }

    fn bad(kind: &'static str, detail: impl Into<String>) -> Self {
        Fault::new(StatusCode::BAD_REQUEST, Some(kind), detail)
    }

    pub fn syntax(detail: &str) -> Self {
        Fault::bad("invalidSyntax", detail)
    }

    pub fn value(detail: impl Into<String>) -> Self {
        Fault::bad("invalidValue", detail)
    }

    pub fn path(detail: &str) -> Self {
        Fault::bad("invalidPath", detail)
    }

    pub fn filter(detail: &str) -> Self {
        Fault::bad("invalidFilter", detail)
    }

    pub fn mutability(detail: &str) -> Self {
        Fault::bad("mutability", detail)
    }

    pub fn no_target(detail: &str) -> Self {
        Fault::bad("noTarget", detail)
    }

    /// Whoever asks is not the directory.
    pub fn unknown() -> Self {
        Fault {
            code: "not_signed_in",
            ..Fault::new(
                StatusCode::UNAUTHORIZED,
                None,
                "This takes the directory's token.",
            )
        }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        let (code, kind) = match &refusal {
            Refusal::Fault {
                code: "account/taken",
                ..
            } => (StatusCode::CONFLICT, Some("uniqueness")),
            Refusal::Invalid(_) | Refusal::Fault { .. } => {
                (StatusCode::BAD_REQUEST, Some("invalidValue"))
            }
            other => (status(other), None),
        };
        Fault {
            code: refusal.code(),
            after_ms: refusal.after_ms(),
            ..Fault::new(code, kind, refusal.message())
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut told = json!({
            "schemas": [ERROR],
            "status": self.status.as_u16().to_string(),
            "detail": self.detail,
        });
        if let Some(kind) = self.kind {
            told["scimType"] = kind.into();
        }
        let mut response = answer(self.status, &told);
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(after_ms) = self.after_ms {
            headers.insert(header::RETRY_AFTER, after_ms.div_ceil(1_000).into());
        }
        response.extensions_mut().insert(RefusedBy(self.code));
        response
    }
}
