#!/bin/bash
# The backup of backup.sh on a host without Node: it reports by itself, with log-backup-event.sh,
# which needs sh and psql only. Copy that one file to /usr/local/bin. Its exit status is 0 whatever
# becomes of a report, so that "set -e" never ends a backup because of it.
set -euo pipefail
umask 077

folder=${BACKUP_FOLDER:-/var/backups/app}
database=${BACKUP_DATABASE:-app}
files=${BACKUP_FILES:-/srv/app}
stamp=$(date -u +%Y%m%dT%H%M%SZ)
dump=$folder/db-$stamp.sql.gz archive=$folder/files-$stamp.tar.gz log=$folder/$stamp.log

report() { # STATUS MESSAGE
  log-backup-event.sh --scope db --scope files --status "$1" --message "$2" \
    --run-id "$stamp-$$" --log-path "$log"
}

# Whatever ends the script, Ctrl-C and kill too, is reported; SIGKILL alone leaves a start without
# an end, which is shown as running and later as stuck.
finish() {
  local status=$?
  trap - EXIT
  rm -f "$dump.unfinished" "$archive.unfinished"
  if [[ $status -eq 0 ]]; then
    report completed "backup finished"
  else
    report failed "backup ended with status $status: $(tail -n 20 "$log")"
  fi
  exit "$status"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

exec 2>"$log"
report started "backup started"
pg_dump --dbname="$database" | gzip >"$dump.unfinished"
tar --create --gzip --file="$archive.unfinished" --directory="$files" .
gzip --test "$dump.unfinished" "$archive.unfinished"
mv "$dump.unfinished" "$dump"
mv "$archive.unfinished" "$archive"
