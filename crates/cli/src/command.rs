use std::process::ExitCode;

use crate::builder_images::BuilderImages;
use crate::commands::{
    adm, annotate, api_resources, api_versions, apply, attach, auth, cancel_build, completion, config, cp, create,
    delete, describe, diff, edit, events, exec, explain, expose, extract, get, import_builder, import_image, label,
    login, logout, logs, new_build, new_project, patch, policy, project, projects, registry, replace, rollback,
    rollout, rsh, run, scale, secrets, set, start_build, status, tag, version, wait, whoami,
};
use crate::failure::Failure;
use crate::global::GlobalOptions;
use crate::session::Session;
use crate::terminal::Terminal;

/// The client's commands. The binary puts its own (`up`, `reset`) next to them.
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    Adm(adm::Args),
    Annotate(annotate::Args),
    ApiResources(api_resources::Args),
    ApiVersions(api_versions::Args),
    Apply(apply::Args),
    Attach(attach::Args),
    Auth(auth::Args),
    CancelBuild(cancel_build::Args),
    Completion(completion::Args),
    Config(config::Args),
    Cp(cp::Args),
    Create(create::Args),
    Delete(delete::Args),
    Describe(describe::Args),
    Diff(diff::Args),
    Edit(edit::Args),
    Events(events::Args),
    Exec(exec::Args),
    Explain(explain::Args),
    Expose(expose::Args),
    Extract(extract::Args),
    Get(get::Args),
    ImportBuilder(import_builder::Args),
    ImportImage(import_image::Args),
    Label(label::Args),
    Login(login::Args),
    Logout(logout::Args),
    Logs(logs::Args),
    NewBuild(new_build::Args),
    NewProject(new_project::Args),
    Patch(patch::Args),
    Policy(policy::Args),
    Project(project::Args),
    Projects(projects::Args),
    Registry(registry::Args),
    Replace(replace::Args),
    Rollback(rollback::Args),
    Rollout(rollout::Args),
    Rsh(rsh::Args),
    Run(run::Args),
    Scale(scale::Args),
    Secrets(secrets::Args),
    Set(set::Args),
    StartBuild(start_build::Args),
    Status(status::Args),
    Tag(tag::Args),
    Version(version::Args),
    Wait(wait::Args),
    Whoami(whoami::Args),
}

/// What the binary brings along.
pub struct Program<'a> {
    /// The whole command line; its name is the one that suggested commands begin with.
    pub parser: clap::Command,
    pub builder_images: &'a dyn BuilderImages,
}

/// Runs one command on the process's own streams and says what the process exits with.
pub async fn run(command: Command, global: GlobalOptions, program: Program<'_>) -> ExitCode {
    let terminal = Terminal::standard();
    let session = Session::new(global, terminal.clone(), program.parser, program.builder_images);
    match dispatch(command, &session).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Some(text) = failure.text() {
                terminal.note(text);
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

pub(crate) async fn dispatch(command: Command, session: &Session<'_>) -> Result<(), Failure> {
    match command {
        Command::Adm(args) => adm::run(args, session).await,
        Command::Annotate(args) => annotate::run(args, session).await,
        Command::ApiResources(args) => api_resources::run(args, session).await,
        Command::ApiVersions(args) => api_versions::run(args, session).await,
        Command::Apply(args) => apply::run(args, session).await,
        Command::Attach(args) => attach::run(args, session).await,
        Command::Auth(args) => auth::run(args, session).await,
        Command::CancelBuild(args) => cancel_build::run(args, session).await,
        Command::Completion(args) => completion::run(args, session).await,
        Command::Config(args) => config::run(args, session).await,
        Command::Cp(args) => cp::run(args, session).await,
        Command::Create(args) => create::run(args, session).await,
        Command::Delete(args) => delete::run(args, session).await,
        Command::Describe(args) => describe::run(args, session).await,
        Command::Diff(args) => diff::run(args, session).await,
        Command::Edit(args) => edit::run(args, session).await,
        Command::Events(args) => events::run(args, session).await,
        Command::Exec(args) => exec::run(args, session).await,
        Command::Explain(args) => explain::run(args, session).await,
        Command::Expose(args) => expose::run(args, session).await,
        Command::Extract(args) => extract::run(args, session).await,
        Command::Get(args) => get::run(args, session).await,
        Command::ImportBuilder(args) => import_builder::run(args, session).await,
        Command::ImportImage(args) => import_image::run(args, session).await,
        Command::Label(args) => label::run(args, session).await,
        Command::Login(args) => login::run(args, session).await,
        Command::Logout(args) => logout::run(args, session).await,
        Command::Logs(args) => logs::run(args, session).await,
        Command::NewBuild(args) => new_build::run(args, session).await,
        Command::NewProject(args) => new_project::run(args, session).await,
        Command::Patch(args) => patch::run(args, session).await,
        Command::Policy(args) => policy::run(args, session).await,
        Command::Project(args) => project::run(args, session).await,
        Command::Projects(args) => projects::run(args, session).await,
        Command::Registry(args) => registry::run(args, session).await,
        Command::Replace(args) => replace::run(args, session).await,
        Command::Rollback(args) => rollback::run(args, session).await,
        Command::Rollout(args) => rollout::run(args, session).await,
        Command::Rsh(args) => rsh::run(args, session).await,
        Command::Run(args) => run::run(args, session).await,
        Command::Scale(args) => scale::run(args, session).await,
        Command::Secrets(args) => secrets::run(args, session).await,
        Command::Set(args) => set::run(args, session).await,
        Command::StartBuild(args) => start_build::run(args, session).await,
        Command::Status(args) => status::run(args, session).await,
        Command::Tag(args) => tag::run(args, session).await,
        Command::Version(args) => version::run(args, session).await,
        Command::Wait(args) => wait::run(args, session).await,
        Command::Whoami(args) => whoami::run(args, session).await,
    }
}
