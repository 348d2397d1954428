#!/usr/bin/env bash
# Runs the Windows build for real, on Linux: the tests of the library and of the coordinator, one of which runs every scenario, and the
# scripted demos, published for win-x64 and run by Wine. What Wine or Windows has not is skipped by the tests themselves, which say why.
#
#     scripts/test-windows-on-linux.sh [options for the library's tests, such as -class "*.CallTests"]
#
# Installs Debian's wine64 if it is missing, for which it must be root. Everything else goes into a scratch folder, which it
# removes. Exit code: 0 if everything held, 1 otherwise.
set -uo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
failures=()
step() { printf '\n=== %s (after %d s)\n' "$*" "$SECONDS"; }
fail() { printf 'FAILED: %s\n' "$*"; failures+=("$*"); }

# Wine needs the address 0x7ffe0000, and newer Linux puts a process's heap somewhere in the gigabyte around it: one process in some
# thousands would fail to start ("Internal error"). With fixed addresses the heap lies elsewhere. Some containers forbid to ask.
fixed_addresses=()
setarch -R true 2>/dev/null && fixed_addresses=(setarch -R)

# Runs a program of Wine's with a limit in seconds. Wine's own exit status is only the low byte of the program's.
wine() {
    local limit=$1
    shift
    env -u DISPLAY -u WAYLAND_DISPLAY "${environment[@]}" timeout -k 10 "$limit" "${fixed_addresses[@]}" "$@" </dev/null
}

environment=(
    "HOME=$scratch/home" "WINEPREFIX=$scratch/prefix" WINEARCH=win64 WINEDEBUG=-all "PATH=$PATH:/usr/lib/wine"
    # Wine does not map the memory that .NET writes code through; without this the first collection of a dynamic method crashes.
    DOTNET_EnableWriteXorExecute=0
    # Wine keeps a byte for every page that is reserved, and .NET would reserve a quarter of a terabyte in each process.
    DOTNET_GCRegionRange=0x400000000
    # Nobody runs for long enough to gain by being compiled a second time: an eighth of the processor time.
    DOTNET_TieredPGO=0 DOTNET_TC_CallCounting=0
    # The tests that kill at random go on for so long each.
    IPCDEMOS_STRESS_SECONDS=2
    # For a collection .NET stops every thread where it is, which it cannot do to those of Wine's that never call the system: so there
    # are to be few collections.
    DOTNET_GCgen0size=0x10000000 DOTNET_gcConcurrent=0
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

# Mostly waits for itself, and so gets ready beside the publishing.
set_up_windows() {
    mkdir -p "$scratch/home"
    WINEDLLOVERRIDES='mscoree=;mshtml=' wine 120 wine64 wineboot -i
    wine 60 wine64 winecfg -v win10
    # A crash ends the process with its code, instead of starting a debugger.
    wine 60 wine64 reg add 'HKLM\Software\Microsoft\Windows NT\CurrentVersion\AeDebug' /v Debugger /t REG_SZ /d false /f
    wine 60 wineserver -w
}
set_up_windows &
windows=$!

# Compiled ahead, since hundreds of workers are started, each of which would compile the same anew. Analyzers are the usual build's.
step "Publish for win-x64"
publish() {
    local project=$1 output=$2
    shift 2
    dotnet publish "$project" -r win-x64 --self-contained --artifacts-path "$scratch/build" -o "$scratch/$output" \
        -p:PublishReadyToRun=true -p:RunAnalyzers=false -v quiet -nologo "$@" || exit 1
}
publish tests/Shared.Tests library --configuration Debug
publish tests/Coordinator.Tests coordinator --configuration Debug
publish src/Coordinator demos --configuration Release
publish scripts/demos.cs demos -p:PublishAot=false
cp scripts/demos.cmd "$scratch/demos"

# Publishing a test program takes along the program that it tests, but not that one's list of dependencies; they have the same.
cp "$scratch/library/IpcDemos.Shared.Tests.deps.json" "$scratch/library/TestWorker.deps.json"
cp "$scratch/coordinator/IpcDemos.Coordinator.Tests.deps.json" "$scratch/coordinator/Coordinator.deps.json"

# When an exception passes through native code on its way to its handler, as from a method called by reflection, Wine 8 is left
# with a frame of its own on that thread, and the next one of them crashes the process. Without native code in between it is not.
sed -i 's/"configProperties": {/&\n      "Switch.System.Reflection.ForceEmitInvoke": true,/' "$scratch"/*/*.runtimeconfig.json

wait "$windows"

# Runs a test program to its end: everything in it, unless options select something. One test more at a time than there are
# processors, since each waits for Wine's server now and then.
run_tests() {
    local name=$1 limit=$2 program=$3 log=$scratch/$1.log
    shift 3
    step "Tests of the $name"
    wine "$limit" wine64 "$program" -noColor -longRunning 60 -maxThreads "$(($(nproc) + 1))" "$@" >"$log" 2>&1
    sed -i 's/\r$//' "$log"
    grep -A 30 -E '\[FAIL\]|Long Running Test' "$log"
    echo "Skipped, and why:"
    grep -A 1 -E '\[SKIP\]$' "$log" | grep -vE '\[SKIP\]$|^--$' | sort | uniq -c
    grep -E 'Total: [1-9][0-9]*, Errors: 0, Failed: 0,' "$log" || fail "tests of the $name"
}
run_tests library 1800 "$scratch/library/IpcDemos.Shared.Tests.exe" "$@"
run_tests coordinator 600 "$scratch/coordinator/IpcDemos.Coordinator.Tests.exe"

step "Demos"
scenarios=$(wine 30 wine64 "$scratch/demos/Coordinator.exe" list --json | wc -l)
(cd "$scratch/demos" && wine 300 wine64 cmd /c demos.cmd) | tr -d '\r' | tee "$scratch/demos.log"
status=${PIPESTATUS[0]}
[ "$status" -eq 0 ] && [ "$scenarios" -gt 0 ] && grep -qxF "$scenarios of $scenarios scenarios held." "$scratch/demos.log" || fail "demos, exit code $status"

step "Summary"
grep -hE 'Total: ' "$scratch"/*.log
if [ ${#failures[@]} -gt 0 ]; then
    printf 'Windows on Linux: FAILED: %s\n' "${failures[*]}"
    exit 1
fi

echo "Windows on Linux: everything held"
