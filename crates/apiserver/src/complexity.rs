//! Twice as much input costs at most two and a half times as much, for everything that reads what clients send.
//!
//! Time is the processor's time of this thread, so that other work on the machine does not count. The best of several
//! tries is judged: noise only ever adds to it, while what grows with the square doubles the ratio in every try.

use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

use crate::body::{self, Encoding};
use crate::list_options::ContinueToken;
use crate::patch::Patch;
use crate::{Definitions, FieldSelector, LabelSelector, ProtobufTables, Schema, query};

/// What a double input may cost.
const WORST: f64 = 2.5;
const TRIES: usize = 12;
/// Shorter measurements say little.
const ENOUGH: Duration = Duration::from_millis(2);

fn cost(work: &dyn Fn()) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
    };
    let begun = now();
    work();
    now() - begun
}

/// The cost of one run, averaged over as many as it takes to be sure.
fn averaged(work: &dyn Fn()) -> Duration {
    let (mut runs, mut whole) = (0, Duration::ZERO);
    while whole < ENOUGH {
        whole += cost(work);
        runs += 1;
    }
    whole / runs
}

/// `prepare` makes the work for an input of a size.
fn grows_with_its_input<Work: Fn()>(name: &str, size: usize, prepare: impl Fn(usize) -> Work) {
    let (once, twice) = (prepare(size), prepare(2 * size));
    let mut best = f64::INFINITY;
    for _ in 0..TRIES {
        best = best.min(averaged(&twice).as_secs_f64() / averaged(&once).as_secs_f64());
        if best <= WORST {
            return;
        }
    }
    panic!("{name}: twice the input costs {best:.2} times as much");
}

/// Reading a text that `make` makes of a number of parts. Whether it is accepted does not matter.
fn reads<T>(name: &str, size: usize, make: impl Fn(usize) -> String, read: impl Fn(&str) -> T) {
    grows_with_its_input(name, size, |size| {
        let text = make(size);
        let read = &read;
        move || drop(black_box(read(&text)))
    });
}

#[test]
fn json_is_read_in_linear_time() {
    let json = |text: &str| body::decode_json(text.as_bytes());
    reads("numbers", 20_000, |n| format!("[{}0]", "0,".repeat(n)), json);
    reads("digits", 100_000, |n| "7".repeat(n), json);
    reads("decimals", 100_000, |n| format!("0.{}", "7".repeat(n)), json);
    reads("escapes", 50_000, |n| format!("\"{}\"", "\\u0041".repeat(n)), json);
    reads(
        "equal keys",
        20_000,
        |n| format!("{{{}\"a\":1}}", "\"a\":1,".repeat(n)),
        json,
    );
    let keys = |n: usize| (0..n).map(|key| format!("\"{key}\":1,")).collect::<String>();
    reads("keys", 20_000, |n| format!("{{{}\"a\":1}}", keys(n)), json);
    reads("brackets", 100_000, |n| "[".repeat(n), json);
}

#[test]
fn fields_are_compared_in_linear_time() {
    let twice = |text: &str| body::duplicates(text.as_bytes());
    reads(
        "equal keys",
        20_000,
        |n| format!("{{{}\"a\":1}}", "\"a\":1,".repeat(n)),
        twice,
    );
    reads(
        "long equal keys",
        500,
        |n| format!("{{{}\"a\":1}}", format!("\"{}\":1,", "k".repeat(1_000)).repeat(n)),
        twice,
    );
}

#[test]
fn yaml_is_read_in_linear_time() {
    let (protobuf, definitions) = (ProtobufTables::new(&[]).expect("tables"), Definitions::default());
    let encoding = Encoding {
        content_type: Some("application/yaml"),
        protobuf: &protobuf,
        definitions: &definitions,
    };
    let yaml = |text: &str| body::decode_untyped(encoding, text.as_bytes());
    reads("a list", 2_000, |n| "- a\n".repeat(n), yaml);
    reads("a flow list", 2_000, |n| format!("[{}a]", "a, ".repeat(n)), yaml);
    let keys = |n: usize| (0..n).map(|key| format!("key{key}: 1\n")).collect::<String>();
    reads("keys", 2_000, keys, yaml);
    let flow_keys = |n: usize| format!("{{{}z: 1}}", keys(n).replace('\n', ", "));
    reads("flow keys", 2_000, flow_keys, yaml);
    reads("a plain text", 5_000, |n| "word ".repeat(n), yaml);
    reads(
        "lines of a plain text",
        5_000,
        |n| format!("a: {}", "word\n  ".repeat(n)),
        yaml,
    );
    reads("a quoted text", 5_000, |n| format!("\"{}\"", "\\x41".repeat(n)), yaml);
    reads(
        "a block text",
        5_000,
        |n| format!("a: |\n{}", "  line\n".repeat(n)),
        yaml,
    );
    reads("comments", 5_000, |n| "# nothing\n".repeat(n), yaml);
    reads("blank lines", 10_000, |n| "\n".repeat(n), yaml);
    reads("spaces", 20_000, |n| " ".repeat(n), yaml);
    reads("brackets", 5_000, |n| "[".repeat(n), yaml);
    reads("nested lists", 5_000, |n| "- ".repeat(n), yaml);
    reads("question marks", 5_000, |n| "? ".repeat(n), yaml);
    let anchors = |n: usize| (0..n).map(|anchor| format!("- &a{anchor} x\n")).collect::<String>();
    reads("anchors", 2_000, anchors, yaml);
    reads("aliases", 400, |n| format!("- &a x\n{}", "- *a\n".repeat(n)), yaml);
    reads("tags", 2_000, |n| "- !!str x\n".repeat(n), yaml);
}

