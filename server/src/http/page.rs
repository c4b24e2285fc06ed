//! One page of somebody else's, read because a person wrote down its address: no cookie, no referrer, no word of who asks.
//!
//! Every address on the way is looked at before it is connected to, those that redirects lead to as well; a name is
//! resolved once for each, and what it was found to be is what is called.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use axum::http::{Request, StatusCode, Uri, header, uri::Scheme};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::client::{open, shake_hands, tls};
use super::foreign::{Barred, Reach, admit, look_up};

/// For all of it, redirects among it.
const PATIENCE: Duration = Duration::from_secs(5);
const REDIRECTS_MAX: usize = 3;
/// What is read of a page; what it says of itself stands at its beginning.
const PAGE_BYTES_MAX: usize = 512 * 1024;
const LOCATION_BYTES_MAX: usize = 4_096;

/// The beginning of a page, and its media type.
#[derive(Debug)]
pub struct Page {
    pub kind: String,
    pub bytes: Vec<u8>,
}

/// The way to a host: who says where it is, and who goes there.
pub trait Road: Send + Sync {
    fn find(
        &self,
        host: &str,
        port: u16,
    ) -> impl Future<Output = Result<Vec<SocketAddr>, Barred>> + Send;
    fn reach(
        &self,
        addresses: &[SocketAddr],
    ) -> impl Future<Output = anyhow::Result<TcpStream>> + Send;
}

/// The machine's own resolver and network.
pub struct Machine;

impl Road for Machine {
    async fn find(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Barred> {
        look_up(host, port).await
    }
    async fn reach(&self, addresses: &[SocketAddr]) -> anyhow::Result<TcpStream> {
        open(addresses).await
    }
}

/// Reads pages, with the machine's certificates read once.
pub struct Reader<R = Machine> {
    road: R,
    reach: Reach,
    tls: OnceLock<Arc<rustls::ClientConfig>>,
}

/// An address that a page may have.
#[derive(Debug, PartialEq)]
struct Target {
    uri: Uri,
    secure: bool,
    port: u16,
}

enum Answer {
    Page(Page),
    Elsewhere(String),
}

impl Reader {
    pub fn new(reach: Reach) -> Reader {
        Reader::by(Machine, reach)
    }
}

impl<R: Road> Reader<R> {
    fn by(road: R, reach: Reach) -> Reader<R> {
        let tls = OnceLock::new();
        Reader { road, reach, tls }
    }

    pub async fn read(&self, url: &str) -> anyhow::Result<Page> {
        tokio::time::timeout(PATIENCE, self.follow(url))
            .await
            .map_err(|_| anyhow::anyhow!("no page within {} s", PATIENCE.as_secs()))?
    }

    async fn follow(&self, url: &str) -> anyhow::Result<Page> {
        let mut target = Target::parse(url, self.reach).context("no page has such an address")?;
        for _ in 0..=REDIRECTS_MAX {
            match self.ask(&target).await? {
                Answer::Page(page) => return Ok(page),
                Answer::Elsewhere(location) => {
                    target = target
                        .leads_to(&location, self.reach)
                        .context("it leads to where no page is")?;
                }
            }
        }
        bail!("it leads on more than {REDIRECTS_MAX} times")
    }

    async fn ask(&self, target: &Target) -> anyhow::Result<Answer> {
        let host = target.uri.host().context("no host")?;
        let bare = host.trim_matches(['[', ']']);
        let found = self.road.find(bare, target.port).await?;
        let addresses = admit(found, self.reach)?;
        let stream = self.road.reach(&addresses).await?;
        if target.secure {
            let stream = shake_hands(stream, bare, self.tls()?).await?;
            return exchange(stream, target).await;
        }
        exchange(TokioIo::new(stream), target).await
    }

