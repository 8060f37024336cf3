use arbitrary::{Result, Unstructured};
use weir_rbac::{PolicyRule, Request, Target};

const VERBS: [&str; 3] = ["get", "list", "*"];
const GROUPS: [&str; 3] = ["", "apps", "*"];
const RESOURCES: [&str; 5] = ["pods", "pods/log", "*/log", "jobs", "*"];
const NAMES: [&str; 2] = ["a", "b"];
const PATHS: [&str; 6] = ["/a", "/a/*", "/a*", "/a/b", "/*", "*"];

/// What requests name. `zz` is in no rule: only wildcards reach it.
const ASKED_VERBS: [&str; 3] = ["get", "list", "zz"];
const ASKED_GROUPS: [&str; 3] = ["", "apps", "zz"];
const ASKED_RESOURCES: [(&str, &str); 7] = [
    ("pods", ""),
    ("pods", "log"),
    ("pods", "zz"),
    ("jobs", ""),
    ("zz", ""),
    ("zz", "log"),
    ("zz", "zz"),
];
const ASKED_NAMES: [&str; 4] = ["", "a", "b", "zz"];
const ASKED_PATHS: [&str; 7] = ["/a", "/a/b", "/a/zz", "/azz", "/zz", "/", "zz"];

pub fn rules(u: &mut Unstructured<'_>) -> Result<Vec<PolicyRule>> {
    let count = u.int_in_range(0..=3)?;
    (0..count).map(|_| rule(u)).collect()
}

fn rule(u: &mut Unstructured<'_>) -> Result<PolicyRule> {
    let mut rule = PolicyRule {
        verbs: some(u, &VERBS)?,
        ..PolicyRule::default()
    };
    if u.ratio(3, 4)? {
        rule.api_groups = some(u, &GROUPS)?;
        rule.resources = some(u, &RESOURCES)?;
        rule.resource_names = some(u, &NAMES)?;
    }
    if u.ratio(1, 3)? {
        rule.non_resource_urls = some(u, &PATHS)?;
    }
    Ok(rule)
}

fn some(u: &mut Unstructured<'_>, words: &[&str]) -> Result<Vec<String>> {
    let count = u.int_in_range(0..=2)?;
    (0..count).map(|_| Ok((*u.choose(words)?).to_owned())).collect()
}

/// Everything that can be asked in a namespace.
pub fn requests(namespace: &'static str) -> impl Iterator<Item = Request<'static>> {
    ASKED_VERBS.into_iter().flat_map(move |verb| {
        let resources = ASKED_GROUPS.into_iter().flat_map(move |group| {
            ASKED_RESOURCES.into_iter().flat_map(move |(resource, subresource)| {
                ASKED_NAMES.into_iter().map(move |name| Target::Resource {
                    group,
                    resource,
                    subresource,
                    namespace,
                    name,
                })
            })
        });
        let targets = resources.chain(ASKED_PATHS.into_iter().map(Target::Path));
        targets.map(move |target| Request { verb, target })
    })
}

/// Does a rule allow a request? Written from the documentation of RBAC, one wildcard after the other.
pub fn allows(rule: &PolicyRule, asked: &Request<'_>) -> bool {
    let names = |list: &[String], word: &str| list.iter().any(|own| own == "*" || own == word);
    if !names(&rule.verbs, asked.verb) {
        return false;
    }
    match asked.target {
        Target::Path(path) => rule
            .non_resource_urls
            .iter()
            .any(|pattern| match pattern.split_once('*') {
                Some((start, _)) => path.starts_with(start),
                None => path == pattern,
            }),
        Target::Resource {
            group,
            resource,
            subresource,
            name,
            ..
        } => {
            let whole = match subresource {
                "" => resource.to_owned(),
                subresource => format!("{resource}/{subresource}"),
            };
            let of_all = format!("*/{subresource}");
            let is_resource = names(&rule.resources, &whole)
                || (!subresource.is_empty() && rule.resources.iter().any(|own| *own == of_all));
            let is_name = rule.resource_names.is_empty() || rule.resource_names.iter().any(|own| own == name);
            names(&rule.api_groups, group) && is_resource && is_name
        }
    }
}
