#!/bin/sh
# Runs every scenario; see demos.cs.
here=$(dirname -- "$0")
exec dotnet run "$here/demos.cs" -- "$@"
