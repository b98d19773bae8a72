using Akka.Actor;

namespace DistEmbed.Protocol.Node;

/// <summary>What a role adds to a node's process, for one membership of the cluster.</summary>
public interface INodeHost : IAsyncDisposable
{
    /// <summary>Recipe of the actor that gets what the coordinator says.</summary>
    Props Actor { get; }

    /// <summary>Where the row plane listens; null for workers.</summary>
    string? RowAddress { get; }
}
