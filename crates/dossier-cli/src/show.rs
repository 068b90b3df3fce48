//! Answers as lines for people.

use dossier_app::contract::Event;
use serde_json::Value;

use crate::output::aligned;
use crate::sentences::Lang;

/// Longest piece of somebody's text on one line, in characters.
const SHORT: usize = 90;
/// Fields that name an item, the best first.
const NAMES: [&str; 14] = [
    "title",
    "text",
    "label",
    "name",
    "quote",
    "text_plain",
    "text_professional",
    "substance",
    "creditor",
    "wish",
    "what",
    "statement",
    "type",
    "start",
];

/// A text of an answer; empty when it is not there.
pub fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A list of an answer.
pub fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// A count of an answer.
pub fn number(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_u64).unwrap_or(0).to_string()
}

fn truth(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn short(text: &str) -> String {
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() > SHORT {
        words = words.chars().take(SHORT).collect();
        words.push('…');
    }
    words
}

/// A value for people, on one line.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => short(text),
        other => short(&other.to_string()),
    }
}

/// A moment for people.
pub fn moment(text: &str) -> String {
    // The day and the minute; the seconds and the offset are for machines.
    text.chars()
        .take(16)
        .map(|sign| if sign == 'T' { ' ' } else { sign })
        .collect()
}

/// Recovery words, numbered, and the same secret for the `age` program.
pub fn words(words: &Value) -> Vec<String> {
    let mut lines: Vec<String> = list(words, "words")
        .filter_map(Value::as_str)
        .enumerate()
        .map(|(index, word)| format!("{:>2} {word}", index + 1))
        .collect();
    lines.push(text(words, "age_secret_key").to_owned());
    lines
}

fn level(lang: Lang, scope: &Value) -> String {
    if truth(scope, "some") {
        return lang.say("right_some", &[]);
    }
    if let Some(people) = scope.get("only_about").and_then(Value::as_array) {
        let names: Vec<&str> = people
            .iter()
            .filter_map(|one| one.get("name").and_then(Value::as_str))
            .collect();
        return match (text(scope, "section"), names.as_slice()) {
            ("agenda", []) => lang.say("right_some", &[]),
            ("agenda", names) => lang.say("right_about", &[("names", &names.join(", "))]),
            // Copies are made of what is in the agenda, and of nothing else.
            _ => lang.say("right_about_nothing", &[]),
        };
    }
    if truth(scope, "emergency") {
        return lang.term("right_nood");
    }
    if truth(scope, "manages") {
        return lang.term("right_beheren");
    }
    let word = match (
        scope.get("content").and_then(Value::as_bool),
        text(scope, "level"),
        text(scope, "right"),
    ) {
        (Some(false), _, _) => "dat",
        (_, "", right) => right,
        (_, level, _) => level,
    };
    lang.term(&format!("right_{word}"))
}

/// Sections with what may be done there.
pub fn scopes(lang: Lang, scopes: &Value) -> Vec<String> {
    let rows: Vec<Vec<String>> = scopes
        .as_array()
        .into_iter()
        .flatten()
        .map(|scope| {
            vec![
                format!("  {}", lang.section(text(scope, "section"), None)),
                level(lang, scope),
            ]
        })
        .collect();
    let mut lines = aligned(&rows);
    if scopes
        .as_array()
        .into_iter()
        .flatten()
        .any(|scope| truth(scope, "from_now"))
    {
        lines.push(format!("  {}", lang.say("reads_from_now", &[])));
    }
    lines
}

/// Dossiers, each with its sections.
pub fn cards(lang: Lang, cards: &[Value]) -> Vec<String> {
    let mut lines = Vec::new();
    for card in cards {
        let whose = if truth(card, "own") {
            lang.say("own", &[])
        } else {
            lang.say("helping", &[])
        };
        lines.push(format!("{}  ({whose})", text(card, "title")));
        lines.push(format!("  {}", text(card, "id")));
        if let Some(since) = card.pointer("/over/since").and_then(Value::as_str) {
            lines.push(format!("  {}", lang.say("over_since", &[("when", since)])));
        }
        let rows: Vec<Vec<String>> = list(card, "sections")
            .map(|section| {
                let label = section.get("label").and_then(Value::as_str);
                vec![
                    format!("  {}", lang.section(text(section, "id"), label)),
                    level(lang, section),
                ]
            })
            .collect();
        lines.extend(aligned(&rows));
    }
    lines
}

