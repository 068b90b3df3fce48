//! What is on the disk tells nothing without the key, and what was forgotten tells nothing with it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a failed test may panic

mod family;

use std::path::Path;

use aes::cipher::generic_array::GenericArray;
use aes::cipher::{BlockDecrypt, KeyInit};
use dossier_store::{
    Document, Invitation, InvitationState, Item, Join, JoinState, Loose, Owed, Peer, Store, Way, card, keyfile,
};
use dossier_trust::ids::*;
use family::*;

const PAGE: usize = 4096;
/// At the end of every page: initialisation vector and authentication code.
const RESERVED: usize = 80;

/// Decrypts one page of SQLCipher 4: AES-256-CBC under the raw key, without looking at the authentication code.
fn decrypt(key: &[u8; 32], page: &[u8], clear: usize) -> Vec<u8> {
    let cipher = aes::Aes256Dec::new(GenericArray::from_slice(key));
    let body = &page[clear..PAGE - RESERVED];
    let mut before = page[PAGE - RESERVED..PAGE - RESERVED + 16].to_vec();
    let mut plain = Vec::with_capacity(PAGE);
    for block in body.chunks_exact(16) {
        let mut out = GenericArray::clone_from_slice(block);
        cipher.decrypt_block(&mut out);
        plain.extend(out.iter().zip(&before).map(|(a, b)| a ^ b));
        before = block.to_vec();
    }
    plain
}

/// All pages of database and log under the key: live, free, and the slack in them.
fn with_the_key(home: &Path, key: &[u8; 32]) -> Vec<Vec<u8>> {
    let mut pages = Vec::new();
    let database = std::fs::read(home.join("dossier.db")).unwrap();
    for (n, page) in database.chunks_exact(PAGE).enumerate() {
        pages.push(decrypt(key, page, if n == 0 { 16 } else { 0 }));
    }
    if let Ok(log) = std::fs::read(home.join("dossier.db-wal")) {
        for frame in log.get(32..).unwrap_or_default().chunks_exact(24 + PAGE) {
            let number = u32::from_be_bytes(frame[..4].try_into().unwrap());
            pages.push(decrypt(key, &frame[24..], if number == 1 { 16 } else { 0 }));
        }
    }
    pages
}

fn marked(text: &str, n: u32) -> Vec<u8> {
    format!("{text} {n}").into_bytes()
}

/// A row in every table, many in the large ones, all with the marker.
fn fill(store: &mut Store, dossier_seed: u8, marker: &str) {
    let d = DossierId(id(dossier_seed));
    let c = CompartmentId(id(1));
    for n in 1..=300_u32 {
        write(store, |tx| {
            tx.put_dossier(&dossier_store::Dossier {
                state: marked(marker, n),
                ..dossier(dossier_seed)
            })?;
            tx.put_chain(&dossier_store::Chain {
                open: marked(marker, 0),
                ..chain(dossier_seed, dossier_seed, 1)
            })?;
            // Out of order, so that rows move between pages.
            let n = n * 7919 % 307;
            let filler = "x".repeat((n * 13 % 700) as usize);
            let body = Some(marked(&format!("{marker}{filler}"), n));
            tx.put_item(&Item {
                body,
                header: marked(marker, n),
                ..item(dossier_seed, n, 1)
            })?;
            let name: [u8; 32] = *blake3_of(dossier_seed, n);
            tx.put_loose(&Loose {
                id: name,
                bytes: marked(marker, n),
                ..loose(1, dossier_seed, 1, 1, 1)
            })?;
            tx.put_opened(&ItemHash(name), &d, &c, &marked(marker, n))?;
            tx.add_activity(1, &d, &marked(marker, n))?;
            tx.push_step(&d, Way::Back, &marked(marker, n), 20)
        });
    }
    write(store, |tx| {
        let large = marker.repeat(3_000_000 / marker.len()).into_bytes();
        tx.put_document(
            &d,
            &c,
            &GenerationId(id(0)),
            &Document {
                saved: large,
                shown: marked(marker, 0),
                upto: marked(marker, 0),
                changes: 7,
            },
        )?;
        let mut secret = [0; 32];
        secret.copy_from_slice(&marker.as_bytes()[..32]);
        tx.put_epoch_key(&d, &c, &EpochId(id(5)), &secret)?;
        tx.owe(&Owed {
            dossier: d,
            compartment: c,
            kind: 1,
            detail: marked(marker, 0),
        })?;
        tx.put_delivered(&DeviceId(id(4)), &ChainId(id(dossier_seed)), 300)?;
        tx.put_invitation(&Invitation {
            ticket: id(dossier_seed),
            dossier: d,
            secret: marked(marker, 0),
            terms: marked(marker, 1),
            expires_ms: 1,
            state: InvitationState::Joined,
            answer: Some(marked(marker, 2)),
        })?;
        tx.put_join(&Join {
            ticket: id(dossier_seed),
            dossier: d,
            ticket_bytes: marked(marker, 3),
            join_bytes: marked(marker, 4),
            state: JoinState::Waiting,
        })
    });
}

fn blake3_of(dossier: u8, n: u32) -> Box<[u8; 32]> {
    let mut name = id(dossier);
    name[..4].copy_from_slice(&n.wrapping_mul(2_654_435_761).to_be_bytes());
    Box::new(name)
}

