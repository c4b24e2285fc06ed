//! A knock at somebody's push service (RFC 8030): a request without a word in it. It never follows a redirect, keeps no
//! connection, and calls nobody in the house unless it was told that it may.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context;
use axum::http::{Method, Request, Uri, header, uri::Scheme};
use bytes::Bytes;
use http_body_util::Full;

use super::client::{begin, exchange, open, tls};
use super::foreign::{Barred, Reach, resolve};

/// The longest address of a device, in bytes.
pub const ENDPOINT_BYTES_MAX: usize = 2048;
/// For one knock, from resolving the name to the answer.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// What is read of an answer; nothing in it is of interest.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// How long the service keeps a knock for a phone that is off. The same for all, so that it tells nothing.
const TTL_SECONDS: &str = "86400";

/// Where a device is told of what is new, as its browser gave it to us.
#[derive(Clone, Debug)]
pub struct Endpoint {
    uri: Uri,
    host: String,
    port: u16,
    secure: bool,
}

impl Endpoint {
    /// None for what no push service would give. In the house plain HTTP will do.
    pub fn parse(text: &str, reach: Reach) -> Option<Endpoint> {
        let is_sound = text.len() <= ENDPOINT_BYTES_MAX
            && text.bytes().all(|byte| byte.is_ascii_graphic())
            && !text.contains('#');
        let uri: Uri = text.parse().ok().filter(|_| is_sound)?;
        let secure = uri.scheme() == Some(&Scheme::HTTPS);
        let may_be_plain = reach == Reach::House && uri.scheme() == Some(&Scheme::HTTP);
        let authority = uri.authority()?;
        if !(secure || may_be_plain) || authority.as_str().contains('@') {
            return None;
        }
        let host = uri.host().filter(|host| !host.is_empty())?.to_owned();
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        Some(Endpoint {
            uri,
            host,
            port,
            secure,
        })
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whom a signature for it is meant for: scheme, host and, where it is not the usual one, port.
    pub fn origin(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        let host = self.host.to_ascii_lowercase();
        match (self.secure, self.port) {
            (true, 443) | (false, 80) => format!("{scheme}://{host}"),
            (_, port) => format!("{scheme}://{host}:{port}"),
        }
    }

    /// Does it lead anywhere that may be called?
    pub async fn leads_out(&self, reach: Reach) -> Result<(), Barred> {
        resolve(&self.host, self.port, reach).await.map(|_| ())
    }
}

/// What a push service said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    pub status: u16,
    pub retry_after: Option<Duration>,
}

/// Knocks, with the machine's certificates read once.
pub struct Knocker {
    reach: Reach,
    tls: OnceLock<Arc<rustls::ClientConfig>>,
}

impl Knocker {
    pub fn new(reach: Reach) -> Knocker {
        let tls = OnceLock::new();
        Knocker { reach, tls }
    }

    pub fn reach(&self) -> Reach {
        self.reach
    }

    pub async fn knock(
        &self,
        endpoint: &Endpoint,
        authorization: &str,
    ) -> anyhow::Result<Answered> {
        tokio::time::timeout(PATIENCE, self.call(endpoint, authorization))
            .await
            .map_err(|_| anyhow::anyhow!("no answer within {} s", PATIENCE.as_secs()))?
    }

    async fn call(&self, endpoint: &Endpoint, authorization: &str) -> anyhow::Result<Answered> {
        let addresses = resolve(&endpoint.host, endpoint.port, self.reach).await?;
        let path = endpoint.uri.path_and_query();
        let authority = endpoint.uri.authority().context("no host")?;
        let request = Request::builder()
            .method(Method::POST)
            .uri(path.map_or("/", |path| path.as_str()))
            .header(header::HOST, authority.as_str())
            .header(header::AUTHORIZATION, authorization)
            // Some answer 411 to a request that leaves it out.
            .header(header::CONTENT_LENGTH, "0")
            .header("ttl", TTL_SECONDS)
            .header("urgency", "high")
            .body(Full::new(Bytes::new()))?;
        let stream = open(&addresses).await?;
        let mut connection = if endpoint.secure {
            let host = endpoint.host.trim_matches(['[', ']']);
            let stream = super::client::shake_hands(stream, host, self.tls()?).await?;
            begin(stream).await?
        } else {
            begin(hyper_util::rt::TokioIo::new(stream)).await?
        };
        let answer = exchange(&mut connection, request, ANSWER_BYTES_MAX).await?;
        let after = answer.headers().get(header::RETRY_AFTER);
        let after = after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        Ok(Answered {
            status: answer.status().as_u16(),
            retry_after: after.map(Duration::from_secs),
        })
    }

    fn tls(&self) -> anyhow::Result<Arc<rustls::ClientConfig>> {
        if let Some(known) = self.tls.get() {
            return Ok(Arc::clone(known));
        }
        let read = tls()?;
        Ok(Arc::clone(self.tls.get_or_init(|| read)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_device_is_https_and_says_whom_it_is_meant_for() {
        let origin = |text: &str, reach| Endpoint::parse(text, reach).map(|e| e.origin());
        let public = |text: &str| origin(text, Reach::Public);
        let fcm = "https://fcm.googleapis.com/fcm/send/abc:def";
        assert_eq!(public(fcm).as_deref(), Some("https://fcm.googleapis.com"));
        let wns = "https://wns2-par02p.notify.windows.com/w/?token=AwYAAA%2f";
        assert!(public(wns).is_some_and(|o| o.ends_with("windows.com")));
        let odd = "https://Push.Example:8443/x";
        assert_eq!(public(odd).as_deref(), Some("https://push.example:8443"));
        let long = format!("https://push.example/{}", "a".repeat(ENDPOINT_BYTES_MAX));
        for wrong in [
            "",
            "/x",
            "http://push.example/x",
            "ftp://push.example/x",
            "https:///x",
            "https://me@push.example/x",
            "https://push.example/x#y",
            "https://push.example/x y",
            "https://push.example/\r\nx",
            &long,
        ] {
            assert_eq!(public(wrong), None, "{wrong}");
        }
        let plain = "http://127.0.0.1:9/x";
        assert_eq!(public(plain), None);
        assert!(origin(plain, Reach::House).is_some());
    }
}
