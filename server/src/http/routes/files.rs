//! Attachments in and out.

use std::io::Read as _;
use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use migrations_free_store::Id;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use utoipa::{IntoParams, ToSchema};

use crate::chat::Refusal;
use crate::chat::event::FileFact;
use crate::files::{Piece, Taken};
use crate::http::error::extract;
use crate::http::session::Session;
use crate::http::{App, Failure};
use crate::views::seen::File;
use crate::views::unavailable;

/// The largest piece of an upload.
pub const PIECE_BYTES_MAX: usize = 1024 * 1024;
/// Sealed chunks on their way to a slow reader.
const CHUNKS_AHEAD: usize = 4;
const CHUNK_BYTES: usize = 64 * 1024;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct UploadQuery {
    #[param(value_type = String)]
    c: Id,
    name: String,
    size: u64,
    #[serde(default)]
    offset: u64,
}

#[derive(Serialize, ToSchema)]
pub struct Uploaded {
    #[schema(value_type = String)]
    id: Id,
    received: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<File>,
}

/// Takes a file piece by piece.
#[utoipa::path(put, path = "/api/v1/uploads/{id}", params(("id" = String, Path), UploadQuery), request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 200, body = Uploaded), (status = 409, body = Failure)))]
pub async fn upload(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Path(id): extract::Path<Id>,
    extract::Query(query): extract::Query<UploadQuery>,
    body: Body,
) -> Result<Response, Refusal> {
    let bytes = axum::body::to_bytes(body, PIECE_BYTES_MAX)
        .await
        .map_err(|_| Refusal::TooLarge {
            limit: PIECE_BYTES_MAX as u64,
        })?;
    let size = query.size;
    let piece = Piece {
        person: session.person,
        id,
        channel: query.c,
        name: query.name,
        size,
        offset: query.offset,
    };
    let (received, file) = match app.uploads.put(&app, piece, &bytes).await? {
        Taken::More(received) => (received, None),
        // Named by the upload until its message gives it a place.
        Taken::Done(fact) => (
            size,
            Some(File {
                id: id.to_string(),
                ..File::of(&fact, None)
            }),
        ),
        Taken::Elsewhere(received) => {
            let refusal = Refusal::Conflict("The upload continues elsewhere.");
            let failure = Failure {
                rules: Vec::new(),
                received: Some(received),
                ..Failure::from(&refusal)
            };
            return Ok((StatusCode::CONFLICT, Json(failure)).into_response());
        }
    };
    Ok(Json(Uploaded { id, received, file }).into_response())
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct DownloadQuery {
    thumb: Option<u8>,
}

/// An attachment, to those who may read its message.
#[utoipa::path(get, path = "/api/v1/files/{file}", params(("file" = String, Path), DownloadQuery), responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
pub async fn download(
    State(app): State<Arc<App>>,
    session: Session,
    headers: HeaderMap,
    extract::Path(name): extract::Path<String>,
    extract::Query(query): extract::Query<DownloadQuery>,
) -> Result<Response, Refusal> {
    let (channel, q, id) = place(&name).ok_or(Refusal::NotFound)?;
    let fact = app
        .read(move |app| {
            let event = app.views.seen_by(session.person).message(channel, q)?;
            let files = event.content.map(|c| c.files).unwrap_or_default();
            files
                .into_iter()
                .find(|f| f.id == id)
                .ok_or(Refusal::NotFound)
        })
        .await?;
    send(&app, &fact, &query, &headers).await
}

/// Its bytes, or those of its thumbnail, to whoever may have them.
pub(super) async fn send(
    app: &Arc<App>,
    fact: &FileFact,
    query: &DownloadQuery,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let thumb = fact.thumb.filter(|_| query.thumb == Some(1));
    let range = headers
        .get(header::RANGE)
        .and_then(|v| v.to_str().ok())
        .filter(|_| thumb.is_none());
    blob(app, thumb.unwrap_or(fact.id), fact, thumb.is_some(), range).await
}

/// `channel-q-file`: a file is named by the message it stands in.
pub(super) fn place(name: &str) -> Option<(Id, u64, Id)> {
    let mut parts = name.split('-');
    let place = (
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
    );
    parts.next().is_none().then_some(place)
}

async fn blob(
    app: &Arc<App>,
    id: Id,
    fact: &FileFact,
    is_thumb: bool,
    range: Option<&str>,
) -> Result<Response, Refusal> {
    let len = app
        .read(move |app| match app.views.store.blob_read(id, 0..0) {
            Ok(reader) => Ok(reader.blob_len()),
            Err(
                migrations_free_store::Error::NotFound | migrations_free_store::Error::Forgotten,
            ) => Err(Refusal::NotFound),
            Err(error) => Err(unavailable(error)),
        })
        .await?;
    let (status, from, to) = match range.map(|r| byte_range(r, len)) {
        None => (StatusCode::OK, 0, len),
        Some(Some((from, to))) => (StatusCode::PARTIAL_CONTENT, from, to),
        Some(None) => (StatusCode::RANGE_NOT_SATISFIABLE, 0, 0),
    };
    let mut response = stream(app, id, from, to).into_response();
    *response.status_mut() = status;
    let set = response.headers_mut();
    let mime = if is_thumb {
        "image/jpeg"
    } else {
        fact.mime.as_str()
    };
    let inline = ["image/", "audio/", "video/"]
        .iter()
        .any(|kind| mime.starts_with(kind))
        && mime != "image/svg+xml";
    let mime = if inline {
        mime
    } else {
        "application/octet-stream"
    };
    put(set, header::CONTENT_TYPE, mime);
    put(set, header::CONTENT_LENGTH, &(to - from).to_string());
    put(set, header::ACCEPT_RANGES, "bytes");
    // Private and never on disk: what is destroyed on the server must not live on in a browser.
    put(set, header::CACHE_CONTROL, "private, no-store");
    put(
        set,
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; sandbox",
    );
    put(
        set,
        header::CONTENT_DISPOSITION,
        &disposition(inline, &fact.name),
    );
    if status == StatusCode::PARTIAL_CONTENT {
        put(
            set,
            header::CONTENT_RANGE,
            &format!("bytes {from}-{}/{len}", to - 1),
        );
    } else if status == StatusCode::RANGE_NOT_SATISFIABLE {
        put(set, header::CONTENT_RANGE, &format!("bytes */{len}"));
    }
    Ok(response)
}

/// Unseals and sends chunk by chunk; at most a few wait for a slow reader.
pub fn stream(app: &Arc<App>, id: Id, from: u64, to: u64) -> Body {
    let (send, receive) = mpsc::channel::<Result<Bytes, std::io::Error>>(CHUNKS_AHEAD);
    let store = app.views.store.clone();
    tokio::task::spawn_blocking(move || {
        let mut reader = match store.blob_read(id, from..to) {
            Ok(reader) => reader,
            Err(error) => {
                let _gone = send.blocking_send(Err(std::io::Error::other(error)));
                return;
            }
        };
        loop {
            let mut chunk = vec![0; CHUNK_BYTES];
            let read = reader.read(&mut chunk);
            let done = matches!(read, Ok(0) | Err(_));
            let sent = match read {
                Ok(0) => break,
                Ok(n) => {
                    chunk.truncate(n);
                    send.blocking_send(Ok(chunk.into()))
                }
                Err(error) => send.blocking_send(Err(error)),
            };
            if done || sent.is_err() {
                break;
            }
        }
    });
    let chunks = futures_util::stream::unfold(receive, |mut receive| async move {
        receive.recv().await.map(|chunk| (chunk, receive))
    });
    // Asked again after its end (compression does), it stays at its end.
    Body::from_stream(chunks.fuse())
}

pub fn put(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// RFC 6266, with the name in UTF-8.
pub fn disposition(inline: bool, name: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _infallible = write!(encoded, "%{byte:02X}");
        }
    }
    format!(
        "{}; filename*=UTF-8''{encoded}",
        if inline { "inline" } else { "attachment" }
    )
}

