//! Coming in and going out: set-up, invites, signing in, devices.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use hkdf::hmac::{Hmac, KeyInit, Mac};
use migrations_free_store::Id;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use utoipa::ToSchema;

use super::Done;
use super::company::Ways;
pub use super::second::after_first_factor;
use crate::chat::command::{Command, Door as Inner, NewSession};
use crate::chat::event::{Entry, Event};
use crate::chat::state::fold_handle;
use crate::chat::{Ack, Actor, Hash, Refusal};
use crate::http::error::extract;
use crate::http::session::{self, Address, Entering, Session};
use crate::http::{App, BUILD};
use crate::identity::links::LinkKind;
use crate::identity::secret::{Secret, Token, same, token_hash};
use crate::identity::throttle::{Attempt, Key};
use crate::views::seen::Person;
use crate::views::unavailable;

/// A device link is scanned from a screen at once, or it is gone.
const DEVICE_LINK_MS: u64 = 2 * 60_000;
const DEVICE_LINKS_MAX: usize = 10_000;
const LABEL_CHARS_MAX: usize = 80;

/// Codes that a signed-in device shows for a second one. In memory: they outlive nothing.
#[derive(Default)]
pub struct DeviceLinks(Mutex<HashMap<Id, (Session, u64)>>);

#[derive(Serialize, ToSchema)]
pub struct Site {
    workspace: String,
    setup_needed: bool,
    build: &'static str,
    signed_in: bool,
    /// Nothing is answered before a second factor is set up.
    second_first: bool,
    passkeys: bool,
    /// By the company; null: a PIN or password alone.
    signin: Option<Ways>,
}

