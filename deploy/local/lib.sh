# shellcheck shell=bash
# Shared by the scripts of this directory: where files live, who runs the servers, ports and processes.
# Written for bash 3.2 and later, so that macOS needs no other shell.

REPO_DIR=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LOCAL_DIR=$REPO_DIR/.local

say() { printf '%s\n' "$*" >&2; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# setting NAME: the environment's value, else the one in .env, else nothing.
setting() {
    local value=${!1-}
    if [ -z "$value" ] && [ -f "$REPO_DIR/.env" ]; then
        value=$(sed -n "s/^[[:space:]]*\(export[[:space:]]\{1,\}\)\{0,1\}$1[[:space:]]*=[[:space:]]*//p" "$REPO_DIR/.env" |
            tail -n 1 | sed -e 's/[[:space:]]*$//' -e 's/^"\(.*\)"$/\1/' -e "s/^'\(.*\)'\$/\1/")
    fi
    printf '%s' "$value"
}

random_hex() { od -An -v -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

# secret_file PATH: the secret kept in PATH, made on first use.
secret_file() {
    if [ ! -s "$1" ]; then
        (umask 077 && random_hex 32 >"$1.new" && mv "$1.new" "$1")
    fi
    cat "$1"
}

# ---- who runs the servers ------------------------------------------------------------------------------------------

SERVER_USER=
SERVER_BASE=

owner_of() {
    local owner
    # shellcheck disable=SC2012  # `stat` has other options on every system
    read -r _ _ owner _ < <(ls -ld "$1")
    printf '%s' "$owner"
}

# PostgreSQL refuses root, so root lends the servers to an unprivileged account and keeps their files where that
# account can reach them (a checkout below /root is closed to it).
resolve_server_account() {
    SERVER_BASE=$LOCAL_DIR
    mkdir -p "$LOCAL_DIR" 2>/dev/null || true
    [ -w "$LOCAL_DIR" ] || die "$LOCAL_DIR is not writable (made by $(owner_of "$LOCAL_DIR")?); run make as that user, or remove it."
    [ "$(id -u)" -eq 0 ] || return 0

    if id postgres >/dev/null 2>&1; then
        SERVER_USER=postgres
    elif id nobody >/dev/null 2>&1; then
        SERVER_USER=nobody
    else
        useradd --system --no-create-home --shell /usr/sbin/nologin mif-erp
        SERVER_USER=mif-erp
    fi
    chmod a+x "$LOCAL_DIR"
    as_server test -x "$LOCAL_DIR" && return 0

    # The name follows from the checkout, so a lost .local still leads to the same place.
    SERVER_BASE=/var/tmp/mif-erp-$(printf '%s' "$REPO_DIR" | cksum | cut -d ' ' -f 1)
    mkdir -m 711 "$SERVER_BASE" 2>/dev/null || true
    if [ -L "$SERVER_BASE" ] || [ ! -d "$SERVER_BASE" ] || [ ! -O "$SERVER_BASE" ]; then
        die "$SERVER_BASE exists and is not ours."
    fi
}

# as_server CMD...: runs CMD as the servers' account, with nothing of the caller's environment (its settings and
# secrets are no business of the servers) and from a directory that this account may read.
as_server() {
    (
        cd /
        # A server outlives its caller: what the caller has open (a lock, a pipe somebody reads to its end) stays his.
        exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
        set -- env -i "PATH=$PATH" LC_ALL=C HOME=/ "$@"
        [ -n "$SERVER_USER" ] || exec "$@"
        if command -v setpriv >/dev/null 2>&1; then
            exec setpriv "--reuid=$(id -u "$SERVER_USER")" "--regid=$(id -g "$SERVER_USER")" --init-groups -- "$@"
        elif command -v runuser >/dev/null 2>&1; then
            exec runuser -u "$SERVER_USER" -- "$@"
        else
            exec sudo -n -u "$SERVER_USER" -- "$@"
        fi
    )
}

# server_write FILE: writes standard input to FILE as the servers' account.
server_write() { as_server tee "$1" >/dev/null; }

# give_to_server PATH...: hands files over to the servers' account.
give_to_server() {
    [ -z "$SERVER_USER" ] || chown "$SERVER_USER:$(id -g "$SERVER_USER")" "$@"
}

# ---- ports ---------------------------------------------------------------------------------------------------------

port_in_use() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A free port below the range that the system takes for outgoing connections: in that range a client that keeps
# trying a stopped server can be given the server's own port as its source, connect to itself and hold the port.
pick_port() {
    local port
    while :; do
        port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 10000))
        port_in_use "$port" || break
    done
    printf '%s' "$port"
}