#[test]
fn queries_selectors_and_tokens_are_read_in_linear_time() {
    reads("parameters", 400, |n| "a=b&".repeat(n), |text| query::parse(Some(text)));
    reads(
        "escapes",
        5_000,
        |n| format!("a={}", "%41".repeat(n)),
        |text| query::parse(Some(text)),
    );
    reads(
        "label terms",
        900,
        |n| format!("{}a", "a=b,".repeat(n)),
        LabelSelector::parse,
    );
    let values = |n: usize| (0..n).map(|value| format!("v{value},")).collect::<String>();
    reads(
        "label values",
        900,
        |n| format!("a in ({}v)", values(n)),
        LabelSelector::parse,
    );
    reads(
        "spaces in label terms",
        20_000,
        |n| format!("a{}=b", " ".repeat(n)),
        LabelSelector::parse,
    );
    reads(
        "field terms",
        900,
        |n| format!("{}a=b", "a=b,".repeat(n)),
        FieldSelector::parse,
    );
    reads(
        "field escapes",
        20_000,
        |n| format!("a={}", "\\,".repeat(n)),
        FieldSelector::parse,
    );
    reads("a continue token", 20_000, |n| "QUJD".repeat(n), ContinueToken::decode);
}

fn patches(name: &str, size: usize, kind: &'static str, make: impl Fn(usize) -> (Value, Value)) {
    static SCHEMA: Schema = Schema::object(&[
        ("list", &Schema::merge_by("name", &[("set", &Schema::SET)])),
        ("set", &Schema::SET),
    ]);
    grows_with_its_input(name, size, |size| {
        let (object, patch) = make(size);
        let patch = patch.to_string();
        move || {
            let patched = Patch::decode(kind, patch.as_bytes()).map(|patch| patch.apply(&object, &SCHEMA));
            drop(black_box(patched));
        }
    });
}

#[test]
fn patches_are_applied_in_linear_time() {
    let (json, merge) = ("application/json-patch+json", "application/merge-patch+json");
    let strategic = "application/strategic-merge-patch+json";
    let numbers = |n: usize| (0..n).map(Value::from).collect::<Value>();
    let named = |n: usize| (0..n).map(|name| json!({"name": name, "x": 1})).collect::<Value>();
    let operations = |n: usize, operation: Value| Value::Array(vec![operation; n]);
    patches("additions", 1_000, json, |n| {
        (
            json!({"a": []}),
            operations(n, json!({"op": "add", "path": "/a/-", "value": 1})),
        )
    });
    patches("tests", 1_000, json, |n| {
        (
            json!({"a": 1}),
            operations(n, json!({"op": "test", "path": "/a", "value": 1})),
        )
    });
    patches("copies of copies", 1_000, json, |n| {
        (
            json!({"a": [1]}),
            operations(n, json!({"op": "copy", "from": "/a", "path": "/a/-"})),
        )
    });
    patches("members", 2_000, merge, |n| {
        let members: serde_json::Map<String, Value> = (0..n).map(|key| (key.to_string(), json!({"x": 1}))).collect();
        (Value::Object(members.clone()), Value::Object(members))
    });
    patches("elements", 1_000, strategic, |n| {
        (json!({"list": named(n)}), json!({"list": named(n)}))
    });
    patches("equal elements", 1_000, strategic, |n| {
        let equal = Value::Array(vec![json!({"name": "a", "set": [1]}); n]);
        (
            json!({"list": [{"name": "a", "set": numbers(n)}]}),
            json!({ "list": equal }),
        )
    });
    patches("a set", 1_000, strategic, |n| {
        (json!({"set": numbers(n)}), json!({"set": numbers(n)}))
    });
    patches("an order", 1_000, strategic, |n| {
        (
            json!({"list": named(n)}),
            json!({"$setElementOrder/list": named(n), "list": []}),
        )
    });
    patches("removals", 1_000, strategic, |n| {
        (
            json!({"set": numbers(n)}),
            json!({"$deleteFromPrimitiveList/set": numbers(n)}),
        )
    });
}
