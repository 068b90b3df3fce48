//! The main job played in the terminal: a resident, her wijkteam, her GP and her mother, each a program of their own
//! with a home folder of their own, talking over loopback. One line per step; the first step that does not hold ends it.

mod stage;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{build, process};
use stage::Stage;

const FAMILY: &str = "crates/dossier-exchange/data/demo-lisa.json";
/// The day that the invented family lives in.
const TODAY: &str = "2026-11-23T09:00:00+01:00";
const LONG_AGO: &str = "2026-05-04T09:00:00+02:00";

const NOT_ALLOWED: i32 = 3;
const REFUSED: i32 = 4;

/// Plays the demo, in a throw-away folder unless one is named.
///
/// # Errors
/// The step that did not hold, and why.
pub fn play(home: Option<&Path>, debug: bool) -> Result<()> {
    let built = if debug { build::for_tests()? } else { build::for_use()? };
    let binary = built.program("keukentafel");
    let throw_away = tempfile::tempdir()?;
    let folder = match home {
        Some(home) => {
            std::fs::create_dir_all(home)?;
            ensure!(
                std::fs::read_dir(home)?.next().is_none(),
                "{} is not empty",
                home.display()
            );
            home.to_path_buf()
        }
        None => throw_away.path().to_path_buf(),
    };
    let mut stage = Stage {
        binary,
        folder,
        steps: 0,
        used_ticket: String::new(),
    };
    std::fs::write(stage.passphrase(), "vier losse woorden voor de proef\n")?;
    stage.start()?;
    stage.invite_all()?;
    stage.bad_tickets()?;
    stage.who_sees_what()?;
    stage.rights()?;
    stage.notes()?;
    stage.apart_and_together()?;
    stage.stop_looking()?;
    stage.accounts()?;
    println!("\nAlles klopt: {} stappen.", stage.steps);
    if let Some(home) = home {
        println!("De mappen staan in {}.", home.display());
    }
    Ok(())
}

impl Stage {
    fn start(&mut self) -> Result<()> {
        let people = [
            ("lisa", "Lisa Verhagen", None),
            (
                "karin",
                "Karin de Wit",
                Some(("Wijkteam De Lindeboom", "wijkteamwerker")),
            ),
            (
                "hendriks",
                "Dokter Hendriks",
                Some(("Huisartsenpraktijk Zonnedauw", "huisarts")),
            ),
            ("ria", "Ria Verhagen", None),
        ];
        for (who, name, work) in people {
            let mut arguments = vec!["init", "--name", name];
            if let Some((organisation, function)) = work {
                arguments.extend(["--organisation", organisation, "--function", function]);
            }
            let made = self.ask(who, &arguments)?;
            for key in ["person", "device"] {
                ensure!(text(&made, key).len() == 64, "{who} has no {key}");
            }
        }
        self.say("Iedereen", "maakt een eigen sleutel, op een eigen computer");
        self.must_fail("lisa", 2, &["init", "--name", "Iemand anders"])?;
        self.say("Lisa", "kan niet per ongeluk opnieuw beginnen");
        let words = self.ask("lisa", &["recovery", "words"])?;
        ensure!(
            words.get("words").and_then(Value::as_array).map(Vec::len) == Some(24),
            "there are no 24 words"
        );
        self.say("Lisa", "heeft 24 herstelwoorden");

        let family = process::root().join(FAMILY);
        let card = self.ask("lisa", &["demo", "load", &family.to_string_lossy()])?;
        ensure!(
            card.get("own") == Some(&Value::Bool(true)),
            "the dossier is not Lisa's own"
        );
        self.say("Lisa", &format!("heeft haar dossier: {}", text(&card, "title")));
        let dumped = self.folder.join("terug.json");
        self.ask("lisa", &["demo", "dump", &dumped.to_string_lossy()])?;
        let read = |path: &Path| -> Result<Value> { Ok(serde_json::from_str(&std::fs::read_to_string(path)?)?) };
        ensure!(
            read(&family)? == read(&dumped)?,
            "what came back is not what was loaded"
        );
        self.say("Lisa", "krijgt precies terug wat erin ging");
        Ok(())
    }

