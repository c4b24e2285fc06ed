//! A certificate from an authority that speaks ACME (RFC 8555), fetched and renewed without anybody's help.
//!
//! The authority checks us on the very address that people use (RFC 8737): no other port has to be open.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::http::Request;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, BodyWrapper, BytesResponse, ChallengeType,
    Error, HttpClient, Identifier, NewAccount, NewOrder, Order, OrderStatus, RetryPolicy,
};
use parking_lot::Mutex;
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::CertifiedKey;

use super::certificate;
use super::client;
use super::tls::{Tls, own};
use crate::clock::Clock;
use crate::config::Config;
use crate::kept;

/// For one call.
const PATIENCE: Duration = Duration::from_secs(20);
/// An answer of an authority; a chain of certificates is a few thousand.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// How long an authority may take to check us, and then to sign.
const CHECK: RetryPolicy = RetryPolicy::new().timeout(Duration::from_secs(90));
/// Looked at again at least so often: clocks jump.
const LOOK_EVERY: Duration = Duration::from_hours(1);
/// After a failure; four times as long after each further one. Authorities count failures.
const AGAIN_AFTER: Duration = Duration::from_mins(1);
const AGAIN_AFTER_MAX: Duration = Duration::from_hours(6);
/// So often in a row an authority may forget what it has just given out.
const STALE_MAX: usize = 4;

/// Why there is no new certificate, if the last try failed.
#[derive(Clone, Default)]
pub struct Failure(Arc<Mutex<Option<String>>>);

impl Failure {
    pub fn last(&self) -> Option<String> {
        self.0.lock().clone()
    }
}

pub struct Renewal {
    host: String,
    directory: String,
    contact: Option<String>,
    folder: PathBuf,
    path: PathBuf,
    tls: Tls,
    clock: Clock,
    failure: Failure,
}

impl Renewal {
    /// None when the configuration wants none.
    pub fn new(config: &Config, tls: &Tls, clock: &Clock) -> Option<Renewal> {
        let files = config.certificate_files().filter(|_| config.acme.on)?;
        Some(Renewal {
            host: config.host()?.to_owned(),
            directory: config.acme.directory.clone(),
            contact: config
                .acme
                .contact
                .as_ref()
                .map(|to| format!("mailto:{to}")),
            folder: files.chain.parent()?.to_owned(),
            path: files.chain,
            tls: tls.clone(),
            clock: clock.clone(),
            failure: Failure::default(),
        })
    }

    pub fn failure(&self) -> Failure {
        self.failure.clone()
    }