fn name_of(item: &Value) -> String {
    NAMES
        .iter()
        .find_map(|key| item.get(*key).filter(|value| !value.is_null()))
        .map(shown)
        .unwrap_or_default()
}

fn also_said(lang: Lang, item: &Value) -> Vec<String> {
    list(item, "also_said")
        .map(|said| {
            let values: Vec<String> = list(said, "values").map(shown).collect();
            let slots = [("field", text(said, "field")), ("values", &values.join(" / "))];
            format!("    {}", lang.say("also_said", &slots))
        })
        .collect()
}

/// Items, one a line, with what was also said below them.
pub fn items(lang: Lang, items: &[Value]) -> Vec<String> {
    let rows: Vec<Vec<String>> = items
        .iter()
        .map(|item| {
            let status = match item.get("status").and_then(Value::as_str) {
                Some(status) => format!("{} [{status}]", name_of(item)),
                None => name_of(item),
            };
            vec![format!("  {}", text(item, "id")), text(item, "kind").to_owned(), status]
        })
        .collect();
    let heads = aligned(&rows);
    heads
        .into_iter()
        .zip(items)
        .flat_map(|(head, item)| std::iter::once(head).chain(also_said(lang, item)))
        .collect()
}

/// The whole dossier, section by section.
pub fn dossier(lang: Lang, view: &Value) -> Vec<String> {
    let mut lines = vec![text(view, "title").to_owned()];
    for section in list(view, "sections") {
        let id = text(section, "id");
        let here: Vec<Value> = list(view, "items")
            .filter(|item| text(item, "section") == id)
            .cloned()
            .collect();
        if here.is_empty() {
            continue;
        }
        lines.push(String::new());
        lines.push(lang.section(id, section.get("label").and_then(Value::as_str)));
        lines.extend(items(lang, &here));
    }
    lines
}

/// Notes with what was said about them.
pub fn notes(lang: Lang, notes: &[Value], view: &Value) -> Vec<String> {
    let name = |id: &str| {
        view.get("names")
            .and_then(|names| names.get(id))
            .and_then(Value::as_str)
            .unwrap_or(id)
            .to_owned()
    };
    let mut lines = Vec::new();
    for note in notes {
        let from = note.get("provenance").unwrap_or(&Value::Null);
        let author = match text(from, "author_name") {
            "" => name(text(from, "author")),
            said => said.to_owned(),
        };
        lines.push(format!("{}  {}  {author}", text(note, "id"), text(note, "date")));
        match note.get("text_plain").and_then(Value::as_str) {
            Some(plain) => lines.push(format!("  {}", short(plain))),
            None => lines.push(format!("  {}", lang.say("no_plain", &[]))),
        }
        for reaction in list(note, "reactions") {
            let slots = [
                ("name", name(text(reaction, "by"))),
                ("text", short(text(reaction, "text"))),
            ];
            let slots = slots.each_ref().map(|(slot, value)| (*slot, value.as_str()));
            lines.push(format!("    {}", lang.say("reaction", &slots)));
        }
    }
    lines
}

/// Requests to put something right, each with its term or its answer.
pub fn corrections(lang: Lang, all: &[Value]) -> Vec<String> {
    let mut lines = Vec::new();
    for one in all {
        let author = one.get("author").map(|author| text(author, "name")).unwrap_or_default();
        lines.push(format!("{}  {}  {author}", text(one, "id"), text(one, "asked")));
        for key in ["wrong", "wish"] {
            if let Some(said) = one.get(key).and_then(Value::as_str) {
                lines.push(format!("  {}", short(said)));
            }
        }
        let answer = ("answer", short(text(one, "answer")));
        let slots = [(answer.0, answer.1.as_str()), ("until", text(one, "until"))];
        lines.push(format!(
            "  {}",
            match text(one, "state") {
                "done" => lang.say("correction_done", &slots),
                "refused" => lang.say("correction_refused", &slots),
                _ if truth(one, "late") => lang.say("correction_late", &slots),
                _ => lang.say("correction_open", &slots),
            }
        ));
    }
    lines
}

