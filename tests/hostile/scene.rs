//! Lisa with her plan, Karin who may change it, and Mark, who may too and means no good.

use std::net::SocketAddr;

use dossier_app::contract::{Event, Invite, Request};
use dossier_app::{Card, Confirmation};
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use crate::attacker::Attacker;
use crate::world::{PATIENCE, Person, add, find};

pub struct Scene {
    pub lisa: Person,
    pub lisa_at: SocketAddr,
    pub karin: Person,
    pub karin_at: SocketAddr,
    /// The goal that everybody looks at.
    pub goal: String,
    pub mark: Attacker,
}

/// Lisa's dossier with one goal.
pub fn with_a_goal(lisa: &Person) -> String {
    lisa.ask(Request::DossierNew { title: None });
    let goal = lisa.ask(add(
        "plan",
        "goals",
        json!({"title": "Elke week overzicht", "why": "Dan slaap ik beter.", "status": "loopt"}),
    ));
    goal["ids"][0].as_str().unwrap().to_owned()
}

pub fn invitation(name: &str, right: &str, hints: &[String]) -> Invite {
    Invite {
        name: Some(name.into()),
        grants: vec![format!("plan={right}")],
        hints: hints.to_vec(),
        ..Invite::default()
    }
}

pub fn card(name: &str) -> Card {
    Card {
        name: name.into(),
        ..Card::default()
    }
}

/// Says yes to the next one who answers, with the code that Lisa's own screen shows.
pub async fn say_yes(owner: &Person) {
    let mut events = owner.app.subscribe();
    loop {
        if let Event::Joining { code, .. } = events.recv().await.unwrap() {
            owner.app.confirm(&Confirmation::Code(code)).unwrap();
            return;
        }
    }
}

/// Lets somebody in; both are online.
pub async fn let_in(owner: &Person, hints: &[String], guest: &Person, name: &str, right: &str) {
    let ticket = owner.ask(Request::Invite(invitation(name, right, hints)));
    let ticket = ticket["ticket"].as_str().unwrap();
    let join = async {
        guest
            .app
            .join(ticket, card(name), |_| {}, PATIENCE)
            .await
            .map_err(|fault| fault.to_string())
    };
    let yes = async {
        say_yes(owner).await;
        Ok(())
    };
    // Whoever cannot get in ends the wait for the yes as well.
    tokio::try_join!(join, yes).unwrap();
}

impl Scene {
    pub async fn new() -> Self {
        let (lisa, karin, mark) = (
            Person::new("Lisa Verhagen"),
            Person::new("Karin de Wit"),
            Person::new("Mark Vos"),
        );
        let goal = with_a_goal(&lisa);
        let hints = lisa.online().await;
        let karin_at = karin.online().await[0].parse().unwrap();
        mark.online().await;
        let_in(&lisa, &hints, &karin, "Karin de Wit", "aanpassen").await;
        let_in(&lisa, &hints, &mark, "Mark Vos", "aanpassen").await;
        until(&karin, "Karin hears of Mark", |karin| knows(karin, "Mark Vos")).await;
        Self {
            lisa_at: hints[0].parse().unwrap(),
            lisa,
            karin,
            karin_at,
            goal,
            mark: Attacker::from(mark).await,
        }
    }

    pub fn honest(&self) -> [&Person; 2] {
        [&self.lisa, &self.karin]
    }

    /// The program is still of use, and everybody comes to the same document.
    pub async fn goes_on(&self) {
        goes_on(&self.honest(), &self.goal).await;
    }
}

pub fn knows(person: &Person, name: &str) -> bool {
    let access = person.ask(Request::Access { dossier: None });
    access["people"]
        .as_array()
        .unwrap()
        .iter()
        .any(|one| one["name"] == name)
}

/// Waits until a person's program shows something.
pub async fn until(person: &Person, what: &str, mut wanted: impl FnMut(&Person) -> bool) {
    let mut events = person.app.subscribe();
    let waiting = async {
        while !wanted(person) {
            if let Err(RecvError::Closed) = events.recv().await {
                panic!("{what}: the program ended");
            }
        }
    };
    if timeout(PATIENCE, waiting).await.is_err() {
        let held = person.ask(Request::Quarantine { dossier: None });
        panic!("{what}: it did not come; quarantine: {held}");
    }
}

pub fn title(person: &Person, goal: &str) -> Value {
    find(&person.show(), goal).map_or(Value::Null, |goal| goal["title"].clone())
}

/// The plan as `Verify` sees it.
pub fn plan(person: &Person) -> Value {
    let verified = person.ask(Request::Verify);
    assert_eq!(verified["faults"], json!([]));
    assert_eq!(verified["ok"], json!(true));
    let all = verified["compartments"].as_array().unwrap();
    let plan = all.iter().find(|one| one["section"] == "plan" && one["side"] == "wat");
    plan.unwrap().clone()
}

/// The reasons for which items wait outside, sorted.
pub fn waiting(person: &Person) -> Vec<String> {
    let held = person.ask(Request::Quarantine { dossier: None });
    let reasons = held.as_array().unwrap().iter();
    let mut reasons: Vec<String> = reasons.map(|one| one["reason"].as_str().unwrap().to_owned()).collect();
    reasons.sort();
    reasons
}

/// Each in turn changes the goal, all see it, and all come to the same document.
pub async fn goes_on(people: &[&Person], goal: &str) {
    for (turn, writer) in people.iter().enumerate() {
        let words = format!("Verder, {turn}");
        writer.set(goal, json!({"title": words}));
        for reader in people {
            until(reader, "an honest edit", |reader| title(reader, goal) == json!(words)).await;
        }
    }
    let plans: Vec<Value> = people.iter().map(|one| plan(one)).collect();
    for other in &plans {
        assert_eq!(
            (&other["hash"], &other["changes"]),
            (&plans[0]["hash"], &plans[0]["changes"])
        );
    }
}
