use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use weir_oci::Digest;

use crate::access::{Access, AccessError, Action};
use crate::token::Caller;

/// A right that is taken away ends after this.
const LIFETIME: Duration = Duration::from_secs(10);
/// Answers kept. Beyond it those that expired go, then any; asking again costs one request to the API.
const ANSWERS: usize = 10_000;

/// Who asks, and what for; nothing means only whether the token is valid.
type Question = (Option<Digest>, Option<Action>);

/// Remembers permissions for a moment: a push asks dozens of times. Refusals are not remembered, so that a right that is
/// given counts at once.
#[derive(Clone)]
pub(crate) struct CachedAccess {
    access: Arc<dyn Access>,
    allowed: Arc<Mutex<HashMap<Question, Instant>>>,
}

impl CachedAccess {
    pub(crate) fn new(access: Arc<dyn Access>) -> CachedAccess {
        CachedAccess {
            access,
            allowed: Arc::default(),
        }
    }

    pub(crate) async fn identify(&self, caller: &Caller) -> Result<(), AccessError> {
        let key = (caller.fingerprint(), None);
        let now = Instant::now();
        if !self.remembers(&key, now) {
            self.access.identify(caller).await?;
            self.remember(key, now);
        }
        Ok(())
    }

    pub(crate) async fn allows(&self, caller: &Caller, action: &Action) -> Result<bool, AccessError> {
        self.allows_at(caller, action, Instant::now()).await
    }

    /// The age of an answer counts from before it was asked for.
    async fn allows_at(&self, caller: &Caller, action: &Action, now: Instant) -> Result<bool, AccessError> {
        let key = (caller.fingerprint(), Some(action.clone()));
        if self.remembers(&key, now) {
            return Ok(true);
        }
        let allowed = self.access.allows(caller, action).await?;
        if allowed {
            self.remember(key, now);
        }
        Ok(allowed)
    }

    fn remembers(&self, key: &Question, now: Instant) -> bool {
        let allowed = self.allowed.lock().unwrap_or_else(PoisonError::into_inner);
        allowed.get(key).is_some_and(|since| is_fresh(*since, now))
    }

    fn remember(&self, key: Question, now: Instant) {
        let mut allowed = self.allowed.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut allowed, now);
        allowed.insert(key, now);
    }
}

fn is_fresh(since: Instant, now: Instant) -> bool {
    now.saturating_duration_since(since) < LIFETIME
}

fn make_room<K: Hash + Eq + Clone>(kept: &mut HashMap<K, Instant>, now: Instant) {
    if kept.len() < ANSWERS {
        return;
    }
    kept.retain(|_, since| is_fresh(*since, now));
    if kept.len() >= ANSWERS
        && let Some(any) = kept.keys().next().cloned()
    {
        kept.remove(&any);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use async_trait::async_trait;

    use super::*;
    use crate::token::Token;

    #[derive(Default)]
    struct Counting {
        asked: AtomicUsize,
        allow: AtomicBool,
    }

    #[async_trait]
    impl Access for Counting {
        async fn identify(&self, _: &Caller) -> Result<(), AccessError> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }

        async fn allows(&self, _: &Caller, _: &Action) -> Result<bool, AccessError> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            Ok(self.allow.load(Ordering::Relaxed))
        }
    }

    fn pull(repository: &str) -> Action {
        Action::Pull(repository.parse().unwrap())
    }

    #[tokio::test]
    async fn permissions_are_remembered_for_ten_seconds_and_refusals_are_not() {
        let counting = Arc::new(Counting::default());
        let access = CachedAccess::new(counting.clone());
        let (caller, start) = (Caller::Token(Token::new("a")), Instant::now());
        let ask = async |seconds| {
            access
                .allows_at(&caller, &pull("a/b"), start + Duration::from_secs(seconds))
                .await
                .unwrap()
        };
        assert!(!ask(0).await);
        counting.allow.store(true, Ordering::Relaxed);
        assert!(ask(1).await && ask(2).await && ask(10).await);
        assert_eq!(counting.asked.load(Ordering::Relaxed), 2);
        counting.allow.store(false, Ordering::Relaxed);
        assert!(!ask(11).await);
    }

    #[tokio::test]
    async fn a_permission_counts_for_its_caller_and_action_only() {
        let counting = Arc::new(Counting::default());
        let access = CachedAccess::new(counting.clone());
        counting.allow.store(true, Ordering::Relaxed);
        let (a, b) = (Caller::Token(Token::new("a")), Caller::Token(Token::new("b")));
        assert!(access.allows(&a, &pull("a/b")).await.unwrap());
        counting.allow.store(false, Ordering::Relaxed);
        assert!(!access.allows(&b, &pull("a/b")).await.unwrap());
        assert!(!access.allows(&Caller::Anonymous, &pull("a/b")).await.unwrap());
        assert!(!access.allows(&a, &pull("a/c")).await.unwrap());
        assert!(!access.allows(&a, &Action::Push("a/b".parse().unwrap())).await.unwrap());
    }
}
