//! A build of what is on this machine: it is uploaded with the request that starts the build.

mod commit;
mod exclusion;
mod flow;
mod pack;
mod source;

use std::path::PathBuf;

use clap::ArgGroup;
use serde_json::Value;

use self::commit::Commit;
use self::exclusion::Exclusion;
use self::source::Source;
use super::explain;
use crate::api::Call;
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;

/// What to upload; at most one of them.
#[derive(clap::Args, Debug, Default)]
#[command(group = ArgGroup::new("upload").multiple(false).conflicts_with_all(["from_build", "from_webhook", "list_webhooks"]))]
pub struct UploadArgs {
    /// Build what is in this directory
    #[arg(long, value_name = "DIR", group = "upload")]
    from_dir: Option<PathBuf>,
    /// Build this one file; - reads an archive from standard input
    #[arg(long, value_name = "FILE", group = "upload")]
    from_file: Option<PathBuf>,
    /// Build what is in this archive (tar, tar.gz or zip); - reads it from standard input
    #[arg(long, value_name = "FILE", group = "upload")]
    from_archive: Option<PathBuf>,
    /// Build a commit of this git repository, by default its HEAD
    #[arg(long, value_name = "DIR", group = "upload")]
    from_repo: Option<PathBuf>,
    /// What of the directory is not uploaded: a regular expression for paths such as /sub/file, below the directory; by
    /// default that is .git
    #[arg(long, value_name = "REGEX", value_parser = Exclusion::parse)]
    exclude: Option<Exclusion>,
}

/// What else was said, of which an upload knows nothing.
pub struct Others {
    pub environment: bool,
    pub build_arguments: bool,
}

impl UploadArgs {
    /// What shall be uploaded, if anything.
    pub fn source(&self, commit: Option<&str>) -> Result<Option<Source>, Failure> {
        if self.exclude.is_some() && self.from_dir.is_none() {
            return Err(Failure::usage("the --exclude flag is only supported with --from-dir"));
        }
        let source = if let Some(path) = &self.from_repo {
            Source::repository(path, commit)
        } else if commit.is_some()
            && (self.from_dir.is_some() || self.from_file.is_some() || self.from_archive.is_some())
        {
            return Err(Failure::usage(
                "--commit chooses a commit of --from-repo; other uploads are taken as they are",
            ));
        } else if let Some(path) = &self.from_dir {
            Source::directory(path, self.exclude.clone().unwrap_or_default())
        } else if let Some(path) = &self.from_archive {
            Source::archive(path)
        } else if let Some(path) = &self.from_file {
            Source::file(path)
        } else {
            return Ok(None);
        };
        source.map(Some)
    }
}

/// Uploads the source to the build config and returns the build that was started.
pub async fn start(source: Source, others: &Others, config: &str, session: &Session<'_>) -> Result<Value, Failure> {
    let (api, namespace) = (session.api().await?, session.namespace().await?);
    let terminal = &session.terminal;
    // Nothing is packed for a build config that is not there.
    api.get(&Resource::build_configs().object(namespace, config)).await?;
    for (said, what) in [
        (others.environment, "environment variables"),
        (others.build_arguments, "build arguments"),
    ] {
        if said {
            terminal.note(format!(
                "WARNING: Specifying {what} with binary builds is not supported."
            ));
        }
    }
    terminal.note(format!("Uploading {source} as binary input for the build ..."));
    if source.is_doubtful()? {
        terminal.note(
            "WARNING: the provided file may not be an archive (tar, tar.gz, or zip), use --from-file to prevent extraction",
        );
    }
    let path = Resource::build_configs().subresource(namespace, config, "instantiatebinary");
    let mut call = Call::poke(&path).maybe("asFile", source.file_name());
    if let Some(commit) = source.commit()? {
        call = with_revision(call, &commit);
    }
    let (content, made) = source.open()?;
    let answer = api.upload(call, content).await;
    // What went wrong here says more than the request that broke off because of it.
    if let Some(error) = made.failure().await {
        return Err(Failure::refused(format!("cannot upload {source}: {error}")));
    }
    let build = answer.map_err(|failure| explain(failure, namespace, config))?;
    terminal.note("\nUploading finished");
    Ok(build)
}

fn with_revision(call: Call, commit: &Commit) -> Call {
    let parts = [
        ("commit", &commit.id),
        ("message", &commit.message),
        ("authorName", &commit.author_name),
        ("authorEmail", &commit.author_email),
        ("committerName", &commit.committer_name),
        ("committerEmail", &commit.committer_email),
    ];
    parts
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .fold(call, |call, (key, text)| call.query(&format!("revision.{key}"), text))
}