/// What a browser asks first.
#[utoipa::path(get, path = "/api/v1/site", responses((status = 200, body = Site)))]
pub async fn site(State(app): State<Arc<App>>, headers: HeaderMap) -> Json<Site> {
    let session = Session::of(&app, &headers);
    let second_first = session == Err(Refusal::SecondFirst);
    let signed_in = session.is_ok() || second_first;
    let state = app.views.state.read();
    Json(Site {
        workspace: state.workspace.name.clone(),
        setup_needed: !state.is_set_up(),
        build: BUILD,
        signed_in,
        second_first,
        passkeys: app.passkey_site().is_some(),
        signin: Ways::of(&app.signin),
    })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetupIn {
    token: String,
    workspace: String,
    name: String,
    secret: String,
}

/// The answer to every way in; the session is in the cookie.
#[derive(Serialize, ToSchema)]
pub struct Welcome {
    me: Person,
    handle: String,
    #[schema(value_type = String)]
    device: Id,
}

/// Makes the workspace and its first admin, once, with the printed link.
#[utoipa::path(post, path = "/api/v1/setup", request_body = SetupIn, responses((status = 200, body = Welcome)))]
pub async fn setup(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    extract::Json(asked): extract::Json<SetupIn>,
) -> Result<Response, Refusal> {
    let given = token_hash(&asked.token).ok_or(Refusal::Gone)?;
    if !app
        .setup
        .lock()
        .as_ref()
        .is_some_and(|token| same(&token.hash(), &given))
    {
        return Err(Refusal::Gone);
    }
    let credential = app.hash(&asked.secret).await?;
    let (token, session) = new_session(&headers);
    let inner = Inner::Setup {
        workspace: asked.workspace,
        name: asked.name,
        credential,
        session,
    };
    let ack = app
        .door
        .submit(Actor::Visitor, Command::Door(inner), None)
        .await?;
    *app.setup.lock() = None;
    welcome(&app, &ack, &token)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeIn {
    code: String,
}

#[derive(Serialize, ToSchema)]
pub struct Preview {
    kind: &'static str,
    workspace: String,
    channels: Vec<String>,
    #[schema(value_type = Option<String>)]
    role: Option<crate::chat::Role>,
    invited_by: Option<String>,
    /// The channels' owners are asked to let one in.
    ask: bool,
    name: Option<String>,
}

/// What a scanned code is for.
#[utoipa::path(post, path = "/api/v1/join/preview", request_body = CodeIn, responses((status = 200, body = Preview)))]
pub async fn preview(
    State(app): State<Arc<App>>,
    extract::Json(asked): extract::Json<CodeIn>,
) -> Result<Json<Preview>, Refusal> {
    let (kind, id) = app.links.open(&asked.code).ok_or(Refusal::Gone)?;
    let now = app.clock.now_ms();
    let state = app.views.state.read();
    let name_of = |person: Id| state.people.get(&person).map(|p| p.name.clone());
    let mut preview = Preview {
        kind: "invite",
        workspace: state.workspace.name.clone(),
        channels: vec![],
        role: None,
        invited_by: None,
        ask: false,
        name: None,
    };
    match kind {
        LinkKind::Invite => {
            let invite = state.invites.get(&id).ok_or(Refusal::Gone)?;
            if invite.revoked || invite.used >= invite.uses || invite.expires_at <= now {
                return Err(Refusal::Gone);
            }
            preview.channels = invite
                .channels
                .iter()
                .filter_map(|c| state.channels.get(c))
                .map(|c| c.name.clone())
                .collect();
            preview.role = Some(invite.role);
            preview.ask = invite.asks;
            preview.invited_by = name_of(invite.made_by);
        }
        LinkKind::Reset => {
            let reset = state
                .resets
                .get(&id)
                .filter(|r| !r.used && r.expires_at > now)
                .ok_or(Refusal::Gone)?;
            preview.kind = "reset";
            preview.name = name_of(reset.person);
        }
        LinkKind::Device => {
            let links = app.device_links.0.lock();
            let (session, _) = links
                .get(&id)
                .filter(|(_, until)| *until > now)
                .ok_or(Refusal::Gone)?;
            preview.kind = "device";
            preview.name = name_of(session.person);
        }
    }
    Ok(Json(preview))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinIn {
    code: String,
    name: String,
    secret: String,
}

/// Joins with an invite: a name and a PIN or password, nothing else.
#[utoipa::path(post, path = "/api/v1/join", request_body = JoinIn, responses((status = 200, body = Welcome)))]
pub async fn join(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    extract::Json(asked): extract::Json<JoinIn>,
) -> Result<Response, Refusal> {
    let Some((LinkKind::Invite, invite)) = app.links.open(&asked.code) else {
        return Err(Refusal::Gone);
    };
    // Before a core is spent on hashing.
    if !app.views.state.read().invites.contains_key(&invite) {
        return Err(Refusal::Gone);
    }
    let credential = app.hash(&asked.secret).await?;
    let (token, session) = new_session(&headers);
    let inner = Inner::Join {
        invite,
        name: asked.name,
        credential,
        session,
    };
    let ack = app
        .door
        .submit(Actor::Visitor, Command::Door(inner), None)
        .await?;
    welcome(&app, &ack, &token)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetIn {
    code: String,
    secret: String,
}

/// A new PIN or password, with a link from an admin.
#[utoipa::path(post, path = "/api/v1/reset", request_body = ResetIn, responses((status = 200, body = Welcome)))]
pub async fn reset(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    extract::Json(asked): extract::Json<ResetIn>,
) -> Result<Response, Refusal> {
    let Some((LinkKind::Reset, reset)) = app.links.open(&asked.code) else {
        return Err(Refusal::Gone);
    };
    if !app.views.state.read().resets.contains_key(&reset) {
        return Err(Refusal::Gone);
    }
    let credential = app.hash(&asked.secret).await?;
    // The link stands in for the secret, and for nothing else.
    if let Some(second) = super::second::after_reset(&app, reset, &credential)? {
        return Ok(second);
    }
    let (token, session) = new_session(&headers);
    let ack = app
        .door
        .submit(
            Actor::Visitor,
            Command::Door(Inner::UseReset {
                reset,
                credential,
                session,
            }),
            None,
        )
        .await?;
    welcome(&app, &ack, &token)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInIn {
    handle: String,
    secret: String,
}

/// Signs in with a name and a PIN or password. Never says which of them was wrong.
#[utoipa::path(post, path = "/api/v1/signin", request_body = SignInIn, responses((status = 200, body = Welcome)))]
pub async fn sign_in(
    State(app): State<Arc<App>>,
    Address(address): Address,
    headers: HeaderMap,
    extract::Json(asked): extract::Json<SignInIn>,
) -> Result<Response, Refusal> {
    let folded = fold_handle(&asked.handle);
    let person = app.views.state.read().by_handle(&folded);
    let known = session::known_device(&app, &headers)
        .zip(person.or_else(|| app.views.state.read().accounts.by_login(&asked.handle)))
        .filter(|(proof, person)| app.vouches(proof, *person));
    let attempt = Attempt {
        account: Key::of(folded.as_bytes()),
        device: known.map(|(proof, _)| Key::of(proof.as_bytes())),
        address,
    };
    app.throttle
        .lock()
        .admit(app.clock.now_ms(), &attempt)
        .map_err(|wait| Refusal::LockedOut {
            after_ms: wait.retry_after_ms,
        })?;
    let (person, how) = app
        .first_factor(person, &asked.handle, &asked.secret)
        .await?;
    app.first_was_right(&attempt, person, how);
    after_first_factor(&app, person, how, &headers).await
}

/// Signs in a second device with the code a first one shows.
#[utoipa::path(post, path = "/api/v1/device/claim", request_body = CodeIn, responses((status = 200, body = Welcome)))]
pub async fn claim(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    extract::Json(asked): extract::Json<CodeIn>,
) -> Result<Response, Refusal> {
    let Some((LinkKind::Device, id)) = app.links.open(&asked.code) else {
        return Err(Refusal::Gone);
    };
    let now = app.clock.now_ms();
    let (vouching, until) = app.device_links.0.lock().remove(&id).ok_or(Refusal::Gone)?;
    // A device that was signed out meanwhile vouches for nobody.
    if until <= now
        || !app
            .views
            .state
            .read()
            .device_is_live(vouching.device, vouching.person)
    {
        return Err(Refusal::Gone);
    }
    let (token, session) = new_session(&headers);
    let session = NewSession {
        by: Some(vouching.device),
        ..session
    };
    let inner = Inner::OpenSession {
        person: vouching.person,
        how: Entry::Device,
        session,
    };
    let ack = app
        .door
        .submit(Actor::Visitor, Command::Door(inner), None)
        .await?;
    welcome(&app, &ack, &token)
}

/// Ends this session.
#[utoipa::path(post, path = "/api/v1/signout", responses((status = 200, body = Done)))]
pub async fn sign_out(
    State(app): State<Arc<App>>,
    Entering(session): Entering,
) -> Result<Response, Refusal> {
    app.door
        .submit(
            session.actor(),
            Command::Door(Inner::EndSession {
                device: session.device,
            }),
            None,
        )
        .await?;
    let cookie = session::sign_out_cookie(&app).map(|c| (header::SET_COOKIE, c));
    Ok((AppendHeaders(cookie), Json(Done {})).into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretIn {
    old: String,
    new: String,
}

/// Changes one's PIN or password and ends all other sessions.
#[utoipa::path(post, path = "/api/v1/secret", request_body = SecretIn, responses((status = 200, body = Done)))]
pub async fn change_secret(
    State(app): State<Arc<App>>,
    session: Session,
    Address(address): Address,
    extract::Json(asked): extract::Json<SecretIn>,
) -> Result<Json<Done>, Refusal> {
    app.is_herself(session, address, &asked.old).await?;
    let credential = app.hash(&asked.new).await?;
    let inner = Inner::SetCredential {
        person: session.person,
        credential,
        keep: Some(session.device),
    };
    app.door
        .submit(session.actor(), Command::Door(inner), None)
        .await?;
    Ok(Json(Done {}))
}

#[derive(Serialize, ToSchema)]
pub struct DeviceLink {
    code: String,
    url: String,
    expires_at: u64,
}

/// A code for signing in on another device, to be shown as QR. Two minutes, once.
#[utoipa::path(post, path = "/api/v1/device/link", responses((status = 200, body = DeviceLink)))]
pub async fn device_link(
    State(app): State<Arc<App>>,
    session: Session,
) -> Result<Json<DeviceLink>, Refusal> {
    let now = app.clock.now_ms();
    let id = Id::new(now);
    let expires_at = now + DEVICE_LINK_MS;
    {
        let mut links = app.device_links.0.lock();
        links.retain(|_, (other, until)| *until > now && other.device != session.device);
        if links.len() >= DEVICE_LINKS_MAX {
            return Err(Refusal::Rate {
                after_ms: DEVICE_LINK_MS,
            });
        }
        links.insert(id, (session, expires_at));
    }
    let code = app.links.code(LinkKind::Device, id);
    Ok(Json(DeviceLink {
        url: app.links.url(&code),
        code,
        expires_at,
    }))
}

#[derive(Serialize, ToSchema)]
pub struct Device {
    #[schema(value_type = String)]
    pub id: Id,
    pub label: String,
    pub current: bool,
    pub opened_at: u64,
    /// The newest command it is known to have sent, at least when it was opened.
    pub seen_at: u64,
}

#[derive(Serialize, ToSchema)]
pub struct Devices {
    pub devices: Vec<Device>,
}

/// One's own signed-in devices.
#[utoipa::path(get, path = "/api/v1/devices", responses((status = 200, body = Devices)))]
pub async fn devices(State(app): State<Arc<App>>, session: Session) -> Json<Devices> {
    Json(devices_of(&app, session.person, Some(session.device)))
}

pub fn devices_of(app: &App, person: Id, current: Option<Id>) -> Devices {
    let state = app.views.state.read();
    let mut devices: Vec<Device> = state
        .devices
        .iter()
        .filter(|(_, d)| d.live && d.person == person)
        .map(|(id, d)| Device {
            id: *id,
            label: d.label.clone(),
            current: Some(*id) == current,
            opened_at: d.opened_at,
            seen_at: d.opened_at,
        })
        .collect();
    devices.sort_unstable_by_key(|d| std::cmp::Reverse((d.current, d.opened_at)));
    Devices { devices }
}

/// Is the process alive?
#[utoipa::path(get, path = "/healthz", responses((status = 200, body = Done)))]
pub async fn healthz() -> Json<Done> {
    Json(Done {})
}

#[derive(Serialize, ToSchema)]
pub struct Ready {
    /// The data disk is nearly full: reading goes on, nothing can be posted.
    read_only: bool,
}

/// Does it take work? One that can only be read from still does: nobody else has the record.
#[utoipa::path(get, path = "/readyz", responses((status = 200, body = Ready), (status = 503, body = crate::http::Failure)))]
pub async fn readyz(State(app): State<Arc<App>>) -> Result<Json<Ready>, Refusal> {
    if app.is_stopping() {
        return Err(Refusal::Unavailable);
    }
    let read_only = app.read(|app| Ok(app.room.is_read_only())).await?;
    Ok(Json(Ready { read_only }))
}

impl App {
    /// Hashes a chosen secret, on a thread that may take its time.
    async fn hash(&self, secret: &str) -> Result<String, Refusal> {
        let secret = Secret::chosen(secret).map_err(|fault| Refusal::Fault {
            code: fault.code(),
            message: fault.to_string(),
        })?;
        let _place = self
            .hashing
            .acquire()
            .await
            .map_err(|_| Refusal::Unavailable)?;
        let hasher = Arc::clone(&self.hasher);
        tokio::task::spawn_blocking(move || hasher.hash(&secret))
            .await
            .map_err(|_| Refusal::Unavailable)
    }

    /// For what a session alone must not do: whoever is at the device knows the PIN or password, here or at the company.
    /// Guesses are counted as at the door.
    pub(super) async fn is_herself(
        &self,
        session: Session,
        address: std::net::IpAddr,
        typed: &str,
    ) -> Result<(), Refusal> {
        // All her devices count as one: a session can make as many as it likes.
        let account = Key::of(&[b"inside".as_slice(), &session.person.0].concat());
        let attempt = Attempt {
            account,
            device: Some(account),
            address,
        };
        self.throttle
            .lock()
            .admit(self.clock.now_ms(), &attempt)
            .map_err(|wait| Refusal::LockedOut {
                after_ms: wait.retry_after_ms,
            })?;
        let is_right = self
            .check_secret(Some(session.person), typed)
            .await?
            .is_some()
            || self.is_known_by_directory(session.person, typed).await?;
        if !is_right {
            return Err(Refusal::WrongCredentials);
        }
        self.throttle
            .lock()
            .succeeded(self.clock.now_ms(), &attempt);
        Ok(())
    }

    /// The person, if the secret is theirs. Nobody costs as much as somebody.
    pub(super) async fn check_secret(
        &self,
        person: Option<Id>,
        typed: &str,
    ) -> Result<Option<Id>, Refusal> {
        let stored = match person {
            Some(person) => self.credential(person)?,
            None => None,
        };
        let secret = Secret::typed(typed);
        let _place = self
            .hashing
            .acquire()
            .await
            .map_err(|_| Refusal::Unavailable)?;
        let hasher = Arc::clone(&self.hasher);
        let right = tokio::task::spawn_blocking(move || match stored {
            Some(stored) => hasher.verify(&secret, &stored).unwrap_or_else(|_| {
                tracing::error!("a stored credential is damaged; its person needs a reset link");
                false
            }),
            None => {
                hasher.decoy_verify(&secret);
                false
            }
        })
        .await
        .map_err(|_| Refusal::Unavailable)?;
        Ok(person.filter(|_| right))
    }

    /// Read from the log each time: a credential lives nowhere else.
    fn credential(&self, person: Id) -> Result<Option<String>, Refusal> {
        let at = {
            let state = self.views.state.read();
            state
                .people
                .get(&person)
                .filter(|p| p.active)
                .and_then(|p| p.credential_at)
        };
        let Some(at) = at else { return Ok(None) };
        let record = self.views.store.read(at).map_err(unavailable)?;
        Ok(Event::read(&record)
            .ok()
            .and_then(|e| e.content)
            .and_then(|c| c.credential))
    }

    /// A device's proof that it signed in to this account before.
    fn known_proof(&self, person: Id, device: Id) -> String {
        self.known_mac(person, &device.to_string())
            .map(|mac| format!("{device}.{mac}"))
            .unwrap_or_default()
    }

    pub(super) fn vouches(&self, proof: &str, person: Id) -> bool {
        let Some((device, mac)) = proof.split_once('.') else {
            return false;
        };
        self.known_mac(person, device)
            .is_some_and(|right| right.as_bytes().ct_eq(mac.as_bytes()).into())
    }

    /// None when the secret cannot be read: then no device is known, never every one.
    fn known_mac(&self, person: Id, device: &str) -> Option<String> {
        let secret = self.views.store.secret("known-devices").ok()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret).ok()?;
        mac.update(&person.0);
        mac.update(device.as_bytes());
        Some(Hash(mac.finalize().into_bytes().into()).to_string())
    }
}

pub(super) fn new_session(headers: &HeaderMap) -> (Token, NewSession) {
    let token = Token::long();
    let session = NewSession {
        token: Hash(token.hash()),
        label: label(headers),
        by: None,
        second: None,
    };
    (token, session)
}

/// "Firefox on Android": enough for a person to know the device again.
fn label(headers: &HeaderMap) -> String {
    let agent = headers
        .get(header::USER_AGENT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let first = |names: &[(&str, &'static str)]| {
        names
            .iter()
            .find(|(mark, _)| agent.contains(mark))
            .map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS", "Firefox"),
        ("CriOS", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        _ => agent
            .chars()
            .filter(|c| !c.is_control())
            .take(LABEL_CHARS_MAX)
            .collect(),
    }
}

pub(super) fn welcome(app: &App, ack: &Ack, token: &Token) -> Result<Response, Refusal> {
    let (person, device) = ack.person.zip(ack.device).ok_or(Refusal::Unavailable)?;
    let me = {
        let state = app.views.state.read();
        Person::of(
            person,
            state.people.get(&person).ok_or(Refusal::Unavailable)?,
        )
    };
    let cookies = session::sign_in_cookies(app, token.text(), &app.known_proof(person, device));
    let cookies = AppendHeaders(
        cookies
            .into_iter()
            .map(|c| (header::SET_COOKIE, c))
            .collect::<Vec<_>>(),
    );
    Ok((
        StatusCode::OK,
        cookies,
        Json(Welcome {
            handle: me.handle.clone(),
            me,
            device,
        }),
    )
        .into_response())
}
