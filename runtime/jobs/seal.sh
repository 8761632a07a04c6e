#!/bin/sh
# Goes before a script that installs files: lists them with their digests, beside them, so that one that somebody changes is noticed.
# Nobody but who may read the files may read the list, and it is in no state and no log.
set -eu

# seal FOLDER [PATH [EXPRESSION]]: what was installed in FOLDER, at PATH in it; of that, what matches EXPRESSION.
seal() {
  (cd "$1" && find "${2:-.}" -type f ! -name '.*' ! -name '*.new' ! -name checksums -exec sha256sum {} + |
    grep -E "  ${3:-}" | sort -k 2 >checksums.new && mv checksums.new checksums)
}

# unseal FOLDER NAME: takes a file and its revision from the list, before they are made anew.
unseal() {
  [ -s "$1/checksums" ] || return 0
  { grep -vE "  \./$2(\.revision)?\$" "$1/checksums" || true; } >"$1/checksums.new"
  mv "$1/checksums.new" "$1/checksums"
}

# changed_in FOLDER: names of the files that are not as they were installed.
changed_in() {
  [ -s "$1/checksums" ] || return 0
  (cd "$1" && sha256sum -c checksums 2>/dev/null || true) | sed -n '/: FAILED/{s|: FAILED.*||;s|^\./||;p;}'
}

# take_from SOURCE FOLDER NAME: puts a file back from a copy; fails where the copy is not what was installed.
take_from() {
  [ -s "$1" ] && grep -qxF "$(sha256sum <"$1" | cut -d ' ' -f 1)  ./$3" "$2/checksums" || return 1
  cp "$1" "$2/.$3.new" && mv "$2/.$3.new" "$2/$3"
}

# not_to_be_made_again VOLUME NAME WAY: only a backup has it.
not_to_be_made_again() {
  echo "$2 in the volume $ENVIRONMENT-$1 was changed or removed by hand, and nothing else has it. $3" >&2
}