# kept_port FILE: the port of the last start when it is free, else a new one, remembered in FILE.
kept_port() {
    local port=
    [ ! -s "$1" ] || port=$(cat "$1")
    if [ -z "$port" ] || port_in_use "$port"; then
        port=$(pick_port)
        printf '%s\n' "$port" >"$1"
    fi
    printf '%s' "$port"
}

# ---- processes -----------------------------------------------------------------------------------------------------

# process_is PID TEXT: true when PID lives and its command line holds TEXT. A process is only ever signalled after this
# check: a pid file outlives a reboot, and its number may belong to a stranger by then.
process_is() {
    local args
    case $1 in '' | *[!0-9]*) return 1 ;; esac
    if [ -d /proc/self ]; then
        args=$(tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline") || return 1
    else
        args=$(ps -o args= -p "$1" 2>/dev/null) || return 1
    fi
    case $args in *"$2"*) return 0 ;; *) return 1 ;; esac
}

# stop_process PID TEXT SECONDS: asks PID to end, and after SECONDS makes it.
stop_process() {
    local signal left=$(($3 * 10))
    for signal in TERM KILL; do
        process_is "$1" "$2" || return 0
        [ "$signal" = TERM ] || say "process $1 did not stop in $3 s: killed"
        kill "-$signal" "$1" 2>/dev/null || return 0
        while [ "$left" -gt 0 ] && process_is "$1" "$2"; do
            left=$((left - 1))
            sleep 0.1
        done
        left=50
    done
}

# run_group CMD...: runs CMD in a process group of its own and waits for it, so that a signal to this script is acted
# upon at once and reaches everything that CMD started (cargo does not pass signals on).
RUN_GROUP=
run_group() {
    local status=0
    set -m
    "$@" </dev/null &
    RUN_GROUP=$!
    set +m
    wait "$RUN_GROUP" || status=$?
    RUN_GROUP=
    return "$status"
}
stop_group() {
    [ -z "$RUN_GROUP" ] || kill -TERM -- "-$RUN_GROUP" 2>/dev/null || true
    RUN_GROUP=
}

# ---- programs ------------------------------------------------------------------------------------------------------

# build_programs CARGO-COMMAND...: builds, and leaves in $STATE/build.json what cargo has built and where: the target
# directory may be set in several places.
build_programs() { run_group "$@" --message-format=json-render-diagnostics >"$STATE/build.json"; }

# built_program NAME: where the last build has put it.
built_program() { sed -n 's/.*"executable":"\([^"]*\/'"$1"'\)".*/\1/p' "$STATE/build.json" | tail -n 1; }

# ---- one at a time -------------------------------------------------------------------------------------------------

# process_mark PID: "PID@START", which no later process with the same number has; nothing when PID does not live.
process_mark() {
    local start
    if [ -d /proc/self ]; then
        # The 22nd field; the second, a name in brackets, may hold anything.
        start=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20) || return 0
    else
        start=$(ps -o lstart= -p "$1" 2>/dev/null | tr -c 'A-Za-z0-9\n' _) || return 0
    fi
    [ -z "$start" ] || printf '%s@%s' "$1" "$start"
}

HELD_LOCKS=()
# lock NAME: waits until no other live script holds NAME.
lock() {
    local link=$LOCAL_DIR/$1.lock own holder turns=0
    own=$(process_mark $$)
    until ln -s "$own" "$link" 2>/dev/null; do
        holder=$(readlink "$link" 2>/dev/null || true)
        if [ -z "$holder" ]; then
            continue # released just now
        elif [ "$holder" = "$(process_mark "${holder%%@*}")" ]; then
            turns=$((turns + 1))
            [ "$turns" -ne 10 ] || say "waiting for process ${holder%%@*}, which works on the same files ($link)"
            sleep 0.2
        elif mkdir "$link.takeover" 2>/dev/null; then
            # One taker at a time, and only of the lock that was seen: another may have taken it over meanwhile.
            [ "$(readlink "$link" 2>/dev/null)" != "$holder" ] || rm -f "$link"
            rmdir "$link.takeover"
        else
            turns=$((turns + 1))
            # Its taker was killed between two commands.
            [ $((turns % 25)) -ne 0 ] || rmdir "$link.takeover" 2>/dev/null || true
            sleep 0.2
        fi
    done
    HELD_LOCKS+=("$1")
}
# unlock NAME...: releases what this script holds of them.
unlock() {
    local name
    for name in "$@"; do
        case $(readlink "$LOCAL_DIR/$name.lock" 2>/dev/null) in "$$@"*) rm -f "$LOCAL_DIR/$name.lock" ;; esac
    done
}
unlock_all() { unlock ${HELD_LOCKS[@]+"${HELD_LOCKS[@]}"}; }
