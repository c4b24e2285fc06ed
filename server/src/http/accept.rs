//! Connections: TLS when there is a certificate, HTTP/1.1, upgrades, and an orderly end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tower::Service;

use super::App;
use super::tls::{Tls, is_check};

/// A client that dawdles over its TLS handshake or its headers is let go.
const PATIENCE: Duration = Duration::from_secs(10);
/// hyper's least; sockets give it back after their upgrade.
const BUFFER_BYTES: usize = 16 * 1024;
/// After an accept error such as "too many open files".
const BREATH: Duration = Duration::from_millis(100);

/// Held by everything that serves a connection; the place is free when the last is gone.
#[derive(Clone)]
pub struct Place(#[expect(dead_code, reason = "held, never read")] Arc<OwnedSemaphorePermit>);

/// Accepts until the server stops, then waits for what is under way.
pub async fn run(listener: TcpListener, tls: Option<Tls>, router: Router, app: Arc<App>) {
    let places = Arc::clone(&app.places);
    let mut stopping = app.stopping.clone();
    loop {
        let place = tokio::select! {
            () = stopped(&mut stopping) => break,
            place = Arc::clone(&places).acquire_owned() => place,
        };
        let Ok(place) = place else { break };
        let (stream, peer) = tokio::select! {
            () = stopped(&mut stopping) => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(BREATH).await;
                    continue;
                }
            },
        };
        let (tls, router, app) = (tls.clone(), router.clone(), Arc::clone(&app));
        tokio::spawn(async move {
            let place = Place(Arc::new(place));
            connection(stream, peer, tls, router, app, place).await;
        });
    }
    // Sockets hold their places too: they still say goodbye.
    let _all_gone = places.acquire_many(app.config.limits.connections).await;
}

/// Resolves when the server stops, or is gone.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _or_gone = stopping.wait_for(|stop| *stop).await.map(|_| ());
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<Tls>,
    router: Router,
    app: Arc<App>,
    place: Place,
) {
    // Small frames must not wait for each other.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    match tls {
        None => http(stream, peer, router, app, place).await,
        Some(tls) => {
            let accepting = tls.acceptor().accept(stream);
            if let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, accepting).await
                && !is_check(stream.get_ref().1)
            {
                http(stream, peer, router, app, place).await;
            }
        }
    }
}

async fn http<S>(stream: S, peer: SocketAddr, router: Router, app: Arc<App>, place: Place)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(place.clone());
        router.clone().call(request.map(axum::body::Body::new))
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let mut stopping = app.stopping.clone();
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = stopped(&mut stopping) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended in the middle");
    }
}
