# shellcheck shell=bash
# Servers, data, sign-in and the measuring programs for run.sh.

API_PID=
LOAD_PID=
OWN_GROUP=

# ---- tools -----------------------------------------------------------------------------------------------------------

ensure_bench_tools() {
    # From the packages where they are missing; elsewhere: dnf install wrk, brew install wrk.
    ensure_tools curl wrk || exit 1
    ensure_servers "$(pg_version_of_data)" postgres redis
    adopt_server_account
    PGBENCH=$PG_BIN/pgbench
    [ -x "$PGBENCH" ] || PGBENCH=$(command -v pgbench) || die "pgbench is needed: it comes with PostgreSQL's server or contrib package."
    PSQL=$PG_BIN/psql
    [ -x "$PSQL" ] || PSQL=$(command -v psql) || die "psql is needed: it comes with PostgreSQL's client package."
}

# ---- servers and data --------------------------------------------------------------------------------------------------

sql() { "$PSQL" -X -q -At -v ON_ERROR_STOP=1 "$DATABASE_URL" "$@"; }

# Only what has no default; the rest of the caller's settings must not change what is measured.
api_environment() {
    local name
    for name in $(compgen -e); do
        case $name in
            PATH | HOME | LANG | LC_* | TMPDIR | TERM | BENCH_* | CARGO*) ;;
            *) unset "$name" ;;
        esac
    done
    DATABASE_URL=$(pg_url erp_user "$STATE/postgres.password")
    REDIS_URL=$(redis_url)
    JWT_SECRET_KEY=$(secret_file "$STATE/secret")
    PORT=$(kept_port "$STATE/api.port")
    PUBLIC_BASE_URL=http://127.0.0.1:$PORT
    # The storm comes from many networks.
    TRUSTED_PROXIES=127.0.0.1
    export DATABASE_URL REDIS_URL JWT_SECRET_KEY PORT PUBLIC_BASE_URL TRUSTED_PROXIES
}

# An empty database at every run, then the data of data.sql.
fresh_data() {
    say "Loading 10,000 interventions"
    pg_recreate_database
    (cd "$WORK" && "$API" migrate >"$STATE/log/migrate.log")
    PASSWORD=$(random_hex 16)
    (cd "$WORK" && printf '%s\n' "$PASSWORD" | "$API" create-admin --email admin@bench.ma >"$STATE/log/admin.log")
    sql -f "$bench_dir/data.sql" >"$STATE/log/data.log"
    pg_superuser -c 'VACUUM ANALYZE' -c CHECKPOINT erp_db
}

# Started in a directory without .env: default settings.
api_start() {
    (cd "$WORK" && exec "$API" serve) </dev/null >"$STATE/log/api.log" 2>&1 &
    API_PID=$!
    local left=100
    until [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/health/ready")" = 200 ]; do
        left=$((left - 1))
        if [ "$left" -le 0 ] || ! kill -0 "$API_PID" 2>/dev/null; then
            tail -n 20 "$STATE/log/api.log" >&2
            die "the API did not become ready."
        fi
        sleep 0.1
    done
}

api_stop() {
    [ -n "$API_PID" ] || return 0
    kill -TERM "$API_PID" 2>/dev/null || true
    wait "$API_PID" 2>/dev/null || true
    API_PID=
}

