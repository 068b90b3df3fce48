//! Files between programs.

use crate::stage::{Stage, UNREACHABLE, near};

#[test]
fn a_file_that_one_adds_another_saves_with_the_same_bytes() {
    let stage = Stage::with_lisa();
    let karin = stage.joined("karin", "Karin de Wit", &["plan=zien"]);
    let folder = stage.folder.path();
    for (name, bytes) in [("brief.jpg", 400_000), ("film.bin", 12_000_000)] {
        let path = folder.join(name);
        let content: Vec<u8> = (0..bytes / 4).flat_map(u32::to_le_bytes).collect();
        std::fs::write(&path, &content).unwrap();
        let added = stage.lisa.ask(&["attach", path.to_str().unwrap(), "--to", "g-1"]);
        let id = added["id"].as_str().unwrap();
        stage.exchange(&[&karin]);
        let listed = || {
            let all = karin.ask(&["attachment", "list", "g-1"]);
            let found = all.as_array().unwrap().iter().find(|one| one["id"] == id).cloned();
            found.unwrap()
        };
        assert_eq!(listed()["by"], "Lisa Verhagen");
        if name == "film.bin" {
            // It waits for her, and for somebody to be there.
            assert_eq!(listed()["here"], false);
            let fetch = |seconds| near(&["attachment", "fetch", "g-1", id, "--timeout", seconds]);
            let nobody = karin.refused(UNREACHABLE, &fetch("5"));
            assert_eq!(nobody.fault()["detail"], "attachment_elsewhere");
            let watching = stage.lisa.watch();
            assert_eq!(karin.ask(&fetch("60"))["here"], true);
            watching.stop();
        }
        assert_eq!(listed()["here"], true);
        let back = folder.join(format!("terug-{name}"));
        karin.ask(&["attachment", "save", "g-1", id, back.to_str().unwrap()]);
        assert!(std::fs::read(&back).unwrap() == content, "{name}");
    }
}
