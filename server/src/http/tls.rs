//! The certificate that connections are answered with. Its files are read again when they change, and whoever is
//! connected notices nothing. An authority that checks whether we are who we say is answered with a certificate of its
//! own (RFC 8737).

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use parking_lot::RwLock;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

use crate::config::{CertificateFiles, Config};

/// What an authority that checks us says it speaks, and nothing else.
const CHECK_PROTOCOL: &[u8] = b"acme-tls/1";
/// How soon new files are noticed.
const LOOK_EVERY: Duration = Duration::from_secs(2);

#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    shown: Arc<Shown>,
    files: CertificateFiles,
}

#[derive(Debug, Default)]
struct Shown {
    usual: RwLock<Option<Arc<CertifiedKey>>>,
    check: RwLock<Option<Arc<CertifiedKey>>>,
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let is_check = hello
            .alpn()
            .is_some_and(|mut spoken| spoken.any(|protocol| protocol == CHECK_PROTOCOL));
        let shown = if is_check { &self.check } else { &self.usual };
        shown.read().clone()
    }
}

impl Tls {
    /// None when the configuration wants none. Files of one's own must be there; a certificate from an authority may
    /// yet have to be fetched.
    pub fn open(config: &Config) -> anyhow::Result<Option<Tls>> {
        let Some(files) = config.certificate_files() else {
            return Ok(None);
        };
        let shown = Arc::new(Shown::default());
        if !config.acme.on || files.chain.exists() {
            *shown.usual.write() = Some(load(&files)?);
        }
        let mut tls = rustls::ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&shown) as Arc<dyn ResolvesServerCert>);
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        if config.acme.on {
            tls.alpn_protocols.push(CHECK_PROTOCOL.to_vec());
        }
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        Ok(Some(Tls {
            acceptor,
            shown,
            files,
        }))
    }

    pub fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    /// What an authority's check is answered with from now on; None: nothing.
    pub fn answer_check(&self, check: Option<Arc<CertifiedKey>>) {
        *self.shown.check.write() = check;
    }

    /// Follows the files for as long as it is not dropped.
    pub async fn follow(self) {
        let mut known = stamp(&self.files);
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let files = self.files.clone();
            let outcome = tokio::task::spawn_blocking(move || {
                let now = stamp(&files);
                (now != known).then(|| (now, load(&files)))
            });
            let Ok(Some((now, loaded))) = outcome.await else {
                continue;
            };
            known = now;
            match loaded {
                Ok(loaded) => {
                    *self.shown.usual.write() = Some(loaded);
                    tracing::info!("a new certificate is in use");
                }
                // One of the two may be yet to come.
                Err(error) => tracing::warn!(
                    "the new certificate cannot be used, the one before it stays in use: {error:#}"
                ),
            }
        }
    }
}

/// Was this connection a check by an authority? Then it has seen all it came for.
pub fn is_check(connection: &rustls::ServerConnection) -> bool {
    connection.alpn_protocol() == Some(CHECK_PROTOCOL)
}

/// A certificate by our own hand, for an authority's check: what it says is for nobody else to understand.
pub fn own(
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> anyhow::Result<Arc<CertifiedKey>> {
    let key = provider().key_provider.load_private_key(key)?;
    Ok(Arc::new(CertifiedKey::new(vec![certificate], key)))
}

fn load(files: &CertificateFiles) -> anyhow::Result<Arc<CertifiedKey>> {
    let CertificateFiles { chain, key } = files;
    let certificates = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("cannot read the certificate {}", chain.display()))?;
    let key_der = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("cannot read the key {}", key.display()))?;
    CertifiedKey::from_der(certificates, key_der, &provider())
        .map(Arc::new)
        .context("the certificate and the key do not fit together")
}

type Stamp = Option<(u64, u64, i64, i64)>;

/// Changes with the files.
fn stamp(files: &CertificateFiles) -> (Stamp, Stamp) {
    let of = |path: &Path| {
        let known = std::fs::metadata(path).ok()?;
        Some((known.ino(), known.len(), known.mtime(), known.mtime_nsec()))
    };
    (of(&files.chain), of(&files.key))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
