use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use prometheus_client::registry::Registry;
use tokio_util::sync::CancellationToken;
use weir_store::{ReadError, Store};

use super::Server;
use crate::cache::Feed;
use crate::catalog::{Catalog, ServedTwice};
use crate::core::{Clock, Core, Feeding, Suffix};
use crate::definitions::Definitions;
use crate::describe::{Descriptions, ReadyCheck, VersionInfo};
use crate::follower::{Follower, Following};
use crate::in_flight::{InFlight, InFlightLimits};
use crate::metrics::Metrics;
use crate::write::random_suffix;
use crate::{Admission, Authenticator, Authorizer, GroupResource, ProtobufTables, Resource, TableError};

pub struct ServerBuilder {
    store: Arc<dyn Store>,
    resources: Vec<Resource>,
    definitions: Definitions,
    authenticator: Option<Arc<dyn Authenticator>>,
    authorizer: Option<Arc<dyn Authorizer>>,
    admission: Option<Arc<dyn Admission>>,
    version: VersionInfo,
    namespaces: Option<GroupResource>,
    limits: InFlightLimits,
    registry: Registry,
    checks: Vec<ReadyCheck>,
    protobuf: Vec<&'static str>,
    followers: Vec<Following>,
    clock: Clock,
    suffix: Suffix,
}

/// Why a server cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("{0} is missing: a server that lets everybody in is not built by accident")]
    Incomplete(&'static str),
    #[error("{0} is served twice")]
    ServedTwice(GroupResource),
    #[error("{0}, which namespaces are objects of, is not a stored resource")]
    UnknownNamespaces(GroupResource),
    #[error(transparent)]
    Protobuf(#[from] TableError),
    #[error("{0}, which is to be followed, is not a stored resource, or somebody follows it already")]
    Unfollowable(GroupResource),
    #[error("the store cannot be loaded")]
    Load(#[from] ReadError),
}

impl ServerBuilder {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            resources: Vec::new(),
            definitions: Definitions::default(),
            authenticator: None,
            authorizer: None,
            admission: None,
            version: VersionInfo::default(),
            namespaces: None,
            limits: InFlightLimits::default(),
            registry: Registry::default(),
            checks: Vec::new(),
            protobuf: Vec::new(),
            followers: Vec::new(),
            clock: Arc::new(Timestamp::now),
            suffix: Arc::new(random_suffix),
        }
    }

    /// What is served, in the order discovery shows it.
    pub fn resources(mut self, resources: Vec<Resource>) -> Self {
        self.resources.extend(resources);
        self
    }

    /// What fields the kinds have. Kinds that are not described may have any.
    pub fn definitions(mut self, definitions: Definitions) -> Self {
        self.definitions = definitions;
        self
    }

    pub fn authenticator(mut self, authenticator: Arc<dyn Authenticator>) -> Self {
        self.authenticator = Some(authenticator);
        self
    }

    pub fn authorizer(mut self, authorizer: Arc<dyn Authorizer>) -> Self {
        self.authorizer = Some(authorizer);
        self
    }

    /// Who judges creations beyond what authorization and strategies say.
    pub fn admission(mut self, admission: Arc<dyn Admission>) -> Self {
        self.admission = Some(admission);
        self
    }

    /// `gitVersion` of `/version`, such as `v1.34.0+weir`; `major` and `minor` are taken from it.
    pub fn version(mut self, git_version: impl Into<String>) -> Self {
        self.version.git_version = git_version.into();
        self
    }

    pub fn version_info(mut self, version: VersionInfo) -> Self {
        self.version = version;
        self
    }

    /// The resource that namespaces are objects of: creations in a missing or ending namespace are then refused.
    pub fn namespaces(mut self, resource: GroupResource) -> Self {
        self.namespaces = Some(resource);
        self
    }

    /// Tells `follower` what is stored of these resources, from the start and with every change.
    pub fn follow(mut self, resources: &[GroupResource], follower: Arc<dyn Follower>) -> Self {
        self.followers.extend(resources.iter().map(|resource| Following {
            resource: resource.clone(),
            follower: follower.clone(),
        }));
        self
    }

    pub fn in_flight_limits(mut self, limits: InFlightLimits) -> Self {
        self.limits = limits;
        self
    }

    /// A registry that other components of the process have put their metrics into; `/metrics` shows it.
    pub fn metrics(mut self, registry: Registry) -> Self {
        self.registry = registry;
        self
    }

    /// A condition of `/readyz` besides the server's own.
    pub fn ready_check(
        mut self,
        name: &'static str,
        check: impl Fn() -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.checks.push(ReadyCheck {
            name,
            check: Arc::new(check),
        });
        self
    }

    /// Describes the protobuf messages of served kinds, so that bodies in that format are understood. The format of the
    /// text is told in `protobuf/tables.rs`.
    pub fn protobuf(mut self, tables: &'static str) -> Self {
        self.protobuf.push(tables);
        self
    }

    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// What generated names end with; random when nothing is said.
    pub fn name_suffixes(mut self, suffix: impl Fn() -> String + Send + Sync + 'static) -> Self {
        self.suffix = Arc::new(suffix);
        self
    }

    /// Loads what is stored and starts to follow it.
    ///
    /// # Errors
    /// When something is missing or contradictory, or the store cannot be read.
    pub async fn build(self) -> Result<Server, BuildError> {
        let authenticator = self.authenticator.ok_or(BuildError::Incomplete("an authenticator"))?;
        let authorizer = self.authorizer.ok_or(BuildError::Incomplete("an authorizer"))?;
        let catalog = Catalog::new(self.resources).map_err(|ServedTwice(id)| BuildError::ServedTwice(id))?;
        let namespaces = match self.namespaces {
            None => None,
            Some(id) => match catalog.by_id(&id).filter(|served| served.stored.is_some()) {
                Some(served) => Some(served.clone()),
                None => return Err(BuildError::UnknownNamespaces(id)),
            },
        };
        let followers = by_prefix(&catalog, self.followers)?;
        let feed = Arc::new(Feed::load(&*self.store, catalog.caches(), followers).await?);
        Ok(Server::new(Arc::new(Core {
            definitions: self.definitions,
            descriptions: Descriptions::new(&catalog, &self.version, self.checks),
            feeding: Feeding::start(&feed, &self.store),
            store: self.store,
            catalog,
            feed,
            authenticator,
            authorizer,
            admission: self.admission,
            namespaces,
            in_flight: InFlight::new(self.limits),
            metrics: Metrics::new(self.registry),
            protobuf: ProtobufTables::new(&self.protobuf)?,
            clock: self.clock,
            suffix: self.suffix,
            closing: CancellationToken::new(),
        })))
    }
}

fn by_prefix(catalog: &Catalog, followers: Vec<Following>) -> Result<HashMap<String, Following>, BuildError> {
    let mut by_prefix = HashMap::new();
    for following in followers {
        let id = following.resource.clone();
        let stored = catalog.by_id(&id).and_then(|served| served.stored.as_ref());
        let prefix = stored.map(|stored| stored.cache.prefix.clone());
        let replaced = prefix.map(|prefix| by_prefix.insert(prefix, following));
        if !matches!(replaced, Some(None)) {
            return Err(BuildError::Unfollowable(id));
        }
    }
    Ok(by_prefix)
}
