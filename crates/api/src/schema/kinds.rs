//! The kinds that are described, group by group.

use k8s_openapi::api::{
    authentication, authorization as access, autoscaling, coordination, core, events, policy, rbac,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;

use super::Collection;
use crate::{apps, authorization, build, extensions, image, oauth, project, user};

/// Kubernetes' own kinds, and what requests and answers of every group consist of.
pub(super) fn kubernetes() -> Collection {
    Collection::new("io.k8s")
        .kind::<core::v1::Binding>()
        .kind::<core::v1::ConfigMap>()
        .kind::<core::v1::Event>()
        .kind::<core::v1::LimitRange>()
        .kind::<core::v1::Namespace>()
        .kind::<core::v1::Node>()
        .kind::<core::v1::Pod>()
        .kind::<core::v1::ReplicationController>()
        .kind::<core::v1::ResourceQuota>()
        .kind::<core::v1::Secret>()
        .kind::<core::v1::Service>()
        .kind::<core::v1::ServiceAccount>()
        .kind::<authentication::v1::SelfSubjectReview>()
        .kind::<authentication::v1::TokenRequest>()
        .kind::<authentication::v1::TokenReview>()
        .kind::<access::v1::LocalSubjectAccessReview>()
        .kind::<access::v1::SelfSubjectAccessReview>()
        .kind::<access::v1::SelfSubjectRulesReview>()
        .kind::<access::v1::SubjectAccessReview>()
        .kind::<autoscaling::v1::Scale>()
        .kind::<coordination::v1::Lease>()
        .kind::<events::v1::Event>()
        .kind::<policy::v1::Eviction>()
        .kind::<rbac::v1::ClusterRole>()
        .kind::<rbac::v1::ClusterRoleBinding>()
        .kind::<rbac::v1::Role>()
        .kind::<rbac::v1::RoleBinding>()
        .part::<meta::DeleteOptions>()
        .part::<meta::ListMeta>()
        .part::<meta::Patch>()
        .part::<meta::Status>()
        .part::<meta::WatchEvent<k8s_openapi::apimachinery::pkg::runtime::RawExtension>>()
}

pub(super) fn image() -> Collection {
    Collection::new("com.github.openshift.api.image.v1")
        .kind::<image::Image>()
        .named::<image::ImageSignature>(image::GROUP, image::VERSION, "ImageSignature")
        .kind::<image::ImageStream>()
        .kind::<image::ImageStreamImage>()
        .kind::<image::ImageStreamImport>()
        .kind::<image::ImageStreamLayers>()
        .kind::<image::ImageStreamMapping>()
        .kind::<image::ImageStreamTag>()
        .kind::<image::ImageTag>()
}

pub(super) fn build() -> Collection {
    Collection::new("com.github.openshift.api.build.v1")
        .kind::<build::Build>()
        .kind::<build::BuildConfig>()
        .kind::<build::BuildRequest>()
}

pub(super) fn apps() -> Collection {
    Collection::new("com.github.openshift.api.apps.v1")
        .kind::<apps::DeploymentConfig>()
        .named::<apps::DeploymentConfigRollback>(apps::GROUP, apps::VERSION, "DeploymentConfigRollback")
        .named::<apps::DeploymentRequest>(apps::GROUP, apps::VERSION, "DeploymentRequest")
}

pub(super) fn project() -> Collection {
    Collection::new("com.github.openshift.api.project.v1")
        .kind::<project::Project>()
        .kind::<project::ProjectRequest>()
}

pub(super) fn authorization() -> Collection {
    let (group, version) = (authorization::GROUP, authorization::VERSION);
    Collection::new("com.github.openshift.api.authorization.v1")
        .kind::<authorization::LocalResourceAccessReview>()
        .kind::<authorization::LocalSubjectAccessReview>()
        .kind::<authorization::ResourceAccessReview>()
        .named::<authorization::ResourceAccessReviewResponse>(group, version, "ResourceAccessReviewResponse")
        .kind::<authorization::SelfSubjectRulesReview>()
        .kind::<authorization::SubjectAccessReview>()
        .named::<authorization::SubjectAccessReviewResponse>(group, version, "SubjectAccessReviewResponse")
        .kind::<authorization::SubjectRulesReview>()
}

pub(super) fn oauth() -> Collection {
    Collection::new("com.github.openshift.api.oauth.v1")
        .kind::<oauth::OAuthAccessToken>()
        .kind::<oauth::OAuthAuthorizeToken>()
        .kind::<oauth::OAuthClient>()
        .kind::<oauth::UserOAuthAccessToken>()
}

pub(super) fn user() -> Collection {
    Collection::new("com.github.openshift.api.user.v1")
        .kind::<user::Group>()
        .kind::<user::Identity>()
        .kind::<user::User>()
        .kind::<user::UserIdentityMapping>()
}

pub(super) fn extensions() -> Collection {
    Collection::new("io.k8s.api.extensions.v1beta1").named::<extensions::Scale>("extensions", "v1beta1", "Scale")
}
