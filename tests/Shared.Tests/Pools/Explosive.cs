using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Tests.Pools;

/// <summary>Goes off when a worker reads it, when a worker writes it, or when the pool's own process reads it.</summary>
internal sealed class Explosive
{
    public string? Arriving
    {
        get;
        set
        {
            field = value;
            Explode(value, isHere: WorkerProcess.Parent is not null);
        }
    }

    public string? Leaving
    {
        get
        {
            Explode(field, isHere: WorkerProcess.Parent is not null);
            return field;
        }
        set;
    }

    public string? Returning
    {
        get;
        set
        {
            field = value;
            Explode(value, isHere: WorkerProcess.Parent is null);
        }
    }

    private static void Explode(string? how, bool isHere)
    {
        switch (isHere ? how : null)
        {
            case "throw":
                throw new InvalidOperationException("went off");
            case "exit":
                _ = PoolTasks.Exit(7);
                break;
            case "kill":
                _ = PoolTasks.KillSelf();
                break;
            default:
                break;
        }
    }
}
