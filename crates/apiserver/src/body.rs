//! Reading request bodies within bounds, and decoding them.

use axum::body::Body;
use bytes::Bytes;
use http_body::Body as _;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeSeed;
use serde_json::Value;

use crate::definitions::Definitions;
use crate::definitions::findings::Findings;
use crate::definitions::reader::{Reader, Seed};
use crate::definitions::tree::{Shape, Tree};
use crate::{ApiError, GroupVersionKind, ProtobufTables};

/// Largest request body. etcd's own limit is half of it; strategic merge patches of large objects need the other half.
pub(crate) const MAX_BODY: usize = 3 << 20;
/// Deepest nesting of a body. Real objects stay below 30; recursion over values must not exhaust a stack.
pub(crate) const MAX_DEPTH: usize = 64;
/// Nodes of a YAML body once its aliases are expanded. A JSON body of [`MAX_BODY`] rarely has more.
const MAX_YAML_NODES: usize = 250_000;
/// Aliases in a YAML body; people write a handful.
const MAX_YAML_ALIASES: usize = 1_000;

/// How a body is written.
#[derive(Clone, Copy)]
pub(crate) struct Encoding<'a> {
    /// `None` when the client does not say.
    pub content_type: Option<&'a str>,
    pub protobuf: &'a ProtobufTables,
    pub definitions: &'a Definitions,
}

/// The languages of documents that [`decode_document`] reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentFormat {
    Json,
    Yaml,
}

/// The whole body, at most [`MAX_BODY`].
pub(crate) async fn read(body: Body) -> Result<Bytes, ApiError> {
    let too_large = || ApiError::request_entity_too_large(format!("limit is {MAX_BODY}"));
    // What a client announces is believed, so that nothing of a body that is too long is read.
    if body.size_hint().lower() > MAX_BODY as u64 {
        return Err(too_large());
    }
    match Limited::new(body, MAX_BODY).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(error) => Err(ApiError::bad_request(format!("the body could not be read: {error}"))),
    }
}

/// An object in any of the formats, and what is to be said about its fields. `expected` says which fields it may have,
/// and fills `apiVersion` and `kind` when the body has neither.
pub(crate) fn decode_object(
    encoding: Encoding<'_>,
    body: &[u8],
    expected: &GroupVersionKind,
) -> Result<(Value, Findings), ApiError> {
    let reader = Reader::new(encoding.definitions.tree());
    let mut object = decode_any(encoding, body, reader.root(&encoding.definitions.shape_of(expected)))?;
    let Some(members) = object.as_object_mut() else {
        return Err(ApiError::bad_request("the body of the request is not an object"));
    };
    for (member, value) in [
        ("apiVersion", expected.api_version()),
        ("kind", expected.kind.to_owned()),
    ] {
        if members.get(member).is_none_or(|found| found.is_null() || found == "") {
            members.insert(member.to_owned(), value.into());
        }
    }
    drop_nulls(&mut object);
    Ok((object, reader.into_findings()))
}

/// A wish of server-side apply: an object that is YAML by its name and mostly JSON.
pub(crate) fn decode_wish(
    encoding: Encoding<'_>,
    body: &[u8],
    expected: &GroupVersionKind,
) -> Result<(Value, Findings), ApiError> {
    let written_in = |content_type| Encoding {
        content_type: Some(content_type),
        ..encoding
    };
    if body.trim_ascii_start().starts_with(b"{")
        && let Ok(decoded) = decode_object(written_in("application/json"), body, expected)
    {
        return Ok(decoded);
    }
    decode_object(written_in("application/yaml"), body, expected)
}

/// The fields of an object that a patch made. Those that the kind does not have are dropped.
pub(crate) fn check_object(
    object: &mut Value,
    kind: &GroupVersionKind,
    definitions: &Definitions,
) -> Result<Findings, ApiError> {
    let reader = Reader::new(definitions.tree());
    let shape = definitions.shape_of(kind);
    *object = reader
        .root(&shape)
        .deserialize(object.take())
        .map_err(|error| ApiError::unprocessable(format!("the object cannot be read after the patch: {error}")))?;
    Ok(reader.into_findings())
}

