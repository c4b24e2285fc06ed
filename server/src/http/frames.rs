//! WebSocket over a bare stream: tungstenite reads and answers control frames, and what was encoded once for everybody
//! is written as it is.
//!
//! Knows nothing of sessions, commands or events.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use bytes::{Buf, Bytes};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{Error as WsError, ProtocolError};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, Role, WebSocketConfig};

/// Small, because most sockets are idle: what a frame needs beyond it is taken while it is read.
const READ_BUFFER_BYTES: usize = 2 * 1024;
const CONTROL_BUFFER_BYTES: usize = 512;
/// A reader that takes nothing for this long is closed.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// The other side has this long to answer a goodbye.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);
/// Slices handed to the kernel in one write.
const SLICES_MAX: usize = 64;
const HEADER_BYTES_MAX: usize = 10;
/// Most frames fit without growing.
const FRAME_BYTES_USUAL: usize = 768;

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text = 1,
    Binary = 2,
}

/// One unmasked, final frame (RFC 6455) with what `fill` writes. What cannot be written is sent not at all.
pub fn encode<E>(kind: Kind, fill: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Bytes {
    let mut out = Vec::with_capacity(FRAME_BYTES_USUAL);
    out.resize(HEADER_BYTES_MAX, 0);
    if fill(&mut out).is_err() {
        return Bytes::new();
    }
    let len = out.len() - HEADER_BYTES_MAX;
    let first = 0x80 | kind as u8;
    let header: Vec<u8> = match len {
        0..=125 => vec![first, len as u8],
        126..=0xffff => {
            let [a, b] = (len as u16).to_be_bytes();
            vec![first, 126, a, b]
        }
        _ => [&[first, 127], (len as u64).to_be_bytes().as_slice()].concat(),
    };
    let start = HEADER_BYTES_MAX - header.len();
    out[start..HEADER_BYTES_MAX].copy_from_slice(&header);
    Bytes::from(out).slice(start..)
}

/// A request that may become a socket.
pub struct Handshake {
    accept: HeaderValue,
    protocol: Option<&'static str>,
}

impl Handshake {
    /// None: it does not ask for WebSocket 13, or not for the protocol.
    pub fn of(headers: &HeaderMap, protocol: Option<&'static str>) -> Option<Handshake> {
        let has = |name, word: &str| {
            headers
                .get_all(name)
                .iter()
                .filter_map(|v| v.to_str().ok())
                .flat_map(|v| v.split(','))
                .any(|v| v.trim().eq_ignore_ascii_case(word))
        };
        let fits = has(header::CONNECTION, "upgrade")
            && has(header::UPGRADE, "websocket")
            && has(header::SEC_WEBSOCKET_VERSION, "13")
            && protocol.is_none_or(|protocol| has(header::SEC_WEBSOCKET_PROTOCOL, protocol));
        let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| fits)?;
        let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok()?;
        Some(Handshake { accept, protocol })
    }

    /// Answers it; the socket lives on in a task of its own, and takes messages of at most `bytes_max`.
    pub fn answer<F, T>(
        self,
        request: &mut Request<Body>,
        bytes_max: usize,
        talk: F,
    ) -> Response<Body>
    where
        F: FnOnce(Frames) -> T + Send + 'static,
        T: Future<Output = ()> + Send,
    {
        let upgrade = hyper::upgrade::on(request);
        tokio::spawn(async move {
            if let Ok(upgraded) = upgrade.await
                && let Some(frames) = Frames::over(upgraded, bytes_max).await
            {
                talk(frames).await;
            }
        });
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let set = response.headers_mut();
        set.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        set.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        set.insert(header::SEC_WEBSOCKET_ACCEPT, self.accept);
        if let Some(protocol) = self.protocol {
            let protocol = HeaderValue::from_static(protocol);
            set.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
        }
        response
    }
}

