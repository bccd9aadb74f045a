# shellcheck shell=bash
# Finds PostgreSQL, Redis and a few programs, and obtains them where they are missing: as root on Debian and Ubuntu through apt, as a
# normal user by unpacking the same packages below .local/. No system service is started and no system cluster is made.

PG_OLDEST=14
PG_BIN=
PG_MAJOR=
REDIS_SERVER=

# MIF_IGNORE_SYSTEM_SERVERS=1 makes every installed server and program invisible: the way to try the unpacked packages.
ignore_system_servers() { [ "${MIF_IGNORE_SYSTEM_SERVERS:-}" = 1 ]; }

real_path() { readlink -f "$1" 2>/dev/null || printf '%s' "$1"; }

pg_bin_candidates() {
    local found
    if ! ignore_system_servers; then
        if found=$(command -v postgres); then
            dirname "$(real_path "$found")"
            dirname "$found"
        fi
        # shellcheck disable=SC2012  # directories with plain names; wanted newest first
        ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin 2>/dev/null | sort -r -V || true
        for found in 18 17 16 15 14; do
            printf '%s\n' "/opt/homebrew/opt/postgresql@$found/bin" "/usr/local/opt/postgresql@$found/bin"
        done
    fi
    printf '%s\n' "$SERVER_BASE/pkg/postgresql/bin"
}

# find_postgres [MAJOR]: sets PG_BIN and PG_MAJOR to the first usable server, of that major version when one is named.
find_postgres() {
    local dir major
    PG_BIN=
    while IFS= read -r dir; do
        [ -x "$dir/pg_ctl" ] || continue
        as_server "$dir/initdb" --version >/dev/null 2>&1 || continue
        major=$(as_server "$dir/postgres" --version 2>/dev/null | sed 's/[^0-9]*\([0-9]*\).*/\1/') || continue
        [ "${major:-0}" -ge "$PG_OLDEST" ] || continue
        [ -z "${1:-}" ] || [ "$major" = "$1" ] || continue
        PG_BIN=$dir PG_MAJOR=$major
        return 0
    done < <(pg_bin_candidates)
    return 1
}

find_redis() {
    local path
    REDIS_SERVER=
    while IFS= read -r path; do
        [ -x "$path" ] || continue
        as_server "$path" --version >/dev/null 2>&1 || continue
        REDIS_SERVER=$path
        return 0
    done < <(
        if ! ignore_system_servers; then
            command -v redis-server || true
            command -v valkey-server || true
            printf '%s\n' /usr/bin/redis-server /usr/bin/valkey-server /opt/homebrew/bin/redis-server /usr/local/bin/redis-server
        fi
        printf '%s\n' "$SERVER_BASE/pkg/redis/bin/redis-server" "$SERVER_BASE/pkg/redis/bin/valkey-server"
    )
    return 1
}

# The system's program of that name counts, and the one unpacked below .local.
TOOLS_BIN=$LOCAL_DIR/pkg/tools/bin
find_tool() {
    [ -x "$TOOLS_BIN/$1" ] || { ! ignore_system_servers && command -v "$1" >/dev/null; }
}

# lacking NAME...: those that have not been found: postgres, redis, or a program by its name.
lacking() {
    local name
    for name in "$@"; do
        case $name in
            postgres) [ -n "$PG_BIN" ] || printf '%s\n' "$name" ;;
            redis) [ -n "$REDIS_SERVER" ] || printf '%s\n' "$name" ;;
            *) find_tool "$name" || printf '%s\n' "$name" ;;
        esac
    done
}

# ensure_servers MAJOR postgres|redis...: after it PG_BIN (of that major version when one is named) and REDIS_SERVER are
# set, or the script has ended with what to do.
ensure_servers() {
    local major=$1
    shift
    find_postgres "$major" || true
    find_redis || true
    restore_service_starts
    if [ -z "$(lacking "$@")" ]; then return 0; fi

    if [ -z "$PG_BIN" ] && [ -n "$major" ] && find_postgres; then
        die "the data in .local belongs to PostgreSQL $major and only PostgreSQL $PG_MAJOR was found: install $major, or start anew with make clean-local."
    fi
    obtain "$major" "$@" || servers_missing
}

