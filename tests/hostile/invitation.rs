//! Tickets in the wrong hands, and somebody in between.

use std::net::SocketAddr;

use dossier_app::Confirmation;
use dossier_app::contract::{Event, FaultCode, Invite, Request};
use dossier_sync::driver::JOIN_ALPN;
use dossier_sync::protocol::ALPN;
use dossier_trust::codec::{Reader, Writer as Bytes};
use dossier_trust::identity::{Certificate, DeviceSecrets, Random, RootSecret};
use dossier_trust::ids::DossierId;
use dossier_trust::invitation::{InvitationError, Join, Ticket, code};
use iroh::Endpoint;
use iroh::endpoint::{Connection, RecvStream, SendStream};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::attacker::{Dice, dial, ended, endpoint, framed, read_frame};
use crate::scene::{card, goes_on, invitation, let_in, say_yes, with_a_goal};
use crate::world::{PATIENCE, Person};

const REFUSED: u8 = 0;
const TERMS: u8 = 1;
const GRANTED: u8 = 2;
/// The other side does not know this device.
const STRANGER: u64 = 1;

/// Somebody with a device and no manners.
struct Stranger {
    device: DeviceSecrets,
    certificate: Certificate,
    endpoint: Endpoint,
    dice: Dice,
}

impl Stranger {
    async fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let device = DeviceSecrets::generate(&mut dice);
        Self {
            certificate: RootSecret::from_entropy(dice.array()).certify(&device).unwrap(),
            endpoint: endpoint(device.transport()).await,
            device,
            dice,
        }
    }

    fn join(&mut self, ticket: &Ticket, name: &str) -> Join {
        let card = serde_json::to_vec(&card(name)).unwrap();
        let key = self.device.signing_key();
        Join::make(ticket, self.certificate.clone(), card, &key, &mut self.dice)
    }

    async fn knock(&self, ticket: &Ticket) -> Door {
        let at: SocketAddr = ticket.hints[0].parse().unwrap();
        let connection = dial(&self.endpoint, &ticket.inviter, at, JOIN_ALPN).await;
        let (send, recv) = connection.open_bi().await.unwrap();
        let mut door = Door {
            _connection: connection,
            send,
            recv,
        };
        door.say(&ticket.knock()).await;
        door
    }

    /// Refused at the handshake, as everybody is who has no business here.
    async fn is_a_stranger(&self, ticket: &Ticket) {
        let at: SocketAddr = ticket.hints[0].parse().unwrap();
        let connection = dial(&self.endpoint, &ticket.inviter, at, ALPN).await;
        assert_eq!(ended(&connection).await, STRANGER);
    }
}

/// The conversation of an invitation, from either side.
struct Door {
    /// It ends when nobody holds it.
    _connection: Connection,
    send: SendStream,
    recv: RecvStream,
}

impl Door {
    async fn say(&mut self, message: &[u8]) {
        self.send.write_all(&framed(message)).await.unwrap();
    }

    async fn hear(&mut self) -> Vec<u8> {
        timeout(PATIENCE, read_frame(&mut self.recv))
            .await
            .unwrap()
            .expect("the door is shut")
    }

    async fn terms(&mut self) -> Vec<u8> {
        let message = self.hear().await;
        assert_eq!(message[0], TERMS);
        message[1..].to_vec()
    }

    async fn answer(&mut self, join: &Join, ticket: &Ticket) {
        self.say(&answer(join, ticket)).await;
    }

    async fn turned_away(&mut self, word: &str) {
        assert_eq!(self.hear().await, [&[REFUSED], word.as_bytes()].concat());
    }
}

fn answer(join: &Join, ticket: &Ticket) -> Vec<u8> {
    let mut out = Bytes::new();
    out.bytes(&join.seal(ticket).unwrap())
        .list(&["127.0.0.1:9"], |out, text| {
            out.bytes(text.as_bytes());
        });
    out.finish()
}

async fn joining(owner: &mut tokio::sync::broadcast::Receiver<Event>) -> (String, String) {
    let waiting = async {
        loop {
            if let Event::Joining { name, code, .. } = owner.recv().await.unwrap() {
                return (name, code);
            }
        }
    };
    timeout(PATIENCE, waiting).await.expect("nobody answered")
}

async fn lisa() -> (Person, Vec<String>, String) {
    let lisa = Person::new("Lisa Verhagen");
    let goal = with_a_goal(&lisa);
    let hints = lisa.online().await;
    (lisa, hints, goal)
}

