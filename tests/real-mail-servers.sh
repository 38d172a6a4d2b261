#!/usr/bin/env bash
# Mails of the real program through real mail servers of Debian, parsed back by an independent MIME
# parser: Postfix with STARTTLS and a login, Exim with TLS from the start and a login, both on the
# loopback. Checks every header line, names and subjects, and that both parts say the same.
#
# Needs root and installs packages: for a machine or container of its own, and so by command only:
#
#     cargo build --locked && tests/real-mail-servers.sh [PROGRAM]
set -euo pipefail
cd "$(dirname "$0")/.."
gouji=$(realpath "${1:-target/debug/gouji}")
[ "$(id -u)" = 0 ] || { echo "needs root: real mail servers deliver as other users" >&2; exit 1; }

export DEBIAN_FRONTEND=noninteractive
need() { command -v "$1" >/dev/null || apt-get install -qy --no-install-recommends "${@:2}" >/dev/null; }
need openssl openssl
need python3 python3-minimal
need postfix postfix
need dovecot dovecot-core

work=$(mktemp -d)
chmod 755 "$work"
pids=()
finish() {
    status=$?
    [ ! -e "$work/postfix/etc" ] || postfix -c "$work/postfix/etc" stop 2>/dev/null || true
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    if [ "$status" = 0 ]; then rm -rf "$work"; else echo "kept $work" >&2; fi
}
trap finish EXIT

# Two mail servers cannot be installed side by side: Exim runs from its unpacked packages.
apt-get install -qy --no-install-recommends libidn12 >/dev/null
(cd "$work" && apt-get download -qq exim4-daemon-light 2>/dev/null && dpkg -x exim4-daemon-light_*.deb exim)
getent passwd Debian-exim >/dev/null ||
    useradd --system --user-group --no-create-home --shell /usr/sbin/nologin Debian-exim

name=gouji@county.example
password='correct horse 马'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    -addext basicConstraints=CA:FALSE -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
chmod 600 "$work/key.pem"
printf '%s\n' "$password" >"$work/password"
chmod 600 "$work/password"

# Postfix: STARTTLS required, login (which Dovecot checks), every address into one Maildir.
mkdir -p "$work/postfix/etc" "$work/postfix/data" "$work/postfix/spool" "$work/postfix/mail/new"
chmod 755 "$work/postfix"
chown postfix: "$work/postfix/data"
chown -R nobody: "$work/postfix/mail"
cat >"$work/postfix/etc/main.cf" <<CONF
compatibility_level = 3.6
myhostname = localhost
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
queue_directory = $work/postfix/spool
data_directory = $work/postfix/data
maillog_file_prefixes = $work
maillog_file = $work/postfix.log
smtpd_tls_cert_file = $work/cert.pem
smtpd_tls_key_file = $work/key.pem
smtpd_tls_security_level = encrypt
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:2999
smtpd_relay_restrictions = permit_sasl_authenticated, reject
virtual_mailbox_domains = county.example
virtual_mailbox_base = $work/postfix
virtual_mailbox_maps = static:mail/
virtual_uid_maps = static:$(id -u nobody)
virtual_gid_maps = static:$(id -g nobody)
virtual_minimum_uid = 1
CONF
sed -E '/^[a-z]/ s/^(\S+\s+\S+\s+\S+\s+\S+\s+)\S+/\1n/; s/^smtp      inet/127.0.0.1:2587 inet/' \
    /usr/share/postfix/master.cf.dist >"$work/postfix/etc/master.cf"
cat >"$work/dovecot.conf" <<CONF
base_dir = $work/dovecot
state_dir = $work/dovecot
log_path = $work/dovecot.log
protocols =
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
passdb {
  driver = passwd-file
  args = scheme=SHA512-CRYPT username_format=%u $work/credentials
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=/nonexistent
}
service auth {
  inet_listener {
    address = 127.0.0.1
    port = 2999
  }
}
CONF
printf '%s:%s::::::\n' "$name" "$(openssl passwd -6 "$password")" >"$work/credentials"
chown dovecot "$work/credentials"
chmod 600 "$work/credentials"
dovecot -F -c "$work/dovecot.conf" &
pids+=($!)
postfix -c "$work/postfix/etc" start 2>/dev/null

# Exim: TLS from the first byte, login, every address into one Maildir.
mkdir "$work/spool" "$work/exim-mail"
chown Debian-exim: "$work/spool" "$work/exim-mail"
cp "$work/key.pem" "$work/exim-key.pem"
chown Debian-exim: "$work/exim-key.pem"
cat >"$work/exim.conf" <<CONF
primary_hostname = localhost
exim_path = $work/exim/usr/sbin/exim4
local_interfaces = 127.0.0.1
daemon_smtp_ports = 2465
tls_on_connect_ports = 2465
tls_advertise_hosts = *
tls_certificate = $work/cert.pem
tls_privatekey = $work/exim-key.pem
spool_directory = $work/spool
log_file_path = $work/spool/%slog
acl_smtp_rcpt = rcpt
acl_smtp_data = data
begin acl
rcpt:
  accept authenticated = *
  deny message = 530 log in first
data:
  deny message = 501 mail from address must be same as authorization user
       !condition = \${if eq{\$sender_address}{\$authenticated_id}}
  accept
begin routers
all:
  driver = accept
  transport = file
begin transports
file:
  driver = appendfile
  directory = $work/exim-mail
  maildir_format
  user = Debian-exim
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and{{eq{\$auth2}{$name}}{eq{\$auth3}{$password}}}}
  server_set_id = \$auth2
CONF
"$work/exim/usr/sbin/exim4" -C "$work/exim.conf" -bdf >"$work/exim.log" 2>&1 &
pids+=($!)

for port in 2587 2465; do
    for _ in $(seq 100); do
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
        sleep 0.1
    done
done

# One office for each server: a test mail, then a report that fails, then its correction.
office() { # folder port
    mkdir -p "$1/drop"
    cat >"$1/gouji.toml" <<CONF
[drop]
settle = "300ms"
rescan = "300ms"
[mail]
transport = "smtp"
host = "localhost"
port = $2
tls = "$3"
ca_file = "$work/cert.pem"
username = "$name"
password_file = "$work/password"
from = "禾川县政务公开工作领导小组办公室年报核查系统 <$name>"
to = ["禾川县人民政府办公室政务公开科王某某 <office@county.example>", "second@county.example"]
admin = "it@county.example"
coalesce = "0s"
CONF
    "$gouji" --config "$1/gouji.toml" mail test >"$1/dialogue"
    if grep -q "$password" "$1/dialogue"; then echo "the password is shown" >&2; return 1; fi
    "$gouji" --config "$1/gouji.toml" run 2>"$1/log" &
    pids+=($!)
    sed 's/| 29 | 2 | 0 | 0 | 0 | 2 | 33 |/| 29 | 2 | 0 | 0 | 0 | 2 | 35 |/' \
        tests/data/samples/自然资源局2022.md >"$1/drop/报告.md"
    await "$1" 1
    cp tests/data/samples/自然资源局2022.md "$1/drop/报告（改）.md"
    await "$1" 2
}
await() { # folder count of mails sent
    for _ in $(seq 300); do
        "$gouji" --config "$1/gouji.toml" status 2>/dev/null | grep -q "mails .*$2 sent" && return
        sleep 0.2
    done
    echo "no $2 mails were sent" >&2
    cat "$1/log" >&2
    return 1
}
office "$work/office-postfix" 2587 starttls
office "$work/office-exim" 2465 implicit
sleep 1

python3 tests/real-mail-servers.py "$work/postfix/mail" "$work/exim-mail"
