//! The service unit under a real systemd, in a container: B35, B36, B37, B38 and what `gouji.service`
//! promises. By command, as root, with systemd-nspawn (Debian: `systemd-container`) at hand:
//! `cargo test --test faults -- --ignored --nocapture unit`.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::office::faulty;
use super::{Mount, is_root, run};

const CONFIGURATION: &str = r#"
[drop]
folders = ["drop", "/srv/away/drop"]
settle = "300ms"
rescan = "2s"
[mail]
to = ["office@county.example"]
coalesce = "0s"
"#;

/// Shorter times, so that the watchdog barks while someone waits.
const SHORTER: &str = "[Service]\nWatchdogSec=6s\nRestartSec=1s\n";

const CHECK: &str = "\
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/sh /check/script
";

/// What is done in the container; each line of its output is `what: outcome`.
const SCRIPT: &str = r#"
exec > /check/out 2>&1
show() { systemctl show -p "$1" --value gouji; }
mails() { ls /var/lib/gouji/mail/*.eml 2>/dev/null | wc -l; }
until_mails() { for i in $(seq 100); do [ "$(mails)" -ge "$1" ] && break; sleep 0.3; done; }
systemctl start gouji; echo "started: $?"
cp /check/1.md /var/lib/gouji/drop/; until_mails 1; echo "mails: $(mails)"
pid=$(show MainPID); worker=$(pgrep -P $pid | head -1)
echo "daemon: $(grep -E 'NoNewPrivs|Seccomp:|CapBnd' /proc/$pid/status | tr -s '\n\t' ' ')"
echo "reader: $(grep -E 'NoNewPrivs|Seccomp:' /proc/$worker/status | tr -s '\n\t' ' ')"
echo "credential: $(stat -c %U /run/credentials/gouji.service/smtp-password)"
kill -STOP $pid
for i in $(seq 40); do [ "$(show NRestarts)" -ge 1 ] && systemctl is-active -q gouji && break; sleep 1; done
echo "after the watchdog: $(show ActiveState), $(show NRestarts)"
systemctl kill -s KILL gouji
for i in $(seq 40); do [ "$(show NRestarts)" -ge 2 ] && systemctl is-active -q gouji && break; sleep 1; done
echo "after a kill: $(show ActiveState), $(show NRestarts)"
mkdir -p /srv/away/drop; cp /check/2.md /srv/away/drop/; until_mails 2; echo "mails when the share is there: $(mails)"
systemctl stop gouji; echo "stopped: $(show Result)"
journalctl -u gouji -o cat --no-pager
systemctl exit 0
"#;

#[test]
#[ignore = "boots a container"]
fn the_unit_works_within_its_confinement() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["over", "root"] {
        fs::create_dir(at(name)).unwrap();
    }
    if !is_root() || !run("systemd-nspawn", &["--version"]) {
        eprintln!("skipped: needs root and systemd-nspawn");
        return;
    }
    let Some(_over) = Mount::tmpfs("900m", &at("over")) else { return };
    for name in ["over/upper", "over/work"] {
        fs::create_dir(at(name)).unwrap();
    }
    let [upper, work] = ["over/upper", "over/work"].map(|name| at(name).display().to_string());
    let layers = format!("lowerdir=/,upperdir={upper},workdir={work}");
    let Some(_root) = Mount::make(&["-t", "overlay", "overlay", "-o", &layers], &at("root")) else {
        return;
    };
    furnish(&at("root"));
    let boot = Command::new("timeout")
        .args(["300", "systemd-nspawn", "--register=no", "--keep-unit", "--boot"])
        // The container itself allows less than the unit.
        .arg(
            "--system-call-filter=landlock_create_ruleset landlock_add_rule landlock_restrict_self",
        )
        .arg("-D")
        .arg(at("root"))
        .output()
        .unwrap();
    let said = fs::read_to_string(at("root/check/out"))
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&boot.stdout)));
    println!("{said}");
    for expected in [
        "started: 0",
        "mails: 1",
        "daemon: CapBnd: 0000000000000000 NoNewPrivs: 1 Seccomp: 2",
        "reader: NoNewPrivs: 1 Seccomp: 2",
        "credential: ",
        "after the watchdog: active, 1",
        "after a kill: active, 2",
        "mails when the share is there: 2",
        "stopped: success",
        "Watchdog timeout",
        "Drop folder /srv/away/drop is away",
        "Readers are confined: landlock holds, seccomp holds",
    ] {
        assert!(said.contains(expected), "{expected}");
    }
}

/// Installs gouji as the README says, and what is to be done with it.
fn furnish(root: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd");
    let put = |from: &Path, to: &str| {
        let to = root.join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    };
    put(Path::new(env!("CARGO_BIN_EXE_gouji")), "usr/bin/gouji");
    put(&source.join("gouji.service"), "usr/lib/systemd/system/gouji.service");
    put(&source.join("gouji.sysusers"), "usr/lib/sysusers.d/gouji.conf");
    put(&source.join("gouji.tmpfiles"), "usr/lib/tmpfiles.d/gouji.conf");
    let write = |to: &str, text: &str| {
        let to = root.join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, text).unwrap();
    };
    write("etc/gouji/gouji.toml", CONFIGURATION);
    write("etc/credstore/smtp-password", "secret");
    write("etc/systemd/system/gouji.service.d/shorter.conf", SHORTER);
    write("etc/systemd/system/check.service", CHECK);
    write("check/script", SCRIPT);
    write("check/1.md", &faulty("第一镇人民政府"));
    write("check/2.md", &faulty("第二镇人民政府"));
    let link = |from: &str, to: &str| {
        let to = root.join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::remove_file(&to).ok();
        std::os::unix::fs::symlink(from, to).unwrap();
    };
    link(
        "/etc/systemd/system/check.service",
        "etc/systemd/system/multi-user.target.wants/check.service",
    );
    link("/lib/systemd/system/multi-user.target", "etc/systemd/system/default.target");
    for idle in ["systemd-logind.service", "systemd-networkd.service", "systemd-resolved.service"] {
        link("/dev/null", &format!("etc/systemd/system/{idle}"));
    }
}
