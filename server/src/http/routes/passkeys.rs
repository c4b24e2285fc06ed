//! Passkeys: signing in with one alone, and one's own.
//!
//! Checks nothing itself: `identity::passkey` does, and `decide::second` says whether it is still hers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use migrations_free_store::Id;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Done;
use super::second::{Codes, SecretIn, open};
use crate::chat::Refusal;
use crate::chat::event::Entry;
use crate::chat::second::{Keep, Proof, Second};
use crate::http::App;
use crate::http::error::extract;
use crate::http::session::{Address, Entering, Session};
use crate::identity::passkey::{self, Answer, Registered, Site};
use crate::identity::secret::recovery;
use crate::identity::throttle::{Attempt, Key};

const SIGN_IN: &[u8] = b"signin";

/// For a passkey to sign, all in base 64 (URL, without padding).
#[derive(Serialize, ToSchema)]
pub struct Question {
    challenge: String,
    /// The site that it must be a passkey of.
    rp: String,
    /// Only these; none: whichever there is.
    allow: Vec<String>,
}

/// What it answered, in base 64 (URL, without padding).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    id: String,
    client_data: String,
    authenticator_data: String,
    signature: String,
    /// Whose it says it is; needed where nobody else says it.
    #[serde(default)]
    user: Option<String>,
}

impl Answered {
    /// Which passkey of this person's gave this answer to a question of ours, if one did. Then the question is spent.
    pub(super) fn passkey_of(
        &self,
        app: &App,
        person: Id,
        purpose: &[u8],
    ) -> Result<Option<Id>, Refusal> {
        let now = app.clock.now_ms();
        let site = app.passkey_site().ok_or_else(not_here)?;
        let (client_data, authenticator_data, signature) = (
            decoded(&self.client_data)?,
            decoded(&self.authenticator_data)?,
            decoded(&self.signature)?,
        );
        let Ok(challenge) = passkey::challenge_in(&client_data) else {
            return Ok(None);
        };
        if !app.challenges.stands(purpose, &challenge, now) {
            return Ok(None);
        }
        let answer = Answer {
            client_data: &client_data,
            authenticator_data: &authenticator_data,
            signature: &signature,
        };
        let right = app.passkeys_of(person)?.into_iter().find(|known| {
            known.credential == self.id
                && decoded(&known.key)
                    .is_ok_and(|key| passkey::answered(&site, &challenge, &answer, &key).is_ok())
        });
        let spent = right.is_some() && app.challenges.spend(purpose, &challenge, now);
        Ok(right.filter(|_| spent).map(|known| known.id))
    }
}

/// A question for whoever wants to sign in with a passkey. Tells nothing about anybody.
#[utoipa::path(post, path = "/api/v1/signin/passkey/start", responses((status = 200, body = Question)))]
pub async fn ask(State(app): State<Arc<App>>) -> Result<Json<Question>, Refusal> {
    let question = app.question(SIGN_IN, None)?;
    question.map(Json).ok_or_else(not_here)
}

/// Signs in with a passkey alone: it has known its person by finger, face or PIN, and so is both factors.
#[utoipa::path(post, path = "/api/v1/signin/passkey", request_body = Answered, responses((status = 200, body = super::identity::Welcome)))]
pub async fn sign_in(
    State(app): State<Arc<App>>,
    Address(address): Address,
    headers: HeaderMap,
    extract::Json(asked): extract::Json<Answered>,
) -> Result<Response, Refusal> {
    let user = decoded(asked.user.as_deref().unwrap_or_default())?;
    // Nothing can be guessed here; what is counted bounds the work. It locks nobody out who signs in with a secret.
    let attempt = Attempt {
        account: Key::of(&[b"passkey".as_slice(), &user].concat()),
        device: None,
        address,
    };
    app.admit(&attempt)?;
    let unknown = || Refusal::Fault {
        code: "passkey_unknown",
        message: "This passkey is not known here any more.".into(),
    };
    let person = <[u8; 16]>::try_from(user).map_err(|_| unknown())?;
    let person = Id(person);
    if app.views.state.read().role(person).is_none() {
        return Err(unknown());
    }
    let of = asked.passkey_of(&app, person, SIGN_IN)?;
    let passkey = of.ok_or_else(unknown)?;
    let second = Some(Second::Passkey { passkey });
    let opened = open(&app, person, Entry::Passkey, None, second, &headers).await?;
    app.throttle.lock().succeeded(app.clock.now_ms(), &attempt);
    Ok(opened)
}

/// What a browser needs to make a passkey, in base 64 (URL, without padding) where it is bytes.
#[derive(Serialize, ToSchema)]
pub struct Wanted {
    challenge: String,
    rp: String,
    /// Who it is for: opaque, and the same for all of one's passkeys.
    user: String,
    handle: String,
    name: String,
    algorithms: Vec<i64>,
    /// One's own that are here: a device makes no second one.
    exclude: Vec<String>,
}

