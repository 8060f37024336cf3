//! Label keys, annotation keys and fixed names that clients and controllers agree on.

/// Host name of the integrated registry as objects show it; the agent and the builder translate it.
pub const DEFAULT_REGISTRY_HOST: &str = "docker-registry.default.svc:5000";
/// Namespace whose streams everybody may use as builder images.
pub const SHARED_NAMESPACE: &str = "openshift";

pub mod annotation {
    pub const IMAGE_MANAGED: &str = "openshift.io/image.managed";
    pub const IMAGE_REPOSITORY_CHECK: &str = "openshift.io/image.dockerRepositoryCheck";
    /// On a stream: `true` when its repository may be read over plain HTTP or with any certificate.
    pub const IMAGE_INSECURE_REPOSITORY: &str = "openshift.io/image.insecureRepository";
    /// On a secret: `true` keeps it away from imports and pulls.
    pub const IMAGE_EXCLUDE_SECRET: &str = "openshift.io/image.excludeSecret";
    /// On a service account: its secret for the integrated registry.
    pub const PULL_SECRET: &str = "openshift.io/internal-registry-pull-secret-ref";
    /// On such a secret: the account.
    pub const PULL_SECRET_ACCOUNT: &str = "openshift.io/internal-registry-auth-token.service-account";
    /// On such a secret: `bound`, since its token dies with it.
    pub const PULL_SECRET_BINDING: &str = "openshift.io/internal-registry-auth-token.binding";
    /// Ours, on such a secret: when its token expires.
    pub const PULL_SECRET_EXPIRES: &str = "weir.dev/internal-registry-auth-token.expires";
    /// On a secret that keeps a token: whose it is.
    pub const TOKEN_ACCOUNT: &str = "kubernetes.io/service-account.name";
    /// On such a secret: that account's uid.
    pub const TOKEN_ACCOUNT_UID: &str = "kubernetes.io/service-account.uid";
    /// On a spec tag: the platform to import when a list offers several.
    pub const IMAGE_PREFER_ARCH: &str = "importer.image.openshift.io/prefer-arch";
    pub const IMAGE_PREFER_OS: &str = "importer.image.openshift.io/prefer-os";
    pub const IMAGE_LAYERS_ORDER: &str = "image.openshift.io/dockerLayersOrder";
    pub const IMAGE_MANIFEST_BLOB_STORED: &str = "image.openshift.io/manifestBlobStored";
    pub const IMAGE_TRIGGERS: &str = "image.openshift.io/triggers";
    pub const DISPLAY_NAME: &str = "openshift.io/display-name";
    pub const DESCRIPTION: &str = "openshift.io/description";
    /// Labels of the nodes that pods of a project may run on.
    pub const NODE_SELECTOR: &str = "openshift.io/node-selector";
    pub const REQUESTER: &str = "openshift.io/requester";
    pub const GENERATED_BY: &str = "openshift.io/generated-by";

    pub const BUILD_CONFIG_NAME: &str = "openshift.io/build-config.name";
    pub const BUILD_CONFIG_PAUSED: &str = "openshift.io/build-config.paused";
    pub const BUILD_NUMBER: &str = "openshift.io/build.number";
    pub const BUILD_POD_NAME: &str = "openshift.io/build.pod-name";
    pub const BUILD_NAME: &str = "openshift.io/build.name";
    pub const BUILD_CLONE_OF: &str = "openshift.io/build.clone-of";

    pub const DEPLOYMENT_CONFIG_NAME: &str = "openshift.io/deployment-config.name";
    pub const DEPLOYMENT_CONFIG_LATEST_VERSION: &str = "openshift.io/deployment-config.latest-version";
    pub const DEPLOYMENT_NAME: &str = "openshift.io/deployment.name";
    pub const DEPLOYMENT_PHASE: &str = "openshift.io/deployment.phase";
    pub const DEPLOYMENT_STATUS_REASON: &str = "openshift.io/deployment.status-reason";
    pub const DEPLOYMENT_REPLICAS: &str = "openshift.io/deployment.replicas";
    pub const DEPLOYMENT_CANCELLED: &str = "openshift.io/deployment.cancelled";
    pub const DEPLOYMENT_ENCODED_CONFIG: &str = "openshift.io/encoded-deployment-config";
    pub const DESIRED_REPLICAS: &str = "kubectl.kubernetes.io/desired-replicas";
    /// Ours: the rollout's own log lines, kept on the replication controller (bounded), so that
    /// `oc logs dc/NAME` can show them without a deployer pod.
    pub const DEPLOYMENT_LOG: &str = "weir.dev/deployment.log";
    /// Ours: digest of the container's image, on the pod, when the engine reports it.
    pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
}

pub mod label {
    pub const BUILD_CONFIG: &str = "buildconfig";
    pub const BUILD_CONFIG_NAME: &str = "openshift.io/build-config.name";
    pub const BUILD_START_POLICY: &str = "openshift.io/build.start-policy";
    pub const BUILD_NAME: &str = "openshift.io/build.name";
    pub const DEPLOYMENT_CONFIG_NAME: &str = "openshift.io/deployment-config.name";
    pub const DEPLOYMENT: &str = "deployment";
    pub const DEPLOYMENT_CONFIG: &str = "deploymentconfig";
}

pub mod secret_type {
    /// Keeps a token of a service account.
    pub const SERVICE_ACCOUNT_TOKEN: &str = "kubernetes.io/service-account-token";
}

pub mod node {
    /// Name of the node that runs only build pods; its kubelet is the builder.
    pub const BUILDER: &str = "weir-builder";
}
