//! Changes that no honest program writes, in items that are signed and sealed as they should be.

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::{AutoCommit, Change, ObjId, ROOT, ReadDoc};
use dossier_app::{Clock, home::Home};
use dossier_store::{Store, keyfile};
use dossier_sync::bundle::{self, BundleError};
use dossier_trust::item::{Item, SignedOpen};
use dossier_trust::preflight::{Limits, pack, unpack};
use serde_json::json;

use crate::attacker::{Attacker, Line, batch};
use crate::scene::{Scene, goes_on, knows, let_in, plan, title, until, waiting, with_a_goal};
use crate::world::{NOW, PASSPHRASE, Person, add, find};
use crate::writer::{Key, Row, Writer, chunk, leb, uleb};

/// Makes what is under the seal, for the actor of a chain of its own.
type Make = Box<dyn Fn([u8; 32]) -> Vec<u8>>;

fn plain(make: impl Fn([u8; 32]) -> Writer + 'static) -> Make {
    Box::new(move |actor| pack(&make(actor).bytes()))
}

fn first(spoil: impl Fn(&mut Writer) + 'static) -> Make {
    plain(move |actor| {
        let mut writer = Writer::new(actor, vec![Row::put("k")]);
        spoil(&mut writer);
        writer
    })
}

/// The first items of as many chains.
fn items(mark: &mut Attacker, makes: &[Make]) -> (Vec<SignedOpen>, Vec<Item>) {
    let mut made = (Vec::new(), Vec::new());
    for make in makes {
        let mut pen = mark.pen();
        let inside = make(pen.actor());
        made.1.push(mark.sealed(&mut pen, &inside));
        made.0.push(pen.open);
    }
    made
}

/// Everybody gets all of it straight from the attacker: it is held, nothing of it counts, and the program goes on.
async fn none_counts(scene: Scene, makes: Vec<Make>, reason: &'static str) {
    none_count(scene, vec![(reason, makes)]).await;
}

