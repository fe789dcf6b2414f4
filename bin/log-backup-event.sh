#!/bin/sh
# Reports that a backup was started, completed or failed, on hosts that have sh and psql only.
#
# Never fails its caller: the exit status is 0 unless the arguments are wrong (2). While the database
# is away the event is kept on disk, in the form that src/report/spool-file.ts describes, and sent by
# a later call or by `lastgood`. In the usual case three short programs are started: hostname, date
# and psql.
set -u
# Text is bytes here, whatever the locale.
LC_ALL=C PGCLIENTENCODING=UTF8
PGCONNECT_TIMEOUT=${PGCONNECT_TIMEOUT:-5} PGAPPNAME=${PGAPPNAME:-log-backup-event}
export LC_ALL PGCLIENTENCODING PGCONNECT_TIMEOUT PGAPPNAME
# What reports an interruption must not be interrupted by it; all that follows takes seconds at most.
trap '' HUP INT TERM
newline='
'

usage() {
  cat <<'END'
Usage: log-backup-event.sh --scope SCOPE --status STATUS [options]
       log-backup-event.sh --replay [--any-database]

Reports a backup to lastgood with sh and psql alone. Prints nothing when all went well.

  --scope SCOPE       what is backed up, such as db; repeat it for several
  --status STATUS     started, completed or failed (or 0, 1, -1)
  --message TEXT      what to keep with it, at most 64 kB
  --done-at TIME      when it happened, such as 2026-01-31T23:59:00Z; now without it
  --fqdn FQDN         the system; else LASTGOOD_FQDN, else hostname -f
  --log-path FILE     where the backup's log is
  --event-id UUID     reporting the same id again changes nothing; for one scope only
  --run-id TEXT       what the events of one run have in common
  --database-url URL  the database; else DATABASE_URL, else libpq's PG* variables
  --replay            only send the events that wait on disk
  --any-database      with --replay: also those that were meant for another database

LASTGOOD_PSQL names the psql to use. While the database is away the event is kept below
LASTGOOD_STATE_DIR (else /var/lib/lastgood for root, $XDG_STATE_HOME/lastgood or
~/.local/state/lastgood), which stderr tells, and sent by a later call.

Exit status: 2 for wrong usage, else 0.
END
}

remark() { printf 'log-backup-event: %s\n' "$1" >&2; }

wrong_usage() {
  remark "$1"
  printf 'hint: %s --help shows the options\n' "$0" >&2
  exit 2
}

# -- Arguments ------------------------------------------------------------------------------------

scopes=0 status='' done_at='' given_message='' given_log_path='' given_id='' given_run_id='' given_fqdn=''
url=${DATABASE_URL:-} replay_only='' any_database=''

while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --replay) replay_only=yes; shift; continue ;;
    --any-database) any_database=yes; shift; continue ;;
    --*=*) option=${1%%=*} value=${1#*=}; shift ;;
    *)
      [ $# -ge 2 ] || wrong_usage "$1 is no option, or lacks its value"
      option=$1 value=$2; shift 2 ;;
  esac
  case $option in
    --scope)
      [ -n "$value" ] || wrong_usage 'a scope has at least one character'
      scopes=$((scopes + 1)); eval "scope_$scopes=\$value" ;;
    --status)
      case $value in
        0 | started) status=0 ;;
        1 | completed) status=1 ;;
        -1 | failed) status=-1 ;;
        *) wrong_usage "\"$value\" is none of started, completed and failed" ;;
      esac ;;
    --message) given_message=$value ;;
    --done-at)
      case $value in
        [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*) done_at=$value ;;
        *) wrong_usage "\"$value\" is no time such as 2026-01-31T23:59:00Z" ;;
      esac ;;
    --fqdn) given_fqdn=$value ;;
    --log-path) given_log_path=$value ;;
    --event-id)
      case $value in
        *[!0-9A-Fa-f-]*) wrong_usage "\"$value\" is no UUID" ;;
        ????????-????-????-????-????????????) given_id=$value ;;
        *) wrong_usage "\"$value\" is no UUID" ;;
      esac ;;
    --run-id) given_run_id=$value ;;
    --database-url) url=$value ;;
    *) wrong_usage "there is no option $option" ;;
  esac
