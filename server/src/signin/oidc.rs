//! The company's OpenID Connect provider: the authorization code flow with PKCE, by the `openidconnect` crate.
//!
//! Never follows a redirect, never calls where others could listen in, and never believes a token that is not signed for us.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreErrorResponseType, CoreIdToken,
    CoreJwsSigningAlgorithm as Signed, CoreProviderMetadata,
};
use openidconnect::{
    AsyncHttpClient, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret,
    CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl,
    Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, TokenResponse as _,
};
use parking_lot::Mutex;
use serde_json::{Map, Value};
use tokio::sync::Semaphore;

use super::pending::{Begun, Pending};
use super::{Fault, Vouched};
use crate::config;
use crate::config::signin::is_private;
use crate::http::client;

/// Where the provider sends people back to.
pub const BACK: &str = "/api/v1/signin/oidc/back";
/// For one call.
const PATIENCE: Duration = Duration::from_secs(5);
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// What is known of the provider is fetched anew after this time, and its keys when one is missing.
const KNOWN_FOR: Duration = Duration::from_hours(1);
/// Sign-ins that call the provider at the same time.
const CALLS_MAX: usize = 16;
/// A provider that has just failed is left alone for so long.
const REST: Duration = Duration::from_secs(1);
const NAME_CHARS_MAX: usize = 80;

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;
type Known = Arc<CoreProviderMetadata>;

pub struct Oidc {
    settings: config::Oidc,
    issuer: IssuerUrl,
    id: ClientId,
    secret: Option<ClientSecret>,
    back: RedirectUrl,
    known: Mutex<Option<(Known, Instant)>>,
    /// One asks, the others wait for what it hears; and how it failed last.
    asking: tokio::sync::Mutex<Option<(String, Instant)>>,
    pending: Pending,
    calls: Semaphore,
    caller: Caller,
}

/// What a browser brings back from the provider.
pub struct Returned<'r> {
    pub state: &'r str,
    /// None: the provider, or whoever was there, did not go through with it.
    pub code: Option<&'r str>,
    pub issuer: Option<&'r str>,
    /// The hash of what the cookie holds.
    pub browser: [u8; 32],
}

impl Oidc {
    /// None: it is off.
    pub fn new(settings: &config::Oidc, base: &str) -> anyhow::Result<Option<Oidc>> {
        let Some(issuer) = &settings.issuer else {
            return Ok(None);
        };
        Ok(Some(Oidc {
            issuer: IssuerUrl::new(issuer.clone())?,
            id: ClientId::new(settings.client_id.clone().unwrap_or_default()),
            secret: settings.secret()?.map(ClientSecret::new),
            back: RedirectUrl::new(format!("{base}{BACK}"))?,
            settings: settings.clone(),
            known: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
            pending: Pending::default(),
            calls: Semaphore::new(CALLS_MAX),
            caller: Caller {
                plain: if issuer.starts_with("http://") {
                    "http"
                } else {
                    "https"
                },
            },
        }))
    }

    /// What its button says.
    pub fn name(&self) -> Option<&str> {
        self.settings.name.as_deref()
    }

    pub fn creates(&self) -> bool {
        self.settings.create
    }

    /// The provider's address to go to.
    pub async fn begin(
        &self,
        browser: [u8; 32],
        address: IpAddr,
        now_ms: u64,
    ) -> Result<String, Fault> {
        let known = self.provider(false).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = self.client(&known);
        let (url, state, nonce) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .add_scopes(self.settings.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge)
            .url();
        let begun = Begun {
            browser,
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
        };
        let state = state.secret().clone();
        match self.pending.put(state, begun, address, now_ms) {
            true => Ok(url.into()),
            false => Err(Fault::Again),
        }
    }