/// As [`none_counts`], for several reasons.
async fn none_count(mut scene: Scene, all: Vec<(&'static str, Vec<Make>)>) {
    let mut reasons = Vec::new();
    let mut makes = Vec::new();
    for (reason, some) in all {
        reasons.extend(vec![reason; some.len()]);
        makes.extend(some);
    }
    reasons.sort_unstable();
    let (opens, items) = items(&mut scene.mark, &makes);
    for (person, at) in [(&scene.lisa, scene.lisa_at), (&scene.karin, scene.karin_at)] {
        let mut line = Line::dial(&scene.mark, person, at).await;
        let place = (scene.mark.dossier, scene.mark.compartment);
        // Item by item, so that each is judged by itself.
        for (open, item) in opens.iter().zip(&items) {
            let refused = line
                .deliver(place, std::slice::from_ref(open), std::slice::from_ref(item), &[])
                .await;
            assert_eq!(refused, Some(vec![]));
        }
    }
    for person in scene.honest() {
        until(person, "all wait outside", |person| waiting(person) == reasons).await;
        assert_eq!(title(person, &scene.goal), json!("Elke week overzicht"));
    }
    scene.goes_on().await;
    for person in scene.honest() {
        assert_eq!(waiting(person), reasons);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_16_run_length_bombs() {
    let mut makes: Vec<Make> = Vec::new();
    for rows in [20_001, 1_000_000, 1_000_000_000_000, i64::MAX] {
        makes.push(first(move |writer| {
            for (spec, value) in [(0x42, 1), (0x56, 0), (0x70, 0)] {
                writer.set(spec, [leb(rows), vec![value]].concat());
            }
            writer.set(0x34, uleb(rows as u64));
            writer.set(0x15, [leb(rows), vec![1, b'k']].concat());
        }));
    }
    makes.push(first(|writer| {
        writer.set(0x70, [leb(-1), uleb(1_000_000)].concat());
        writer.set(0x71, [leb(1_000_000), vec![0]].concat());
        writer.set(0x73, [leb(1_000_000), vec![1]].concat());
    }));
    none_counts(Scene::new().await, makes, "unopened").await;
}

/// What takes hundreds of megabytes to unpack.
fn packed_bombs() -> Vec<Make> {
    let bomb = pack(&vec![0; 64 << 20]);
    assert!(bomb.len() < 100_000);
    let deflated = bomb[1..].to_vec();
    vec![
        Box::new(move |_| bomb.clone()),
        Box::new({
            let inside = deflated.clone();
            move |_| pack(&chunk(2, &inside))
        }),
        Box::new(move |_| pack(&chunk(0, &deflated))),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_17_deflate_bombs() {
    none_counts(Scene::new().await, packed_bombs(), "unopened").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_17_bundle_bombs() {
    let mut scene = Scene::new().await;
    let place = (scene.mark.dossier, scene.mark.compartment);
    let (opens, items) = items(&mut scene.mark, &packed_bombs());
    let file = |frames: &[Vec<u8>]| {
        let mut file = b"keukentafel/bundle/1\n".to_vec();
        for frame in frames {
            file.extend(u32::try_from(frame.len()).unwrap().to_be_bytes());
            file.extend(frame);
        }
        file
    };
    let bombs = batch(0, place, &opens, &items, &[]);
    let whole = file(&[bombs.clone(), vec![7, 1]]);
    let promised = [file(&[]), u32::MAX.to_be_bytes().to_vec()].concat();
    let endless = [file(std::slice::from_ref(&bombs)), vec![0; 1 << 20]].concat();
    let Scene { lisa, karin, goal, .. } = scene;
    let mut people = Vec::new();
    for person in [lisa, karin] {
        let folder = person.stop().await;
        let key = keyfile::open(&folder.path().join("key.age"), PASSPHRASE).unwrap();
        let store = Store::open(folder.path(), &key).unwrap();
        let mut home = Home::open(store, Clock::starting(NOW).unwrap()).unwrap();
        for damaged in [&promised, &endless] {
            let read = bundle::read(&mut home, &mut damaged.as_slice());
            assert!(matches!(read, Err(BundleError::Damaged)));
        }
        let again = bundle::read(&mut home, &mut whole.as_slice()).unwrap();
        assert_eq!(
            (again.fresh, again.refused),
            (0, 0),
            "what came before the damage is held"
        );
        drop(home);
        let person = Person::start(folder).await;
        assert_eq!(waiting(&person), ["unopened"; 3]);
        person.online().await;
        people.push(person);
    }
    goes_on(&[&people[0], &people[1]], &goal).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_18_first_counters_near_the_end_of_the_range() {
    let starting = |start_op: u64| first(move |writer| writer.start_op = start_op);
    let within = [2, 1 << 20, u64::from(u32::MAX) - 1, u64::from(u32::MAX)].map(starting);
    let beyond = [0, 1 << 32, u64::MAX].map(starting);
    let all = vec![("refused", within.into()), ("unopened", beyond.into())];
    none_count(Scene::new().await, all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_19_the_same_change_in_another_form() {
    let makes: Vec<Make> = vec![
        first(|writer| writer.extra = vec![1, 2, 3]),
        first(|writer| writer.message = "hallo".into()),
        first(|writer| writer.others = vec![[9; 32].to_vec()]),
        first(|writer| writer.set(0xf2, vec![0x7f, 0])),
        first(|writer| writer.set(0x42, vec![1, 1])),
        first(|writer| writer.set(0x42, vec![0x7f, 0x81, 0])),
        first(|writer| writer.set(0x56, vec![2, 0])),
        first(|writer| writer.set(0x94, vec![1])),
        first(|writer| writer.deps = vec![[9; 32], [8; 32]]),
        Box::new(|actor| {
            let mut data = Writer::new(actor, vec![Row::put("k")]).data();
            data.splice(34..35, [0x81, 0]);
            pack(&chunk(1, &data))
        }),
        Box::new(|actor| {
            let mut bytes = Writer::new(actor, vec![Row::put("k")]).bytes();
            bytes[4] ^= 1;
            pack(&bytes)
        }),
        // Packed although that makes it longer.
        Box::new(|actor| {
            let bytes = Writer::new(actor, vec![Row::put("k")]).bytes();
            let len = u16::try_from(bytes.len()).unwrap();
            [&[1, 1][..], &len.to_le_bytes(), &(!len).to_le_bytes(), &bytes].concat()
        }),
    ];
    none_counts(Scene::new().await, makes, "unopened").await;
}

fn nested(depth: u64) -> Vec<Row> {
    let level = |level: u64| Row {
        action: 0,
        object: (level > 0).then_some((0, level)),
        ..Row::put("k")
    };
    (0..depth).map(level).collect()
}

fn word(text: &str) -> Row {
    Row {
        value: (6, text.into()),
        ..Row::put("k")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_20_absurd_nesting_giant_words_and_texts() {
    let letters = |count: u64| {
        let text = Row {
            action: 4,
            ..Row::put("tekst")
        };
        let letter = |at: u64| Row {
            object: Some((0, 1)),
            key: if at == 1 {
                Key::Element(None, 0)
            } else {
                Key::Element(Some(0), at)
            },
            insert: true,
            ..word("a")
        };
        std::iter::once(text).chain((1..=count).map(letter)).collect::<Vec<_>>()
    };
    let makes: Vec<Make> = vec![
        plain(|actor| Writer::new(actor, vec![word(&"a".repeat(65_537))])),
        plain(|actor| Writer::new(actor, vec![word(&"a".repeat(300_000))])),
        plain(|actor| Writer::new(actor, vec![Row::put(&"k".repeat(257))])),
        plain(move |actor| Writer::new(actor, letters(20_000))),
    ];
    let deep = [17, 100, 15_000].map(|depth| plain(move |actor| Writer::new(actor, nested(depth))));
    none_count(Scene::new().await, vec![("unopened", makes), ("refused", deep.into())]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_20_a_million_keys() {
    let mut scene = Scene::new().await;
    let keys = |from: usize, count: usize| {
        let keys = from..from + count;
        keys.map(|at| Row::put(&format!("{at:05}"))).collect::<Vec<_>>()
    };
    // What a rightful editor may write, nonsense as it is; then one key more than a map may hold.
    let mut pen = scene.mark.pen();
    let full = Writer::new(pen.actor(), keys(0, 19_999));
    let over = Writer {
        seq: 2,
        start_op: 20_000,
        deps: vec![full.hash()],
        ..Writer::new(pen.actor(), keys(19_999, 2))
    };
    let sent = [
        scene.mark.change(&mut pen, &full.bytes()),
        scene.mark.change(&mut pen, &over.bytes()),
    ];
    let mut line = Line::dial(&scene.mark, &scene.lisa, scene.lisa_at).await;
    let place = (scene.mark.dossier, scene.mark.compartment);
    let refused = line.deliver(place, &[pen.open], &sent, &[]).await;
    assert_eq!(refused, Some(vec![]));
    for person in scene.honest() {
        until(person, "one key too many", |person| waiting(person) == ["refused"]).await;
        assert_eq!(title(person, &scene.goal), json!("Elke week overzicht"));
    }
    scene.goes_on().await;
}

/// The document's heads, what follows them, and where the goal and its text are.
struct Known {
    heads: Vec<[u8; 32]>,
    next_op: u64,
    goal: (Vec<u8>, u64),
    text: (Vec<u8>, u64),
}

fn place_of(id: ObjId) -> (Vec<u8>, u64) {
    match id {
        ObjId::Id(counter, actor, _) => (actor.to_bytes().to_vec(), counter),
        ObjId::Root => panic!("the root"),
    }
}

fn known(doc: &mut AutoCommit, goal: &str) -> Known {
    let (_, item) = doc.get(ROOT, format!("i/{goal}")).unwrap().unwrap();
    let (_, fields) = doc.get(&item, "fields").unwrap().unwrap();
    let (_, text) = doc.get(&fields, "why").unwrap().unwrap();
    let all = doc.get_changes(&[]);
    Known {
        heads: doc.get_heads().iter().map(|head| head.0).collect(),
        next_op: all.iter().map(Change::max_op).max().unwrap() + 1,
        goal: place_of(item),
        text: place_of(text),
    }
}

impl Known {
    /// The first change of an actor who has seen everything; actor 1 is `other`.
    fn follow(&self, actor: [u8; 32], other: &[u8], rows: Vec<Row>) -> Writer {
        Writer {
            deps: self.heads.clone(),
            start_op: self.next_op,
            others: vec![other.to_vec()],
            ..Writer::new(actor, rows)
        }
    }
}

/// Changes that name what is not there, or is something else.
fn misnaming(known: &Known) -> Vec<Make> {
    let author = known.goal.0.clone();
    assert_eq!(author, known.text.0);
    let (goal, text) = (known.goal.1, known.text.1);
    let within = |object: u64, row: Row| Row {
        object: Some((1, object)),
        ..row
    };
    let behind = |element: u64| Row {
        key: Key::Element(Some(1), element),
        insert: true,
        ..word("a")
    };
    let over = |pred: u64, key: &str| Row {
        preds: vec![(1, pred)],
        ..Row::put(key)
    };
    let rows = [
        within(900_000, word("geen voorwerp")),
        within(goal + 1, word("geen voorwerp, maar een waarde")),
        within(text, behind(900_000)),
        within(text, behind(goal)),
        within(text, word("een sleutel in een tekst")),
        over(900_000, "k"),
        over(goal, "een andere sleutel"),
        within(goal, over(text, "kind")),
    ];
    let mut makes: Vec<Make> = Vec::new();
    for row in rows {
        let (heads, next_op, author) = (known.heads.clone(), known.next_op, author.clone());
        makes.push(plain(move |actor| Writer {
            deps: heads.clone(),
            start_op: next_op,
            others: vec![author.clone()],
            ..Writer::new(actor, vec![row.clone()])
        }));
    }
    // Of somebody who never wrote here.
    let (heads, next_op) = (known.heads.clone(), known.next_op);
    makes.push(plain(move |actor| Writer {
        deps: heads.clone(),
        start_op: next_op,
        others: vec![vec![7; 32]],
        ..Writer::new(
            actor,
            vec![Row {
                object: Some((1, 1)),
                ..Row::put("k")
            }],
        )
    }));
    makes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_47_what_a_change_names_is_not_there() {
    let scene = Scene::new().await;
    let known = known(&mut scene.mark.doc(), &scene.goal);
    none_counts(scene, misnaming(&known), "refused").await;
}

/// What these bytes do to a document that is given to Automerge as it is.
fn ruins(doc: &AutoCommit, bytes: &[u8]) -> bool {
    let tried = catch_unwind(AssertUnwindSafe(|| {
        let mut doc = doc.clone();
        let change = Change::try_from(bytes).map_err(|_| ())?;
        doc.apply_changes([change]).map_err(|_| ())?;
        AutoCommit::load(&doc.save()).map(drop).map_err(|_| ())
    }));
    tried.is_err()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_21_a_panic_inside_automerge() {
    let mut scene = Scene::new().await;
    let doc = scene.mark.doc();
    let by_bytes: Vec<Make> = vec![
        first(|writer| writer.set(0x71, vec![0x7f, 9])),
        first(|writer| {
            writer.set(0x01, vec![0x7f, 3]);
            writer.set(0x02, vec![0x7f, 1]);
        }),
        plain(|actor| {
            Writer::new(
                actor,
                vec![Row {
                    preds: vec![(0, 1 << 32)],
                    ..Row::put("k")
                }],
            )
        }),
        plain(|actor| {
            Writer::new(
                actor,
                vec![Row {
                    preds: vec![(3, 1)],
                    ..Row::put("k")
                }],
            )
        }),
    ];
    let actor = scene.mark.pen().actor();
    let raw = |make: &Make| unpack(&make(actor), &Limits::SUITE_1);
    let panicking = |makes: Vec<Make>| -> Vec<Make> {
        makes
            .into_iter()
            .filter(|make| ruins(&doc, &raw(make).unwrap()))
            .collect()
    };
    let by_bytes = panicking(by_bytes);
    let by_reference = panicking(misnaming(&known(&mut scene.mark.doc(), &scene.goal)));
    assert!(
        by_bytes.len() >= 2 && by_reference.len() >= 2,
        "{} {}",
        by_bytes.len(),
        by_reference.len()
    );
    none_count(scene, vec![("unopened", by_bytes), ("refused", by_reference)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_23_dependencies_that_are_withheld() {
    let mut scene = Scene::new().await;
    let place = (scene.mark.dossier, scene.mark.compartment);
    let mut ground = scene.mark.pen();
    let below = Writer::new(ground.actor(), vec![Row::put("eerst")]);
    let withheld = scene.mark.change(&mut ground, &below.bytes());
    let mut pen = scene.mark.pen();
    let above = Writer {
        deps: vec![below.hash()],
        start_op: 2,
        ..Writer::new(pen.actor(), vec![Row::put("dan")])
    };
    let mut sent = vec![scene.mark.change(&mut pen, &above.bytes())];
    // A line of others on top of it, which wait just as long.
    let mut last = above;
    for seq in 2..40 {
        last = Writer {
            seq,
            deps: vec![last.hash()],
            start_op: seq + 1,
            ..Writer::new(pen.actor(), vec![Row::put(&format!("dan {seq}"))])
        };
        sent.push(scene.mark.change(&mut pen, &last.bytes()));
    }
    let mut line = Line::dial(&scene.mark, &scene.lisa, scene.lisa_at).await;
    assert_eq!(line.deliver(place, &[pen.open], &sent, &[]).await, Some(vec![]));
    for person in scene.honest() {
        until(person, "all wait", |person| {
            waiting(person) == vec!["waits_for_another"; sent.len()]
        })
        .await;
    }
    scene.goes_on().await;
    // Handed over after all: everything counts everywhere.
    assert_eq!(
        line.deliver(place, &[ground.open], &[withheld], &[]).await,
        Some(vec![])
    );
    for person in scene.honest() {
        until(person, "nothing waits", |person| waiting(person).is_empty()).await;
    }
    scene.goes_on().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_48_a_colleagues_concurrent_object_in_every_order_of_arrival() {
    let (lisa, karin, ria, mark) = (
        Person::new("Lisa Verhagen"),
        Person::new("Karin de Wit"),
        Person::new("Ria Verhagen"),
        Person::new("Mark Vos"),
    );
    let goal = with_a_goal(&lisa);
    let hints = lisa.online().await;
    for (guest, name) in [(&karin, "Karin de Wit"), (&ria, "Ria Verhagen"), (&mark, "Mark Vos")] {
        guest.online().await;
        let_in(&lisa, &hints, guest, name, "aanpassen").await;
    }
    until(&ria, "Ria hears of Mark", |ria| knows(ria, "Mark Vos")).await;
    // Ria sleeps while Karin writes; everybody else has it.
    let ria = ria.stop().await;
    let before = plan(&mark)["changes"].clone();
    let own = karin.ask(add("plan", "goals", json!({"title": "Van Karin", "why": "Zomaar."})));
    let own = own["ids"][0].as_str().unwrap().to_owned();
    for person in [&lisa, &mark] {
        until(person, "Karin's goal", |person| find(&person.show(), &own).is_some()).await;
    }
    let mut mark = Attacker::from(mark).await;
    let mut doc = mark.doc();
    let theirs = known(&mut doc, &own).goal;
    // As if Karin's change were not there.
    let others: Vec<Change> = mark
        .changes
        .iter()
        .filter(|change| change.actor_id().to_bytes() != theirs.0)
        .cloned()
        .collect();
    assert_eq!(json!(others.len()), before);
    let mut apart = AutoCommit::new();
    apart.apply_changes(others).unwrap();
    let concurrent = known(&mut apart, &goal);
    let mut pen = mark.pen();
    let named = Row {
        object: Some((1, theirs.1)),
        ..word("van een ander")
    };
    let hostile = concurrent.follow(pen.actor(), &theirs.0, vec![named]);
    let item = mark.change(&mut pen, &hostile.bytes());
    let place = (mark.dossier, mark.compartment);
    let (open, items) = mark
        .held
        .iter()
        .find(|(open, _)| open.open.chain().0.as_slice() == theirs.0)
        .unwrap()
        .clone();

    // Karin's first: Lisa and Karin herself.
    let mut line = Line::dial(&mark, &lisa, hints[0].parse().unwrap()).await;
    assert_eq!(
        line.deliver(place, std::slice::from_ref(&pen.open), std::slice::from_ref(&item), &[])
            .await,
        Some(vec![])
    );
    for person in [&lisa, &karin] {
        until(person, "refused", |person| waiting(person) == ["refused"]).await;
    }
    // Mark's first: Ria, who reaches nobody else yet.
    lisa.app.offline().await;
    let ria = Person::start(ria).await;
    let ria_at = ria.online().await[0].parse().unwrap();
    let mut line = Line::dial(&mark, &ria, ria_at).await;
    assert_eq!(
        line.deliver(place, std::slice::from_ref(&pen.open), std::slice::from_ref(&item), &[])
            .await,
        Some(vec![])
    );
    until(&ria, "refused before Karin's is there", |ria| {
        waiting(ria) == ["refused"]
    })
    .await;
    assert!(find(&ria.show(), &own).is_none());
    assert_eq!(line.deliver(place, &[open], &items, &[]).await, Some(vec![]));
    until(&ria, "Karin's goal", |ria| find(&ria.show(), &own).is_some()).await;
    assert_eq!(waiting(&ria), ["refused"]);
    lisa.online().await;
    goes_on(&[&lisa, &karin, &ria], &goal).await;
    for person in [&lisa, &karin, &ria] {
        assert_eq!(waiting(person), ["refused"]);
        assert_eq!(find(&person.show(), &own).unwrap()["title"], json!("Van Karin"));
    }
}
