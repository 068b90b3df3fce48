//! What leaves the vault: papers, and everything as one folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use dossier_app::contract::{FaultCode, Request};
use dossier_app::leaving::{Export, ExportFormat};
use dossier_app::paper::{Paper, Print};
use dossier_exchange::demo;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::world::{Person, find, invite, settle};

pub fn export(to: &Path, format: ExportFormat) -> Request {
    Request::Export(Export {
        dossier: None,
        format,
        lang: "nl".into(),
        to: Some(to.to_str().unwrap().into()),
    })
}

fn print(paper: Paper, to: &Path) -> Request {
    Request::Print(Print {
        dossier: None,
        paper,
        invitation: None,
        lang: "nl".into(),
        to: Some(to.to_str().unwrap().into()),
    })
}

pub fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect()
}

fn json_file(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// What a PDF says, without spaces and ends of lines.
fn text(path: &Path) -> String {
    let text = pdf_extract::extract_text_from_mem(&fs::read(path).unwrap()).unwrap();
    text.split_whitespace().collect()
}

#[test]
fn everything_leaves_in_one_folder_that_says_what_it_holds() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let out = TempDir::new().unwrap();
    let folder = out.path().join("alles");
    let list = lisa.ask(Request::ExportList { dossier: None });
    let answer = lisa.ask(export(&folder, ExportFormat::All));
    assert_eq!(names(out.path()), BTreeSet::from(["alles".to_owned()]));
    let expected = [
        "dossier.json",
        "logboek.json",
        "dossier.pdf",
        "LEESMIJ.txt",
        "inhoud.txt",
    ];
    assert_eq!(names(&folder), expected.map(str::to_owned).into());
    assert_eq!(answer["list"], list, "what was promised is what came");

    let view = json_file(&folder.join("dossier.json"));
    assert_eq!(view, lisa.show());
    let items = view["items"].as_array().unwrap().len();
    assert_eq!(list["items"], json!(items));
    let log = json_file(&folder.join("logboek.json"));
    assert_eq!(list["lines"], json!(log["lines"].as_array().unwrap().len()));

    let sums = fs::read_to_string(folder.join("inhoud.txt")).unwrap();
    for file in answer["files"].as_array().unwrap() {
        let name = file["name"].as_str().unwrap();
        let content = fs::read(folder.join(name)).unwrap();
        assert_eq!(file["bytes"], json!(content.len()), "{name}");
        let sum: String = Sha256::digest(&content)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(file["sha256"], json!(sum), "{name}");
        assert!(
            name == "inhoud.txt" || sums.contains(&format!("{sum}  {name}\n")),
            "{name}"
        );
    }
    let read_me = fs::read_to_string(folder.join("LEESMIJ.txt")).unwrap();
    assert!(
        read_me.contains(&format!("{items} dingen")) && read_me.contains("Geld: "),
        "{read_me}"
    );
    let paper = text(&folder.join("dossier.pdf"));
    for said in [
        "Ikweetelkeweekwatikkanuitgeven",
        "Alleenvooru",
        "WaterstadWoonzorg(huur)",
    ] {
        assert!(paper.contains(said), "{said}");
    }
    let deeds: Vec<Value> = log_of(&lisa);
    assert_eq!(
        deeds.iter().filter(|line| line["deed"] == json!("taken_along")).count(),
        1
    );
}

fn log_of(person: &Person) -> Vec<Value> {
    let log = person.ask(Request::Log {
        dossier: None,
        person: None,
        since: None,
    });
    log.as_array().unwrap().clone()
}

/// Holds a value against a schema: the words of JSON Schema that ours uses, and a fault for any other.
fn breach(schema: &Value, root: &Value, value: &Value, at: &str) -> Option<String> {
    for (word, rule) in schema.as_object().unwrap() {
        let text = value.as_str();
        let length = || text.map_or(0, |text| text.chars().count() as u64);
        let kept = match word.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" => true,
            "$ref" => {
                let target = root.pointer(rule.as_str().unwrap().trim_start_matches('#')).unwrap();
                if let Some(found) = breach(target, root, value, at) {
                    return Some(found);
                }
                true
            }
            "type" => {
                let is = |name: &Value| match name.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "null" => value.is_null(),
                    other => panic!("type {other}"),
                };
                rule.as_array().map_or_else(|| is(rule), |names| names.iter().any(is))
            }
            "const" => rule == value,
            "minLength" => text.is_none() || length() >= rule.as_u64().unwrap(),
            "maxLength" => text.is_none() || length() <= rule.as_u64().unwrap(),
            "pattern" => {
                assert_eq!(rule, "^[0-9a-f]{64}$");
                text.is_none_or(|text| text.len() == 64 && text.bytes().all(|sign| b"0123456789abcdef".contains(&sign)))
            }
            "required" => {
                let fields = value.as_object();
                fields.is_none_or(|fields| {
                    rule.as_array()
                        .unwrap()
                        .iter()
                        .all(|key| fields.contains_key(key.as_str().unwrap()))
                })
            }
            "items" => {
                let found = value.as_array().into_iter().flatten().enumerate();
                for (place, one) in found {
                    if let Some(found) = breach(rule, root, one, &format!("{at}/{place}")) {
                        return Some(found);
                    }
                }
                true
            }
            "properties" | "additionalProperties" => {
                let known = schema.get("properties").and_then(Value::as_object);
                for (key, one) in value.as_object().into_iter().flatten() {
                    let own = known.and_then(|known| known.get(key));
                    let rule = if word == "properties" {
                        own
                    } else {
                        Some(rule).filter(|_| own.is_none())
                    };
                    let found = match rule {
                        None => None,
                        Some(Value::Bool(false)) => Some(format!("{at}/{key}")),
                        Some(rule) => breach(rule, root, one, &format!("{at}/{key}")),
                    };
                    if found.is_some() {
                        return found;
                    }
                }
                true
            }
            other => panic!("the schema says {other}"),
        };
        if !kept {
            return Some(format!("{at}: {word}"));
        }
    }
    None
}

