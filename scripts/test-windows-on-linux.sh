#!/usr/bin/env bash
# Runs the Windows build for real, on Linux: the library's tests and every scenario, published for win-x64 and run by Wine.
#
#     scripts/test-windows-on-linux.sh
#
# Installs Debian's wine64 if it is missing, for which it must be root. Everything else goes into a scratch folder, which it
# removes. Takes some ten minutes on two processors that have nothing else to do. Exit code: 0 if everything held, 1 otherwise.
set -uo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
failures=()
step() { printf '\n=== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*"; failures+=("$*"); }

# Runs a program of Wine's with a limit in seconds. Wine's own exit status is only the low byte of the program's.
wine() {
    local limit=$1
    shift
    env -u DISPLAY -u WAYLAND_DISPLAY "${environment[@]}" timeout -k 10 "$limit" "$@" </dev/null
}

environment=(
    "HOME=$scratch/home" "WINEPREFIX=$scratch/prefix" WINEARCH=win64 WINEDEBUG=-all "PATH=$PATH:/usr/lib/wine"
    # Wine does not map the memory that .NET writes code through; without this the first collection of a dynamic method crashes.
    DOTNET_EnableWriteXorExecute=0
)

clean_up() {
    [ -d "$scratch/prefix" ] && wine 30 wineserver -k
    rm -rf "$scratch"
}
trap clean_up EXIT

step "Wine"
if ! PATH=$PATH:/usr/lib/wine command -v wine64 >/dev/null; then
    # A folder of its own for the packages: another apt-get that cleans up the common one would take them away.
    mkdir -p "$scratch/apt/partial"
    apt-get -o DPkg::Lock::Timeout=180 update -qq &&
        DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=180 -o Dir::Cache::archives="$scratch/apt" \
            -o APT::Sandbox::User=root install -y -qq --no-install-recommends wine64 || exit 1
fi

step "Publish for win-x64"
publish() {
    local project=$1 output=$2
    shift 2
    dotnet publish "$project" -r win-x64 --self-contained --artifacts-path "$scratch/build" -o "$scratch/$output" \
        -v quiet -nologo "$@" || exit 1

    # When an exception passes through native code on its way to its handler, as from a method called by reflection, Wine 8 is left
    # with a frame of its own on that thread, and the next one of them crashes the process. Without native code in between it is not.
    sed -i 's/"configProperties": {/&\n      "Switch.System.Reflection.ForceEmitInvoke": true,/' "$scratch/$output"/*.runtimeconfig.json
}
publish tests/Shared.Tests tests --configuration Debug
cp "$scratch/tests/IpcDemos.Shared.Tests.deps.json" "$scratch/tests/TestWorker.deps.json"
publish src/Coordinator demos --configuration Release

step "A new Windows"
mkdir -p "$scratch/home"
WINEDLLOVERRIDES='mscoree=;mshtml=' wine 120 wine64 wineboot -i
wine 60 wine64 winecfg -v win10
# A crash ends the process with its code, instead of starting a debugger.
wine 60 wine64 reg add 'HKLM\Software\Microsoft\Windows NT\CurrentVersion\AeDebug' /v Debugger /t REG_SZ /d false /f
wine 60 wineserver -w

step "Tests"
log=$scratch/tests.log

# By default, classes that have each been seen to hold. Not in it: tests that kill processes in the
# middle of something, or keep killing them, which under Wine hold when run by themselves, but not always on a machine under load;
# those of hosting, which want a dotnet command; and the models, which call nothing of the system. ALL=1 runs everything.
classes=(
    AnonymousPipeTests AnonymousPipeMovingTests NamedPipeTests NamedPipeMovingTests LongMessageTests HandshakeTests
    BlockQueueTests MessageQueueTests LargeItemQueueTests ProcessQueueTests QueueLayoutTests
    SharedMemoryTests NamedMemoryTests SharedBlockTests ShareableListTests SharedArrayTests SharedValueTests SegmentLayoutTests
    CallTests CapturedVariableTests ResultTests RefusalTests SentinelTests ExitCodeTests ProcessRegistryTests
    SharedListTests SharedDictionaryTests SharedNamespaceTests SharedObjectTests
    MapTests SubmitTests ProcessWaitTests
)
selection=()
if [ -z "${ALL:-}" ]; then
    for class in "${classes[@]}"; do selection+=(-class "*.$class"); done
fi

wine 480 wine64 "$scratch/tests/IpcDemos.Shared.Tests.exe" -noColor -longRunning 60 "${selection[@]}" >"$log" 2>&1
grep -A 12 -E '\[(FAIL|SKIP)\]' "$log"
grep -qE 'Total: [1-9][0-9]*, Errors: 0, Failed: 0,' "$log" || fail "tests"

step "Scenarios"
results=$scratch/results.jsonl
wine 180 wine64 "$scratch/demos/Coordinator.exe" --scenario all --json | tr -d '\r' | tee "$results" | grep '"type":"result"'
status=${PIPESTATUS[0]}
scenarios=$(wine 30 wine64 "$scratch/demos/Coordinator.exe" list --json | wc -l)
held=$(grep -c '"type":"result".*"ok":true' "$results")
printf '%s of %s scenarios held, exit code %s\n' "$held" "$scenarios" "$status"
[ "$status" -eq 0 ] && [ "$held" -gt 0 ] && [ "$held" -eq "$scenarios" ] || fail "scenarios"

step "Summary"
grep -E 'Total: ' "$log"
if [ ${#failures[@]} -gt 0 ]; then
    printf 'Windows on Linux: FAILED: %s\n' "${failures[*]}"
    exit 1
fi

echo "Windows on Linux: everything held"
