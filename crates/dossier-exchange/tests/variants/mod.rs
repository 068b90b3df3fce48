//! Families that are not in the repository, made from the two that are.

use dossier_exchange::demo;
use serde_json::{Value, json};

/// The two families of the repository.
pub fn both() -> [Value; 2] {
    [demo::LISA, demo::SAM].map(|text| serde_json::from_str(text).unwrap())
}

/// A small seeded generator (SplitMix64): the same families on every machine.
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n.max(1) as u64).unwrap()
    }

    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn odd_value(&mut self) -> Value {
        let values = [
            json!(null),
            json!(0),
            json!(-7),
            json!(u64::MAX),
            json!(0.1),
            json!(-1e-300),
            json!(true),
            json!(""),
            json!("p-nobody"),
            json!("g-1"),
            json!("é👨‍👩‍👧 \u{0}\u{1}"),
            json!([]),
            json!({}),
            json!([[]]),
            json!({"": null}),
            json!({"id": "p-lisa"}),
            json!(["p-lisa", 3, null]),
            json!({"a.b": {"\u{1}": [1.5, {}]}}),
            json!("x".repeat(3_000)),
        ];
        values[self.below(values.len())].clone()
    }

    fn key(&mut self) -> String {
        let keys = [
            "",
            "id",
            "section",
            "visibility",
            "visible_to",
            "sections",
            "health.conditions",
            "other:plan",
            "busy",
            "skeleton",
            "measurements",
            "\u{1}",
            "nieuw veld",
            "fields",
            "domain",
            "i/",
            "kind",
            "order",
        ];
        keys[self.below(keys.len())].to_owned()
    }

    /// Other names, ids and dates; gaps; wrong types; unknown keys; repeated elements.
    fn vary(&mut self, value: &mut Value, depth: usize, rate: usize) {
        if depth > 0 && self.once_in(rate * 3) {
            *value = self.odd_value();
            return;
        }
        match value {
            Value::Object(map) => {
                let keys: Vec<String> = map.keys().cloned().collect();
                for key in keys {
                    if depth == 0 && key == "format" {
                        continue;
                    }
                    if self.once_in(rate) {
                        map.remove(&key);
                    } else if let Some(inner) = map.get_mut(&key) {
                        self.vary(inner, depth + 1, rate);
                    }
                }
                if self.once_in(rate) {
                    let (key, odd) = (self.key(), self.odd_value());
                    map.insert(key, odd);
                }
            }
            Value::Array(list) => {
                if self.once_in(rate) && !list.is_empty() {
                    list.remove(self.below(list.len()));
                }
                for inner in list.iter_mut() {
                    self.vary(inner, depth + 1, rate);
                }
                if self.once_in(rate) && !list.is_empty() {
                    let again = list[self.below(list.len())].clone();
                    list.insert(self.below(list.len()), again);
                }
                if self.once_in(rate * 2) {
                    list.push(self.odd_value());
                }
            }
            Value::String(text) => {
                if self.once_in(rate) {
                    *text = format!("{text} {}", self.below(1_000));
                }
            }
            Value::Number(_) | Value::Bool(_) | Value::Null => {}
        }
    }
}

/// Families made from both, with the seed of each.
pub fn variants(count: u64) -> impl Iterator<Item = (u64, Value)> {
    (0..count).map(|seed| {
        let mut dice = Dice(seed);
        let mut value = both()[dice.below(2)].clone();
        let rate = [4, 12, 40, 150][dice.below(4)];
        dice.vary(&mut value, 0, rate);
        (seed, value)
    })
}
