using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Rows;
using DistEmbed.Protocol.Serialization;
using DistEmbed.Protocol.Sharding;

namespace DistEmbed.Worker.Exchange;

/// <summary>What a computed slice pushes to every shard: the gradients of the rows that its step tunes.</summary>
/// <param name="Messages">The messages, each with its shard; at least one for every shard.</param>
/// <param name="Rows">Rows in them.</param>
/// <param name="Bytes">Bytes of their values where they leave the process.</param>
internal sealed record SlicePushes(IReadOnlyList<(int Shard, PushRows Push)> Messages, long Rows, long Bytes)
{
    /// <summary>Cuts the gradients of a slice.</summary>
    /// <param name="slice">A push of the slice, without gradients.</param>
    /// <param name="split">Where each table's rows stand on each shard.</param>
    /// <param name="plans">The tables.</param>
    /// <param name="gradients">The slice's gradients of each table; null for a table that is frozen.</param>
    /// <param name="copy">See <see cref="RowSplitter.Pushes"/>.</param>
    public static SlicePushes Of(PushRows slice, IReadOnlyList<RowSplitter.ShardRows[]> split, IReadOnlyList<TablePlan> plans, float[]?[] gradients, bool copy)
    {
        int[] dimensions = [.. plans.Select(p => p.Spec.Dimension)];
        var messages = new List<(int, PushRows)>();
        long rows = 0, bytes = 0;
        for (int shard = 0; shard < split[0].Length; shard++)
        {
            var mine = new RowSplitter.ShardRows?[plans.Count];
            for (int table = 0; table < mine.Length; table++)
            {
                if (gradients[table] is null)
                    continue;
                mine[table] = TunedRows.Of(split[table][shard], plans[table], slice.Step);
                rows += mine[table]!.Rows.Length;
                bytes += (long)mine[table]!.Rows.Length * dimensions[table] * RowPayload.BytesOf(slice.Format);
            }

            foreach (PushRows block in RowSplitter.Pushes(slice.Worker, slice.Step, slice.Slice, mine, gradients, dimensions, copy))
                messages.Add((shard, block with { Generation = slice.Generation, Format = slice.Format }));
        }

        return new SlicePushes(messages, rows, bytes);
    }

    /// <summary>The arrays that the messages' gradients lie in.</summary>
    public HashSet<float[]> Arrays() =>
        new(Messages.SelectMany(m => m.Push.Gradients).Select(g => RowMemory.ArrayOf(g.Values)).OfType<float[]>(), ReferenceEqualityComparer.Instance);
}