    fn tls(&self) -> anyhow::Result<Arc<rustls::ClientConfig>> {
        if let Some(known) = self.tls.get() {
            return Ok(Arc::clone(known));
        }
        let read = tls()?;
        Ok(Arc::clone(self.tls.get_or_init(|| read)))
    }
}

async fn exchange<S>(stream: S, target: &Target) -> anyhow::Result<Answer>
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (mut sender, connection) = handshake(stream).await?;
    // It ends with this call, however that ends: a page that never does holds nothing up.
    let mut beside = JoinSet::new();
    beside.spawn(connection);
    let path = target.uri.path_and_query();
    let authority = target.uri.authority().context("no host")?;
    let request = Request::builder()
        .uri(path.map_or("/", |path| path.as_str()))
        .header(header::HOST, authority.as_str())
        .header(header::USER_AGENT, "daylight")
        .header(header::ACCEPT, "text/html")
        .header(header::ACCEPT_ENCODING, "identity")
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())?;
    let (parts, mut body) = sender.send_request(request).await?.into_parts();
    let named = |name| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    if parts.status.is_redirection() && parts.status != StatusCode::NOT_MODIFIED {
        let location = named(header::LOCATION).context("it leads nowhere")?;
        ensure!(location.len() <= LOCATION_BYTES_MAX, "it leads too far");
        return Ok(Answer::Elsewhere(location.to_owned()));
    }
    ensure!(parts.status == StatusCode::OK, "it is not there");
    let kind = named(header::CONTENT_TYPE).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    ensure!(essence.eq_ignore_ascii_case("text/html"), "it is no page");
    let coding = named(header::CONTENT_ENCODING).unwrap_or("identity");
    ensure!(coding.eq_ignore_ascii_case("identity"), "it is packed");
    let kind = kind.to_owned();
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        // What came of a page that broke off says as much.
        let Ok(frame) = frame else { break };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        let room = PAGE_BYTES_MAX - bytes.len();
        bytes.extend_from_slice(data.get(..room).unwrap_or(&data));
        if bytes.len() >= PAGE_BYTES_MAX {
            break;
        }
    }
    Ok(Answer::Page(Page { kind, bytes }))
}

impl Target {
    /// None for what no page would have. Beyond the house only the usual ports: nobody looks for others through us.
    fn parse(text: &str, reach: Reach) -> Option<Target> {
        let text = text.split('#').next().unwrap_or_default();
        let uri: Uri = as_ascii(text)?.parse().ok()?;
        let secure = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return None,
        };
        let authority = uri.authority()?.as_str();
        if authority.contains('@') || uri.host().is_none_or(str::is_empty) {
            return None;
        }
        let usual = if secure { 443 } else { 80 };
        let has_port = authority.rsplit(']').next()?.contains(':');
        let port = match uri.port_u16() {
            Some(port) => port,
            None if has_port => return None,
            None => usual,
        };
        (reach == Reach::House || port == usual).then_some(Target { uri, secure, port })
    }

    fn leads_to(&self, location: &str, reach: Reach) -> Option<Target> {
        let scheme = if self.secure { "https" } else { "http" };
        let authority = self.uri.authority()?.as_str();
        let path = self.uri.path();
        let whole = if has_scheme(location) {
            location.to_owned()
        } else if location.starts_with("//") {
            format!("{scheme}:{location}")
        } else if location.starts_with('/') {
            format!("{scheme}://{authority}{location}")
        } else if location.starts_with('?') {
            format!("{scheme}://{authority}{path}{location}")
        } else {
            let folder = path.rfind('/').map_or("/", |end| &path[..=end]);
            format!("{scheme}://{authority}{folder}{location}")
        };
        Target::parse(&whole, reach)
    }
}

fn has_scheme(location: &str) -> bool {
    let end = location.find(['/', '?', '#']).unwrap_or(location.len());
    location.get(..end).is_some_and(|start| start.contains(':'))
}

/// Letters beyond ASCII as they go over the wire; None where they stand in a host's name.
fn as_ascii(text: &str) -> Option<String> {
    use std::fmt::Write as _;
    let rest = text.find("://").map_or(0, |at| at + 3);
    let host_end = text.get(rest..)?.find(['/', '?']);
    let host_end = host_end.map_or(text.len(), |at| rest + at);
    if !text.get(..host_end)?.bytes().all(|b| b.is_ascii_graphic()) {
        return None;
    }
    let mut ascii = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() {
            ascii.push(char::from(byte));
        } else {
            write!(ascii, "%{byte:02X}").ok()?;
        }
    }
    Some(ascii)
}

#[cfg(test)]
mod tests;