    fn ticket(&self, now: &str, arguments: &[&str]) -> Result<String> {
        let outcome = self.run_at("lisa", now, arguments)?;
        ensure!(outcome.code == Some(0), "the invitation failed: {}", outcome.err);
        let line = outcome.out.lines().next().unwrap_or_default();
        let ticket = serde_json::from_str::<Value>(line)?;
        Ok(text(&ticket, "ticket").to_owned())
    }

    fn invite_all(&mut self) -> Result<()> {
        for (who, name) in [("karin", "Karin"), ("hendriks", "Hendriks"), ("ria", "Ria")] {
            let person = format!("p-{who}");
            let mut inviting = self.begin(
                "lisa",
                &Self::networked(&["access", "invite", "--person", &person, "--wait"]),
            )?;
            let ticket = text(&inviting.next_with("ticket")?, "ticket").to_owned();
            let mut joining = self.begin(who, &Self::networked(&["access", "join", &ticket]))?;
            let theirs = text(&joining.next_with("code")?, "code").to_owned();
            let joining_line = inviting.next_with("joining")?;
            let ours = joining_line
                .get("joining")
                .map(|joining| text(joining, "code"))
                .unwrap_or_default()
                .to_owned();
            ensure!(
                ours == theirs && ours.len() == 12,
                "the two screens show different codes"
            );
            self.say(
                "Lisa",
                &format!("nodigt {name} uit; op beide schermen staat {}", spaced(&ours)),
            );
            if who == "karin" {
                self.used_ticket.clone_from(&ticket);
                self.must_fail("lisa", 6, &["dossier", "list"])?;
                self.say("Lisa", "ziet dat haar map al open is in een ander programma");
            }
            self.ask("lisa", &["access", "confirm", &ours])?;
            let joined = joining.next_with("joined")?;
            let me = joined
                .get("joined")
                .map(|card| text(card, "me"))
                .unwrap_or_default()
                .to_owned();
            ensure!(me == person, "{who} is known as {me}");
            ensure!(joining.end()? == Some(0), "{who} could not join");
            ensure!(inviting.end()? == Some(0), "the invitation did not end well");
            self.say(name, "is binnen, nadat Lisa de code bevestigde");
        }
        Ok(())
    }

    fn bad_tickets(&mut self) -> Result<()> {
        self.ask("vreemde", &["init", "--name", "Een vreemde"])?;
        let mut watching = self.begin("lisa", &Self::networked(&["sync", "--watch"]))?;
        let listening = watching.next_with("listening")?;
        watching.stop()?;
        let addresses = listening
            .get("listening")
            .and_then(Value::as_array)
            .context("Lisa listens nowhere")?;
        let address = addresses
            .first()
            .and_then(Value::as_str)
            .context("Lisa listens nowhere")?;
        // A ticket that does not say where Lisa is would fail for that alone.
        let invite = ["access", "invite", "--person", "p-anouk", "--listen", address];
        let good = self.ticket(TODAY, &invite)?;
        let old = self.ticket(
            LONG_AGO,
            &invite.iter().copied().chain(["--hours", "1"]).collect::<Vec<_>>(),
        )?;
        let wrong: String = good
            .char_indices()
            .map(|(at, sign)| if at == 40 { other(sign) } else { sign })
            .collect();
        let used = self.used_ticket.clone();

        let watching = self.watch("lisa")?;
        for (ticket, word, why) in [
            (wrong, "ticket", "met één verkeerde letter in de uitnodiging"),
            (used, "used_ticket", "met de uitnodiging van Karin"),
            (old, "expired_ticket", "met een uitnodiging die te oud is"),
        ] {
            let join = Self::networked(&["access", "join", &ticket, "--timeout", "30"]);
            let said = self.must_fail("vreemde", REFUSED, &join)?;
            ensure!(said.contains(word), "it was refused for another reason: {said}");
            self.say("Vreemde", &format!("komt niet binnen {why}"));
        }
        watching.stop()?;
        let cards = self.ask("vreemde", &["dossier", "list"])?;
        ensure!(cards == Value::Array(Vec::new()), "the stranger holds something");
        Ok(())
    }

