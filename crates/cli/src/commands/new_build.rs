//! `new-build`: a build config from a builder image and a source, with the streams it needs.

mod base_image;
mod lookup;
mod plan;
mod report;
mod repository;
#[cfg(test)]
mod tests;
mod words;

use crate::api::Call;
use crate::failure::Failure;
use crate::output::format::{Format, Item};
use crate::resource::Resource;
use crate::session::Session;
use crate::writing::WriteOptions;

/// Make a build config from source and a builder image, or from a Dockerfile
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Args {
    /// BUILDER~SOURCE, or an image and a source: git repositories are written as URLs or directories
    #[arg(value_name = "IMAGE~SOURCE")]
    words: Vec<String>,
    /// Name of the build config; by default that of the repository
    #[arg(long)]
    name: Option<String>,
    /// The Dockerfile to build, as text; - reads it from standard input
    #[arg(short = 'D', long, value_name = "TEXT")]
    dockerfile: Option<String>,
    /// The source is uploaded with each build: start-build --from-dir
    #[arg(long)]
    binary: bool,
    /// How to build
    #[arg(long)]
    strategy: Option<Strategy>,
    /// A git repository
    #[arg(long, value_name = "SOURCE")]
    code: Vec<String>,
    /// A tag of an image stream to build with
    #[arg(short, long, value_name = "STREAM[:TAG]")]
    image_stream: Vec<String>,
    /// An image of a registry to build with
    #[arg(long, value_name = "IMAGE")]
    image: Vec<String>,
    /// Directory of the repository to build in
    #[arg(long, value_name = "DIR")]
    context_dir: Option<String>,
    /// Secret with the credentials of the git repository
    #[arg(long, value_name = "NAME")]
    source_secret: Option<String>,
    /// Set an environment variable of the build
    #[arg(short, long, value_name = "KEY=VALUE")]
    env: Vec<String>,
    /// Set an argument of a Dockerfile build
    #[arg(long, value_name = "KEY=VALUE")]
    build_arg: Vec<String>,
    /// Push the result to this tag: STREAM:TAG
    #[arg(long, value_name = "STREAM:TAG")]
    to: Option<String>,
    /// The result goes to a registry and not into an image stream
    #[arg(long)]
    to_docker: bool,
    /// Push nothing
    #[arg(long, conflicts_with = "to")]
    no_output: bool,
    /// Secret with the credentials of the registry that the result goes to
    #[arg(long, value_name = "NAME")]
    push_secret: Option<String>,
    /// Not done here: take files out of this image into the source
    #[arg(long, value_name = "IMAGE", hide = true)]
    source_image: Option<String>,
    /// Not done here: which files, and where to
    #[arg(long, value_name = "FROM:TO", hide = true)]
    source_image_path: Option<String>,
    /// Labels of what is made
    #[arg(short, long, value_name = "KEY=VALUE", value_delimiter = ',')]
    labels: Vec<String>,
    #[command(flatten)]
    writing: WriteOptions,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    Source,
    Docker,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let mut wish = words::read(&args, session)?;
    let builder = lookup::builder(session, &wish).await?;
    words::settle(&mut wish, &args, builder.as_ref());
    let plan = plan::plan(&args, &wish, builder.as_ref(), session.namespace().await?)?;
    match &args.writing.output {
        Some(Format::Name) => return name(&args, session, &plan).await,
        Some(format) => return print(format, session, &plan),
        None => {}
    }
    session
        .terminal
        .print(&report::heading(session, &wish, builder.as_ref(), &plan))?;
    session
        .terminal
        .line(format!("--> Creating resources with label {} ...", plan.label))?;
    let mut failed = false;
    let suffix = if args.writing.client_only() { " (dry run)" } else { "" };
    for (resource, object) in plan.objects() {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        match create(&args, session, resource, object).await? {
            Made::New => session
                .terminal
                .line(format!("    {} \"{name}\" created{suffix}", resource.label()))?,
            Made::Before => {}
            Made::Refused => failed = true,
        }
    }
    match failed {
        false => session.terminal.line(format!("--> Success{suffix}")),
        true => {
            session.terminal.line("--> Failed")?;
            Err(Failure::ended(1))
        }
    }
}

/// Makes the objects and says nothing but their names.
async fn name(args: &Args, session: &Session<'_>, plan: &plan::Plan) -> Result<(), Failure> {
    let mut failed = false;
    for (resource, object) in plan.objects() {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        match create(args, session, resource, object).await? {
            Made::New => session.terminal.line(resource.named(name))?,
            Made::Before => {}
            Made::Refused => failed = true,
        }
    }
    if failed { Err(Failure::ended(1)) } else { Ok(()) }
}

/// The objects as they would be made.
fn print(format: &Format, session: &Session<'_>, plan: &plan::Plan) -> Result<(), Failure> {
    let items: Vec<Item> = plan
        .objects()
        .map(|(resource, object)| Item {
            resource,
            object: object.clone(),
        })
        .collect();
    session.terminal.print(&format.render(&items, false))
}

/// What became of one object.
enum Made {
    New,
    /// It was there already.
    Before,
    /// The server refused it, which was told.
    Refused,
}

async fn create(
    args: &Args,
    session: &Session<'_>,
    resource: &Resource,
    object: &serde_json::Value,
) -> Result<Made, Failure> {
    let (api, namespace) = (session.api().await?, session.namespace().await?);
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    // A stream of that name is as good as a new one; what it holds stays.
    if resource.kind == "ImageStream" && api.find(&resource.object(namespace, name)).await?.is_some() {
        return Ok(Made::Before);
    }
    if !args.writing.client_only() {
        let call = args
            .writing
            .mark(Call::post(&resource.collection(Some(namespace)), object));
        match api.json(call).await {
            Err(failure) if failure.status().is_some() => {
                let text = failure.text().unwrap_or_default();
                session.terminal.note(format!("    {text}"));
                return Ok(Made::Refused);
            }
            answer => answer?,
        };
    }
    Ok(Made::New)
}
