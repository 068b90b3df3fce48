//! The window's TypeScript types are those of the contract.

use std::fs;

use keukentafel_tests::contract_types::{drift, folder, write};

#[test]
fn the_committed_files_are_those_of_the_contract() {
    assert_eq!(
        drift(&folder()).unwrap(),
        Vec::<String>::new(),
        "`cargo xtask types` writes them anew"
    );
}

#[test]
fn an_edited_a_missing_and_a_foreign_file_are_seen_and_mended() {
    let copy = tempfile::tempdir().unwrap();
    write(copy.path()).unwrap();
    assert_eq!(drift(copy.path()).unwrap(), Vec::<String>::new());

    let edited = copy.path().join("Status.ts");
    fs::write(
        &edited,
        fs::read_to_string(&edited).unwrap().replace("number", "bigint"),
    )
    .unwrap();
    fs::remove_file(copy.path().join("Fault.ts")).unwrap();
    fs::write(copy.path().join("Own.ts"), "export type Own = string;\n").unwrap();
    assert_eq!(
        drift(copy.path()).unwrap(),
        [
            "Fault.ts is missing",
            "Status.ts differs from its Rust type",
            "Own.ts has no Rust type"
        ]
    );

    write(copy.path()).unwrap();
    assert_eq!(drift(copy.path()).unwrap(), Vec::<String>::new());
}

/// JSON has no such numbers: `JSON.parse` would give the page a `number` where its types promise a `bigint`.
#[test]
fn no_field_of_the_contract_is_a_bigint() {
    let mut count = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        assert!(
            !fs::read_to_string(&path).unwrap().contains("bigint"),
            "{}",
            path.display()
        );
        count += 1;
    }
    assert!(count > 10);
}

#[test]
fn every_type_of_the_contract_reaches_the_window() {
    let source = fs::read_to_string(keukentafel_tests::root().join("crates/dossier-app/src/contract.rs")).unwrap();
    let names = names_of_mirrored_types(&source);
    assert!(names.contains(&"Request") && names.contains(&"FaultCode"), "{names:?}");
    let absent: Vec<_> = names
        .into_iter()
        .filter(|name| !folder().join(format!("{name}.ts")).is_file())
        .collect();
    assert_eq!(
        absent,
        Vec::<&str>::new(),
        "name the answer in contract_types::generated"
    );
}

fn names_of_mirrored_types(source: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut mirrored = false;
    for line in source.lines() {
        if line.starts_with("#[derive(") {
            mirrored = line.contains("TS)") || line.contains("TS,");
        }
        let name = line
            .strip_prefix("pub struct ")
            .or_else(|| line.strip_prefix("pub enum "));
        if let Some(name) = name.filter(|_| std::mem::take(&mut mirrored)) {
            names.push(name.split(|sign: char| !sign.is_alphanumeric()).next().unwrap_or(name));
        }
    }
    names
}