    fn who_sees_what(&mut self) -> Result<()> {
        let all = self.ask("lisa", &["dossier", "show"])?.to_string();
        let seen = [
            (
                "karin",
                "Karin",
                vec!["Rust in huis en grip op geld", "Wie wij zijn"],
                vec!["Sertraline", "webwinkel"],
            ),
            (
                "hendriks",
                "Hendriks",
                vec!["Sertraline", "Rust in huis"],
                vec!["webwinkel", "Wie wij zijn", "HB afgelegd"],
            ),
            (
                "ria",
                "Ria",
                vec!["Rust in huis"],
                vec!["Sertraline", "webwinkel", "Wie wij zijn", "HB afgelegd"],
            ),
        ];
        for (who, name, sees, not) in seen {
            let shown = self.ask(who, &["dossier", "show"])?.to_string();
            for words in &sees {
                ensure!(
                    all.contains(words) && shown.contains(words),
                    "{name} does not see “{words}”"
                );
            }
            for words in &not {
                ensure!(all.contains(words), "Lisa does not see “{words}”");
                ensure!(!shown.contains(words), "{name} sees “{words}”");
            }
            let card = self.ask(who, &["dossier", "list"])?;
            let sections: Vec<&str> = card
                .pointer("/0/sections")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .map(|section| text(section, "id"))
                .collect();
            self.say(name, &format!("ziet alleen: {}", sections.join(", ")));
        }
        Ok(())
    }

    fn rights(&mut self) -> Result<()> {
        self.must_fail("hendriks", NOT_ALLOWED, &["item", "set", "g-4", "title=Slapen"])?;
        self.must_fail(
            "hendriks",
            NOT_ALLOWED,
            &["item", "add", "plan", "actions", "--set", "text=Bellen"],
        )?;
        self.say("Hendriks", "mag het plan zien, en kan er niets in schrijven");
        let allergy = [
            "item",
            "add",
            "gezondheid",
            "health.allergies",
            "--set",
            "substance=ibuprofen",
            "person=p-lisa",
        ];
        let added = self.ask("hendriks", &allergy)?;
        let allergy = added
            .pointer("/ids/0")
            .and_then(Value::as_str)
            .context("no id")?
            .to_owned();
        self.must_fail("hendriks", NOT_ALLOWED, &["item", "set", "al-1", "substance=niets"])?;
        self.say(
            "Hendriks",
            "mag gezondheid aanvullen: iets erbij lukt, iets veranderen niet",
        );
        self.ask("karin", &["item", "set", "t-10", "status=gepland"])?;
        self.say("Karin", "mag het plan aanpassen, en doet dat");
        self.exchange(&["karin", "hendriks", "ria"])?;
        ensure!(
            text(&self.item("lisa", "gezondheid", &allergy)?, "substance") == "ibuprofen",
            "Lisa has no ibuprofen"
        );
        ensure!(
            text(&self.item("lisa", "gezondheid", "al-1")?, "substance") == "penicilline",
            "an allergy changed"
        );
        for who in ["lisa", "hendriks", "ria"] {
            ensure!(
                text(&self.item(who, "plan", "t-10")?, "status") == "gepland",
                "{who} has the old status"
            );
        }
        self.say(
            "Iedereen",
            "heeft na contact dezelfde tekst, en Lisa ziet wat erbij kwam",
        );
        Ok(())
    }

