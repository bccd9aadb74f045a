# shellcheck shell=bash
# One private Redis (or Valkey) per instance: 127.0.0.1 only, password, no persistence for tests.

# What the command line of the instance's own server shows: its address.
redis_mark() { printf '127.0.0.1:%s' "$(sed -n 's/^port //p' "$SERVERS/redis.conf" 2>/dev/null)"; }

redis_pid() {
    local pid
    pid=$(cat "$SERVERS/redis.pid" 2>/dev/null) || return 1
    process_is "$pid" "$(redis_mark)" && printf '%s' "$pid"
}

redis_url() { printf 'redis://:%s@127.0.0.1:%s/0' "$(cat "$STATE/redis.password")" "$(cat "$STATE/redis.port")"; }

redis_settings() {
    cat <<SETTINGS
bind 127.0.0.1
port $1
requirepass $(secret_file "$STATE/redis.password")
daemonize yes
pidfile "$SERVERS/redis.pid"
logfile "$SERVERS/redis.log"
dir "$SERVERS/redis"
save ""
SETTINGS
    if is_test_instance; then printf 'appendonly no\n'; else printf 'appendonly yes\n'; fi
}

# Asks the server itself, so that no client program is needed.
redis_answers() {
    local reply
    (
        exec 3<>"/dev/tcp/127.0.0.1/$(cat "$STATE/redis.port")" || exit 1
        printf 'AUTH %s\r\nPING\r\n' "$(cat "$STATE/redis.password")" >&3
        IFS= read -r -t 2 reply <&3 && [ "$reply" = $'+OK\r' ] || exit 1
        IFS= read -r -t 2 reply <&3 && [ "$reply" = $'+PONG\r' ]
    ) 2>/dev/null
}

# After it the instance's Redis answers.
redis_up() {
    local attempt left
    ! redis_pid >/dev/null || ! redis_answers || return 0
    redis_down
    as_server mkdir -p "$SERVERS/redis"
    for attempt in 1 2 3 4 5; do
        (umask 077 && redis_settings "$(kept_port "$STATE/redis.port")" >"$STATE/redis.conf.new")
        give_to_server "$STATE/redis.conf.new"
        mv -f "$STATE/redis.conf.new" "$SERVERS/redis.conf"
        server_write "$SERVERS/redis.log" </dev/null
        as_server "$REDIS_SERVER" "$SERVERS/redis.conf" </dev/null >/dev/null 2>&1 || true
        left=100
        while [ "$left" -gt 0 ]; do
            if redis_answers; then
                return 0
            fi
            ! grep -q 'Address already in use' "$SERVERS/redis.log" 2>/dev/null || break
            left=$((left - 1))
            sleep 0.1
        done
        [ "$left" -eq 0 ] && break
    done
    tail -n 15 "$SERVERS/redis.log" >&2
    die "Redis did not start (attempt $attempt, log: $SERVERS/redis.log)."
}

redis_down() {
    local pid
    pid=$(redis_pid) || return 0
    stop_process "$pid" "$(redis_mark)" 15
}
