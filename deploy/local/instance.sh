# shellcheck shell=bash
# An instance is one private PostgreSQL and one private Redis under a name: `dev` for make run, `test…` for tests.
#   .local/NAME/            state of this checkout: ports, passwords, env
#   .local/NAME/servers/    what the servers own (elsewhere when root must lend it, see lib.sh); path in .local/NAME/datadir

here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=packages.sh
. "$here/packages.sh"
# shellcheck source=postgres.sh
. "$here/postgres.sh"
# shellcheck source=redis.sh
. "$here/redis.sh"

INSTANCE=
STATE=
SERVERS=
# The database of somebody else that instance_up found, if any.
OUTSIDE_DATABASE=

is_test_instance() { case $INSTANCE in test | test-*) return 0 ;; *) return 1 ;; esac; }

# select_instance NAME: names the directories; makes nothing.
select_instance() {
    case $1 in
        '' | pkg | *[!a-z0-9-]* | -*) die "an instance is named by small letters, digits and hyphens: '$1'" ;;
    esac
    resolve_server_account
    INSTANCE=$1
    STATE=$LOCAL_DIR/$1
    if [ "$SERVER_BASE" = "$LOCAL_DIR" ]; then SERVERS=$STATE/servers; else SERVERS=$SERVER_BASE/$1; fi
    # The account that owns the data goes on running it, whichever accounts have appeared since.
    if [ "$(id -u)" -eq 0 ] && [ -d "$SERVERS" ]; then
        SERVER_USER=$(owner_of "$SERVERS")
    fi
}

make_instance_dirs() {
    mkdir -p "$STATE"
    [ -w "$STATE" ] || die "$STATE belongs to $(owner_of "$STATE"): run make as that user, or make clean-local as that user."
    chmod 711 "$STATE"
    # .local was deleted while the servers' files lay elsewhere: their passwords are gone with it.
    if [ -d "$SERVERS" ] && [ ! -f "$STATE/datadir" ]; then
        instance_down
        rm -rf "$SERVERS"
    fi
    if [ ! -d "$SERVERS" ]; then
        mkdir "$SERVERS"
        chmod 700 "$SERVERS"
        give_to_server "$SERVERS"
    fi
    printf '%s\n' "$SERVERS" >"$STATE/datadir"
}

# outside_url NAME: the server that the caller brings in NAME, or nothing. An address of one of our own instances is
# not one (it would be refused after the instance has stopped); the password that was drawn for it gives it away.
outside_url() {
    local url='' name file
    case $INSTANCE in
        # Tests make and drop databases: only where they were sent by name, never where somebody works.
        test | test-*) name=TEST_$1 && url=${!name:-} ;;
        # What is measured is the same everywhere.
        bench) ;;
        *) url=$(setting "$1") ;;
    esac
    [ -n "$url" ] || return 0
    for file in "$LOCAL_DIR"/*/postgres.password "$LOCAL_DIR"/*/redis.password; do
        [ -s "$file" ] || continue
        case $url in *":$(cat "$file")@127.0.0.1:"*) return 0 ;; esac
    done
    printf '%s' "$url"
}

instance_up() {
    local database redis needed=()
    database=$(outside_url DATABASE_URL)
    redis=$(outside_url REDIS_URL)
    # shellcheck disable=SC2034  # read by app.sh
    OUTSIDE_DATABASE=$database
    make_instance_dirs
    # Tests also start servers of their own, to kill them: they need the programs in any case.
    if [ -z "$database" ] || is_test_instance; then needed+=(postgres); fi
    if [ -z "$redis" ] || is_test_instance; then needed+=(redis); fi
    if [ "${#needed[@]}" -gt 0 ]; then
        ensure_servers "$(pg_version_of_data)" "${needed[@]}"
        adopt_server_account
    fi
    if [ -n "$database" ]; then
        say "PostgreSQL: the one of DATABASE_URL"
    else
        pg_up
        database=$(pg_url erp_user "$STATE/postgres.password")
    fi
    if [ -n "$redis" ]; then
        say "Redis: the one of REDIS_URL"
    else
        redis_up
        redis=$(redis_url)
    fi
    (umask 077 && write_env "$database" "$redis" >"$STATE/env.new" && mv "$STATE/env.new" "$STATE/env")
}

# Installing PostgreSQL brings the account `postgres` where another stood in before: a directory that holds nothing
# yet is handed over.
adopt_server_account() {
    [ "$(id -u)" -eq 0 ] && [ -z "$(ls -A "$SERVERS")" ] || return 0
    resolve_server_account
    give_to_server "$SERVERS"
}

# shellcheck disable=SC2016  # the line is for the reader's shell
write_env() {
    local user=${SERVER_USER:-$(id -un)} scratch=$SERVERS/scratch
    printf '# Written by deploy/local/stack.sh; load it with: eval "$(deploy/local/stack.sh env %s)"\n' "$INSTANCE"
    if ! is_test_instance; then
        printf 'export DATABASE_URL=%q\nexport REDIS_URL=%q\n' "$1" "$2"
        return 0
    fi
    as_server mkdir -p "$scratch"
    printf 'export TEST_DATABASE_URL=%q\nexport TEST_REDIS_URL=%q\n' "$1" "$2"
    printf 'export TEST_PG_BIN_DIR=%q\nexport TEST_REDIS_SERVER=%q\n' "$PG_BIN" "$REDIS_SERVER"
    printf 'export TEST_STACK=%q\n' "$REPO_DIR/deploy/local/stack.sh"
    # Whom a test that starts PostgreSQL itself must run it as, and where that account may write.
    printf 'export TEST_SERVER_UID=%s\nexport TEST_SERVER_GID=%s\nexport TEST_SERVER_DIR=%q\n' \
        "$(id -u "$user")" "$(id -g "$user")" "$scratch"
}

instance_down() {
    [ -d "$STATE" ] || [ -d "$SERVERS" ] || return 0
    redis_down
    pg_down
}

# Stops the instance and deletes all of it.
instance_reset() {
    instance_down
    [ ! -d "$SERVERS" ] || rm -rf "$SERVERS"
    rm -rf "$STATE"
}

instance_status() {
    local pid
    if pid=$(pg_pid); then printf 'postgres running %s\n' "$pid"; else printf 'postgres stopped\n'; fi
    if pid=$(redis_pid); then printf 'redis running %s\n' "$pid"; else printf 'redis stopped\n'; fi
}

# Ends one server as a crash would, for tests of what happens then; `up` starts it again on the same port.
instance_kill() {
    local pid
    case $1 in
        postgres) pid=$(pg_pid) || return 0 ;;
        redis) pid=$(redis_pid) || return 0 ;;
        *) die "kill what? postgres or redis" ;;
    esac
    kill -KILL "$pid"
}

# Names of the instances that exist, one per line.
instance_names() {
    local dir
    for dir in "$LOCAL_DIR"/*/datadir "$SERVER_BASE"/*/postgres; do
        [ -e "$dir" ] || continue
        dir=${dir%/*}
        printf '%s\n' "${dir##*/}"
    done | sort -u
}

# Test instances whose owner is gone (a run that was killed) are removed. One without an owner is kept.
sweep_test_instances() {
    local name owner
    for name in $(instance_names); do
        case $name in test-*) ;; *) continue ;; esac
        owner=$(cat "$LOCAL_DIR/$name/owner" 2>/dev/null || true)
        [ -n "$owner" ] || continue
        if ! kill -0 "$owner" 2>/dev/null; then
            select_instance "$name"
            instance_reset
        fi
    done
}
