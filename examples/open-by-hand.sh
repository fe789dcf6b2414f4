#!/usr/bin/env bash
# Opens a backup without lastgood and its database, from a folder of type local-fs in layout pack. It takes
# zstd and jq, and age where the backup is encrypted.
#
#   open-by-hand.sh FOLDER MANIFEST              lists the files
#   open-by-hand.sh FOLDER MANIFEST PATH >FILE   gets one of them
#
#   FOLDER    that of the provider, such as /srv/backups
#   MANIFEST  such as manifests/etc-20260131T020000Z.manifest, below it
#   IDENTITY  a variable: the file with the age identity, for what is encrypted
set -euo pipefail
folder=$1 manifest=$1/$2 path=${3-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

part() { # FILE OFFSET LENGTH
  dd if="$1" bs=64K iflag=skip_bytes,count_bytes skip="$2" count="$3" status=none
}

decode() {
  if [[ -n ${IDENTITY-} ]]; then age --decrypt --identity "$IDENTITY"; else cat; fi | zstd -dcq
}

# The trailer tells where the directory is, the directory how long each block is.
read -r offset directory length < <(part "$manifest" $(($(stat -c %s "$manifest") - 72)) 24 |
  od -An -tu8 --endian=big -w24)
for size in $(part "$manifest" "$directory" "$length" | decode | jq '.blocks[][2]'); do
  part "$manifest" "$offset" "$size" | decode
  echo
  offset=$((offset + size))
done >"$work/entries"

if [[ -z $path ]]; then
  # Names are kept a character a byte.
  jq -r 'select(.t == "f").p' "$work/entries" | iconv -f utf8 -t latin1
  exit
fi
p=$(printf %s "$path" | iconv -f latin1 -t utf8)
jq -c --arg p "$p" 'select(.p == $p).c // empty' "$work/entries" >"$work/content"
[[ -s $work/content ]] || { echo "there is no file $path" >&2 && exit 1; }

# Where it lies: the pack, the offset of the first frame, bytes to skip in it, lengths of the frames.
while read -r pack offset skip lengths; do
  for length in $lengths; do
    part "$folder/packs/${pack:0:2}/$pack.pack" "$offset" "$length" | decode
    offset=$((offset + length))
  done >"$work/frames"
  part "$work/frames" "$skip" "$(stat -c %s "$work/frames")"
done < <(jq -r '.[2:][] | map(tostring) | join(" ")' "$work/content") >"$work/file"
truncate --size="$(jq '.[0]' "$work/content")" "$work/file"
echo "$(jq -r '.[1]' "$work/content")  $work/file" | sha256sum --check --quiet
cat "$work/file"
