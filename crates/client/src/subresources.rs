use http::Request;
use weir_api::apps::{DeploymentConfig, DeploymentRequest};
use weir_api::build::{Build, BuildRequest};
use weir_api::to_object;

/// `POST buildconfigs/NAME/instantiate`: asks for the next build of a BuildConfig.
pub async fn instantiate_build(
    client: &kube::Client,
    namespace: &str,
    request: &BuildRequest,
) -> Result<Build, kube::Error> {
    let name = request.metadata.name.as_deref().unwrap_or_default();
    let path = format!("/apis/build.openshift.io/v1/namespaces/{namespace}/buildconfigs/{name}/instantiate");
    let body = to_object(request).map_err(kube::Error::SerdeError)?;
    client.request(post(&path, &body)?).await
}

/// `POST deploymentconfigs/NAME/instantiate`: asks for the next rollout of a DeploymentConfig.
pub async fn instantiate_deployment(
    client: &kube::Client,
    namespace: &str,
    request: &DeploymentRequest,
) -> Result<DeploymentConfig, kube::Error> {
    let path = format!(
        "/apis/apps.openshift.io/v1/namespaces/{namespace}/deploymentconfigs/{}/instantiate",
        request.name
    );
    let mut body = serde_json::to_value(request).map_err(kube::Error::SerdeError)?;
    body["kind"] = "DeploymentRequest".into();
    body["apiVersion"] = weir_api::apps::API_VERSION.into();
    client.request(post(&path, &body)?).await
}

fn post(path: &str, body: &serde_json::Value) -> Result<Request<Vec<u8>>, kube::Error> {
    let bytes = serde_json::to_vec(body).map_err(kube::Error::SerdeError)?;
    Request::post(path)
        .header(http::header::CONTENT_TYPE, "application/json")
        .body(bytes)
        .map_err(kube::Error::HttpError)
}