#[test]
fn what_leaves_is_of_the_schema_that_is_published() {
    let schema: Value = serde_json::from_str(include_str!(
        "../../crates/dossier-app/data/keukentafel-dossier-1.schema.json"
    ))
    .unwrap();
    let breach = |view: &Value| breach(&schema, &schema, view, "");
    for file in [demo::LISA, demo::SAM] {
        let person = Person::new("De bewoner");
        person.load(file);
        let view = person.show();
        assert_eq!(breach(&view), None);
        let with = |change: &dyn Fn(&mut Value)| {
            let mut wrong = view.clone();
            change(&mut wrong);
            breach(&wrong)
        };
        let lost = with(&|wrong| drop(wrong["items"][3].as_object_mut().unwrap().remove("provenance")));
        assert_eq!(lost.as_deref(), Some("/items/3: required"));
        assert!(with(&|wrong| wrong["format"] = json!("keukentafel-dossier/2")).is_some());
        assert!(with(&|wrong| wrong["extra"] = json!(1)).is_some());
        assert!(with(&|wrong| wrong["id"] = json!("xyz")).is_some());
        assert!(with(&|wrong| wrong["names"]["p-lisa"] = json!(3)).is_some());
    }
}

#[test]
fn a_folder_with_something_in_it_stays_as_it_was() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let out = TempDir::new().unwrap();
    let full = out.path().join("vol");
    fs::create_dir(&full).unwrap();
    fs::write(full.join("brief.txt"), "van mij").unwrap();
    assert_eq!(
        lisa.refused(export(&full, ExportFormat::Json)).code,
        FaultCode::AlreadyExists
    );
    assert_eq!(names(&full), BTreeSet::from(["brief.txt".to_owned()]));
    let file = out.path().join("bestand");
    fs::write(&file, "van mij").unwrap();
    assert_eq!(
        lisa.refused(export(&file, ExportFormat::Json)).code,
        FaultCode::AlreadyExists
    );
    let nowhere = out.path().join("a").join("b");
    assert_eq!(
        lisa.refused(export(&nowhere, ExportFormat::Json)).code,
        FaultCode::NotWritable
    );
    assert_eq!(
        names(out.path()),
        BTreeSet::from(["bestand".to_owned(), "vol".to_owned()])
    );
    let empty = out.path().join("leeg");
    fs::create_dir(&empty).unwrap();
    lisa.ask(export(&empty, ExportFormat::Json));
    assert!(names(&empty).contains("dossier.json") && !names(&empty).contains("dossier.pdf"));
}

