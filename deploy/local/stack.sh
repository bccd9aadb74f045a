#!/usr/bin/env bash
# A private PostgreSQL and Redis for this checkout, by instance name.
set -euo pipefail
# shellcheck source=instance.sh
. "$(dirname "${BASH_SOURCE[0]}")/instance.sh"

usage() {
    cat >&2 <<'USAGE'
usage: stack.sh COMMAND [NAME]      NAME is dev unless given; test and test-… are made for tests (fast, not durable)
  up NAME                   start what is not running; addresses in .local/NAME/env
  env NAME                  print those addresses: eval "$(deploy/local/stack.sh env NAME)"
  status NAME               what runs
  kill NAME postgres|redis  end one server as a crash would; up starts it again on the same port
  down NAME                 stop; the data stay
  reset NAME                stop and delete the data
  reset-all                 reset every instance of this checkout
An instance named test-… belongs to the process that called up, and is removed by a later test run once that process is gone.
USAGE
    exit 2
}

[ $# -ge 1 ] || usage
command=$1
name=${2:-dev}

case $command in
    up | down | reset | env | status | kill) select_instance "$name" ;;
    reset-all) resolve_server_account ;;
    *) usage ;;
esac
trap unlock_all EXIT
trap 'exit 130' INT TERM HUP

case $command in
    up)
        lock "$name"
        case $name in test-*) make_instance_dirs && printf '%s\n' "$PPID" >"$STATE/owner" ;; esac
        instance_up
        ;;
    down)
        lock "$name"
        instance_down
        ;;
    reset)
        lock "$name"
        instance_reset
        ;;
    env)
        cat "$STATE/env" 2>/dev/null || die "there is no instance $name: deploy/local/stack.sh up $name"
        ;;
    status) instance_status ;;
    kill) instance_kill "${3:-}" ;;
    reset-all)
        for name in $(instance_names); do
            select_instance "$name"
            instance_reset
        done
        ;;
esac
