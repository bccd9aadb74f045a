#!/usr/bin/env bash
# make bench: what the API does beside what PostgreSQL alone does with the same statements, on this machine, in one run.
# Writes the table of docs/performance.md. BENCH_SECONDS=2 BENCH_ROUNDS=1 tries the harness and writes nothing.
set -euo pipefail
bench_dir=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../deploy/local/instance.sh
. "$bench_dir/../deploy/local/instance.sh"
# shellcheck source=lib.sh
. "$bench_dir/lib.sh"
# shellcheck source=rows.sh
. "$bench_dir/rows.sh"

SECONDS_EACH=${BENCH_SECONDS:-10}
ROUNDS=${BENCH_ROUNDS:-3}
# At a quarter of the load a hiccup of the machine is most of a p99: more rounds, so that the median is none.
STORM_ROUNDS=${BENCH_ROUNDS:-7}
CLIENTS=32
PAGE=$REPO_DIR/docs/performance.md

cd "$REPO_DIR"
select_instance bench
make_instance_dirs
WORK=$STATE/work
rm -rf "$WORK"
mkdir -p "$WORK" "$STATE/log"

finish() {
    local status=$?
    trap '' INT TERM HUP
    stop_group
    stop_load
    api_stop
    instance_down
    leave_group
    unlock_all
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

ensure_bench_tools
say "Building the programs (release)"
build_programs "${CARGO:-cargo}" build --release --locked -p api-actix -p bench --bins
API=$(built_program api-actix)
BENCH=$(built_program bench)

note_machine
join_one_group
lock bench
instance_up
unlock bench
api_environment
fresh_data
api_start
sign_in
capture_statements

row_point
row_list
row_post
row_memory "the rows above"
api_stop
row_start
api_start
row_storm
row_memory "the storms"

report
