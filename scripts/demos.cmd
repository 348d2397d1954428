@echo off
rem Runs every scenario; see demos.cs. Beside the published program it runs that; otherwise it needs a dotnet command.
if exist "%~dp0demos.exe" (
    "%~dp0demos.exe" %*
) else (
    dotnet run "%~dp0demos.cs" -- %*
)
exit /b %errorlevel%
