//! The second half of signing in, and setting it up: codes of an authenticator, recovery codes.
//!
//! Decides nothing about them: `decide::second` says what may still be used, and whether a way in is enough.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use migrations_free_store::{Id, Position};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Done;
use super::admin::one_of;
use super::identity::{new_session, welcome};
use super::passkeys::{Answered, Question};
use crate::chat::command::{Command, Door as Inner, NewSession};
use crate::chat::event::{Entry, Event};
use crate::chat::second::{Keep, Proof, Second};
use crate::chat::{Actor, Refusal, Role};
use crate::http::App;
use crate::http::error::extract;
use crate::http::session::{self, Address, Entering, Session};
use crate::identity::secret::authenticator::Shared;
use crate::identity::secret::{recovery, token_hash};
use crate::identity::throttle::{Attempt, Key};
use crate::identity::tickets::{TICKET_MS, Ticket};
use crate::views::unavailable;

/// So long after signing in other ways in are made.
const JUST_NOW_MS: u64 = 15 * 60 * 1000;

/// The secret was right; this is asked for beside it.
#[derive(Serialize, ToSchema)]
pub struct Half {
    second: Ask,
}

#[derive(Serialize, ToSchema)]
struct Ask {
    /// For the answer: five minutes, in memory.
    ticket: String,
    expires_at: u64,
    /// Codes of an authenticator are taken.
    code: bool,
    /// Recovery codes are left.
    recovery: bool,
    /// For one of her passkeys to sign; null: she has none.
    passkey: Option<Question>,
}

/// What comes after the first factor was right, for every way in: a session, or what is still asked for. Tell the
/// throttle with [`App::first_was_right`] before.
pub async fn after_first_factor(
    app: &App,
    person: Id,
    how: Entry,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    if app.asks_for_second(person, how) {
        return half_way(app, person, how, None);
    }
    open(app, person, how, None, None, headers).await
}

/// With a reset link, what is still asked for, if anything is: until then the link is not used.
pub(super) fn after_reset(
    app: &App,
    reset: Id,
    credential: &str,
) -> Result<Option<Response>, Refusal> {
    let person = {
        let state = app.views.state.read();
        let known = state.resets.get(&reset).ok_or(Refusal::Gone)?;
        let now = app.clock.now_ms();
        if known.used || known.expires_at <= now || state.role(known.person).is_none() {
            return Err(Refusal::Gone);
        }
        known.person
    };
    if !app.asks_for_second(person, Entry::Reset) {
        return Ok(None);
    }
    let reset = Some((reset, credential.to_owned()));
    half_way(app, person, Entry::Reset, reset).map(Some)
}

fn half_way(
    app: &App,
    person: Id,
    how: Entry,
    reset: Option<(Id, String)>,
) -> Result<Response, Refusal> {
    let now = app.clock.now_ms();
    let token = app.tickets.give(person, how, reset, now)?;
    let seconds = {
        let state = app.views.state.read();
        state.seconds(person).cloned().unwrap_or_default()
    };
    let passkey = match seconds.passkeys.is_empty() {
        true => None,
        false => app.question(&purpose(&token.hash()), Some(person))?,
    };
    Ok(Json(Half {
        second: Ask {
            ticket: token.text().to_owned(),
            expires_at: now + TICKET_MS,
            code: seconds.authenticator.is_some(),
            recovery: seconds.recovery_left() > 0,
            passkey,
        },
    })
    .into_response())
}

/// A passkey's answer is to this very sign-in.
fn purpose(ticket: &[u8; 32]) -> Vec<u8> {
    [b"second".as_slice(), ticket].concat()
}

/// One of them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondIn {
    ticket: String,
    /// Of an authenticator, or a recovery code.
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    passkey: Option<Answered>,
}

