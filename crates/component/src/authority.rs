use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::private_file;

#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("the certificate authority in {path} cannot be used: {detail}; remove ca.crt and ca.key to make a new one")]
    Unusable { path: PathBuf, detail: String },
    #[error(
        "the key in {path} cannot be used: {detail}; remove it to make a new one, which makes old tokens worthless"
    )]
    UnusableKey { path: PathBuf, detail: String },
}

/// The machine's own certificate authority, made at the first start. Server certificates are made anew at each start,
/// with keys that never touch the disk.
pub struct Authority {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
    path: PathBuf,
}

impl Authority {
    /// Reads `ca.crt` and `ca.key` below `directory`, or makes them.
    pub fn load_or_create(directory: &Path) -> Result<Self, AuthorityError> {
        let certificate_path = directory.join("ca.crt");
        let key_path = directory.join("ca.key");
        if !key_path.exists() || !certificate_path.exists() {
            create(&certificate_path, &key_path)?;
        }
        let certificate = read(&certificate_path)?;
        let unusable = |error: rcgen::Error| AuthorityError::Unusable {
            path: directory.to_owned(),
            detail: error.to_string(),
        };
        let key = KeyPair::from_pem(&read(&key_path)?).map_err(unusable)?;
        let issuer = Issuer::from_ca_cert_pem(&certificate, key).map_err(unusable)?;
        Ok(Self {
            certificate,
            issuer,
            path: directory.to_owned(),
        })
    }

    /// The authority's certificate as PEM, for clients that are to trust it.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// TLS for a server that answers under `names` (host names and addresses). HTTP/2 is offered, HTTP/1.1 too: clients
    /// upgrade to WebSocket only there.
    pub fn server_config(&self, names: &[String]) -> Result<Arc<ServerConfig>, AuthorityError> {
        let unusable = |detail: String| AuthorityError::Unusable {
            path: self.path.clone(),
            detail,
        };
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|error| unusable(error.to_string()))?;
        let mut parameters = CertificateParams::new(names.to_vec()).map_err(|error| unusable(error.to_string()))?;
        parameters.distinguished_name = named("weir");
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.use_authority_key_identifier_extension = true;
        let leaf = parameters
            .signed_by(&key, &self.issuer)
            .map_err(|error| unusable(error.to_string()))?;
        let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes())
            .map_err(|error| unusable(error.to_string()))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                builder
                    .with_no_client_auth()
                    .with_single_cert(vec![CertificateDer::from(leaf)], key)
            })
            .map_err(|error| unusable(error.to_string()))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

fn create(certificate_path: &Path, key_path: &Path) -> Result<(), AuthorityError> {
    let unusable = |error: rcgen::Error| AuthorityError::Unusable {
        path: certificate_path.to_owned(),
        detail: error.to_string(),
    };
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(unusable)?;
    let key_text = key.serialize_pem();
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = named("weir certificate authority");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(parameters, key).map_err(unusable)?;
    // The key first: a certificate without its key would be taken for a whole authority.
    write(key_path, &key_text)?;
    write(certificate_path, &authority.pem())
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

fn read(path: &Path) -> Result<String, AuthorityError> {
    std::fs::read_to_string(path).map_err(|source| AuthorityError::File {
        path: path.to_owned(),
        source,
    })
}

fn write(path: &Path, content: &str) -> Result<(), AuthorityError> {
    private_file::write(path, content.as_bytes()).map_err(|source| AuthorityError::File {
        path: path.to_owned(),
        source,
    })
}
