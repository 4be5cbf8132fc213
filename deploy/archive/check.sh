#!/usr/bin/env bash
# Tries a release archive where nothing else of Freshet is: unpacks it in an empty folder and runs what needs no broker, without
# Maven. Ends with an error where anything does not work.
#
#   deploy/archive/check.sh target/freshet-0.1.0.tar.gz
set -euo pipefail

archive="$(realpath "$1")"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"

# A mvn that says that it was called, in front of any other.
mkdir bin
printf '#!/bin/sh\necho "the launcher of an archive called mvn" >&2\nexit 99\n' >bin/mvn
chmod +x bin/mvn
export PATH="$work/bin:$PATH" FRESHET_HEAP=1g

tar xzf "$archive"
[[ "$(ls -d freshet-*)" == "$(basename "$archive" .tar.gz)" ]] # one folder, named as the archive
cd freshet-*
./freshet --version
./freshet check --config deploy/guide/quickstart.yaml --file-only
./freshet simulate --out events --minutes 100 --requests-per-minute 10
./freshet replay --events events --out out >summary.txt
snapshot="$(ls -d out/snapshots/*/ | tail -n 1)"
gzip -dc events/impressions.jsonl.gz | sed -n 1,3p | ./freshet rank --snapshot "$snapshot" >scores.txt
[[ "$(wc -l <scores.txt)" == 3 ]]
./freshet snapshot verify "$snapshot"
printf 'the archive works: %s\n' "$archive"