servers_missing() {
    say "PostgreSQL $PG_OLDEST or later and Redis (or Valkey) are needed, and could not be obtained here. Install them by hand:"
    say "  Debian, Ubuntu   apt-get install postgresql redis-server"
    say "  Fedora           dnf install postgresql-server postgresql-contrib valkey"
    say "  macOS            brew install postgresql@16 redis"
    say "or name servers that run already in DATABASE_URL and REDIS_URL (in TEST_DATABASE_URL and TEST_REDIS_URL for tests)."
    exit 1
}

# ensure_tools NAME...: after it these programs are in PATH; fails when one cannot be had.
ensure_tools() {
    # shellcheck disable=SC2046  # one word per program
    [ -z "$(lacking "$@")" ] || obtain '' $(lacking "$@") || {
        say "Needed here: $*. Install by hand what is missing ($(lacking "$@" | tr '\n' ' '))."
        return 1
    }
    # Behind the system's own, unless those are to be ignored.
    if ignore_system_servers; then PATH=$TOOLS_BIN:$PATH; else PATH=$PATH:$TOOLS_BIN; fi
    export PATH
}

# obtain MAJOR NAME...: gets the Debian packages of what is lacking.
obtain() {
    local major=$1 status=0
    shift
    if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-deb >/dev/null 2>&1; then return 1; fi
    lock packages
    # Another script may have got them while this one waited.
    refind "$major"
    if [ -n "$(lacking "$@")" ] && [ "$(id -u)" -eq 0 ] && ! ignore_system_servers; then
        (apt_install "$@") || say "apt could not install them: unpacking the packages below $SERVER_BASE/pkg instead"
        refind "$major"
    fi
    if [ -n "$(lacking "$@")" ]; then
        (unpack_missing "$@") || status=1
        refind "$major"
    fi
    unlock packages
    [ "$status" -eq 0 ] && [ -z "$(lacking "$@")" ]
}
refind() {
    hash -r
    find_postgres "$1" || true
    find_redis || true
}

# ---- Debian packages -----------------------------------------------------------------------------------------------

APT=(apt-get)
APT_CACHE=(apt-cache)

# (grep reads to the end: with -q it would break the pipe, which pipefail reports as a failure.)
has_candidate() { "${APT_CACHE[@]}" policy "$1" 2>/dev/null | grep '^  Candidate: [^(]' >/dev/null; }

# The names of the packages to take; nothing when the lists do not know them.
postgresql_package() {
    local name
    name=$("${APT_CACHE[@]}" depends postgresql 2>/dev/null | sed -n 's/^ *Depends: \(postgresql-[0-9]*\)$/\1/p' | head -n 1)
    [ -n "$name" ] && [ "${name#postgresql-}" -ge "$PG_OLDEST" ] && printf '%s' "$name"
}
redis_package() {
    local name
    for name in redis-server valkey-server; do
        if has_candidate "$name"; then
            printf '%s' "$name"
            return 0
        fi
    done
    return 1
}

# packages_of NAME...: the package of each, one per line.
packages_of() {
    local name
    for name in "$@"; do
        case $name in
            postgres) postgresql_package || return 1 ;;
            redis) redis_package || return 1 ;;
            *) has_candidate "$name" && printf '%s' "$name" || return 1 ;;
        esac
        printf '\n'
    done
}

# ---- as root: apt, with every service start refused meanwhile --------------------------------------------------------

POLICY=/usr/sbin/policy-rc.d
POLICY_MARK='# mif-erp: no service starts while packages are installed; temporary'
NO_CLUSTER=/etc/postgresql-common/createcluster.d/mif-erp.conf

