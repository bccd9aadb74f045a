#!/usr/bin/env bash
# make run, make dev, make demo: PostgreSQL, Redis, migrations, demonstration data, API and scheduler, in one command.
#   run    until Ctrl-C (or TERM), which stops everything that this script has started; the data stay in .local/dev
#   dev    the same, with the logs on the terminal, rebuilt and restarted when a source file changes
#   demo   only prepares the database with the demonstration data
set -euo pipefail
# shellcheck source=instance.sh
. "$(dirname "${BASH_SOURCE[0]}")/instance.sh"
# shellcheck source=app.sh
. "$(dirname "${BASH_SOURCE[0]}")/app.sh"

mode=${1:-run}
case $mode in run | dev | demo) ;; *) die "run.sh run|dev|demo" ;; esac
cd "$REPO_DIR"
select_instance dev

stop_postgres=
stop_redis=
tail_pid=
registered=
DEMONSTRATION=

finish() {
    local status=$?
    trap '' INT TERM HUP
    stop_group
    if [ -n "$tail_pid" ]; then kill "$tail_pid" 2>/dev/null || true; fi
    app_stop
    [ -z "$stop_redis" ] || redis_down
    [ -z "$stop_postgres" ] || pg_down
    [ -z "$registered" ] || rm -f "$STATE/run.pid"
    unlock_all
    [ "$mode" = demo ] || [ "$status" -ne 0 ] || say "Stopped. The data are kept in .local/dev; make clean-local starts anew."
    exit "$status"
}

asked_port=$(setting PORT)
choose_port() {
    PORT=$asked_port
    if [ -n "$PORT" ]; then
        ! port_in_use "$PORT" || die "port $PORT is taken; choose another PORT, or leave it unset for the first free one."
        return 0
    fi
    for PORT in 8000 8001 8002 8003 8004 8005 8006 8007 8008 8009; do
        port_in_use "$PORT" || return 0
    done
    PORT=$(pick_port)
}

start_stack() {
    lock dev
    stop_postgres=1
    stop_redis=1
    # What ran before is left running at the end, unless a killed run of this script had left it.
    if [ -z "$adopt" ]; then
        ! pg_pid >/dev/null || stop_postgres=
        ! redis_pid >/dev/null || stop_redis=
    fi
    instance_up
    unlock dev
}

welcome() {
    local url=http://127.0.0.1:$PORT tools=''
    [ ! -d "$TOOLS_BIN" ] || tools="PATH=\$PATH:$TOOLS_BIN     # curl and jq, where the system has none"
    cat <<WELCOME

  ERP MIF Maroc is running                 $url
  API documentation                        $url/docs  (or /redoc)
  Stop with Ctrl-C; the data are kept. Logs and mail: .local/dev/log, .local/dev/mail

WELCOME
    [ -n "$DEMONSTRATION" ] || return 0
    cat <<WELCOME
  Demonstration accounts (password $DEMO_PASSWORD)
    admin@mif.ma   responsable@mif.ma   technicien@mif.ma   client@mif.ma      also without @mif.ma

  Try first, in another terminal:${tools:+
    $tools}
    TOKEN=\$(curl -s $url/api/v1/auth/login -H 'Content-Type: application/json' \\
      -d '{"username":"responsable","password":"$DEMO_PASSWORD"}' | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
    curl -s "$url/api/v1/users/me" -H "Authorization: Bearer \$TOKEN"
    curl -s "$url/api/v1/interventions?statut=en_cours&limit=3" -H "Authorization: Bearer \$TOKEN"

WELCOME
}

sources_changed() {
    # A file that is gone has changed its directory.
    [ -n "$(find crates migrations third_party Cargo.toml Cargo.lock -newer "$STATE/watch" -print -quit 2>/dev/null)" ]
}

# One second between looks; `wait` instead of a plain sleep, so that a signal is acted upon at once.
pause() {
    sleep "$1" &
    wait $! || true
}

supervise() {
    while app_alive; do pause 1; done
    app_show_logs
    die "the API or the scheduler has ended."
}

not_running() {
    app_stop
    say "---- not running; waiting for the next change"
}

# Says once that a program has ended by itself, and ends the other one with it.
notice_end() {
    [ -n "$API_PID" ] && ! app_alive || return 0
    app_stop
    say "---- the API or the scheduler has ended; waiting for the next change"
}

watch_sources() {
    while :; do
        pause 1
        if ! sources_changed; then
            notice_end
            continue
        fi
        touch "$STATE/watch"
        say "---- change seen: building"
        if app_build; then
            app_stop
            if app_migrate_and_seed && app_start && app_wait_ready; then
                say "---- restarted: http://127.0.0.1:$PORT"
            else
                not_running
            fi
        else
            if [ -n "$API_PID" ]; then
                say "---- the build failed; the last good version goes on"
            else
                say "---- the build failed; nothing runs, waiting for the next change"
            fi
        fi
    done
}

make_instance_dirs
running=$(cat "$STATE/run.pid" 2>/dev/null || true)
if process_is "$running" "$0"; then
    die "already running here (process $running): stop that one with Ctrl-C, or by: kill $running"
fi
adopt=$running
trap finish EXIT
trap 'exit 0' INT TERM HUP
printf '%s\n' $$ >"$STATE/run.pid"
registered=1
mkdir -p "$STATE/log"
app_stop_leftovers

# A port that is taken is told now, not after minutes of building; another may take it meanwhile.
choose_port
# The README's tour uses them: nothing here fails without.
ensure_tools curl jq || true
start_stack
touch "$STATE/watch"
app_build
choose_port
app_environment
app_migrate_and_seed
[ "$mode" != demo ] || { [ -n "$DEMONSTRATION" ] && exit 0 || exit 1; }

app_start
if [ "$mode" = dev ]; then
    tail -n 0 -F "$STATE/log/api.log" "$STATE/log/scheduler.log" 2>/dev/null &
    tail_pid=$!
fi
if app_wait_ready; then
    welcome
else
    app_show_logs
    [ "$mode" = dev ] || die "the API did not become ready."
    not_running
fi
if [ "$mode" = dev ]; then watch_sources; else supervise; fi
