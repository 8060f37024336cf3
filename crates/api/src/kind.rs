/// Ties a wire struct to its group, version, kind and plural, so that a typed client can address it.
/// The struct must have a field `metadata: ObjectMeta`.
macro_rules! kind {
    ($type:ty, $group:literal, $version:literal, $kind:literal, $plural:literal, $scope:ty) => {
        impl k8s_openapi::Resource for $type {
            const API_VERSION: &'static str = concat!($group, "/", $version);
            const GROUP: &'static str = $group;
            const KIND: &'static str = $kind;
            const VERSION: &'static str = $version;
            const URL_PATH_SEGMENT: &'static str = $plural;
            type Scope = $scope;
        }

        impl k8s_openapi::Metadata for $type {
            type Ty = k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

            fn metadata(&self) -> &Self::Ty {
                &self.metadata
            }

            fn metadata_mut(&mut self) -> &mut Self::Ty {
                &mut self.metadata
            }
        }
    };
}
pub(crate) use kind;

/// Go clients write `null` where a list or map is absent; both mean empty.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + serde::Deserialize<'de>,
{
    Ok(<Option<T> as serde::Deserialize>::deserialize(deserializer)?.unwrap_or_default())
}

/// The JSON object of `value` with its `apiVersion` and `kind`, which the wire structs themselves do not carry.
pub fn to_object<T>(value: &T) -> Result<serde_json::Value, serde_json::Error>
where
    T: k8s_openapi::Resource + serde::Serialize,
{
    let mut object = serde_json::to_value(value)?;
    if let Some(fields) = object.as_object_mut() {
        fields.insert("apiVersion".into(), T::API_VERSION.into());
        fields.insert("kind".into(), T::KIND.into());
    }
    Ok(object)
}