# Tokens live for 15 minutes: each row takes a new one.
sign_in() {
    BENCH_TOKEN=$(curl -s "http://127.0.0.1:$PORT/api/v1/auth/login" -H 'Content-Type: application/json' \
        -d "{\"username\":\"responsable1\",\"password\":\"$PASSWORD\"}" | sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p')
    [ -n "$BENCH_TOKEN" ] || die "signing in failed."
    export BENCH_TOKEN
}

stop_load() {
    [ -z "$LOAD_PID" ] || kill "$LOAD_PID" 2>/dev/null || true
    LOAD_PID=
}

# ---- the statements of the API as pgbench scripts ------------------------------------------------------------------------

export BENCH_BODY='{"equipement_id":EQUIPEMENT,"titre":"Fuite au réducteur","description":"Fuite visible sous le réducteur principal, niveau bas.","type":"corrective","priorite":"haute","date_prevue":"2027-03-02T09:00:00Z","duree_estimee_minutes":120}'

# captured NAME CURL-ARGUMENT...: leaves the log of this request on $target in NAME.log and its answer in NAME.json.
captured() {
    local name=$1 before log=$SERVERS/postgres.log
    shift
    # Some before, so that every thread has its connections: what opening one asks is not captured.
    for _ in 1 2 3 4; do
        curl -s -o /dev/null -H "Authorization: Bearer $BENCH_TOKEN" "$@" "http://127.0.0.1:$PORT/api/v1/interventions$target"
    done
    before=$(wc -c <"$log")
    curl -s -o "$WORK/$name.json" -H "Authorization: Bearer $BENCH_TOKEN" "$@" ${key:+-H "Idempotency-Key: captured-key"} \
        "http://127.0.0.1:$PORT/api/v1/interventions$target"
    tail -c "+$((before + 1))" "$log" >"$WORK/$name.log"
}

# field NAME FIELD: a number or text at the top of a captured answer.
field() { sed -n "s/^{[^{]*\"$2\":\"\{0,1\}\([^\",]*\).*/\1/p" "$WORK/$1.json"; }

capture_statements() {
    local target key='' log_on log_off client site
    log_on="ALTER ROLE erp_user SET log_statement = 'all'"
    log_off='ALTER ROLE erp_user RESET log_statement'
    # For new connections only: the measured ones do not log.
    pg_superuser -c "$log_on" postgres
    api_stop
    api_start
    sign_in
    target=/7777 captured get
    "$BENCH" script 7777=id <"$WORK/get.log" >"$WORK/get.body"
    target='?limit=50&statut=en_cours' captured list
    "$BENCH" script <"$WORK/list.log" >"$WORK/list.body"
    key=1 target='' captured post -H 'Content-Type: application/json' -d "${BENCH_BODY/EQUIPEMENT/301234}"
    IFS='|' read -r client site < <(sql -c 'SELECT client_id, site_id FROM equipements WHERE id = 301234')
    "$BENCH" script 301234=machine captured-key=key "$(field post id)=job_id<INSERT INTO \"interventions\"" \
        "$(field post numero)=num_prochain_numero_intervention<prochain_numero_intervention" \
        "$client=eq_client_id<FOR NO KEY UPDATE" "$site=eq_site_id<FOR NO KEY UPDATE" <"$WORK/post.log" >"$WORK/post.body"
    { printf '%s\n' '\set id random(1, 10000)' && grep -v '^-- define ' "$WORK/get.body"; } >"$WORK/get.sql"
    grep -v '^-- define ' "$WORK/list.body" >"$WORK/list.sql"
    { printf '%s\n' '\set machine random(300001, 302400)' '\set key random(1, 9000000000000000000)' &&
        grep -v '^-- define ' "$WORK/post.body"; } >"$WORK/post.sql"
    pg_superuser -c "$log_off" postgres
    api_stop
    api_start
    sign_in
}

# ---- measuring -------------------------------------------------------------------------------------------------------------

# api_round NAME: "rate p99" of the API, p99 in microseconds.
api_round() {
    local line requests failed seconds p99
    BENCH_RUN=$1-$RANDOM$RANDOM
    export BENCH_RUN
    line=$(wrk -t 1 -c "$CLIENTS" -d "${SECONDS_EACH}s" --timeout 10s -s "$bench_dir/$1.lua" "http://127.0.0.1:$PORT" | sed -n 's/^result //p')
    read -r requests failed seconds _ p99 <<<"$line"
    [ "$failed" = 0 ] || die "$failed of $requests answers to $1 were no success."
    awk -v n="$requests" -v s="$seconds" -v p="$p99" 'BEGIN { printf "%.1f %d\n", n / s, p }'
}

# The session settings of the API's own connections (crates/infra-postgres/src/config.rs).
session_options() {
    local options='-c TimeZone=UTC -c statement_timeout=5000 -c lock_timeout=3000 -c idle_in_transaction_session_timeout=10000 -c random_page_cost=1.1'
    case $1 in
        post) printf '%s' "$options" ;;
        *) printf '%s -c plan_cache_mode=force_generic_plan' "$options" ;;
    esac
}

