use std::sync::Arc;

use anyhow::{Context, Result};
use weir_component::{Authority, SigningKey, private_file};
use weir_controllers::{Issuance, SecretTokens, SigningError, TokenOwner};
use weir_resources::auth::{AdminToken, Authenticator, BoundTo, ServiceAccountTokens};

use crate::data_directory::DataDirectory;

/// What proves who is who on this instance. Made at the first start, kept in files for the owner only.
pub(super) struct Credentials {
    pub(super) authority: Authority,
    pub(super) admin_token: String,
    pub(super) authenticator: Arc<Authenticator>,
    tokens: Arc<ServiceAccountTokens>,
}

impl Credentials {
    pub(super) fn load_or_create(data: &DataDirectory) -> Result<Self> {
        let authority = Authority::load_or_create(data.path())?;
        let key = SigningKey::load_or_create(&data.service_account_key())?;
        let tokens = Arc::new(ServiceAccountTokens::new(&key.private_pem, &key.public_pem)?);
        let admin_token = private_file::read_or_create(&data.admin_token(), AdminToken::generate)
            .with_context(|| data.admin_token().display().to_string())?;
        let admin = AdminToken::new(&admin_token);
        let authenticator = Authenticator::new(admin, tokens.clone(), Arc::new(jiff::Timestamp::now));
        Ok(Self {
            authority,
            admin_token,
            authenticator: Arc::new(authenticator),
            tokens,
        })
    }

    /// What secrets that keep tokens are filled with.
    pub(super) fn issuance(&self) -> Issuance {
        Issuance {
            tokens: Arc::new(Signer(self.tokens.clone())),
            authority: self.authority.certificate().to_owned(),
        }
    }
}

/// The controllers' signer of tokens: the key that the server checks them with.
struct Signer(Arc<ServiceAccountTokens>);

impl SecretTokens for Signer {
    fn token(&self, owner: TokenOwner<'_>) -> Result<String, SigningError> {
        let account = BoundTo::account(owner.namespace, owner.account, owner.account_uid);
        Ok(self.0.mint_for_secret(&account, owner.secret)?)
    }
}