    fn notes(&mut self) -> Result<()> {
        let plain = "Ik sprak Lisa over de post. Het gaat beter.";
        let added = self.ask(
            "karin",
            &[
                "note",
                "add",
                "verslagen",
                "--text",
                "HB, post besproken.",
                "--plain",
                plain,
            ],
        )?;
        let note = added
            .pointer("/ids/0")
            .and_then(Value::as_str)
            .context("no id")?
            .to_owned();
        self.exchange(&["karin"])?;
        self.must_fail(
            "lisa",
            NOT_ALLOWED,
            &["item", "set", &note, "text_plain=Het gaat slechter."],
        )?;
        self.must_fail("lisa", NOT_ALLOWED, &["item", "remove", &note])?;
        self.say("Lisa", "kan het verslag van Karin niet veranderen of weghalen");
        self.ask("lisa", &["note", "react", &note, "--text", "Dat klopt."])?;
        self.exchange(&["karin"])?;
        let seen = self.item("karin", "verslagen", &note)?;
        ensure!(text(&seen, "text_plain") == plain, "the note changed");
        ensure!(
            seen.get("reactions")
                .is_some_and(|said| said.to_string().contains("Dat klopt.")),
            "no reaction"
        );
        self.say("Karin", "ziet wat Lisa van het verslag vindt");
        Ok(())
    }

    fn apart_and_together(&mut self) -> Result<()> {
        let change = [
            "access",
            "change",
            "p-ria",
            "--grant",
            "plan=aanpassen",
            "--grant",
            "agenda=aanpassen",
        ];
        self.ask("lisa", &change)?;
        self.exchange(&["ria"])?;
        self.say("Lisa", "geeft Ria andere rechten: zij mag plan en agenda nu veranderen");
        let appointment = self
            .ask("lisa", &["item", "list", "agenda"])?
            .as_array()
            .and_then(|items| items.iter().find(|item| text(item, "kind") == "appointments"))
            .map(|item| text(item, "id").to_owned())
            .context("no appointment")?;
        for (who, goal, action, place) in [
            (
                "lisa",
                "title=Op tijd de deur uit",
                "text=Tassen staan klaar om zeven uur",
                "location=bij mij thuis",
            ),
            (
                "karin",
                "title=Rustig de deur uit",
                "text=Tassen klaar voor het eten",
                "location=op het wijkteam",
            ),
            (
                "ria",
                "title=Samen de deur uit",
                "text=Oma zet de tassen klaar",
                "location=bij oma",
            ),
        ] {
            self.ask(who, &["item", "set", "g-3", goal])?;
            self.ask(who, &["item", "set", "t-6", action])?;
            self.ask(who, &["item", "set", &appointment, place])?;
        }
        self.say(
            "Drie",
            "mensen veranderen zonder verbinding hetzelfde doel, dezelfde stap en dezelfde afspraak",
        );
        self.exchange(&["karin", "ria"])?;
        for section in ["plan", "agenda"] {
            let lisa = self.hash("lisa", section)?;
            for who in ["karin", "ria"] {
                ensure!(
                    self.hash(who, section)? == lisa,
                    "{who} has another {section} than Lisa"
                );
            }
        }
        for (section, id, field) in [
            ("plan", "g-3", "title"),
            ("plan", "t-6", "text"),
            ("agenda", &appointment, "location"),
        ] {
            let goals: Vec<Value> = ["lisa", "karin", "ria"]
                .iter()
                .map(|who| self.item(who, section, id))
                .collect::<Result<_>>()?;
            let shown = |item: &Value| (item.get(field).cloned(), item.get("also_said").cloned());
            ensure!(
                goals.iter().all(|item| Some(shown(item)) == goals.first().map(shown)),
                "{id} is not the same for all"
            );
            let others = goals
                .first()
                .and_then(|item| item.pointer("/also_said/0/values"))
                .and_then(Value::as_array);
            ensure!(
                others.map(Vec::len) == Some(2),
                "{id} does not show what the other two said"
            );
        }
        let goal = self.item("lisa", "plan", "g-3")?;
        let others: Vec<&str> = goal
            .pointer("/also_said/0/values")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        self.say(
            "Drie",
            &format!(
                "keer hetzelfde: „{}”; ook gezegd: {}",
                text(&goal, "title"),
                others.join(" / ")
            ),
        );
        Ok(())
    }

