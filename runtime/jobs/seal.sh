#!/bin/sh
# Goes before a script that installs files: lists them with their digests, beside them, so that one that somebody changes is noticed.
# seal FOLDER PATH: PATH is what was installed in FOLDER.
set -eu

seal() {
  (cd "$1" && find "$2" -type f -exec sha256sum {} + | sort -k 2 >checksums.new && mv checksums.new checksums)
}
