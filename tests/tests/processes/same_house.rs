//! Machines in one house: a network of their own (namespaces of the system), no internet, no address known beforehand.

use std::collections::BTreeSet;
use std::io::Read;
use std::net::{Ipv4Addr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::stage::{DONE, Home, Stage, UNREACHABLE};

const HERE: [&str; 2] = ["--relay", "none"];
/// Names the network in which [`a_stranger_listens`] has to listen.
const STREET: &str = "KEUKENTAFEL_STREET";

fn here<'a>(words: &[&'a str]) -> Vec<&'a str> {
    words.iter().copied().chain(HERE).collect()
}

/// Two machines on one switch. The switch hears everything.
struct House {
    switch: String,
    machines: [String; 2],
}

fn ip(words: &str) -> bool {
    let done = Command::new("ip").args(words.split(' ')).stderr(Stdio::null()).status();
    done.is_ok_and(|status| status.success())
}

impl House {
    /// None where nobody may make a network: that takes root.
    fn build() -> Option<Self> {
        let named = |what: &str| format!("kt{}{what}", std::process::id());
        let house = Self {
            switch: named("s"),
            machines: [named("a"), named("b")],
        };
        let switch = &house.switch;
        if !ip(&format!("netns add {switch}")) {
            println!("only root makes networks here: nothing was looked at");
            return None;
        }
        assert!(ip(&format!("-n {switch} link add huis type bridge")));
        assert!(ip(&format!("-n {switch} addr add 10.77.0.254/24 dev huis")));
        assert!(ip(&format!("-n {switch} link set huis up")));
        for (at, machine) in house.machines.iter().enumerate() {
            assert!(ip(&format!("netns add {machine}")));
            let peer = format!("type veth peer name poort{at} netns {switch}");
            assert!(ip(&format!("-n {machine} link add lan {peer}")));
            assert!(ip(&format!("-n {switch} link set poort{at} master huis up")));
            assert!(ip(&format!("-n {machine} link set lo up")));
            assert!(ip(&format!("-n {machine} link set lan up")));
            house.moves(at, at + 1);
        }
        Some(house)
    }

    /// A machine gets another address, as after a night without power.
    fn moves(&self, machine: usize, to: usize) {
        let machine = &self.machines[machine];
        assert!(ip(&format!("-n {machine} addr flush dev lan")));
        assert!(ip(&format!("-n {machine} addr add 10.77.0.{to}/24 dev lan")));
    }

    /// Under which names machines were announced while this was done.
    fn overheard(&self, act: impl FnOnce()) -> (BTreeSet<String>, Vec<u8>) {
        let own = std::env::current_exe().unwrap();
        let listening = Command::new("ip")
            .args(["netns", "exec", &self.switch])
            .arg(own)
            .args(["--exact", "same_house::a_stranger_listens", "--nocapture"])
            .env(STREET, "10.77.0.254")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut listening = Listening(listening);
        act();
        std::thread::sleep(Duration::from_secs(4));
        listening.0.kill().unwrap();
        let mut heard = Vec::new();
        listening.0.stdout.take().unwrap().read_to_end(&mut heard).unwrap();
        let text = String::from_utf8_lossy(&heard);
        let labels = text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|one| one.len() == 52);
        (labels.map(str::to_owned).collect(), heard)
    }
}

impl Drop for House {
    fn drop(&mut self) {
        for one in self.machines.iter().chain([&self.switch]) {
            ip(&format!("netns del {one}"));
        }
    }
}

/// Ends with the test, however that ends.
struct Listening(Child);

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Writes down what is announced around it, until it is stopped. Does nothing by itself.
#[test]
fn a_stranger_listens() {
    let Some(street) = std::env::var_os(STREET) else { return };
    let street: Ipv4Addr = street.to_str().unwrap().parse().unwrap();
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 5353)).unwrap();
    socket
        .join_multicast_v4(&Ipv4Addr::new(224, 0, 0, 251), &street)
        .unwrap();
    let (mut packet, begun) = ([0; 9_000], Instant::now());
    while begun.elapsed() < Duration::from_secs(120) {
        let length = socket.recv(&mut packet).unwrap();
        println!("{}", String::from_utf8_lossy(&packet[..length]));
    }
}

#[test]
fn who_sits_at_one_table_needs_eight_words_and_nothing_else() {
    let Some(house) = House::build() else { return };
    let mut stage = Stage::with_lisa();
    let mut karin = Home::of(stage.folder.path().join("karin"), "Karin de Wit");
    stage.lisa.inside = Some(house.machines[0].clone());
    karin.inside = Some(house.machines[1].clone());
    let lisa = &stage.lisa;

    // Invited by words that are read aloud: they name no address.
    let mut inviting = lisa.begin(&here(&[
        "access",
        "invite",
        "--person",
        "p-karin",
        "--wait",
        "--words",
        "--yes-i-compared",
    ]));
    let words = inviting.next_with("words")["words"].clone();
    let words: Vec<&str> = words
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap())
        .collect();
    let join: Vec<&str> = ["access", "join"].into_iter().chain(words).collect();
    let (first, heard) = house.overheard(|| {
        let joined = karin.run(&here(&join));
        assert_eq!(joined.code, Some(DONE), "{joined:?}");
        assert_eq!(inviting.end().code, Some(DONE));
    });

    // The morning after, every address is another one, and every port.
    house.moves(0, 11);
    house.moves(1, 12);
    lisa.ask(&["item", "set", "g-1", "title=Elke week een boodschappenlijst"]);
    let alone = [
        here(&["sync", "--until-idle", "--timeout", "4"]),
        vec!["--no-discovery"],
    ]
    .concat();
    let mut watching = lisa.begin(&here(&["sync", "--watch"]));
    watching.next_with("listening");
    karin.refused(UNREACHABLE, &alone);
    assert_ne!(karin.item("plan", "g-1")["title"], "Elke week een boodschappenlijst");
    let (second, _) = house.overheard(|| {
        let done = karin.ask(&here(&["sync", "--until-idle", "--timeout", "60"]));
        assert_eq!(done["idle"], true, "{done}");
    });
    assert_eq!(karin.item("plan", "g-1")["title"], "Elke week een boodschappenlijst");
    watching.stop();

    // A stranger hears that somebody is there, under names that are never the same twice, and nothing else.
    assert!(!first.is_empty() && !second.is_empty());
    assert!(first.is_disjoint(&second), "{first:?} {second:?}");
    let heard = String::from_utf8_lossy(&heard).to_lowercase();
    for word in ["keukentafel", "lisa", "karin", "verhagen"] {
        assert!(!heard.contains(word), "{word}");
    }
}
