#!/usr/bin/env bash
# Starts a cluster of real processes on this machine, runs one job on it, and leaves nothing behind. See README.md beside it.
# shellcheck disable=SC2317 # functions that only traps call
set -euo pipefail

usage() {
    cat <<'TEXT'
Usage: deploy/dev/up.sh JOB.json [options]

Starts a coordinator, servers and workers as processes of this machine, on free ports of loopback, runs the job and stops them.

  --workers N      worker processes (default 2)
  --servers N      server processes (default 1)
  --shards N       shards that the servers host (default: one a server)
  --set PATH=VALUE changes a setting of the job; may be repeated
  --run-dir DIR    folder of the run; must not exist, or be empty (default: the next free runs/JOB-k)
  --build          builds first, even if there are executables
  --help           this text

Exit codes are those of the job: 0 done, 2 bad input, 3 failed, 4 interrupted (once it trains: with a checkpoint committed).
Ctrl-C stops the job with a checkpoint; a second one kills everything at once.
TEXT
}

refuse() {
    say "error: $1"
    say "'deploy/dev/up.sh --help' shows what there is."
    exit 2
}

say() { printf '%s\n' "$*" >&2; }

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
coordinator_program=$repository/Coordinator/bin/Release/net10.0/distembed
server_program=$repository/ParameterServer/bin/Release/net10.0/distembed-ps
worker_program=$repository/Worker/bin/Release/net10.0/distembed-worker

job='' workers=2 servers=1 shards='' run_dir='' build=false
settings=()

number() {
    [[ $2 =~ ^[1-9][0-9]{0,3}$ ]] || refuse "$1 takes a whole number from 1, not '$2'."
    printf '%s' "$2"
}

while [ $# -gt 0 ]; do
    # --flag=value is --flag value.
    case $1 in
        --workers=* | --servers=* | --shards=* | --set=* | --run-dir=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;;
    esac
    case $1 in
        --workers | --servers | --shards | --set | --run-dir) [ $# -ge 2 ] || refuse "$1 needs a value." ;;
    esac
    case $1 in
        --workers) workers=$(number "$1" "$2"); shift ;;
        --servers) servers=$(number "$1" "$2"); shift ;;
        --shards) shards=$(number "$1" "$2"); shift ;;
        --set) settings+=(--set "$2"); shift ;;
        --run-dir) run_dir=$2; shift ;;
        --build) build=true ;;
        --help | -h) usage; exit 0 ;;
        -*) refuse "there is no option '$1'." ;;
        *) [ -z "$job" ] || refuse "one job at a time: '$job' and '$1'."; job=$1 ;;
    esac
    shift
done

[ -n "$job" ] || refuse "the job is missing."
[ -f "$job" ] || refuse "there is no job file '$job'."
: "${shards:=$servers}"

# A caller's settings of a real cluster (a seed, TLS) must not reach this one.
for variable in "${!DISTEMBED_@}"; do
    unset "$variable"
done
# The executables look for the runtime in one fixed place unless told.
if [ -z "${DOTNET_ROOT:-}" ] && command -v dotnet >/dev/null; then
    DOTNET_ROOT=$(dirname "$(readlink -f "$(command -v dotnet)")")
    export DOTNET_ROOT
fi

if $build || [ ! -x "$coordinator_program" ] || [ ! -x "$server_program" ] || [ ! -x "$worker_program" ]; then
    say "building ..."
    dotnet build "$repository/Coordinator" -c Release --nologo -v quiet >&2 || { say "error: the build failed."; exit 3; }
fi

# Without the next two, nodes would get a terminal's Ctrl-C before the job is stopped, and would outlive a script that is killed.
detached=()
command -v setsid >/dev/null && detached+=(setsid)
setpriv --pdeathsig keep true 2>/dev/null && detached+=(setpriv --pdeathsig TERM --)

claim() {
    if [ -n "$run_dir" ]; then
        [ ! -e "$run_dir" ] || { [ -d "$run_dir" ] && [ -z "$(ls -A "$run_dir")" ]; } || refuse "--run-dir: '$run_dir' exists and is not an empty folder."
        mkdir -p "$run_dir" || refuse "--run-dir: '$run_dir' cannot be made."
    else
        local name k=1
        name=$(basename "${job%.json}")
        mkdir -p runs || refuse "the folder 'runs' cannot be made here; give --run-dir DIR."
        # Making the folder is the claim: two scripts that start at the same time get two.
        until mkdir "runs/$name-$k" 2>/dev/null; do
            [ -e "runs/$name-$k" ] || refuse "a folder below 'runs' cannot be made; give --run-dir DIR."
            k=$((k + 1))
        done
        run_dir=runs/$name-$k
    fi
    run_dir=$(cd "$run_dir" && pwd)
}

claim
logs=$run_dir/logs
running=$run_dir/running
caches=$(mktemp -d "${TMPDIR:-/tmp}/distembed-up.XXXXXX")
mkdir "$logs"

names=() processes=() kinds=() reported=()
submit='' interrupted=0

alive() { kill -0 "$1" 2>/dev/null; }

last_lines() {
    local file
    for file in "$logs/$1.log" "$logs/$1.err"; do
        [ ! -s "$file" ] || { say "--- last lines of $file"; tail -n 20 "$file" >&2; }
    done
}

# start NAME KIND PROGRAM [ARGUMENT ...]
start() {
    local name=$1 kind=$2
    shift 2
    (
        # A shell without job control makes its children ignore Ctrl-C; what a node does with it is the node's affair.
        trap - INT QUIT
        exec "${detached[@]}" "$@" </dev/null >"$logs/$name.log" 2>"$logs/$name.err"
    ) &
    names+=("$name") kinds+=("$kind") processes+=($!) reported+=(false)
}

