namespace DistEmbed.Protocol.Node.Artifacts;

/// <summary>A node's connection to the files of its coordinator, and the cache of what came over it. Another coordinator has another address and another connection.</summary>
public sealed class NodeFilesConnection : IDisposable
{
    private const long MostBytes = 32L << 30;

    /// <summary>Names the coordinator; connects when first used.</summary>
    /// <param name="options">The node's options.</param>
    /// <param name="address">The coordinator's files, <c>HOST:PORT</c>.</param>
    public NodeFilesConnection(NodeOptions options, string address)
    {
        Address = address;
        Client = new NodeFilesClient(address, options.Tls, options.Token, Console.Error.WriteLine);
        Cache = new ArtifactCache(Path.Combine(options.CacheDirectory, "artifacts"), Client.FetchAsync, MostBytes, Console.Error.WriteLine);
    }

    /// <summary>Where it leads.</summary>
    public string Address { get; }

    /// <summary>Stores files.</summary>
    public NodeFilesClient Client { get; }

    /// <summary>Fetches files, each once.</summary>
    public ArtifactCache Cache { get; }

    /// <inheritdoc/>
    public void Dispose() => Client.Dispose();
}
