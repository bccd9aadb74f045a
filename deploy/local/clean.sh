#!/usr/bin/env bash
# make clean-local: stops what runs from this checkout and deletes all its data. Downloaded servers are kept.
set -euo pipefail
# shellcheck source=instance.sh
. "$(dirname "${BASH_SOURCE[0]}")/instance.sh"
# shellcheck source=app.sh
. "$(dirname "${BASH_SOURCE[0]}")/app.sh"

cd "$REPO_DIR"
select_instance dev
# A running `make run` ends by itself in good order; then what a killed one may have left.
stop_process "$(cat "$STATE/run.pid" 2>/dev/null || true)" run.sh 60
app_stop_leftovers
for name in $(instance_names); do
    select_instance "$name"
    instance_reset
done
find "$LOCAL_DIR" -mindepth 1 -maxdepth 1 ! -name pkg -exec rm -rf {} +
[ "$SERVER_BASE" = "$LOCAL_DIR" ] || [ -d "$SERVER_BASE/pkg" ] || rm -rf "$SERVER_BASE"
say "Clean: no server of this checkout runs and its data are gone."
