# shellcheck shell=bash
# One private PostgreSQL cluster per instance: 127.0.0.1 only, no Unix socket, passwords only (SCRAM).

pg_data() { printf '%s' "$SERVERS/postgres"; }

# Prints the postmaster's process id when the instance's own server is running.
pg_pid() {
    local pid
    pid=$(head -n 1 "$(pg_data)/postmaster.pid" 2>/dev/null) || return 1
    process_is "$pid" "$(pg_data)" && printf '%s' "$pid"
}

pg_version_of_data() { cat "$(pg_data)/PG_VERSION" 2>/dev/null || true; }

pg_url() { # pg_url ROLE PASSWORD-FILE
    printf 'postgresql://%s:%s@127.0.0.1:%s/erp_db' "$1" "$(cat "$2")" "$(cat "$STATE/postgres.port")"
}

# Settings of this instance. Tests give durability away for speed; a demonstration keeps it.
pg_settings() {
    cat <<SETTINGS
# Rewritten at every start by deploy/local/postgres.sh.
listen_addresses = '127.0.0.1'
port = $1
unix_socket_directories = ''
cluster_name = 'mif-erp-$INSTANCE'
max_connections = 300
shared_buffers = 256MB
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %u@%d '
# Short statements only: compiling them costs more than it saves.
jit = off
SETTINGS
    if is_test_instance; then
        cat <<SETTINGS
fsync = off
synchronous_commit = off
full_page_writes = off
max_wal_size = 4GB
checkpoint_timeout = 30min
SETTINGS
    elif [ "$(uname)" = Linux ]; then
        # One syncfs after a crash instead of opening every file.
        printf 'recovery_init_sync_method = syncfs\n'
    fi
}

pg_locale() {
    local name known
    known=$(locale -a 2>/dev/null || true)
    for name in C.UTF-8 C.utf8 en_US.UTF-8; do
        if grep -qix "$name" <<<"$known"; then
            printf '%s' "$name"
            return 0
        fi
    done
    printf 'C'
}

# Makes the cluster beside its final place and moves it there when it is complete, so that an interrupted start is
# simply done again.
pg_create() {
    local data new pwfile sync=() log=$STATE/initdb.log super
    data=$(pg_data)
    new=$data.new
    pwfile=$SERVERS/initdb.password
    ! is_test_instance || sync=(--no-sync)
    rm -rf "$new"
    (umask 077 && secret_file "$STATE/postgres.superuser-password" >"$pwfile")
    give_to_server "$pwfile"
    secret_file "$STATE/postgres.password" >/dev/null
    if ! as_server "$PG_BIN/initdb" -D "$new" --username=postgres --pwfile="$pwfile" --auth=scram-sha-256 \
        --encoding=UTF8 --locale="$(pg_locale)" ${sync[@]+"${sync[@]}"} </dev/null >"$log" 2>&1; then
        rm -f "$pwfile"
        tail -n 15 "$log" >&2
        [ -d /usr/share/zoneinfo ] || say "PostgreSQL reads the system's time zones: install tzdata."
        die "PostgreSQL's data directory could not be made (log: $log)."
    fi
    rm -f "$pwfile"
    as_server tee -a "$new/postgresql.conf" >/dev/null <<<"include_if_exists = 'instance.conf'"

    # In single-user mode no client program is needed. Tests make databases and end connections: they get a superuser.
    super=NOSUPERUSER
    ! is_test_instance || super=SUPERUSER
    if ! as_server "$PG_BIN/postgres" --single -D "$new" -c exit_on_error=on postgres >"$log" 2>&1 <<SQL; then
CREATE ROLE erp_user LOGIN $super PASSWORD '$(cat "$STATE/postgres.password")'
CREATE DATABASE erp_db OWNER erp_user
SQL
        tail -n 15 "$log" >&2
        die "the role and the database could not be made (log: $log)."
    fi
    as_server mv "$new" "$data"
    rm -f "$log"
}

# After it the instance's PostgreSQL accepts connections.
pg_up() {
    local data log attempt
    data=$(pg_data)
    log=$SERVERS/postgres.log
    ! pg_pid >/dev/null || return 0
    [ -f "$data/PG_VERSION" ] || pg_create
    # Not our process (checked above): left by a crash, or copied with the tree.
    rm -f "$data/postmaster.pid"
    for attempt in 1 2 3 4 5 6 7 8; do
        pg_settings "$(kept_port "$STATE/postgres.port")" | server_write "$data/instance.conf"
        server_write "$log" </dev/null
        if as_server "$PG_BIN/pg_ctl" -D "$data" -l "$log" -w -t 120 start </dev/null >/dev/null 2>&1; then
            return 0
        fi
        # Somebody took the port in between, or the last process of a killed server is still leaving.
        grep -q -e 'Address already in use' -e 'still in use' "$log" || break
        sleep 0.5
    done
    tail -n 15 "$log" >&2
    die "PostgreSQL did not start (attempt $attempt, log: $log)."
}

# pg_superuser ARGUMENT...: psql as the cluster's superuser.
pg_superuser() {
    PGPASSWORD=$(cat "$STATE/postgres.superuser-password") "${PSQL:-$PG_BIN/psql}" -X -q -At -v ON_ERROR_STOP=1 \
        -h 127.0.0.1 -p "$(cat "$STATE/postgres.port")" -U postgres "$@"
}

# An empty erp_db in the place of the present one.
pg_recreate_database() {
    pg_superuser -c 'DROP DATABASE IF EXISTS erp_db WITH (FORCE)' -c 'CREATE DATABASE erp_db OWNER erp_user' postgres
}

pg_down() {
    local pid
    pid=$(pg_pid) || return 0
    # INT is PostgreSQL's fast stop: sessions end, everything is written.
    kill -INT "$pid" 2>/dev/null || return 0
    local left=300
    while process_is "$pid" "$(pg_data)"; do
        if [ "$left" -le 0 ]; then
            say "PostgreSQL did not stop in 30 s: it recovers at the next start"
            kill -QUIT "$pid" 2>/dev/null || true
            sleep 1
            return 0
        fi
        left=$((left - 1))
        sleep 0.1
    done
}
