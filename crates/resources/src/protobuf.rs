//! The protobuf messages of the kinds that typed clients send in that format.

/// For `ServerBuilder::protobuf`.
pub const PROTOBUF: &str = include_str!("protobuf/kinds.txt");

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::Value;
    use weir_apiserver::ProtobufTables;

    use super::PROTOBUF;

    /// Bodies written by Kubernetes' own library, and what it writes for the same objects as JSON; the last lines are
    /// what kubectl and oc send, and what they print for the same command with a dry run.
    const CORPUS: &str = include_str!("protobuf/corpus.tsv");

    /// `null` and nothing are the same to the server.
    fn without_nulls(value: Value) -> Value {
        match value {
            Value::Object(members) => {
                let members = members.into_iter().filter(|(_, member)| !member.is_null());
                Value::Object(members.map(|(key, member)| (key, without_nulls(member))).collect())
            }
            Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
            other => other,
        }
    }

    #[test]
    fn a_body_means_the_same_in_protobuf_as_in_json() {
        let tables = ProtobufTables::new(&[PROTOBUF]).expect("well-formed tables");
        for (index, line) in CORPUS.lines().enumerate() {
            let (body, json) = line.split_once('\t').expect("two columns");
            let body = STANDARD.decode(body).expect("base64");
            let decoded = tables
                .decode(&body)
                .unwrap_or_else(|error| panic!("line {index}: {error}"));
            let wanted = serde_json::from_str(json).expect("JSON");
            let difference = difference(&without_nulls(decoded), &without_nulls(wanted), "");
            assert_eq!(difference, None, "line {index}");
        }
    }

    /// Where two values differ first, and how.
    fn difference(found: &Value, wanted: &Value, path: &str) -> Option<String> {
        match (found, wanted) {
            (Value::Object(found), Value::Object(wanted)) => found.keys().chain(wanted.keys()).find_map(|key| {
                let member = |members: &serde_json::Map<String, Value>| members.get(key).cloned().unwrap_or_default();
                difference(&member(found), &member(wanted), &format!("{path}.{key}"))
            }),
            (Value::Array(found), Value::Array(wanted)) if found.len() == wanted.len() => {
                let pairs = found.iter().zip(wanted).enumerate();
                pairs
                    .into_iter()
                    .find_map(|(at, (found, wanted))| difference(found, wanted, &format!("{path}[{at}]")))
            }
            (found, wanted) => (found != wanted).then(|| format!("{path}: {found} instead of {wanted}")),
        }
    }
}
