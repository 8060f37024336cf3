use std::sync::Arc;

use anyhow::{Context, Result};
use weir_component::{Authority, SigningKey, private_file};
use weir_resources::auth::{AdminToken, Authenticator, ServiceAccountTokens};

use crate::data_directory::DataDirectory;

/// What proves who is who on this instance. Made at the first start, kept in files for the owner only.
pub(super) struct Credentials {
    pub(super) authority: Authority,
    pub(super) admin_token: String,
    pub(super) authenticator: Arc<Authenticator>,
}

impl Credentials {
    pub(super) fn load_or_create(data: &DataDirectory) -> Result<Self> {
        let authority = Authority::load_or_create(data.path())?;
        let key = SigningKey::load_or_create(&data.service_account_key())?;
        let tokens = ServiceAccountTokens::new(&key.private_pem, &key.public_pem)?;
        let admin_token = private_file::read_or_create(&data.admin_token(), AdminToken::generate)
            .with_context(|| data.admin_token().display().to_string())?;
        let admin = AdminToken::new(&admin_token);
        let authenticator = Authenticator::new(admin, Arc::new(tokens), Arc::new(jiff::Timestamp::now));
        Ok(Self {
            authority,
            admin_token,
            authenticator: Arc::new(authenticator),
        })
    }
}
