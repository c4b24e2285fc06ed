//! A small HTTP/1.1 client: one kept connection, plain or TLS, one cookie, exact bytes when asked.
//! It never follows redirects and never hides what the server said.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

const TIMEOUT: Duration = Duration::from_mins(1);
const HEADERS_MAX: usize = 200;

/// Where a server answers and what it calls itself.
#[derive(Clone)]
pub struct Site {
    pub addr: SocketAddr,
    /// What its certificate says it is called.
    name: String,
    tls: Option<Arc<rustls::ClientConfig>>,
}

impl Site {
    pub fn plain(addr: SocketAddr) -> Site {
        let name = addr.to_string();
        Site {
            addr,
            name,
            tls: None,
        }
    }

    /// By the name of this machine itself, as browsers need it for passkeys.
    pub fn local(addr: SocketAddr) -> Site {
        Site {
            name: format!("localhost:{}", addr.port()),
            ..Site::plain(addr)
        }
    }

    /// Trusts exactly one self-made certificate (DER), which is for `localhost`.
    pub fn tls(addr: SocketAddr, certificate: &[u8]) -> Result<Site> {
        Site::called("localhost", addr, certificate)
    }

    /// Trusts whatever this certificate (DER) vouches for.
    pub fn called(name: &str, addr: SocketAddr, certificate: &[u8]) -> Result<Site> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(certificate.to_vec().into())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Site {
            addr,
            name: name.to_owned(),
            tls: Some(Arc::new(config)),
        })
    }

    pub fn origin(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.host())
    }

    pub fn host(&self) -> String {
        match self.tls {
            Some(_) => format!("{}:{}", self.name, self.addr.port()),
            None => self.name.clone(),
        }
    }

    pub fn connect(&self) -> Result<Stream> {
        let tcp = TcpStream::connect_timeout(&self.addr, TIMEOUT)
            .with_context(|| format!("connecting to {}", self.addr))?;
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(TIMEOUT))?;
        tcp.set_write_timeout(Some(TIMEOUT))?;
        let Some(config) = &self.tls else {
            return Ok(Stream::Plain(tcp));
        };
        let name = self.name.clone().try_into()?;
        let connection = rustls::ClientConnection::new(Arc::clone(config), name)?;
        Ok(Stream::Tls(Box::new(rustls::StreamOwned::new(
            connection, tcp,
        ))))
    }
}

pub enum Stream {
    Plain(TcpStream),
    Tls(Box<rustls::StreamOwned<rustls::ClientConnection, TcpStream>>),
}

impl Stream {
    /// The server's own certificate (DER), when it has shown one.
    pub fn shown(&self) -> Option<Vec<u8>> {
        match self {
            Stream::Plain(_) => None,
            Stream::Tls(tls) => Some(tls.conn.peer_certificates()?.first()?.to_vec()),
        }
    }

    pub fn tcp(&self) -> &TcpStream {
        match self {
            Stream::Plain(tcp) => tcp,
            Stream::Tls(tls) => &tls.sock,
        }
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(tcp) => tcp.read(into),
            Stream::Tls(tls) => tls.read(into),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(tcp) => tcp.write(from),
            Stream::Tls(tls) => tls.write(from),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(tcp) => tcp.flush(),
            Stream::Tls(tls) => tls.flush(),
        }
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| self.describe())
    }

    /// The body of a success; an error tells what the server answered.
    pub fn ok(&self) -> Result<Value> {
        ensure!(self.status == 200, self.describe());
        self.json()
    }

    /// The stable code of a refusal, or `""`.
    pub fn code(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body["code"].as_str().unwrap_or_default().to_owned()
    }

    fn describe(&self) -> String {
        let start = self.body.get(..300).unwrap_or(&self.body);
        format!(
            "the server answered {} {}",
            self.status,
            String::from_utf8_lossy(start)
        )
    }
}

pub struct Client {
    pub site: Site,
    /// `name=value`, taken from the newest Set-Cookie.
    pub cookie: Option<String>,
    stream: Option<BufReader<Stream>>,
}

impl Client {
    pub fn new(site: Site) -> Client {
        Client {
            site,
            cookie: None,
            stream: None,
        }
    }

    pub fn with_cookie(site: Site, cookie: &str) -> Client {
        Client {
            site,
            cookie: Some(cookie.to_owned()),
            stream: None,
        }
    }

