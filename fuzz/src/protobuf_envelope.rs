//! A body that a plain encoder writes is read as what went in; any other message is refused, or gives an object that can
//! be read again when it comes as JSON.

use std::sync::LazyLock;

use arbitrary::{Arbitrary, Unstructured};
use serde_json::{Map, Value};
use weir_apiserver::ProtobufTables;
use weir_apiserver::fuzzing::json;

/// A kind that holds itself, in every way that there is.
const TOY: &str = "kind toys.example.com/v1 Toy toy.Toy

message toy.Toy
1 metadata meta.v1.ObjectMeta
2 inner toy.Toy
3 children []toy.Toy
4 named {}toy.Toy
5 numbers []int
6 +inline toy.Inline

message toy.Inline
1 text string
2 selector meta.v1.LabelSelector
";

static TABLES: LazyLock<ProtobufTables> = LazyLock::new(|| ProtobufTables::new(&[TOY]).expect("a correct table"));

#[derive(Arbitrary, Debug)]
struct Options {
    grace_period_seconds: Option<i64>,
    uid: Option<String>,
    resource_version: Option<String>,
    orphan_dependents: Option<bool>,
    propagation_policy: Option<String>,
    dry_run: Vec<String>,
    unknown_field: Option<Vec<u8>>,
}

pub fn check(data: &[u8]) {
    for body in [data.to_vec(), envelope("toys.example.com/v1", "Toy", data)] {
        if let Ok(object) = TABLES.decode(&body) {
            let again = json(object.to_string().as_bytes()).expect("what was written is read");
            assert_eq!(again, object);
        }
    }
    let mut u = Unstructured::new(data);
    let Ok(options) = u.arbitrary::<Options>() else { return };
    let read = TABLES.decode(&envelope("v1", "DeleteOptions", &encode(&options)));
    let mut read = read.unwrap_or_else(|error| panic!("{options:?}: {error}"));
    let members = read.as_object_mut().expect("an object");
    assert_eq!(members.remove("kind"), Some("DeleteOptions".into()));
    assert_eq!(members.remove("apiVersion"), Some("v1".into()));
    assert_eq!(*members, model(&options));
}

fn model(options: &Options) -> Map<String, Value> {
    let mut members = Map::new();
    let mut preconditions = Map::new();
    let mut insert = |key: &str, value: Value| drop(members.insert(key.to_owned(), value));
    if let Some(seconds) = options.grace_period_seconds {
        insert("gracePeriodSeconds", seconds.into());
    }
    if let Some(orphan) = options.orphan_dependents {
        insert("orphanDependents", orphan.into());
    }
    if let Some(policy) = &options.propagation_policy {
        insert("propagationPolicy", policy.as_str().into());
    }
    if !options.dry_run.is_empty() {
        insert("dryRun", options.dry_run.clone().into());
    }
    for (key, value) in [("uid", &options.uid), ("resourceVersion", &options.resource_version)] {
        if let Some(value) = value {
            preconditions.insert(key.to_owned(), value.as_str().into());
        }
    }
    if !preconditions.is_empty() {
        insert("preconditions", preconditions.into());
    }
    members
}

fn encode(options: &Options) -> Vec<u8> {
    let mut message = Vec::new();
    if let Some(seconds) = options.grace_period_seconds {
        number(&mut message, 1, seconds as u64);
    }
    if options.uid.is_some() || options.resource_version.is_some() {
        let mut preconditions = Vec::new();
        for (field, value) in [(1, &options.uid), (2, &options.resource_version)] {
            if let Some(value) = value {
                bytes(&mut preconditions, field, value.as_bytes());
            }
        }
        bytes(&mut message, 2, &preconditions);
    }
    if let Some(orphan) = options.orphan_dependents {
        number(&mut message, 3, orphan.into());
    }
    if let Some(policy) = &options.propagation_policy {
        bytes(&mut message, 4, policy.as_bytes());
    }
    for value in &options.dry_run {
        bytes(&mut message, 5, value.as_bytes());
    }
    if let Some(unknown) = &options.unknown_field {
        bytes(&mut message, 1000, unknown);
    }
    message
}

fn envelope(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
    let mut type_meta = Vec::new();
    bytes(&mut type_meta, 1, api_version.as_bytes());
    bytes(&mut type_meta, 2, kind.as_bytes());
    let mut message = b"k8s\0".to_vec();
    bytes(&mut message, 1, &type_meta);
    bytes(&mut message, 2, raw);
    message
}

fn number(message: &mut Vec<u8>, field: u64, value: u64) {
    varint(message, field << 3);
    varint(message, value);
}

fn bytes(message: &mut Vec<u8>, field: u64, value: &[u8]) {
    varint(message, field << 3 | 2);
    varint(message, value.len() as u64);
    message.extend_from_slice(value);
}

fn varint(message: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        message.push(value as u8 | 0x80);
        value >>= 7;
    }
    message.push(value as u8);
}