/// The second half of signing in. Wrong tries are counted as wrong secrets are.
#[utoipa::path(post, path = "/api/v1/signin/second", request_body = SecondIn, responses((status = 200, body = super::identity::Welcome)))]
pub async fn sign_in(
    State(app): State<Arc<App>>,
    Address(address): Address,
    headers: HeaderMap,
    extract::Json(asked): extract::Json<SecondIn>,
) -> Result<Response, Refusal> {
    let hash = token_hash(&asked.ticket).ok_or(Refusal::Gone)?;
    let ticket = app.tickets.find(&hash, app.clock.now_ms());
    let ticket = ticket.ok_or(Refusal::Gone)?;
    let Ticket { person, how, .. } = ticket;
    let attempt = app.attempt_at_door(person, address, &headers)?;
    app.admit(&attempt)?;
    let shown = match (&asked.code, &asked.passkey) {
        (Some(code), None) => app.shown(person, code)?,
        (None, Some(answer)) => {
            let of = answer.passkey_of(&app, person, &purpose(&hash))?;
            of.map(|passkey| Second::Passkey { passkey })
        }
        _ => return Err(Refusal::BadRequest("One of `code` and `passkey`.".into())),
    };
    let shown = shown.ok_or_else(wrong)?;
    let opened = open(&app, person, how, ticket.reset, Some(shown), &headers).await;
    // It was used meanwhile, or taken off.
    let opened = opened.map_err(|refusal| match refusal {
        Refusal::WrongCredentials => wrong(),
        other => other,
    })?;
    app.throttle.lock().succeeded(app.clock.now_ms(), &attempt);
    app.tickets.spend(&hash);
    Ok(opened)
}

fn wrong() -> Refusal {
    Refusal::Fault {
        code: "second_wrong",
        message: "This is not right, or was used already.".into(),
    }
}

pub(super) async fn open(
    app: &App,
    person: Id,
    how: Entry,
    reset: Option<(Id, String)>,
    second: Option<Second>,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let (token, session) = new_session(headers);
    let session = NewSession { second, ..session };
    let inner = match reset {
        Some((reset, credential)) => Inner::UseReset {
            reset,
            credential,
            session,
        },
        None => Inner::OpenSession {
            person,
            how,
            session,
        },
    };
    let ack = app
        .door
        .submit(Actor::Visitor, Command::Door(inner), None)
        .await?;
    welcome(app, &ack, &token)
}

#[derive(Serialize, ToSchema)]
pub struct Seconds {
    /// A rule of the workspace demands one of this person.
    demanded: bool,
    authenticator_since: Option<u64>,
    recovery_left: usize,
    passkeys: Vec<Passkey>,
    /// They can be made here at all: not for a bare address, nor without TLS.
    passkeys_here: bool,
}

#[derive(Serialize, ToSchema)]
struct Passkey {
    #[schema(value_type = String)]
    id: Id,
    name: String,
    since: u64,
}

