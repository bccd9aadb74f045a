# shellcheck shell=bash
# The rows of the table: each measures and appends to ROWS.

ROWS=
RAW=
STORM_RAW=
STORM=

# row WHAT VALUE TARGET MET
row() { ROWS+="| $1 | $2 | $3 | $4 |"$'\n'; }

# compared NAME: alternating rounds; sets API_RATE, API_P99, PG_RATE, PG_P99 to medians.
compared() {
    local round rate p99 ar=() ap=() pr=() pp=()
    sign_in
    say "$1: $ROUNDS rounds of $SECONDS_EACH s each for the API and for pgbench"
    for round in $(seq "$ROUNDS"); do
        read -r rate p99 < <(api_round "$1")
        ar+=("$rate") ap+=("$p99")
        RAW+="| $1 | $round | $rate | $(ms "$p99") |"
        read -r rate p99 < <(pg_round "$1")
        pr+=("$rate") pp+=("$p99")
        RAW+=" $rate | $(ms "$p99") |"$'\n'
        say "  API ${ar[round - 1]}/s, p99 $(ms "${ap[round - 1]}") ms; pgbench $rate/s, p99 $(ms "$p99") ms"
    done
    API_RATE=$(median "${ar[@]}") API_P99=$(median "${ap[@]}") PG_RATE=$(median "${pr[@]}") PG_P99=$(median "${pp[@]}")
}

row_point() {
    local r
    compared get
    GET_RATE=$API_RATE
    r=$(ratio "$API_RATE" "$PG_RATE")
    row 'GET /interventions/{id}: rate, API / pgbench' "$r ($API_RATE/s, $PG_RATE/s)" '≥ 0.50' "$(met "$r" '>=' 0.50)"
    r=$(ratio "$API_P99" "$PG_P99")
    row 'GET /interventions/{id}: p99, API / pgbench' "$r ($(ms "$API_P99") ms, $(ms "$PG_P99") ms)" '≤ 3' "$(met "$r" '<=' 3)"
}

row_list() {
    local r
    compared list
    LIST_RATE=$API_RATE
    r=$(ratio "$API_RATE" "$PG_RATE")
    row 'GET /interventions?limit=50&statut=en_cours: rate, API / pgbench' "$r ($API_RATE/s, $PG_RATE/s)" '≥ 0.45' "$(met "$r" '>=' 0.45)"
    r=$(ms "$API_P99")
    row 'GET /interventions?limit=50&statut=en_cours: p99' "$r ms (pgbench $(ms "$PG_P99") ms)" '≤ 30 ms' "$(met "$r" '<=' 30)"
}

row_post() {
    local r
    compared post
    POST_RATE=$API_RATE
    r=$(ratio "$API_RATE" "$PG_RATE")
    row 'POST /interventions: rate, API / pgbench' "$r ($API_RATE/s, $PG_RATE/s; p99 $(ms "$API_P99") ms, $(ms "$PG_P99") ms)" '≥ 0.50' "$(met "$r" '>=' 0.50)"
}

# row_memory WHEN
row_memory() {
    local mb
    mb=$(ps -o rss= -p "$API_PID" | awk '{ printf "%.0f", $1 / 1024 }')
    row "Resident memory of the API after $1" "$mb MB" '≤ 80 MB' "$(met "$mb" '<=' 80)"
}

row_start() {
    local all=() ms
    while [ "${#all[@]}" -lt 5 ]; do
        all+=("$(cd "$WORK" && "$BENCH" ready "$PORT" /health/ready "$API" serve)")
    done
    ms=$(median "${all[@]}")
    row 'From exec to the first healthy answer, migrated database (median of 5)' "$ms ms" '≤ 300 ms' "$(met "$ms" '<=' 300)"
}

# paced RATE ARGUMENT...: p99 in microseconds of that many requests a second, all of which must succeed.
paced() {
    local out
    out=$("$BENCH" pace "$PORT" "$1" "$SECONDS_EACH" 16 "${@:2}")
    ! grep -qvE '^(all|2[0-9][0-9]) ' <<<"$out" || die "not all answers were a success: $out"
    awk '$1 == "all" { print $4 }' <<<"$out"
}