    fn stop_looking(&mut self) -> Result<()> {
        copy(&self.folder.join("ria"), &self.folder.join("ria-oud"))?;
        let revoked = self.ask("lisa", &["access", "revoke", "p-ria"])?;
        ensure!(
            revoked.get("devices").and_then(Value::as_u64) == Some(1),
            "it is not said how many copies there are"
        );
        self.say("Lisa", "laat Ria niet meer meekijken; één apparaat heeft nog een kopie");
        let secret = "Alleen voor wie nog meekijkt";
        self.ask(
            "lisa",
            &["item", "add", "plan", "actions", "--set", &format!("text={secret}")],
        )?;
        let appointment = format!("title={secret}");
        let start = "start=2026-12-01T10:00:00+01:00";
        self.ask(
            "lisa",
            &["item", "add", "agenda", "appointments", "--set", &appointment, start],
        )?;
        let lisa = self.watch("lisa")?;
        self.ask("karin", &Self::networked(&["sync", "--until-idle"]))?;
        // Refused or not: what counts is what they can read afterwards.
        for who in ["ria", "ria-oud"] {
            self.run(who, &Self::networked(&["sync", "--until-idle", "--timeout", "15"]))?;
        }
        lisa.stop()?;
        ensure!(
            self.ask("karin", &["dossier", "show"])?.to_string().contains(secret),
            "Karin misses the new text"
        );
        for who in ["ria", "ria-oud"] {
            ensure!(
                !self.run(who, &["dossier", "show"])?.out.contains(secret),
                "{who} reads the new text"
            );
        }
        self.say("Ria", "krijgt nieuwe tekst niet meer, ook niet met haar oude map");
        let view = self.ask("lisa", &["access", "list"])?;
        let ria = view
            .get("people")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .find(|one| text(one, "person") == "p-ria");
        let confirmed = ria.and_then(|ria| ria.pointer("/ended/confirmed"));
        ensure!(
            confirmed == Some(&Value::Bool(true)),
            "Lisa does not see that the copy is gone"
        );
        self.say("Lisa", "ziet dat Ria's apparaat de kopie heeft weggehaald");
        Ok(())
    }

    fn accounts(&mut self) -> Result<()> {
        let log = self.ask("lisa", &["log"])?;
        let lines = log.as_array().context("no log")?;
        for (who, deed) in [
            ("p-lisa", "started"),
            ("p-lisa", "granted"),
            ("p-lisa", "revoked"),
            ("p-karin", "opened"),
            ("p-karin", "changed"),
            ("p-karin", "added"),
            ("p-hendriks", "refused"),
            ("p-ria", "copy_removed"),
        ] {
            let there = lines
                .iter()
                .any(|line| text(line, "who") == who && text(line, "deed") == deed);
            ensure!(there, "the log does not say that {who} {deed}");
        }
        ensure!(
            lines.iter().all(|line| !text(line, "at").is_empty()),
            "a line of the log has no time"
        );
        self.say(
            "Lisa",
            &format!("leest in het logboek wie wat deed: {} regels", lines.len()),
        );
        for who in ["lisa", "karin", "hendriks", "vreemde"] {
            let verified = self.ask(who, &["verify"])?;
            ensure!(
                verified.get("ok") == Some(&Value::Bool(true)),
                "{who}: not everything holds"
            );
            let findings = self.ask(who, &["doctor"])?;
            let faulty = findings
                .as_array()
                .into_iter()
                .flatten()
                .any(|finding| text(finding, "state") == "fault");
            ensure!(!faulty, "{who}: something is wrong with the installation");
        }
        self.say("Iedereen", "controleert elke handtekening en elke keten: alles klopt");
        Ok(())
    }
}

fn other(sign: char) -> char {
    if sign == 'a' { 'b' } else { 'a' }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn spaced(code: &str) -> String {
    code.chars().enumerate().fold(String::new(), |mut out, (index, digit)| {
        if index > 0 && index % 4 == 0 {
            out.push(' ');
        }
        out.push(digit);
        out
    })
}
