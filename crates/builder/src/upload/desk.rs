use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::{UploadError, UploadFile};
use crate::log::PodKey;

/// How an upload ended.
pub(super) type Outcome = Result<(), UploadError>;

/// Where builds wait for their uploads. Clones are the same desk.
#[derive(Clone, Default)]
pub(crate) struct Desk {
    waiting: Arc<Mutex<HashMap<PodKey, Waiting>>>,
}

struct Waiting {
    uid: String,
    container: String,
    file: UploadFile,
    /// Told when somebody uploads, with where the outcome will come from.
    begun: oneshot::Sender<oneshot::Receiver<Outcome>>,
}

/// A build that waits. It leaves the desk when this is dropped.
pub(crate) struct Place {
    desk: Desk,
    pod: PodKey,
    begun: oneshot::Receiver<oneshot::Receiver<Outcome>>,
}

/// An upload that somebody brings to a build that waits for it.
pub(super) struct Delivery {
    pub file: UploadFile,
    /// Closed when the build does not want it any more.
    pub outcome: oneshot::Sender<Outcome>,
}

impl Desk {
    /// From now on an upload for this container is taken.
    pub fn expect(&self, pod: &PodKey, uid: &str, container: &str, file: UploadFile) -> Place {
        let (sender, begun) = oneshot::channel();
        let waiting = Waiting {
            uid: uid.to_owned(),
            container: container.to_owned(),
            file,
            begun: sender,
        };
        self.waiting().insert(pod.clone(), waiting);
        Place {
            desk: self.clone(),
            pod: pod.clone(),
            begun,
        }
    }

    /// Takes the place of the build that waits. Of several who bring an upload the first one is heard.
    pub(super) fn deliver(&self, pod: &PodKey, uid: &str, container: &str) -> Option<Delivery> {
        let mut all = self.waiting();
        all.get(pod)
            .filter(|waiting| waiting.uid == uid && waiting.container == container)?;
        let waiting = all.remove(pod)?;
        drop(all);
        let (outcome, receiver) = oneshot::channel();
        waiting.begun.send(receiver).ok()?;
        Some(Delivery {
            file: waiting.file,
            outcome,
        })
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<PodKey, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Waits until somebody uploads. The upload goes on for as long as what is returned is kept.
    pub async fn begun(&mut self) -> Option<Upload> {
        (&mut self.begun).await.ok().map(Upload)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.desk.waiting().remove(&self.pod);
    }
}

/// An upload under way.
pub(crate) struct Upload(oneshot::Receiver<Outcome>);

impl Upload {
    /// Waits for its end.
    ///
    /// # Errors
    /// Whatever kept it from being complete and on disk.
    pub async fn kept(self) -> Result<(), UploadError> {
        // Who brought it went away without a word.
        self.0.await.unwrap_or(Err(UploadError::Abandoned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> PodKey {
        PodKey::new("ns", "web-1-build").unwrap()
    }

    fn desk() -> (Desk, Place) {
        let desk = Desk::default();
        let file = UploadFile::in_directory(std::path::Path::new("/nowhere"));
        let place = desk.expect(&key(), "uid-1", "git-clone", file);
        (desk, place)
    }

    #[tokio::test]
    async fn an_upload_is_taken_once_and_only_for_the_build_that_waits() {
        let (desk, mut place) = desk();
        for (uid, container) in [("uid-2", "git-clone"), ("uid-1", "docker-build")] {
            assert!(desk.deliver(&key(), uid, container).is_none(), "{uid} {container}");
        }
        let delivery = desk.deliver(&key(), "uid-1", "git-clone").unwrap();
        assert!(desk.deliver(&key(), "uid-1", "git-clone").is_none());
        let upload = place.begun().await.unwrap();
        delivery.outcome.send(Ok(())).unwrap();
        upload.kept().await.unwrap();
    }

    #[tokio::test]
    async fn either_side_notices_when_the_other_leaves() {
        let (desk, place) = desk();
        drop(place);
        assert!(desk.deliver(&key(), "uid-1", "git-clone").is_none());
        let (desk, mut place) = self::desk();
        let mut delivery = desk.deliver(&key(), "uid-1", "git-clone").unwrap();
        let upload = place.begun().await.unwrap();
        drop(upload);
        delivery.outcome.closed().await;
        let (desk, mut place) = self::desk();
        drop(desk.deliver(&key(), "uid-1", "git-clone"));
        let upload = place.begun().await.unwrap();
        assert!(matches!(upload.kept().await, Err(UploadError::Abandoned)));
    }
}
