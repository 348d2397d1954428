@echo off
rem Runs every scenario; see demos.cs.
dotnet run "%~dp0demos.cs" -- %*
exit /b %errorlevel%