    /// Renews in time for as long as it is not dropped.
    pub async fn run(self) {
        let mut again_after = AGAIN_AFTER;
        loop {
            let wait = match self.due_in().await {
                Some(wait) => wait.min(LOOK_EVERY),
                None => match self.renew().await {
                    Ok(()) => {
                        tracing::info!(host = self.host, "the authority gave a certificate");
                        *self.failure.0.lock() = None;
                        again_after = AGAIN_AFTER;
                        continue;
                    }
                    Err(error) => {
                        let error = format!("{error:#}");
                        tracing::warn!(host = self.host, error, "there is no new certificate");
                        *self.failure.0.lock() = Some(error);
                        let wait = again_after;
                        again_after = AGAIN_AFTER_MAX.min(wait * 4);
                        wait
                    }
                },
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// When a third of its time is left; None: now.
    async fn due_in(&self) -> Option<Duration> {
        let path = self.path.clone();
        let read = tokio::task::spawn_blocking(move || certificate::validity(&path));
        let validity = read.await.ok()?.ok()?;
        let third = validity.until_ms.saturating_sub(validity.from_ms) / 3;
        let left = (validity.until_ms - third).checked_sub(self.clock.now_ms())?;
        (left > 0).then(|| Duration::from_millis(left))
    }

    /// Begun anew at once when the authority had forgotten what it gave out to sign with: that is no failure of anybody's.
    async fn renew(&self) -> anyhow::Result<()> {
        let mut renewed = self.renew_once().await;
        for _ in 0..STALE_MAX {
            match &renewed {
                Err(error) if is_stale(error) => renewed = self.renew_once().await,
                _ => break,
            }
        }
        renewed
    }

    async fn renew_once(&self) -> anyhow::Result<()> {
        let account = self.account().await?;
        let hosts = [Identifier::Dns(self.host.clone())];
        let mut order = account
            .new_order(&NewOrder::new(&hosts))
            .await
            .context("the authority refuses to certify this host")?;
        let checked = self.is_checked(&mut order).await;
        self.tls.answer_check(None);
        checked?;
        let key = order.finalize().await?;
        let chain = order.poll_certificate(&CHECK).await?;
        // Both in one file, so that no moment has the one without the other.
        let path = self.path.clone();
        tokio::task::spawn_blocking(move || kept::write(&path, (key + &chain).as_bytes()))
            .await??;
        // Else one would be ordered after the other, without end.
        if self.due_in().await.is_none() {
            bail!("by this machine's clock the new certificate is as good as over");
        }
        Ok(())
    }

    /// The account that is kept, or a new one.
    async fn account(&self) -> anyhow::Result<Account> {
        let directory = self.directory.clone();
        let path = self.folder.join("account.json");
        if let Some(kept) = kept_account(&path, &directory)? {
            let account = Account::builder_with_http(Box::new(Calls));
            return Ok(account.from_credentials(kept).await?);
        }
        let contact: Vec<&str> = self.contact.iter().map(String::as_str).collect();
        let new = NewAccount {
            contact: &contact,
            terms_of_service_agreed: true,
            only_return_existing: false,
        };
        let (account, credentials) = Account::builder_with_http(Box::new(Calls))
            .create(&new, directory, None)
            .await
            .context("the authority opens no account")?;
        let bytes = serde_json::to_vec(&credentials)?;
        tokio::task::spawn_blocking(move || kept::write(&path, &bytes)).await??;
        Ok(account)
    }

    /// Lets the authority see that this host is here.
    async fn is_checked(&self, order: &mut Order) -> anyhow::Result<()> {
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            match authorization.status {
                AuthorizationStatus::Valid => continue,
                AuthorizationStatus::Pending => {}
                status => bail!("the authority's own words for this host: {status:?}"),
            }
            let mut challenge = authorization
                .challenge(ChallengeType::TlsAlpn01)
                .context("this authority does not check by tls-alpn-01 (RFC 8737)")?;
            let proof = challenge.key_authorization().digest();
            self.tls
                .answer_check(Some(answer(&self.host, proof.as_ref())?));
            challenge.set_ready().await?;
        }
        if order.poll_ready(&CHECK).await? == OrderStatus::Ready {
            return Ok(());
        }
        bail!("the authority's check has failed: {}", why(order).await)
    }
}

/// In the authority's words.
async fn why(order: &mut Order) -> String {
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        let Ok(state) = authorization.refresh().await else {
            continue;
        };
        let mut challenges = state.challenges.iter();
        if let Some(problem) = challenges.find_map(|c| c.error.as_ref()) {
            return problem.to_string();
        }
    }
    "it does not say why".to_owned()
}

/// What an authority that checks is shown: a certificate by our own hand that carries its own words.
fn answer(host: &str, proof: &[u8]) -> anyhow::Result<Arc<CertifiedKey>> {
    let mut parameters = CertificateParams::new(vec![host.to_owned()])?;
    parameters.custom_extensions = vec![CustomExtension::new_acme_identifier(proof)];
    let key = KeyPair::generate()?;
    let certificate = parameters.self_signed(&key)?;
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
    own(certificate.der().clone(), key)
}

/// None when there is none, or one of another authority.
fn kept_account(path: &Path, directory: &str) -> anyhow::Result<Option<AccountCredentials>> {
    let Some(text) = kept::read(path)? else {
        return Ok(None);
    };
    let of: serde_json::Value = serde_json::from_str(&text)
        .with_context(|| format!("{} is damaged: delete it", path.display()))?;
    if of["directory"].as_str() != Some(directory) {
        return Ok(None);
    }
    Ok(Some(serde_json::from_value(of)?))
}

/// The authority is called as everybody else is.
struct Calls;

impl HttpClient for Calls {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.unwrap_or_default().to_bytes();
            let request = Request::from_parts(parts, body);
            let answer = client::send(request, PATIENCE, ANSWER_BYTES_MAX).await;
            let (parts, body) = answer.map_err(|e| Error::Other(e.into()))?.into_parts();
            let body = Box::new(body);
            Ok(BytesResponse { parts, body })
        })
    }
}

fn is_stale(error: &anyhow::Error) -> bool {
    match error.downcast_ref::<Error>() {
        Some(Error::Api(problem)) => {
            let kind = problem.r#type.as_deref().unwrap_or_default();
            kind.ends_with(":badNonce")
        }
        _ => false,
    }
}
