using Akka.Actor;
using DistEmbed.Protocol.Node;

namespace DistEmbed.Worker.Hosting;

/// <summary>What a worker adds to a node's process: the cache of what it fetches, and the actor that hosts a worker.</summary>
public sealed class WorkerHost : INodeHost
{
    private static readonly TimeSpan s_longestSlice = TimeSpan.FromSeconds(30);

    private readonly List<Task> _computing = [];

    /// <summary>Creates the host.</summary>
    public WorkerHost(NodeOptions options) => Actor = WorkerNodeActor.Props(new WorkerNodeContext(options, Computing));

    /// <inheritdoc/>
    public Props Actor { get; }

    /// <inheritdoc/>
    public string? RowAddress => null;

    /// <summary>A thread inside the native library when the process ends would take the exit code with it.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] computing;
        lock (_computing)
            computing = [.. _computing];
        await Task.WhenAny(Task.WhenAll(computing), Task.Delay(s_longestSlice)).ConfigureAwait(false);
    }

    private void Computing(Task ended)
    {
        lock (_computing)
        {
            _computing.RemoveAll(t => t.IsCompleted);
            _computing.Add(ended);
        }
    }
}

/// <summary>What the actor of a worker's node needs of its process.</summary>
/// <param name="Options">The node's options.</param>
/// <param name="Computing">Told of every worker: a task that completes when it computes no more.</param>
public sealed record WorkerNodeContext(NodeOptions Options, Action<Task> Computing);