#[test]
fn no_file_shows_a_word_without_the_key() {
    let home = tempfile::tempdir().unwrap();
    let key = key(3);
    keyfile::create(&home.path().join("profile.key"), "Karin belt", &key).unwrap();
    let mut store = Store::create(home.path(), &key).unwrap();
    fill(&mut store, 1, MARKER);
    write(&mut store, |tx| {
        tx.set_meta(MARKER, MARKER.as_bytes())?;
        tx.put_peer(&Peer {
            device: DeviceId(id(4)),
            principal: PrincipalId(id(4)),
            endpoint: EndpointKey(id(4)),
            name: Some(MARKER.into()),
            addresses: MARKER.into(),
            last_seen_ms: 1,
        })
    });
    let look = |moment: &str| {
        for (name, bytes) in files(home.path()) {
            for word in [&MARKER.as_bytes()[..16], b"medicatie", b"CREATE TABLE", &[3; 16]] {
                assert!(!contains(&bytes, word), "{moment}: {name}");
            }
            assert!(!name.contains("Karin"));
        }
    };
    look("open");
    assert!(
        files(home.path())
            .iter()
            .any(|(name, bytes)| name == "dossier.db-wal" && !bytes.is_empty())
    );
    store.scrub().unwrap();
    look("scrubbed");
    store.close().unwrap();
    look("closed");
}

#[test]
fn the_one_file_that_may_be_read_is_the_card_and_it_goes_away_whole() {
    let home = tempfile::tempdir().unwrap();
    let mut store = Store::create(home.path(), &key(3)).unwrap();
    fill(&mut store, 1, "iets heel anders dat over een ander dossier gaat");
    let open = |home: &Path| -> Vec<String> {
        let shown = files(home)
            .into_iter()
            .filter(|(_, bytes)| contains(bytes, MARKER.as_bytes()));
        shown.map(|(name, _)| name).collect()
    };
    assert_eq!(card::read(home.path()).unwrap(), None);
    card::write(home.path(), MARKER.as_bytes()).unwrap();
    card::write(home.path(), format!("{MARKER}, later").as_bytes()).unwrap();
    assert_eq!(open(home.path()), [card::NAME]);
    assert_eq!(
        card::read(home.path()).unwrap().unwrap(),
        format!("{MARKER}, later").into_bytes()
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(home.path().join(card::NAME))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    card::remove(home.path()).unwrap();
    card::remove(home.path()).unwrap();
    assert_eq!(open(home.path()), [""; 0]);
    std::fs::write(home.path().join(card::NAME), vec![b' '; 300_000]).unwrap();
    assert_eq!(card::read(home.path()).unwrap(), None);
}

#[test]
fn a_forgotten_dossier_is_nowhere_even_with_the_key() {
    let theirs = "Dit ging over iemand die vertrok en niets achterliet";
    let home = tempfile::tempdir().unwrap();
    let mut store = Store::create(home.path(), &key(3)).unwrap();
    fill(&mut store, 1, MARKER);
    fill(&mut store, 2, theirs);
    let found = |marker: &str| {
        with_the_key(home.path(), &[3; 32])
            .iter()
            .filter(|page| contains(page, marker.as_bytes()))
            .count()
    };
    assert!(found(theirs) > 50 && found(MARKER) > 50, "the search itself works");
    let before = std::fs::metadata(home.path().join("dossier.db")).unwrap().len();

    store.forget(&DossierId(id(2))).unwrap();

    assert_eq!(found(theirs), 0);
    assert_eq!(found(&theirs[..20]), 0);
    assert!(found(MARKER) > 50, "the other dossier is still there");
    assert!(std::fs::metadata(home.path().join("dossier.db")).unwrap().len() < before);
    let (d, c) = (DossierId(id(2)), CompartmentId(id(1)));
    assert!(store.dossier(&d).unwrap().is_none());
    assert!(store.chains(&d, &c).unwrap().is_empty());
    assert!(store.item(&item(2, 5, 1).position).unwrap().is_none());
    assert!(store.loose_ids(&d, &c, None).unwrap().is_empty());
    assert!(store.epoch_keys(&d, &c).unwrap().is_empty());
    assert!(store.document(&d, &c, &GenerationId(id(0))).unwrap().is_none());
    assert!(store.opened_of(&d, &c).unwrap().is_empty());
    assert!(store.activity(Some(&d), 0).unwrap().is_empty());
    assert!(store.owed(Some(&d)).unwrap().is_empty());
    assert_eq!(store.count_steps(&d, Way::Back).unwrap(), 0);
    assert_eq!(store.delivered(&DeviceId(id(4)), &ChainId(id(2))).unwrap(), 0);
    assert!(store.invitations(&d).unwrap().is_empty());
    assert!(store.join(&id(2)).unwrap().is_none());

    let (d, c) = (DossierId(id(1)), CompartmentId(id(1)));
    assert_eq!(store.count_items(&d, &c).unwrap(), 300);
    assert_eq!(store.epoch_keys(&d, &c).unwrap().len(), 1);
    assert_eq!(store.opened_of(&d, &c).unwrap().len(), 300);
    assert_eq!(store.delivered(&DeviceId(id(4)), &ChainId(id(1))).unwrap(), 300);
    store.check().unwrap();
    store.close().unwrap();
    assert!(Store::open(home.path(), &key(3)).unwrap().opened_cleanly());
}

#[test]
fn an_erased_body_is_gone_after_a_scrub_and_its_header_stays() {
    let home = tempfile::tempdir().unwrap();
    let mut store = Store::create(home.path(), &key(3)).unwrap();
    fill(&mut store, 1, "iets heel anders dat over een ander dossier gaat");
    let mut erased = item(1, 400, 1);
    erased.body = Some(MARKER.repeat(40).into());
    write(&mut store, |tx| tx.put_item(&erased));
    assert!(write(&mut store, |tx| tx.drop_body(&erased.position)));
    store.scrub().unwrap();
    let pages = with_the_key(home.path(), &[3; 32]);
    assert!(!pages.iter().any(|page| contains(page, MARKER.as_bytes())));
    let kept = store.item(&erased.position).unwrap().unwrap();
    assert_eq!((kept.header, kept.body), (erased.header, None));
}