/// Fields that a document has twice.
pub(crate) fn duplicates(json: &[u8]) -> Result<Findings, ApiError> {
    let (tree, any) = (Tree::default(), Shape::Any);
    let reader = Reader::new(&tree);
    read_json(json, reader.root(&any))?;
    Ok(reader.into_findings())
}

/// `DeleteOptions`, or `null` when there is no body.
pub(crate) fn decode_options(encoding: Encoding<'_>, body: &[u8]) -> Result<Value, ApiError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Null);
    }
    let mut options = decode_untyped(encoding, body)?;
    if !options.is_object() {
        return Err(ApiError::bad_request("the DeleteOptions are not an object"));
    }
    drop_nulls(&mut options);
    match options.get("kind").and_then(Value::as_str) {
        None | Some("" | "DeleteOptions") => Ok(options),
        Some(other) => Err(ApiError::bad_request(format!("expected DeleteOptions, got {other}"))),
    }
}

/// A document of any shape.
pub(crate) fn decode_untyped(encoding: Encoding<'_>, body: &[u8]) -> Result<Value, ApiError> {
    let (tree, any) = (Tree::default(), Shape::Any);
    decode_any(encoding, body, Reader::new(&tree).root(&any))
}

fn decode_any(encoding: Encoding<'_>, body: &[u8], seed: Seed<'_, '_>) -> Result<Value, ApiError> {
    match media_type(encoding.content_type).as_str() {
        "" | "application/json" | "*/*" => read_json(body, seed),
        "application/yaml" | "application/x-yaml" | "text/yaml" => read_yaml(body, seed),
        "application/vnd.kubernetes.protobuf" => {
            let object = encoding.protobuf.decode(body)?;
            seed.deserialize(object)
                .map_err(|error| ApiError::bad_request(format!("the body of the request cannot be read: {error}")))
        }
        _ => Err(ApiError::unsupported_media_type(
            "the body of the request was in an unknown format - accepted media types include: application/json, \
             application/yaml, application/vnd.kubernetes.protobuf",
        )),
    }
}

/// A document that is no object of the API, within the bounds for those.
pub fn decode_document(format: DocumentFormat, body: &[u8]) -> Result<Value, ApiError> {
    let (tree, any) = (Tree::default(), Shape::Any);
    let reader = Reader::new(&tree);
    match format {
        DocumentFormat::Json => read_json(body, reader.root(&any)),
        DocumentFormat::Yaml => read_yaml(body, reader.root(&any)),
    }
}

/// A `Content-Type` without its parameters.
pub(crate) fn media_type(content_type: Option<&str>) -> String {
    let essence = content_type
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

pub(crate) fn decode_json(body: &[u8]) -> Result<Value, ApiError> {
    check_depth(body)?;
    serde_json::from_slice(body).map_err(invalid_json)
}

fn read_json(body: &[u8], seed: Seed<'_, '_>) -> Result<Value, ApiError> {
    check_depth(body)?;
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = seed.deserialize(&mut deserializer).map_err(invalid_json)?;
    deserializer.end().map_err(invalid_json)?;
    Ok(value)
}

fn invalid_json(error: serde_json::Error) -> ApiError {
    ApiError::bad_request(format!("the body of the request is not valid JSON: {error}"))
}

fn read_yaml(body: &[u8], seed: Seed<'_, '_>) -> Result<Value, ApiError> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_nodes: MAX_YAML_NODES,
            max_aliases: MAX_YAML_ALIASES,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_YAML_NODES,
        },
        strict_booleans: true, // `on`, `no` and `y` are texts
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::PassThrough, // the reader tells of them
    };
    serde_saphyr::with_deserializer_from_slice_with_options(body, options, |deserializer| {
        seed.deserialize(deserializer)
    })
    .map_err(|error| ApiError::bad_request(format!("the body of the request is not valid YAML: {error}")))
}