done

if [ -z "$replay_only" ]; then
  [ "$scopes" -gt 0 ] || wrong_usage 'no scope is named'
  [ -n "$status" ] || wrong_usage 'no status is given'
  [ -z "$given_id" ] || [ "$scopes" -eq 1 ] || wrong_usage '--event-id is for one scope'
elif [ "$scopes" -gt 0 ] || [ -n "$status" ]; then
  wrong_usage '--replay reports no new event'
fi

# -- The database ---------------------------------------------------------------------------------

find_psql() {
  psql=${LASTGOOD_PSQL:-}
  [ -z "$psql" ] && [ -n "${LASTGOOD_PG_BINDIR:-}" ] && psql=$LASTGOOD_PG_BINDIR/psql
  [ -z "$psql" ] || return 0
  # Debian's /usr/bin/psql is a wrapper that takes three times as long. The last one is the newest.
  for candidate in /usr/lib/postgresql/[1-9][0-9]/bin/psql /usr/pgsql-[1-9][0-9]/bin/psql; do
    [ -x "$candidate" ] && psql=$candidate
  done
  psql=${psql:-psql}
}

# Sets `database`, for psql, and `target`, as src/report/target.ts does.
find_database() {
  if [ -z "$url" ]; then
    host=${PGHOSTADDR:-${PGHOST:-}}:${PGPORT:-5432}
    name_target "${PGDATABASE:-${PGUSER:-}}"
    return
  fi
  database=$url target=''
  case $url in *://*) ;; *) return ;; esac
  rest=${url#*://} query=''
  case $rest in *\?*) query=\&${rest#*\?} rest=${rest%%\?*} ;; esac
  authority=${rest%%/*} user=''
  path=${rest#"$authority"}
  host=${authority##*@}
  # Arguments can be seen by every user, so that a password goes by the environment.
  case $authority in
    *@*)
      user=${authority%@*}
      case $user in *:*) set_password "${user#*:}" ;; esac
      user=${user%%:*}@ ;;
  esac
  case $query in
    *'&password='*)
      rest=${query#*&password=}
      set_password "${rest%%&*}"
      case $rest in *\&*) rest=\&${rest#*&} ;; *) rest='' ;; esac
      query=${query%%&password=*}$rest ;;
  esac
  database=${url%%://*}://$user$host$path
  [ -z "$query" ] || database="$database?${query#?}"
  case $query in *'&host='*) host=${query#*&host=} host=${host%%&*} ;; esac
  case $host in *:*[0-9]) ;; *) host=$host:5432 ;; esac
  name_target "${path#/}"
}

# Every way to this host has one name: a socket leads to the server that a port does.
name_target() {
  case ${host%:*} in
    '' | /* | %2[Ff]* | 127.0.0.1 | ::1 | '[::1]') host=localhost:${host##*:} ;;
  esac
  target=$host/$1
}

# What is percent-encoded in a URL is not in the environment.
set_password() {
  encoded=$1 PGPASSWORD=''
  while :; do
    case $encoded in
      *%[0-9A-Fa-f][0-9A-Fa-f]*) ;;
      *) break ;;
    esac
    hex=${encoded#*%}
    PGPASSWORD=$PGPASSWORD${encoded%%\%*}
    encoded=${hex#??} hex=${hex%"${hex#??}"}
    # shellcheck disable=SC2059 # the format is the character
    PGPASSWORD=$PGPASSWORD$(printf "\\$(printf %03o "0x$hex")")
  done
  PGPASSWORD=$PGPASSWORD$encoded
  export PGPASSWORD
}

# Adds the current event to `sql`. Its texts go in dollar quotes with a tag that none of them holds:
# nothing in them has to be escaped, for no version and no setting of the server.
add_statement() {
  tag=lastgood
  while :; do
    case $scope$done_at$message$fqdn$log_path$run_id$required_scopes in
      *"$tag"*) tag=${tag}_ ;;
      *) break ;;
    esac
  done
  q=\$$tag\$
  sql="$sql
select 'lastgood-event $event_id ' || coalesce(lastgood.record_event(
  p_scope => $q$scope$q, p_done_at => $q$done_at$q, p_status => $status,
  p_message => $q$message$q, p_fqdn => $q$fqdn$q, p_log_path => $q$log_path$q,
  p_event_id => '$event_id', p_run_id => nullif($q$run_id$q, ''),
  p_required_scopes => nullif($q$required_scopes$q, '')::text[])::text, '');"
}

# Sends `sql`; what psql says is in `output`, then.
send() {
  with_limit=''
  # Against a server that stops answering in the middle; libpq limits the connecting only.
  command -v timeout >/dev/null && with_limit='timeout -s KILL 15'
  run_psql
  # An old timeout takes its argument in another way, and then finds no program.
  case $with_limit/$result in timeout*/12[567]) with_limit='' && run_psql ;; esac
  sql=''
}

run_psql() {
  # shellcheck disable=SC2086 # nothing, or two words
  output=$($with_limit "$psql" -X -w -q -A -t -v ON_ERROR_STOP=1 -v VERBOSITY=verbose \
    ${database:+-d "$database"} 2>&1 <<END
set statement_timeout = '10s';$sql
END
  )
  result=$?
}

is_recorded() {
  case $newline$output in *"${newline}lastgood-event $event_id "[0-9]*) return 0 ;; esac
  return 1
}

