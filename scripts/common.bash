# Shared by the scripts beside it; sourced, never run.
# shellcheck shell=bash

# Where tools that only the tests need are built and kept, outside the repository so that a clean checkout finds them again.
WHARF_TEST_TOOLS="${WHARF_TEST_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/wharf-test}"
export PATH="$WHARF_TEST_TOOLS/bin:$PATH"

say() { printf '== %s\n' "$*" >&2; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}
