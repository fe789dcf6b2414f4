#!/usr/bin/env bash
# Runs a real OpenStack Swift on loopback until its standard input ends: proxy, account, container and
# object server, one replica, in FOLDER. "ready" is said once it answers.
#
#   swift.sh FOLDER PROXY_PORT OBJECT_PORT CONTAINER_PORT ACCOUNT_PORT CACHE_PORT [KEYSTONE_URL]
#
# Swift: http://127.0.0.1:PROXY_PORT/auth/v1.0 (Auth v1), user test:tester, key testing; with static
# large objects. S3: http://127.0.0.1:PROXY_PORT, path style, region us-east-1, the same two as keys.
# With KEYSTONE_URL, of keystone.sh, its tokens are taken instead, and there is no S3.
# Every server is a process of its own, started and ended by this one. Needs user attributes on the
# file system of FOLDER, and of Debian:
#   curl memcached python3-keystonemiddleware python3-swiftclient swift swift-account swift-container swift-object swift-proxy
set -euo pipefail
folder=${1:?usage: swift.sh FOLDER PROXY_PORT OBJECT_PORT CONTAINER_PORT ACCOUNT_PORT CACHE_PORT [KEYSTONE_URL]}
proxy_port=$2 object_port=$3 container_port=$4 account_port=$5 cache_port=$6 keystone_url=${7:-}
user=$(id -un)
mkdir -p "$folder"/{conf,devices/d1,log}
cd "$folder/conf"

common() {
  cat <<X
bind_ip = 127.0.0.1
bind_port = $1
# One process: what is started here can be ended here.
workers = 0
user = $user
swift_dir = $folder/conf
log_level = INFO
X
}

configure_cluster() {
  cat >swift.conf <<'X'
[swift-hash]
swift_hash_path_suffix = lastgood
swift_hash_path_prefix = lastgood
[storage-policy:0]
name = Policy-0
default = yes
X
}

# Where each of the three keeps things: one zone, one device, one copy.
make_ring() {
  swift-ring-builder "$1.builder" create 4 1 0
  swift-ring-builder "$1.builder" add --region 1 --zone 1 --ip 127.0.0.1 --port "$2" \
    --device d1 --weight 1
  swift-ring-builder "$1.builder" rebalance
}

configure_storage() {
  cat >"$1-server.conf" <<X
[DEFAULT]
$(common "$2")
devices = $folder/devices
mount_check = false
disable_fallocate = true
fallocate_reserve = 0
# On a busy machine listings would else lag behind.
container_update_timeout = 30
node_timeout = 30
conn_timeout = 10
[pipeline:main]
pipeline = $1-server
[app:$1-server]
use = egg:swift#$1
[$1-replicator]
[$1-auditor]
[$1-updater]
X
}

configure_proxy() {
  local auth="s3api tempauth" name
  [[ -z $keystone_url ]] || auth="authtoken keystoneauth"
  cat >proxy-server.conf <<X
[DEFAULT]
$(common "$proxy_port")
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats bulk $auth copy slo dlo versioned_writes symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
# A server that was slow once is asked again.
error_suppression_limit = 1000000
node_timeout = 30
conn_timeout = 10
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:s3api]
use = egg:swift#s3api
allow_no_owner = true
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:$cache_port
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_object_versioning = true
[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory
www_authenticate_uri = $keystone_url
auth_url = $keystone_url
auth_type = password
interface = public
project_domain_id = default
user_domain_id = default
project_name = admin
username = admin
password = testing
delay_auth_decision = true
[filter:keystoneauth]
use = egg:swift#keystoneauth
operator_roles = member
X
  for name in catch_errors gatekeeper healthcheck listing_formats bulk copy slo dlo symlink; do
    printf '[filter:%s]\nuse = egg:swift#%s\n' "$name" "$name" >>proxy-server.conf
  done
}

pids=()
stop() {
  trap '' TERM INT HUP
  [[ ${#pids[@]} -eq 0 ]] || kill "${pids[@]}" 2>/dev/null || true
  wait
}
trap stop EXIT
trap 'exit 1' TERM INT HUP

# A server never reads this input: only this script waits for its end.
start() {
  "$@" </dev/null >"$folder/log/$(basename "$1").log" 2>&1 &
  pids+=($!)
}

answers() {
  curl -s -o /dev/null --max-time 5 "$@"
}

# The servers behind too: the proxy alone would answer 503.
is_ready() {
  local port
  for port in "$object_port" "$container_port" "$account_port"; do
    answers "http://127.0.0.1:$port/" || return
  done
  if [[ -n $keystone_url ]]; then
    answers --fail "http://127.0.0.1:$proxy_port/info"
    return
  fi
  answers --fail -H 'X-Auth-User: test:tester' -H 'X-Auth-Key: testing' \
    "http://127.0.0.1:$proxy_port/auth/v1.0"
}

wait_until_ready() {
  local count
  for count in {1..300}; do
    kill -0 "${pids[@]}" 2>/dev/null || return 1
    is_ready && return
    sleep 0.1
  done
  return 1
}

configure_cluster
for each in "object $object_port" "container $container_port" "account $account_port"; do
  read -r name port <<<"$each"
  configure_storage "$name" "$port"
  make_ring "$name" "$port" >"$folder/log/ring-$name.log" 2>&1 &
done
wait
configure_proxy

start memcached -u "$user" -l 127.0.0.1 -p "$cache_port" -m 32
for name in object container account proxy; do
  start "swift-$name-server" "$folder/conf/$name-server.conf"
done
if ! wait_until_ready; then
  tail -n 20 "$folder"/log/*.log >&2
  exit 1
fi
echo ready
cat >/dev/null