    /// Who it is.
    pub async fn finish(&self, returned: Returned<'_>, now_ms: u64) -> Result<Vouched, Fault> {
        let begun = self
            .pending
            .take(returned.state, &returned.browser, now_ms)
            .ok_or(Fault::Again)?;
        let code = returned.code.ok_or(Fault::Again)?;
        // RFC 9207: the answer of another provider is not ours to redeem.
        if returned
            .issuer
            .is_some_and(|issuer| issuer != self.issuer.as_str())
        {
            return Err(Fault::Again);
        }
        let _place = tokio::time::timeout(PATIENCE, self.calls.acquire())
            .await
            .map_err(|_| broken("too many sign-ins wait for the provider"))?;
        let known = self.provider(false).await?;
        let (token, access) = self.redeem(&known, code, begun.verifier).await?;
        let nonce = Nonce::new(begun.nonce);
        let claims = match self.claims(&known, &token, &nonce) {
            // A key that we do not know may be a new one.
            Err(ClaimsVerificationError::SignatureVerification(_)) => {
                let known = self.provider(true).await?;
                self.claims(&known, &token, &nonce)
            }
            claims => claims,
        };
        let mut claims = claims.map_err(|error| broken(untrusted(&error)))?;
        if !claims.contains_key(&self.settings.login_claim) {
            self.add_userinfo(&known, &access, &mut claims).await?;
        }
        self.vouched(&claims)
    }

    /// The code for a token, and for one that opens the user info.
    async fn redeem(
        &self,
        known: &Known,
        code: &str,
        verifier: String,
    ) -> Result<(CoreIdToken, String), Fault> {
        let answer = self
            .client(known)
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|_| broken("the provider names no token endpoint"))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier))
            .request_async(&self.caller)
            .await
            .map_err(|error| match error {
                // Whoever made up a code, or used one twice, is no fault of the provider.
                RequestTokenError::ServerResponse(said)
                    if *said.error() == CoreErrorResponseType::InvalidGrant =>
                {
                    Fault::Again
                }
                RequestTokenError::ServerResponse(said) => {
                    let code: &str = said.error().as_ref();
                    broken(&format!("the provider refuses the code: {code}"))
                }
                RequestTokenError::Request(error) => broken(&error.to_string()),
                RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                    broken("the token endpoint's answer cannot be read")
                }
            })?;
        let access = answer.access_token().secret().clone();
        let token = answer.id_token().cloned();
        let token = token.ok_or_else(|| broken("the provider gives no ID token"))?;
        Ok((token, access))
    }

    /// All claims of a token that is signed by the provider, for us, now, and for this sign-in.
    fn claims(
        &self,
        known: &Known,
        token: &CoreIdToken,
        nonce: &Nonce,
    ) -> Result<Map<String, Value>, ClaimsVerificationError> {
        let client = self.client(known);
        // By the provider's key alone: what is signed with our secret could be anybody's who has seen it.
        let verifier = client.id_token_verifier().set_allowed_algs([
            Signed::RsaSsaPkcs1V15Sha256,
            Signed::RsaSsaPkcs1V15Sha384,
            Signed::RsaSsaPkcs1V15Sha512,
            Signed::RsaSsaPssSha256,
            Signed::RsaSsaPssSha384,
            Signed::RsaSsaPssSha512,
            Signed::EcdsaP256Sha256,
            Signed::EcdsaP384Sha384,
            Signed::EdDsa,
        ]);
        token.claims(&verifier, nonce)?;
        // The library knows the claims of the standard; companies have others. Read from what it has verified.
        let text = token.to_string();
        let payload = text.split('.').nth(1).unwrap_or_default();
        let bytes = URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
        serde_json::from_slice(&bytes)
            .map_err(|_| ClaimsVerificationError::Other("no claims".into()))
    }

    /// Some providers say who it is at another address. It counts for the token's subject alone, and only adds.
    async fn add_userinfo(
        &self,
        known: &Known,
        access: &str,
        claims: &mut Map<String, Value>,
    ) -> Result<(), Fault> {
        let Some(url) = known.userinfo_endpoint() else {
            return Ok(());
        };
        let request = openidconnect::http::Request::builder()
            .uri(url.as_str())
            .header("accept", "application/json")
            .header("authorization", format!("Bearer {access}"))
            .body(Vec::new())
            .map_err(|_| broken("the user info cannot be asked for"))?;
        let answer = self.caller.call(request).await;
        let answer = answer.map_err(|error| broken(&error.to_string()))?;
        let said: Option<Map<String, Value>> = serde_json::from_slice(answer.body()).ok();
        let said =
            said.filter(|said| answer.status() == 200 && said.get("sub") == claims.get("sub"));
        let said = said.ok_or_else(|| broken("the user info cannot be read"))?;
        for (claim, value) in said {
            claims.entry(claim).or_insert(value);
        }
        Ok(())
    }

    fn vouched(&self, claims: &Map<String, Value>) -> Result<Vouched, Fault> {
        let text = |claim: &str| claims.get(claim).and_then(Value::as_str);
        if self
            .settings
            .required()
            .any(|(claim, value)| text(claim) != Some(value))
        {
            return Err(Fault::Unknown);
        }
        let subject = text("sub").ok_or_else(|| broken("the token has no subject"))?;
        let claim = self.settings.login_claim.as_str();
        // An address that anybody can type in at the provider is nobody's name.
        let login = text(claim).filter(|login| match claims.get("email_verified") {
            Some(Value::Bool(true)) => true,
            Some(_) => claim != "email" && text("email") != Some(*login),
            None => claim != "email",
        });
        let name = text(&self.settings.name_claim).or(login);
        Ok(Vouched {
            subject: Some(format!("{} {subject}", self.issuer.as_str())),
            login: login.map(str::to_owned),
            name: name.map(|name| name.chars().take(NAME_CHARS_MAX).collect()),
        })
    }

    fn client(&self, known: &Known) -> Client {
        let methods = known.token_endpoint_auth_methods_supported();
        let by_header =
            methods.is_none_or(|m| m.contains(&CoreClientAuthMethod::ClientSecretBasic));
        let known = CoreProviderMetadata::clone(known);
        CoreClient::from_provider_metadata(known, self.id.clone(), self.secret.clone())
            .set_redirect_uri(self.back.clone())
            .set_auth_type(match by_header {
                true => AuthType::BasicAuth,
                false => AuthType::RequestBody,
            })
    }

    /// What is known of the provider, fetched when it is not known yet, is old, or is said to be.
    async fn provider(&self, is_old: bool) -> Result<Known, Fault> {
        let came = Instant::now();
        if let Some(known) = self.kept(came, is_old) {
            return Ok(known);
        }
        let mut failed = tokio::time::timeout(PATIENCE, self.asking.lock())
            .await
            .map_err(|_| broken("too many sign-ins wait for the provider"))?;
        if let Some(known) = self.kept(came, is_old) {
            return Ok(known);
        }
        if let Some((why, _)) = failed.as_ref().filter(|(_, at)| at.elapsed() < REST) {
            return Err(broken(why));
        }
        let found = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.caller).await;
        let found = found.map_err(|error| match error {
            openidconnect::DiscoveryError::Request(error) => error.to_string(),
            _ => "what the provider says of itself cannot be read".to_owned(),
        });
        *failed = found
            .as_ref()
            .err()
            .map(|why| (why.clone(), Instant::now()));
        let known = Arc::new(found.map_err(|why| broken(&why))?);
        *self.known.lock() = Some((Arc::clone(&known), Instant::now()));
        Ok(known)
    }

    /// What is known and not old; to who needs it newer, what was heard since.
    fn kept(&self, came: Instant, is_old: bool) -> Option<Known> {
        let (known, at) = self.known.lock().clone()?;
        let is_good = if is_old {
            at >= came
        } else {
            at.elapsed() < KNOWN_FOR
        };
        is_good.then_some(known)
    }
}

