#!/usr/bin/env bash
# Runs all tests again and again and prints what failed, by test: to find tests that fail now and then.
# Build first (dotnet build -c Release). The logs of the runs stay in the folder that is printed at the end.
set -euo pipefail

usage() {
    cat <<'END'
usage: tests/repeat.sh N [--busy LOOPS] [--cores LIST] [-- ARGUMENTS]

  N             how many times
  --busy LOOPS  beside that many endless loops for each core
  --cores LIST  on these cores only, as taskset takes them, such as 0
  ARGUMENTS     for dotnet test, such as: tests/Process.Tests --filter FullyQualifiedName~Standby

It ends with 1 if a test failed in any run.
END
}

times='' busy=0 cores=''
while [ $# -gt 0 ]; do
    case $1 in
        --busy | --cores)
            [ $# -gt 1 ] || { echo "error: $1 needs a value." >&2; exit 2; }
            if [ "$1" = --busy ]; then busy=$2; else cores=$2; fi
            shift 2 ;;
        --) shift; break ;;
        -h | --help) usage; exit 0 ;;
        *) times=$1; shift ;;
    esac
done
if ! [[ $times =~ ^[1-9][0-9]*$ && $busy =~ ^[0-9]+$ ]]; then
    usage >&2
    exit 2
fi

cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en MSBUILDTERMINALLOGGER=off
logs=$(mktemp -d "${TMPDIR:-/tmp}/distembed-repeat-XXXXXX")
loops=()
end() { [ ${#loops[@]} -eq 0 ] || kill "${loops[@]}" 2>/dev/null || true; }
trap end EXIT
for ((i = 0; i < busy * $(nproc); i++)); do
    (while :; do :; done) &
    loops+=($!)
done

on=()
[ -z "$cores" ] || on=(taskset -c "$cores")
failedRuns=0
for ((run = 1; run <= times; run++)); do
    start=$SECONDS
    log=$logs/$run.log
    result=passed
    "${on[@]}" dotnet test -c Release --no-build "$@" >"$log" 2>&1 || { result=FAILED; failedRuns=$((failedRuns + 1)); }
    took=$((SECONDS - start))
    sum() { sed -nE "s/^(Passed|Failed)! .*[ -] *$1: +([0-9]+),.*/\2/p" "$log" | awk '{ n += $1 } END { print n + 0 }'; }
    printf 'run %d of %d: %s, %d min %02d s, %d passed, %d failed, %d skipped; load %s\n' \
        "$run" "$times" "$result" $((took / 60)) $((took % 60)) "$(sum Passed)" "$(sum Failed)" "$(sum Skipped)" "$(cut -d' ' -f1 /proc/loadavg 2>/dev/null || echo '?')"
done

echo
if [ "$failedRuns" -eq 0 ]; then
    echo "no test failed in $times runs; logs: $logs"
    exit 0
fi

echo "failed in runs, by test:"
sed -nE 's/^ +Failed (.*) \[[^]]*\]$/\1/p' "$logs"/*.log | sort | uniq -c | sort -rn
echo "logs: $logs"
exit 1
