//! `import-image`: asks the server to look into a registry, and shows what it found.

mod plan;
#[cfg(test)]
mod tests;

use serde_json::Value;
use weir_api::image::ImageStreamImport;

use super::describe::{image, image_stream};
use crate::api::Call;
use crate::failure::Failure;
use crate::output::sheet::Sheet;
use crate::resource::Resource;
use crate::session::Session;

/// Import images of a registry into an image stream
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The image stream, optionally with a tag
    #[arg(value_name = "STREAM[:TAG]")]
    stream: String,
    /// The image or repository to import
    #[arg(long, value_name = "IMAGE")]
    from: Option<String>,
    /// Make the image stream when it is not there
    #[arg(long)]
    confirm: bool,
    /// Import all tags of the repository
    #[arg(long)]
    all: bool,
    /// Look for newer images from time to time
    #[arg(long)]
    scheduled: bool,
    /// The registry may be asked over plain HTTP or without a valid certificate
    #[arg(long)]
    insecure: bool,
    /// Pull through the local registry or from the source
    #[arg(long, value_name = "POLICY", default_value = "source")]
    reference_policy: Policy,
    /// Of an image for several platforms, take one or all
    #[arg(long, value_name = "MODE", default_value = "Legacy", value_parser = ["Legacy", "PreserveOriginal"])]
    import_mode: String,
    /// Only look, store nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Policy {
    Source,
    Local,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let (name, tag) = plan::split(&args.stream)?;
    let (api, namespace) = (session.api().await?, session.namespace().await?);
    let stream = api.find(&Resource::image_streams().object(namespace, name)).await?;
    let request = plan::request(&args, name, tag, stream.as_ref())?;
    session.progress(format!("importing into {name}: the server is asking the registry"));
    let path = Resource::image_stream_imports().collection(Some(namespace));
    let answer = api.json(Call::post(&path, &request)).await?;
    show(session, name, &answer)
}

fn show(session: &Session<'_>, name: &str, answer: &Value) -> Result<(), Failure> {
    let import: ImageStreamImport = serde_json::from_value(answer.clone())
        .map_err(|error| Failure::refused(format!("the server sent an import that cannot be read: {error}")))?;
    let failures = plan::failures(&import);
    let done = if failures.is_empty() {
        "imported"
    } else {
        "imported with errors"
    };
    session
        .terminal
        .line(format!("{} {done}\n", Resource::image_streams().named(name)))?;
    let mut sheet = Sheet::default();
    if let Some(stream) = &import.status.import {
        image_stream::fill(session.now(), stream, &mut sheet);
    }
    for found in plan::found(answer) {
        sheet.blank().field("Image Name", format!("{name}:{}", found.tag));
        image::fill(session.now(), found.image, &mut sheet);
    }
    session.terminal.print(&sheet.render())?;
    if failures.is_empty() {
        return Ok(());
    }
    failures
        .iter()
        .for_each(|failure| session.terminal.note(format!("error: {failure}")));
    Err(Failure::refused("imported completed with errors"))
}