/// Begins with a new passkey, with one's PIN or password, soon after signing in unless it is the first of all.
#[utoipa::path(post, path = "/api/v1/passkeys/start", request_body = SecretIn, responses((status = 200, body = Wanted)))]
pub async fn start(
    State(app): State<Arc<App>>,
    Entering(session): Entering,
    Address(address): Address,
    extract::Json(asked): extract::Json<SecretIn>,
) -> Result<Json<Wanted>, Refusal> {
    let site = app.passkey_site().ok_or_else(not_here)?;
    app.showed_herself_now(session)?;
    app.is_herself(session, address, &asked.secret).await?;
    let exclude = app.passkeys_of(session.person)?;
    let state = app.views.state.read();
    let known = state.people.get(&session.person);
    let known = known.ok_or(Refusal::NotSignedIn)?;
    let challenge = app.challenges.make(&adding(session), app.clock.now_ms());
    Ok(Json(Wanted {
        challenge: URL_SAFE_NO_PAD.encode(challenge),
        rp: site.id().to_owned(),
        user: URL_SAFE_NO_PAD.encode(session.person.0),
        handle: known.handle.clone(),
        name: known.name.clone(),
        algorithms: passkey::ALGORITHMS.to_vec(),
        exclude: exclude.into_iter().map(|known| known.credential).collect(),
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyIn {
    /// For oneself to know it by.
    name: String,
    client_data: String,
    attestation: String,
}

/// Adds the passkey that was made.
#[utoipa::path(post, path = "/api/v1/passkeys", request_body = PasskeyIn, responses((status = 200, body = Codes)))]
pub async fn add(
    State(app): State<Arc<App>>,
    Entering(session): Entering,
    extract::Json(asked): extract::Json<PasskeyIn>,
) -> Result<Json<Codes>, Refusal> {
    let site = app.passkey_site().ok_or_else(not_here)?;
    let (client_data, attestation) = (decoded(&asked.client_data)?, decoded(&asked.attestation)?);
    let unusable = |_| Refusal::Fault {
        code: "passkey_unusable",
        message: "This passkey cannot be used here. Please try again.".into(),
    };
    let challenge = passkey::challenge_in(&client_data).map_err(unusable)?;
    let (purpose, now) = (adding(session), app.clock.now_ms());
    if !app.challenges.stands(&purpose, &challenge, now) {
        return Err(Refusal::Gone);
    }
    let made = passkey::registered(&site, &challenge, &client_data, &attestation);
    let Registered { credential, key } = made.map_err(unusable)?;
    if !app.challenges.spend(&purpose, &challenge, now) {
        return Err(Refusal::Gone);
    }
    let credential = URL_SAFE_NO_PAD.encode(credential);
    let theirs = app.passkeys_of(session.person)?;
    if theirs.iter().any(|known| known.credential == credential) {
        return Err(Refusal::Conflict("This passkey is here already."));
    }
    let (shown, codes) = recovery::fresh();
    let shown = app.has_no_recovery(session.person).then_some(shown);
    let keep = Keep::Passkey {
        name: asked.name,
        credential,
        key: URL_SAFE_NO_PAD.encode(key),
        codes,
    };
    app.keep(session, keep).await?;
    Ok(Json(Codes { recovery: shown }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyOffIn {
    #[schema(value_type = String)]
    passkey: Id,
    secret: String,
}

/// Removes one, with one's PIN or password, soon after signing in.
#[utoipa::path(post, path = "/api/v1/passkeys/remove", request_body = PasskeyOffIn, responses((status = 200, body = Done)))]
pub async fn remove(
    State(app): State<Arc<App>>,
    session: Session,
    Address(address): Address,
    extract::Json(asked): extract::Json<PasskeyOffIn>,
) -> Result<Json<Done>, Refusal> {
    app.showed_herself_now(session)?;
    app.is_herself(session, address, &asked.secret).await?;
    let passkey = asked.passkey;
    app.keep(session, Keep::PasskeyOff { passkey }).await?;
    Ok(Json(Done {}))
}

fn adding(session: Session) -> Vec<u8> {
    [b"add".as_slice(), &session.device.0].concat()
}

fn not_here() -> Refusal {
    Refusal::Fault {
        code: "passkey_not_here",
        message: "Passkeys need this server to have a name and TLS.".into(),
    }
}

fn decoded(text: &str) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| Refusal::BadRequest("Not base 64 (URL, without padding).".into()))
}

/// One of somebody's, as the log has it.
pub(super) struct Known {
    id: Id,
    credential: String,
    key: String,
}

impl App {
    pub(crate) fn passkey_site(&self) -> Option<Site> {
        Site::of(self.config.server.public_url.as_deref())
    }

    /// `of`: only this person's passkeys; None: whichever there is. None when passkeys cannot be used here.
    pub(super) fn question(
        &self,
        purpose: &[u8],
        of: Option<Id>,
    ) -> Result<Option<Question>, Refusal> {
        let Some(site) = self.passkey_site() else {
            return Ok(None);
        };
        let theirs = match of {
            Some(person) => self.passkeys_of(person)?,
            None => Vec::new(),
        };
        let challenge = self.challenges.make(purpose, self.clock.now_ms());
        Ok(Some(Question {
            challenge: URL_SAFE_NO_PAD.encode(challenge),
            rp: site.id().to_owned(),
            allow: theirs.into_iter().map(|known| known.credential).collect(),
        }))
    }

    /// Read from the log each time: their keys live nowhere else.
    fn passkeys_of(&self, person: Id) -> Result<Vec<Known>, Refusal> {
        let places: Vec<_> = {
            let state = self.views.state.read();
            let passkeys = state.seconds(person).map(|s| &s.passkeys);
            let passkeys = passkeys.into_iter().flatten();
            passkeys.map(|(id, known)| (*id, known.at)).collect()
        };
        let mut all = Vec::with_capacity(places.len());
        for (id, at) in places {
            if let Some(Proof::Passkey { credential, key }) = self.proof_at(at)? {
                all.push(Known {
                    id,
                    credential,
                    key,
                });
            }
        }
        Ok(all)
    }
}
