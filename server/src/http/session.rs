//! Who is asking: the session cookie, and that the request comes from our own page.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use axum::middleware::Next;
use axum::response::IntoResponse;
use migrations_free_store::Id;

use super::App;
use crate::chat::{Actor, Hash, Refusal};
use crate::identity::secret::token_hash;
use crate::signin::PENDING_MS;

/// Sessions last this long in a browser; the server ends them when they are revoked.
const COOKIE_SECONDS: u64 = 400 * 24 * 3600;

/// A request with a live session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    pub person: Id,
    pub device: Id,
}

impl Session {
    pub fn actor(&self) -> Actor {
        Actor::Person {
            person: self.person,
            device: self.device,
        }
    }

    /// The one place where somebody is let in to anything: who has yet to set up a second factor is not.
    pub fn of(app: &App, headers: &HeaderMap) -> Result<Session, Refusal> {
        let session = Session::asleep(app, headers)?;
        app.used.mark(session.device, app.clock.now_ms());
        Ok(session)
    }

    fn asleep(app: &App, headers: &HeaderMap) -> Result<Session, Refusal> {
        let session = Session::find(app, headers)?;
        let is_led = app.views.state.read().is_led_to_second(session.person);
        if is_led {
            return Err(Refusal::SecondFirst);
        }
        Ok(session)
    }

    fn entering(app: &App, headers: &HeaderMap) -> Result<Session, Refusal> {
        let session = Session::find(app, headers)?;
        app.used.mark(session.device, app.clock.now_ms());
        Ok(session)
    }

    fn find(app: &App, headers: &HeaderMap) -> Result<Session, Refusal> {
        let token =
            cookie(headers, session_cookie(app.config.is_secure())).ok_or(Refusal::NotSignedIn)?;
        let hash = token_hash(token).ok_or(Refusal::NotSignedIn)?;
        let state = app.views.state.read();
        let (device, facts) = state.session(&Hash(hash)).ok_or(Refusal::NotSignedIn)?;
        // By the rule, whether it was written down yet or not.
        if app.used.is_over(&state, device, facts, app.clock.now_ms()) {
            return Err(Refusal::NotSignedIn);
        }
        Ok(Session {
            person: facts.person,
            device,
        })
    }
}

impl FromRequestParts<Arc<App>> for Session {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        Session::of(app, &parts.headers)
    }
}

/// A live session whose device asks by itself: a phone that is woken in a drawer is used by nobody.
pub struct Asleep(pub Session);

impl FromRequestParts<Arc<App>> for Asleep {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        Session::asleep(app, &parts.headers).map(Asleep)
    }
}

/// A live session, also of somebody who has yet to set up a second factor: for that, and for signing out.
pub struct Entering(pub Session);

impl FromRequestParts<Arc<App>> for Entering {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        Session::entering(app, &parts.headers).map(Entering)
    }
}

/// The network address of whoever asks; a declared proxy's word is taken for it.
pub struct Address(pub IpAddr);

impl FromRequestParts<Arc<App>> for Address {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|c| c.0.ip());
        let forwarded = parts
            .headers
            .get("x-forwarded-for")
            .filter(|_| app.config.server.behind_proxy)
            .and_then(|v| v.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
        forwarded.or(peer).map(Address).ok_or(Refusal::Unavailable)
    }
}

/// `__Host-` binds a cookie to exactly this host over HTTPS; plain HTTP on loopback cannot have it.
fn session_cookie(secure: bool) -> &'static str {
    if secure {
        "__Host-daylight"
    } else {
        "daylight"
    }
}

fn known_cookie(secure: bool) -> &'static str {
    if secure {
        "__Host-daylight-known"
    } else {
        "daylight-known"
    }
}

/// The proof a device gave before, if any: it stays after signing out, so that strangers' wrong
/// guesses never lock its owner out.
pub fn known_device<'h>(app: &App, headers: &'h HeaderMap) -> Option<&'h str> {
    cookie(headers, known_cookie(app.config.is_secure()))
}

pub fn sign_in_cookies(app: &App, token: &str, known: &str) -> Vec<HeaderValue> {
    let secure = app.config.is_secure();
    let flags = if secure { "; Secure" } else { "" };
    [
        (session_cookie(secure), token),
        (known_cookie(secure), known),
    ]
    .iter()
    .filter_map(|(name, value)| {
        HeaderValue::from_str(&format!(
            "{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={COOKIE_SECONDS}{flags}"
        ))
        .ok()
    })
    .collect()
}

pub fn sign_out_cookie(app: &App) -> Option<HeaderValue> {
    let secure = app.config.is_secure();
    let flags = if secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!(
        "{}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{flags}",
        session_cookie(secure)
    ))
    .ok()
}

/// That a sign-in at the company's provider was begun in this browser. Lax, for the way back comes from another site.
fn begun_cookie(secure: bool) -> &'static str {
    if secure {
        "__Host-daylight-signin"
    } else {
        "daylight-signin"
    }
}

pub fn begun_signin<'h>(app: &App, headers: &'h HeaderMap) -> Option<&'h str> {
    cookie(headers, begun_cookie(app.config.is_secure()))
}

/// Empty: it is over.
pub fn signin_cookie(app: &App, value: &str) -> Option<HeaderValue> {
    let secure = app.config.is_secure();
    let flags = if secure { "; Secure" } else { "" };
    let seconds = if value.is_empty() {
        0
    } else {
        PENDING_MS / 1000
    };
    HeaderValue::from_str(&format!(
        "{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{flags}",
        begun_cookie(secure)
    ))
    .ok()
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(n, _)| *n == name)
        .map(|(_, value)| value)
}

/// Requests that change something, and sockets, must come from our own page.
pub async fn same_origin(
    State(app): State<Arc<App>>,
    request: Request<Body>,
    next: Next,
) -> Response<Body> {
    let path = request.uri().path();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD) && path != "/ws";
    // A directory has no page and no cookie: nobody's browser can be made to be it.
    let has_no_cookie =
        (path.strip_prefix(super::scim::PREFIX)).is_some_and(|p| p.starts_with('/'));
    if !reads && !has_no_cookie && !is_ours(&app, request.headers()) {
        return Refusal::BadOrigin.into_response();
    }
    next.run(request).await
}

fn is_ours(app: &App, headers: &HeaderMap) -> bool {
    let text = |name| {
        headers
            .get(name)
            .and_then(|v: &HeaderValue| v.to_str().ok())
    };
    let Some(origin) = text(header::ORIGIN) else {
        return false;
    };
    if app
        .config
        .server
        .public_url
        .as_deref()
        .is_some_and(|url| url.trim_end_matches('/') == origin)
    {
        return true;
    }
    let scheme = if app.config.is_secure() {
        "https://"
    } else {
        "http://"
    };
    origin
        .strip_prefix(scheme)
        .is_some_and(|host| text(header::HOST) == Some(host))
}
