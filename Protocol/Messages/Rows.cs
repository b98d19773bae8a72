using DistEmbed.Protocol.Rows;

namespace DistEmbed.Protocol.Messages;

// The row conversation: a worker pulls the rows that a slice touches, and pushes back their gradients. Row values lie in RowMemory, which belongs to whoever
// receives the message.
//
// When shards go back to a checkpoint, the run enters a new generation. Steps are then counted a second time, so (step, slice, block) alone would let a message
// that was long under way pass for one of the new count: whatever is answered or applied carries its generation, and another generation's is not taken.

/// <summary>Identifies a pull: unique for ever, since a worker that starts again takes a new name.</summary>
/// <param name="Worker">Name of the worker's incarnation.</param>
/// <param name="Sequence">Counts the worker's pulls.</param>
public readonly record struct PullId(string Worker, long Sequence);

/// <summary>Rows of one table.</summary>
/// <param name="Table">Index of the table in the job's list.</param>
/// <param name="Rows">Sorted unique row ids.</param>
public sealed record RowIds(int Table, int[] Rows)
{
    /// <summary>
    /// For each row the step that the worker last pulled it for and has its value of, 0 where it has none; null: it has none of them. A row that did not change
    /// since is not sent again.
    /// </summary>
    public int[]? Known { get; init; }
}

/// <summary>Values of a run of the rows that a pull asked of a table.</summary>
/// <param name="Table">Index of the table.</param>
/// <param name="Start">Index of the first row in <see cref="RowIds.Rows"/> of the request.</param>
/// <param name="Count">Number of rows.</param>
/// <param name="Values">Row after row, without the unchanged ones: <see cref="RowMemory"/>, or the place in the <see cref="IRowDestination"/>.</param>
public sealed record RowValues(int Table, int Start, int Count, Memory<float> Values)
{
    /// <summary>A bit for each of the <see cref="Count"/> rows, lowest first: set where the value is the one that the worker has. Null: all are sent.</summary>
    public byte[]? Unchanged { get; init; }

    /// <summary>Whether the value of the row at <paramref name="index"/> of the run is not sent, since it is the one that the worker has.</summary>
    public bool IsUnchanged(int index) => Unchanged is { } bits && (bits[index >> 3] >> (index & 7) & 1) != 0;
}

/// <summary>Gradients of rows of one table.</summary>
/// <param name="Table">Index of the table.</param>
/// <param name="Rows">Sorted unique row ids.</param>
/// <param name="Values">
/// Row after row in the order of <paramref name="Rows"/>: <see cref="RowMemory"/>, or part of the slice's. With <see cref="Places"/> all of the slice's.
/// </param>
public sealed record RowGradients(int Table, int[] Rows, Memory<float> Values)
{
    /// <summary>
    /// Which row of <see cref="Values"/> each is, where they do not stand together: on their way to a connection, which gathers them. What a shard receives has none.
    /// </summary>
    public int[]? Places { get; init; }

    /// <summary>The numbers of the row at <paramref name="index"/> of <see cref="Rows"/>, where rows stand together: as a shard has them.</summary>
    public ReadOnlySpan<float> Row(int index, int dimension) => Values.Span.Slice(index * dimension, dimension);

    /// <summary>Adds the memory of the rows to a list, in their order; rows that stand together as one.</summary>
    /// <param name="dimension">Numbers a row.</param>
    /// <param name="memory">The list.</param>
    public void AddMemory(int dimension, ICollection<Memory<float>> memory)
    {
        if (Places is not { } places)
        {
            memory.Add(Values[..(Rows.Length * dimension)]);
            return;
        }

        for (int first = 0, next; first < Rows.Length; first = next)
        {
            for (next = first + 1; next < Rows.Length && places[next] - places[first] == next - first;)
                next++;
            memory.Add(Values.Slice(places[first] * dimension, (next - first) * dimension));
        }
    }
}

/// <summary>Worker to shard: the values of these rows as <paramref name="Step"/> shall read them. Repeating it is harmless.</summary>
/// <param name="Id">Identifies the pull; a repeat carries the same.</param>
/// <param name="Step">The step that computes with them: in sync mode the answer waits until the step before is applied.</param>
/// <param name="Tables">What is asked.</param>
public sealed record PullRows(PullId Id, int Step, IReadOnlyList<RowIds> Tables)
{
    /// <summary>Generation of the run that it belongs to.</summary>
    public int Generation { get; init; }

