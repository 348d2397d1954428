using IpcDemos.Shared.Processes;

return WorkerHost.Run(args);
