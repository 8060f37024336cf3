//! What fields toys have, for the scenarios that are about it; in all others they may have any.

use weir_apiserver::{Definitions, ServerBuilder};

const DEFINITIONS: &str = r##"{
  "com.example.toys.v1.Toy": {
    "type": "object", "description": "Something to play with.",
    "x-kubernetes-group-version-kind": [{"group": "toys.example.com", "version": "v1", "kind": "Toy"}],
    "properties": {
      "apiVersion": {"type": "string"}, "kind": {"type": "string"},
      "metadata": {"allOf": [{"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}]},
      "spec": {"allOf": [{"$ref": "#/components/schemas/com.example.toys.v1.ToySpec"}], "description": "The wish."},
      "status": {"type": "object", "additionalProperties": {"type": "string"}}
    }
  },
  "com.example.toys.v1.ToySpec": {
    "type": "object",
    "properties": {
      "color": {"type": "string"},
      "weight": {"type": "integer", "format": "int32"},
      "limit": {"$ref": "#/components/schemas/IntOrString"},
      "labels": {"type": "object", "additionalProperties": {"type": "string"}},
      "extra": {"type": "object"},
      "parts": {"type": "array", "items": {"$ref": "#/components/schemas/com.example.toys.v1.ToyPart"}}
    }
  },
  "com.example.toys.v1.ToyPart": {
    "type": "object", "required": ["name"],
    "properties": {"name": {"type": "string"}, "glued": {"type": "boolean"}}
  },
  "com.example.toys.v1.Unused": {"type": "object", "properties": {"x": {"type": "string"}}},
  "IntOrString": {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
  "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": {
    "type": "object",
    "properties": {
      "name": {"type": "string"}, "namespace": {"type": "string"}, "generateName": {"type": "string"},
      "uid": {"type": "string"}, "resourceVersion": {"type": "string"}, "creationTimestamp": {"type": "string"},
      "generation": {"type": "integer", "format": "int64"},
      "finalizers": {"type": "array", "items": {"type": "string"}},
      "labels": {"type": "object", "additionalProperties": {"type": "string"}},
      "managedFields": {"type": "array", "items": {"type": "object"}}
    }
  },
  "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions": {"type": "object", "properties": {"kind": {"type": "string"}}}
}"##;

pub fn described(builder: ServerBuilder) -> ServerBuilder {
    builder.definitions(Definitions::from_json(DEFINITIONS.as_bytes()).expect("the definitions are schemas"))
}
