using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Local;

/// <summary>
/// The rows of a checkpoint, read as a stream: no table is in memory. The files are opened at once and held, so that a checkpoint that is removed meanwhile can
/// still be read where the system keeps open files (Linux, macOS).
/// </summary>
public sealed class CheckpointRows : IDisposable
{
    private readonly List<ShardFileReader> _files = [];

    private CheckpointRows(CheckpointManifest manifest) => Manifest = manifest;

    /// <summary>The checkpoint's manifest.</summary>
    public CheckpointManifest Manifest { get; }

    /// <summary>Bytes of its files.</summary>
    public long Bytes => Manifest.Files.Sum(f => f.Bytes);

    /// <summary>Opens a checkpoint's files.</summary>
    /// <exception cref="CheckpointDamagedException">The manifest or a file is missing or damaged.</exception>
    public static CheckpointRows Open(CheckpointEntry entry)
    {
        var rows = new CheckpointRows(entry.ReadManifest());
        try
        {
            rows._files.AddRange(rows.Manifest.Files.Select(file => ShardFileReader.Open(entry.PathOf(file))));
            return rows;
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Hands every row of a table to a visitor as a reader of the checkpoint's step gets it: with what it owes for steps that did not touch it. Rows that were never
    /// written come last, those before in the order of the files.
    /// </summary>
    /// <param name="first">The table.</param>
    /// <param name="plans">The rules of the tables, changes made.</param>
    /// <param name="visitor">Takes the rows.</param>
    /// <exception cref="CheckpointDamagedException">A file is damaged, or is none of this job's.</exception>
    public void Scan(FirstRows first, IReadOnlyList<TablePlan> plans, WordRowVisitor visitor)
    {
        TableSpec spec = first.Table;
        TablePlan plan = plans.Single(p => p.Spec.Name == spec.Name);
        RowKinds kinds = RowKinds.Of(plan);
        int stateSize = kinds.LargestState, step = Manifest.Step;
        var written = new bool[spec.Rows];
        float[] values = new float[spec.Dimension], state = new float[stateSize];
        foreach (ShardFileReader file in _files)
        {
            file.ReadTables((table, row, lastStep, stored, storedState) =>
            {
                if (table.Name != spec.Name)
                    return;
                if (table.Dimension != spec.Dimension || table.StateSize != stateSize || row < 0 || row >= spec.Rows)
                    throw new CheckpointDamagedException(table.Name, $"row {row} ({table.Dimension}+{table.StateSize} numbers) is none of this job's table");
                written[row] = true;
                RowKind kind = kinds.Of(row);
                if (!kind.MovesUntouched || lastStep >= step)
                {
                    visitor(row, stored);
                    return;
                }

                stored.CopyTo(values);
                storedState.CopyTo(state);
                kind.Optimizer.CatchUp(values, state.AsSpan(0, kind.StateSize), lastStep, step);
                visitor(row, values);
            });
        }

        for (int row = 0; row < spec.Rows; row++)
        {
            if (written[row])
                continue;
            first.Read(row, values);
            if (kinds.Of(row) is { MovesUntouched: true } kind && row != spec.PaddingRow && step > 0)
            {
                kind.Optimizer.InitializeState(values, state.AsSpan(0, kind.StateSize));
                kind.Optimizer.CatchUp(values, state.AsSpan(0, kind.StateSize), 0, step);
            }

            visitor(row, values);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _files.ForEach(file => file.Dispose());
}
