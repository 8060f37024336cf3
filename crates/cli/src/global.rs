use std::path::PathBuf;
use std::time::Duration;

/// The options every command takes, in the words of `oc` and `kubectl`.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub struct GlobalOptions {
    /// The kubeconfig file to use; by default the one of a local server if there is one, else ~/.kube/config
    #[arg(long, global = true, env = "KUBECONFIG", value_name = "FILE", hide_env_values = true)]
    pub kubeconfig: Option<String>,
    /// Directory of the local server; its kubeconfig is used when --kubeconfig is not given
    #[arg(
        long,
        global = true,
        env = "WEIR_DATA_DIR",
        value_name = "DIR",
        hide_env_values = true
    )]
    pub data_dir: Option<PathBuf>,
    /// Name of the kubeconfig context to use
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,
    /// Project (namespace) to work in
    #[arg(short, long, global = true, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Address of the API server
    #[arg(short, long, global = true, value_name = "URL")]
    pub server: Option<String>,
    /// Bearer token for the API server
    #[arg(long, global = true, value_name = "TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// Act as this user, if you may
    #[arg(long = "as", global = true, value_name = "USER")]
    pub as_user: Option<String>,
    /// Act as a member of this group, together with --as; may be repeated
    #[arg(long, global = true, value_name = "GROUP", requires = "as_user")]
    pub as_group: Vec<String>,
    /// File with the certificate authority of the API server
    #[arg(long, global = true, value_name = "FILE")]
    pub certificate_authority: Option<PathBuf>,
    /// Do not verify the server's certificate: the connection is open to eavesdroppers
    #[arg(long, global = true, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    pub insecure_skip_tls_verify: Option<bool>,
    /// How long to wait for one answer of the server, as in 5s or 2m; 0 waits for ever
    #[arg(long, global = true, value_name = "DURATION", value_parser = crate::age::parse_duration)]
    pub request_timeout: Option<Duration>,
}