fn ticket(owner: &Person, invite: Invite) -> Ticket {
    let invited = owner.ask(Request::Invite(invite));
    Ticket::from_text(invited["ticket"].as_str().unwrap()).unwrap()
}

fn people(owner: &Person) -> usize {
    let access = owner.ask(Request::Access { dossier: None });
    access["people"].as_array().unwrap().len()
}

fn invitations(owner: &Person) -> Vec<Value> {
    let access = owner.ask(Request::Access { dossier: None });
    let all = access["invitations"].as_array().unwrap().iter();
    let mut all: Vec<Value> = all.map(|one| one["state"].clone()).collect();
    all.sort_by_key(Value::to_string);
    all
}

/// A new invitation brings Karin in, and the two of them go on.
async fn karin_gets_in(lisa: &Person, hints: &[String], karin: &Person, goal: &str) {
    let_in(lisa, hints, karin, "Karin de Wit", "aanpassen").await;
    assert_eq!(people(lisa), 1);
    goes_on(&[lisa, karin], goal).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_27_a_stolen_ticket_is_used_first() {
    let (lisa, hints, goal) = lisa().await;
    let karin = Person::new("Karin de Wit");
    karin.online().await;
    let ticket = ticket(&lisa, invitation("Karin de Wit", "aanpassen", &hints));
    let mut events = lisa.app.subscribe();
    let mut thief = Stranger::new(27).await;
    let mut door = thief.knock(&ticket).await;
    door.terms().await;
    let join = thief.join(&ticket, "Karin de Wit");
    door.answer(&join, &ticket).await;
    let (name, shown) = joining(&mut events).await;
    assert_eq!((name.as_str(), &shown), ("Karin de Wit", &code(&ticket, &join)));

    // Karin's program has no code to read out, so there is none that Lisa could type.
    let text = ticket.to_text();
    let refused = karin
        .app
        .join(&text, card("Karin de Wit"), |_| panic!("a code"), PATIENCE);
    let refused = refused.await.unwrap_err();
    assert_eq!(
        (refused.code, refused.detail.as_deref()),
        (FaultCode::InputRefused, Some("used_ticket"))
    );
    let other = lisa.app.confirm(&Confirmation::Code("000000000000".into()));
    assert_eq!(other.unwrap_err().code, FaultCode::InputRefused);
    door.turned_away("refused_ticket").await;
    assert!(lisa.app.pending().is_empty());
    assert_eq!((people(&lisa), invitations(&lisa)), (0, vec![json!("burnt")]));
    thief.is_a_stranger(&ticket).await;
    let mut again = thief.knock(&ticket).await;
    again.turned_away("refused_ticket").await;
    karin_gets_in(&lisa, &hints, &karin, &goal).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_28_a_ticket_is_replayed() {
    let (lisa, hints, goal) = lisa().await;
    let karin = Person::new("Karin de Wit");
    karin.online().await;
    let ticket = ticket(&lisa, invitation("Jeroen Bakker", "zien", &hints));
    let mut jeroen = Stranger::new(28).await;
    let mut door = jeroen.knock(&ticket).await;
    door.terms().await;
    let join = jeroen.join(&ticket, "Jeroen Bakker");
    let mut copycat = Stranger::new(29).await;
    // The very bytes of somebody else's answer, while the ticket is open: they are not this caller's.
    let mut early = copycat.knock(&ticket).await;
    early.terms().await;
    early.answer(&join, &ticket).await;
    early.turned_away("refused_ticket").await;
    let yes = say_yes(&lisa);
    let (hears, ()) = tokio::join!(
        async {
            door.answer(&join, &ticket).await;
            door.hear().await
        },
        yes
    );
    assert_eq!(hears, [GRANTED]);
    assert_eq!(people(&lisa), 1);
    // Used: by somebody else with the same bytes, with an answer of their own, and by Jeroen with another one.
    for _ in 0..2 {
        copycat.knock(&ticket).await.turned_away("used_ticket").await;
    }
    let mut door = jeroen.knock(&ticket).await;
    door.terms().await;
    let second = jeroen.join(&ticket, "Jeroen Bakker");
    door.answer(&second, &ticket).await;
    door.turned_away("used_ticket").await;
    // His own again, because the line broke: he is in, once.
    let mut door = jeroen.knock(&ticket).await;
    door.terms().await;
    door.answer(&join, &ticket).await;
    assert_eq!(door.hear().await, [GRANTED]);
    copycat.is_a_stranger(&ticket).await;
    assert_eq!((people(&lisa), invitations(&lisa)), (1, vec![json!("granted")]));
    // A ticket whose secret was guessed opens nothing, and says nothing.
    let guessed = Ticket {
        secret: copycat.dice.array(),
        ..ticket.clone()
    };
    copycat.knock(&guessed).await.turned_away("unknown_ticket").await;
    let_in(&lisa, &hints, &karin, "Karin de Wit", "aanpassen").await;
    assert_eq!(people(&lisa), 2);
    goes_on(&[&lisa, &karin], &goal).await;
}

/// Mark, who stands between Lisa and Karin with a ticket of his own in place of hers.
struct Between {
    stranger: Stranger,
    theirs: Ticket,
    own: Ticket,
}

impl Between {
    async fn new(seed: u64, theirs: Ticket) -> Self {
        let stranger = Stranger::new(seed).await;
        stranger.endpoint.set_alpns(vec![JOIN_ALPN.to_vec()]);
        let own = Ticket {
            inviter: stranger.certificate.clone(),
            hints: stranger
                .endpoint
                .bound_sockets()
                .iter()
                .map(ToString::to_string)
                .collect(),
            ..theirs.clone()
        };
        Self { stranger, theirs, own }
    }

    /// Takes Karin's call and hands on Lisa's terms; what Karin answers.
    async fn draw_out(&mut self, lisa: &mut Door) -> (Door, Join) {
        let connection = self.stranger.endpoint.accept().await.unwrap().await.unwrap();
        let (send, recv) = connection.accept_bi().await.unwrap();
        let mut karin = Door {
            _connection: connection,
            send,
            recv,
        };
        assert_eq!(karin.hear().await, self.own.knock());
        let terms = lisa.terms().await;
        karin.say(&[&[TERMS], terms.as_slice()].concat()).await;
        let answer = karin.hear().await;
        let mut input = Reader::new(&answer);
        let file = input.bytes(answer.len()).unwrap();
        let identity = self.stranger.device.wrapping_identity().unwrap();
        let join = Join::open(file, &self.own, &identity).unwrap();
        (karin, join)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_29_somebody_in_between_with_a_swapped_code_to_scan() {
    let (lisa, hints, goal) = lisa().await;
    let karin = Person::new("Karin de Wit");
    karin.online().await;
    let real = ticket(&lisa, invitation("Karin de Wit", "aanpassen", &hints));
    let mut mark = Between::new(30, real).await;
    let mut events = lisa.app.subscribe();
    let (seen, mut shown) = tokio::sync::oneshot::channel();
    let text = mark.own.to_text();
    let joined = karin.app.join(
        &text,
        card("Karin de Wit"),
        |code| seen.send(code.to_owned()).unwrap(),
        PATIENCE,
    );
    let attack = async {
        let mut to_lisa = mark.stranger.knock(&mark.theirs).await;
        let (mut to_karin, theirs) = mark.draw_out(&mut to_lisa).await;
        // Karin's answer itself, sealed anew for Lisa: it is for another ticket.
        to_lisa.answer(&theirs, &mark.theirs).await;
        assert_eq!(to_lisa.hear().await[0], REFUSED);
        let mut to_lisa = mark.stranger.knock(&mark.theirs).await;
        to_lisa.terms().await;
        let own = mark.stranger.join(&mark.theirs, "Karin de Wit");
        to_lisa.answer(&own, &mark.theirs).await;
        let (name, at_lisas) = joining(&mut events).await;
        assert_eq!(name, "Karin de Wit");
        let at_karins = (&mut shown).await.unwrap();
        assert_ne!(at_karins, at_lisas);
        // Lisa types what Karin reads out.
        let typed = lisa.app.confirm(&Confirmation::Code(at_karins));
        assert_eq!(typed.unwrap_err().detail.as_deref(), Some("wrong_code"));
        to_lisa.turned_away("refused_ticket").await;
        to_karin.say(&[&[REFUSED], b"refused_ticket".as_slice()].concat()).await;
        to_karin
    };
    let (joined, _door) = tokio::join!(joined, attack);
    assert_eq!(joined.unwrap_err().code, FaultCode::InputRefused);
    assert_eq!((people(&lisa), invitations(&lisa)), (0, vec![json!("burnt")]));
    mark.stranger.is_a_stranger(&mark.theirs).await;
    // The real code to scan, and Mark at the address in it: his line does not end at Lisa's key.
    let real = ticket(&lisa, invitation("Karin de Wit", "aanpassen", &hints));
    let diverted = Ticket {
        hints: mark.own.hints.clone(),
        ..real
    };
    let text = diverted.to_text();
    let joined = karin
        .app
        .join(&text, card("Karin de Wit"), |_| panic!("a code"), PATIENCE);
    assert_eq!(joined.await.unwrap_err().code, FaultCode::NotReachable);
    karin_gets_in(&lisa, &hints, &karin, &goal).await;
}

/// Tries that somebody has who must answer while two people are on the phone: each costs a whole scrypt.
const TRIES: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_53_swapped_tickets_ground_for_equal_codes() {
    let (lisa, hints, goal) = lisa().await;
    let karin = Person::new("Karin de Wit");
    karin.online().await;
    let real = ticket(&lisa, invitation("Karin de Wit", "aanpassen", &hints));
    let mut mark = Between::new(31, real).await;
    let mut events = lisa.app.subscribe();
    let (seen, mut shown) = tokio::sync::oneshot::channel();
    let text = mark.own.to_text();
    let joined = karin.app.join(
        &text,
        card("Karin de Wit"),
        |code| seen.send(code.to_owned()).unwrap(),
        PATIENCE,
    );
    let attack = async {
        let mut to_lisa = mark.stranger.knock(&mark.theirs).await;
        // The best that he can do: know Karin's code first, then look for an answer that gives Lisa the same.
        let (mut to_karin, theirs) = mark.draw_out(&mut to_lisa).await;
        let target = (&mut shown).await.unwrap();
        assert_eq!(target, code(&mark.own, &theirs));
        let alike = |one: &str| one.chars().zip(target.chars()).filter(|(a, b)| a == b).count();
        let tries: Vec<(usize, Join)> = (0..TRIES)
            .map(|_| {
                let own = mark.stranger.join(&mark.theirs, "Karin de Wit");
                (alike(&code(&mark.theirs, &own)), own)
            })
            .collect();
        let (digits, best) = tries.into_iter().max_by_key(|(digits, _)| *digits).unwrap();
        assert!(digits < 12);
        to_lisa.answer(&best, &mark.theirs).await;
        joining(&mut events).await;
        let typed = lisa.app.confirm(&Confirmation::Code(target));
        assert_eq!(typed.unwrap_err().detail.as_deref(), Some("wrong_code"));
        to_lisa.turned_away("refused_ticket").await;
        // There is no second try with the same ticket.
        let mut again = mark.stranger.knock(&mark.theirs).await;
        again.turned_away("refused_ticket").await;
        to_karin.say(&[&[REFUSED], b"refused_ticket".as_slice()].concat()).await;
        to_karin
    };
    let (joined, _door) = tokio::join!(joined, attack);
    assert_eq!(joined.unwrap_err().code, FaultCode::InputRefused);
    assert_eq!(people(&lisa), 0);
    karin_gets_in(&lisa, &hints, &karin, &goal).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_53_swapped_tickets_by_file() {
    // The same three objects, carried on a stick by the one who cannot be trusted.
    let mut lisa = Stranger::new(40).await;
    let mut karin = Stranger::new(41).await;
    let mark = Stranger::new(42).await;
    let real = Ticket {
        dossier: DossierId([1; 32]),
        inviter: lisa.certificate.clone(),
        hints: vec![],
        secret: lisa.dice.array(),
        terms: [2; 32],
    };
    let swaps = [
        Ticket {
            inviter: mark.certificate.clone(),
            ..real.clone()
        },
        Ticket {
            terms: [3; 32],
            ..real.clone()
        },
        Ticket {
            dossier: DossierId([9; 32]),
            ..real.clone()
        },
        Ticket {
            hints: vec!["127.0.0.1:1".into()],
            ..real.clone()
        },
    ];
    let identity = lisa.device.wrapping_identity().unwrap();
    for swapped in swaps {
        let join = karin.join(&swapped, "Karin de Wit");
        // Karin answers what she was handed; nothing of that opens as an answer to what Lisa made, …
        let file = join.seal(&real).unwrap();
        assert_eq!(Join::open(&file, &real, &identity), Err(InvitationError::OtherTicket));
        // … nor when the answer is made to name Lisa's ticket after all, …
        let renamed = Join {
            ticket: real.hash(),
            ..join.clone()
        };
        assert!(Join::open(&renamed.seal(&real).unwrap(), &real, &identity).is_err());
        // … and the codes are of both.
        assert_ne!(code(&swapped, &join), code(&real, &join));
        assert_ne!(
            code(&swapped, &join),
            code(&swapped, &karin.join(&swapped, "Karin de Wit"))
        );
    }
    let join = karin.join(&real, "Karin de Wit");
    assert_eq!(Join::open(&join.seal(&real).unwrap(), &real, &identity), Ok(join));
}
