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

# The outcome must not depend on what the caller's shell holds for the product.
unset DATABASE_URL REDIS_URL APP_ENV HOST PORT JWT_SECRET_KEY SECRET_KEY SMTP_URL SMTP_HOST MAIL_DIR DEMO_PASSWORD

# One build with one set of features for everything, both programs included: the black-box tests start those.
run_group "$cargo" test --workspace --locked --no-run
whole=--workspace
for argument in "$@"; do
    case $argument in -p | -p?* | --package | --package=*) whole= ;; esac
done
run_group "$cargo" test ${whole:+"$whole"} --locked "$@"
