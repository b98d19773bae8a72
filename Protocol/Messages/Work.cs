namespace DistEmbed.Protocol.Messages;

// The work conversation: the coordinator grants slices ahead of time, workers say what became of them. Bulk rows never pass here.

/// <summary>Worker to coordinator: ready for work.</summary>
/// <param name="Worker">Name of the worker's incarnation.</param>
public sealed record WorkerReady(string Worker);

/// <summary>
/// Coordinator to worker: compute these slices, in the order of steps. A lease never crosses an evaluation, a checkpoint or a change of plan, so nothing has to
/// be undone; a command takes effect after the last granted step.
/// </summary>
/// <param name="FirstStep">First step of the lease.</param>
/// <param name="LastStep">Last step of the lease.</param>
/// <param name="Slices">The slices of each step.</param>
public sealed record GrantLease(int FirstStep, int LastStep, IReadOnlyList<int> Slices)
{
    /// <summary>Generation of the run: a worker drops what it has of an earlier one.</summary>
    public int Generation { get; init; }
}

/// <summary>Worker to coordinator: every shard has the slice's gradients.</summary>
/// <param name="Worker">Name of the worker's incarnation.</param>
/// <param name="Step">The step.</param>
/// <param name="Slice">The slice.</param>
/// <param name="LossSum">Sum of the losses.</param>
/// <param name="LossCount">Number of losses in the sum.</param>
/// <param name="Correct">Examples, or whatever the model judges, that were predicted right while training.</param>
/// <param name="Words">Tokens of the slice.</param>
/// <param name="Examples">Examples of the slice.</param>
/// <param name="Traffic">What the slice moved.</param>
public sealed record SliceCompleted(
    string Worker, int Step, int Slice, double LossSum, int LossCount, int Correct, long Words, int Examples, RowTraffic Traffic)
{
    /// <summary>Generation of the run that it belongs to.</summary>
    public int Generation { get; init; }

    /// <summary>
    /// Sum of the squares of the slice's gradient for each group whose gradient norm may end a phase (<see cref="Jobs.TablePlan.Watched"/>), in the order of the tables; not a number
    /// for one that the step leaves frozen.
    /// </summary>
    public IReadOnlyList<double> GradientSquares { get; init; } = [];

    /// <summary>What <see cref="Correct"/> is out of; 0: nothing was judged.</summary>
    public int Judged { get; init; }
}

/// <summary>Rows and bytes of row values that were moved.</summary>
/// <param name="RowsPulled">Rows read.</param>
/// <param name="RowsPushed">Rows whose gradient was sent.</param>
/// <param name="BytesPulled">Bytes of values read.</param>
/// <param name="BytesPushed">Bytes of gradients sent.</param>
/// <param name="PushesSent">Push messages that the slice was cut into; repeats are counted by the shards.</param>
public readonly record struct RowTraffic(long RowsPulled, long RowsPushed, long BytesPulled, long BytesPushed, long PushesSent)
{
    /// <summary>Rows that were needed and not pulled, since the worker has them: frozen, or unchanged since it read them.</summary>
    public long RowsKept { get; init; }

    /// <summary>Bytes of their values.</summary>
    public long BytesKept { get; init; }

    /// <summary>Adds two amounts.</summary>
    public static RowTraffic operator +(RowTraffic a, RowTraffic b) => new(
        a.RowsPulled + b.RowsPulled, a.RowsPushed + b.RowsPushed, a.BytesPulled + b.BytesPulled, a.BytesPushed + b.BytesPushed, a.PushesSent + b.PushesSent)
    {
        RowsKept = a.RowsKept + b.RowsKept,
        BytesKept = a.BytesKept + b.BytesKept,
    };
}

/// <summary>Parts of the data that are evaluated.</summary>
public enum EvaluationPart
{
    /// <summary>The dev part.</summary>
    Dev,

    /// <summary>The test part.</summary>
    Test,
}

/// <summary>Coordinator to worker: evaluate these chunks of a part with the rows as of <paramref name="Step"/>.</summary>
/// <param name="Part">The part.</param>
/// <param name="Step">The step whose result is evaluated.</param>
/// <param name="Chunks">Numbers of chunks of <see cref="ChunkSize"/> examples.</param>
public sealed record EvaluateChunks(EvaluationPart Part, int Step, IReadOnlyList<int> Chunks)
{
    /// <summary>Examples a chunk; part of the bits of a loss.</summary>
    public const int ChunkSize = 64;

    /// <summary>Generation of the run: a worker drops what it has of an earlier one.</summary>
    public int Generation { get; init; }
}

/// <summary>Worker to coordinator: a chunk's result.</summary>
/// <param name="Worker">Name of the worker's incarnation.</param>
/// <param name="Part">The part.</param>
/// <param name="Step">The step whose result was evaluated.</param>
/// <param name="Chunk">The chunk.</param>
/// <param name="LossSum">Sum of the losses.</param>
/// <param name="Examples">Examples of the chunk.</param>
/// <param name="Sums">What the model's measures are made of (<see cref="Measures.MeasureSet"/>).</param>
public sealed record ChunkEvaluated(string Worker, EvaluationPart Part, int Step, int Chunk, double LossSum, int Examples, IReadOnlyList<double> Sums)
{
    /// <summary>Generation of the run that it belongs to.</summary>
    public int Generation { get; init; }
}

/// <summary>Worker or shard to coordinator: it cannot go on.</summary>
/// <param name="Node">Name of the worker or shard.</param>
/// <param name="Reason">What happened.</param>
public sealed record NodeFailed(string Node, string Reason);
