use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Component, Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::choice::{Choice, Chosen};
use crate::failure::Failure;
use crate::session::Session;

/// Stands for standard output.
const OUTPUT: &str = "-";

/// Write what is in secrets and config maps into files
///
/// For example: extract secret/db --to=-
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The secrets and config maps: TYPE/NAME
    #[arg(value_name = "TYPE/NAME", required_unless_present = "filename")]
    what: Vec<String>,
    /// Those that a file describes
    #[arg(short, long, value_name = "FILE", conflicts_with = "what")]
    filename: Vec<PathBuf>,
    /// The directory of the files; - prints them
    #[arg(long, value_name = "DIR", default_value = ".")]
    to: PathBuf,
    /// Only these keys
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    keys: Vec<String>,
    /// Write over files that are there
    #[arg(long)]
    confirm: bool,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let choice = Choice {
        words: &args.what,
        files: &args.filename,
        ..Choice::default()
    };
    let mut failures = Vec::new();
    for chosen in choice.resolve(session).await? {
        let object = session.api().await?.get(&chosen.path()).await?;
        for (key, content) in contents(&chosen, &object)? {
            if !args.keys.is_empty() && !args.keys.contains(&key) {
                continue;
            }
            if let Err(failure) = put(&args, session, &key, &content) {
                failures.push(failure);
            }
        }
    }
    session.terminal.end_with(failures)
}

/// Keys and what is behind them, by key.
fn contents(chosen: &Chosen, object: &Value) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let entries = |field: &str| object[field].as_object().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let plain = |field: &str| entries(field).map(|(key, value)| (key.clone(), text(value).into_bytes()));
    let encoded = |field: &str| -> Result<Vec<(String, Vec<u8>)>, Failure> {
        let decode = |(key, value): (&String, &Value)| match BASE64_STANDARD.decode(text(value)) {
            Ok(bytes) => Ok((key.clone(), bytes)),
            Err(error) => Err(Failure::refused(format!("{}, key {key}: {error}", chosen.label()))),
        };
        entries(field).map(decode).collect()
    };
    match chosen.resource.kind.as_str() {
        "Secret" => encoded("data"),
        "ConfigMap" => Ok(plain("data").chain(encoded("binaryData")?).collect()),
        kind => Err(Failure::refused(format!("nothing can be extracted from a {kind}"))
            .hint("secrets (secret/NAME) and config maps (configmap/NAME) have files in them")),
    }
}

fn put(args: &Args, session: &Session<'_>, key: &str, content: &[u8]) -> Result<(), Failure> {
    if args.to == Path::new(OUTPUT) {
        session.terminal.note(format!("# {key}"));
        session.terminal.write(content)?;
        return match content.ends_with(b"\n") {
            true => Ok(()),
            false => session.terminal.write(b"\n"),
        };
    }
    // A key is the name of a file and leads nowhere else, whatever a server says.
    let parts: Vec<Component> = Path::new(key).components().collect();
    if !matches!(parts.as_slice(), [Component::Normal(_)]) {
        return Err(Failure::refused(format!("the key \"{key}\" is no name of a file")));
    }
    let path = args.to.join(key);
    let mut options = OpenOptions::new();
    options.write(true);
    let opened = match args.confirm {
        true => options.create(true).truncate(true).open(&path),
        false => options.create_new(true).open(&path),
    };
    match opened.and_then(|mut file| file.write_all(content)) {
        Ok(()) => session.terminal.line(path.display().to_string()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(Failure::refused(format!(
            "{key}: file exists, pass --confirm to overwrite"
        ))),
        Err(error) => Err(Failure::refused(format!("cannot write {}: {error}", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Server;

    const SECRETS: &str = "/api/v1/namespaces/myproject/secrets";

    #[tokio::test]
    async fn what_is_inside_is_printed() {
        let server = Server::new();
        server.on(
            &format!("GET {SECRETS}/db"),
            200,
            json!({"data": {"a": "Zm9v", "b": "YmFyCg=="}}),
        );
        let outcome = server.run("extract secret/db --to=-").await;
        assert_eq!(
            (outcome.out.as_str(), outcome.err.as_str()),
            ("foo\nbar\n", "# a\n# b\n")
        );
        let outcome = server.run("extract secret/db --to=- --keys=b,c").await;
        assert_eq!((outcome.out.as_str(), outcome.err.as_str()), ("bar\n", "# b\n"));
    }

    #[tokio::test]
    async fn files_are_written_once_and_nowhere_else() {
        let directory = tempfile::tempdir().unwrap();
        let to = directory.path().display();
        let server = Server::new();
        let secret = json!({"data": {"page": "aGVsbG8=", "../up": "eA==", "bytes": "/w=="}});
        server.on(&format!("GET {SECRETS}/web"), 200, secret);
        let outcome = server.run(&format!("extract secret/web --to={to}")).await;
        assert_eq!(outcome.out, format!("{to}/bytes\n{to}/page\n"), "{}", outcome.err);
        assert_eq!(
            (outcome.err.as_str(), outcome.code),
            ("error: the key \"../up\" is no name of a file\n", 1)
        );
        assert_eq!(std::fs::read(directory.path().join("bytes")).unwrap(), [0xff]);
        std::fs::write(directory.path().join("page"), "changed and longer").unwrap();
        let outcome = server.run(&format!("extract secret/web --to={to} --keys=page")).await;
        assert_eq!(
            (outcome.err.as_str(), outcome.code),
            ("error: page: file exists, pass --confirm to overwrite\n", 1)
        );
        let outcome = server
            .run(&format!("extract secret/web --to={to} --keys=page --confirm"))
            .await;
        assert_eq!(outcome.code, 0, "{}", outcome.err);
        assert_eq!(std::fs::read_to_string(directory.path().join("page")).unwrap(), "hello");
    }
}
