//! What a command has at hand: its options, its terminal, the clock, and the way to the server once it asks for it.

mod connect;
mod project;

use jiff::Timestamp;
use tokio::sync::OnceCell;

use crate::api::Api;
use crate::builder_images::BuilderImages;
use crate::discovery::Discovery;
use crate::failure::Failure;
use crate::global::GlobalOptions;
use crate::identity;
use crate::kubeconfig::Location;
use crate::resource::Resource;
use crate::terminal::Terminal;

/// Everything that a command may use.
pub struct Session<'a> {
    pub global: GlobalOptions,
    pub terminal: Terminal,
    /// The name this program was called by, for the commands it suggests.
    pub program: String,
    /// The whole command line, for shell completion.
    pub parser: clap::Command,
    pub builder_images: &'a dyn BuilderImages,
    pub kubeconfig: Location,
    clock: fn() -> Timestamp,
    connection: OnceCell<Connection>,
    discovery: OnceCell<Discovery>,
}

/// The server that the options and the kubeconfig name.
pub struct Connection {
    pub api: Api,
    /// The current project.
    pub namespace: String,
    /// Name of the kubeconfig context in use; empty when there is none.
    pub context: String,
    pub token: Option<String>,
}

/// A server to log in to, outside any kubeconfig.
#[derive(Clone)]
pub struct Target {
    pub server: String,
    /// Nothing for somebody who has not logged in yet.
    pub token: Option<String>,
    /// PEM.
    pub certificate_authority: Option<Vec<u8>>,
    pub insecure: bool,
}

impl<'a> Session<'a> {
    pub fn new(
        global: GlobalOptions,
        terminal: Terminal,
        parser: clap::Command,
        builder_images: &'a dyn BuilderImages,
    ) -> Self {
        Self {
            kubeconfig: Location::find(&global),
            global,
            terminal,
            program: parser.get_name().to_string(),
            parser,
            builder_images,
            clock: Timestamp::now,
            connection: OnceCell::new(),
            discovery: OnceCell::new(),
        }
    }

    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Tells a person in front of a terminal what is being waited for; scripts do not hear it.
    pub fn progress(&self, text: impl AsRef<str>) {
        if self.terminal.is_interactive() {
            self.terminal.note(text);
        }
    }

    /// The server; it is not asked anything yet.
    pub async fn connection(&self) -> Result<&Connection, Failure> {
        let connect = || connect::connect(&self.global, &self.kubeconfig, &self.terminal, &self.program);
        self.connection.get_or_try_init(connect).await
    }

    /// Makes `target` the server of this session, unless it has one already.
    pub async fn dial(&self, target: &Target) -> Result<(), Failure> {
        let connect = || async { connect::to(target, &self.global, &self.terminal) };
        self.connection.get_or_try_init(connect).await?;
        Ok(())
    }

    /// The way to `target`, which does not become the server of this session.
    pub fn api_of(&self, target: &Target) -> Result<Api, Failure> {
        Ok(connect::to(target, &self.global, &self.terminal)?.api)
    }

    pub async fn api(&self) -> Result<&Api, Failure> {
        Ok(&self.connection().await?.api)
    }

    pub async fn namespace(&self) -> Result<&str, Failure> {
        Ok(&self.connection().await?.namespace)
    }

    /// The kinds the server serves, asked for once.
    pub async fn discovery(&self) -> Result<&Discovery, Failure> {
        let api = self.api().await?;
        self.discovery.get_or_try_init(|| Discovery::ask(api)).await
    }

    /// The failure to report for an object that is not there: the namespace may be what is missing.
    pub async fn missing(&self, failure: Failure, resource: &Resource) -> Failure {
        let (Ok(api), Ok(namespace)) = (self.api().await, self.namespace().await) else {
            return failure;
        };
        if !resource.namespaced {
            return failure;
        }
        match api.get(&Resource::namespaces().object(namespace, namespace)).await {
            Err(other) if other.is_not_found() => other,
            _ => failure,
        }
    }

    /// Who the server says we are.
    pub async fn user_name(&self) -> Result<String, Failure> {
        identity::user_name(self.api().await?).await
    }
}

#[cfg(test)]
impl<'a> Session<'a> {
    /// A session whose server and clock are a test's.
    pub fn scripted(mut self, connection: Connection, clock: fn() -> Timestamp) -> Self {
        self.connection = OnceCell::new_with(Some(connection));
        self.clock = clock;
        self
    }
}