trait Line: AsyncRead + AsyncWrite + Unpin + Send + Sync {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + Sync> Line for S {}

pub struct Frames {
    ws: WebSocketStream<Box<dyn Line>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwritten {
    Gone,
    TooSlow,
}

impl Frames {
    /// Takes the bare stream out of hyper, so that nothing stands between frames and the kernel.
    async fn over(upgraded: Upgraded, bytes_max: usize) -> Option<Frames> {
        type Tls = tokio_rustls::server::TlsStream<TcpStream>;
        let (line, read): (Box<dyn Line>, Bytes) = match upgraded.downcast::<TokioIo<TcpStream>>() {
            Ok(parts) => (Box::new(parts.io.into_inner()), parts.read_buf),
            Err(upgraded) => {
                let Ok(parts) = upgraded.downcast::<TokioIo<Tls>>() else {
                    tracing::error!("a connection of an unknown kind was upgraded");
                    return None;
                };
                (Box::new(parts.io.into_inner()), parts.read_buf)
            }
        };
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_write_buffer_size(CONTROL_BUFFER_BYTES)
            .max_message_size(Some(bytes_max))
            .max_frame_size(Some(bytes_max));
        let (read, config) = (read.to_vec(), Some(config));
        let ws = WebSocketStream::from_partially_read(line, read, Role::Server, config).await;
        Some(Frames { ws })
    }

    pub async fn next(&mut self) -> Option<Result<Message, WsError>> {
        self.ws.next().await
    }

    /// All that waits, in as few writes as the kernel takes, within a time.
    pub async fn write(&mut self, frames: VecDeque<Bytes>) -> Result<(), Unwritten> {
        match tokio::time::timeout(WRITE_WITHIN, self.write_all(frames)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Unwritten::Gone),
            Err(_) => Err(Unwritten::TooSlow),
        }
    }

    async fn write_all(&mut self, mut frames: VecDeque<Bytes>) -> Result<(), WsError> {
        // Control frames that tungstenite holds go first: after that the stream is between frames.
        self.ws.flush().await?;
        let stream = self.ws.get_mut();
        if !stream.is_write_vectored() || frames.len() == 1 {
            for chunk in joined(frames) {
                stream.write_all(&chunk).await?;
            }
        } else {
            while !frames.is_empty() {
                let slices: Vec<IoSlice<'_>> = frames
                    .iter()
                    .take(SLICES_MAX)
                    .map(|f| IoSlice::new(f))
                    .collect();
                let mut written = stream.write_vectored(&slices).await?;
                if written == 0 {
                    return Err(WsError::ConnectionClosed);
                }
                while let Some(first) = frames.front_mut() {
                    if written < first.len() {
                        first.advance(written);
                        break;
                    }
                    written -= first.len();
                    frames.pop_front();
                }
            }
        }
        stream.flush().await?;
        Ok(())
    }

    pub async fn close(&mut self, code: u16, reason: &'static str) {
        let frame = CloseFrame {
            code: CloseCode::from(code),
            reason: reason.into(),
        };
        let ending = async {
            if self.ws.close(Some(frame)).await.is_ok() {
                // The stream ends when the other side has answered.
                while let Some(Ok(_)) = self.ws.next().await {}
            }
        };
        let _gone = tokio::time::timeout(CLOSE_WITHIN, ending).await;
    }
}

/// With what a socket is closed after a fault in what came; None: there is nobody to tell.
pub fn close_code(error: &WsError) -> Option<u16> {
    match error {
        WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        WsError::Protocol(_) => Some(1002),
        WsError::Utf8(_) => Some(1007),
        WsError::Capacity(_) => Some(1009),
        _ => None,
    }
}

/// For streams that take one buffer at a time (TLS): few large ones.
fn joined(frames: VecDeque<Bytes>) -> Vec<Bytes> {
    const CHUNK_BYTES: usize = 16 * 1024;
    let mut chunks: Vec<Vec<u8>> = Vec::new();
    if frames.len() == 1 {
        return frames.into();
    }
    for frame in frames {
        match chunks.last_mut() {
            Some(last) if last.len() + frame.len() <= CHUNK_BYTES => last.extend_from_slice(&frame),
            _ => chunks.push(frame.to_vec()),
        }
    }
    chunks.into_iter().map(Bytes::from).collect()
}