refuse_service_starts() {
    allow_service_starts
    [ ! -e "$POLICY" ] || mv "$POLICY" "$POLICY.mif-erp-saved"
    printf '#!/bin/sh\n%s\n# by %s\nexit 101\n' "$POLICY_MARK" "$(process_mark $$)" >"$POLICY"
    chmod 755 "$POLICY"
    # A drop-in, so that the configuration that may be there already stays as it is.
    NO_CLUSTER_DIR_MADE=
    if [ ! -d "${NO_CLUSTER%/*}" ]; then
        mkdir -p "${NO_CLUSTER%/*}"
        NO_CLUSTER_DIR_MADE=1
    fi
    printf 'create_main_cluster = false\n' >"$NO_CLUSTER"
}
allow_service_starts() {
    ! grep -qsF "$POLICY_MARK" "$POLICY" || rm -f "$POLICY"
    rm -f "$NO_CLUSTER"
    [ -z "${NO_CLUSTER_DIR_MADE:-}" ] || rmdir "${NO_CLUSTER%/*}" 2>/dev/null || true
    [ ! -e "$POLICY.mif-erp-saved" ] || mv "$POLICY.mif-erp-saved" "$POLICY"
}

# An installation that was killed leaves its refusal behind, and no service of the machine would start any more.
restore_service_starts() {
    local by
    [ "$(id -u)" -eq 0 ] || return 0
    if [ -e "$POLICY.mif-erp-saved" ] || [ -e "$NO_CLUSTER" ] || grep -qsF "$POLICY_MARK" "$POLICY"; then
        by=$(sed -n 's/^# by //p' "$POLICY" 2>/dev/null || true)
        # One may be at work, of another checkout too.
        if [ -z "$by" ] || [ "$by" != "$(process_mark "${by%%@*}")" ]; then allow_service_starts; fi
    fi
}

# apt_install NAME...
apt_install() {
    local log=$LOCAL_DIR/apt.log attempt packages
    export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
    trap allow_service_starts EXIT
    trap 'exit 130' INT TERM HUP
    refuse_service_starts
    for attempt in 1 2; do
        # shellcheck disable=SC2046,SC2207  # one word per package
        if packages=($(packages_of $(lacking "$@"))); then
            say "Installing ${packages[*]} with apt; no service is started (log: $log)"
            if "${APT[@]}" install -y -q --no-install-recommends -o DPkg::Lock::Timeout=120 "${packages[@]}" \
                </dev/null >>"$log" 2>&1; then
                keep_services_off "${packages[@]}"
                return 0
            fi
        fi
        # No lists yet (a fresh container), or lists older than the archive.
        [ "$attempt" = 2 ] || "${APT[@]}" update -q </dev/null >>"$log" 2>&1 || true
    done
    tail -n 15 "$log" >&2
    return 1
}

# The packages switch their services on for the next boot: nobody asked for a server on the standard port.
keep_services_off() {
    local package
    for package in "$@"; do
        case $package in
            redis-server | valkey-server) update-rc.d "$package" disable >/dev/null 2>&1 || true ;;
        esac
    done
}

# ---- as a normal user: the same packages, unpacked -------------------------------------------------------------------

