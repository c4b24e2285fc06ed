//! A witness at its address: C2SP tlog-witness over HTTP/1.1, for as many logs as it was told of.
//!
//! Plain HTTP: all it takes and gives is public and signed. Never holds more than a bounded body and connection count.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::Service as _;

use crate::clock::Clock;
use crate::witness::cosigning::{Declined, REQUEST_BYTES_MAX, Witness};

const CONNECTIONS_MAX: usize = 256;
/// Headers come within this, and a connection lives no longer than ten times it.
const PATIENCE: Duration = Duration::from_secs(10);

struct Post {
    witness: Witness,
    clock: Clock,
}

/// Listens and answers until `stop` resolves. `ready` is told the address.
pub async fn serve(
    listen: SocketAddr,
    witness: Witness,
    clock: Clock,
    ready: impl FnOnce(SocketAddr),
    stop: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}"))?;
    ready(listener.local_addr()?);
    let router = Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/{origin_hash}/checkpoint", get(checkpoint))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .with_state(Arc::new(Post { witness, clock }));
    tokio::select! {
        () = accept(listener, router) => Ok(()),
        stopped = stop => stopped,
    }
}

async fn accept(listener: TcpListener, router: Router) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let router = router.clone();
                tokio::spawn(async move {
                    let _ended =
                        tokio::time::timeout(10 * PATIENCE, connection(stream, router)).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, router: Router) {
    let service = hyper::service::service_fn(move |request: hyper::Request<_>| {
        router.clone().call(request.map(axum::body::Body::new))
    });
    let ended = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended in the middle");
    }
}

async fn add_checkpoint(State(at): State<Arc<Post>>, body: Bytes) -> Response {
    let outcome = tokio::task::spawn_blocking(move || {
        at.witness.add_checkpoint(&body, at.clock.now_ms() / 1000)
    });
    match outcome.await {
        Ok(Ok(line)) => plain(StatusCode::OK, "text/plain; charset=utf-8", line),
        Ok(Err(declined)) => decline(declined),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn decline(declined: Declined) -> Response {
    const TEXT: &str = "text/plain; charset=utf-8";
    match declined {
        Declined::Malformed(why) => plain(StatusCode::BAD_REQUEST, TEXT, format!("{why}\n")),
        Declined::UnknownLog => plain(
            StatusCode::NOT_FOUND,
            TEXT,
            "This log is not known here.\n".into(),
        ),
        Declined::NotSigned => plain(
            StatusCode::FORBIDDEN,
            TEXT,
            "The log's key has not signed this.\n".into(),
        ),
        Declined::Latest(size) => plain(
            StatusCode::CONFLICT,
            "text/x.tlog.size",
            format!("{size}\n"),
        ),
        Declined::Inconsistent(why) => {
            plain(StatusCode::UNPROCESSABLE_ENTITY, TEXT, format!("{why}\n"))
        }
        Declined::NotKept => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn checkpoint(State(at): State<Arc<Post>>, Path(origin_hash): Path<String>) -> Response {
    match at.witness.latest(&origin_hash) {
        Some(note) => plain(StatusCode::OK, "text/plain; charset=utf-8", note),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn plain(status: StatusCode, kind: &'static str, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}
