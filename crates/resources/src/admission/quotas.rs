use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Pod, ResourceQuota};
use weir_apiserver::{ApiError, Creation, Followed, Reservation, StoredObjects};
use weir_quota::{Amounts, Counted, Holdings, PodUsage, Quantity, Quota};

use super::ledger::{Entry, Ledger, Page};
use super::per_namespace::PerNamespace;
use crate::core::PODS;
use crate::decode;

#[derive(Default)]
pub(super) struct Quotas {
    known: PerNamespace<Quota>,
}

/// A creation and what it would use.
struct Asked<'a> {
    creation: &'a Creation<'a>,
    entry: Entry,
}

impl Quotas {
    pub fn concern(&self, namespace: &str) -> bool {
        self.known.has(namespace)
    }

    pub fn reset(&self, objects: &[Followed<'_>]) {
        self.known.reset::<ResourceQuota>(objects);
    }

    pub fn changed(&self, object: Followed<'_>) {
        self.known.changed::<ResourceQuota>(object);
    }

    /// Keeps places for all of the creations, or says which quota has no room.
    ///
    /// A quota binds from its own creation on. What was on its way at that moment in a namespace that had none is not in
    /// the ledger: it came before the quota, as far as anybody can tell.
    pub fn judge(
        &self,
        creations: &[Creation<'_>],
        stored: StoredObjects<'_>,
        ledger: &Arc<Ledger>,
    ) -> Result<Reservation, ApiError> {
        let mut asked: BTreeMap<&str, Vec<Asked<'_>>> = BTreeMap::new();
        for creation in creations.iter().filter(|creation| self.concern(creation.namespace)) {
            let entry = Entry::of(creation)?;
            asked
                .entry(creation.namespace)
                .or_default()
                .push(Asked { creation, entry });
        }
        let mut pages = ledger.open();
        for (namespace, asked) in &asked {
            let page = pages.entry((*namespace).to_owned()).or_default();
            let mut used = Used {
                namespace,
                stored,
                page,
                pods: None,
            };
            for quota in self.known.of(namespace) {
                check(&quota, asked, &mut used)?;
            }
        }
        let entries = asked.into_values().flatten().map(|asked| asked.entry).collect();
        Ok(Box::new(ledger.enter(&mut pages, entries)))
    }
}

fn check(quota: &Quota, asked: &[Asked<'_>], used: &mut Used<'_>) -> Result<(), ApiError> {
    let mut requested = Amounts::default();
    let mut first = None;
    for Asked { creation, entry } in asked {
        let is_about = match entry.usage.pod() {
            Some(pod) => quota.is_about(pod),
            None => quota.is_about_objects(),
        };
        if !is_about {
            continue;
        }
        if *creation.resource == PODS {
            let spec = decode::typed::<Pod>(creation.object)?.spec.unwrap_or_default();
            let said = quota.check_said(&spec);
            said.map_err(|why| ApiError::forbidden(creation.resource, creation.name, why))?;
        }
        requested.add(&quota.bounds(&entry.usage.amounts(used.stored.now())));
        first = first.or(Some(creation));
    }
    let Some(creation) = first.filter(|_| !requested.is_empty()) else {
        return Ok(());
    };
    let fits = quota.check_fits(&requested, &used.of(quota, &requested)?);
    fits.map_err(|exceeded| ApiError::forbidden(creation.resource, creation.name, exceeded))
}

/// What a namespace uses, counted as far as somebody asks.
struct Used<'a> {
    namespace: &'a str,
    stored: StoredObjects<'a>,
    page: &'a mut Page,
    pods: Option<Vec<Arc<PodUsage>>>,
}

impl Used<'_> {
    /// What is used of everything that `wanted` names, as far as the quota is about it.
    fn of(&mut self, quota: &Quota, wanted: &Amounts) -> Result<Amounts, ApiError> {
        let now = self.stored.now();
        let names = wanted.names();
        names
            .map(|name| Ok((name.to_owned(), quota.used(self, name, now)?)))
            .collect()
    }
}

impl Holdings for Used<'_> {
    type Error = ApiError;

    fn count(&mut self, kind: &Counted) -> Quantity {
        self.page
            .count((&kind.group, &kind.resource), self.namespace, self.stored)
    }

    fn pods(&mut self) -> Result<&[Arc<PodUsage>], ApiError> {
        if self.pods.is_none() {
            self.pods = Some(self.page.pods(self.namespace, self.stored)?);
        }
        Ok(self.pods.as_deref().unwrap_or_default())
    }
}