# Whether the last error is the event's own fault: the SQLSTATE tells.
is_refused() {
  case $output in
    *':  2'[23][0-9A-Z][0-9A-Z][0-9A-Z]': '* | *':  54'[0-9A-Z][0-9A-Z][0-9A-Z]': '*) return 0 ;;
  esac
  return 1
}

# What psql said first, apart from results.
reason() {
  said=$output$newline
  while :; do
    case $said in lastgood-event\ *) said=${said#*"$newline"} ;; *) break ;; esac
  done
  said=${said%%"$newline"*}
  said=${said:-"psql ended with status $result"}
}

# Tries the current event again, without bytes that are no UTF-8, then with nothing but ASCII.
is_recorded_when_cleaned() {
  for cleaner in 'iconv -c -f UTF-8 -t UTF-8' 'tr \200-\377 ?'; do
    case $output in *':  22021: '* | *':  22P05: '*) ;; *) return 1 ;; esac
    for name in scope message fqdn log_path run_id required_scopes; do
      eval "value=\$$name"
      value=$(printf '%s.' "$value" | $cleaner 2>/dev/null)
      [ -z "$value" ] || eval "$name=\${value%.}"
    done
    add_statement
    send
    is_recorded && return 0
  done
  return 1
}

# -- Events that wait -----------------------------------------------------------------------------

