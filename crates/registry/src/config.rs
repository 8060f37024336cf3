/// How the registry presents itself.
#[derive(Clone, Debug)]
pub struct RegistryConfig {
    /// `host:port` that objects show, whatever address the registry listens on.
    pub host: String,
    /// Scheme of the token endpoint's address in challenges: `https` where TLS ends here or before here.
    pub scheme: &'static str,
}

impl Default for RegistryConfig {
    fn default() -> RegistryConfig {
        RegistryConfig {
            host: weir_api::names::DEFAULT_REGISTRY_HOST.into(),
            scheme: "http",
        }
    }
}
