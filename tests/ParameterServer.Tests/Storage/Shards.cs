using System.Buffers;
using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Randomness;
using DistEmbed.Protocol.Rows;
using DistEmbed.Protocol.Sharding;

namespace DistEmbed.ParameterServer.Tests.Storage;

/// <summary>Stores, pushes and digests that several tests need.</summary>
internal static class Shards
{
    public const int Rows = 40, Dimension = 5, Slices = 2;

    public static readonly AdadeltaSpec Exact = new() { Untouched = UntouchedRows.Exact, Decay = 0.01 };

    public static readonly SgdSpec Momentum = new() { LearningRate = 0.1, Momentum = 0.9 };

    /// <summary>An embedding with a padding row that thaws at <paramref name="firstTunedStep"/>, and a small dense table.</summary>
    public static IReadOnlyList<TablePlan> Plans(OptimizerSpec optimizer, int firstTunedStep = 1) =>
    [
        new(new TableSpec("embedding", "embedding", Rows, Dimension, new RowInit.Uniform(0.25f), Dense: false) { PaddingRow = 0 }, optimizer,
            new GroupTimeline("embedding", optimizer, 100, firstTunedStep)),
        new(new TableSpec("output", "output", 3, 2, new RowInit.Uniform(0.1f), Dense: true), Momentum, new GroupTimeline("output", Momentum, 100)),
    ];

    public static TrainingSpec Training(Consistency consistency = Consistency.Sync, int? staleness = null) =>
        new() { Slices = Slices, Consistency = consistency, Staleness = staleness };

    public static ShardStore Store(
        IReadOnlyList<TablePlan> plans, Consistency consistency = Consistency.Sync, int? staleness = null, int shard = 0, int shards = 1) =>
        new(shard, ShardMap.Even(shards), plans, Training(consistency, staleness), seed: 3);

    /// <summary>The blocks of a slice for a shard: some rows of the embedding and all of the dense table, in two blocks.</summary>
    public static PushRows[] Pushes(int step, int slice, int shard = 0, int shards = 1)
    {
        ShardMap map = ShardMap.Even(shards);
        int[] rows = [.. Enumerable.Range(0, Rows).Where(row => (row + step + slice) % 3 == 0 && map.ShardOf(row) == shard)];
        int[] dense = [.. Enumerable.Range(0, 3).Where(row => map.ShardOf(row) == shard)];
        int half = rows.Length / 2;
        return
        [
            new("w", step, slice, 0, 2, [Gradients(0, rows[..half], Dimension, step, slice)]),
            new("w", step, slice, 1, 2, [Gradients(0, rows[half..], Dimension, step, slice), Gradients(1, dense, 2, step, slice)]),
        ];
    }

    /// <summary>Values as a shard takes them.</summary>
    public static Memory<float> Rented(params ReadOnlySpan<float> values)
    {
        Memory<float> rented = RowMemory.Rent(values.Length);
        values.CopyTo(rented.Span);
        return rented;
    }

    public static List<ShardReply> Push(this ShardStore store, params PushRows[] pushes)
    {
        var replies = new List<ShardReply>();
        foreach (PushRows push in pushes)
            store.Push(push, replies);
        return replies;
    }

    /// <summary>Applies whole steps.</summary>
    public static void Apply(this ShardStore store, int first, int last, int shard = 0, int shards = 1)
    {
        for (int step = first; step <= last; step++)
        {
            for (int slice = 0; slice < Slices; slice++)
                store.Push(Pushes(step, slice, shard, shards));
        }
    }

    /// <summary>Hash of everything that the shards store.</summary>
    public static string Hash(params ShardStore[] shards) => TableHash.Of(TableHash.Of(
        [.. shards[0].Tables.Select((_, t) => $"{t}")],
        [.. shards.Select(shard => shard.Tables.Select(table =>
        {
            using var slots = new SlotDigests();
            table.ForEach(slots.Add);
            return slots.Complete();
        }).ToArray())]));

    private static RowGradients Gradients(int table, int[] rows, int dimension, int step, int slice)
    {
        float[] values = ArrayPool<float>.Shared.Rent(rows.Length * dimension);
        for (int i = 0; i < rows.Length; i++)
        {
            var random = new CounterRandom(CounterRandom.HashOf($"{table} {rows[i]}"), RandomPurpose.Sampling, step, slice);
            for (int d = 0; d < dimension; d++)
                values[i * dimension + d] = random.NextSingle() - 0.5f;
        }

        return new RowGradients(table, rows, values);
    }
}
