use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Uploads at the same time, of all users and of one. Each is a connection that stays open while its build waits for its
/// turn.
const MAX_UPLOADS: usize = 128;
const MAX_UPLOADS_OF_ONE: usize = 16;

/// How many uploads each user has under way.
#[derive(Clone, Default)]
pub(super) struct Places(Arc<Mutex<HashMap<String, usize>>>);

/// The right to upload, given back when it is dropped.
pub(super) struct Place {
    places: Places,
    user: String,
}

impl Places {
    /// `None`: too many are uploading already, or this user is with too many.
    pub fn take(&self, user: &str) -> Option<Place> {
        let mut taken = self.taken();
        let own = taken.get(user).copied().unwrap_or_default();
        if own >= MAX_UPLOADS_OF_ONE || taken.values().sum::<usize>() >= MAX_UPLOADS {
            return None;
        }
        taken.insert(user.to_owned(), own + 1);
        drop(taken);
        Some(Place {
            places: self.clone(),
            user: user.to_owned(),
        })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if let Some(count) = taken.get_mut(&self.user) {
            *count -= 1;
        }
        taken.retain(|_, count| *count > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_does_not_take_the_places_of_the_others() {
        let places = Places::default();
        let mut own: Vec<Place> = (0..MAX_UPLOADS_OF_ONE).map(|_| places.take("ann").unwrap()).collect();
        assert!(places.take("ann").is_none());
        assert!(places.take("bob").is_some());
        own.pop();
        assert!(places.take("ann").is_some());
        own.clear();
        assert!(places.taken().is_empty());
        let all: Vec<Place> = (0..MAX_UPLOADS)
            .map(|user| places.take(&user.to_string()).unwrap())
            .collect();
        assert!(places.take("carl").is_none());
        drop(all);
        assert!(places.take("carl").is_some());
    }
}
