//! Calls to others: witnesses, time-stamping authorities, other logs. One kept connection each, HTTP/1.1, TLS by the
//! machine's certificates. It never follows a redirect, and reads no more of an answer than it was told to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, header, uri::Scheme};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub struct Client {
    base: Uri,
    authorization: Option<HeaderValue>,
    patience: Duration,
    kept: Option<SendRequest<Full<Bytes>>>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Empty when it was not told.
    pub kind: String,
    pub body: Vec<u8>,
}

impl Client {
    /// `base`: http or https, a host, and maybe a path below which all calls lie. `patience` is for one whole call.
    pub fn new(base: &str, patience: Duration) -> anyhow::Result<Client> {
        let base: Uri = base
            .parse()
            .with_context(|| format!("{base} is no address"))?;
        ensure!(
            base.host().is_some()
                && [Some(&Scheme::HTTP), Some(&Scheme::HTTPS)].contains(&base.scheme()),
            "{base} is no http or https address"
        );
        ensure!(base.query().is_none(), "{base} must not have a query");
        Ok(Client {
            base,
            authorization: None,
            patience,
            kept: None,
        })
    }

    /// With a bearer token, which is never shown.
    pub fn with_token(mut self, token: &str) -> anyhow::Result<Client> {
        let mut value = HeaderValue::try_from(format!("Bearer {token}"))
            .map_err(|_| anyhow::anyhow!("the token cannot be sent in a header"))?;
        value.set_sensitive(true);
        self.authorization = Some(value);
        Ok(self)
    }

    pub async fn get(&mut self, path: &str, bytes_max: usize) -> anyhow::Result<Answer> {
        self.call(Method::GET, path, None, Bytes::new(), bytes_max)
            .await
    }

    pub async fn post(
        &mut self,
        path: &str,
        kind: &'static str,
        body: Vec<u8>,
        bytes_max: usize,
    ) -> anyhow::Result<Answer> {
        self.call(Method::POST, path, Some(kind), body.into(), bytes_max)
            .await
    }

    async fn call(
        &mut self,
        method: Method,
        path: &str,
        kind: Option<&'static str>,
        body: Bytes,
        bytes_max: usize,
    ) -> anyhow::Result<Answer> {
        let patience = self.patience;
        let exchange = async {
            // A kept connection may have been closed meanwhile: then once more, on a fresh one.
            if let Some(mut kept) = self.kept.take()
                && kept.ready().await.is_ok()
            {
                let request = self.request(&method, path, kind, body.clone())?;
                if let Ok(answer) = exchange(&mut kept, request, bytes_max).await {
                    self.kept = Some(kept);
                    return Ok(answer);
                }
            }
            let mut fresh = self.connect().await?;
            let request = self.request(&method, path, kind, body)?;
            let answer = exchange(&mut fresh, request, bytes_max).await?;
            self.kept = Some(fresh);
            Ok(answer)
        };
        Ok(Answer::of(within(patience, exchange).await?))
    }

    fn request(
        &self,
        method: &Method,
        path: &str,
        kind: Option<&'static str>,
        body: Bytes,
    ) -> anyhow::Result<Request<Full<Bytes>>> {
        let path = match path {
            "" => self.base.path().to_owned(),
            path => format!("{}/{path}", self.base.path().trim_end_matches('/')),
        };
        let host = self.base.authority().map_or("", |a| a.as_str());
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, host)
            .header(
                header::USER_AGENT,
                concat!("daylight/", env!("CARGO_PKG_VERSION")),
            );
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        Ok(request.body(Full::new(body))?)
    }

    async fn connect(&self) -> anyhow::Result<SendRequest<Full<Bytes>>> {
        let host = self.base.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let secure = self.base.scheme() == Some(&Scheme::HTTPS);
        let port = self
            .base
            .port_u16()
            .unwrap_or(if secure { 443 } else { 80 });
        let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host, port))
            .await
            .with_context(|| format!("{host} is not known"))?
            .collect();
        let stream = open(&addresses)
            .await
            .with_context(|| format!("{host}:{port} cannot be reached"))?;
        if secure {
            return begin(shake_hands(stream, host, tls()?).await?).await;
        }
        begin(TokioIo::new(stream)).await
    }
}