# unpack_missing NAME...
unpack_missing() {
    local work=$SERVER_BASE/pkg/work name package tools=() status=0
    rm -rf "$work"
    mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial"
    # Lists and cache of our own: the system's are not ours to refresh, and may be empty.
    local options=(
        -q -o "Dir::State=$work/state" -o Dir::State::status=/var/lib/dpkg/status -o "Dir::Cache=$work/cache"
        -o Acquire::Languages=none -o Acquire::GzipIndexes=true
        -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
        -o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false
    )
    [ "$(id -u)" -ne 0 ] || options+=(-o APT::Sandbox::User=root)
    APT=(apt-get "${options[@]}")
    APT_CACHE=(apt-cache "${options[@]}")

    say "Downloading Debian packages of $(lacking "$@" | tr '\n' ' ')into $SERVER_BASE/pkg (once; nothing is installed on the system)"
    "${APT[@]}" update >"$work/update.log" 2>&1 || true
    for name in $(lacking "$@"); do
        package=$(packages_of "$name") || { status=1 && continue; }
        case $name in
            postgres) unpack "$SERVER_BASE/pkg/postgresql" "$work" "$package" "postgresql-client-${package#postgresql-}" libpq5 ;;
            redis) unpack "$SERVER_BASE/pkg/redis" "$work" "$package" "${package%-server}-tools" ;;
            *) tools+=("$package") ;;
        esac || status=1
    done
    if [ "${#tools[@]}" -gt 0 ]; then
        # In one directory, which is made anew: with those that are in it already.
        for name in "$TOOLS_BIN"/*; do [ ! -x "$name" ] || tools+=("${name##*/}"); done
        unpack "${TOOLS_BIN%/bin}" "$work" "${tools[@]}" || status=1
    fi
    [ "$status" -eq 0 ] || tail -n 15 "$work"/*.log >&2
    rm -rf "$work"
    return "$status"
}

# unpack DIR WORK PACKAGE...: PACKAGEs and the libraries that this system lacks, unpacked into DIR.
unpack() {
    local dir=$1 work=$2 name=${1##*/} new=$2/${1##*/} list deb
    shift 2
    mkdir -p "$new/debs" "$new/root"
    list=$("${APT[@]}" -s --no-install-recommends install "$@" 2>"$work/$name.log" | needed_packages) || return 1
    # shellcheck disable=SC2046,SC2086  # one word per package
    (cd "$new/debs" && "${APT[@]}" download $(printf '%s\n' "$@" $list | sort -u)) >>"$work/$name.log" 2>&1 || return 1
    for deb in "$new/debs"/*.deb; do
        dpkg-deb -x "$deb" "$new/root" || return 1
    done
    # Left out with its 100 MB of LLVM; without this file PostgreSQL does not try to compile queries.
    rm -rf "$new/debs" "$new/root"/usr/lib/postgresql/*/lib/{llvmjit*.so,bitcode} "$new/root"/usr/share/{doc,man,locale}
    write_wrappers "$new"
    mkdir -p "${dir%/*}"
    rm -rf "$dir"
    mv "$new" "$dir"
}

# What apt would add, from its simulation, without what only the packages' own scripts and LLVM would use.
needed_packages() {
    sed -n 's/^Inst \([^ ]*\).*/\1/p' |
        grep -v -E '^(perl|libperl|libgdbm|libjson-perl|lib.*-perl|libllvm|libz3|locales|libc-l10n|netbase|ssl-cert|ucf|sensible-utils|adduser|procps|libproc2|postgresql-common|postgresql-client-common|readline-common|lsb-|logrotate|cron|openssl|ca-certificates|publicsuffix|krb5-locales|libldap-common|libsasl2-modules)' ||
        true
}

# The unpacked programs need the unpacked libraries. Each finds its data files relative to itself.
write_wrappers() {
    local program target
    mkdir -p "$1/bin"
    for program in "$1"/root/usr/lib/postgresql/*/bin/* "$1"/root/usr/bin/{redis-*,valkey-*,curl,jq,wrk}; do
        [ -x "$program" ] || continue
        target=$1/bin/${program##*/}
        cat >"$target" <<WRAPPER
#!/bin/sh
here=\$(CDPATH= cd -P "\$(dirname "\$0")/.." && pwd)
for lib in "\$here"/root/usr/lib "\$here"/root/usr/lib/*-linux-gnu* "\$here"/root/lib/*-linux-gnu*; do
    [ ! -d "\$lib" ] || LD_LIBRARY_PATH=\$lib\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}
done
export LD_LIBRARY_PATH
exec "\$here${program#"$1"}" "\$@"
WRAPPER
        chmod 755 "$target"
    done
}
