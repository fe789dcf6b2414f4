#!/bin/bash
# Takes a backup of each of these sources and proves it. Silent with status 0 where all is well, so that
# cron mails what is not:
#
#   30 2 * * * /usr/local/sbin/backup-nightly.sh shop etc
#
#   BACKUP_PROVIDERS  where to, names with spaces between them; else the only provider there is
#   BACKUP_LEVEL      how far to verify: decode, or stored, checksum, restore
#
# 0  every backup is COMPLETE, and verified
# 1  one failed, lacks something, or is corrupt or missing
# 3  one could not be taken or checked, because something did not answer; none is known to be bad
set -uo pipefail
level=${BACKUP_LEVEL:-decode}
providers=()
for name in ${BACKUP_PROVIDERS-}; do providers+=(--provider "$name"); done

said=$(mktemp)
trap 'rm -f "$said"' EXIT
worst=0

trouble() { # STATUS WHAT
  printf '%s (status %s)\n' "$2" "$1"
  sed 's/^/  /' "$said"
  # What is bad outweighs what could not be determined.
  if [[ $1 -ne 3 ]]; then worst=1; elif [[ $worst -eq 0 ]]; then worst=3; fi
}

for source in "$@"; do
  backup=$(lastgood backup create "$source" "${providers[@]}" 2>"$said") || {
    trouble $? "no complete backup of $source"
    continue
  }
  lastgood backup verify "$backup" --level "$level" >"$said" 2>&1 ||
    trouble $? "backup $backup of $source is not proven"
done
exit "$worst"