# storm_on KEY NAME RATE ARGUMENT...: p99 of the route alone and during a storm of wrong logins.
storm_on() {
    local key=$1 name=$2 rate round alone=() during=() r
    shift 2
    rate=$(awk -v r="$1" 'BEGIN { printf "%.0f", r / 4 }')
    shift
    sign_in
    say "login storm beside $name at $rate/s: $STORM_ROUNDS rounds"
    for round in $(seq "$STORM_ROUNDS"); do
        alone+=("$(paced "$rate" "$@" "Authorization: Bearer $BENCH_TOKEN" "Idempotency-Key: a-$round-{k}" "${BODY[@]}")")
        "$BENCH" pace "$PORT" 200 "$((SECONDS_EACH + 1))" 64 POST /api/v1/auth/login 'X-Forwarded-For: 2001:db8:{m}::1' -- \
            '{"username":"portail{n}","password":"not the password"}' >"$WORK/storm.$key.$round" &
        LOAD_PID=$!
        sleep 1
        during+=("$(paced "$rate" "$@" "Authorization: Bearer $BENCH_TOKEN" "Idempotency-Key: b-$round-{k}" "${BODY[@]}")")
        wait "$LOAD_PID"
        LOAD_PID=
        # The accounts would be out of attempts in the next round, and a refusal for that costs nothing.
        sql -c 'TRUNCATE connexions_tentatives'
        STORM_RAW+="| $name | $round | $(ms "${alone[round - 1]}") | $(ms "${during[round - 1]}") |"$'\n'
        say "  p99 alone $(ms "${alone[round - 1]}") ms, in the storm $(ms "${during[round - 1]}") ms; logins: $(tr '\n' ';' <"$WORK/storm.$key.$round")"
    done
    r=$(ratio "$(median "${during[@]}")" "$(median "${alone[@]}")")
    row "Login storm (200/s): p99 of $name at 25 % of its rate, storm / alone" \
        "$r ($(ms "$(median "${during[@]}")") ms, $(ms "$(median "${alone[@]}")") ms at $rate/s)" '≤ 2' "$(met "$r" '<=' 2)"
}

row_storm() {
    local worst BODY=()
    storm_on get 'GET /interventions/{id}' "$GET_RATE" GET '/api/v1/interventions/7777'
    storm_on list 'the list' "$LIST_RATE" GET '/api/v1/interventions?limit=50&statut=en_cours'
    # Each on another machine: a request waits for the commit of the one before it on the same machine.
    BODY=(-- "${BENCH_BODY/EQUIPEMENT/30{m\}}")
    storm_on post 'POST /interventions' "$POST_RATE" POST /api/v1/interventions
    # The refused ones of all storms; the worst of their p99 and of their longest.
    worst=$(cat "$WORK"/storm.* | awk '$1 == 429 || $1 == 503 { n += $2; if ($4 > p) p = $4; if ($5 > m) m = $5 } END { print n + 0, p + 0, m + 0 }')
    read -r n p m <<<"$worst"
    row "Login storm: excess logins (429/503, $n of them), worst p99 of a storm" "$(ms "$p") ms (longest of all $(ms "$m") ms)" 'p99 ≤ 50 ms' "$(met "$(ms "$p")" '<=' 50)"
    STORM=$(cat "$WORK"/storm.* | awk '$1 != "all" { n[$1] += $2 } END { for (s in n) printf "%s%d times %s", (k++ ? ", " : ""), n[s], s }')
}

report() {
    local table settings
    settings=$(sql -c "SELECT string_agg(name || ' ' || setting || coalesce(CASE WHEN unit = '8kB' THEN ' × 8 kB' ELSE ' ' || unit END, ''), ', ' ORDER BY name) FROM pg_settings
        WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'jit', 'max_connections')")
    table=$(
        printf 'Run of %s, commit %s%s. %s processors (%s), %s of memory, %s; %s, %s, %s.\n' "$(date -u '+%Y-%m-%d %H:%M UTC')" \
            "$(git -C "$REPO_DIR" rev-parse --short HEAD 2>/dev/null || echo unknown)" \
            "$([ -z "$(git -C "$REPO_DIR" status --porcelain 2>/dev/null)" ] || echo ' with changes')" \
            "$MACHINE_CORES" "$MACHINE_CPU" "$MACHINE_MEMORY" "$(uname -sr)" "PostgreSQL $(sql -c 'SHOW server_version')" \
            "$("$REDIS_SERVER" --version | sed 's/ sha.*//')" "$(wrk --version 2>&1 | sed -n '1s/ \[.*//p')"
        printf 'PostgreSQL: %s. Scheduling: %s. The processors were %s busy before the run. %s rounds of %s s (storms %s), %s connections.\n\n' \
            "$settings" "$GROUPED" "$MACHINE_BUSY" "$ROUNDS" "$SECONDS_EACH" "$STORM_ROUNDS" "$CLIENTS"
        printf '| value | measured | target | met |\n|---|---|---|---|\n%s\n' "$ROWS"
        printf 'Answers to the logins of all storms: %s.\n\n' "$STORM"
        printf 'Every round:\n\n| statement | round | API, 1/s | API p99, ms | pgbench, 1/s | pgbench p99, ms |\n|---|---|---|---|---|---|\n%s\n' "$RAW"
        printf 'Every round of the storms:\n\n| route | round | p99 alone, ms | p99 in the storm, ms |\n|---|---|---|---|\n%s' "$STORM_RAW"
    )
    printf '%s\n' "$table" | tee "$STATE/results.md"
    if [ -n "${BENCH_SECONDS:-}${BENCH_ROUNDS:-}" ]; then
        say "A trial with BENCH_SECONDS or BENCH_ROUNDS: docs/performance.md stays as it is."
        return 0
    fi
    awk -v table="$STATE/results.md" '
        /^<!-- bench:end -->/ { skip = 0 }
        !skip { print }
        /^<!-- bench:begin -->/ { skip = 1; while ((getline line < table) > 0) print line }' "$PAGE" >"$WORK/page.md"
    cat "$WORK/page.md" >"$PAGE"
    say "Written to docs/performance.md"
}
