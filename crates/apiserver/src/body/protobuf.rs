//! The protobuf envelope of Kubernetes' typed clients: four magic bytes and a message `Unknown` that names the kind and
//! holds the object in the wire format of its group. Answers are always JSON; requests are understood for the kinds
//! whose content is empty or machinery's own.

use serde_json::{Map, Value, json};

use crate::ApiError;

const MAGIC: &[u8] = b"k8s\0";

pub(super) fn decode(body: &[u8]) -> Result<Value, ApiError> {
    let message = body
        .strip_prefix(MAGIC)
        .ok_or_else(|| malformed("the magic bytes are missing"))?;
    let (mut api_version, mut kind, mut raw) = (String::new(), String::new(), &[][..]);
    for field in Fields(message) {
        match field? {
            (1, Wire::Bytes(type_meta)) => (api_version, kind) = decode_type_meta(type_meta)?,
            (2, Wire::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let members = match kind.as_str() {
        "DeleteOptions" => delete_options(raw)?,
        "SelfSubjectReview" => Map::new(), // its spec is empty, and its status is the server's
        other => {
            return Err(ApiError::unsupported_media_type(format!(
                "{other} in {api_version} cannot be read as protobuf by this server; send application/json or application/yaml"
            )));
        }
    };
    let mut object = Value::Object(members);
    object["apiVersion"] = api_version.into();
    object["kind"] = kind.into();
    Ok(object)
}

fn decode_type_meta(message: &[u8]) -> Result<(String, String), ApiError> {
    let (mut api_version, mut kind) = (String::new(), String::new());
    for field in Fields(message) {
        match field? {
            (1, Wire::Bytes(bytes)) => api_version = text(bytes)?,
            (2, Wire::Bytes(bytes)) => kind = text(bytes)?,
            _ => {}
        }
    }
    Ok((api_version, kind))
}

fn delete_options(message: &[u8]) -> Result<Map<String, Value>, ApiError> {
    let mut options = Map::new();
    let mut dry_run = Vec::new();
    for field in Fields(message) {
        match field? {
            (1, Wire::Varint(seconds)) => insert(&mut options, "gracePeriodSeconds", json!(seconds as i64)),
            (2, Wire::Bytes(bytes)) => insert(&mut options, "preconditions", preconditions(bytes)?),
            (3, Wire::Varint(orphan)) => insert(&mut options, "orphanDependents", json!(orphan != 0)),
            (4, Wire::Bytes(bytes)) => insert(&mut options, "propagationPolicy", json!(text(bytes)?)),
            (5, Wire::Bytes(bytes)) => dry_run.push(text(bytes)?),
            _ => {}
        }
    }
    if !dry_run.is_empty() {
        insert(&mut options, "dryRun", json!(dry_run));
    }
    Ok(options)
}

fn preconditions(message: &[u8]) -> Result<Value, ApiError> {
    let mut preconditions = Map::new();
    for field in Fields(message) {
        match field? {
            (1, Wire::Bytes(bytes)) => insert(&mut preconditions, "uid", json!(text(bytes)?)),
            (2, Wire::Bytes(bytes)) => insert(&mut preconditions, "resourceVersion", json!(text(bytes)?)),
            _ => {}
        }
    }
    Ok(Value::Object(preconditions))
}

fn insert(members: &mut Map<String, Value>, key: &str, value: Value) {
    members.insert(key.to_owned(), value);
}

fn text(bytes: &[u8]) -> Result<String, ApiError> {
    String::from_utf8(bytes.to_vec()).map_err(|_| malformed("a string is not UTF-8"))
}

fn malformed(why: &str) -> ApiError {
    ApiError::bad_request(format!("the protobuf body of the request is malformed: {why}"))
}

enum Wire<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    Fixed,
}

/// The fields of one message, in the order they were written.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Wire<'a>), ApiError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Result<(u64, Wire<'a>), ApiError> {
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Wire::Varint(self.varint()?),
            1 => self.take(8).map(|_| Wire::Fixed)?,
            2 => {
                let length = self.varint()?;
                Wire::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Wire::Fixed)?,
            _ => return Err(malformed("an unknown wire type")),
        };
        Ok((tag >> 3, value))
    }

    fn varint(&mut self) -> Result<u64, ApiError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self
                .0
                .split_first()
                .ok_or_else(|| malformed("it ends inside a number"))?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(malformed("a number is too long"))
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], ApiError> {
        let length = usize::try_from(length).ok().filter(|length| *length <= self.0.len());
        let (taken, rest) = self
            .0
            .split_at(length.ok_or_else(|| malformed("it ends inside a field"))?);
        self.0 = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let mut field = vec![number << 3 | 2, u8::try_from(bytes.len()).expect("short")];
        field.extend(bytes);
        field
    }

    fn envelope(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
        let type_meta = [bytes_field(1, api_version.as_bytes()), bytes_field(2, kind.as_bytes())].concat();
        [
            MAGIC.to_vec(),
            bytes_field(1, &type_meta),
            bytes_field(2, raw),
            bytes_field(3, b""),
        ]
        .concat()
    }

    #[test]
    fn delete_options_are_understood() {
        let raw = [
            vec![1 << 3, 30],
            bytes_field(2, &bytes_field(1, b"u-1")),
            bytes_field(4, b"Background"),
            bytes_field(5, b"All"),
        ]
        .concat();
        let wanted = json!({"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 30,
            "preconditions": {"uid": "u-1"}, "propagationPolicy": "Background", "dryRun": ["All"]});
        assert_eq!(decode(&envelope("v1", "DeleteOptions", &raw)).expect("decodes"), wanted);
    }

    #[test]
    fn a_self_subject_review_is_its_kind() {
        let body = envelope("authentication.k8s.io/v1", "SelfSubjectReview", &bytes_field(1, b""));
        let wanted = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
        assert_eq!(decode(&body).expect("decodes"), wanted);
    }

    #[test]
    fn other_kinds_are_refused_by_name() {
        let error = decode(&envelope("v1", "Secret", b"")).expect_err("not served");
        assert_eq!(error.code, 415);
        assert!(error.message.contains("Secret in v1"), "{}", error.message);
    }

    #[test]
    fn cut_bodies_are_refused() {
        let whole = envelope("v1", "DeleteOptions", &bytes_field(4, b"Background"));
        assert!(decode(b"").is_err());
        assert!(decode(&whole[..3]).is_err());
        for end in (MAGIC.len() + 1)..whole.len() {
            // A cut between two fields is a shorter message; one inside a field must not pass for a whole one.
            if let Ok(object) = decode(&whole[..end]) {
                assert_eq!(object["kind"], "DeleteOptions", "{end}");
            }
        }
    }
}