/// One `bytes=a-b` range, as media players ask; half-open. None: not within the file.
fn byte_range(text: &str, len: u64) -> Option<(u64, u64)> {
    let (from, to) = text.strip_prefix("bytes=")?.split_once('-')?;
    let range = match (from.parse::<u64>(), to.parse::<u64>()) {
        (Ok(from), Ok(to)) => (from, to.saturating_add(1).min(len)),
        (Ok(from), Err(_)) if to.is_empty() => (from, len),
        (Err(_), Ok(last)) if from.is_empty() => (len.saturating_sub(last), len),
        _ => return None,
    };
    (range.0 < range.1).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_stay_within_the_file() {
        assert_eq!(byte_range("bytes=0-", 10), Some((0, 10)));
        assert_eq!(byte_range("bytes=2-3", 10), Some((2, 4)));
        assert_eq!(byte_range("bytes=2-99", 10), Some((2, 10)));
        assert_eq!(byte_range("bytes=-4", 10), Some((6, 10)));
        for bad in [
            "bytes=10-",
            "bytes=5-2",
            "bytes=x-",
            "items=0-1",
            "bytes=0-1,3-4",
            "bytes=-",
            "bytes=0-18446744073709551615,",
        ] {
            assert_eq!(byte_range(bad, 10), None, "{bad}");
        }
    }
}
