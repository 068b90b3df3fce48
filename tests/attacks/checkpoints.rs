//! A checkpoint that is not what its pin says. The thief has the resident's laptop, so the pin counts; whoever has
//! nothing yet is shown what the authors signed and nothing else, but for the moment in which it is looked into, and
//! whoever has everything loses nothing.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, AutoCommit, ROOT, ReadDoc, TextEncoding};
use dossier_model::Item;
use dossier_model::layout::{Edit, apply};
use dossier_store::{Store, StoreError, keyfile};
use dossier_trust::ids::{ChainId, CompartmentId};
use dossier_trust::item::{Kind, Lane, Position};
use dossier_trust::operation::{OpId, Operation, Snapshot};
use dossier_trust::preflight::{pack, pack_document};
use serde_json::json;
use tempfile::TempDir;

use crate::forger::{Forger, set};
use crate::stage::{GOAL, KARINS_GOAL, Stage, agree, go_on, logged, see, until};
use crate::world::{PASSPHRASE, Person, find};

/// What the checkpoint is to make people believe.
const FALSE: &str = "Dit heeft Karin nooit gezegd";

/// Somebody's folder with the log of the plan and nothing of its document.
fn without_plan(stage: &Stage, who: &str) -> TempDir {
    let folder = stage.folder(who);
    let key = keyfile::open(&folder.path().join("key.age"), PASSPHRASE).unwrap();
    let mut store = Store::open(folder.path(), &key).unwrap();
    let (dossier, plan) = (store.dossiers().unwrap()[0].dossier, stage.section("plan"));
    let chains = store.chains(&dossier, &plan).unwrap();
    store
        .transact::<_, StoreError>(|tx| {
            for chain in chains.iter().filter(|chain| chain.lane == Lane::Doc.code()) {
                tx.drop_items_below(&chain.chain, u32::MAX)?;
            }
            tx.delete_documents(&dossier, None)
        })
        .unwrap();
    store.close().unwrap();
    folder
}

/// As many changes by the same actors, and none of them theirs: a goal of which the title is something else each time.
fn forged(ends: &[Position]) -> Vec<u8> {
    let mut doc = AutoCommit::new_with_encoding(TextEncoding::UnicodeCodePoint);
    let mut count = 0_u32;
    for end in ends {
        doc.set_actor(ActorId::from(end.chain.0.as_slice()));
        for _ in 0..end.n {
            count += 1;
            let fields = json!({"title": format!("{FALSE} {count}")});
            let edit = match count {
                1 => Edit::Add(Item::new("g-2", "goals", fields)),
                _ => Edit::Set {
                    id: "g-2".into(),
                    path: Vec::new(),
                    value: fields,
                },
            };
            apply(&mut doc, &[edit], 0).unwrap();
        }
    }
    assert_eq!(u64::from(count), doc.stats().num_changes);
    doc.save_nocompress()
}

/// Two who have everything, and one aside who has nothing of the plan: nobody but the thief comes by there at first.
async fn arrived(stage: &Stage, aside: &Stage) -> [Person; 3] {
    let (phone, jeroen) = (stage.arrive("phone").await, stage.arrive("jeroen").await);
    let ria = aside.seat_in("ria", without_plan(aside, "ria")).await;
    aside.connect("ria", &ria).await;
    [phone, jeroen, ria]
}