/// One's own second factors, without what they are checked with.
#[utoipa::path(get, path = "/api/v1/second", responses((status = 200, body = Seconds)))]
pub async fn standing(
    State(app): State<Arc<App>>,
    Entering(session): Entering,
) -> Result<Json<Seconds>, Refusal> {
    app.read(move |app| {
        let (demanded, seconds) = {
            let state = app.views.state.read();
            let seconds = state.seconds(session.person);
            let seconds = seconds.cloned().ok_or(Refusal::NotSignedIn)?;
            (state.must_have_second(session.person), seconds)
        };
        let mut passkeys = Vec::new();
        for (id, known) in &seconds.passkeys {
            let name = app.content_at(known.at)?.and_then(|c| c.label);
            passkeys.push(Passkey {
                id: *id,
                name: name.unwrap_or_default(),
                since: known.since,
            });
        }
        Ok(Json(Seconds {
            demanded,
            authenticator_since: seconds.authenticator.map(|a| a.since),
            recovery_left: seconds.recovery_left(),
            passkeys,
            passkeys_here: app.passkey_site().is_some(),
        }))
    })
    .await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretIn {
    pub(super) secret: String,
}

/// For an authenticator: ten minutes, in memory, until its first right code.
#[derive(Serialize, ToSchema)]
pub struct Started {
    secret: String,
    url: String,
}

/// Begins with an authenticator, with one's PIN or password. Nothing counts before its first right code. Like all that
/// makes another way in, soon after signing in (`sign_in_again`), unless it is the first.
#[utoipa::path(post, path = "/api/v1/second/start", request_body = SecretIn, responses((status = 200, body = Started)))]
pub async fn start(
    State(app): State<Arc<App>>,
    Entering(session): Entering,
    Address(address): Address,
    extract::Json(asked): extract::Json<SecretIn>,
) -> Result<Json<Started>, Refusal> {
    app.showed_herself_now(session)?;
    app.is_herself(session, address, &asked.secret).await?;
    let (workspace, handle) = {
        let state = app.views.state.read();
        let known = state.people.get(&session.person);
        let known = known.ok_or(Refusal::NotSignedIn)?;
        if known.seconds.authenticator.is_some() {
            return Err(Refusal::Conflict(
                "An authenticator is set up. Turn it off first.",
            ));
        }
        (state.workspace.name.clone(), known.handle.clone())
    };
    let shared = Shared::fresh();
    let url = shared
        .url(&workspace, &handle)
        .ok_or(Refusal::Unavailable)?;
    let secret = shared.text().to_owned();
    app.setting_up
        .begin(session.device, shared, app.clock.now_ms())?;
    Ok(Json(Started { secret, url }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeIn {
    code: String,
}

/// Shown once; null: there are some already.
#[derive(Serialize, ToSchema)]
pub struct Codes {
    pub(super) recovery: Option<Vec<String>>,
}

/// The first right code: from now on it is asked for.
#[utoipa::path(post, path = "/api/v1/second/confirm", request_body = CodeIn, responses((status = 200, body = Codes)))]
pub async fn confirm(
    State(app): State<Arc<App>>,
    Entering(session): Entering,
    extract::Json(asked): extract::Json<CodeIn>,
) -> Result<Json<Codes>, Refusal> {
    let now = app.clock.now_ms();
    let right = app.setting_up.confirm(session.device, &asked.code, now)?;
    let (secret, step) = right.ok_or_else(wrong)?;
    let (shown, codes) = recovery::fresh();
    let shown = app.has_no_recovery(session.person).then_some(shown);
    let keep = Keep::Authenticator {
        secret,
        step,
        codes,
    };
    app.keep(session, keep).await?;
    app.setting_up.end(session.device);
    Ok(Json(Codes { recovery: shown }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OffIn {
    secret: String,
    /// Of the authenticator, or a recovery code.
    code: String,
}

/// Turns the authenticator off, with one's PIN or password and a right code.
#[utoipa::path(post, path = "/api/v1/second/off", request_body = OffIn, responses((status = 200, body = Done)))]
pub async fn off(
    State(app): State<Arc<App>>,
    session: Session,
    Address(address): Address,
    extract::Json(asked): extract::Json<OffIn>,
) -> Result<Json<Done>, Refusal> {
    app.is_herself(session, address, &asked.secret).await?;
    // Counted apart: the right secret wipes away no wrong code.
    let account = Key::of(&[b"off".as_slice(), &session.person.0].concat());
    let attempt = Attempt {
        account,
        device: Some(account),
        address,
    };
    app.admit(&attempt)?;
    let shown = app.shown(session.person, &asked.code)?;
    let shown = shown.ok_or_else(wrong)?;
    app.keep(session, Keep::AuthenticatorOff { shown })
        .await
        .map_err(|refusal| match refusal {
            Refusal::WrongCredentials => wrong(),
            other => other,
        })?;
    app.throttle.lock().succeeded(app.clock.now_ms(), &attempt);
    Ok(Json(Done {}))
}

/// New recovery codes, with one's PIN or password, soon after signing in: the old ones open nothing any more.
#[utoipa::path(post, path = "/api/v1/second/recovery", request_body = SecretIn, responses((status = 200, body = Codes)))]
pub async fn recovery(
    State(app): State<Arc<App>>,
    session: Session,
    Address(address): Address,
    extract::Json(asked): extract::Json<SecretIn>,
) -> Result<Json<Codes>, Refusal> {
    app.showed_herself_now(session)?;
    app.is_herself(session, address, &asked.secret).await?;
    let (shown, codes) = recovery::fresh();
    app.keep(session, Keep::Recovery { codes }).await?;
    let recovery = Some(shown);
    Ok(Json(Codes { recovery }))
}

#[derive(Serialize, ToSchema)]
pub struct SigninRule {
    /// Of whom a second factor is demanded.
    #[schema(value_type = Vec<String>)]
    second: Vec<Role>,
    days: Option<u32>,
    idle_days: Option<u32>,
    /// People of whom one is demanded and who have none yet.
    missing: usize,
}

/// The rule about signing in.
#[utoipa::path(get, path = "/api/v1/admin/signin", responses((status = 200, body = SigninRule)))]
pub async fn rule(
    State(app): State<Arc<App>>,
    session: Session,
) -> Result<Json<SigninRule>, Refusal> {
    let state = app.views.state.read();
    one_of(&state, session, &[Role::Admin])?;
    let missing = state.people.keys();
    Ok(Json(SigninRule {
        second: state.signin.second.clone(),
        days: state.signin.days,
        idle_days: state.signin.idle_days,
        missing: missing.filter(|id| state.is_led_to_second(**id)).count(),
    }))
}

impl App {
    pub(super) fn asks_for_second(&self, person: Id, how: Entry) -> bool {
        how.asks_for_second() && self.views.state.read().has_second(person)
    }

    /// Tells the throttle: what still waits for its second half wipes away nothing.
    pub(super) fn first_was_right(&self, attempt: &Attempt, person: Id, how: Entry) {
        let half = self.asks_for_second(person, how);
        let mut throttle = self.throttle.lock();
        let now = self.clock.now_ms();
        match half {
            true => throttle.half_way(now, attempt),
            false => throttle.succeeded(now, attempt),
        }
    }

    pub(super) fn admit(&self, attempt: &Attempt) -> Result<(), Refusal> {
        let admitted = self.throttle.lock().admit(self.clock.now_ms(), attempt);
        admitted.map_err(|wait| Refusal::LockedOut {
            after_ms: wait.retry_after_ms,
        })
    }

    /// As it is counted for her secret.
    fn attempt_at_door(
        &self,
        person: Id,
        address: IpAddr,
        headers: &HeaderMap,
    ) -> Result<Attempt, Refusal> {
        let state = self.views.state.read();
        let known = state.people.get(&person).ok_or(Refusal::Gone)?;
        let proof = session::known_device(self, headers);
        Ok(Attempt {
            account: Key::of(known.handle.as_bytes()),
            device: proof
                .filter(|proof| self.vouches(proof, person))
                .map(|proof| Key::of(proof.as_bytes())),
            address,
        })
    }

    /// What this code is: of her authenticator or a recovery code of hers, and not used yet as far as is known now.
    fn shown(&self, person: Id, code: &str) -> Result<Option<Second>, Refusal> {
        let seconds = {
            let state = self.views.state.read();
            state.seconds(person).cloned().unwrap_or_default()
        };
        let second = if recovery::is_like_one(code) {
            let proof = match &seconds.recovery {
                Some(known) => self.proof_at(known.at)?,
                None => None,
            };
            match proof {
                Some(Proof::Recovery { codes }) => {
                    recovery::place_of(code, &codes).map(|n| Second::Recovery { n })
                }
                _ => None,
            }
        } else {
            let proof = match &seconds.authenticator {
                Some(known) => self.proof_at(known.at)?,
                None => None,
            };
            match proof {
                Some(Proof::Authenticator { secret }) => Shared::kept(&secret)
                    .step_of(code, self.clock.now_ms())
                    .map(|step| Second::Code { step }),
                _ => None,
            }
        };
        Ok(second.filter(|second| seconds.takes(second)))
    }

    /// A session found open, with a secret that somebody looked over a shoulder for, makes no lasting way in: what stands
    /// beside the secret must have been shown just now, or be just set up.
    pub(super) fn showed_herself_now(&self, session: Session) -> Result<(), Refusal> {
        let now = self.clock.now_ms();
        let state = self.views.state.read();
        let device = state.devices.get(&session.device);
        let device = device.ok_or(Refusal::NotSignedIn)?;
        let first = state.seconds(session.person).and_then(|s| s.since());
        // Either way, so that a clock that was set back gives nobody more.
        let is_now = |at: u64| now.abs_diff(at) < JUST_NOW_MS;
        let showed = !device.by_provider && is_now(device.shown_at);
        match showed || first.is_none_or(is_now) {
            true => Ok(()),
            false => Err(Refusal::Fault {
                code: "sign_in_again",
                message: "Sign out and in again first: another way in is made only within 15 minutes of signing in here."
                    .into(),
            }),
        }
    }

    pub(super) fn has_no_recovery(&self, person: Id) -> bool {
        let state = self.views.state.read();
        state.seconds(person).is_some_and(|s| s.recovery.is_none())
    }

    pub(super) async fn keep(&self, session: Session, keep: Keep) -> Result<(), Refusal> {
        let inner = Inner::Second(keep);
        self.door
            .submit(session.actor(), Command::Door(inner), None)
            .await
            .map(|_| ())
    }

    /// Read from the log each time: it lives nowhere else.
    pub(super) fn proof_at(&self, at: Position) -> Result<Option<Proof>, Refusal> {
        Ok(self.content_at(at)?.and_then(|content| content.second))
    }

    pub(super) fn content_at(&self, at: Position) -> Result<Option<crate::chat::Content>, Refusal> {
        let record = self.views.store.read(at).map_err(unavailable)?;
        Ok(Event::read(&record).ok().and_then(|event| event.content))
    }
}
