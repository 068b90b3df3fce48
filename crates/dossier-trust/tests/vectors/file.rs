//! Files of vectors. `DOSSIER_VECTORS=write` writes those that can be made again from their seeds; `DOSSIER_VECTORS=seal`
//! makes those anew in which age drew randomness of its own. Without it they are compared, or read.

use std::path::PathBuf;

use serde_json::Value;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors")
        .join(name)
}

fn write(name: &str, value: &Value) {
    let text = serde_json::to_string_pretty(value).unwrap() + "\n";
    std::fs::write(path(name), text).unwrap();
}

fn asked(for_what: &str) -> bool {
    std::env::var("DOSSIER_VECTORS").is_ok_and(|what| what == for_what)
}

/// What the file holds.
pub fn read(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(path(name)).unwrap()).unwrap()
}

/// The file holds this, to the last byte of every vector.
pub fn holds(name: &str, made: &Value) {
    if asked("write") {
        write(name, made);
    }
    let held = read(name);
    if let (Some(held), Some(made)) = (held.as_object(), made.as_object()) {
        for (key, value) in held {
            assert_eq!(Some(value), made.get(key), "{name}: {key}");
        }
    }
    assert_eq!(held, *made, "{name}");
}

/// The file, made anew only when that is asked for.
pub fn sealed_once(name: &str, make: impl FnOnce() -> Value) -> Value {
    if asked("seal") {
        write(name, &make());
    }
    read(name)
}

pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes in a field.
pub fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("hexadecimal digits");
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// The elements of a list, of which there must be some.
pub fn each(value: &Value) -> impl Iterator<Item = &Value> {
    let list = value.as_array().expect("a list");
    assert!(!list.is_empty());
    list.iter()
}