/// The resident's laptop, after it and Karin wrote a few times more. The others have all of it.
async fn with_history(stage: &Stage, others: &[&'static str]) -> Forger {
    let (laptop, karin) = (stage.forger("lisa"), stage.forger("karin"));
    let plan = stage.section("plan");
    for round in 0..4 {
        for (forger, item) in [(&laptop, "g-1"), (&karin, "g-2")] {
            let chain = forger.chains_of(plan, Lane::Doc, forger.certificate.device)[0];
            forger.set(chain, item, "why", json!(format!("Reden {round}")));
        }
    }
    laptop.takes_from(&karin);
    for other in others {
        stage.visit(&laptop, other).await;
    }
    laptop
}

/// Nothing false is shown, the refusal is in the log, and with an honest neighbour it is as for everybody.
async fn recovers(aside: &Stage, whole: &Forger, ria: &Person, others: &[&Person]) {
    until(&[ria], || {
        if logged(ria, "p-ria", "checkpoint") {
            Ok(())
        } else {
            Err("the checkpoint was refused".to_owned())
        }
    })
    .await;
    let shown = ria.show().to_string();
    assert!(!shown.contains(FALSE) && !shown.contains("Ongezien"));
    for other in others {
        assert_eq!(other.item("g-1")["title"], json!(GOAL));
        assert_eq!(other.item("g-2")["title"], json!(KARINS_GOAL));
    }
    // Somebody who has everything comes by.
    aside.visit(whole, "ria").await;
    see(&[ria], "g-2", "title", KARINS_GOAL).await;
    see(&[ria], "g-2", "why", "Reden 3").await;
    assert_eq!(find(&ria.show(), "g-1").unwrap()["title"], json!(GOAL));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_42_a_forged_checkpoint() {
    let [stage, aside] = [Stage::set().await, Stage::set().await];
    let [phone, jeroen, ria] = arrived(&stage, &aside).await;
    let plan = stage.section("plan");

    let thief = with_history(&stage, &["phone", "jeroen"]).await;
    let whole = stage.forger("karin");
    whole.takes_from(&thief);

    // A member may not pin, and whoever may not pin makes no checkpoint.
    let karin = stage.forger("karin");
    karin.takes_from(&thief);
    let grant = karin.grant_of(plan, stage.certificate("karin"));
    let log = karin.open(plan, Lane::Log, grant);
    karin.checkpoint(log, &karin.ends(plan), &forged(&karin.ends(plan)));
    stage.visit(&karin, "phone").await;
    stage.visit(&karin, "jeroen").await;
    assert!(!logged(&phone, "p-lisa", "checkpoint"), "nobody looks at it");

    // The thief's pin counts. What it names was not written by those who are said to have written it.
    let log = thief.open(plan, Lane::Log, OpId::OWNER);
    let ends = thief.ends(plan);
    thief.checkpoint(log, &ends, &forged(&ends));
    stage.visit(&thief, "phone").await;
    stage.visit(&thief, "jeroen").await;
    thief.rests_on(&ends);
    aside.visit(&thief, "ria").await;
    recovers(&aside, &whole, &ria, &[&phone, &jeroen]).await;
    agree(&[&phone, &jeroen, &ria], "plan").await;
    // The resident hears of it from Ria's device.
    stage.visit(&whole, "phone").await;
    until(&[&phone], || {
        let heard = logged(&phone, "p-ria", "checkpoint");
        if heard {
            Ok(())
        } else {
            Err("the resident was told".to_owned())
        }
    })
    .await;
    go_on(&[&phone, &jeroen], &[&phone, &jeroen]).await;
    goes_on(&stage, &aside, &whole, &ria, &phone).await;
}

/// What the resident writes now arrives at whoever was nearly deceived.
async fn goes_on(stage: &Stage, aside: &Stage, carrier: &Forger, ria: &Person, phone: &Person) {
    phone.set("g-2", json!({"why": "Verder"}));
    stage.visit(carrier, "phone").await;
    aside.visit(carrier, "ria").await;
    see(&[ria, phone], "g-2", "why", "Verder").await;
}

/// A change that Automerge takes and preflight does not, and a faultless one on top of it.
fn unsound(karin: &Forger, plan: CompartmentId) -> (ChainId, AutoCommit) {
    let chain = karin.chains_of(plan, Lane::Doc, karin.certificate.device)[0];
    let mut doc = karin.document(plan, |_| true);
    doc.set_actor(ActorId::from(chain.0.as_slice()));
    doc.put(ROOT, "i/ongezien", "Ongezien").unwrap();
    doc.commit_with(CommitOptions::default().with_message("preflight takes none"));
    let bad = doc.get_last_local_change().unwrap().raw_bytes().to_vec();
    karin.sealed(karin.tip(chain), Kind::Change, &karin.key(plan), &pack(&bad));
    let good = karin.change(&mut doc, chain, set("g-1", "why", json!("Ongezien")), 0);
    karin.sealed(karin.tip(chain), Kind::Change, &karin.key(plan), &good);
    (chain, doc)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_55_a_checkpoint_bomb_or_one_with_an_unsound_change() {
    let [stage, aside] = [Stage::set().await, Stage::set().await];
    let [phone, jeroen, ria] = arrived(&stage, &aside).await;
    let plan = stage.section("plan");
    let thief = with_history(&stage, &["phone", "jeroen"]).await;
    let whole = stage.forger("karin");
    whole.takes_from(&thief);
    let log = thief.open(plan, Lane::Log, OpId::OWNER);
    let ends = thief.ends(plan);
    let snapshot = |size: u32, bytes: &[u8]| Snapshot {
        hash: dossier_trust::ids::blake3(bytes),
        ops: 10,
        size,
        parts: Vec::new(),
    };

    // 60 MB of nothing in 60 kB, and in less than one; more than the pin says; a run of a thousand billion rows.
    let nothing = vec![0; 60 << 20];
    thief.checkpoint_packed(log, &ends, &pack(&nothing), snapshot(60 << 20, &nothing));
    thief.checkpoint_packed(log, &ends, &pack(&nothing), snapshot(1_000, &nothing));
    thief.checkpoint_packed(log, &ends, &pack_document(&nothing), snapshot(1_000, &nothing));
    let run = [
        0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, 0, 13, 0, 0, 1, 0x01, 7, 0, 0x80, 0xa0, 0x94, 0xa5, 0x8d, 0x1d, 0x05,
    ];
    thief.checkpoint_packed(log, &ends, &pack(&run), snapshot(23, &run));
    // Deflated columns inside: Automerge would inflate them without a limit.
    let mut deflated = thief.document(plan, |_| true);
    for _ in 0..500 {
        deflated
            .put(ROOT, "lang", "een lange waarde die zich laat samenpersen")
            .unwrap();
    }
    let deflated = deflated.save();
    let size = u32::try_from(deflated.len()).unwrap();
    thief.checkpoint_packed(log, &ends, &pack(&deflated), snapshot(size, &deflated));
    stage.visit(&thief, "phone").await;
    stage.visit(&thief, "jeroen").await;
    let bomber = stage.forger("lisa");
    bomber.takes_from(&thief);
    bomber.rests_on(&ends);
    aside.visit(&bomber, "ria").await;
    recovers(&aside, &whole, &ria, &[&phone, &jeroen]).await;
    agree(&[&phone, &jeroen, &ria], "plan").await;
    go_on(&[&phone, &jeroen], &[&phone, &jeroen]).await;
    goes_on(&stage, &aside, &whole, &ria, &phone).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_55_a_checkpoint_with_a_change_that_could_never_be_admitted() {
    let [stage, aside] = [Stage::set().await, Stage::set().await];
    let [phone, jeroen, ria] = arrived(&stage, &aside).await;
    let plan = stage.section("plan");
    let thief = with_history(&stage, &[]).await;
    let karin = stage.forger("karin");
    karin.takes_from(&thief);
    let (_, mut doc) = unsound(&karin, plan);
    let whole = &karin;
    stage.visit(&karin, "phone").await;
    stage.visit(&karin, "jeroen").await;
    thief.takes_from(&karin);
    let log = thief.open(plan, Lane::Log, OpId::OWNER);
    let ends = thief.ends(plan);
    thief.checkpoint(log, &ends, &doc.save_nocompress());
    stage.visit(&thief, "phone").await;
    stage.visit(&thief, "jeroen").await;
    let bomber = stage.forger("lisa");
    bomber.takes_from(&thief);
    bomber.rests_on(&ends);
    aside.visit(&bomber, "ria").await;
    recovers(&aside, whole, &ria, &[&phone, &jeroen]).await;
    agree(&[&phone, &jeroen, &ria], "plan").await;
    go_on(&[&phone, &jeroen], &[&phone, &jeroen]).await;
    goes_on(&stage, &aside, whole, &ria, &phone).await;
    let pins = thief.operations(plan);
    assert!(
        pins.iter()
            .any(|entry| matches!(entry.operation, Operation::Pin { .. }))
    );
}