/// One call on a connection of its own, to where the request's own address leads; the answer with its headers.
pub async fn send(
    request: Request<Bytes>,
    patience: Duration,
    bytes_max: usize,
) -> anyhow::Result<Response<Bytes>> {
    let (mut parts, body) = request.into_parts();
    let (scheme, host) = (parts.uri.scheme_str(), parts.uri.authority());
    let (scheme, host) = scheme.zip(host).context("no whole address")?;
    let client = Client::new(&format!("{scheme}://{host}"), patience)?;
    let host = HeaderValue::try_from(host.as_str())?;
    parts.headers.insert(header::HOST, host);
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    parts.uri = path.parse()?;
    let request = Request::from_parts(parts, Full::new(body));
    let exchange = async {
        let mut fresh = client.connect().await?;
        exchange(&mut fresh, request, bytes_max).await
    };
    within(patience, exchange).await
}

/// What came back to a call of one's own making.
pub struct Told {
    pub status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Told {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// As `send`, for those who know nothing of HTTP's types: the headers are sent as they are.
pub async fn tell(
    method: &str,
    url: &str,
    headers: &[(&'static str, String)],
    body: Vec<u8>,
    patience: Duration,
    bytes_max: usize,
) -> anyhow::Result<Told> {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let answer = send(request.body(body.into())?, patience, bytes_max).await?;
    let (parts, body) = answer.into_parts();
    Ok(Told {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body,
    })
}

async fn within<T>(
    patience: Duration,
    call: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    match tokio::time::timeout(patience, call).await {
        Ok(outcome) => outcome,
        Err(_) => bail!("no answer within {} s", patience.as_secs()),
    }
}

pub(super) async fn open(addresses: &[SocketAddr]) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(addresses)
        .await
        .context("it cannot be reached")?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

pub(super) async fn shake_hands(
    stream: TcpStream,
    host: &str,
    tls: Arc<rustls::ClientConfig>,
) -> anyhow::Result<TokioIo<TlsStream<TcpStream>>> {
    let name = ServerName::try_from(host.to_owned())?;
    let stream = TlsConnector::from(tls)
        .connect(name, stream)
        .await
        .with_context(|| format!("{host} has no certificate that this machine trusts"))?;
    Ok(TokioIo::new(stream))
}

pub(super) async fn begin<S>(stream: S) -> anyhow::Result<SendRequest<Full<Bytes>>>
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (sender, connection) = handshake(stream).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to elsewhere ended");
        }
    });
    Ok(sender)
}

pub(super) async fn exchange(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
    bytes_max: usize,
) -> anyhow::Result<Response<Bytes>> {
    let (parts, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, bytes_max)
        .collect()
        .await
        .map_err(|error| {
            anyhow::anyhow!("the answer is cut short or over {bytes_max} bytes: {error}")
        })?
        .to_bytes();
    Ok(Response::from_parts(parts, body))
}

impl Answer {
    fn of(answer: Response<Bytes>) -> Answer {
        let kind = answer.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|value| value.to_str().ok());
        Answer {
            status: answer.status().as_u16(),
            kind: kind.unwrap_or_default().to_owned(),
            body: answer.body().to_vec(),
        }
    }
}

/// Trust is the machine's own: a company's internal authority is installed there once.
pub(crate) fn tls() -> anyhow::Result<Arc<rustls::ClientConfig>> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = rustls::RootCertStore::empty();
    let (added, _unreadable) = roots.add_parsable_certificates(found.certs);
    ensure!(
        added > 0,
        "this machine has no certificates to trust: install ca-certificates"
    );
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
