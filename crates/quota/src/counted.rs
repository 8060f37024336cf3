use crate::{Amounts, Quantity};

/// Before `RESOURCE.GROUP` in the name of a number of objects.
const COUNT: &str = "count/";
/// Older names for the numbers of some kinds.
const OLD_NAMES: &[(&str, &str, &str)] = &[
    ("configmaps", "", "configmaps"),
    ("persistentvolumeclaims", "", "persistentvolumeclaims"),
    ("replicationcontrollers", "", "replicationcontrollers"),
    ("resourcequotas", "", "resourcequotas"),
    ("secrets", "", "secrets"),
    ("services", "", "services"),
    ("openshift.io/imagestreams", "image.openshift.io", "imagestreams"),
];

/// The kind whose objects a name counts, all of them alike. `pods` is not such a name: it leaves out pods that ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Counted {
    pub group: String,
    pub resource: String,
}

impl Counted {
    pub fn by(name: &str) -> Option<Self> {
        let old = OLD_NAMES.iter().find(|(known, ..)| *known == name);
        let (resource, group) = match (old, name.strip_prefix(COUNT)) {
            (Some((_, group, resource)), _) => (*resource, *group),
            (None, Some(kind)) => kind.split_once('.').unwrap_or((kind, "")),
            (None, None) => return None,
        };
        Some(Self {
            group: group.to_owned(),
            resource: resource.to_owned(),
        })
    }
}

/// One object of a kind, by every name that counts it. Events come and go by themselves and are never counted.
pub fn names_of(group: &str, resource: &str) -> Amounts {
    if resource == "events" && (group.is_empty() || group == "events.k8s.io") {
        return Amounts::default();
    }
    let name = match group {
        "" => format!("{COUNT}{resource}"),
        group => format!("{COUNT}{resource}.{group}"),
    };
    let old = OLD_NAMES
        .iter()
        .filter(|(_, of, kind)| (*of, *kind) == (group, resource))
        .map(|(name, ..)| (*name).to_owned());
    old.chain([name]).map(|name| (name, Quantity::whole(1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_new_names_count_the_same_kinds() {
        for (name, kind) in [
            ("secrets", Some(("", "secrets"))),
            ("count/secrets", Some(("", "secrets"))),
            (
                "openshift.io/imagestreams",
                Some(("image.openshift.io", "imagestreams")),
            ),
            (
                "count/imagestreams.image.openshift.io",
                Some(("image.openshift.io", "imagestreams")),
            ),
            (
                "count/deploymentconfigs.apps.openshift.io",
                Some(("apps.openshift.io", "deploymentconfigs")),
            ),
            ("pods", None),
            ("requests.cpu", None),
        ] {
            let counted = Counted::by(name);
            let found = counted
                .as_ref()
                .map(|counted| (counted.group.as_str(), counted.resource.as_str()));
            assert_eq!(found, kind, "{name}");
            if let Some((group, resource)) = kind {
                assert!(names_of(group, resource).get(name).is_some(), "{name}");
            }
        }
    }

    #[test]
    fn events_are_not_counted() {
        assert!(names_of("", "events").is_empty());
        assert_eq!(names_of("", "pods").to_string(), "count/pods=1");
        assert_eq!(
            names_of("image.openshift.io", "imagestreams").to_string(),
            "count/imagestreams.image.openshift.io=1,openshift.io/imagestreams=1"
        );
    }
}
