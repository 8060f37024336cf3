use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use weir_engine::Engine;

use super::{Outputs, PushRecord};
use crate::child::{ChildProgram, Fetched, LogSink};
use crate::dockerfile::BuildFacts;
use crate::failure::{BuildFailure, FailureReason};
use crate::job::{Job, Strategy};
use crate::log::LogWriter;
use crate::registry_access::{Access, RegistryNames};
use crate::report::{Report, report};
use crate::source::GitUrl;
use crate::stages::{Stages, Step};
use crate::upload::UploadFile;
use crate::workbench::Place;

/// What every build needs.
pub(crate) struct Kit {
    pub client: kube::Client,
    pub engine: Arc<dyn Engine>,
    pub names: RegistryNames,
    pub child: ChildProgram,
    pub local_repositories: bool,
    /// Tells images of this builder from those of another one on the same engine.
    pub instance: String,
    pub outputs: Outputs,
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

/// One run of a build.
pub(crate) struct Attempt {
    pub kit: Arc<Kit>,
    pub job: Arc<Job>,
    pub place: Place,
    pub clone_log: LogWriter,
    pub log: LogWriter,
    pub record: PushRecord,
    /// Where the upload of a binary build is.
    pub upload: UploadFile,
    stages: Mutex<Stages>,
    /// Local names to be taken away at the end.
    temporary: Mutex<Vec<String>>,
}

/// What is still known of a build that is over.
pub(crate) struct Remains {
    pub job: Arc<Job>,
    pub log: LogWriter,
    pub stages: Stages,
}

impl Attempt {
    pub fn new(
        kit: Arc<Kit>,
        job: Arc<Job>,
        place: Place,
        (clone_log, log): (LogWriter, LogWriter),
        record: PushRecord,
        upload: UploadFile,
    ) -> Self {
        Self {
            kit,
            job,
            place,
            clone_log,
            log,
            record,
            upload,
            stages: Mutex::default(),
            temporary: Mutex::default(),
        }
    }

    /// The part of the first container.
    pub async fn fetch(&self) -> Result<Fetched, BuildFailure> {
        let fetched = super::fetch::fetch(self).await?;
        let commit = self.job.git.is_some().then_some(&fetched.commit);
        let stages = self.stages();
        let told = Report {
            commit,
            stages: stages.as_slice(),
            ..Report::default()
        };
        self.tell(&told)
            .await
            .map_err(|error| BuildFailure::new(FailureReason::GenericBuild, error.to_string()))?;
        tracing::info!(build = %self.job.pod, "source fetched");
        Ok(fetched)
    }

    /// The part of the main container. Returns the digest of the pushed image, when there was an output.
    pub async fn build(&self, fetched: &Fetched) -> Result<Option<String>, BuildFailure> {
        let image = match &self.job.strategy {
            Strategy::Source { .. } => super::source::build(self, fetched).await?,
            Strategy::Docker { .. } => super::docker::build(self, fetched).await?,
        };
        tracing::info!(build = %self.job.pod, "image built");
        self.timed(
            Step::RunPostCommitHook,
            self.job.post_commit.is_some(),
            super::post_commit::run(self, &image),
        )
        .await?;
        match &self.job.output {
            Some(output) => super::push::push(self, &image, output).await.map(Some),
            None => {
                self.log.line("Build complete, no image push requested");
                Ok(None)
            }
        }
    }

    /// Takes away local names, results and the laid-out source. What fails is told to the operator: the next start tries
    /// again.
    pub async fn clear_away(self) -> Remains {
        let names = std::mem::take(&mut *self.temporary.lock().unwrap_or_else(PoisonError::into_inner));
        for name in names {
            if let Err(error) = self.kit.engine.remove_image(&name, false).await
                && !error.is_not_found()
            {
                tracing::warn!(build = %self.job.pod, image = name, %error, "cannot remove a temporary image");
            }
        }
        let remains = Remains {
            job: self.job.clone(),
            log: self.log.clone(),
            stages: self.stages(),
        };
        // Removing a large source takes a while, and must not keep the others waiting.
        if let Err(error) = tokio::task::spawn_blocking(move || drop(self.place)).await {
            tracing::warn!(build = %remains.job.pod, %error, "cannot remove the source of a build");
        }
        remains
    }

    /// Notes a local name, or the id of an image, that must not outlive the build.
    pub fn temporary(&self, name: &str) {
        self.temporary
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(name.to_owned());
    }

    pub async fn tell(&self, what: &Report<'_>) -> Result<(), crate::report::ReportError> {
        report(&self.kit.client, self.job.pod.namespace(), &self.job.build, what).await
    }

    pub fn stages(&self) -> Stages {
        self.stages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs a step and notes how long it took, also when it failed; without note when it has nothing to do.
    pub async fn timed<T>(&self, step: Step, note: bool, work: impl Future<Output = T>) -> T {
        let start = (self.kit.clock)();
        let result = work.await;
        if note {
            let end = (self.kit.clock)();
            self.stages
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .record(step, start, end);
        }
        result
    }

    pub fn access(&self) -> Access<'_> {
        Access {
            client: &self.kit.client,
            names: &self.kit.names,
            namespace: self.job.pod.namespace(),
            account: &self.job.account,
        }
    }

    /// What is written about this build into its image.
    pub fn facts(&self, fetched: &Fetched) -> BuildFacts {
        let git = self.job.git.as_ref();
        BuildFacts {
            name: self.job.build.clone(),
            namespace: self.job.pod.namespace().to_owned(),
            source_uri: git.map(|git| shown_uri(&git.uri)),
            source_ref: git.and_then(|git| git.reference.clone()),
            context_dir: self.job.context_dir.to_string(),
            commit: git.map(|_| fetched.commit.clone()),
        }
    }

    /// Where a child's lines go.
    pub fn sink(&self, log: &LogWriter) -> LogSink {
        let log = log.clone();
        Arc::new(move |line| log.output(&format!("{line}\n")))
    }
}

/// The address as it was written, unless it has a password in it.
fn shown_uri(uri: &str) -> String {
    match uri.parse::<GitUrl>() {
        Ok(url) if url.to_string() != url.as_str() => url.to_string(),
        _ => uri.to_owned(),
    }
}