    /// <summary>How the values of the answer are written where they leave the process.</summary>
    public RowFormat Format { get; init; }

    /// <summary>Where the values are wanted, in this process or on the way to the one that asks; null: anywhere.</summary>
    public IRowDestination? Into { get; init; }
}

/// <summary>Shard to worker: a part of the answer to a pull.</summary>
/// <param name="Id">The pull.</param>
/// <param name="Shard">The shard that answers.</param>
/// <param name="Part">Number of this part.</param>
/// <param name="Parts">Number of parts of the shard's answer; each is at most <see cref="MessageBounds.RowBytes"/>.</param>
/// <param name="Values">The values.</param>
public sealed record RowsPulled(PullId Id, int Shard, int Part, int Parts, IReadOnlyList<RowValues> Values)
{
    /// <summary>How the values are written where they leave the process.</summary>
    public RowFormat Format { get; init; }
}

/// <summary>Shard to worker: the pull cannot be answered.</summary>
public sealed record PullRefused(PullId Id, int Shard, RefusalReason Reason)
{
    /// <summary>Generation that the shard is in.</summary>
    public int Generation { get; init; }
}

/// <summary>
/// Worker to shard: a block of a slice's gradients. Repeating it is harmless: the shard's ledger knows (step, slice, block). Every shard gets at least one
/// block of every slice, an empty one if need be, since that is how it learns that the slice is complete.
/// </summary>
/// <param name="Worker">Name of the worker's incarnation, for the answer.</param>
/// <param name="Step">The step, from 1.</param>
/// <param name="Slice">The slice of the step.</param>
/// <param name="Block">Number of this block.</param>
/// <param name="Blocks">Blocks of the slice for this shard: the same whichever worker computes the slice.</param>
/// <param name="Gradients">The gradients.</param>
public sealed record PushRows(string Worker, int Step, int Slice, int Block, int Blocks, IReadOnlyList<RowGradients> Gradients)
{
    /// <summary>Generation of the run that it belongs to.</summary>
    public int Generation { get; init; }

    /// <summary>How the values are written where they leave the process.</summary>
    public RowFormat Format { get; init; }
}

/// <summary>Shard to worker: the block is in the ledger, now or since an earlier delivery. It will be applied exactly once.</summary>
public sealed record PushAcknowledged(int Shard, int Step, int Slice, int Block)
{
    /// <summary>Generation of the run that it belongs to.</summary>
    public int Generation { get; init; }
}

/// <summary>Shard to worker: the block was not taken.</summary>
public sealed record PushRefused(int Shard, int Step, int Slice, int Block, RefusalReason Reason)
{
    /// <summary>Generation that the shard is in.</summary>
    public int Generation { get; init; }
}

/// <summary>How row values are written where they leave the process.</summary>
public enum RowFormat
{
    /// <summary>As they are: 32 bits a number.</summary>
    Full,

    /// <summary>
    /// The upper half of each number: 16 bits (bfloat16). Whoever makes the message has rounded its values to such numbers already, in one process too, so that writing them loses
    /// nothing and a run has the same bits wherever its parts are.
    /// </summary>
    Half,
}

/// <summary>Why a shard refuses.</summary>
public enum RefusalReason
{
    /// <summary>A row belongs to another shard, or a table or row does not exist.</summary>
    NotMine,

    /// <summary>The number of values is not rows times dimension, or rows are not sorted and unique.</summary>
    Malformed,

    /// <summary>The step lies further ahead than the shard keeps pushes for.</summary>
    TooFarAhead,

    /// <summary>The step was settled long ago, and the values that it read are gone.</summary>
    TooLate,

    /// <summary>It was sent before the shard went back to a checkpoint, or the shard has yet to go back.</summary>
    OtherGeneration,
}

/// <summary>Bounds of messages.</summary>
public static class MessageBounds
{
    /// <summary>Row values in one message, in bytes; a single row may exceed it.</summary>
    public const int RowBytes = 1 << 20;
}