/// How the provider is called.
struct Caller {
    /// Plain HTTP is for a provider on this machine, and leads nowhere else.
    plain: &'static str,
}

impl<'c> AsyncHttpClient<'c> for Caller {
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<HttpResponse>> + Send>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        let (parts, body) = request.into_parts();
        let is_private = is_private(&parts.uri.to_string(), "https", self.plain);
        Box::pin(async move {
            if !is_private {
                return Err(io::Error::other(
                    "the provider names an address that is not https",
                ));
            }
            let request = openidconnect::http::Request::from_parts(parts, body.into());
            let answer = client::send(request, PATIENCE, ANSWER_BYTES_MAX).await;
            let answer = answer.map_err(|error| io::Error::other(format!("{error:#}")))?;
            Ok(answer.map(Vec::from))
        })
    }
}

fn broken(why: &str) -> Fault {
    Fault::Provider(why.to_owned())
}

/// In words of our own: the library's name what the token says.
fn untrusted(error: &ClaimsVerificationError) -> &'static str {
    match error {
        ClaimsVerificationError::Expired(_) => "the token has expired",
        ClaimsVerificationError::InvalidAudience(_) => "the token is for somebody else",
        ClaimsVerificationError::InvalidIssuer(_) => "the token is from somebody else",
        ClaimsVerificationError::InvalidNonce(_) => "the token is of another sign-in",
        ClaimsVerificationError::SignatureVerification(_) => {
            "the token's signature is not the provider's"
        }
        _ => "the token cannot be trusted",
    }
}
