use std::env;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::info::addresses;
use crate::failure::Failure;
use crate::session::Session;

/// Save your credentials where podman, skopeo and buildah look for them
///
/// For example: registry login --to=auth.json
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The registry; by default the server's own
    #[arg(long, value_name = "HOST[:PORT]")]
    registry: Option<String>,
    /// Save this in place of your token
    #[arg(long, value_name = "USER:PASSWORD")]
    auth_basic: Option<String>,
    /// The file; by default that of container tools
    #[arg(short = 'a', long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Save without trying them at the registry first, which is what happens in any case
    #[arg(long)]
    skip_check: bool,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let registry = match &args.registry {
        Some(registry) => registry.clone(),
        None => {
            let known = addresses(session).await?;
            let none =
                || Failure::refused("the integrated registry has not been configured").hint("name it with --registry");
            known.public.or(known.internal).ok_or_else(none)?
        }
    };
    let credentials = match &args.auth_basic {
        Some(pair) if pair.contains(':') => pair.clone(),
        Some(_) => return Err(Failure::usage("--auth-basic has the form USER:PASSWORD")),
        None => match &session.connection().await?.token {
            // Any name will do beside a token.
            Some(token) => format!("user:{token}"),
            None => {
                return Err(
                    Failure::refused("you are not logged in with a token").hint("pass --auth-basic=USER:PASSWORD")
                );
            }
        },
    };
    let file = args.to.clone().unwrap_or_else(default_file);
    save(&file, &registry, &credentials)?;
    session
        .terminal
        .line(format!("Saved credentials for {registry} into {}", file.display()))
}

/// As container tools look for it.
fn default_file() -> PathBuf {
    if let Some(file) = env::var_os("REGISTRY_AUTH_FILE").filter(|path| !path.is_empty()) {
        return file.into();
    }
    let runtime = env::var_os("XDG_RUNTIME_DIR").filter(|path| !path.is_empty());
    let base = runtime.map_or_else(
        || env::temp_dir().join(format!("containers-{}", rustix::process::geteuid().as_raw())),
        PathBuf::from,
    );
    base.join("containers/auth.json")
}

fn save(file: &Path, registry: &str, credentials: &str) -> Result<(), Failure> {
    let wrong = |error: std::io::Error| Failure::refused(format!("cannot write {}: {error}", file.display()));
    let mut known: Value = match fs::read(file) {
        Ok(bytes) if bytes.is_empty() => json!({}),
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map_err(|error| Failure::refused(format!("{} is no file of credentials: {error}", file.display())))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => json!({}),
        Err(error) => return Err(wrong(error)),
    };
    known["auths"][registry] = json!({ "auth": BASE64_STANDARD.encode(credentials) });
    let directory = file
        .parent()
        .filter(|path| !path.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(wrong)?;
    // Readable for nobody else, and whole or not at all.
    let temporary = file.with_extension(format!("{}.new", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let written = options.open(&temporary).and_then(|mut to| {
        to.write_all(crate::output::json::render(&known).as_bytes())?;
        to.sync_all()?;
        fs::rename(&temporary, file)
    });
    written.map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_of_other_registries_stay() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("auth.json");
        save(&file, "a:5000", "u:p").unwrap();
        save(&file, "b:5000", "u:q").unwrap();
        let read: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert_eq!(read["auths"]["a:5000"]["auth"], "dTpw");
        assert_eq!(read["auths"].as_object().unwrap().len(), 2);
    }
}
