//! `key=value` on the command line: JSON where the value reads as JSON, otherwise text.

use dossier_app::contract::{Fault, FaultCode};
use serde_json::{Map, Value};

fn bad(pair: &str) -> Fault {
    let key: String = pair.chars().take(60).collect();
    Fault {
        code: FaultCode::Invalid,
        detail: Some(format!("KEY=VALUE: {key}")),
    }
}

/// Pairs with their paths (`a.b`) as they were written.
pub fn pairs(pairs: &[String]) -> Result<Map<String, Value>, Fault> {
    let mut found = Map::new();
    for pair in pairs {
        let (key, value) = pair.split_once('=').ok_or_else(|| bad(pair))?;
        if key.is_empty() || key.split('.').any(str::is_empty) {
            return Err(bad(pair));
        }
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        if found.insert(key.to_owned(), value).is_some() {
            return Err(bad(pair));
        }
    }
    Ok(found)
}

/// Pairs with their paths made into objects within objects, for an item that does not exist yet.
pub fn nested(pairs: Map<String, Value>) -> Result<Map<String, Value>, Fault> {
    let mut root = Map::new();
    for (path, value) in pairs {
        let mut steps: Vec<&str> = path.split('.').collect();
        let last = steps.pop().unwrap_or_default();
        let mut at = &mut root;
        for step in steps {
            let below = at.entry(step).or_insert_with(|| Value::Object(Map::new()));
            at = below.as_object_mut().ok_or_else(|| bad(&path))?;
        }
        if at.insert(last.to_owned(), value).is_some() {
            return Err(bad(&path));
        }
    }
    Ok(root)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(given: &[&str]) -> Result<Map<String, Value>, Fault> {
        pairs(&given.iter().map(|pair| (*pair).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn values_are_json_where_they_read_as_json() {
        let found = read(&[
            "n=3",
            "who=[\"p-ria\"]",
            "phone=06 00",
            "off=null",
            "a=b=c",
            "empty=",
            "t=\"3\"",
        ])
        .unwrap();
        let wanted =
            json!({"n": 3, "who": ["p-ria"], "phone": "06 00", "off": null, "a": "b=c", "empty": "", "t": "3"});
        assert_eq!(Value::Object(found), wanted);
    }

    #[test]
    fn paths_become_objects_in_a_new_item() {
        let found = nested(read(&["a.b=1", "a.c.d=x", "e=2"]).unwrap()).unwrap();
        assert_eq!(Value::Object(found), json!({"a": {"b": 1, "c": {"d": "x"}}, "e": 2}));
        assert!(nested(read(&["a=1", "a.b=2"]).unwrap()).is_err());
    }

    #[test]
    fn what_is_no_pair_is_refused() {
        for wrong in ["", "title", "=x", "a..b=1", ".a=1"] {
            assert_eq!(read(&[wrong]).unwrap_err().code, FaultCode::Invalid, "{wrong}");
        }
        assert!(read(&["a=1", "a=2"]).is_err());
    }
}
