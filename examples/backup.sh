#!/bin/bash
# A backup script as it may be there already: it knows nothing of lastgood. This reports it:
#
#   lastgood exec --scope db --scope files -- /usr/local/sbin/backup.sh
#
# exec believes the exit status, so it must be right. "pipefail" is what makes it so: without it a
# pg_dump that fails before a gzip that does not is a success, and 20 bytes are a backup. A plain sh
# may not know it; there, dump into a file first and compress it after.
#
# Both scopes get one verdict here. Run exec once for each part to tell them apart.
set -euo pipefail
umask 077

folder=${BACKUP_FOLDER:-/var/backups/app}
database=${BACKUP_DATABASE:-app}
files=${BACKUP_FILES:-/srv/app}
stamp=$(date -u +%Y%m%dT%H%M%SZ)
dump=$folder/db-$stamp.sql.gz archive=$folder/files-$stamp.tar.gz

# What is cut short never has the name of a backup.
trap 'rm -f "$dump.unfinished" "$archive.unfinished"' EXIT
pg_dump --dbname="$database" | gzip >"$dump.unfinished"
# tar ends with 1 where a file changed while it was read: that is a failure here.
tar --create --gzip --file="$archive.unfinished" --directory="$files" .
gzip --test "$dump.unfinished" "$archive.unfinished"
mv "$dump.unfinished" "$dump"
mv "$archive.unfinished" "$archive"