find_spool() {
  uid=''
  if [ -n "${LASTGOOD_STATE_DIR:-}" ]; then
    state=$LASTGOOD_STATE_DIR
    case $state in /*) ;; *) state=$PWD/$state ;; esac
  else
    uid=$(id -u)
    if [ "$uid" -eq 0 ]; then
      state=/var/lib/lastgood
    else
      home=${HOME:-}
      [ -n "$home" ] || { home=$(getent passwd "$uid") && home=${home%:*} && home=${home##*:}; }
      state=$home/.local/state/lastgood
      case ${XDG_STATE_HOME:-} in /*) state=$XDG_STATE_HOME/lastgood ;; esac
    fi
  fi
  spool=$state/spool
}

# Whoever may write to the folder could report in our name.
is_spool_private() {
  uid=${uid:-$(id -u)}
  [ -n "$(find "$spool" -prune -type d -user "$uid" ! -perm -020 ! -perm -002 2>/dev/null)" ]
}

render_field() {
  case $2 in
    *"$newline"*) printf '%s=%s\n' "$1" "$2" | sed '2,$s/^/+/' ;;
    *) printf '%s=%s\n' "$1" "$2" ;;
  esac
}

render_event() {
  printf 'format=1\n'
  render_field target "$target"
  render_field event_id "$event_id"
  render_field run_id "$run_id"
  render_field scope "$scope"
  render_field done_at "$done_at"
  render_field status "$status"
  render_field fqdn "$fqdn"
  render_field log_path "$log_path"
  render_field required_scopes "$required_scopes"
  render_field message "$message"
}

# keep_event MARK: MARK is .1 for an event that was refused, else empty.
keep_event() {
  stamp
  kept=$((kept + 1)) mark=$1 IFS=:-
  # shellcheck disable=SC2086 # to be split
  set -- $now
  unset IFS
  name=$1$2$3$4$5-$(printf %03d "$kept")-$event_id$mark.event
  unfinished=$spool/.$name.unfinished complaint=''
  [ -d "$spool" ] || complaint=$(make_spool 2>&1)
  if is_spool_private; then
    complaint=$( (write_event && mv -f "$unfinished" "$spool/$name") 2>&1) && return 0
    rm -f "$unfinished" 2>/dev/null
  elif [ -d "$spool" ]; then
    remark "the report of $scope is lost: $spool is no folder in which only this user can write"
    printf 'hint: Set LASTGOOD_STATE_DIR to a folder of this user.\n' >&2
    return 1
  fi
  remark "the report of $scope is lost: it cannot be written to $spool: ${complaint%%"$newline"*}"
  printf 'hint: Make room there, or set LASTGOOD_STATE_DIR to a folder in which this user can write.\n' >&2
  return 1
}

make_spool() {
  case $uid in 0) (umask 022 && mkdir -p "$state") ;; *) (umask 077 && mkdir -p "$state") ;; esac
  (umask 077 && mkdir "$spool")
}

write_event() (
  umask 077
  render_event | dd of="$unfinished" conv=fsync 2>/dev/null && exit 0
  # A dd without fsync. Unlike printf, cat fails where any part of it cannot be written.
  render_event | cat >"$unfinished"
)

# Reads a file into the current event; false for one that is none, or of a newer format.
read_event() {
  format='' target_of_event='' event_id='' run_id='' scope='' done_at='' status='' fqdn=''
  log_path='' required_scopes='' message='' field=''
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      +*) [ -z "$field" ] || eval "$field=\$$field\$newline\${line#+}" ;;
      *)
        field=${line%%=*} value=${line#*=}
        case $field in
          target) field=target_of_event ;;
          format | event_id | run_id | scope | done_at | status | fqdn | log_path) ;;
          required_scopes | message) ;;
          *) field='' ;;
        esac
        [ -z "$field" ] || eval "$field=\$value" ;;
    esac
  done <"$1" 2>/dev/null
  case $status in 0 | 1 | -1) ;; *) return 1 ;; esac
  case $event_id in *[!0-9A-Fa-f-]* | '') return 1 ;; esac
  [ "$format" = 1 ]
}

# The number of a process and when it started, as src/server/process.ts has it.
identity_of() {
  identity=$1
  { IFS= read -r fields <"/proc/$1/stat"; } 2>/dev/null || return 0
  # shellcheck disable=SC2086 # to be split
  set -- "$1" ${fields##*) }
  identity=$1.${21}
}

take_lock() {
  identity_of $$
  own_identity=$identity
  ln -s "$own_identity" "$spool/lock" 2>/dev/null && return 0
  holder=$(readlink "$spool/lock" 2>/dev/null)
  pid=${holder%%.*}
  if kill -0 "${pid:-none}" 2>/dev/null; then
    identity_of "$pid"
    [ "$identity" = "$holder" ] && return 1
  fi
  # Its holder died.
  rm -f "$spool/lock"
  ln -s "$own_identity" "$spool/lock" 2>/dev/null
}

# Sends what waits, oldest first; at most $1 events.
replay() {
  is_spool_private || { remark "$spool is passed over: others may write there"; return; }
  take_lock || return
  left=$1 obstacles=0 others=''
  for file in "$spool"/*.event; do
    if [ "$left" -eq 0 ] || [ "$obstacles" -ge 3 ]; then break; fi
    [ -e "$file" ] || continue
    left=$((left - 1))
    if read_event "$file"; then replay_event; else count_unreadable; fi
  done
  rm -f "$spool/lock"
  [ "$obstacles" -eq 0 ] || remark "events still wait in $spool: $said"
  [ -z "$others" ] || remark "events still wait for another database ($others); --replay --any-database sends them"
}

replay_event() {
  case $any_database/$target_of_event in
    yes/* | /'' | /"$target") ;;
    *) others=$target_of_event; return ;;
  esac
  add_statement
  send
  if is_recorded || is_recorded_when_cleaned; then
    obstacles=0
    rm -f "$file"
  elif is_refused; then
    count_refusal
  else
    reason
    # With status 2 there is no connection. Else another event may go through, but after three none will.
    case $result in 0 | 3) obstacles=$((obstacles + 1)) ;; *) obstacles=3 ;; esac
  fi
}

# Left alone if it comes from a newer version, or another process has just sent it.
count_unreadable() {
  [ -e "$file" ] && [ -z "$format" ] || return 0
  said='the file is no complete event'
  set_aside
}

count_refusal() {
  reason
  case $file in
    *.2.event) set_aside ;;
    *.1.event) mv -f "$file" "${file%.1.event}.2.event" ;;
    *) mv -f "$file" "${file%.event}.1.event" ;;
  esac
}

set_aside() {
  name=${file##*/}
  (umask 077 && mkdir -p "$spool/refused" && printf '%s\n' "$said" >"$spool/refused/${name%.event}.reason")
  mv -f "$file" "$spool/refused/$name"
  remark "an event was set aside as $spool/refused/$name: $said"
}