/// What somebody needs who has no key: whom to call, and what helps.
pub fn crisis_cards(lang: Lang, cards: &[Value]) -> Vec<String> {
    let mut lines = Vec::new();
    for card in cards {
        lines.push(text(card, "name").to_owned());
        lines.push(format!("  {}", lang.say("crisis_112", &[])));
        let calls = list(card, "calls").map(|call| {
            let part = |key: &str| text(call, key).to_owned();
            vec![format!("  {}", part("name")), part("phone"), part("hours")]
        });
        lines.extend(aligned(&calls.collect::<Vec<_>>()));
        for (heading, key) in [
            (lang.say("crisis_signs", &[]), "early_signs"),
            (lang.say("crisis_helps", &[]), "what_helps"),
            (lang.say("crisis_not", &[]), "what_not"),
        ] {
            let said: Vec<String> = list(card, key).filter_map(Value::as_str).map(short).collect();
            if !said.is_empty() {
                lines.push(format!("  {heading} {}", said.join("; ")));
            }
        }
        for key in ["children", "medical"] {
            if let Some(said) = card.get(key).and_then(Value::as_str) {
                lines.push(format!("  {}", short(said)));
            }
        }
    }
    lines
}

/// Who may see what, and which invitations are out.
pub fn access(lang: Lang, view: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for person in list(view, "people") {
        let role = lang.role(text(person, "role"));
        lines.push(
            format!("{}  {}  {role}", text(person, "person"), text(person, "name"))
                .trim_end()
                .to_owned(),
        );
        if let Some(ended) = person.get("ended").filter(|ended| !ended.is_null()) {
            let confirmed = truth(ended, "confirmed");
            lines.push(format!(
                "  {}",
                if confirmed {
                    lang.say("ended_confirmed", &[])
                } else {
                    lang.say("ended_unconfirmed", &[])
                }
            ));
            continue;
        }
        if !truth(person, "compared") {
            lines.push(format!("  {}", lang.say("not_compared", &[])));
        }
        let names = |key: &str| {
            let names = list(person, key).map(|one| {
                let named = one.get("name").and_then(Value::as_str);
                named.unwrap_or_else(|| text(one, "id")).to_owned()
            });
            names.collect::<Vec<String>>().join(", ")
        };
        let team: Vec<&str> = list(person, "team").map(|one| text(one, "name")).collect();
        if !team.is_empty() {
            lines.push(format!("  {}", lang.say("team_of", &[("names", &team.join(", "))])));
        }
        let (by, others) = (names("let_in_by"), names("let_in"));
        if !by.is_empty() {
            lines.push(format!("  {}", lang.say("let_in_by", &[("names", &by)])));
        }
        lines.extend(offered(lang, person));
        if !others.is_empty() {
            lines.push(format!("  {}", lang.say("let_in", &[("names", &others)])));
        }
    }
    let rows: Vec<Vec<String>> = list(view, "invitations")
        .map(|one| {
            vec![
                text(one, "person").to_owned(),
                lang.term(&format!("state_{}", text(one, "state"))),
                moment(text(one, "expires")),
            ]
        })
        .collect();
    if !rows.is_empty() {
        lines.push(lang.say("invitations", &[]));
        lines.extend(aligned(&rows).into_iter().map(|row| format!("  {row}")));
    }
    if lines.is_empty() {
        lines.push(lang.say("nobody_yet", &[]));
    }
    lines
}

/// Invitations with what they offer.
pub fn invitations(lang: Lang, invitations: &[Value]) -> Vec<String> {
    let mut lines = Vec::new();
    for one in invitations {
        let state = lang.term(&format!("state_{}", text(one, "state")));
        lines.push(format!(
            "{}  {}  {state}  {}",
            text(one, "person"),
            text(one, "name"),
            moment(text(one, "expires"))
        ));
        lines.push(format!("  {}", text(one, "id")));
        if let Some(ticket) = one.get("ticket").and_then(Value::as_str) {
            lines.push(format!("  {ticket}"));
        }
        lines.extend(offered(lang, one));
    }
    lines
}

