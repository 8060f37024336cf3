use serde_json::Value;

use crate::api::Call;
use crate::failure::Failure;
use crate::output::format::{Format, Item, tidy};
use crate::resource::Resource;
use crate::selection::with_kind;
use crate::session::Session;

/// Options of the commands that write objects.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct WriteOptions {
    /// Only say what would be done: without the server, or as the server would do it
    #[arg(long, value_name = "WHERE", default_value = "none", num_args = 0..=1, default_missing_value = "client", require_equals = true)]
    pub dry_run: DryRun,
    /// Print the object instead, as yaml, json, name or jsonpath=TEMPLATE
    #[arg(short, long, value_parser = Format::parse)]
    pub output: Option<Format>,
    /// Also print who owns which field
    #[arg(long)]
    pub show_managed_fields: bool,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DryRun {
    #[default]
    None,
    Client,
    Server,
}

/// What the server does about fields it does not know.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validation {
    /// Refuse the object
    #[value(alias = "true")]
    Strict,
    /// Warn about them
    Warn,
    /// Drop them
    #[value(alias = "false")]
    Ignore,
}

impl Validation {
    pub fn parameter(self) -> &'static str {
        match self {
            Self::Strict => "Strict",
            Self::Warn => "Warn",
            Self::Ignore => "Ignore",
        }
    }
}

impl WriteOptions {
    pub fn client_only(&self) -> bool {
        self.dry_run == DryRun::Client
    }

    /// As the server would do it.
    pub fn of_server() -> Self {
        Self {
            dry_run: DryRun::Server,
            output: None,
            show_managed_fields: false,
        }
    }

    pub fn dry_run_is_off(&self) -> bool {
        self.dry_run == DryRun::None
    }

    /// Marks a call that shall not be stored.
    pub fn mark(&self, call: Call) -> Call {
        call.maybe("dryRun", (self.dry_run == DryRun::Server).then_some("All"))
    }

    /// Creates the object, or with a client's dry run hands it back as it is.
    pub async fn create(
        &self,
        session: &Session<'_>,
        resource: &Resource,
        namespace: &str,
        object: Value,
    ) -> Result<Value, Failure> {
        if self.client_only() {
            return Ok(object);
        }
        let call = Call::post(&resource.collection(Some(namespace)), &object);
        session.api().await?.json(self.mark(call)).await
    }

    /// Says what was done (`created`), or prints the object.
    pub fn report(&self, session: &Session<'_>, resource: &Resource, object: Value, done: &str) -> Result<(), Failure> {
        if let Some(format) = &self.output {
            let object = tidy(with_kind(object, resource), self.show_managed_fields);
            return session
                .terminal
                .print(&format.render(&[Item { resource, object }], true));
        }
        let suffix = match self.dry_run {
            DryRun::None => "",
            DryRun::Client => " (dry run)",
            DryRun::Server => " (server dry run)",
        };
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        session
            .terminal
            .line(format!("{} {done}{suffix}", resource.named(name)))
    }
}
