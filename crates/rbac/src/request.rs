/// What somebody wants to do. Borrowed from the request, so that a decision allocates nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    pub verb: &'a str,
    pub target: Target<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    Resource {
        group: &'a str,
        resource: &'a str,
        /// Empty: the resource itself.
        subresource: &'a str,
        /// Empty: all namespaces, or none.
        namespace: &'a str,
        /// Empty: all names, or none yet.
        name: &'a str,
    },
    /// A path that addresses no resource.
    Path(&'a str),
}

impl<'a> Request<'a> {
    /// The namespace whose bindings count besides those of the cluster; empty when there is none.
    pub fn namespace(&self) -> &'a str {
        match self.target {
            Target::Resource { namespace, .. } => namespace,
            Target::Path(_) => "",
        }
    }
}