# pg_round NAME: the same of pgbench. One transaction in ten is written down for the percentile.
pg_round() {
    local rate p99 defines=() line
    while IFS= read -r line; do defines+=(-D "${line#-- define }"); done < <(grep '^-- define ' "$WORK/$1.body" || true)
    rm -f "$WORK"/pgbench_log.*
    rate=$(cd "$WORK" && PGOPTIONS=$(session_options "$1") \
        "$PGBENCH" -n -M prepared -c "$CLIENTS" -j 1 -T "$SECONDS_EACH" -l --sampling-rate=0.1 \
        ${defines[@]+"${defines[@]}"} -f "$WORK/$1.sql" "$DATABASE_URL" 2>"$WORK/pgbench.err" | sed -n 's/^tps = \([0-9.]*\).*/\1/p')
    [ -n "$rate" ] || { cat "$WORK/pgbench.err" >&2 && die "pgbench failed on $1.sql."; }
    p99=$(cat "$WORK"/pgbench_log.* | "$BENCH" p99 3)
    printf '%.1f %s\n' "$rate" "$p99"
}

median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
ms() { awk -v us="$1" 'BEGIN { printf "%.2f", us / 1000 }'; }
# met VALUE OPERATOR TARGET
met() { awk -v a="$1" -v op="$2" -v b="$3" 'BEGIN { print ((op == ">=" ? a >= b : a <= b) ? "yes" : "**no**") }'; }

# Kernels with sched_autogroup share the processors out by session, and each PostgreSQL process is one: a few busy ones
# then starve for tenths of a second beside many. It does not apply to services of systemd or to containers, which have
# groups of their own. So that they are measured as they run there, everything goes into one such group, where that is possible.
join_one_group() {
    local root
    GROUPED='each session a scheduling group of its own (no right to make one for all)'
    [ "$(cat /proc/sys/kernel/sched_autogroup_enabled 2>/dev/null)" = 1 ] || { GROUPED='no scheduling by session' && return 0; }
    for root in /sys/fs/cgroup/cpu /sys/fs/cgroup; do
        [ -w "$root/cgroup.procs" ] && mkdir "$root/erp-bench.$$" 2>/dev/null || continue
        if [ -e "$root/erp-bench.$$/cpu.shares" ] || [ -e "$root/erp-bench.$$/cpu.weight" ]; then
            OWN_GROUP=$root/erp-bench.$$
            echo $$ >"$OWN_GROUP/cgroup.procs"
            GROUPED='client, API and PostgreSQL in one scheduling group (cgroup), as in a service or container'
            return 0
        fi
        rmdir "$root/erp-bench.$$"
    done
}

leave_group() {
    [ -n "$OWN_GROUP" ] || return 0
    echo $$ >"${OWN_GROUP%/*}/cgroup.procs"
    rmdir "$OWN_GROUP" 2>/dev/null || true
}

note_machine() {
    local idle_before idle_after
    read -r _ _ _ _ idle_before _ </proc/stat || true
    MACHINE_BUSY=unknown
    if [ -r /proc/stat ]; then
        sleep 3
        read -r _ _ _ _ idle_after _ </proc/stat
        MACHINE_BUSY=$(awk -v d="$((idle_after - idle_before))" -v n="$(getconf _NPROCESSORS_ONLN)" -v h="$(getconf CLK_TCK)" \
            'BEGIN { b = 100 - 100 * d / (3 * n * h); printf "%.0f %%", b < 0 ? 0 : b }')
    fi
    MACHINE_CPU=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
    MACHINE_CORES=$(getconf _NPROCESSORS_ONLN)
    MACHINE_MEMORY=$(awk '/MemTotal/ { printf "%.0f GB", $2 / 1048576 }' /proc/meminfo 2>/dev/null || true)
}
