using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.ParameterServer.Storage;

/// <summary>A shard's rows to a checkpoint's file and back.</summary>
public static class ShardFiles
{
    /// <summary>Writes a snapshot as a shard file, digests its rows on the way, and disposes the snapshot.</summary>
    /// <exception cref="CheckpointWriteException">The disk is full or refuses; no file is left.</exception>
    public static ShardWritten Write(
        WriteShard write, int shard, int shards, IReadOnlyList<TablePlan> plans, IReadOnlyList<RowTableSnapshot> snapshot, PushCounters counters)
    {
        try
        {
            ShardFileTable[] tables = [.. snapshot.Select((t, i) => new ShardFileTable(plans[i].Spec.Name, t.Dimension, t.StateSize, t.Rows))];
            string path = Path.Combine(write.Directory, CheckpointDirectory.ShardFileName(shard, shards));
            using var writer = ShardFileWriter.Create(path, new ShardFileHeader(write.JobFingerprint, write.Step, shard, shards, tables));
            var digests = new IReadOnlyDictionary<int, byte[]>[snapshot.Count];
            for (int table = 0; table < snapshot.Count; table++)
            {
                writer.BeginTable(tables[table].Name);
                using var slots = new SlotDigests();
                snapshot[table].ForEach((row, lastStep, values, state) =>
                {
                    writer.WriteRow(row, lastStep, values, state);
                    slots.Add(row, lastStep, values, state);
                });
                digests[table] = slots.Complete();
            }

            return new ShardWritten(shard, write.Step, writer.Complete(), digests, counters);
        }
        finally
        {
            foreach (RowTableSnapshot table in snapshot)
                table.Dispose();
        }
    }

    /// <summary>Empties a shard and fills it with its rows from the files of a checkpoint, which other numbers of shards may have written.</summary>
    /// <returns>Rows it holds now.</returns>
    /// <exception cref="CheckpointDamagedException">A file is missing or damaged, or does not fit the tables.</exception>
    public static long Restore(RestoreShard restore, IReadOnlyList<TablePlan> plans, ShardStore store)
    {
        store.Reset(restore.Step, restore.Generation);
        return Fill(restore.Files, plans, store, CancellationToken.None);
    }

    /// <summary>Fills an empty shard (<see cref="ShardStore.Reset"/>) with its rows from such files.</summary>
    /// <returns>Rows it holds now.</returns>
    /// <exception cref="CheckpointDamagedException">A file is missing or damaged, or does not fit the tables.</exception>
    public static long Fill(IEnumerable<string> files, IReadOnlyList<TablePlan> plans, ShardStore store, CancellationToken stop)
    {
        var indices = new Dictionary<string, int>();
        for (int i = 0; i < plans.Count; i++)
            indices[plans[i].Spec.Name] = i;
        long rows = 0;
        foreach (string file in files)
        {
            using ShardFileReader reader = ShardFileReader.Open(file);
            foreach (ShardFileTable table in reader.Header.Tables)
            {
                if (!indices.TryGetValue(table.Name, out int index) || store.Tables[index].Dimension != table.Dimension
                    || store.Tables[index].StateSize != table.StateSize)
                {
                    throw new CheckpointDamagedException(file, $"table '{table.Name}' ({table.Dimension}+{table.StateSize} numbers a row) is none of this job's");
                }
            }

            reader.ReadTables((table, row, lastStep, values, state) =>
            {
                stop.ThrowIfCancellationRequested();
                if (store.Restore(indices[table.Name], row, lastStep, values, state))
                    rows++;
            });
        }

        return rows;
    }
}
