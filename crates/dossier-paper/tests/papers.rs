//! Every paper, read back from its PDF: nothing that the reader sees is missing, nothing else is there, and what people
//! wrote is only ever shown.

// The tests' own small functions are tests too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dossier_exchange::demo;
use dossier_model::item::SKELETON_KIND;
use dossier_model::layout::DocItem;
use dossier_model::view::SectionContent;
use dossier_model::{Dossier, Item, Place, SectionId, assemble};
use dossier_paper::{Invitation, Lang, Offer, Reading, Secret, Sheet, print};
use pdf_extract::Document;
use serde_json::{Value, json};

const NOW: &str = "2026-11-22T21:30:00+01:00";
const FAMILIES: [&str; 2] = [
    include_str!("../../dossier-exchange/data/demo-lisa.json"),
    include_str!("../../dossier-exchange/data/demo-sam.json"),
];

/// What people paste: markup of several kinds, other scripts, controls, and no end.
const HOSTILE: [&str; 9] = [
    "#import \"x.typ\": * #panic(\"boe\") #{1 + 1}",
    "$ x^2 $ *vet* _schuin_ `code` <label> @bron = kop - lijst / term: + num",
    "C:\\map\\nieuw \\u{41} \\ einde // geen commentaar /* ook niet */",
    "<script>alert(1)</script> &amp; <b>vet</b> ]]> %PDF-1.7 endobj",
    "lach 😀 feest 🎉 hart ❤️ samen 👩‍👧",
    "Привіт, як справи? Łódź, ğüşiöç",
    "{slot} {name} {\"a\": [1, null]}",
    "aanhaling \"dubbel\" 'enkel' `terug` ~vast~ ... -- ---",
    "bel\u{7}\u{0}\u{202e}om\u{2066}",
];

fn family(file: &str) -> (Dossier, Vec<(SectionId, Option<String>)>) {
    let family = demo::read(file.as_bytes()).unwrap();
    let mut places: BTreeMap<Place, Vec<DocItem>> = BTreeMap::new();
    for placed in family.items {
        places.entry(placed.placement.place).or_default().push(DocItem {
            item: placed.item,
            also_said: Vec::new(),
        });
    }
    let contents: Vec<SectionContent> = places
        .into_iter()
        .map(|(place, doc_items)| SectionContent {
            place,
            doc_items: doc_items.into_iter().map(Arc::new).collect(),
            records: Vec::new(),
        })
        .collect();
    (assemble(&contents, &BTreeMap::new()), family.sections)
}

fn small(items: &[(&str, &str, Value)]) -> Dossier {
    let contents: Vec<SectionContent> = items
        .iter()
        .enumerate()
        .map(|(at, (section, kind, fields))| SectionContent {
            place: Place::wat(SectionId::new(*section).unwrap()),
            doc_items: vec![Arc::new(DocItem {
                item: Item::new(format!("i-{at}"), *kind, fields.clone()),
                also_said: Vec::new(),
            })],
            records: Vec::new(),
        })
        .collect();
    assemble(&contents, &BTreeMap::new())
}

fn reading<'d>(view: &'d Dossier, sections: &'d [(SectionId, Option<String>)]) -> Reading<'d> {
    Reading {
        view,
        title: "Het dossier van Lisa",
        sections,
        owner: Some("p-lisa"),
        reader: None,
    }
}

fn pdf(sheet: &Sheet<'_>, lang: Lang) -> Vec<u8> {
    print(sheet, lang, NOW).unwrap()
}

