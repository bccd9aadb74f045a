#!/usr/bin/env bash
# make test: every test of the workspace, against a PostgreSQL and a Redis made for this run and removed after it.
# Arguments go to `cargo test`; -p CRATE runs the tests of that crate only.
set -euo pipefail
# shellcheck source=instance.sh
. "$(dirname "${BASH_SOURCE[0]}")/instance.sh"

cargo=${CARGO:-cargo}
cd "$REPO_DIR"

finish() {
    local status=$?
    trap '' INT TERM HUP
    stop_group
    # Before the sweep, which selects other instances.
    select_instance "test-$$"
    instance_reset
    sweep_test_instances
    unlock_all
    exit "$status"
}

# A table of what has run: which test program is of which crate stands in build.json, how many passed in the output.
count_tests() {
    local total=$SECONDS
    sed -n 's/.*"manifest_path":"\([^"]*\)\/Cargo.toml".*"executable":"\([^"]*\)".*/built \1 \2/p' "$STATE/build.json" |
        awk -v root="$REPO_DIR/" -v built="$built" -v total="$total" '
            function base(path) { sub(/.*\//, "", path); sub(/[)]$/, "", path); return path }
            BEGIN {
                layers = "rules:domain use-cases:application adapters:infra-.* HTTP:api-actix scheduler:scheduler black-box:tests other:.*"
            }
            $1 == "built" { crate = $2; sub(root, "", crate); of[base($3)] = base(crate); next }
            /^ *Running .*[(]/ { crate = of[base($NF)] }
            /^ *Doc-tests / { crate = $2; gsub(/_/, "-", crate) }
            /^test result: / {
                if (crate == "") crate = "?"
                if ($4 + $6 == 0) { crate = ""; next }
                if (!(crate in passed)) order[++crates] = crate
                for (i = 3; i < NF; i++) {
                    if ($(i + 1) ~ /^passed/) passed[crate] += $i
                    if ($(i + 1) ~ /^failed/) failed[crate] += $i
                }
                time = $NF; sub(/s$/, "", time); seconds[crate] += time
                crate = ""
            }
            END {
                printf "\n%-12s %-16s %7s %7s %8s\n", "layer", "crate", "passed", "failed", "seconds"
                n = split(layers, layer, " ")
                for (l = 1; l <= n; l++) {
                    split(layer[l], part, ":")
                    for (c = 1; c <= crates; c++) {
                        name = order[c]
                        if (name in shown || name !~ "^(" part[2] ")$") continue
                        shown[name] = 1; all += passed[name]; bad += failed[name]
                        printf "%-12s %-16s %7d %7d %8.1f\n", part[1], name, passed[name], failed[name], seconds[name]
                    }
                }
                printf "%-12s %-16s %7d %7d\nbuilt in %d s, tested in %d s, %d s altogether\n", "all", "", all, bad, built, total - built, total
            }' - "$STATE/output.log" >&2
}

select_instance "test-$$"
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

sweep_test_instances
select_instance "test-$$"
make_instance_dirs
printf '%s\n' $$ >"$STATE/owner"
instance_up
# shellcheck source=/dev/null
. "$STATE/env"

# The README's tour is a test and uses them.
ensure_tools curl jq

# The outcome must not depend on what the caller's shell holds for the product: every name of the documented settings.
# shellcheck disable=SC2046  # one word per name
unset $(sed -n -e 's/^| `\([A-Z0-9_]*\)` .*Also read from `\([A-Z0-9_]*\)`.*/\1 \2/p' -e t -e 's/^| `\([A-Z0-9_]*\)` .*/\1/p' docs/configuration.md)

# One build with one set of features for everything, both programs included: the black-box tests start those.
build_programs "$cargo" test --workspace --locked --no-run
built=$SECONDS
whole=--workspace
for argument in "$@"; do
    case $argument in -p | -p?* | --package | --package=*) whole= ;; esac
done

# What the tests print goes to the terminal and through the count.
mkfifo "$STATE/output"
tee "$STATE/output.log" <"$STATE/output" &
teller=$!
status=0
run_group "$cargo" test ${whole:+"$whole"} --locked "$@" >"$STATE/output" 2>&1 || status=$?
wait "$teller" || true
count_tests
exit "$status"
