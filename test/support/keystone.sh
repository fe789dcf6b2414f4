#!/usr/bin/env bash
# Runs a real OpenStack Keystone on loopback until its standard input ends, with SQLite in FOLDER.
# "ready" is said once it answers.
#
#   keystone.sh FOLDER PORT
#
# Identity v3: http://127.0.0.1:PORT/v3; user admin of project admin, both in the domain Default, with
# the password testing. Needs of Debian:
#   curl keystone
set -euo pipefail
folder=${1:?usage: keystone.sh FOLDER PORT} port=${2:?usage: keystone.sh FOLDER PORT}
umask 077
mkdir -p "$folder"/{fernet,credential}
cat >"$folder/keystone.conf" <<X
[DEFAULT]
log_dir = $folder
[database]
connection = sqlite:///$folder/keystone.db
[fernet_tokens]
key_repository = $folder/fernet
[credential]
key_repository = $folder/credential
[identity]
# As few rounds as there may be: what is measured elsewhere is not how long a guess takes.
password_hash_rounds = 4
[cache]
enabled = false
X

pid=
stop() {
  trap '' TERM INT HUP
  [[ -z $pid ]] || kill "$pid" 2>/dev/null || true
  wait
}
trap stop EXIT
trap 'exit 1' TERM INT HUP

manage() {
  keystone-manage --config-file "$folder/keystone.conf" "$@" >>"$folder/manage.log" 2>&1 </dev/null
}
user=$(id -un) group=$(id -gn)
manage db_sync
# Readers that Keystone leaves open would else block those who write.
/usr/bin/python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("pragma journal_mode = wal")' \
  "$folder/keystone.db"
manage fernet_setup --keystone-user "$user" --keystone-group "$group"
manage bootstrap --bootstrap-password testing --bootstrap-region-id RegionOne \
  --bootstrap-public-url "http://127.0.0.1:$port/v3"

OS_KEYSTONE_CONFIG_DIR=$folder OS_KEYSTONE_CONFIG_FILES=keystone.conf \
  keystone-wsgi-public --host 127.0.0.1 --port "$port" </dev/null >"$folder/server.log" 2>&1 &
pid=$!
for _ in {1..300}; do
  kill -0 "$pid" 2>/dev/null || break
  if curl -s -o /dev/null --max-time 5 "http://127.0.0.1:$port/v3"; then
    echo ready
    cat >/dev/null
    exit 0
  fi
  sleep 0.1
done
tail -n 20 "$folder"/*.log >&2
exit 1