/// What the access table of a family proposes.
pub fn proposals(lang: Lang, proposals: &[Value]) -> Vec<String> {
    let mut lines = Vec::new();
    for one in proposals {
        let role = lang.role(text(one, "role"));
        let line = format!("{}  {}  {role}", text(one, "person"), text(one, "name"));
        lines.push(line.trim_end().to_owned());
        lines.extend(offered(lang, one));
    }
    lines
}

/// Purpose, last day and sections of what is offered.
fn offered(lang: Lang, one: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(purpose) = one.get("purpose").and_then(Value::as_str) {
        lines.push(format!("  {}", lang.say("purpose", &[("purpose", purpose)])));
    }
    if let Some(until) = one.get("until").and_then(Value::as_str) {
        lines.push(format!("  {}", lang.say("until", &[("until", until)])));
    }
    lines.extend(scopes(lang, one.get("scopes").unwrap_or(&Value::Null)));
    lines
}

/// What stops and what cannot be taken back.
pub fn revoked(lang: Lang, revoked: &Value) -> Vec<String> {
    let sections: Vec<String> = list(revoked, "sections")
        .map(|id| lang.section(id.as_str().unwrap_or(""), None))
        .collect();
    let devices = number(revoked, "devices");
    let mut lines = vec![
        lang.say(
            "revoked",
            &[("person", text(revoked, "person")), ("sections", &sections.join(", "))],
        ),
        lang.say("revoked_copies", &[("count", &devices)]),
    ];
    let stay: Vec<String> = list(revoked, "stay")
        .map(|one| {
            let named = one.get("name").and_then(Value::as_str);
            format!("{} ({})", named.unwrap_or_default(), text(one, "id"))
        })
        .collect();
    if !stay.is_empty() {
        lines.push(lang.say("revoked_stay", &[("names", &stay.join(", "))]));
    }
    lines
}

/// What waits outside, and why.
pub fn waiting(lang: Lang, waiting: &[Value]) -> Vec<String> {
    let mut lines = Vec::new();
    for one in waiting {
        let section = one
            .get("section")
            .and_then(Value::as_str)
            .map(|id| lang.section(id, None))
            .unwrap_or_default();
        let why = lang.term(&format!("reason_{}", text(one, "reason")));
        lines.push(format!("{}  {section}  {why}", text(one, "who")).trim().to_owned());
        lines.push(format!("  {}", text(one, "item")));
    }
    lines
}

/// The log.
pub fn log(lang: Lang, lines: &[Value]) -> Vec<String> {
    let rows: Vec<Vec<String>> = lines
        .iter()
        .map(|line| {
            let who = line
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_else(|| text(line, "who"));
            let who = match line.get("role").and_then(Value::as_str) {
                Some(role) => format!("{who} ({})", lang.role(role)),
                None => who.to_owned(),
            };
            let section = line
                .get("section")
                .and_then(Value::as_str)
                .map(|id| lang.section(id, None));
            let objects: Vec<&str> = list(line, "objects").filter_map(Value::as_str).collect();
            let right = text(line, "right");
            let right = if right.is_empty() {
                String::new()
            } else {
                lang.term(&format!("right_{right}"))
            };
            let reason = text(line, "reason");
            let reason = if reason.is_empty() {
                String::new()
            } else {
                lang.term(&format!("reason_{reason}"))
            };
            let rest = [objects.join(" "), right, reason]
                .into_iter()
                .filter(|part| !part.is_empty());
            vec![
                moment(text(line, "at")),
                who,
                lang.term(&format!("deed_{}", text(line, "deed"))),
                section.unwrap_or_default(),
                rest.collect::<Vec<_>>().join(" · "),
            ]
        })
        .collect();
    aligned(&rows)
}

/// What was checked and what does not hold.
pub fn verified(lang: Lang, verified: &Value) -> Vec<String> {
    let rows: Vec<Vec<String>> = list(verified, "compartments")
        .map(|one| {
            let section = text(one, "section");
            let name = if section.is_empty() {
                lang.say("only_owner", &[])
            } else {
                lang.section(section, None)
            };
            let (changes, records) = (number(one, "changes"), number(one, "records"));
            vec![
                name,
                text(one, "side").to_owned(),
                changes,
                records,
                text(one, "hash").to_owned(),
            ]
        })
        .collect();
    let mut lines = aligned(&rows);
    lines.extend(list(verified, "faults").filter_map(Value::as_str).map(str::to_owned));
    let items = number(verified, "items");
    lines.push(if truth(verified, "ok") {
        lang.say("verified", &[("count", &items)])
    } else {
        lang.say("not_verified", &[])
    });
    lines
}

