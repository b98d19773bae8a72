namespace DistEmbed.Worker.Actors;

/// <summary>To a worker: these shards can be reached from now on, at first or again; what was sent to them before may be lost.</summary>
public sealed record RowsConnected(IReadOnlyList<int> Shards);