# finish SECONDS PID...: asks them to end, waits, and kills those that do not.
finish() {
    local end=$((SECONDS + $1)) process
    shift
    for process; do
        kill -TERM "$process" 2>/dev/null || true
        kill -CONT "$process" 2>/dev/null || true
    done
    for process; do
        while alive "$process" && [ "$SECONDS" -lt "$end" ] && [ "$interrupted" -lt 2 ]; do
            sleep 0.05
        done
        if alive "$process"; then
            kill -KILL -- "-$process" 2>/dev/null || kill -KILL "$process" 2>/dev/null || true
        fi
        wait "$process" 2>/dev/null || true
    done
}

# The coordinator first: it may have a checkpoint to commit, for which it needs the others.
end_all() {
    local status=$?
    trap - EXIT
    trap 'interrupted=2' INT TERM HUP
    set +e
    [ -z "$submit" ] || finish 10 "$submit"
    [ ${#processes[@]} -eq 0 ] || finish 60 "${processes[0]}"
    [ ${#processes[@]} -le 1 ] || finish 20 "${processes[@]:1}"
    rm -rf "$caches"
    keep_run "$status"
    exit "$status"
}

# The coordinator names runs itself, so the run lies one folder further down until it has ended.
keep_run() {
    local made=("$running"/*/)
    if [ -d "${made[0]}" ]; then
        local entry
        for entry in "${made[0]}"* "${made[0]}".[!.]*; do
            [ ! -e "$entry" ] || mv "$entry" "$run_dir/"
        done
        rm -f "$running/.coordinator.lock" "$running/.coordinator.json"
        rmdir "${made[0]}" "$running"
        printf 'run directory: %s\n' "$run_dir"
        [ ! -f "$run_dir/result.json" ] || sed -nE 's/^  "tableHash": *"([^"]+)".*$/tableHash: \1/p' "$run_dir/result.json"
    elif [ "$1" = 2 ] || [ "$1" = 0 ]; then
        rm -rf "$logs" "$running"
        rmdir "$run_dir" 2>/dev/null
    else
        say "no run was started; logs: $logs"
    fi
}

stop() {
    interrupted=$((interrupted + 1))
    [ -n "$submit" ] || exit 4
    if [ "$interrupted" -ge 2 ]; then
        exit 3
    fi
    say "stopping with a checkpoint; again kills everything ..."
    kill -TERM "$submit" 2>/dev/null || true # a script that was started in the background ignores INT, and so would this
}

trap end_all EXIT
trap stop INT TERM HUP

# value NAME KEY: what NAME's readiness line says for KEY.
value() { sed -nE "s/^ready: .* $2=([^ ]+).*$/\1/p" "$logs/$1.log" | head -n 1; }

# Waits until every process from number FIRST on is ready.
await_ready() {
    local end=$((SECONDS + 120)) i
    for ((i = $1; i < ${#names[@]}; i++)); do
        until grep -q '^ready: ' "$logs/${names[i]}.log" 2>/dev/null; do
            any_died=false
            report_dead
            if $any_died || [ "$SECONDS" -ge "$end" ]; then
                $any_died || { last_lines "${names[i]}"; say "error: ${names[i]} was not ready within 120 s."; }
                exit 3
            fi
            sleep 0.05
        done
    done
}

# Says of each process that died, once, how it ended.
report_dead() {
    local i code
    for i in "${!processes[@]}"; do
        if ! ${reported[i]} && ! alive "${processes[i]}"; then
            code=0
            wait "${processes[i]}" || code=$?
            reported[i]=true any_died=true
            last_lines "${names[i]}"
            say "error: ${names[i]} ended early, with exit code $code."
        fi
    done
}

# Whether a process of a kind is left: a job goes on as long as there is one of each.
left() {
    local i
    for i in "${!kinds[@]}"; do
        [ "${kinds[i]}" != "$1" ] || ${reported[i]} || return 0
    done
    return 1
}

common=(--cluster "up-$$" --host 127.0.0.1 --cluster-port 0 --metrics-port 0)
say "starting a coordinator, $servers server(s) and $workers worker(s); logs: $logs"
start coordinator coordinator "$coordinator_program" serve --name coordinator --port 0 --runs "$running" --cache "$caches/coordinator" "${common[@]}"
await_ready 0
seed=$(value coordinator control)
address=$(value coordinator grpc)
if [ -z "$seed" ] || [ -z "$address" ]; then
    last_lines coordinator
    say "error: the coordinator's readiness line lacks control= or grpc=."
    exit 3
fi
for ((n = 1; n <= servers; n++)); do
    start "server-$n" server "$server_program" --seed "$seed" --name "server-$n" --row-port 0 --cache "$caches/server-$n" "${common[@]}"
done
for ((n = 1; n <= workers; n++)); do
    start "worker-$n" worker "$worker_program" --seed "$seed" --name "worker-$n" --cache "$caches/worker-$n" "${common[@]}"
done
await_ready 1

(
    trap - INT QUIT
    exec "${detached[@]}" "$coordinator_program" submit "$job" --here --address "$address" "${settings[@]}" \
        --set "cluster.workers=$workers" --set "cluster.servers=$servers" --set "cluster.shards=$shards" --follow </dev/null
) &
submit=$!

while alive "$submit"; do
    any_died=false
    report_dead
    if $any_died; then
        for kind in coordinator server worker; do
            left "$kind" || { say "error: no $kind is left; the job cannot go on."; exit 3; }
        done
    fi
    sleep 0.1 || true # a terminal's Ctrl-C ends it too, which is no failure of this script
done
status=0
wait "$submit" || status=$?
submit=''
exit "$status"