/// Brackets nest no deeper than [`MAX_DEPTH`]. Looked at before parsing, so that nothing is built from a bomb.
fn check_depth(body: &[u8]) -> Result<(), ApiError> {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' if depth == MAX_DEPTH => {
                return Err(ApiError::bad_request(format!(
                    "the body of the request nests deeper than {MAX_DEPTH}"
                )));
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Levels of brackets that a value has when it is written.
pub(crate) fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// `null` is how clients write an absent field (`creationTimestamp: null`, `triggers: null`); nothing is kept of it.
pub(crate) fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with_encoding<T>(content_type: Option<&str>, decode: impl FnOnce(Encoding<'_>) -> T) -> T {
        decode(Encoding {
            content_type,
            protobuf: &ProtobufTables::new(&[]).expect("the machinery's own tables"),
            definitions: &Definitions::default(),
        })
    }

    fn object(content_type: Option<&str>, body: &[u8]) -> Result<Value, ApiError> {
        let decoded = with_encoding(content_type, |encoding| decode_object(encoding, body, &TOY));
        decoded.map(|(object, _)| object)
    }

    fn options(body: &[u8]) -> Result<Value, ApiError> {
        with_encoding(None, |encoding| decode_options(encoding, body))
    }

    const TOY: GroupVersionKind = GroupVersionKind {
        group: "toys.example.com",
        version: "v1",
        kind: "Toy",
    };

    #[test]
    fn objects_decode_from_json_and_yaml() {
        let wanted = json!({"apiVersion": "toys.example.com/v1", "kind": "Toy", "spec": {"a": [1, "x"]}});
        let json = br#"{"spec": {"a": [1, "x"], "b": null}}"#;
        let yaml = b"kind: Toy\nspec:\n  a:\n  - 1\n  - x\n  c:\n";
        for (content_type, body) in [
            (None, json.as_slice()),
            (Some("application/json; charset=utf-8"), json.as_slice()),
            (Some("application/yaml"), yaml.as_slice()),
        ] {
            assert_eq!(object(content_type, body).expect("decodes"), wanted, "{content_type:?}");
        }
    }

    #[test]
    fn other_formats_and_other_values_are_refused() {
        let table = [
            (Some("text/plain"), "{}", 415),
            (Some("application/x-www-form-urlencoded"), "{}", 415),
            (None, "[]", 400),
            (None, "{", 400),
            (None, "", 400),
            (Some("application/yaml"), "a: [", 400),
        ];
        for (content_type, body, code) in table {
            let error = object(content_type, body.as_bytes()).expect_err(body);
            assert_eq!(error.code, code, "{content_type:?} {body}");
        }
    }

    #[test]
    fn a_number_that_was_written_is_read_as_the_same_number() {
        for text in [
            "2222266666666666666666662222",
            "0.10222222227777777",
            "5e-324",
            "1.7976931348623157e308",
        ] {
            let once = decode_json(text.as_bytes()).expect(text);
            assert_eq!(once.as_f64(), text.parse().ok(), "{text}");
            assert_eq!(decode_json(once.to_string().as_bytes()).expect(text), once, "{text}");
        }
    }

    #[test]
    fn nesting_is_bounded_in_both_languages() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(decode_json(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert!(decode_json(nested(MAX_DEPTH + 1).as_bytes()).is_err());
        assert!(decode_json(br#"["[[[[\"[["]"#).is_ok());
        assert!(object(Some("application/yaml"), nested(MAX_DEPTH + 5).as_bytes()).is_err());
    }

    #[test]
    fn yaml_bombs_are_refused() {
        let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..9 {
            let alias = format!("*a{}", level - 1);
            bomb.push_str(&format!("a{level}: &a{level} [{}]\n", vec![alias; 10].join(",")));
        }
        assert!(object(Some("application/yaml"), bomb.as_bytes()).is_err());
    }

    #[test]
    fn delete_options_may_be_absent() {
        assert_eq!(options(b" ").expect("empty"), Value::Null);
        let body = br#"{"kind": "DeleteOptions", "propagationPolicy": "Background"}"#;
        assert_eq!(options(body).expect("options")["propagationPolicy"], "Background");
        assert!(options(br#"{"kind": "Pod"}"#).is_err());
    }
}