/// What is wrong with this installation.
pub fn findings(lang: Lang, findings: &[Value]) -> Vec<String> {
    let rows: Vec<Vec<String>> = findings
        .iter()
        .map(|finding| {
            let check = lang.term(&format!("check_{}", text(finding, "check")));
            vec![
                lang.term(&format!("state_{}", text(finding, "state"))),
                check,
                text(finding, "detail").to_owned(),
            ]
        })
        .collect();
    aligned(&rows)
}

/// How far everybody is.
pub fn deliveries(lang: Lang, devices: &[Value]) -> Vec<String> {
    devices
        .iter()
        .map(|device| {
            let name = device
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_else(|| text(device, "person"));
            let (delivered, waiting) = (number(device, "delivered"), number(device, "waiting"));
            let mut slots = vec![
                ("name", name),
                ("delivered", delivered.as_str()),
                ("waiting", waiting.as_str()),
            ];
            match device.get("last_seen").and_then(Value::as_str) {
                Some(seen) => {
                    let seen = moment(seen);
                    slots.push(("seen", &seen));
                    lang.say("delivery_seen", &slots)
                }
                None => lang.say("delivery", &slots),
            }
        })
        .collect()
}

/// Something that happened while watching.
pub fn event(lang: Lang, event: &Event) -> Option<String> {
    Some(match event {
        Event::Changed { sections, .. } => {
            let names: Vec<String> = sections.iter().map(|id| lang.section(id, None)).collect();
            lang.say("event_changed", &[("sections", &names.join(", "))])
        }
        Event::Joining { name, code, .. } => lang.say("joining", &[("name", name), ("code", code)]),
        Event::Joined {
            person: Some(person), ..
        } => lang.say("granted", &[("person", person)]),
        Event::Working { .. } => return None,
        Event::Joined { person: None, .. } => lang.say("joined_refused", &[]),
        // Whoever answers an invitation follows it by asking.
        Event::Answer { .. } => return None,
        Event::Team => lang.say("team_changed", &[]),
        Event::Peer { name, connected } => {
            let name = name.as_deref()?;
            if *connected {
                lang.say("peer_there", &[("name", name)])
            } else {
                lang.say("peer_gone", &[("name", name)])
            }
        }
        Event::Exporting { .. } => return None,
    })
}

/// What an export holds: each file with its size.
pub fn exported(lang: Lang, answer: &Value) -> Vec<String> {
    let items = number(answer.get("list").unwrap_or(&Value::Null), "items");
    let mut rows = vec![vec![
        text(answer, "folder").to_owned(),
        lang.say("exported", &[("count", &items)]),
    ]];
    rows.extend(list(answer, "files").map(|file| {
        let bytes = number(file, "bytes");
        vec![text(file, "name").to_owned(), lang.say("bytes", &[("count", &bytes)])]
    }));
    aligned(&rows)
}

/// Files of an item: name, what it is, size, id, and whether it lies here.
pub fn attachments(lang: Lang, answer: &Value) -> Vec<String> {
    let all = answer.as_array().into_iter().flatten();
    let rows: Vec<Vec<String>> = all
        .map(|one| {
            let place = match (truth(one, "here"), truth(one, "coming"), text(one, "by")) {
                (true, _, _) => lang.term("state_here"),
                (_, true, _) => lang.term("state_coming"),
                (_, _, "") => lang.term("state_elsewhere"),
                (_, _, name) => lang.say("still_with", &[("name", name)]),
            };
            vec![
                text(one, "name").to_owned(),
                text(one, "kind").to_owned(),
                lang.say("bytes", &[("count", &number(one, "bytes"))]),
                place,
                text(one, "id").to_owned(),
            ]
        })
        .collect();
    if rows.is_empty() {
        return vec![lang.say("no_attachments", &[])];
    }
    aligned(&rows)
}