#[test]
fn an_export_that_was_stopped_leaves_nothing() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let out = TempDir::new().unwrap();
    let folder = out.path().join("alles");
    // What an export that was cut off by the power left behind goes as well.
    fs::create_dir(out.path().join("alles.keukentafel-onaf")).unwrap();
    fs::write(out.path().join("alles.keukentafel-onaf/dossier.json"), "{").unwrap();
    let done = AtomicBool::new(false);
    let (begun, begins) = std::sync::mpsc::channel();
    let answer = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                lisa.app.request(Request::ExportStop).unwrap();
                let _ = begun.send(());
            }
        });
        begins.recv().unwrap();
        let answer = lisa.ask(export(&folder, ExportFormat::All));
        done.store(true, Ordering::Relaxed);
        answer
    });
    assert_eq!(answer, Value::Null);
    assert_eq!(names(out.path()), BTreeSet::new());
    assert!(log_of(&lisa).iter().all(|line| line["deed"] != json!("taken_along")));
    assert!(
        lisa.ask(export(&folder, ExportFormat::Json)).is_object(),
        "the next one is not stopped"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_helper_takes_what_they_may_read_and_the_resident_hears_of_it() {
    let (lisa, karin) = (Person::new("Lisa Verhagen"), Person::new("Karin de Wit"));
    lisa.load(demo::LISA);
    let hints = lisa.online().await;
    karin.online().await;
    invite(&lisa, &hints, &karin, "p-karin").await;
    settle(&[&karin, &lisa]).await;
    let out = TempDir::new().unwrap();
    let folder = out.path().join("van-karin");
    karin.ask(export(&folder, ExportFormat::All));
    let view = json_file(&folder.join("dossier.json"));
    assert_eq!(view, karin.show());
    assert!(find(&view, "g-1").is_some() && find(&view, "s-1").is_none());
    let paper = text(&folder.join("dossier.pdf"));
    assert!(paper.contains("KarindeWit") && paper.contains("Ikweetelkeweekwatikkanuitgeven"));
    assert!(!paper.contains("WaterstadWoonzorg(huur)") && !paper.contains("bultjesendikkelippen"));
    let plan = out.path().join("plan.pdf");
    karin.ask(print(Paper::Plan, &plan));
    settle(&[&karin, &lisa]).await;
    let heard = log_of(&lisa);
    let told = heard.iter().filter(|line| line["reason"] == json!("taken_along"));
    let sections: BTreeSet<&str> = told
        .filter(|line| line["who"] == json!("p-karin") && line["reported"] == json!(true))
        .filter_map(|line| line["section"].as_str())
        .collect();
    assert!(sections.contains("plan") && sections.contains("agenda"), "{heard:?}");
    let own = log_of(&karin);
    assert!(own.iter().any(|line| line["deed"] == json!("taken_along")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paper_of_what_somebody_may_not_see_is_not_made() {
    let (lisa, tim) = (Person::new("Lisa Verhagen"), Person::new("Buurvrouw"));
    lisa.load(demo::LISA);
    let hints = lisa.online().await;
    tim.online().await;
    let invitation = dossier_app::contract::Invite {
        name: Some("Buurvrouw".into()),
        role: Some("buur".into()),
        grants: vec!["agenda=zien".into(), "crisis=zien:dat".into()],
        hints,
        ..Default::default()
    };
    crate::world::admit(&lisa, &tim, invitation, "buurvrouw").await;
    settle(&[&tim, &lisa]).await;
    let out = TempDir::new().unwrap();
    for paper in [Paper::Plan, Paper::Crisis] {
        let file = out.path().join("blad.pdf");
        assert_eq!(
            tim.refused(print(paper, &file)).code,
            FaultCode::NotAllowed,
            "{paper:?}"
        );
    }
    assert_eq!(
        tim.refused(print(Paper::Invitation, &out.path().join("u.pdf"))).code,
        FaultCode::NotAllowed
    );
    assert_eq!(names(out.path()), BTreeSet::new());
    tim.ask(print(Paper::All, &out.path().join("alles.pdf")));
    let paper = text(&out.path().join("alles.pdf"));
    assert!(paper.contains("Huisbezoekwijkteam") && !paper.contains("Ikweetelkeweek"));
}

#[test]
fn the_words_are_written_once_and_for_their_owner_alone() {
    let lisa = Person::new("Lisa Verhagen");
    let out = TempDir::new().unwrap();
    let file = out.path().join("woorden.pdf");
    lisa.ask(print(Paper::Words, &file));
    assert_eq!(names(out.path()), BTreeSet::from(["woorden.pdf".to_owned()]));
    let paper = text(&file);
    let words = lisa.ask(Request::RecoveryWords);
    for (at, word) in words["words"].as_array().unwrap().iter().enumerate() {
        assert!(
            paper.contains(&format!("{}.{}", at + 1, word.as_str().unwrap())),
            "word {}",
            at + 1
        );
    }
    assert!(paper.contains(words["age_secret_key"].as_str().unwrap()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let nowhere = out.path().join("geen-map").join("woorden.pdf");
    assert_eq!(lisa.refused(print(Paper::Words, &nowhere)).code, FaultCode::NotWritable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_on_paper_can_be_typed_over() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let invited = lisa.ask(Request::Invite(dossier_app::contract::Invite {
        person: Some("p-karin".into()),
        hints: vec!["127.0.0.1:4000".into()],
        ..Default::default()
    }));
    let out = TempDir::new().unwrap();
    let file = out.path().join("uitnodiging.pdf");
    lisa.ask(Request::Print(Print {
        dossier: None,
        paper: Paper::Invitation,
        invitation: invited["id"].as_str().map(str::to_owned),
        lang: "en".into(),
        to: Some(file.to_str().unwrap().into()),
    }));
    let paper = text(&file);
    assert!(
        paper.contains(invited["ticket"].as_str().unwrap()),
        "the ticket stands there whole"
    );
    // The resident named this part herself; our own words about it are English.
    assert!(paper.contains("Onsplan:youmaylookandchangeeverything"), "{paper}");
}
