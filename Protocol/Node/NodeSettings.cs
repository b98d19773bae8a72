namespace DistEmbed.Protocol.Node;

/// <summary>Settings and names that every node shares.</summary>
public static class NodeSettings
{
    /// <summary>Name of the actor system; nodes of one cluster share it.</summary>
    public const string SystemName = "distembed";

    /// <summary>The Akka configuration of every node, as text (HOCON).</summary>
    public static string AkkaConfiguration()
    {
        using Stream resource = typeof(NodeSettings).Assembly.GetManifestResourceStream("DistEmbed.Protocol.Node.akka.conf")!;
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd();
    }
}
