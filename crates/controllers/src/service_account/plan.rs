use k8s_openapi::api::core::v1::Namespace;
use weir_rbac::{NamespaceBinding, namespace_bindings};

/// Accounts of every namespace.
const ACCOUNTS: [&str; 3] = ["builder", "default", "deployer"];

/// What a namespace lacks.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub accounts: Vec<&'static str>,
    pub bindings: Vec<NamespaceBinding>,
}

/// Given the accounts and bindings that `namespace` has. A namespace on its way out gets none.
pub fn plan(namespace: &Namespace, accounts: &[&str], bindings: &[&str]) -> Plan {
    let Some(name) = &namespace.metadata.name else {
        return Plan::default();
    };
    if namespace.metadata.deletion_timestamp.is_some() {
        return Plan::default();
    }
    let of_all = namespace_bindings(name).into_iter();
    Plan {
        accounts: ACCOUNTS
            .into_iter()
            .filter(|account| !accounts.contains(account))
            .collect(),
        bindings: of_all.filter(|binding| !bindings.contains(&binding.name)).collect(),
    }
}