/// Letters and signs alone: where a line ends on paper is nobody's text.
fn squeezed(text: &str) -> String {
    text.chars()
        .filter(|sign| {
            !sign.is_whitespace()
                && !sign.is_control()
                && !matches!(sign, '\u{200b}'..='\u{200d}' | '\u{fe0f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        })
        .collect()
}

fn text(pdf: &[u8]) -> String {
    squeezed(&pdf_extract::extract_text_from_mem(pdf).unwrap())
}

/// What a text may stand as on paper.
fn forms(view: &Dossier, lang: Lang, written: &str) -> Vec<String> {
    let groups = [
        "domain",
        "section",
        "role",
        "level",
        "place",
        "strength",
        "relation",
        "action_status",
    ];
    let mut forms = vec![written.to_owned()];
    forms.extend(lang.date(written));
    forms.extend(view.name(written).map(str::to_owned));
    forms.extend(
        groups
            .iter()
            .filter_map(|group| lang.term(group, written))
            .map(str::to_owned),
    );
    let named = view.items.iter().filter(|item| item.id == written);
    forms.extend(
        named
            .filter_map(|item| ["title", "name", "label"].iter().find_map(|key| item.text(key)))
            .map(str::to_owned),
    );
    forms.iter().map(|form| squeezed(form)).collect()
}

fn leaves<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(list) => list.iter().for_each(|one| leaves(one, found)),
        Value::Object(fields) => fields.values().for_each(|one| leaves(one, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn everything_that_a_reader_sees_is_on_the_paper_that_holds_everything() {
    for file in FAMILIES {
        let (view, sections) = family(file);
        for lang in [Lang::Nl, Lang::En] {
            let paper = text(&pdf(&Sheet::Dossier(reading(&view, &sections)), lang));
            let mut count = 0;
            for item in view.items.iter().filter(|item| item.kind != SKELETON_KIND) {
                let mut texts = Vec::new();
                leaves(&item.fields, &mut texts);
                for written in texts
                    .into_iter()
                    .filter(|text| **text != item.id && !text.trim().is_empty())
                {
                    count += 1;
                    let forms = forms(&view, lang, written);
                    assert!(
                        forms.iter().any(|form| paper.contains(form)),
                        "{} {}: {written}",
                        item.kind,
                        item.id
                    );
                }
            }
            assert!(count > 500, "{count}");
        }
    }
}

#[test]
fn every_field_of_every_kind_is_there_also_one_that_nobody_knows() {
    let mut markers = Vec::new();
    let mut items = Vec::new();
    for (section, kind) in [
        ("geld", "money.debts"),
        ("verslagen", "notes"),
        ("mijn eigen deel", "facts"),
        ("plan", "other:nieuw"),
        ("agenda", "appointments"),
    ] {
        let mut mark = |name: &str| {
            let marker = format!("{name}-merk-{}", markers.len());
            markers.push(marker.clone());
            marker
        };
        items.push((
            section,
            kind,
            json!({
                "title": mark("titel"), "onbekend_veld": mark("veld"), "diep": {"dieper": [{"diepst": mark("diep")}]},
                "heel": {"a": {"b": {"c": {"d": {"e": {"f": {"g": mark("onder")}}}}}}}, "date": "2026-01-02",
                "lijst": [mark("een"), mark("twee")], "author": mark("auteur"), "per_month": 1234.5,
            }),
        ));
    }
    let view = small(&items);
    let listed = [(SectionId::new("geld").unwrap(), Some("Mijn centen".to_owned()))];
    let paper = text(&pdf(&Sheet::Dossier(reading(&view, &listed)), Lang::Nl));
    for marker in &markers {
        assert!(paper.contains(marker), "{marker}");
    }
    for said in [
        "Mijncenten",
        "mijneigendeel",
        "onbekendveld",
        "2januari2026",
        "€1.234,50",
    ] {
        assert!(paper.contains(said), "{said}");
    }
}

#[test]
fn a_reader_gets_a_paper_with_their_name_and_no_more_than_they_see() {
    let view = small(&[("plan", "goals", json!({"title": "Rust in huis"}))]);
    let sections = [
        (SectionId::new("plan").unwrap(), None),
        (SectionId::new("agenda").unwrap(), None),
    ];
    let helper = Reading {
        reader: Some("Karin de Wit"),
        ..reading(&view, &sections)
    };
    let paper = text(&pdf(&Sheet::Dossier(helper), Lang::Nl));
    assert!(paper.contains("KarindeWit") && paper.contains("Rustinhuis"));
    assert!(paper.contains("Hierstaatnogniets."));
    assert!(!paper.contains("Alleenvooru"));
}

#[test]
fn the_plan_has_every_goal_and_every_step_with_who_and_when() {
    for (file, name) in FAMILIES.into_iter().zip(["Lisa Verhagen", "Sam Oldenburg"]) {
        let (view, sections) = family(file);
        let paper = text(&pdf(&Sheet::Plan(reading(&view, &sections)), Lang::Nl));
        for item in view
            .items
            .iter()
            .filter(|item| matches!(item.kind.as_str(), "goals" | "actions" | "decisions"))
        {
            let said = item.text("title").or_else(|| item.text("text")).unwrap();
            assert!(paper.contains(&squeezed(said)), "{said}");
        }
        assert!(paper.contains(&squeezed(name)));
        let debts = view.of_kind("money.debts").chain(view.of_kind("health.medications"));
        for item in debts {
            let said = item.text("creditor").or_else(|| item.text("name")).unwrap();
            assert!(!paper.contains(&squeezed(said)), "{said}");
        }
    }
}

#[test]
fn the_crisis_card_says_what_the_crisis_plan_says_and_nothing_else() {
    for file in FAMILIES {
        let (view, sections) = family(file);
        let paper = text(&pdf(&Sheet::Crisis(reading(&view, &sections)), Lang::Nl));
        let plan = view.of_kind("crisis_plan").next().unwrap();
        // The heading of the page is the name of the section.
        let mut own = BTreeSet::from(["Als het misgaat"]);
        for key in ["what_helps", "what_not", "early_signs", "children", "medical"] {
            let mut said = Vec::new();
            leaves(&plan.fields[key], &mut said);
            assert!(!said.is_empty());
            for line in said {
                assert!(paper.contains(&squeezed(line)), "{line}");
                own.insert(line);
            }
        }
        assert!(paper.contains("bijdirectgevaar"));
        for one in plan.fields["call_order"].as_array().unwrap() {
            let name = one["person_id"]
                .as_str()
                .map_or(&one["label"], |_| &Value::Null)
                .as_str();
            let name = name.or_else(|| view.name(one["person_id"].as_str()?)).unwrap();
            assert!(paper.contains(&squeezed(name)), "{name}");
            for key in ["phone", "hours"] {
                own.extend(one[key].as_str());
            }
        }
        for item in view
            .items
            .iter()
            .filter(|item| item.kind != "crisis_plan" && item.kind != SKELETON_KIND)
        {
            let mut texts = Vec::new();
            leaves(&item.fields, &mut texts);
            let names: BTreeSet<&str> = view.names.values().map(String::as_str).collect();
            for written in texts {
                let a_number = written.starts_with("06 ") || written.starts_with("000 ");
                if written.contains(' ')
                    && !a_number
                    && !names.contains(written)
                    && !own.iter().any(|line| line.contains(written))
                {
                    assert!(!paper.contains(&squeezed(written)), "{} {written}", item.kind);
                }
            }
        }
    }
}

#[test]
fn whoever_may_see_nothing_is_never_somebody_to_call() {
    let person = |id: &str, name: &str, blocked: bool| {
        (
            "netwerk",
            "people",
            json!({"id": id, "name": name, "phone": format!("06 {id}"), "blocked": blocked}),
        )
    };
    let view = small(&[
        person("p-oma", "Oma Ria", false),
        person("p-ex", "Tim Bakker", true),
        (
            "crisis",
            "crisis_plan",
            json!({"call_order": [{"person_id": "p-ex"}, {"person_id": "p-oma"}]}),
        ),
        ("crisis", "emergency_contacts", json!("p-oma")),
    ]);
    let paper = text(&pdf(&Sheet::Crisis(reading(&view, &[])), Lang::Nl));
    assert!(paper.contains("OmaRia") && paper.contains("06p-oma"));
    assert!(!paper.contains("Tim") && !paper.contains("p-ex"));
}

#[test]
fn a_card_that_is_too_full_says_that_there_is_more() {
    let helps: Vec<String> = (0..60)
        .map(|at| format!("Nummer {at}: rustig praten en dan even naar buiten"))
        .collect();
    let view = small(&[("crisis", "crisis_plan", json!({"what_helps": helps}))]);
    let bytes = pdf(&Sheet::Crisis(reading(&view, &[])), Lang::Nl);
    let paper = text(&bytes);
    assert!(paper.contains("Meerstaatophetgroteblad."));
    assert!(helps.iter().all(|line| paper.contains(&squeezed(line))));
    let short = small(&[("crisis", "crisis_plan", json!({"what_helps": ["Rust"]}))]);
    assert!(!text(&pdf(&Sheet::Crisis(reading(&short, &[])), Lang::Nl)).contains("Meerstaat"));
}

#[test]
fn the_words_stand_there_whole() {
    let words: Vec<String> = (1..=24).map(|at| format!("woord{at}x")).collect();
    let key = format!("AGE-SECRET-KEY-1{}", "QPZRY9X8".repeat(7));
    let secret = Secret {
        name: "Lisa Verhagen",
        words: &words,
        age_secret_key: &key,
    };
    for lang in [Lang::Nl, Lang::En] {
        let paper = text(&pdf(&Sheet::Words(secret), lang));
        for (at, word) in words.iter().enumerate() {
            assert!(paper.contains(&format!("{}.{word}", at + 1)), "{word}");
        }
        assert!(paper.contains(&key));
    }
}

#[test]
fn an_invitation_says_who_what_until_when_and_how() {
    let offers = [
        Offer {
            section: "plan",
            label: None,
            level: "aanpassen",
            content: true,
        },
        Offer {
            section: "geld",
            label: None,
            level: "zien",
            content: false,
        },
    ];
    let qr: Vec<String> = (0..33)
        .map(|row| format!("{:033b}", (row * 77_345_671_u64) % (1 << 33)))
        .collect();
    let ticket = "kt1".to_owned() + &"abcdefgh234567".repeat(30);
    let invitation = Invitation {
        title: "Het dossier van Lisa",
        from: "Lisa Verhagen",
        name: "Karin de Wit",
        purpose: Some("samen het plan bijhouden"),
        until: Some("2027-03-03"),
        offers: &offers,
        expires: "2026-11-29T10:00:00+01:00",
        ticket: &ticket,
        qr: &qr,
    };
    let bytes = pdf(&Sheet::Invitation(invitation), Lang::Nl);
    let paper = text(&bytes);
    for said in [
        "Karin de Wit",
        "samen het plan bijhouden",
        "Ons plan: u mag kijken en alles veranderen",
        "Geld: u ziet alleen dát er iets is",
        "tot en met 3 maart 2027",
        "29 november 2026 om 10.00 uur",
        ticket.as_str(),
    ] {
        assert!(paper.contains(&squeezed(said)), "{said}");
    }
    let english = text(&pdf(&Sheet::Invitation(invitation), Lang::En));
    assert!(english.contains(&squeezed("Geld").replace("Geld", "Money:youonlyseethatthereissomething")));
    assert_eq!(
        Document::load_mem(&bytes).unwrap().get_pages().len(),
        1,
        "one sheet to hand over"
    );
}

#[test]
fn what_people_wrote_is_shown_and_never_read_as_markup() {
    for hostile in HOSTILE {
        let view = small(&[
            (
                "netwerk",
                "people",
                json!({"id": "p-lisa", "name": hostile, "phone": hostile}),
            ),
            (
                "plan",
                "plan",
                json!({"title": hostile, "wish": hostile, hostile: hostile}),
            ),
            ("plan", "goals", json!({"id": "g", "title": hostile, "why": hostile})),
            (
                "plan",
                "actions",
                json!({"goal_id": "g", "text": hostile, "who": [hostile], "due": hostile}),
            ),
            (
                "crisis",
                "crisis_plan",
                json!({"what_helps": [hostile], "call_order": [{"person_id": "p-lisa"}]}),
            ),
        ]);
        let sections = [(SectionId::new("plan").unwrap(), Some(hostile.to_owned()))];
        let all = Reading {
            title: hostile,
            reader: Some(hostile),
            ..reading(&view, &sections)
        };
        for sheet in [Sheet::Plan(all), Sheet::Crisis(all), Sheet::Dossier(all)] {
            let paper = text(&pdf(&sheet, Lang::Nl));
            assert!(paper.contains(&squeezed(hostile)), "{hostile}\n{paper}");
        }
        let offers = [Offer {
            section: hostile,
            label: Some(hostile),
            level: hostile,
            content: true,
        }];
        let invitation = Invitation {
            title: hostile,
            from: hostile,
            name: hostile,
            purpose: Some(hostile),
            until: Some(hostile),
            offers: &offers,
            expires: hostile,
            ticket: hostile,
            qr: &["10".to_owned(), "01".to_owned()],
        };
        assert!(text(&pdf(&Sheet::Invitation(invitation), Lang::En)).contains(&squeezed(hostile)));
    }
}

#[test]
fn other_scripts_have_their_letters_and_keep_the_promise() {
    let view = small(&[(
        "plan",
        "goals",
        json!({"title": "مرحبا بالعالم", "why": "سلام\nTweede regel"}),
    )]);
    let bytes = pdf(&Sheet::Plan(reading(&view, &[])), Lang::Nl);
    assert!(keeps_promise(&bytes));
    let paper = text(&bytes);
    assert!(
        paper
            .chars()
            .filter(|sign| matches!(sign, '\u{600}'..='\u{6ff}' | '\u{fe70}'..='\u{fefc}'))
            .count()
            >= 15
    );
    assert!(!paper.contains('\u{fffd}'));
    let chinese = small(&[("plan", "goals", json!({"title": "中文"}))]);
    let bytes = pdf(&Sheet::Plan(reading(&chinese, &[])), Lang::Nl);
    assert!(keeps_promise(&bytes));
    assert!(text(&bytes).contains("Ditpapiermist2tekens."));
}

#[test]
fn a_very_long_text_is_printed_to_its_end() {
    let words: String = (0..20_000).map(|at| format!("w{at} ")).collect();
    let run = "x".repeat(100_000);
    for long in [words.trim(), run.as_str()] {
        let view = small(&[("verhaal", "story", json!({"text": long}))]);
        let sections = [(SectionId::new("verhaal").unwrap(), None)];
        let bytes = pdf(&Sheet::Dossier(reading(&view, &sections)), Lang::Nl);
        let pages = Document::load_mem(&bytes).unwrap().get_pages().len();
        assert!((10..200).contains(&pages), "{pages}");
        let paper = text(&bytes);
        let kept = paper.chars().filter(|sign| matches!(sign, 'w' | 'x')).count();
        assert!(
            kept >= long.chars().filter(|sign| matches!(sign, 'w' | 'x')).count(),
            "{kept}"
        );
    }
}

fn keeps_promise(pdf: &[u8]) -> bool {
    let metadata = String::from_utf8_lossy(pdf);
    metadata.contains("<pdfaid:part>2</pdfaid:part>")
        && metadata.contains("<pdfaid:conformance>A</pdfaid:conformance>")
        && metadata.contains("<pdfuaid:part>1</pdfuaid:part>")
}

#[test]
fn every_paper_can_be_archived_and_heard() {
    let (view, sections) = family(FAMILIES[0]);
    let all = reading(&view, &sections);
    for lang in [Lang::Nl, Lang::En] {
        for sheet in [Sheet::Plan(all), Sheet::Crisis(all), Sheet::Dossier(all)] {
            let bytes = pdf(&sheet, lang);
            assert!(keeps_promise(&bytes));
            let document = Document::load_mem(&bytes).unwrap();
            let catalog = document.catalog().unwrap();
            assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), lang.code().as_bytes());
            assert!(catalog.has(b"StructTreeRoot"));
            let mark = document.get_dict_in_dict(catalog, b"MarkInfo").unwrap();
            assert!(mark.get(b"Marked").unwrap().as_bool().unwrap());
            let view = document.get_dict_in_dict(catalog, b"ViewerPreferences").unwrap();
            assert!(view.get(b"DisplayDocTitle").unwrap().as_bool().unwrap());
        }
    }
}

#[test]
fn the_same_dossier_gives_the_same_bytes() {
    let (view, sections) = family(FAMILIES[1]);
    let all = Sheet::Dossier(reading(&view, &sections));
    let first = pdf(&all, Lang::Nl);
    assert_eq!(first, pdf(&all, Lang::Nl));
    assert_ne!(first, print(&all, Lang::Nl, "2026-11-23T21:30:00+01:00").unwrap());
}
