use k8s_openapi::api::core::v1::Namespace;

/// Accounts of every namespace.
const ACCOUNTS: [&str; 3] = ["builder", "default", "deployer"];

/// The accounts that `namespace` lacks, given those it has. A namespace on its way out gets none.
pub fn plan(namespace: &Namespace, existing: &[&str]) -> Vec<&'static str> {
    if namespace.metadata.deletion_timestamp.is_some() {
        return Vec::new();
    }
    ACCOUNTS
        .into_iter()
        .filter(|account| !existing.contains(account))
        .collect()
}
