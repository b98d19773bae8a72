using System.Runtime.InteropServices;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Randomness;

namespace DistEmbed.Worker.Models.Contract;

/// <summary>
/// One demand under way: an instance of the model, and its rows without servers. Arrays are longer than needed and hold garbage there, gradients everywhere, as the contract
/// allows.
/// </summary>
internal sealed class ContractTrial : IDisposable
{
    private const int Spare = 3;

    // Not what a computation gives when it goes wrong.
    private static readonly float s_garbage = BitConverter.Int32BitsToSingle(0x7FA1_2345);

    public ContractTrial(ContractSubject subject)
    {
        Subject = subject;
        Model = subject.Create();
        if (subject.Examples.Count < 2)
            throw new ArgumentException("two examples or more are needed", nameof(subject));
    }

    public ContractSubject Subject { get; }

    public IEmbeddingModel Model { get; }

    /// <summary>All examples as one slice of a step of their own.</summary>
    public Slice Whole => Part(0, Subject.Examples.Count);

    /// <summary>Some of the examples, as a slice of a step of all of them.</summary>
    public Slice Part(int first, int count, int step = 1, int index = 0) =>
        new(step, index, Subject.Examples, Enumerable.Range(first, count).ToArray(), Subject.Examples.Count, 7);

    public void Dispose() => Model.Dispose();

    /// <summary>The rows of a slice: functions of seed, table and row, so that a large vocabulary costs nothing.</summary>
    public float[][] Pull(PreparedSlice prepared) => [.. Model.Tables.Select((table, index) =>
    {
        float range = table.Dense ? MathF.Min(Subject.Range, 1 / MathF.Sqrt(table.Dimension)) : Subject.Range;
        float[] values = Garbage(prepared, index);
        for (int i = 0; i < prepared.Rows[index].Length; i++)
        {
            int row = prepared.Rows[index][i];
            var random = new CounterRandom(Subject.Seed, RandomPurpose.RowInitialization, index, row);
            Span<float> vector = values.AsSpan(i * table.Dimension, table.Dimension);
            for (int k = 0; k < vector.Length; k++)
                vector[k] = row == table.PaddingRow ? 0 : ((2 * random.NextSingle()) - 1) * range;
        }

        return values;
    })];

    /// <summary>Trains a slice.</summary>
    /// <param name="prepared">The slice.</param>
    /// <param name="values">Its rows; null: as <see cref="Pull"/> gives them.</param>
    /// <param name="wanted">Which tables get a gradient; null: all that are not frozen for ever.</param>
    /// <param name="model">The instance; null: the trial's.</param>
    public Trained Train(PreparedSlice prepared, float[][]? values = null, Func<int, bool>? wanted = null, IEmbeddingModel? model = null)
    {
        float[]?[] gradients = [.. Model.Tables.Select((t, i) => !t.AlwaysFrozen && (wanted?.Invoke(i) ?? true) ? Garbage(prepared, i) : null)];
        SliceLoss loss = (model ?? Model).Train(prepared, values ?? Pull(prepared), gradients);
        return new Trained(loss, gradients, prepared);
    }

    /// <summary>Numbers of a table's gradient that count.</summary>
    public int Used(PreparedSlice prepared, int table) => prepared.Rows[table].Length * Model.Tables[table].Dimension;

    /// <summary>Whether a number is still what was there before.</summary>
    public static bool IsGarbage(float value) => BitConverter.SingleToInt32Bits(value) == BitConverter.SingleToInt32Bits(s_garbage);

    /// <summary>Where a number of a table is, for a message.</summary>
    public string Place(PreparedSlice prepared, int table, int element)
    {
        TableSpec spec = Model.Tables[table];
        return $"{spec.Name}, row {prepared.Rows[table][element / spec.Dimension]}, number {element % spec.Dimension}";
    }

    /// <summary>Ends the demand unless two results have the same bits.</summary>
    public void RequireSame(Trained expected, Trained found, string when)
    {
        if (expected.Loss != found.Loss)
            throw new ContractBrokenException($"{when}: the loss is {found.Loss} and was {expected.Loss}");
        for (int table = 0; table < Model.Tables.Count; table++)
        {
            if (expected.Gradients[table] is not { } before || found.Gradients[table] is not { } after)
                continue;
            int used = Used(expected.Prepared, table);
            ReadOnlySpan<int> first = MemoryMarshal.Cast<float, int>(before.AsSpan(0, used)), second = MemoryMarshal.Cast<float, int>(after.AsSpan(0, used));
            int differs = first.CommonPrefixLength(second);
            if (differs < used)
                throw new ContractBrokenException($"{when}: the gradient of {Place(expected.Prepared, table, differs)} is {after[differs]:R} and was {before[differs]:R}");
        }
    }

    private float[] Garbage(PreparedSlice prepared, int table)
    {
        var array = new float[Used(prepared, table) + Spare];
        Array.Fill(array, s_garbage);
        return array;
    }
}

/// <summary>What <see cref="IEmbeddingModel.Train"/> gave.</summary>
/// <param name="Loss">The loss.</param>
/// <param name="Gradients">A table each, with garbage at the end; null where none was asked for.</param>
/// <param name="Prepared">The slice.</param>
internal sealed record Trained(SliceLoss Loss, float[]?[] Gradients, PreparedSlice Prepared);
