use serde_json::json;

use super::*;

const TOYS: &str = "\
kind toys.example.com/v1 Toy toy

message toy
1 metadata meta.v1.ObjectMeta
2 count? int
3 size int
4 parts []part
5 colors {}string
6 numbers []int
7 +inline place
8 keys {}bytes

message part
1 name string
2 inner part

message place
1 shelf string
";

/// A field that holds bytes.
fn bytes_field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    field.extend(varint(bytes.len() as u64));
    field.extend(bytes);
    field
}

fn number_field(number: u8, value: i64) -> Vec<u8> {
    [vec![number << 3], varint(value.cast_unsigned())].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn envelope(api_version: &str, kind: &str, message: &[u8]) -> Vec<u8> {
    let type_meta = [bytes_field(1, api_version.as_bytes()), bytes_field(2, kind.as_bytes())].concat();
    let parts = [
        b"k8s\0".to_vec(),
        bytes_field(1, &type_meta),
        bytes_field(2, message),
        bytes_field(3, b""),
    ];
    parts.concat()
}

fn tables() -> ProtobufTables {
    ProtobufTables::new(&[TOYS]).expect("well-formed tables")
}

fn toy(message: &[u8]) -> Result<Value, ApiError> {
    tables().decode(&envelope("toys.example.com/v1", "Toy", message))
}

/// The members of a toy besides its type.
fn members(message: &[u8]) -> Value {
    let mut toy = toy(message).expect("decodes");
    let members = toy.as_object_mut().expect("an object");
    assert_eq!(members.remove("kind"), Some(json!("Toy")));
    assert_eq!(members.remove("apiVersion"), Some(json!("toys.example.com/v1")));
    toy
}

#[test]
fn delete_options_are_understood_in_every_group() {
    let raw = [
        number_field(1, 30),
        bytes_field(2, &bytes_field(1, b"u-1")),
        bytes_field(4, b"Background"),
        bytes_field(5, b"All"),
    ]
    .concat();
    for group in ["v1", "toys.example.com/v1"] {
        let wanted = json!({"apiVersion": group, "kind": "DeleteOptions", "gracePeriodSeconds": 30,
            "preconditions": {"uid": "u-1"}, "propagationPolicy": "Background", "dryRun": ["All"]});
        assert_eq!(
            tables()
                .decode(&envelope(group, "DeleteOptions", &raw))
                .expect("decodes"),
            wanted
        );
    }
}

#[test]
fn zero_is_a_value_only_where_it_can_be_told_from_nothing() {
    let table = [
        (number_field(2, 0), json!({"count": 0})),
        (number_field(3, 0), json!({})),
        (number_field(3, -1), json!({"size": -1})),
        (bytes_field(7, &bytes_field(1, b"")), json!({})),
        (bytes_field(7, &bytes_field(1, b"top")), json!({"shelf": "top"})),
        (bytes_field(4, b""), json!({"parts": [{}]})),
        (Vec::new(), json!({})),
    ];
    for (message, wanted) in table {
        assert_eq!(members(&message), wanted, "{message:?}");
    }
}

#[test]
fn lists_and_maps_gather_what_is_repeated() {
    let entry = |key: &[u8], value: &[u8]| [bytes_field(1, key), bytes_field(2, value)].concat();
    let message = [
        bytes_field(5, &entry(b"b", b"blue")),
        bytes_field(4, &bytes_field(1, b"x")),
        bytes_field(5, &entry(b"a", b"")),
        bytes_field(4, &bytes_field(1, b"y")),
        bytes_field(5, &bytes_field(1, b"bare")),
        bytes_field(8, &entry(b"k", &[0, 255])),
        number_field(6, 1),
        bytes_field(6, &[varint(2), varint(300)].concat()),
    ];
    let wanted = json!({"parts": [{"name": "x"}, {"name": "y"}], "colors": {"a": "", "b": "blue", "bare": ""},
        "keys": {"k": "AP8="}, "numbers": [1, 2, 300]});
    assert_eq!(members(&message.concat()), wanted);
}

#[test]
fn fields_that_nobody_knows_are_skipped() {
    let message = [
        bytes_field(15, b"new"),
        vec![14 << 3 | 1, 0, 0, 0, 0, 0, 0, 0, 0],
        vec![13 << 3 | 5, 0, 0, 0, 0],
        number_field(2, 7),
    ];
    assert_eq!(members(&message.concat()), json!({"count": 7}));
}

#[test]
fn malformed_bodies_are_refused() {
    let whole = envelope("toys.example.com/v1", "Toy", &bytes_field(5, &bytes_field(1, b"key")));
    // Both end with an empty field of two bytes; where the type ends, there is just no object.
    let type_ends = envelope("toys.example.com/v1", "Toy", &[]).len() - 4;
    for length in (0..whole.len() - 2).filter(|length| *length != type_ends) {
        assert!(tables().decode(&whole[..length]).is_err(), "cut at {length}");
    }
    let nested = (0..100).fold(bytes_field(1, b"x"), |inner, _| bytes_field(2, &inner));
    let table: [(&str, Vec<u8>); 6] = [
        ("an endless number", [&[8 << 3][..], &[0xff; 11]].concat()),
        (
            "a length beyond the end",
            [&[4 << 3 | 2][..], &varint(u64::MAX)].concat(),
        ),
        ("a text that is not UTF-8", bytes_field(7, &bytes_field(1, &[0xff]))),
        ("a group", vec![1 << 3 | 3]),
        ("a number where a text is", bytes_field(7, &number_field(1, 1))),
        ("deep nesting", bytes_field(4, &nested)),
    ];
    for (what, message) in table {
        assert_eq!(toy(&message).expect_err(what).code, 400, "{what}");
    }
}

#[test]
fn kinds_without_a_table_name_themselves() {
    let refused = tables()
        .decode(&envelope("v1", "Toy", &[]))
        .expect_err("another group's toy");
    assert_eq!(refused.code, 415);
    assert!(
        refused.message.starts_with("Toy in v1 cannot be read as protobuf"),
        "{refused}"
    );
}

#[test]
fn tables_with_mistakes_are_not_accepted() {
    for text in [
        "kind v1 Toy toy",
        "1 name string",
        "message toy\none name string",
        "message toy\n1 name other",
        "message toy\n1 name",
    ] {
        assert!(ProtobufTables::new(&[text]).is_err(), "{text}");
    }
}