# -- What is reported now -------------------------------------------------------------------------

stamp() {
  now=$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)
  case $now in *[!0-9TZ:.-]* | *.Z | '') now=$(date -u +%Y-%m-%dT%H:%M:%SZ) ;; esac
}

new_uuid() {
  { IFS= read -r event_id </proc/sys/kernel/random/uuid; } 2>/dev/null && return 0
  event_id=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n' |
    sed 's/^\(.\{8\}\)\(....\)\(....\)\(....\)\(.\{12\}\)$/\1-\2-\3-\4-\5/')
}

# The whole batch in one call; after an event that is refused, the rest in another one.
report_events() {
  first=1
  while [ "$first" -le "$scopes" ]; do
    number=$first
    while [ "$number" -le "$scopes" ]; do
      take_event "$number"
      add_statement
      number=$((number + 1))
    done
    send
    while [ "$first" -le "$scopes" ] && take_event "$first" && is_recorded; do
      first=$((first + 1))
    done
    [ "$first" -le "$scopes" ] || return 0
    is_refused || return 1
    is_recorded_when_cleaned || { refused=yes; keep_refused; }
    first=$((first + 1))
  done
}

take_event() {
  eval "scope=\$scope_$1 event_id=\$id_$1"
  # Once more, for the event before may have been cleaned.
  message=$given_message fqdn=$given_fqdn log_path=$given_log_path run_id=$given_run_id
}

keep_refused() {
  reason
  remark "the database refused the report: $said"
  keep_event .1 && remark "it is kept in $spool and tried again later"
}

# Those from `first` on.
keep_events() {
  reason
  remark "the database did not take the report: $said"
  what=it saved=''
  while [ "$first" -le "$scopes" ]; do
    take_event "$first"
    if keep_event ''; then saved=yes; else what='the rest'; fi
    first=$((first + 1))
  done
  [ -z "$saved" ] || remark "$what is kept in $spool and sent later"
}

is_anything_waiting() {
  for file in "$spool"/*.event; do
    [ -e "$file" ] && return 0
  done
  return 1
}

find_psql
database=''
find_database
find_spool
sql='' kept=0 refused='' required_scopes=''

if [ -n "$replay_only" ]; then
  is_anything_waiting && replay 1000000
  exit 0
fi

given_fqdn=${given_fqdn:-${LASTGOOD_FQDN:-}}
[ -n "$given_fqdn" ] || given_fqdn=$(hostname -f 2>/dev/null) || given_fqdn=$(uname -n)
# A longer one would not be taken as one argument anyway, and cut in the middle of a character it is cleaned.
[ ${#given_message} -le 65536 ] || given_message=$(printf '%.65536s' "$given_message")
[ -n "$done_at" ] || { stamp; done_at=$now; }
number=1
while [ "$number" -le "$scopes" ]; do
  if [ -n "$given_id" ]; then event_id=$given_id; else new_uuid; fi
  eval "id_$number=\$event_id"
  number=$((number + 1))
done

if report_events; then
  [ -z "$refused" ] && is_anything_waiting && replay 100
else
  keep_events
fi
exit 0
