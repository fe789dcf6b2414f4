#!/bin/sh
# Writes the metrics of lastgood for node_exporter's textfile collector. Run it every few minutes
# from crontab; node_exporter runs with --collector.textfile.directory set to the same folder:
#
#   textfile-collector.sh [FOLDER]
#
# The file is replaced in one step, so that node_exporter never reads half of it. Where there is a
# verdict, good or bad, the exit status is 0. Where there is none it is 3, and the old file stays:
# its timestamps are still true and still grow old, and without it alerts would end that have no
# reason to. That it is old is told by node_textfile_mtime_seconds: see prometheus-rules.yml.
set -u
folder=${1:-/var/lib/prometheus/node-exporter}

# A name without .prom: node_exporter passes it over.
new=$(mktemp "$folder/lastgood.XXXXXX") || exit 3
trap 'rm -f "$new"' EXIT
trap 'exit 3' HUP INT TERM

lastgood check --output prometheus --timeout 30 >"$new"
status=$?
# A disk that is full cuts the file short; this metric is the last one.
if [ "$status" -gt 2 ] || ! grep -q '^lastgood_check_last_run_timestamp_seconds ' "$new"; then
  echo "textfile-collector.sh: no verdict (status $status); $folder/lastgood.prom is left as it was" >&2
  exit 3
fi
chmod 644 "$new" && mv -f "$new" "$folder/lastgood.prom" || exit 3
