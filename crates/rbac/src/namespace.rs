use crate::Subject;

/// A RoleBinding that every namespace has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceBinding {
    pub name: &'static str,
    /// The ClusterRole that it gives.
    pub role: &'static str,
    pub subject: Subject,
    /// For people.
    pub description: &'static str,
}

/// What the service accounts of a namespace may do in it: all pull its images, `builder` builds and pushes, `deployer`
/// rolls out.
pub fn namespace_bindings(namespace: &str) -> [NamespaceBinding; 3] {
    [
        NamespaceBinding {
            name: "system:image-pullers",
            role: "system:image-puller",
            subject: Subject::group(&format!("system:serviceaccounts:{namespace}")),
            description: "Lets all pods of this namespace pull images of this namespace. It is made again when it is \
                          deleted; remove its subjects to take the right away.",
        },
        NamespaceBinding {
            name: "system:image-builders",
            role: "system:image-builder",
            subject: Subject::service_account(namespace, "builder"),
            description: "Lets builds of this namespace push images to this namespace. It is made again when it is \
                          deleted; remove its subjects to take the right away.",
        },
        NamespaceBinding {
            name: "system:deployers",
            role: "system:deployer",
            subject: Subject::service_account(namespace, "deployer"),
            description: "Lets rollouts of this namespace run pods in this namespace. It is made again when it is \
                          deleted; remove its subjects to take the right away.",
        },
    ]
}
