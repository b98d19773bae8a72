using Akka.Actor;
using DistEmbed.ParameterServer.Rows;
using DistEmbed.Protocol.Node;
using DistEmbed.Protocol.Node.Artifacts;

namespace DistEmbed.ParameterServer.Hosting;

/// <summary>What a server adds to a node's process: the listening end of the row plane, and the actor that hosts shards.</summary>
public sealed class ServerHost : INodeHost
{
    private readonly RowPlaneListener _rows;
    private readonly ScratchFolder _scratch;

    /// <summary>Starts to listen.</summary>
    /// <exception cref="Protocol.InvalidInputException">It cannot listen where the options say.</exception>
    public ServerHost(NodeOptions options, ActorSystem system)
    {
        _rows = RowPlaneListener.Start(system, options);
        _scratch = new ScratchFolder(Path.Combine(options.CacheDirectory, "scratch"));
        Actor = ServerNodeActor.Props(new ServerNodeContext(options, _rows, _scratch));
    }

    /// <inheritdoc/>
    public Props Actor { get; }

    /// <inheritdoc/>
    public string? RowAddress => _rows.Address;

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _rows.Dispose();
        _scratch.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>What the actor of a server's node needs of its process.</summary>
/// <param name="Options">The node's options.</param>
/// <param name="Rows">The row plane.</param>
/// <param name="Scratch">Where files are written before they are stored.</param>
public sealed record ServerNodeContext(NodeOptions Options, RowPlaneListener Rows, ScratchFolder Scratch);
