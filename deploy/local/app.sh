# shellcheck shell=bash
# Builds, starts, watches and stops the two programs for run.sh.

# Overridable, so that the scripts can be tried without a build: CARGO=true API_BIN=… SCHEDULER_BIN=…
CARGO=${CARGO:-cargo}
BUILD=("$CARGO" build --workspace --bins --locked)
[ "${RELEASE:-}" != 1 ] || BUILD+=(--release)
GIVEN_API_BIN=${API_BIN:-}
GIVEN_SCHEDULER_BIN=${SCHEDULER_BIN:-}

API_PID=
SCHEDULER_PID=

app_build() {
    build_programs "${BUILD[@]}" || return 1
    API_BIN=${GIVEN_API_BIN:-$(built_program api-actix)}
    SCHEDULER_BIN=${GIVEN_SCHEDULER_BIN:-$(built_program scheduler)}
}

app_environment() {
    # shellcheck source=/dev/null
    . "$STATE/env"
    export APP_ENV=development HOST=127.0.0.1 PORT
    JWT_SECRET_KEY=$(setting JWT_SECRET_KEY)
    [ -n "$JWT_SECRET_KEY" ] || JWT_SECRET_KEY=$(secret_file "$STATE/secret")
    DEMO_PASSWORD=$(setting DEMO_PASSWORD)
    [ -n "$DEMO_PASSWORD" ] || DEMO_PASSWORD='Demo-MIF-2026!'
    MAIL_DIR=$(setting MAIL_DIR)
    [ -n "$MAIL_DIR" ] || MAIL_DIR=$STATE/mail
    mkdir -p "$MAIL_DIR"
    # Where this run is reached: what e-mails link to.
    PUBLIC_BASE_URL=$(setting PUBLIC_BASE_URL)
    [ -n "$PUBLIC_BASE_URL" ] || PUBLIC_BASE_URL=http://127.0.0.1:$PORT
    # Not the machine's common place, where another checkout may run one.
    SCHEDULER_HEARTBEAT_FILE=$STATE/scheduler.heartbeat
    export JWT_SECRET_KEY DEMO_PASSWORD MAIL_DIR PUBLIC_BASE_URL SCHEDULER_HEARTBEAT_FILE
}

# Without set -e, which a caller's `if` switches off. A demonstration half made (Ctrl-C at the first start) is made
# again, in the database that is ours; somebody else's data are left as they are.
app_migrate_and_seed() {
    local holds
    run_group "$API_BIN" migrate || return 1
    run_group "$API_BIN" seed-demo --check >"$STATE/holds" || return 1
    holds=$(grep -x -e empty -e demonstration -e other "$STATE/holds") || return 1
    if [ "$holds" = other ] && [ -f "$STATE/seeding" ] && [ -z "$OUTSIDE_DATABASE" ]; then
        say "The demonstration was interrupted when it was made: making it again."
        pg_recreate_database || die "its remains could not be deleted: make clean-local, then again."
        run_group "$API_BIN" migrate || return 1
        holds=empty
    fi
    if [ "$holds" = other ]; then
        say "The database holds accounts that are not the demonstration's: nothing is added, sign in with those."
        DEMONSTRATION=
        return 0
    fi
    if [ "$holds" = empty ] && [ -z "$OUTSIDE_DATABASE" ]; then : >"$STATE/seeding"; fi
    run_group "$API_BIN" seed-demo || return 1
    rm -f "$STATE/seeding"
    # shellcheck disable=SC2034  # read by run.sh
    DEMONSTRATION=1
}

app_start() {
    # Each in a process group of its own: Ctrl-C reaches this script, which stops them in good order.
    set -m
    "$API_BIN" serve </dev/null >"$STATE/log/api.log" 2>&1 &
    API_PID=$!
    "$SCHEDULER_BIN" run </dev/null >"$STATE/log/scheduler.log" 2>&1 &
    SCHEDULER_PID=$!
    set +m
    # With what is running: the next script may have been told of other programs.
    printf '%s %s\n' "$API_PID" "$API_BIN" >"$STATE/api.pid"
    printf '%s %s\n' "$SCHEDULER_PID" "$SCHEDULER_BIN" >"$STATE/scheduler.pid"
}

app_alive() {
    [ -n "$API_PID" ] && kill -0 "$API_PID" 2>/dev/null && [ -n "$SCHEDULER_PID" ] && kill -0 "$SCHEDULER_PID" 2>/dev/null
}

app_stop() {
    [ -z "$API_PID" ] || kill -TERM "$API_PID" 2>/dev/null || true
    [ -z "$SCHEDULER_PID" ] || kill -TERM "$SCHEDULER_PID" 2>/dev/null || true
    [ -z "$API_PID" ] || stop_process "$API_PID" "$API_BIN" 15
    [ -z "$SCHEDULER_PID" ] || stop_process "$SCHEDULER_PID" "$SCHEDULER_BIN" 15
    API_PID='' SCHEDULER_PID=''
    rm -f "$STATE/api.pid" "$STATE/scheduler.pid"
}

# Programs that a killed run left behind.
app_stop_leftovers() {
    local file pid program
    for file in "$STATE/api.pid" "$STATE/scheduler.pid"; do
        [ -f "$file" ] || continue
        read -r pid program <"$file" || true
        [ -z "$program" ] || stop_process "$pid" "$program" 15
        rm -f "$file"
    done
}

app_show_logs() {
    say "---- the last lines of the API's and the scheduler's log"
    tail -n 25 "$STATE/log/api.log" "$STATE/log/scheduler.log" >&2 || true
}

# Status code of GET PATH on PORT, without a client program.
http_status() {
    local line
    (
        exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
        printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n\r\n' "$2" "$1" >&3
        IFS= read -r -t 2 line <&3 || exit 1
        line=${line#* }
        printf '%s' "${line%% *}"
    ) 2>/dev/null
}

# Waits until the API says that it is ready; fails when a program ends before.
app_wait_ready() {
    local deadline=$((SECONDS + 60))
    while app_alive; do
        [ "$(http_status "$PORT" /health/ready)" != 200 ] || return 0
        [ "$SECONDS" -lt "$deadline" ] || break
        sleep 0.1
    done
    return 1
}