    pub fn get(&mut self, path: &str) -> Result<Answer> {
        self.send("GET", path, &[], b"")
    }

    pub fn post(&mut self, path: &str, body: &Value) -> Result<Answer> {
        let body = serde_json::to_vec(body)?;
        self.send("POST", path, &[("Content-Type", "application/json")], &body)
    }

    /// The certificate that was shown on the connection that is kept.
    pub fn shown(&self) -> Option<Vec<u8>> {
        self.stream.as_ref()?.get_ref().shown()
    }

    /// Adds Host, Origin, Cookie and Content-Length unless `headers` names them.
    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer> {
        let origin = self.site.origin();
        let host = self.site.host();
        let length = body.len().to_string();
        let mut all = vec![("Host", host.as_str()), ("Content-Length", &length)];
        if method != "GET" {
            all.push(("Origin", &origin));
        }
        if let Some(cookie) = &self.cookie {
            all.push(("Cookie", cookie));
        }
        all.retain(|(name, _)| !headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name)));
        all.extend_from_slice(headers);

        let mut request = format!("{method} {path} HTTP/1.1\r\n").into_bytes();
        for (name, value) in all {
            write!(request, "{name}: {value}\r\n")?;
        }
        request.extend_from_slice(b"\r\n");
        request.extend_from_slice(body);
        let answer = self.exchange(&request)?;
        if let Some(set) = answer.header("set-cookie") {
            let value = set.split(';').next().unwrap_or_default();
            self.cookie = Some(value.to_owned());
        }
        Ok(answer)
    }

    /// Sends exactly these bytes. A kept connection that the server had closed meanwhile is opened anew, once.
    pub fn exchange(&mut self, request: &[u8]) -> Result<Answer> {
        if let Some(kept) = self.stream.take()
            && let Ok(answer) = self.exchange_on(kept, request)
        {
            return Ok(answer);
        }
        let fresh = BufReader::new(self.site.connect()?);
        self.exchange_on(fresh, request)
    }

    fn exchange_on(&mut self, mut stream: BufReader<Stream>, request: &[u8]) -> Result<Answer> {
        // A server may refuse early and close; what it said before is still to be read.
        let written = stream
            .get_mut()
            .write_all(request)
            .and_then(|()| stream.get_mut().flush());
        let read = read_answer(&mut stream);
        let (answer, keep) = match (read, written) {
            (Ok(answer), _) => answer,
            (Err(_), Err(error)) => return Err(error.into()),
            (Err(error), Ok(())) => return Err(error),
        };
        if keep {
            self.stream = Some(stream);
        }
        Ok(answer)
    }
}

fn read_answer(stream: &mut impl BufRead) -> Result<(Answer, bool)> {
    let line = read_line(stream)?;
    let mut words = line.split(' ');
    ensure!(
        words.next().is_some_and(|v| v.starts_with("HTTP/1.")),
        "not HTTP: {line:?}"
    );
    let status: u16 = words.next().context("no status")?.parse()?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(stream)?;
        if line.is_empty() {
            break;
        }
        ensure!(headers.len() < HEADERS_MAX, "too many headers");
        let (name, value) = line.split_once(':').context("a header without a colon")?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let mut answer = Answer {
        status,
        headers,
        body: Vec::new(),
    };
    let chunked = answer
        .header("transfer-encoding")
        .is_some_and(|v| v.contains("chunked"));
    let mut keep = !answer
        .header("connection")
        .is_some_and(|v| v.eq_ignore_ascii_case("close"));
    if chunked {
        loop {
            let size = usize::from_str_radix(read_line(stream)?.trim(), 16)?;
            let from = answer.body.len();
            answer.body.resize(from + size, 0);
            if let Some(chunk) = answer.body.get_mut(from..) {
                stream.read_exact(chunk)?;
            }
            read_line(stream)?;
            if size == 0 {
                break;
            }
        }
    } else if let Some(length) = answer.header("content-length") {
        answer.body.resize(length.parse()?, 0);
        stream.read_exact(&mut answer.body)?;
    } else if status != 204 && status != 304 {
        stream.read_to_end(&mut answer.body)?;
        keep = false;
    }
    Ok((answer, keep))
}

fn read_line(stream: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    if stream.take(64 * 1024).read_line(&mut line)? == 0 {
        bail!("the server closed the connection");
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
