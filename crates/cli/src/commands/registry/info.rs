use serde_json::Value;

use crate::failure::Failure;
use crate::resource::Resource;
use crate::selection::Selection;
use crate::session::Session;

/// Image streams that every server has are here.
const SHARED_PROJECT: &str = "openshift";

/// Print the address of the image registry
///
/// For example: podman login "$(registry info)"
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The address that pods use
    #[arg(long, conflicts_with = "public")]
    internal: bool,
    /// The address that is reachable from outside
    #[arg(long)]
    public: bool,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let known = addresses(session).await?;
    let wanted = match (args.internal, args.public) {
        (true, _) => known.internal,
        (_, true) => known.public,
        _ => known.public.or(known.internal),
    };
    match wanted {
        Some(address) => session.terminal.line(address),
        None => Err(Failure::refused("the integrated registry has not been configured")
            .hint("its address is known from image streams; there is none yet, or none with that address")),
    }
}

#[derive(Default)]
pub struct Addresses {
    pub internal: Option<String>,
    pub public: Option<String>,
}

/// The registry's addresses, as image streams tell them.
pub async fn addresses(session: &Session<'_>) -> Result<Addresses, Failure> {
    for namespace in [session.namespace().await?, SHARED_PROJECT] {
        let selection = Selection::in_namespace(namespace);
        let streams = selection
            .list_if_served(session.api().await?, &Resource::image_streams())
            .await?;
        if let Some(stream) = streams.first() {
            let host = |field: &str| host(&stream["status"][field]);
            return Ok(Addresses {
                internal: host("dockerImageRepository"),
                public: host("publicDockerImageRepository"),
            });
        }
    }
    Ok(Addresses::default())
}

fn host(repository: &Value) -> Option<String> {
    let (host, _) = repository.as_str()?.split_once('/')?;
    Some(host.to_owned())
}
